"""Lists of restricted parties, whatever shape they come in, as one table of entries and names."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from chipflow.errors import InputError
from chipflow.records.io.delimited import to_utf8
from chipflow.records.io.files import Found, open_file
from chipflow.records.vocabulary.countries import country_code

# What the columns of lists are called, folded to lower case and single spaces: OpenSanctions'
# targets.simple.csv, the US Consolidated Screening List, the European Union's financial sanctions
# file, and what people write into lists of their own.
_HEADERS: dict[str, tuple[str, ...]] = {
    "name": (
        *("name", "entity name", "entry name", "company name", "company", "full name"),
        *("party name", "caption", "organisation", "organization", "organisation name"),
        *("organization name", "legal name", "namealias wholename", "primary name"),
    ),
    "alias": (
        *("aliases", "alt names", "alias", "alternative names", "alternate names", "aka"),
        *("a.k.a.", "also known as", "other names", "alternative name", "alternate name"),
    ),
    "weak alias": ("weak aliases", "weak alias", "low quality aka", "abbreviations"),
    "former name": (
        *("former names", "previous names", "former name", "previous name", "fka", "f.k.a."),
        *("formerly known as", "formerly"),
    ),
    "id": (
        *("id", "entry id", "entity id", "uid", "unique id", "entity number", "entity logicalid"),
        *("reference", "reference number", "ref"),
    ),
    "country": (
        *("countries", "country", "country code", "countries codes", "jurisdiction"),
        *("address countrydescription", "nation"),
    ),
    "address": ("addresses", "address", "full address", "street address"),
    "type": ("schema", "type", "entity type", "entry type", "party type", "subject type"),
    "source": ("source", "source list", "list", "dataset", "datasets", "programs", "program"),
}
NAME_KINDS = ("name", "alias", "weak alias", "former name")
# Properties of FollowTheMoney that hold names, and what they are here.
_FTM_NAMES = {
    "name": "name",
    "alias": "alias",
    "weakAlias": "weak alias",
    "abbreviation": "weak alias",
    "previousName": "former name",
}
# FollowTheMoney schemata, and the words of other lists, that mean somebody who can trade as a
# company. A list that gives no type is taken to name companies.
_COMPANIES = frozenset(
    {"company", "organization", "organisation", "legalentity", "publicbody", "entity", "enterprise"}
    | {"business", "thing", "other", ""}
)
_PERSONS = frozenset({"person", "individual", "p"})
# The State Department ends entries with this; it is no part of a name.
_SUCCESSORS = re.compile(r"[;,]?\s*\band any successors?\b.*$", re.IGNORECASE | re.DOTALL)
_BETWEEN_VALUES = re.compile(r";|\s\|\s")
_HEADER_ROWS = 10  # rows; titles and dates may stand above the header, more is another table
_SAMPLE = 1 << 20  # bytes in which the header must appear
_HINT = (
    "give OpenSanctions targets.simple.csv, FollowTheMoney JSON lines, the US Consolidated "
    "Screening List as CSV, or any CSV with a column 'name'"
)
_ENTRY_COLUMNS = ["entry_id", "entry_name", "type", "source"]


@dataclass(frozen=True)
class ScreeningList:
    """The entries of one list.

    Attributes
    ----------
    name
        What the list is called in results: the name of its file.
    shape
        ``"FollowTheMoney"``, ``"OpenSanctions"``, ``"Consolidated Screening List"`` or
        ``"table"``.
    entries
        One row an entry: ``entry_id, entry_name, type`` (company or person), ``source`` (list or
        programme inside the file), ``countries`` (frozenset of ISO 3166 alpha-2),
        ``addresses`` (tuple). Vessels, aircraft and other things are left out.
    names
        One row a name: ``entry_id, kind`` (of :data:`NAME_KINDS`), ``text``.
    sha256
        Of the file, for the record of a run.
    skipped
        How many entries are neither company nor person.
    """

    name: str
    shape: str
    entries: pd.DataFrame
    names: pd.DataFrame
    sha256: str
    skipped: int


def read_list(path: str | Path) -> ScreeningList:
    """Read a list of restricted parties; its shape is recognised by what it holds.

    Parameters
    ----------
    path
        OpenSanctions ``targets.simple.csv``, FollowTheMoney JSON lines, the US Consolidated
        Screening List as CSV, or any CSV with a name column; also packed with gzip.

    Returns
    -------
    ScreeningList

    Raises
    ------
    InputError
        The file cannot be read, is empty or names nobody.
    """
    file = Path(path)
    if file.is_dir():
        raise InputError("a folder, not a screening list", file=path, hint=_HINT)
    opened = open_file(Found(file, str(path)))
    if opened.kind in {"book", "parquet"}:
        what = "a workbook" if opened.kind == "book" else "a Parquet file"
        raise InputError(
            f"{what}, not a screening list", file=path, hint=f"save it as CSV, or {_HINT}"
        )
    data = to_utf8(opened.data)
    if data.lstrip()[:1] in (b"{", b"["):
        shape, facts = "FollowTheMoney", _from_entities(data, str(path))
    else:
        shape, facts = _from_table(data, str(path))
    return _finished(file.name, shape, facts, opened.sha256, str(path))


def _finished(name: str, shape: str, facts: pd.DataFrame, digest: str, path: str) -> ScreeningList:
    """Put together what is said about each entry, in whatever order it was said.

    ``facts`` has one row a statement: ``entry_id, fact`` (a kind of name, ``country``,
    ``address``, ``type`` or ``source``) and ``text``.
    """
    facts = facts.drop_duplicates()
    names = facts[facts["fact"].isin(NAME_KINDS)].rename(columns={"fact": "kind"})
    if names.empty:
        raise InputError("a screening list without a single name", file=path, hint=_HINT)
    order = names["kind"].map({kind: place for place, kind in enumerate(NAME_KINDS)})
    names = names.assign(order=order).sort_values(["entry_id", "order", "text"], ignore_index=True)
    entries = names.drop_duplicates("entry_id")[["entry_id", "text"]]
    entries = entries.set_axis(["entry_id", "entry_name"], axis=1).set_index("entry_id")
    entries["type"] = _joined(facts, "type").reindex(entries.index).fillna("").map(_type)
    entries["source"] = _joined(facts, "source").reindex(entries.index).fillna("")
    countries = _gathered(facts, "country").reindex(entries.index)
    addresses = _gathered(facts, "address").reindex(entries.index)
    entries["countries"] = pd.Series(
        [_countries(stated, where) for stated, where in zip(countries, addresses, strict=True)],
        index=entries.index,
        dtype=object,
    )
    known = [one if isinstance(one, tuple) else () for one in addresses]
    entries["addresses"] = pd.Series(known, index=entries.index, dtype=object)
    wanted = entries[entries["type"] != "thing"]
    return ScreeningList(
        name=name,
        shape=shape,
        entries=wanted.reset_index(),
        names=names.loc[names["entry_id"].isin(wanted.index), ["entry_id", "kind", "text"]],
        sha256=digest,
        skipped=len(entries) - len(wanted),
    )


def _gathered(facts: pd.DataFrame, fact: str) -> pd.Series:
    stated = facts[facts["fact"] == fact].sort_values(["entry_id", "text"])
    gathered: pd.Series = stated.groupby("entry_id")["text"].agg(tuple)
    return gathered


def _joined(facts: pd.DataFrame, fact: str) -> pd.Series:
    return _gathered(facts, fact).map(", ".join).astype("str")


def _type(stated: str) -> str:
    words = {word.strip().casefold() for word in stated.split(",")}
    if words & _COMPANIES:
        return "company"
    return "person" if words & _PERSONS else "thing"


def _countries(stated: object, addresses: object) -> frozenset[str]:
    """Countries of an entry; where none is stated, those at the ends of its addresses."""
    texts = stated if isinstance(stated, tuple) else ()
    found = {country_code(text) for text in texts}
    if not found and isinstance(addresses, tuple):
        found = {country_code(text.rsplit(",", 1)[-1]) for text in addresses}
    return frozenset(code for code in found if code is not None)


def _from_table(data: bytes, path: str) -> tuple[str, pd.DataFrame]:
    delimiter, at, columns = _header(data, path)
    csv.field_size_limit(min(sys.maxsize, 1 << 30))
    try:
        table = pd.read_csv(
            io.BytesIO(data), sep=delimiter, header=None, skiprows=at + 1, dtype="str",
            keep_default_na=False, names=range(len(columns)), index_col=False, engine="python",
        )  # fmt: skip
    except (pd.errors.EmptyDataError, pd.errors.ParserError, csv.Error) as error:
        raise InputError(
            f"a table that cannot be read to its end ({error})", file=path, hint="save it again"
        ) from error
    table = table.set_axis(columns, axis=1)
    wanted = table.loc[:, [name for name in dict.fromkeys(columns) if name]].fillna("")
    wanted = wanted.apply(lambda column: column.str.strip())
    wanted["name"] = _clean(wanted["name"])
    wanted = wanted[wanted["name"] != ""]
    if wanted.empty:
        raise InputError("a screening list without a single name", file=path, hint=_HINT)
    if "id" not in wanted:
        wanted["id"] = ""
    wanted["id"] = wanted["id"].mask(wanted["id"] == "", _ids(wanted))
    facts = [
        _facts(wanted["id"], wanted[fact], fact, fact not in {"name", "type"})
        for fact in wanted.columns.drop("id")
    ]
    shape = "table"
    if {"type", "alias", "country"} <= set(columns) and b"schema" in data[:_SAMPLE]:
        shape = "OpenSanctions"
    elif {"source", "alias", "address"} <= set(columns) and b"federal_register" in data[:_SAMPLE]:
        shape = "Consolidated Screening List"
    return shape, pd.concat(facts, ignore_index=True)


def _header(data: bytes, path: str) -> tuple[str, int, list[str]]:
    """Delimiter, row of the header (counted from 0) and what each column holds ("" if unknown)."""
    top = data[:_SAMPLE].decode("utf-8", "replace")
    for delimiter in (",", ";", "\t", "|"):
        rows = csv.reader(io.StringIO(top), delimiter=delimiter)
        try:
            for at, row in zip(range(_HEADER_ROWS), rows, strict=False):
                columns = _columns(row)
                if "name" in columns:
                    return delimiter, at, columns
        except csv.Error:
            continue
    first = next(iter(top.strip().splitlines()), "")
    raise InputError(f"no column of names (it begins {first[:80]!r})", file=path, hint=_HINT)


def _columns(row: list[str]) -> list[str]:
    """What each column of a header holds; of two that hold the same, the one named first above."""
    folded = [" ".join(re.split(r"[\s_-]+", cell.strip().casefold())).strip() for cell in row]
    columns = [""] * len(row)
    for fact, headers in _HEADERS.items():
        known = [header for header in headers if header in folded]
        if known:
            columns[folded.index(known[0])] = fact
    return columns


def _clean(names: pd.Series) -> pd.Series:
    without = names.str.replace(_SUCCESSORS, "", regex=True)
    return without.str.replace(r"\s+", " ", regex=True).str.strip(" ;,")


def _ids(table: pd.DataFrame) -> pd.Series:
    """Ids from what a row says, so that they are the same for any order of rows."""
    identity = table.drop(columns="id").agg("|".join, axis=1)
    digests = [hashlib.sha256(text.encode()).hexdigest()[:10] for text in identity]
    return pd.Series(digests, index=table.index, dtype="str").radd("row-")


def _facts(ids: pd.Series, values: pd.Series, fact: str, many: bool) -> pd.DataFrame:
    """One row a value; lists put several into one cell, between semicolons."""
    texts = values.map(_split) if many else values
    stated = pd.DataFrame({"entry_id": ids, "fact": fact, "text": texts}).explode("text")
    text = stated["text"].fillna("").astype("str").str.strip()
    if fact in NAME_KINDS:
        text = _clean(text)
    return stated.assign(text=text)[text != ""]


def _split(cell: str) -> list[str]:
    # OpenSanctions quotes a value that holds a semicolon itself, as CSV does.
    if '"' in cell:
        return next(csv.reader([cell.replace("\n", " ")], delimiter=";", skipinitialspace=True))
    return _BETWEEN_VALUES.split(cell)


def _from_entities(data: bytes, path: str) -> pd.DataFrame:
    """Facts of FollowTheMoney entities; addresses may be entities of their own."""
    entities = [
        _entity(line, row, path) for row, line in enumerate(data.splitlines(), 1) if line.strip()
    ]
    places = {
        str(one.get("id")): _values(one["properties"], "full")
        for one in entities
        if one["schema"] == "Address"
    }
    rows: list[tuple[str, str, str]] = []
    for one in entities:
        # OpenSanctions files also hold the relatives of targets; they are not on the list.
        if one.get("target") is not False:
            rows += _statements(one, places)
    return pd.DataFrame(rows, columns=["entry_id", "fact", "text"]).astype("str")


def _entity(line: bytes, row: int, path: str) -> dict[str, Any]:
    try:
        entity = json.loads(line)
    except ValueError as error:
        raise InputError(
            "a line that is no JSON",
            file=path,
            row=row,
            hint="FollowTheMoney has one entity a line; download the file again",
        ) from error
    if (
        not isinstance(entity, dict)
        or not isinstance(entity.get("properties"), dict)
        or not isinstance(entity.get("schema"), str)
    ):
        raise InputError(
            "JSON that is no FollowTheMoney entity (with schema and properties)",
            file=path,
            row=row,
            hint=_HINT,
        )
    return entity


def _values(properties: dict[str, Any], name: str) -> list[Any]:
    values = properties.get(name, [])
    return [one for one in (values if isinstance(values, list) else [values]) if one]


def _statements(entity: dict[str, Any], places: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    said: dict[str, list[str]] = defaultdict(list)
    properties = entity["properties"]
    for name, kind in _FTM_NAMES.items():
        said[kind] += _values(properties, name)
    caption = entity.get("caption")
    if isinstance(caption, str) and caption in said["name"]:
        # The name by which the entity is known; its others are as good as aliases.
        said["alias"] += said["name"]
        said["name"] = [caption]
    for name in ("country", "jurisdiction", "mainCountry"):
        said["country"] += _values(properties, name)
    said["address"] = _values(properties, "address")
    for place in _values(properties, "addressEntity"):
        nested = place.get("properties", {}) if isinstance(place, dict) else None
        full = places.get(str(place), []) if nested is None else _values(nested, "full")
        said["address"] += full
    said["source"] = _values(entity, "datasets")
    said["type"] = [entity["schema"]]
    if not any(said[kind] for kind in NAME_KINDS):
        return []
    key = str(entity.get("id") or _digest(said))
    texts = ((fact, str(text)) for fact, values in said.items() for text in values)
    cleaned = ((fact, _clean_one(text) if fact in NAME_KINDS else text) for fact, text in texts)
    return [(key, fact, text) for fact, text in cleaned if text]


def _clean_one(text: str) -> str:
    return " ".join(_SUCCESSORS.sub("", text).split()).strip(" ;,")


def _digest(said: dict[str, list[str]]) -> str:
    return "row-" + hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:10]

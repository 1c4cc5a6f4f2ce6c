"""Other lists of goods to watch: HS codes, words, values and dated rules, all from tables.

A list is two CSV files. One row of the first is an item: ``item, tier, hs`` (prefixes of the
nomenclature of 2022), ``hs_2017`` (the wider codes of 2017 out of which they were cut), ``listed``
(the day from which it stood on the list),
``words`` and ``against`` (regular expressions over capital letters), ``usd_low, usd_high`` (value
of a piece), ``source, note``; of a list of one's own only ``item``, and codes or words, are needed.
The second (``NAME_rules.csv`` beside ``NAME.csv``) has the columns of ``rules.csv``; its ``parts``
are items or tiers, empty for all. The rules are asked by the engine that answers for chips, so days
between two dates, country groups and doubts work alike. A list without rules is one of goods that
somebody wants to follow: whether a licence was needed is open on every day.

An item's probability is logistic(sum of log-odds), as for names of chips.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from chipflow.errors import ParameterError, TableError
from chipflow.goods.catalogue import build
from chipflow.goods.catalogue.facts import Chip
from chipflow.goods.catalogue.load import FIRST_DAY, LAST_DAY, Catalogue, Clause, load_catalogue
from chipflow.goods.catalogue.rows import TABLES, Cells, read
from chipflow.goods.controls.ruling import OPEN
from chipflow.goods.controls.status import status, timeline
from chipflow.goods.text.patterns import quiet, unfolded, word
from chipflow.goods.text.texts import capitals, first

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir
    import pandas as pd

    from chipflow.goods.controls.status import Status

SHIPPED = TABLES / "watchlists"

COLUMNS = ("watch_item", "watch_tier", "watch_probability", "watch_reason")

# Log-odds, set by hand and kept moderate. A code of the list is what the declaration itself says;
# words alone may be parts of, or tools for, the goods; words against name other goods; a value
# outside the range of the item halves the odds a few times, as one inside it doubles them once.
PRIOR = -4.0
HS_CODE = 6.5
# A code of 2017 covers more than the item: it says as much as its words.
FORMER_CODE = 4.5
WORDS = 4.5
AGAINST = -5.0
VALUE_FITS = 0.7
VALUE_MISSES = -2.0


@dataclass(frozen=True, slots=True)
class Item:
    """Goods of a watch list.

    Attributes
    ----------
    item, tier
        Its name, and the part of the list in which it stands.
    hs, hs_2017
        Prefixes of HS codes, digits only: of the nomenclature of 2022, and the wider ones of 2017.
    listed
        First day on which a published list held it; None if the list gives no days.
    words, against
        Regular expressions for words that name it, and for words that name something else.
    usd_low, usd_high
        Value of one piece in US dollars, None if the list gives none.
    source, note
        Where the row comes from.
    """

    item: str
    tier: str
    hs: tuple[str, ...]
    words: str
    against: str
    usd_low: float | None
    usd_high: float | None
    source: str
    note: str
    hs_2017: tuple[str, ...] = ()
    listed: dt.date | None = None


@dataclass(frozen=True)
class Watchlist:
    """Items and the rules on them.

    Attributes
    ----------
    name
        Of the list.
    items
        In the order of their names.
    rules
        A catalogue in which the items stand for chips; the engine of
        :func:`chipflow.goods.controls.status.status` answers from it.
    """

    name: str
    items: tuple[Item, ...]
    rules: Catalogue

    def on(self, day: dt.date) -> tuple[Item, ...]:
        """Return the items that stood on the list on a day, as its versions were published.

        Parameters
        ----------
        day
            The day of the version.
        """
        return tuple(item for item in self.items if item.listed is None or item.listed <= day)

    def status(self, item: str, day: dt.date | str, destination: str, **places: Any) -> Status:
        """Say whether an item could go to a destination on a day.

        Parameters
        ----------
        item
            A name of the list ("8542.31") or a tier, of which every item is asked.
        day, destination
            As for :func:`chipflow.goods.controls.status.status`.
        **places
            ``headquarters`` and ``origin``, as there.

        Returns
        -------
        Status
        """
        return status(item, day, destination, catalogue=self.rules, **places)

    def timeline(self, items: Iterable[str], destinations: Iterable[str]) -> pd.DataFrame:
        """Return the status of items on every day; see :func:`chipflow.goods.timeline`."""
        return timeline(items, destinations, catalogue=self.rules)


def load_watchlist(name: str | Path = "chpl_russia", rules: str | Path | None = None) -> Watchlist:
    """Read a watch list.

    Parameters
    ----------
    name
        A shipped list ("chpl_russia") or a CSV file of items.
    rules
        A CSV file with the columns of ``rules.csv``, for a list of your own; without it the file
        ``NAME_rules.csv`` beside ``NAME.csv``, if there is one. Without rules it is open whether
        a licence was needed.

    Returns
    -------
    Watchlist

    Raises
    ------
    ParameterError
        There is no such list.
    TableError
        The tables do not hold together; every problem is named with file, row and column.
    """
    shipped = SHIPPED / f"{name}.csv"
    if shipped.is_file():
        return _load(str(name), shipped, SHIPPED / f"{name}_rules.csv")
    file = Path(name)
    if not file.is_file():
        ready = ", ".join(shipped_lists())
        raise ParameterError(f"no watch list {str(name)!r}: give a CSV file or one of {ready}")
    beside = file.with_name(f"{file.stem}_rules.csv")
    if rules is not None or beside.is_file():
        return _load(file.stem, file, Path(rules or beside))
    return _load(file.stem, file, None)


def shipped_lists() -> tuple[str, ...]:
    """Name the lists that come with the package."""
    files = sorted(path.stem for path in SHIPPED.glob("*.csv"))
    return tuple(name for name in files if not name.endswith("_rules"))


@lru_cache(maxsize=8)
def _load(name: str, file: Path, rules: Path | None) -> Watchlist:
    problems: list[str] = []
    rows = [Cells(row, problems) for row in read("watchlist", file, problems)]
    items = tuple(sorted((_item(cells, name) for cells in rows), key=lambda item: item.item))
    shipped = load_catalogue()
    clauses: tuple[Clause, ...] = (_without_rules(name),)
    if rules is not None:
        clauses = build.build(read("rules", rules, problems), build.clause, problems)
    known = {name for item in items for name in (item.item, item.tier)}
    problems += [
        f"{rules.name if rules else name}: {clause.rule} {clause.clause}: {part!r} is no item "
        f"or tier of {file.name}"
        for clause in clauses
        for part in clause.parts
        if part not in known
    ]
    if not items or not clauses:
        problems.append(f"{name}: a watch list needs at least one item and one rule")
    if problems:
        raise TableError(f"watch list {name}: " + "; ".join(problems))
    catalogue = Catalogue(
        chips=tuple(_as_chip(item) for item in items),
        systems=(),
        parts=(),
        words=(),
        kinds=(),
        clauses=clauses,
        memberships=shipped.memberships,
        exceptions=shipped.exceptions,
        regimes=shipped.regimes,
    )
    return Watchlist(name, items, catalogue)


def _without_rules(name: str) -> Clause:
    """Return what stands for the rules of a list that has none."""
    return Clause(
        rule="watch_list",
        clause="no rule",
        title=f"the watch list {name}",
        paragraph=f"the watch list {name}",
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        destinations=("*",),
        headquarters=(),
        origins=(),
        tpp_min=None,
        tpp_below=None,
        density_min=None,
        density_below=None,
        link_min=None,
        memory_min=None,
        datacentre=None,
        parts=(),
        outcome=OPEN,
        citation=f"the watch list {name}",
        source="",
        confidence="low",
        note="the list came without rules",
    )


def _codes(cells: Cells, column: str) -> tuple[str, ...]:
    codes = tuple(code.replace(".", "").replace(" ", "") for code in cells.names(column))
    if not all(code.isdigit() for code in codes):
        cells.wrong(column, "is not made of digits")
    return codes


def _words(cells: Cells, column: str) -> str:
    words = cells.regex(column)
    # Texts are compared in capitals; an escape sequence would change its meaning.
    return words if "\\" in words else words.upper()


def _item(cells: Cells, name: str) -> Item:
    hs, former = _codes(cells, "hs"), _codes(cells, "hs_2017")
    words = _words(cells, "words")
    if not hs and not words:
        cells.wrong("hs", "neither HS codes nor words: nothing could be found")
    low, high = cells.number("usd_low"), cells.number("usd_high")
    if (low is None) != (high is None) or (low is not None and high is not None and high < low):
        cells.wrong("usd_high", "usd_low and usd_high must be a range, or both be empty")
    return Item(
        item=cells.text("item", needed=True),
        tier=cells.text("tier") or name,
        hs=hs,
        words=words,
        against=_words(cells, "against"),
        usd_low=low,
        usd_high=high,
        source=cells.text("source"),
        note=cells.text("note"),
        hs_2017=former,
        listed=cells.day("listed"),
    )


def _as_chip(item: Item) -> Chip:
    """Return an item in the form that the rules ask about: without figures."""
    return Chip(
        chip=item.item,
        family=item.tier,
        vendor="",
        tpp=None,
        die_mm2=None,
        performance_density=None,
        link_gb_s=None,
        memory_gb_s=None,
        datacentre=False,
        launched="",
        kg_low=None,
        kg_high=None,
        usd_low=item.usd_low,
        usd_high=item.usd_high,
        usd_year="",
        maker_class="",
        pattern="",
        variant="",
        ambiguous=0,
        estimate=(),
        source=item.source,
        note=item.note,
    )


# ---------------------------------------------------------------- records


def watch(expr: ir.Table, watchlist: Watchlist) -> ir.Table:
    """Add which item of a list each record moves.

    Parameters
    ----------
    expr
        Records with the columns description and hs_code; ``usd`` and ``items`` (see
        :func:`chipflow.goods.measures.currency.in_dollars` and
        :func:`chipflow.goods.text.classify.classify`) are used if they are there.
    watchlist
        The list.

    Returns
    -------
    ibis.Table
        The same rows in no particular order, with ``watch_item`` and ``watch_tier`` (missing if
        neither code nor words are of the list), ``watch_probability`` and ``watch_reason``,
        which says what spoke for and against it and which test could not be made.
    """
    clash = sorted(set(COLUMNS) & set(expr.columns))
    table = expr.drop(*clash) if clash else expr
    text = capitals(table.description.cast("string").fill_null(""))
    digits = table.hs_code.cast("string").fill_null("").re_replace("[^0-9]", "")
    keyed = table.mutate(_watch_text=text, _watch_hs=digits)
    codes = _by_code(keyed.select("_watch_hs").distinct(), watchlist.items)
    joined = keyed.join(codes, "_watch_hs", how="inner")
    named = joined.mutate(_watch_words=_by_words(joined["_watch_text"], watchlist.items))
    found = named.mutate(watch_item=ibis.coalesce(named["_watch_code"], named["_watch_words"]))
    tested = found.mutate(
        _watch_named=_same(found, watchlist.items),
        _watch_against=_against(found, watchlist.items),
        _watch_value=_value(found, watchlist.items),
        watch_tier=_of_item(found, watchlist.items, "tier"),
    )
    kept = found.watch_item.notnull()
    return tested.mutate(
        watch_probability=ibis.ifelse(kept, _probability(tested), ibis.null("float64")),
        watch_reason=ibis.ifelse(kept, _reason(tested), ibis.null("string")),
    ).select(*table.columns, *COLUMNS)


def _by_code(codes: ir.Table, items: Sequence[Item]) -> ir.Table:
    # The longest prefix is the nearest heading.
    pairs = sorted(
        ((prefix, item.item) for item in items for prefix in item.hs),
        key=lambda pair: (-len(pair[0]), pair),
    )
    former = sorted((prefix, item.item) for item in items for prefix in item.hs_2017)
    code = codes["_watch_hs"]
    cases = [(code.startswith(prefix), name) for prefix, name in (*pairs, *former)]
    now = [(code.startswith(prefix), True) for prefix, _ in pairs]
    return codes.mutate(_watch_code=first(cases, ibis.null("string")), _watch_now=first(now, False))


def _by_words(text: ir.StringValue, items: Sequence[Item]) -> Any:
    worded = [item for item in items if item.words]
    if not worded:
        return ibis.null("string")
    # One search for all words spares most texts the search for each.
    gate = text.re_search("|".join(_pattern(item.words) for item in worded))
    cases = ((text.re_search(_pattern(item.words)), item.item) for item in worded)
    return ibis.ifelse(gate, first(cases, ibis.null("string")), ibis.null("string"))


def _pattern(words: str) -> str:
    return unfolded(word(quiet(words)))


def _same(found: ir.Table, items: Sequence[Item]) -> Any:
    """Whether the words of the item itself occur."""
    cases = (
        (found.watch_item == item.item, found["_watch_text"].re_search(_pattern(item.words)))
        for item in items
        if item.words
    )
    return first(cases, False)


def _against(found: ir.Table, items: Sequence[Item]) -> Any:
    cases = (
        (found.watch_item == item.item, found["_watch_text"].re_search(_pattern(item.against)))
        for item in items
        if item.against
    )
    return first(cases, False)


def _value(found: ir.Table, items: Sequence[Item]) -> Any:
    """Whether the value of a piece is the item's; missing if that cannot be tested."""
    none = ibis.null("boolean")
    if not {"usd", "items"} <= set(found.columns):
        return none
    piece = found.usd / found["items"].nullif(0)
    cases = (
        (found.watch_item == item.item, (piece >= item.usd_low) & (piece <= item.usd_high))
        for item in items
        if item.usd_low is not None
    )
    return first(cases, none)


def _of_item(found: ir.Table, items: Sequence[Item], field: str) -> Any:
    return first(
        ((found.watch_item == item.item, getattr(item, field)) for item in items),
        ibis.null("string"),
    )


def _probability(tested: ir.Table) -> Any:
    odds = (
        PRIOR
        + ibis.cases(
            (tested["_watch_code"].isnull(), 0.0),
            (tested["_watch_now"], HS_CODE),
            else_=FORMER_CODE,
        )
        + ibis.ifelse(tested["_watch_named"], WORDS, 0.0)
        + ibis.ifelse(tested["_watch_against"], AGAINST, 0.0)
        + ibis.coalesce(ibis.ifelse(tested["_watch_value"], VALUE_FITS, VALUE_MISSES), 0.0)
        * tested["_watch_value"].notnull().cast("float64")
    )
    return 1 / (1 + (-odds).exp())


def _reason(tested: ir.Table) -> Any:
    code = ibis.cases(
        (tested["_watch_code"].isnull(), "the HS code is not on the list"),
        (tested["_watch_now"], "the HS code is on the list"),
        else_="the HS code is that of 2017 out of which the one on the list was cut",
    )
    named = ibis.ifelse(tested["_watch_named"], "; the words name it", "")
    against = ibis.ifelse(tested["_watch_against"], "; other words speak against it", "")
    value = ibis.cases(
        (tested["_watch_value"].isnull(), "; value was not tested"),
        (tested["_watch_value"], "; the value of a piece fits"),
        else_="; the value of a piece does not fit",
    )
    return code + named + against + value

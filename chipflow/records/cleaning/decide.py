"""What can only be told from a whole column: day or month first, decimal sign, odd times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chipflow.records.cleaning.amounts import (
    COMMA_DECIMAL,
    POINT_DECIMAL,
    decimal_comma,
    first_number,
    is_missing,
    odd_number,
    shape_of,
    unspaced,
)
from chipflow.records.cleaning.around import LONGEST, MARK, around
from chipflow.records.cleaning.codes import HS, code_lengths, read_code
from chipflow.records.cleaning.country_columns import (
    CountryColumn,
    groups_of_iso,
    read_country_column,
)
from chipflow.records.cleaning.dates import (
    DAY_MONTH,
    calendar_of,
    class_of,
    is_shifted,
    month_numbers,
    read_dates,
    seconds_of_day,
)
from chipflow.records.mapping.slots import Usable, field_of, slot
from chipflow.records.schema import COUNTRY_FIELDS, NUMBER_FIELDS, PARTY_FIELDS, one_line
from chipflow.records.vocabulary.layouts import DECIMAL_SIGNS, Layout
from chipflow.records.vocabulary.numerals import in_digits
from chipflow.records.vocabulary.words import read_header

if TYPE_CHECKING:
    import ibis.expr.types as ir

# More ways of writing a date than this in one column are no dates.
_MOST_SHAPES = 10_000
NUMBER_OF_PARTY = r"^\d[\d .,/-]*$"
Key = tuple[int, str]
_YEAR = r"(?:^|[^0-9:.])([0-9]{3,4})(?:[^0-9:]|$)"
# Seconds after midnight beyond which a time in UTC is a local midnight of the next day.
_NOON = 43_200
# Different months whose dates have to bear one day that is neither the first nor the last.
_FEWEST_MONTHS = 3
# Said to the user at once: a day may decide if a licence was needed.
DAY_FIRST = "no date tells if day or month comes first: read day first"


@dataclass
class Decisions:
    """What whole columns tell; keys are (sheet number, slot).

    ``usual`` holds the slots in which no cell has anything but printable ASCII characters with
    single blanks between them, so that no cell has to be looked at for more; ``errors`` those
    with error cells of a spreadsheet; ``by_number`` the sheets whose parties go by numbers in
    that slot, not by names. ``shapes`` holds what stands around the numbers of slots in which any
    cell is more than a plain number. ``codes`` holds (sheet number, cell, code, why it is not
    wholly read) of HS codes that are not plain digits of a usual length.
    """

    classes: dict[str, set[str]] = field(default_factory=dict)
    day_first: dict[Key, bool] = field(default_factory=dict)
    shifted: dict[Key, bool] = field(default_factory=dict)
    calendars: dict[Key, str] = field(default_factory=dict)
    monthly: set[Key] = field(default_factory=set)
    commas: dict[Key, bool] = field(default_factory=dict)
    month_words: dict[str, int] = field(default_factory=dict)
    different: dict[str, list[str]] = field(default_factory=dict)
    countries: dict[str, CountryColumn] = field(default_factory=dict)
    by_number: dict[str, set[int]] = field(default_factory=dict)
    warnings: dict[int, list[str]] = field(default_factory=dict)
    usual: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)
    shapes: dict[str, set[str]] = field(default_factory=dict)
    codes: dict[str, list[tuple[int, str, str | None, str | None]]] = field(default_factory=dict)


def decide(
    texts: ir.Table,
    needed: dict[str, int],
    usable: list[Usable],
    group_of: dict[int, int],
    layout: Layout,
    fetch: Callable[[Any], Any],
    usual: set[str],
) -> Decisions:
    """Ask each column as a whole.

    Parameters
    ----------
    texts
        The text table of all sheets.
    needed
        Field -> number of slots.
    usable
        The sheets, with their headers and reporting countries.
    group_of
        Sheet number -> group of sheets with the same headers: a sheet whose own rows leave a
        question open is read like the others of its group, so that a file cut in two is read
        as the whole was.
    layout
        Hints of the user.
    fetch
        Runs an expression and returns a pandas DataFrame.
    usual
        Slots in which no cell has anything but printable ASCII characters.
    """
    made = Decisions(usual=usual)
    reporters = {item.number: item.sheet.reporting_country for item in usable}
    for k in range(needed.get("date", 0)):
        where = slot("date", k)
        _dates(texts, where, reporters, group_of, layout, fetch, made)
        named = [u.number for u in usable if read_header(u.header("date", k)).has("month")]
        if named:
            _months(texts, where, named, layout, fetch, made)
    numbers = [slot(n, k) for n in NUMBER_FIELDS for k in range(needed.get(n, 0))]
    if numbers:
        _numbers(texts, numbers, group_of, layout, fetch, made)
    for k in range(needed.get("hs_code", 0)):
        _codes(texts, slot("hs_code", k), group_of, fetch, made)
    parties = [slot(n, k) for n in PARTY_FIELDS for k in range(needed.get(n, 0))]
    if parties:
        _by_number(texts, parties, fetch, made)
    wanted = [
        slot(n, k)
        for n in ("currency", "direction", "weight_unit")
        for k in range(needed.get(n, 0))
    ]
    if wanted:
        _different(texts, wanted, fetch, made)
    of_countries = {slot(n, k): n for n in COUNTRY_FIELDS for k in range(needed.get(n, 0))}
    if of_countries:
        _countries(texts, of_countries, group_of, fetch, made)
    return made


def _dates(
    texts: ir.Table,
    where: str,
    reporters: dict[int, str | None],
    group_of: dict[int, int],
    layout: Layout,
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    # Days repeat: what is asked of each text is asked of each different one.
    text = texts[where] if where in made.usual else in_digits(texts[where])
    cells = texts.group_by("sheet", x=text).agg(n=texts.count())
    cells = cells.filter(~is_missing(cells.x))
    shapes = cells.mutate(shape=cells.x.translate("012345678", "999999999").left(40))
    found = fetch(
        shapes.group_by("sheet", "shape").agg(
            least=shapes.x.substr(10, 20).min(),
            most=shapes.x.substr(10, 20).max(),
            first=shapes.x.re_extract(_YEAR, 1).try_cast("int64").min(),
            last=shapes.x.re_extract(_YEAR, 1).try_cast("int64").max(),
            early=seconds_of_day(shapes.x).min(),
            late=seconds_of_day(shapes.x).max(),
        )
    )
    found["written"] = found["shape"].map(class_of)
    made.classes[where] = set(found["written"])
    ordered = found.sort_values(["sheet", "shape"])
    for sheet, part in ordered[ordered["written"] == "iso"].groupby("sheet"):
        if is_shifted(part["least"].min(), part["most"].max()):
            made.shifted[(int(sheet), where)] = True
    for sheet, part in ordered[ordered["written"].isin(["epoch", "epoch_ms"])].groupby("sheet"):
        if part["early"].min() == part["late"].max() > _NOON:
            made.shifted[(int(sheet), where)] = True
    for sheet, part in ordered[ordered["last"].notna()].groupby("sheet"):
        country = reporters.get(int(sheet))
        calendar = calendar_of(int(part["first"].min()), int(part["last"].max()), country)
        if calendar is not None:
            made.calendars[(int(sheet), where)] = calendar
    if "named" in made.classes[where]:
        words = cells.select(
            w=cells.x.lower().re_extract(r"(\p{L}{3,}|\b[ivx]{1,2}\b)", 1)
        ).distinct()
        more = cells.select(w=cells.x.lower().re_extract(r"\p{L}+\W+(\p{L}{3,})", 1)).distinct()
        listed = fetch(words.union(more).limit(_MOST_SHAPES))["w"].dropna()
        made.month_words |= month_numbers(sorted(set(listed)))
    if "dmy" in made.classes[where] and layout.day_first is None:
        _day_first(cells, where, group_of, fetch, made)


def _day_first(
    cells: ir.Table,
    where: str,
    group_of: dict[int, int],
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    ambiguous = cells.filter(cells.x.re_search(DAY_MONTH))
    first = ambiguous.x.re_extract(DAY_MONTH, 1).cast("int32")
    second = ambiguous.x.re_extract(DAY_MONTH, 2).cast("int32")
    counts = fetch(
        ambiguous.group_by("sheet").agg(
            yes=ambiguous.n.sum(where=first > 12).fill_null(0),
            no=ambiguous.n.sum(where=second > 12).fill_null(0),
            either=ambiguous.n.sum(where=first.between(1, 12) & second.between(1, 12)).fill_null(0),
        )
    )
    for sheet, (yes, no, either) in _pooled(counts, group_of, ("yes", "no", "either")).items():
        made.day_first[(sheet, where)] = yes >= no
        if yes == no == 0 and either > 0:
            made.warnings.setdefault(sheet, []).append(DAY_FIRST)


def _months(
    texts: ir.Table,
    where: str,
    sheets: list[int],
    layout: Layout,
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    """Find columns of months whose cells are full dates: all first or last days, or one day."""
    import ibis
    import pyarrow as pa

    keys = [(sheet, where) for sheet in sheets]
    told = layout.day_first
    first = [made.day_first.get(key, True) if told is None else told for key in keys]
    known = ibis.memtable(
        pa.table(
            {
                "of": pa.array(sheets, pa.int32()),
                f"day_first_{where}": pa.array(first, pa.bool_()),
                f"shifted_{where}": pa.array([key in made.shifted for key in keys], pa.bool_()),
                f"calendar_{where}": pa.array([made.calendars.get(k) for k in keys], pa.string()),
                f"monthly_{where}": pa.array([False] * len(keys), pa.bool_()),
            }
        )
    )
    cells = texts.select("sheet", **{f"said_{where}": texts[where]}).distinct()
    cells = cells.filter(~is_missing(cells[f"said_{where}"]))
    read = read_dates(cells.inner_join(known, cells.sheet == known.of), [where], made)
    read = read.filter(read[f"precision_{where}"] == "day")
    day = read[f"date_{where}"]
    found = fetch(
        read.group_by("sheet").agg(
            least=day.day().min(),
            most=day.day().max(),
            dates=day.nunique(),
            last=((day + ibis.interval(days=1)).cast("date").day() == 1).all(),
        )
    )
    for row in found.to_dict("records"):
        same = row["least"] == row["most"] and (row["least"] == 1 or row["dates"] >= _FEWEST_MONTHS)
        if same or row["last"]:
            made.monthly.add((int(row["sheet"]), where))


def _pooled(
    counts: Any, group_of: dict[int, int], columns: Sequence[str]
) -> dict[int, tuple[int, ...]]:
    """Return each sheet's own counts, or its group's where its own leave the question open."""
    own: dict[int, tuple[int, ...]] = {}
    pool: dict[int, list[int]] = {}
    for row in counts.to_dict("records"):
        sheet = int(row["sheet"])
        own[sheet] = tuple(int(row[c]) for c in columns)
        group = pool.setdefault(group_of[sheet], [0] * len(columns))
        for i, n in enumerate(own[sheet]):
            group[i] += n
    return {
        sheet: votes if votes[0] != votes[1] else tuple(pool[group_of[sheet]])
        for sheet, votes in own.items()
    }


def _numbers(
    texts: ir.Table,
    numbers: list[str],
    group_of: dict[int, int],
    layout: Layout,
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    import ibis

    if layout.decimal is not None:
        comma = layout.decimal == DECIMAL_SIGNS[1]
        made.commas = {(sheet, where): comma for sheet in group_of for where in numbers}
    # Most files write plain numbers: look closer only at columns with cells that are none.
    odd = {where: odd_number(texts[where]) for where in numbers}
    some = fetch(texts.group_by("sheet").agg(**{w: m.sum().fill_null(0) for w, m in odd.items()}))
    odd = {where: mask for where, mask in odd.items() if some[where].sum()}
    if not odd:
        return
    _shapes(texts, odd, fetch, made)
    if layout.decimal is not None:
        return
    found = {}
    for where in numbers:
        text = texts[where]
        told = text.contains(".") | text.contains(",")
        if where in odd and where not in made.usual:
            told |= odd[where]
        number = first_number(text, where in made.usual) if where in odd else text
        found[where] = ibis.ifelse(told, number, ibis.null("string"))
    bare = texts.select("sheet", **found)
    bare = bare.mutate(**{where: unspaced(bare[where]) for where in numbers})
    votes = {}
    for where in numbers:
        by_comma = bare[where].re_search(COMMA_DECIMAL)
        by_point = bare[where].re_search(POINT_DECIMAL)
        votes[f"c_{where}"] = by_comma & ~by_point
        votes[f"p_{where}"] = by_point & ~by_comma
    counts = fetch(
        bare.group_by("sheet").agg(**{w: m.sum().fill_null(0) for w, m in votes.items()})
    )
    counts["all_c"] = counts[[f"c_{w}" for w in numbers]].sum(axis=1)
    counts["all_p"] = counts[[f"p_{w}" for w in numbers]].sum(axis=1)
    elsewhere = _pooled(counts, group_of, ("all_c", "all_p"))
    for where in numbers:
        for sheet, (comma_votes, point_votes) in _pooled(
            counts, group_of, (f"c_{where}", f"p_{where}")
        ).items():
            around = elsewhere[sheet]
            made.commas[(sheet, where)] = decimal_comma(
                comma_votes, point_votes, (around[0], around[1])
            )


def _codes(
    texts: ir.Table,
    where: str,
    group_of: dict[int, int],
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    """Find the HS codes that are more or less than plain digits of a usual length."""
    import ibis

    text = texts[where]
    size = ibis.ifelse(text.re_search(HS), text.length(), -1)
    sizes = texts.filter(text != "").select("sheet", size=size)
    found = fetch(sizes.group_by("sheet", "size").agg(n=sizes.count()))
    lengths: dict[int, Counter[int]] = {}
    for row in found[found["size"] > 0].to_dict("records"):
        group = lengths.setdefault(group_of[int(row["sheet"])], Counter())
        group[int(row["size"])] += int(row["n"])
    usual = {n for n in found["size"] if n > 0 and n % 2 == 0}
    # One digit less than the usual length is a lost zero for some.
    usual -= {n for n in usual if any(group[n + 1] > group[n] for group in lengths.values())}
    if set(found["size"]) <= usual:
        return
    odd = texts.filter((text != "") & ~size.isin(sorted(usual)) & ~is_missing(text))
    listed = fetch(odd.select("sheet", text=odd[where]).distinct())
    pairs = sorted(zip(listed["sheet"].tolist(), listed["text"].tolist(), strict=True))
    for sheet, written in pairs:
        group = lengths.setdefault(group_of[sheet], Counter())
        if not written.isdigit():
            group.update(code_lengths(written))
    made.codes[where] = [
        (sheet, written, *read_code(written, lengths[group_of[sheet]])) for sheet, written in pairs
    ]


def _shapes(
    texts: ir.Table, odd: dict[str, Any], fetch: Callable[[Any], Any], made: Decisions
) -> None:
    """Collect what stands around the numbers of columns, and say where it is "about"."""
    import ibis

    parts = []
    for where, mask in odd.items():
        text = texts[where]
        shape = ibis.ifelse(text.length() > LONGEST, "", shape_of(text, where in made.usual))
        cells = texts.filter(mask & ~is_missing(text))
        parts.append(
            cells.group_by("sheet", slot=ibis.literal(where), shape=shape).agg(
                n=cells.count(), example=cells[where].min()
            )
        )
    listed = fetch(ibis.union(*parts) if len(parts) > 1 else parts[0])
    about: dict[Key, tuple[int, str]] = {}
    for row in listed.sort_values(["sheet", "slot", "shape"]).to_dict("records"):
        where, sheet = str(row["slot"]), int(row["sheet"])
        made.shapes.setdefault(where, {MARK}).add(str(row["shape"]))
        if around(str(row["shape"]), field_of(where)).about:
            n, example = about.get((sheet, where), (0, str(row["example"])))
            about[sheet, where] = (n + int(row["n"]), example)
    for (sheet, where), (n, example) in about.items():
        made.warnings.setdefault(sheet, []).append(
            f"{field_of(where)}: {n:,} approximate ({one_line(example)!r}), read as they stand"
        )


def _different(
    texts: ir.Table, wanted: list[str], fetch: Callable[[Any], Any], made: Decisions
) -> None:
    """Collect the different values of columns that are looked up."""
    import ibis

    parts = [
        texts.select(slot=ibis.literal(where), value=texts[where])
        .filter(lambda t: t.value.notnull() & (t.value != ""))
        .distinct()
        for where in wanted
    ]
    listed = fetch(ibis.union(*parts) if len(parts) > 1 else parts[0])
    for where, part in listed.groupby("slot"):
        made.different[str(where)] = sorted(part["value"])


def _by_number(
    texts: ir.Table, parties: list[str], fetch: Callable[[Any], Any], made: Decisions
) -> None:
    """Find the columns of parties most of whose cells are numbers."""
    asked = {}
    for where in parties:
        text = texts[where]
        number = (text >= "0") & (text < ":") & text.re_search(NUMBER_OF_PARTY)
        asked[f"n_{where}"] = number.sum().fill_null(0)
        asked[f"all_{where}"] = ((text != "") & ~is_missing(text)).sum().fill_null(0)
    for row in fetch(texts.group_by("sheet").agg(**asked)).to_dict("records"):
        for where in parties:
            if 2 * row[f"n_{where}"] > row[f"all_{where}"]:
                made.by_number.setdefault(where, set()).add(int(row["sheet"]))


def _countries(
    texts: ir.Table,
    wanted: dict[str, str],
    group_of: dict[int, int],
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    """Read the different texts of columns of countries."""
    import ibis

    parts = []
    for where in wanted:
        cells = texts.select("sheet", slot=ibis.literal(where), value=texts[where])
        cells = cells.filter(cells.value.notnull() & (cells.value != ""))
        parts.append(cells.group_by("sheet", "slot", "value").agg(n=cells.count()))
    listed = fetch(ibis.union(*parts) if len(parts) > 1 else parts[0])
    iso = groups_of_iso(listed, group_of)
    for where, part in listed.groupby("slot"):
        column = read_country_column(part, group_of, wanted[str(where)], iso)
        made.countries[str(where)] = column
        for sheet, sentences in column.warnings.items():
            made.warnings.setdefault(sheet, []).extend(sentences)

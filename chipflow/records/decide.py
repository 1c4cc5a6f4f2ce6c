"""What can only be told from a whole column: day or month first, decimal sign, odd times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chipflow.records.amounts import COMMA_DECIMAL, POINT_DECIMAL, decimal_comma, is_missing
from chipflow.records.dates import DAY_MONTH, class_of, is_shifted, month_numbers
from chipflow.records.layouts import DECIMAL_SIGNS, Layout
from chipflow.records.schema import COUNTRY_FIELDS, NUMBER_FIELDS
from chipflow.records.slots import slot

if TYPE_CHECKING:
    import ibis.expr.types as ir

# More ways of writing a date than this in one column are no dates.
_MOST_SHAPES = 10_000
Key = tuple[int, str]
# Said to the user at once: a day may decide if goods were lawful.
DAY_FIRST = "no date tells if day or month comes first: read day first"


@dataclass
class Decisions:
    """What whole columns tell; keys are (sheet number, slot).

    ``usual`` holds the slots in which no cell has anything but printable ASCII characters with
    single blanks between them, so that no cell has to be looked at for more.
    """

    classes: dict[str, set[str]] = field(default_factory=dict)
    day_first: dict[Key, bool] = field(default_factory=dict)
    shifted: dict[Key, bool] = field(default_factory=dict)
    commas: dict[Key, bool] = field(default_factory=dict)
    month_words: dict[str, int] = field(default_factory=dict)
    different: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[int, list[str]] = field(default_factory=dict)
    usual: set[str] = field(default_factory=set)


def decide(
    texts: ir.Table,
    needed: dict[str, int],
    group_of: dict[int, int],
    layout: Layout,
    fetch: Callable[[Any], Any],
) -> Decisions:
    """Ask each column as a whole.

    Parameters
    ----------
    texts
        The text table of all sheets.
    needed
        Field -> number of slots.
    group_of
        Sheet number -> group of sheets with the same headers: a sheet whose own rows leave a
        question open is read like the others of its group, so that a file cut in two is read
        as the whole was.
    layout
        Hints of the user.
    fetch
        Runs an expression and returns a pandas DataFrame.
    """
    made = Decisions()
    for k in range(needed.get("date", 0)):
        _dates(texts, slot("date", k), group_of, layout, fetch, made)
    numbers = [slot(n, k) for n in NUMBER_FIELDS for k in range(needed.get(n, 0))]
    if numbers:
        _numbers(texts, numbers, group_of, layout, fetch, made)
    wanted = [
        slot(n, k)
        for n in (*COUNTRY_FIELDS, "currency", "direction")
        for k in range(needed.get(n, 0))
    ]
    if wanted:
        _different(texts, wanted, fetch, made)
    return made


def _dates(
    texts: ir.Table,
    where: str,
    group_of: dict[int, int],
    layout: Layout,
    fetch: Callable[[Any], Any],
    made: Decisions,
) -> None:
    # Days repeat: what is asked of each text is asked of each different one.
    cells = texts.group_by("sheet", x=texts[where]).agg(n=texts.count())
    cells = cells.filter(~is_missing(cells.x))
    shapes = cells.mutate(shape=cells.x.translate("012345678", "999999999").left(40))
    found = fetch(
        shapes.group_by("sheet", "shape").agg(
            least=shapes.x.substr(10, 20).min(),
            most=shapes.x.substr(10, 20).max(),
        )
    )
    found["written"] = found["shape"].map(class_of)
    made.classes[where] = set(found["written"])
    ordered = found.sort_values(["sheet", "shape"])
    for sheet, part in ordered[ordered["written"] == "iso"].groupby("sheet"):
        if is_shifted(part["least"].min(), part["most"].max()):
            made.shifted[(int(sheet), where)] = True
    if "named" in made.classes[where]:
        words = cells.select(w=cells.x.lower().re_extract(r"(\p{L}{3,})", 1)).distinct()
        more = cells.select(w=cells.x.lower().re_extract(r"\p{L}+\W+(\p{L}{3,})", 1)).distinct()
        listed = fetch(words.union(more).limit(_MOST_SHAPES))["w"].dropna()
        made.month_words |= month_numbers(sorted(set(listed)))
    if "dmy" not in made.classes[where] or layout.day_first is not None:
        return
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
    if layout.decimal is not None:
        comma = layout.decimal == DECIMAL_SIGNS[1]
        made.commas = {(sheet, where): comma for sheet in group_of for where in numbers}
        return
    # Most files write plain numbers: look closer only at cells that are none.
    odd = {
        where: (texts[where].contains(",") | texts[where].try_cast("float64").isnull())
        & texts[where].re_search(r"\d[.,]\d")
        for where in numbers
    }
    some = fetch(texts.group_by("sheet").agg(**{w: m.sum().fill_null(0) for w, m in odd.items()}))
    if not some[numbers].to_numpy().sum():
        return
    votes = {}
    for where in numbers:
        text = texts[where]
        votes[f"c_{where}"] = (text.contains(",") | odd[where]) & text.re_search(COMMA_DECIMAL)
        votes[f"p_{where}"] = text.contains(".") & text.re_search(POINT_DECIMAL)
        votes[f"p_{where}"] |= text.contains(",") & text.re_search(POINT_DECIMAL)
    counts = fetch(
        texts.group_by("sheet").agg(**{w: m.sum().fill_null(0) for w, m in votes.items()})
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

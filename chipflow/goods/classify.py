"""What a description says was shipped: chip, number of chips, or kind of goods.

Descriptions repeat, so each distinct text is read once. A cheap search for anything that looks
like the name of a chip or system goes first; context words are weighed only where it hits.
The probability that a name means the chip is logistic(sum of log-odds): a prior for the name,
one term for each group of context words that occurs (synonyms count once) and one for the HS
heading, as in naive Bayes. All names, words and weights are rows of ``goods/tables``.

Everything is an Ibis expression made of functions that DuckDB and Spark share; patterns use
neither look-around nor word boundaries, which the engines' regular expressions lack or differ in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ibis

from chipflow.goods.catalogue import Catalogue, Chip, Kind, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir

COLUMNS = (
    "goods",
    "chip",
    "chip_probability",
    "chips_per_item",
    "items",
    "units",
    "declared",
    "vague",
    "mentions_return",
)

# Traders separate words by anything; digits keep their separators, times signs keep themselves.
# Characters that stay: letters, digits, * . , and everything beyond ASCII.
_PUNCTUATION = r"[\s\x{00A0}!\"#$%&'()+/:;<=>?@\[\\\]^_`{|}~-]+"

# Letters of the Latin and Cyrillic scripts are written with blanks between words; others are not.
_LETTER = "A-Z0-9А-ЯЁ"
_LEFT = f"[^{_LETTER}]"
_RIGHT = f"[^{_LETTER}]"
# Before a number also no decimal sign: the 5 of "0.5" is no count.
_NUMBER_LEFT = f"[^{_LETTER}.,]"

# The 8 of "H100*8 MODULE" is no number of modules.
_PIECES_LEFT = f"[^{_LETTER}.,*×]"
# The only group that captures; it stands for <n> in the tables.
_NUMBER = "([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,6})"

_TEXT, _HS, _ROWS = "_goods_text", "_goods_hs", "_goods_rows"


@dataclass(frozen=True, slots=True)
class Goods:
    """What one description says; the fields are the columns that :func:`classify` adds."""

    goods: str
    chip: str | None
    chip_probability: float | None
    chips_per_item: float | None
    items: float | None
    units: float | None
    declared: bool
    vague: bool
    mentions_return: bool


def classify(expr: ir.Table, catalogue: Catalogue | None = None) -> ir.Table:
    """Add what was shipped to a table of records.

    Parameters
    ----------
    expr
        Canonical records, of which the columns description, hs_code, quantity and quantity_unit
        are read. Bound to any backend, or in memory.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    ibis.Table
        The same rows in no particular order, with the columns

        - ``goods``: accelerator, server, consumer_card, computer_parts, computer,
          integrated_circuit, telecom, electronics, other or unknown;
        - ``chip``: name of a chip in the catalogue, or of its family where the text does not
          tell the variant; missing if no chip is named or the probability is below the threshold;
        - ``chip_probability``: 0..1, missing without chip;
        - ``chips_per_item``: chips in each counted item, missing if not known;
        - ``items``: counted pieces, missing where the quantity is a weight, length, area or volume;
        - ``units``: chips in the shipment, missing if not known;
        - ``declared``: the text itself names the chip or a system that carries it;
        - ``vague``: no chip is named, but text or HS code could cover one;
        - ``mentions_return``: words of repair, return or warranty.

    Notes
    -----
    A quantity in a unit of weight, length, area or volume is no count; a count in the text
    ("64 PCS H100") stands in where the quantity is missing or none.
    """
    tables = catalogue or load_catalogue()
    clash = sorted(set(COLUMNS) & set(expr.columns))
    if clash:
        expr = expr.drop(*clash)
    keyed = expr.mutate(
        **{
            _TEXT: expr.description.cast("string").fill_null(""),
            _HS: expr.hs_code.cast("string").fill_null(""),
        }
    )
    texts = _read_texts(keyed.select(_TEXT).distinct(), tables)
    headings = _read_headings(keyed.select(_HS).distinct(), tables)
    joined = keyed.join(texts, _TEXT, how="inner").join(headings, _HS, how="inner")
    judged = _judge(joined, tables)
    counted = _count(judged, tables)
    return counted.select(*expr.columns, *COLUMNS)


def classify_text(
    description: str | None,
    hs_code: str | None = None,
    quantity: float | None = None,
    quantity_unit: str | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> Goods:
    """Say what one description means, by the same expression as :func:`classify`.

    Parameters
    ----------
    description, hs_code, quantity, quantity_unit
        As in a record; None where missing.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    Goods

    Examples
    --------
    >>> classify_text("HGX H100 8-GPU BASEBOARD", "847330", 2, "PCS").units
    16.0
    """
    return classify_texts([(description, hs_code, quantity, quantity_unit)], catalogue=catalogue)[0]


def classify_texts(
    rows: Sequence[tuple[str | None, str | None, float | None, str | None]],
    *,
    catalogue: Catalogue | None = None,
) -> list[Goods]:
    """Say what several descriptions mean, in one query.

    Parameters
    ----------
    rows
        Tuples (description, hs_code, quantity, quantity_unit).
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    list of Goods
        In the order of ``rows``.
    """
    import pyarrow as pa

    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    numbers = [None if value is None else float(value) for value in columns[2]]
    table = pa.table(
        {
            "record_id": pa.array(range(len(rows)), pa.int64()),
            "description": pa.array(columns[0], pa.string()),
            "hs_code": pa.array(columns[1], pa.string()),
            "quantity": pa.array(numbers, pa.float64()),
            "quantity_unit": pa.array(columns[3], pa.string()),
        }
    )
    connection, query = _query(catalogue or load_catalogue())
    connection.con.register(_ROWS, table)
    try:
        found = connection.raw_sql(query).fetchall()
    finally:
        connection.con.unregister(_ROWS)
    return [Goods(*record) for record in found]


@lru_cache(maxsize=4)
def _query(catalogue: Catalogue) -> tuple[Any, str]:
    # Turning the expression into SQL takes longer than reading a few texts: once is enough.
    from chipflow.engine import connect

    rows = ibis.table(
        {
            "record_id": "int64",
            "description": "string",
            "hs_code": "string",
            "quantity": "float64",
            "quantity_unit": "string",
        },
        name=_ROWS,
    )
    connection = connect("duckdb")
    ordered = classify(rows, catalogue).order_by("record_id").select(*COLUMNS)
    return connection, str(connection.compile(ordered))


# ---------------------------------------------------------------- patterns


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Regular expressions put together from the tables, one set for each catalogue."""

    families: tuple[tuple[str, str], ...]
    chip: str
    systems: tuple[tuple[str, str], ...]
    system: str
    before: str
    inside: str
    after: str
    cards: str
    rack: str
    pieces: str
    server: str
    plausible: tuple[int, ...]


def _quiet(pattern: str) -> str:
    """Make every group one that does not capture."""
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


def _word(pattern: str) -> str:
    return f"{_LEFT}(?:{_quiet(pattern)}){_RIGHT}"


def _whole(pattern: str) -> str:
    return f"^(?:{_quiet(pattern)})$"


def _patterns(tables: Catalogue) -> _Patterns:
    # Where two names begin alike the longer one is tried first ("RTX 4090D" before "RTX 4090").
    families = sorted(
        ((members[0].pattern, family) for family, members in tables.by_family.items()),
        key=lambda pair: (-len(pair[1]), pair[1]),
    )
    systems = sorted(
        ((system.pattern, system.system) for system in tables.systems),
        key=lambda pair: (-len(pair[0]), pair[1]),
    )
    core = "|".join(_quiet(pattern) for pattern, _ in families)
    prefix = "|".join(_quiet(w.pattern) for w in tables.words_of("prefix"))
    suffix = "|".join(_quiet(w.pattern) for w in tables.words_of("suffix"))
    named = f"(?:{prefix})? ?(?:{core})(?:{suffix})?"
    counts = {word.name: word.pattern for word in tables.words_of("count")}

    def number(name: str) -> str:
        return _quiet(counts[name]).replace("<n>", _NUMBER)

    return _Patterns(
        families=tuple(families),
        chip=f"{_LEFT}(?:{prefix})? ?({core})(?:{suffix})?{_RIGHT}",
        systems=tuple(systems),
        system=f"{_LEFT}({'|'.join(_quiet(pattern) for pattern, _ in systems)}){_RIGHT}",
        before=f"{_NUMBER_LEFT}{number('count before the name')}{named}{_RIGHT}",
        inside=f"{_NUMBER_LEFT}{number('cards inside a server')}{named}{_RIGHT}",
        after=f"{_LEFT}{named} ?{number('count after the name')}{_RIGHT}",
        cards=f"{_NUMBER_LEFT}{number('count of cards')}{_RIGHT}",
        rack=f"{_LEFT}{number('rack shorthand')}{_RIGHT}",
        pieces=f"{_PIECES_LEFT}{number('count of pieces')}{_RIGHT}",
        server=_word(counts["server words: a count is per item"]),
        plausible=tuple(int(n) for n in counts["plausible chips in one item"].split(";")),
    )


def _fold(text: ir.StringValue) -> ir.StringValue:
    """Upper case, one blank between words, a blank at both ends."""
    return ibis.literal(" ") + text.upper().re_replace(_PUNCTUATION, " ") + ibis.literal(" ")


def _first(cases: Iterable[tuple[Any, Any]], otherwise: Any) -> Any:
    pairs = list(cases)
    return ibis.cases(*pairs, else_=otherwise) if pairs else otherwise


# ---------------------------------------------------------------- one text


def _read_texts(texts: ir.Table, tables: Catalogue) -> ir.Table:
    patterns = _patterns(tables)
    no_name, no_number = ibis.null("string"), ibis.null("int64")
    folded = texts.mutate(f=_fold(texts[_TEXT]))
    named = folded.mutate(
        k=_extract(folded.f, patterns.chip), s=_extract(folded.f, patterns.system)
    )
    hit = named.k.notnull() | named.s.notnull()

    def where_hit(value: Any, otherwise: Any) -> Any:
        return ibis.ifelse(hit, value, otherwise)

    found = named.mutate(
        hit=hit,
        family=ibis.ifelse(
            named.k.notnull(),
            _first(
                ((named.k.re_search(_whole(p)), family) for p, family in patterns.families), no_name
            ),
            no_name,
        ),
        system=ibis.ifelse(
            named.s.notnull(),
            _first(((named.s.re_search(_whole(p)), name) for p, name in patterns.systems), no_name),
            no_name,
        ),
    )
    hit = found.hit
    by_system = {system.system: system for system in tables.systems}
    counted = found.mutate(
        family=found.family.fill_null(
            _first(((found.system == n, s.family) for n, s in by_system.items()), no_name)
        ),
        own_name=found.family.notnull(),
        system_chips=_first(
            ((found.system == n, s.chips) for n, s in by_system.items()), no_number
        ),
        system_probability=_first(
            ((found.system == n, s.probability) for n, s in by_system.items()),
            ibis.null("float64"),
        ),
        server_like=where_hit(found.f.re_search(patterns.server), False) | found.system.notnull(),
        n_before=where_hit(_number(found.f, patterns.before), no_number),
        n_inside=where_hit(_number(found.f, patterns.inside), no_number),
        n_after=where_hit(_number(found.f, patterns.after), no_number),
        n_cards=where_hit(_number(found.f, patterns.cards), no_number),
        n_rack=where_hit(_number(found.f, patterns.rack), no_number),
        n_pieces=where_hit(_number(found.f, patterns.pieces), no_number),
    )
    variant = counted.mutate(name=_name(counted, tables), score=_score(counted, tables))
    words = [kind for kind in tables.kinds if kind.role == "word"]
    returns = next(kind.pattern for kind in tables.kinds if kind.role == "return")
    empty = next(kind.pattern for kind in tables.kinds if kind.role == "empty")
    read = variant.mutate(
        word=_first(
            ((variant.f.re_search(_word(kind.pattern)), n) for n, kind in enumerate(words)), -1
        ),
        mentions_return=variant.f.re_search(_word(returns)),
        empty=variant.f.strip().re_search(_whole(empty)) | (variant.f.strip() == ""),
    )
    return read.select(
        _TEXT, "name", "family", "own_name", "score", "system_chips", "system_probability",
        "server_like", "n_before", "n_inside", "n_after", "n_cards", "n_rack", "n_pieces", "word",
        "mentions_return", "empty", "hit",
    )  # fmt: skip


def _extract(text: ir.StringValue, pattern: str) -> Any:
    return text.re_extract(pattern, 1).nullif("")


def _number(text: ir.StringValue, pattern: str) -> Any:
    return _extract(text, pattern).replace(",", "").try_cast("int64")


def _name(table: ir.Table, tables: Catalogue) -> Any:
    """Return the name to report: the variant that the words mark, else the family."""
    several = {family: members for family, members in tables.by_family.items() if len(members) > 1}
    single = {
        family: members[0].chip
        for family, members in tables.by_family.items()
        if len(members) == 1 and members[0].chip != family
    }
    cases: list[tuple[Any, Any]] = [
        (table.family == family, _variant(table.f, family, members))
        for family, members in several.items()
    ]
    cases += [(table.family == family, ibis.literal(chip)) for family, chip in single.items()]
    return _first(cases, table.family)


def _variant(text: ir.StringValue, family: str, members: Sequence[Chip]) -> Any:
    marked = [(chip, _marked(text, chip.variant)) for chip in members if chip.variant]
    count: Any = ibis.literal(0)
    for _, mark in marked:
        count = count + mark.cast("int64")
    plain = next((chip.chip for chip in members if not chip.variant), family)
    return ibis.ifelse(
        count == 0,
        ibis.literal(plain),
        ibis.ifelse(
            count == 1,
            _first(((mark, chip.chip) for chip, mark in marked), ibis.literal(family)),
            ibis.literal(family),
        ),
    )


def _marked(text: ir.StringValue, variant: str) -> Any:
    words, _, ruled_out = variant.partition("!")
    # Form words are often written on the name: "H100SXM5", "HGXH200".
    mark = text.re_search(_quiet(words))
    return mark & ~text.re_search(_quiet(ruled_out)) if ruled_out else mark


def _score(table: ir.Table, tables: Catalogue) -> Any:
    """Sum the log-odds of the name and of the groups of words; 0 where nothing was named."""
    levels = {word.pattern: word.log_odds for word in tables.words_of("prior")}
    clear = levels["0"]
    total: Any = _first(
        (
            (table.family == family, levels[str(members[0].ambiguous)])
            for family, members in tables.by_family.items()
            if members[0].ambiguous
        ),
        clear,
    )
    # A system's own name is as clear as a name can be.
    total = ibis.ifelse(table.own_name, total, clear)
    for word in tables.words_of("word"):
        seen = table.f.re_search(_word(word.pattern))
        if word.name == "server":
            seen = seen | table.system.notnull()
        total = total + ibis.ifelse(seen, word.log_odds, 0.0)
    return ibis.ifelse(table.hit, total, 0.0)


# ---------------------------------------------------------------- one HS code


def _read_headings(codes: ir.Table, tables: Catalogue) -> ir.Table:
    digits = codes.mutate(digits=codes[_HS].re_replace("[^0-9]", ""))
    weights = sorted(tables.words_of("hs"), key=lambda word: -len(word.pattern))
    kinds = sorted(
        ((prefix, kind) for kind in tables.kinds if kind.role == "hs" for prefix in kind.hs),
        key=lambda pair: -len(pair[0]),
    )
    return digits.mutate(
        hs_score=_first(
            ((digits.digits.startswith(word.pattern), word.log_odds) for word in weights), 0.0
        ),
        hs_kind=_first(
            ((digits.digits.startswith(prefix), kind.kind) for prefix, kind in kinds),
            ibis.ifelse(digits.digits == "", "unknown", "other"),
        ),
        hs_vague=_first(
            ((digits.digits.startswith(prefix), kind.vague) for prefix, kind in kinds), False
        ),
    )


# ---------------------------------------------------------------- one record


def _judge(joined: ir.Table, tables: Catalogue) -> ir.Table:
    threshold = tables.words_of("threshold")[0].log_odds
    weighed = joined.mutate(
        p=(1 / (1 + (-(joined.score + joined.hs_score)).exp()))
        * ibis.ifelse(joined.own_name, 1.0, joined.system_probability.fill_null(1.0))
    )
    is_chip = weighed.hit & (weighed.p >= threshold)
    datacentre = weighed.family.isin(
        sorted(f for f, members in tables.by_family.items() if members[0].datacentre)
    )
    words = [kind for kind in tables.kinds if kind.role == "word"]
    fits = _first(
        ((weighed.word == n, _fits(weighed.digits, kind)) for n, kind in enumerate(words)), False
    )
    word_kind = _first(
        ((weighed.word == n, kind.kind) for n, kind in enumerate(words)), ibis.null("string")
    )
    word_vague = _first(((weighed.word == n, kind.vague) for n, kind in enumerate(words)), False)
    judged = weighed.mutate(is_chip=is_chip, fits=fits, word_kind=word_kind, word_vague=word_vague)
    # Words that say nothing ("goods", "spare parts") leave the kind to the HS code; a code that
    # many goods carry, in words that speak against the chip, is other goods.
    says_nothing = (judged.word_kind == "other") | ~judged.fits
    other = (judged.hs_kind == "unknown") & (judged.fits | judged.hit)
    plain = ibis.ifelse(says_nothing, ibis.ifelse(other, "other", judged.hs_kind), judged.word_kind)
    consumer = ibis.ifelse(
        judged.word_kind.isin(["server", "computer"]), judged.word_kind, "consumer_card"
    )
    with_chip = ibis.ifelse(
        datacentre, ibis.ifelse(judged.server_like, "server", "accelerator"), consumer
    )
    return judged.mutate(
        chip=ibis.ifelse(judged.is_chip, judged.name, ibis.null("string")),
        chip_probability=ibis.ifelse(judged.is_chip, judged.p, ibis.null("float64")),
        goods=ibis.ifelse(judged.is_chip, with_chip, plain),
        declared=judged.is_chip,
        vague=~judged.is_chip
        & ibis.ifelse(
            judged.fits,
            judged.word_vague,
            judged.hs_vague | (judged.empty & (judged.digits == "")),
        ),
    )


def _fits(digits: ir.StringValue, kind: Kind) -> Any:
    """Whether an HS code is missing or one under which these words mean this kind."""
    fits: Any = digits == ""
    for prefix in kind.hs:
        fits = fits | digits.startswith(prefix)
    return fits


def _count(judged: ir.Table, tables: Catalogue) -> ir.Table:
    patterns = _patterns(tables)
    units = "|".join(word.pattern for word in tables.words_of("unit"))
    unit = judged.quantity_unit.cast("string").fill_null("").upper().re_replace("[ .]+", "")
    counts = judged.quantity.notnull() & (judged.quantity > 0) & ~unit.re_search(_whole(units))
    none = ibis.null("int64")

    def plausible(number: Any) -> Any:
        return ibis.ifelse(number.isin(patterns.plausible), number, none)

    step = judged.mutate(
        items=ibis.ifelse(counts, judged.quantity.cast("float64"), ibis.null("float64")),
        said=ibis.coalesce(
            plausible(judged.n_cards),
            plausible(judged.n_rack),
            plausible(judged.n_before),
            plausible(judged.n_after),
        ),
        said_inside=plausible(judged.n_inside),
        listed=ibis.coalesce(judged.n_before, judged.n_after),
    )
    # "8*H100" beside a quantity of 8 says the same thing twice; beside 10 it is what each holds.
    twice = (step.items == step.said).fill_null(False)
    board = step.n_cards.notnull() | step.n_rack.notnull()
    card = ibis.cases(
        (step.said.isnull() | twice, 1),
        (board, step.said),
        (step.n_pieces.notnull() | step.items.isnull(), 1),
        else_=step.said,
    )
    server = ibis.coalesce(step.said, step.said_inside, step.system_chips)
    per_item = ibis.ifelse(step.is_chip, ibis.ifelse(step.server_like, server, card), none).cast(
        "float64"
    )
    # What a server's text counts by name is inside; only pieces ("2 SETS") are items.
    inside = step.n_inside.notnull() & step.said.isnull()
    in_text = ibis.ifelse(
        step.server_like,
        ibis.ifelse(inside, none, step.n_pieces),
        ibis.coalesce(step.n_pieces, step.listed),
    ).cast("float64")
    done = step.mutate(chips_per_item=per_item, in_text=in_text)
    done = done.mutate(items=ibis.coalesce(done.items, done.in_text))
    return done.mutate(units=done.items * done.chips_per_item)

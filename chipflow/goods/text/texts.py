"""What one text says: names, how likely they mean a chip, counts and the kind of goods.

A cheap search for anything that looks like the name of a chip or system goes first, on the text
as written; only the few texts in which it hits are folded, searched for the name itself and
weighed, those that differ in nothing but long numbers once. The probability that a name means the
chip is logistic(sum of log-odds): a prior for the name, one term for each group of context words
that occurs (synonyms count once) and one for the HS heading, as in naive Bayes (Maron 1961). That
words are taken as independent overstates certainty, so the weights are set by hand and kept
moderate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from chipflow.goods.text.counting import count_in_text
from chipflow.goods.text.itself import score_itself, spoken_of
from chipflow.goods.text.lookups import NO_WORD, endless, worded_kinds
from chipflow.goods.text.patterns import (
    LEFT,
    MARK,
    NUMBER,
    PUNCTUATION,
    RIGHT,
    SEPARATOR,
    UNSPACED,
    ZEROS,
    as_written,
    loose,
    patterns_of,
    quiet,
    unfolded,
    whole,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir

    from chipflow.goods.catalogue.facts import Catalogue, Chip, Kind
    from chipflow.goods.text.lookups import Lookups
    from chipflow.goods.text.patterns import Patterns

TEXT = "_goods_text"

# Letters with accents and the letters meant; traders leave accents out or not as they like.
_ACCENTED = (
    "ÁÀÂÃÄÅÇÉÈÊËÍÌÎÏÑÓÒÔÕÖÚÙÛÜÝ"
    "ẠẢẤẦẨẪẬĂẮẰẲẴẶĐẸẺẼẾỀỂỄỆỈỊĨỌỎỐỒỔỖỘƠỚỜỞỠỢỤỦŨƯỨỪỬỮỰỲỴỶỸ"  # Vietnamese
    "İĞŞĄĆĘŁŃŚŹŻ"  # Turkish, Polish
    "ŘŠČŽĚŮŇŤĎŐŰȘȚŢ"  # Czech, Hungarian, Romanian
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"  # wide
    "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"  # Arabic, Persian
)
_PLAIN = (
    "AAAAAACEEEEIIIINOOOOOUUUUYAAAAAAAAAAAAADEEEEEEEEIIIOOOOOOOOOOOOOUUUUUUUUUYYYY"
    "IGSACELNSZZ"
    "RSCZEUNTDOUSTT"
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "01234567890123456789"
)
# Cyrillic capitals that look like Latin ones, as the first letter of a name with digits.
_LIKE, _LATIN = "АВЕКМНОРСТХ", "ABEKMHOPCTX"
_LOOKALIKE = f"{LEFT}([{_LIKE}] ?[0-9]{{1,4}}[A-Z]?){RIGHT}"

# Letters outside ASCII.
_FOREIGN = r"[^\x00-\x7F]"

# Chinese words between a number and what is counted.
_MEASURES = "张張块塊片颗顆卡枚节節"

# Signs that traders write for words where they stand by themselves, and what ends a phrase.
_SPOKEN = {" + ": " PLUS ", " & ": " AND ", " - ": " , ", " / ": " , "}
_PHRASE_ENDS = "[:：（(]"
# Goods that are numbered in one text: "1. H100 10 PCS 2. CABLE 20 PCS". Two commas part them.
_LISTED = "[ ,;]1[.)] ?[A-ZА-Я].*[ ,;]2[.)] ?[A-ZА-Я]"
_LIST_NUMBER = "[ ,;][1-9][.)] ?"
# "G593,8×H200": a comma that parts a code from a count, and no decimal one.
_COUNT_BEHIND_COMMA = "[A-Z0-9](,[0-9]{1,2} ?[X*×] ?[A-Z])"

# Serial, order and customs numbers, and dates: longer than any count, and nothing of the goods. The
# digits of all are written as those of one, so that texts which differ in nothing else are one.
_LONG_NUMBER, _ANY_LONG_NUMBER = " [0-9]{7,} ", " 0000000 "

# Words that stand for "no description" are short.
_LONGEST_EMPTY = 22

# What the reading of a text with a name hands on.
COLUMNS = (
    "name", "family", "datacentre", "score", "itself", "clear", "in_box", "server_like", "said",
    "board", "pieces", "pieces_after", "in_server", "in_text", "nodes", "boxes", "in_all", "packed",
    "in_tray", "beside", "station",
)  # fmt: skip


def first(cases: Iterable[tuple[Any, Any]], otherwise: Any) -> Any:
    """Return the value of the first case that holds."""
    pairs = list(cases)
    return ibis.cases(*pairs, else_=otherwise) if pairs else otherwise


def capitals(text: ir.StringValue) -> ir.StringValue:
    """Upper case, with a blank at both ends."""
    return ibis.literal(" ") + text.upper() + ibis.literal(" ")


# ---------------------------------------------------------------- every text


def names_something(text: ir.StringValue, tables: Catalogue) -> ir.BooleanValue:
    """Say of a text as written whether it may name a chip, system or part number.

    Also where it may have words for :func:`mentions_return`: these are as rare as names, and to be
    told of them here spares all other texts a search of their own.
    """
    rare = f"{patterns_of(tables).any}|{loose(word(_kind(tables, 'return').pattern))}"
    return text.re_search(as_written(rare))


def tells_something(text: ir.StringValue, tables: Catalogue) -> ir.BooleanValue:
    """Say whether a text as written may have words for :func:`word_of`.

    What a search costs depends on the length of the text, hardly on the number of words: one for
    all of them spares most texts the others.
    """
    words = "|".join(kind.pattern for kind in worded_kinds(tables))
    return text.re_search(as_written(loose(word(words))))


def mentions_return(text: ir.StringValue, tables: Catalogue) -> ir.BooleanValue:
    """Say of a text as written whether it has words of repair, return or warranty."""
    return text.re_search(_any_of([_kind(tables, "return")]))


def word_of(text: ir.StringValue, tables: Catalogue) -> Any:
    """Return the place of the first of ``worded_kinds`` whose words occur in a text as written.

    ``NO_WORD`` where none does.
    """
    return _first_of(text, list(enumerate(worded_kinds(tables))))


def says_nothing(text: ir.StringValue, tables: Catalogue) -> ir.BooleanValue:
    """Say of a text as written whether it stands for "no description"."""
    empty = unfolded(quiet(_kind(tables, "empty").pattern))
    blanks = f"{SEPARATOR}*"
    nothing = text.re_search(as_written(f"^{blanks}(?:{empty})?{blanks}$"))
    return ibis.ifelse(text.length() <= _LONGEST_EMPTY, nothing, False)


def _kind(tables: Catalogue, role: str) -> Kind:
    return next(kind for kind in tables.kinds if kind.role == role)


def _any_of(kinds: Sequence[Kind]) -> str:
    return as_written(unfolded(word("|".join(kind.pattern for kind in kinds))))


def _first_of(
    text: ir.StringValue, kinds: Sequence[tuple[int, Kind]], *, sure: bool = False
) -> Any:
    """Return the place of the first kind that occurs, by halving: each test reads a text once.

    With ``sure`` one of the kinds is known to occur.
    """
    if len(kinds) == 1:
        place, kind = kinds[0]
        return place if sure else ibis.ifelse(text.re_search(_any_of([kind])), place, NO_WORD)
    half = len(kinds) // 2
    in_first = text.re_search(_any_of([kind for _, kind in kinds[:half]]))
    return ibis.ifelse(
        in_first,
        _first_of(text, kinds[:half], sure=True),
        _first_of(text, kinds[half:], sure=sure),
    )


# ---------------------------------------------------------------- texts with a name


def read_texts(
    texts: ir.Table, tables: Catalogue, lookups: Lookups, called: str = TEXT
) -> ir.Table:
    """Read the distinct texts in which a name was seen.

    Parameters
    ----------
    texts
        One column, ``TEXT``, as written.
    tables
        The catalogue.
    lookups
        The tables of :func:`chipflow.goods.text.lookups.lookups_of`, in an engine.
    called
        How the column of texts is called in what is returned.

    Returns
    -------
    ibis.Table
        The texts and the columns ``COLUMNS``.
    """
    patterns = patterns_of(tables)
    # Steps of their own: what is used three times would be written and planned three times.
    said = capitals(texts[TEXT])
    for sign, spoken in _SPOKEN.items():
        said = said.replace(sign, spoken)
    spoken = texts.mutate(g=said)
    listed = spoken.g.re_replace(_LIST_NUMBER, " , , ")
    spoken = spoken.mutate(g=ibis.ifelse(spoken.g.re_search(_LISTED), listed, spoken.g))
    counted = _extract(spoken.g, _COUNT_BEHIND_COMMA).fill_null(MARK)
    spoken = spoken.mutate(g=spoken.g.replace(counted, counted.replace(",", " , ")))
    spoken = spoken.mutate(parted=_extract(spoken.g, patterns.parted).fill_null(MARK))
    joined = spoken.parted.replace("-", "").replace(".", "")
    said = spoken.g.replace(spoken.parted, joined).re_replace(_PHRASE_ENDS, " , ")
    folded = spoken.select(TEXT, g=said.re_replace(PUNCTUATION, " "))
    # Engines look every letter up anew in each text: only where there may be accents.
    foreign = folded.g.re_search(_FOREIGN)
    plain = ibis.ifelse(foreign, _latin(folded.g.translate(_ACCENTED, _PLAIN)), folded.g)
    # "UCS B200" is a server of another maker: what else the text names is looked for without it.
    ours = plain.re_replace(patterns.others, " ")
    parted = folded.mutate(g=ours).mutate(part=lambda t: _extract(t.g, patterns.part))
    alike = parted.g.re_replace(_LONG_NUMBER, _ANY_LONG_NUMBER)
    # A part number may be written as one long number.
    shape = ibis.ifelse(parted.part.isnull(), alike, parted.g)
    # The texts of a shape travel with it: to join them again would take Ibis and engine longer.
    shaped = parted.mutate(shape=shape).group_by("shape", "part").agg(texts=parted[TEXT].collect())
    return _read_folded(shaped, tables, patterns, lookups, called)


def _read_folded(
    folded: ir.Table, tables: Catalogue, patterns: Patterns, lookups: Lookups, called: str
) -> ir.Table:
    """Read distinct folded texts, ``shape``, each for all the ``texts`` that are folded to it."""
    # Steps of their own, since what is found is looked at twice.
    spelled = folded.mutate(g=_zeros(folded.shape))
    for pattern, missing in patterns.bare:
        number = _extract(spelled.g, pattern).fill_null(MARK)
        spelled = spelled.mutate(g=spelled.g.replace(number, ibis.literal(f"{missing} ") + number))
    named = _with_names(spelled, patterns, lookups)
    scored = named.mutate(score=_score(named, tables))
    # What no HS code could make a chip is read no further.
    best = max(row.log_odds for row in tables.words_of("hs"))
    likely = scored.score + best > 0
    marked = scored.mutate(m=ibis.ifelse(likely, _marks(scored, patterns), ""))
    # Another step of its own: its rules of grammar look at the marks a dozen times.
    spoken = marked.mutate(spoken=spoken_of(marked.m, tables))
    return _with_scores(spoken, patterns, tables, called)


def _latin(text: ir.StringValue) -> ir.StringValue:
    """Write a name in Latin letters that begins with a Cyrillic one of the same look."""
    name = _extract(text, _LOOKALIKE).fill_null(MARK)
    return text.replace(name, name.translate(_LIKE, _LATIN))


def _zeros(text: ir.StringValue) -> ir.StringValue:
    """Write the digits for which somebody typed letters that look like them: H1OO, VL00."""
    number = _extract(text, ZEROS).fill_null(MARK)
    return text.replace(number, number.translate("OLI", "011"))


def _extract(text: ir.StringValue, pattern: str) -> Any:
    return text.re_extract(pattern, 1).nullif("")


def _few(text: ir.StringValue, pattern: str) -> Any:
    return text.re_extract(pattern, 1).try_cast("int64")


def _number(text: ir.StringValue, pattern: str) -> Any:
    # No text is no number.
    return text.re_extract(pattern, 1).replace(",", "").try_cast("int64")


def _with_names(texts: ir.Table, patterns: Patterns, lookups: Lookups) -> ir.Table:
    """Find part number, chip and system; a name that is used for nothing else goes first."""
    found = texts.mutate(
        k=ibis.coalesce(*(_extract(texts.g, pattern) for pattern in patterns.chips)),
        s=_extract(texts.g, patterns.system),
    )
    keyed = found.mutate(
        name_key=found.k.replace(" ", ""),
        system_key=found.s.replace(" ", ""),
        part_key=found.part.replace(" ", ""),
    )
    known = (
        keyed.left_join(lookups.names, "name_key")
        .left_join(lookups.parts, "part_key")
        .left_join(lookups.systems, "system_key")
        .drop("name_key_right", "part_key_right", "system_key_right")
    )
    # Patterns without a list of spellings are tried one by one.
    family = _tried(known.k, endless(patterns.families))
    system = _tried(known.s, endless(patterns.systems))
    meant = known.select(
        "texts", "g", "k", "s", "part_name",
        # Tables that an engine is given hold empty texts where nothing is known: not every way
        # into an engine keeps missing ones missing.
        part_chip=known.part_chip.nullif(""),
        own_family=ibis.coalesce(known.own_family, family, known.part_family.nullif("")),
        system=ibis.coalesce(known.system_name, system, known.part_system.nullif("")),
    )  # fmt: skip
    boxed = meant.left_join(lookups.boxes, "system")
    carried = boxed.mutate(family=ibis.coalesce(boxed.own_family, boxed.system_family))
    told = carried.left_join(lookups.families, "family")
    return told.select(
        *meant.columns, "system_chips", "system_probability", "family", "prior", "unmistakable",
        "datacentre", "family_name",
        own_name=told.own_family.notnull(),
    )  # fmt: skip


def _tried(name: ir.StringValue, pairs: Sequence[tuple[str, str]]) -> Any:
    return first(
        ((name.re_search(whole(pattern)), meant) for pattern, meant in pairs), ibis.null("string")
    )


def _name(table: ir.Table, tables: Catalogue) -> Any:
    """Return the name to report: the variant that the words mark, else the family."""
    several = {family: members for family, members in tables.by_family.items() if len(members) > 1}
    cases: list[tuple[Any, Any]] = [(table.part_chip.notnull(), table.part_chip)]
    cases += [
        (table.family == family, _variant(table.g, family, members))
        for family, members in several.items()
    ]
    return first(cases, table.family_name)


def _variant(text: ir.StringValue, family: str, members: Sequence[Chip]) -> Any:
    name: Any = next((chip.chip for chip in members if not chip.variant), family)
    others: Any = None
    for chip in reversed([chip for chip in members if chip.variant]):
        mark = _marked(text, chip.variant)
        # Words of two variants tell neither.
        only = chip.chip if others is None else ibis.ifelse(others, family, chip.chip)
        name = ibis.ifelse(mark, only, name)
        others = mark if others is None else mark | others
    return name


def _marked(text: ir.StringValue, variant: str) -> Any:
    words, _, ruled_out = variant.partition("!")
    # Form words are often written on the name: "H100SXM5", "HGXH200".
    mark = text.re_search(quiet(words))
    return mark & ~text.re_search(quiet(ruled_out)) if ruled_out else mark


# ---------------------------------------------------------------- scores and counts


def _with_scores(marked: ir.Table, patterns: Patterns, tables: Catalogue, called: str) -> ir.Table:
    few = {
        # Between a number in a server and the name stand nouns of cards.
        f"n_{name}": _few(marked.spoken if name == "inside" else marked.m, pattern)
        for name, pattern in (
            ("inside", patterns.inside),
            ("in_server", patterns.in_server),
            ("joined", patterns.joined),
            ("cards", patterns.cards),
            ("rack", patterns.rack),
            ("boxes", patterns.boxes),
            ("pieces_after", patterns.pieces_after),
            ("nodes", patterns.nodes),
        )
    }
    many = {
        f"n_{name}": _number(marked.m, pattern)
        for name, pattern in (
            ("before", patterns.before),
            ("after", patterns.after),
            ("pieces", patterns.pieces),
            ("quantity", patterns.quantity),
            ("leading", patterns.leading),
        )
    }
    # A number that may stand at several places of what is found.
    spread = {
        f"n_{name}": _few(marked.m.re_extract(pattern, 0), patterns.few)
        for name, pattern in (
            ("each", patterns.each),
            ("set_of", patterns.set_of),
            ("in_tray", patterns.in_tray),
        )
    }
    packed = _number(marked.m.re_extract(patterns.packed, 0), NUMBER)
    in_all = _number(marked.m.re_extract(patterns.in_all, 0), NUMBER)
    boxes = marked.g.re_replace(patterns.no_server, "")
    # "GPU FOR DGX A100: A100 SXM4 MODULE" names a system, and is none.
    for_box = marked.own_name & marked.spoken.re_search(patterns.for_box)
    read = marked.select(
        "texts", "family", "datacentre", "system_chips", "score",
        name=_name(marked, tables),
        itself=score_itself(marked.m, marked.spoken, tables),
        # Whether the name is used for nothing else: a system, a part number or a long name.
        clear=marked.unmistakable | marked.part_name.notnull() | ~marked.own_name,
        # How likely a system of that name carries the chip.
        in_box=ibis.ifelse(marked.own_name, 1.0, marked.system_probability.fill_null(1.0)),
        server_like=boxes.re_search(patterns.server) | (marked.system.notnull() & ~for_box),
        # A card for data centres stands in a server, whatever it is called.
        station=marked.g.re_search(patterns.station) & ~marked.datacentre,
        by_node=marked.m.re_search(patterns.by_node),
        **few,
        **many,
        **spread,
        n_packed=packed,
        n_in_all=in_all,
        n_beside=_number(marked.spoken, patterns.beside),
    )  # fmt: skip
    keep = [name for name in COLUMNS if name in read.columns]
    numbers = count_in_text(read, tables, ["texts", *keep])
    return numbers.select(numbers.texts.unnest().name(called), *COLUMNS)


def _marks(named: ir.Table, patterns: Patterns) -> Any:
    """Put a mark for the name that was found, and digits for numbers that stand as words."""
    without = named.g.replace(named.k.fill_null(MARK), MARK)
    without = without.replace(named.s.fill_null(MARK), MARK)
    return _digits(without, patterns)


def _digits(text: ir.StringValue, patterns: Patterns) -> Any:
    """Write numbers that stand as words in digits."""
    values: dict[str, list[str]] = {}
    signs: dict[str, str] = {}
    for words, digits in patterns.numbers:
        # Chinese numerals stand before a measure word and without blanks.
        if UNSPACED.search(words):
            signs[words] = digits
        else:
            values.setdefault(digits, []).append(words)
    written: Any = text
    for digits, names in values.items():
        # "FOUR (4)" says it twice.
        again = f"(?:,? ?0?{digits} )?" if digits.isdigit() else ""
        written = written.re_replace(f" (?:{'|'.join(names)}) {again}", f" {digits} ")
    # Few texts have any: one search for all is cheaper than to replace each in vain.
    spelled = f" (?:{'|'.join(name for names in values.values() for name in names)}) "
    written = ibis.ifelse(text.re_search(spelled), written, text)
    if signs:
        counted = f"([{''.join(signs)}][{_MEASURES}])"
        numeral = _extract(text, counted).fill_null(MARK)
        written = written.replace(
            numeral, numeral.translate("".join(signs), "".join(signs.values()))
        )
    return written


def _score(table: ir.Table, tables: Catalogue) -> Any:
    """Sum the log-odds of the name and of the groups of words."""
    prior = _prior(table, tables)
    total = prior
    for row in tables.words_of("part"):
        total = total + ibis.ifelse(table.part_name.notnull(), row.log_odds, 0.0)
    for row in tables.words_of("word"):
        seen = table.g.re_search(word(row.pattern))
        weight: Any = row.log_odds
        if row.unless:
            weight = ibis.ifelse(table.g.re_search(word(row.unless)), 0.0, weight)
        weighed = ibis.ifelse(seen, weight, 0.0)
        if row.name == "server":
            weighed = ibis.ifelse(table.system.notnull(), row.log_odds, weighed)
        total = total + weighed
    # No words make other goods of a name that is used for nothing else.
    return ibis.ifelse(table.own_name & ~table.unmistakable, total, prior)


def _prior(table: ir.Table, tables: Catalogue) -> Any:
    # A system's own name is as clear as a name can be.
    clear = next(word.log_odds for word in tables.words_of("prior") if word.pattern == "0")
    return ibis.ifelse(table.own_name, table.prior, clear)

"""Which column is which: header words and contents together, one assignment for the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chipflow.records.mapping.content import Content, same_share
from chipflow.records.mapping.context import (
    ONLY_COUNTRY,
    contradictions,
    copies,
    could_be,
    document_totals,
    owner_of_address,
    pair_unit,
    states_direction,
    unit_prices,
)
from chipflow.records.schema import (
    COUNTRY_FIELDS,
    FIELDS,
    HELPER_FIELDS,
    NUMBER_FIELDS,
    PARTY_FIELDS,
    PORT_FIELDS,
)
from chipflow.records.vocabulary.languages import language_of, means_otherwise
from chipflow.records.vocabulary.layouts import Layout
from chipflow.records.vocabulary.meaning import (
    BY_NUMBER,
    UNSURE_CODE,
    Amount,
    amount,
    by_number,
    field_scores,
    preference,
    register,
    unknown_unit,
)
from chipflow.records.vocabulary.ports import OFFICE
from chipflow.records.vocabulary.words import fold, read_header

# A column is not used below this score: it would be a guess.
MINIMUM_CONFIDENCE = 0.5
# What is left of a header's score if the column is empty, or holds only zeros.
EMPTY, ALL_ZERO = 0.55, 0.6
# A header that plainly names a field is believed though its cells are damaged: they are then
# rejected one by one, which tells the user more than a column that is not used.
_PLAIN_SPEECH, _DAMAGED = 0.85, 0.6
_STRICT = ("date", "hs_code", "currency", *NUMBER_FIELDS, *COUNTRY_FIELDS)
# Meanings of headers of dates that are not of a shipment, and of numbers that look like dates.
_OTHER_DATES = ("other_day", "invoice", "agent", "tax", "value", "price", "hs", "code", "contact")
# How sure it is that the only column of days is the date, before one of years.
_ONLY_DATES = 0.65
# How sure it is that a column whose values say import and export is the direction of its rows.
_TOLD_BY_VALUES = 0.9
# Two columns this close leave it open which one is meant.
_CLOSE = 0.06
# A column in which nearly all values are countries' names is one of countries; how sure that is,
# as a share of how sure the header would be of a company.
_ALL_COUNTRIES, _SIDE_AS_COUNTRY = 0.9, 0.8
# A column of currencies by code goes before one that gives the same by name or sign.
_BY_NAME = 0.97
# Mean number of characters of a port's name, with code and country; longer texts are addresses.
LONGEST_PORT = 60
# A header of which all is understood, and one that is understood well enough to be believed where
# the values are names of companies; how sure that makes a side.
_UNDERSTOOD, _HALF_UNDERSTOOD, _NAMED_COMPANIES = 0.99, 0.25, 0.6
# Share of the values with a legal form that shows a column to hold names of companies. Shares of
# different values among the cells, and what is left of the score of a side with few of them.
_SOME_NAMES, _MANY, _FEW = 0.2, 0.5, 0.6
_NEARLY_ALL = 0.8
# Characters of the shortest numbers by which companies are known.
_SHORTEST_NUMBER = 4
# Share of values that say "port" in a column of ports, and of countries in one that holds none;
# how sure it is that places other than countries, where goods come from or go to, are ports.
_SOME_PORTS, _FEW_COUNTRIES, _PLACE_AS_PORT = 0.2, 0.3, 0.7
_MOST_PERCENT = 100.0
# How sure it is that numbers of documents number the records, where only the values tell.
_BY_NUMBERS, _PERMIT = 0.55, {"permit", "other_number"}
# What a column can be by the direction of the row, in the order in which columns are given away.
_TURNS = (
    "shipper", "consignee", "shipper_address", "consignee_address", "shipper_country",
    "consignee_country", "export_country", "origin_country", "destination_country", "export_port",
    "import_port",
)  # fmt: skip
# What a silent column's score is at most, as a share of the best that says something.
_BEHIND = 0.9
# What a record cannot do without: a wrong choice here would be a wrong route.
_MATTER = ("date", *PARTY_FIELDS)
# Two columns that seldom both speak complete each other; two that mostly agree are one.
_OFTEN_BOTH, _MOSTLY_SAME = 0.1, 0.8
# Fields for which another column may speak where the first says nothing.
_WITH_OTHERS = (
    "date", "shipper", "shipper_address", "shipper_country", "consignee", "consignee_address",
    "consignee_country", "origin_country", "export_country", "destination_country",
    "description", "weight_kg", "value_usd",
)  # fmt: skip
_MOST_OTHERS = 2


@dataclass
class Mapping:
    """What the columns of a sheet are.

    Attributes
    ----------
    columns
        Field -> position of its column.
    confidence
        Field -> 0..1.
    also
        Field -> positions of columns that are used in rows where the first is empty.
    amounts
        Position -> factor and currency of its numbers.
    packages
        True if ``quantity`` counts packages, not goods.
    warnings
        Sentences for the user.
    ways
        (field, position) -> ``import`` or ``export``, for a column that is the field only in
        rows of that direction.
    registers
        Position of a column of companies' numbers -> the register that stands before them.
    could_be
        Field that no column is -> headers of unused columns whose values look like it.
    open
        Sides and dates of which it is open which of two columns is meant, with their headers.
    """

    columns: dict[str, int] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    also: dict[str, list[int]] = field(default_factory=dict)
    amounts: dict[int, Amount] = field(default_factory=dict)
    packages: bool = False
    warnings: list[str] = field(default_factory=list)
    ways: dict[tuple[str, int], str] = field(default_factory=dict)
    registers: dict[int, str] = field(default_factory=dict)
    could_be: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, tuple[str, str]] = field(default_factory=dict)


def map_columns(
    headers: Sequence[str],
    contents: Sequence[Content],
    direction: str | None,
    reporter: str | None,
    layout: Layout,
    by_row: bool = False,
) -> Mapping:
    """Decide which column is which field.

    Parameters
    ----------
    headers, contents
        Name and contents of each column, in order.
    direction, reporter
        ``import``/``export`` and the ISO 3166 code of the reporting country, where stated.
    layout
        A user's own mapping, which is believed whatever the contents.
    by_row
        Whether each row says for itself if it is an import or an export.

    Returns
    -------
    Mapping

    Notes
    -----
    The assignment of fields to columns with the largest sum of scores is found with
    ``scipy.optimize.linear_sum_assignment``. Gross weight is preferred to net weight, which is
    used where gross is missing or zero; FOB value to CIF value likewise; an English or cleaned
    variant of a name to the original; the names of a side to its companies' numbers.

    Where each row has its own direction, the domestic party (or the client whose goods are
    declared) ships exports and receives imports, the party abroad the other way round, and a
    country of which nothing else is said is that of the party abroad.
    """
    scores = _score_matrix(headers, contents, direction)
    mapping = Mapping()
    forced = _forced(headers, layout)
    taken = set(forced.values())
    from scipy.optimize import linear_sum_assignment

    denied = contradictions(headers, contents, scores, direction, reporter, mapping.warnings)
    denied += copies(headers, contents, scores, direction, mapping.warnings)
    for claimed, at in denied:
        scores[claimed][at] = 0.0
    for j in taken:
        for name in FIELDS:
            scores[name][j] = 0.0
    open_fields = [name for name in FIELDS if name not in forced]
    matrix = np.array([scores[name] for name in open_fields], dtype=float)
    matrix = matrix.reshape(len(open_fields), len(headers))
    # A tie goes to the column further left; far too small to turn a real difference.
    matrix = np.where(matrix > 0, matrix - np.arange(len(headers)) * 1e-6, 0.0)
    rows, cols = linear_sum_assignment(matrix, maximize=True)
    chosen = {open_fields[i]: int(j) for i, j in zip(rows, cols, strict=True) if matrix[i, j] > 0}
    for name in FIELDS:
        if name in forced:
            mapping.columns[name], mapping.confidence[name] = forced[name], 1.0
        elif name in chosen:
            score = scores[name][chosen[name]]
            if score >= MINIMUM_CONFIDENCE:
                mapping.columns[name] = chosen[name]
                mapping.confidence[name] = _confidence(name, chosen, scores)
            elif contents[chosen[name]].filled and name not in HELPER_FIELDS:
                mapping.warnings.append(
                    f"{headers[chosen[name]]!r} may be {name}, but too uncertainly to be used"
                )
    if "quantity_unit" not in forced:
        pair_unit(headers, scores, mapping.columns, mapping.confidence, MINIMUM_CONFIDENCE)
    if "quantity" in mapping.columns:
        mapping.packages = read_header(headers[mapping.columns["quantity"]]).has("package")
    for name in _MATTER:
        if name in mapping.columns and name not in forced:
            _compare_rivals(name, headers, contents, scores, mapping)
    _others(headers, contents, scores, mapping)
    if by_row:
        _by_direction(headers, contents, mapping, set(forced))
    elif direction is not None:
        _own_number(headers, contents, direction, mapping)
    for name in PARTY_FIELDS:
        for j in [mapping.columns.get(name, -1), *mapping.also.get(name, [])]:
            if j >= 0 and _holds_numbers(headers[j], contents[j]):
                mapping.registers[j] = register(headers[j])
    for name in ("weight_kg", "value_usd", "value"):
        for j in [*mapping.also.get(name, []), mapping.columns.get(name, -1)]:
            if j >= 0:
                mapping.amounts[j] = amount(headers[j], name == "weight_kg")
    _unknown_unit(headers, mapping)
    _remark(headers, contents, mapping)
    mapping.could_be = could_be(headers, contents, mapping.columns, mapping.also)
    mapping.warnings += _national_tables(headers, contents, mapping)
    return mapping


def _national_tables(
    headers: Sequence[str], contents: Sequence[Content], mapping: Mapping
) -> list[str]:
    """Say of unused columns of countries that their numbers are of no table that is known."""
    used = {*mapping.columns.values(), *(j for places in mapping.also.values() for j in places)}
    return [
        f"{header!r} holds numbers that may be of a national table of countries, and was not read"
        for j, (header, content) in enumerate(zip(headers, contents, strict=True))
        if j not in used
        and content.national_codes
        and read_header(header).has("country", "origin", "destination")
        and not read_header(header).has("number", "date", "value", "weight", "quantity", "hs")
    ]


def _forced(headers: Sequence[str], layout: Layout) -> dict[str, int]:
    folded = [fold(header) for header in headers]
    forced: dict[str, int] = {}
    for name, wanted in layout.fields.items():
        for header in wanted:
            at = next((j for j, h in enumerate(headers) if h.strip() == header), None)
            if at is None and fold(header) in folded:
                at = folded.index(fold(header))
            if at is not None and at not in forced.values():
                forced[name] = at
                break
    return forced


def _score_matrix(
    headers: Sequence[str], contents: Sequence[Content], direction: str | None
) -> dict[str, list[float]]:
    scores = {name: [0.0] * len(headers) for name in FIELDS}
    for j, header in enumerate(headers):
        for name, score in field_scores(header, direction).items():
            scores[name][j] = _score(name, score, header, contents[j])
    language = language_of(headers)
    for j, header in enumerate(headers):
        if means_otherwise(header, language) is not None:
            for own in scores.values():
                own[j] = 0.0
    told = [j for j, header in enumerate(headers) if states_direction(header, contents[j])]
    for j in told[:1]:
        for own in scores.values():
            own[j] = 0.0
        scores["direction"][j] = _TOLD_BY_VALUES
    _countries_for_sides(headers, contents, scores)
    _ports_for_countries(headers, contents, scores)
    owner_of_address(headers, scores, direction)
    document_totals(headers, scores)
    unit_prices(contents, scores)
    _silent_last(contents, scores)
    _document_numbers(headers, contents, scores)
    _unit_beside_weight(headers, contents, scores)
    if not any(
        score >= MINIMUM_CONFIDENCE and contents[j].dates >= MINIMUM_CONFIDENCE
        for j, score in enumerate(scores["date"])
    ):
        # Only one column written like dates: that is the date, whatever it is called, unless it
        # is known to be of something else.
        dated = [
            j
            for j, c in enumerate(contents)
            if c.filled and c.dates >= 0.9 and not read_header(headers[j]).has(*_OTHER_DATES)
        ]
        shipped = [j for j in dated if read_header(headers[j]).has("registration", "good_day")]
        if len(dated) == 1 or len(shipped) == 1:
            scores["date"][(shipped or dated)[0]] = _ONLY_DATES
    return scores


def _unit_beside_weight(
    headers: Sequence[str], contents: Sequence[Content], scores: dict[str, list[float]]
) -> None:
    """Know a column of units of weight by its values, where it stands beside one of weights."""
    if any(score >= MINIMUM_CONFIDENCE for score in scores["weight_unit"]):
        return
    for j, content in enumerate(contents):
        beside = [k for k in (j - 1, j + 1) if 0 <= k < len(contents)]
        weighed = any(scores["weight_kg"][k] >= MINIMUM_CONFIDENCE for k in beside)
        other = max(own[j] for name, own in scores.items() if name != "weight_kg")
        if weighed and other < MINIMUM_CONFIDENCE and content.weight_units >= _NEARLY_ALL:
            scores["weight_unit"][j] = _PLACE_AS_PORT
            scores["weight_kg"][j] = 0.0


def _document_numbers(
    headers: Sequence[str], contents: Sequence[Content], scores: dict[str, list[float]]
) -> None:
    """Know a record by a column of numbers of documents whose own name is not known.

    ``NUMERO DAE``, ``CusDec / Serial No``: only where no other column numbers the records, one
    column does, and it stands before what they say of the goods. The number of a permit is that
    of the declaration where both are one (Singapore).
    """
    if any(score >= MINIMUM_CONFIDENCE for score in scores["record_id"]):
        return
    said = ("description", "hs_code", *NUMBER_FIELDS)
    goods = [j for n in said for j, s in enumerate(scores[n]) if s >= MINIMUM_CONFIDENCE]
    first = min(goods, default=len(headers))
    documents = [j for j in range(first) if contents[j].document_numbers]
    for called in ({"number"}, _PERMIT):
        numbered = [
            j
            for j in documents
            if set(read_header(headers[j]).parts) in (called, {*called, "number"})
        ]
        if len(numbered) == 1:
            scores["record_id"][numbered[0]] = _BY_NUMBERS
        if numbered:
            return


def _score(name: str, score: float, header: str, content: Content) -> float:
    """Return how sure it is that a column is a field: what its header says, and its values."""
    if name in PARTY_FIELDS:
        return _score_party(score, header, content)
    if name in COUNTRY_FIELDS and content.national_codes:
        # Used where no other column says the country, so that each cell is said to be unread.
        return score * _DAMAGED if score >= _PLAIN_SPEECH else 0.0
    if name == "hs_code" and score <= UNSURE_CODE and _are_rates(content):
        return 0.0
    if name in PORT_FIELDS and content.ports >= _SOME_PORTS:
        score = max(score, OFFICE)
    fit = _fits(name, header, content)
    if score >= _PLAIN_SPEECH and name in _STRICT and content.filled:
        fit = max(fit, _DAMAGED)
    return score * fit


def _are_rates(content: Content) -> bool:
    """Tell if most numbers of a column are no larger than a percentage."""
    found = content.magnitudes
    return bool(found) and found[len(found) // 2] <= _MOST_PERCENT


def _score_party(score: float, header: str, content: Content) -> float:
    """Return how sure it is that a column names the companies of a side.

    Names have the legal forms of companies, or are many; a column of few values that stand in
    hundreds of rows each, or one of whose header a part is not understood, is the rank or the
    trade of a company unless its values are names.
    """
    if _holds_numbers(header, content):
        # Short codes are of countries or ranks.
        if content.mean_length < _SHORTEST_NUMBER or content.world > _ALL_COUNTRIES:
            return 0.0
        return BY_NUMBER * (_FEW if content.repeats else 1.0)
    fit = _fits(PARTY_FIELDS[0], header, content)
    if content.filled and content.legal_forms < _SOME_NAMES:
        unknown = read_header(header).known < _UNDERSTOOD
        if content.repeats or (unknown and content.unique < _MANY):
            fit *= _FEW
    elif content.filled and score >= _HALF_UNDERSTOOD:
        score = max(score, _NAMED_COMPANIES)
    return score * fit


def _holds_numbers(header: str, content: Content) -> bool:
    """Tell if a column of a side holds the numbers of companies in place of their names."""
    if not content.filled:
        return False
    bare = content.plain_numbers > _NEARLY_ALL
    return bare or (by_number(read_header(header)) and content.legal_forms < _SOME_NAMES)


def _ports_for_countries(
    headers: Sequence[str], contents: Sequence[Content], scores: dict[str, list[float]]
) -> None:
    """Take columns of origin or destination that hold places, not countries, for the ports.

    Only where the header does not say "country": ``Shipment Destination`` may be either.
    """
    for port, own in (("export_port", "origin_country"), ("import_port", "destination_country")):
        for j, content in enumerate(contents):
            if scores[own][j] <= 0 and not _end_of_way(headers[j], own):
                continue
            meaning = read_header(headers[j])
            if meaning.has("country", "number", "date") or content.letters < _NEARLY_ALL:
                continue
            # Beside a column of countries, names such as Singapore and Hong Kong may be ports.
            most = 1.0 if _named_country(headers, scores[own], j) else _FEW_COUNTRIES
            places = content.ports >= _SOME_PORTS or content.countries < most
            if places and content.mean_length <= LONGEST_PORT:
                scores[own][j] = 0.0
                scores[port][j] = max(scores[port][j], _PLACE_AS_PORT)


def _named_country(headers: Sequence[str], scores: Sequence[float], but: int) -> bool:
    """Tell if another column that scores for a country says so in its header."""
    return any(
        j != but and score > 0 and read_header(header).has("country")
        for j, (header, score) in enumerate(zip(headers, scores, strict=True))
    )


def _end_of_way(header: str, name: str) -> bool:
    """Tell if a header is the word for where goods come from or go to, and no more."""
    end = {"origin_country": {"origin", "departure"}, "destination_country": {"destination"}}[name]
    parts = set(read_header(header).parts)
    return bool(parts & end) and parts <= end | {"good_day", "name", "departure"}


def _by_direction(
    headers: Sequence[str],
    contents: Sequence[Content],
    mapping: Mapping,
    forced: set[str],
) -> None:
    """Find columns that are one field in the rows of imports and another in those of exports."""
    client = mapping.columns.get("consignee", -1)
    alone = client >= 0 and "shipper" not in mapping.columns and not forced & {*PARTY_FIELDS}
    if alone and read_header(headers[client]).has("client"):
        # Rows of both directions and one party: it is that of the broker who declares.
        for name, way in (("consignee", "import"), ("shipper", "export")):
            mapping.columns[name] = client
            mapping.ways[(name, client)] = way
        mapping.confidence["shipper"] = mapping.confidence["consignee"]
        mapping.also.pop("consignee", None)
    taken = {*mapping.columns.values(), *(j for more in mapping.also.values() for j in more)}
    known = {*mapping.columns, *forced}
    for way in ("import", "export"):
        scores = _score_matrix(headers, contents, way)
        used = set(taken)
        for name in _TURNS:
            if name in known:
                continue
            best = max(
                (j for j in range(len(headers)) if j not in used),
                key=lambda j: (scores[name][j], -j),
                default=-1,
            )
            if best < 0 or scores[name][best] < MINIMUM_CONFIDENCE or not contents[best].filled:
                continue
            used.add(best)
            mapping.ways[(name, best)] = way
            sure = round(scores[name][best], 2)
            if name in mapping.columns:
                mapping.also.setdefault(name, []).append(best)
                mapping.confidence[name] = min(sure, mapping.confidence[name])
            else:
                mapping.columns[name], mapping.confidence[name] = best, sure


def _own_number(
    headers: Sequence[str], contents: Sequence[Content], direction: str, mapping: Mapping
) -> None:
    """Know the side at home by the number of a register that says no side (``IEC``, ``RUC``)."""
    near = "consignee" if direction == "import" else "shipper"
    used = set(mapping.columns.values())
    if near in mapping.columns:
        return
    for j, header in enumerate(headers):
        meaning = read_header(header)
        plain = set(meaning.parts) <= {"register", "code", "number", "tax", "region"}
        plain &= meaning.has("register") and meaning.known >= _UNDERSTOOD
        if plain and j not in used and contents[j].filled and not contents[j].repeats:
            mapping.columns[near], mapping.confidence[near] = j, BY_NUMBER
            mapping.registers[j] = register(header)
            return


def _countries_for_sides(
    headers: Sequence[str], contents: Sequence[Content], scores: dict[str, list[float]]
) -> None:
    """Take columns of sides that hold countries by name for the countries of the sides.

    ``EXPORTER`` and ``IMPORTER`` of national statistics are countries; no company is called so.
    A code of the supplier that is always one of ISO 3166 is that of its country.
    """
    for side in PARTY_FIELDS:
        for j, content in enumerate(contents):
            meaning = read_header(headers[j])
            coded = meaning.has(side) and meaning.has("code") and content.letters > _ALL_COUNTRIES
            named = content.world > _ALL_COUNTRIES and (content.mean_length > 3 or coded)
            if named and coded and content.mean_length <= 3:
                scores[f"{side}_country"][j] = max(scores[f"{side}_country"][j], _PLAIN_SPEECH)
                scores[side][j] = 0.0
            elif scores[side][j] > 0 and named:
                own = scores[f"{side}_country"]
                own[j] = max(own[j], scores[side][j] * _SIDE_AS_COUNTRY)
                scores[side][j] = 0.0


def _silent_last(contents: Sequence[Content], scores: dict[str, list[float]]) -> None:
    """Put columns that hold nothing, or only zeros, behind any that says something."""
    silent = [j for j, c in enumerate(contents) if not c.filled or c.all_zero]
    for own in scores.values():
        said = max((s for j, s in enumerate(own) if j not in silent), default=0.0)
        if said >= MINIMUM_CONFIDENCE:
            for j in silent:
                own[j] = min(own[j], _BEHIND * said)


def _fits(name: str, header: str, content: Content) -> float:
    """Return how well a column's values agree with being a field, from 0 to 1."""
    if not content.filled:
        return EMPTY
    if name == "date":
        years = content.years if read_header(header).has("year", "month") else 0.0
        return min(1.0, max(content.dates, years) * 1.1)
    if name in NUMBER_FIELDS:
        if content.all_zero:
            return ALL_ZERO
        if content.fractions and content.unique > 0.5 and name != "weight_kg":
            return 0.75 * content.numbers
        return content.numbers
    if name in COUNTRY_FIELDS:
        return min(1.0, content.countries * 1.2)
    if name == "hs_code":
        return min(1.0, content.hs_codes * 1.1)
    if name == "record_id":
        if content.distinct == 1 and content.filled >= 3:
            return 0.3
        return 0.3 if content.mean_length > 80 else 1.0 - 0.3 * content.dates
    if name == "direction":
        return 1.0 if content.directions >= 0.9 else 0.0
    if name == "date_precision":
        return 1.0 if set(content.values) <= {"day", "month", "year"} else 0.2
    if name == "currency":
        if content.currencies >= 0.5:
            return 1.0 if content.currency_codes >= 0.5 else _BY_NAME
        return 0.6 if content.mean_length <= 5 and content.plain_numbers < 0.5 else 0.2
    if name in PORT_FIELDS:
        return _fits_text(name, content) if content.mean_length <= LONGEST_PORT else 0.3
    if name in {"quantity_unit", "weight_unit"}:
        return 1.0 - 0.8 * content.plain_numbers if content.mean_length <= 40 else 0.3
    return _fits_text(name, content)


def _fits_text(name: str, content: Content) -> float:
    fit = 0.1 + 0.9 * content.letters
    if content.dates > 0.5:
        fit *= 0.2
    if name in PARTY_FIELDS and content.distinct > 2 and content.official_countries > 0.9:
        fit *= 0.3
    if content.plain_numbers > 0.8:
        fit *= 0.1
    return fit


def _confidence(name: str, chosen: dict[str, int], scores: dict[str, list[float]]) -> float:
    """Return the score, less if another column would do nearly as well."""
    own = scores[name][chosen[name]]
    used = set(chosen.values())
    rivals = [s for j, s in enumerate(scores[name]) if j not in used]
    gap = own - max(rivals, default=0.0)
    return round(own - (0.5 * (_CLOSE - gap) if gap < _CLOSE else 0.0), 2)


def _compare_rivals(
    name: str,
    headers: Sequence[str],
    contents: Sequence[Content],
    scores: dict[str, list[float]],
    mapping: Mapping,
) -> None:
    """Say which of two columns for a side or date is used, or that nothing settles it."""
    at, used = mapping.columns[name], set(mapping.columns.values())
    for j, score in enumerate(scores[name]):
        if j in used or scores[name][at] - score >= _CLOSE or score < MINIMUM_CONFIDENCE:
            continue
        both, same = same_share(contents[at], contents[j])
        if both < _OFTEN_BOTH or same >= _MOSTLY_SAME:
            continue
        # Dates of one kind lie days apart; only two of no kind may be a year apart.
        kindred = name == "date" and set(read_header(headers[at]).parts) != {"date"}
        own, other = preference(headers[at]), preference(headers[j])
        if own == other and not kindred:
            mapping.open[name] = (headers[at], headers[j])
            return
        # A variant of the same column is no news.
        if own[0] != other[0]:
            mapping.warnings.append(f"{headers[at]!r} is used as {name} before {headers[j]!r}")


def _others(
    headers: Sequence[str],
    contents: Sequence[Content],
    scores: dict[str, list[float]],
    mapping: Mapping,
) -> None:
    """Find columns that can speak where the chosen one says nothing."""
    used = set(mapping.columns.values())
    for name in _WITH_OTHERS:
        if name not in mapping.columns:
            continue
        first = read_header(headers[mapping.columns[name]])
        ranked = sorted(
            (-s, j)
            for j, s in enumerate(scores[name])
            if j not in used and s >= MINIMUM_CONFIDENCE and contents[j].filled
        )
        for _, j in ranked[:_MOST_OTHERS]:
            if name == "date" and contents[j].dates < MINIMUM_CONFIDENCE:
                continue
            other = read_header(headers[j])
            if name == "weight_kg" and other.has("total") and not first.has("total"):
                continue
            whole = contents[mapping.columns[name]].filled == contents[j].rows
            if whole and name in PARTY_FIELDS and _holds_numbers(headers[j], contents[j]):
                # Numbers speak where names are silent; where none is, they add nothing.
                continue
            if contents[j].all_zero or (name in COUNTRY_FIELDS and scores[name][j] <= ONLY_COUNTRY):
                continue
            mapping.also.setdefault(name, []).append(j)
            used.add(j)


def _unknown_unit(headers: Sequence[str], mapping: Mapping) -> None:
    """Leave out weights in a unit that their header names and nobody knows: no kilograms."""
    places = [mapping.columns.get("weight_kg", -1), *mapping.also.get("weight_kg", [])]
    places = [j for j in places if j >= 0]
    unknown = {j: unit for j in places if (unit := unknown_unit(headers[j])) is not None}
    if "weight_unit" in mapping.columns or not unknown:
        return
    for j, unit in unknown.items():
        mapping.warnings.append(f"{headers[j]!r}: {unit!r} is no unit of weight that is known")
    mapping.also.pop("weight_kg", None)
    mapping.columns.pop("weight_kg", None)
    sure = mapping.confidence.pop("weight_kg", 0.0)
    known = [j for j in places if j not in unknown]
    if known:
        mapping.columns["weight_kg"], mapping.confidence["weight_kg"] = known[0], sure
        mapping.also |= {"weight_kg": known[1:]} if known[1:] else {}


def _remark(headers: Sequence[str], contents: Sequence[Content], mapping: Mapping) -> None:
    for name, j in mapping.columns.items():
        if name in HELPER_FIELDS:
            continue
        if not contents[j].filled:
            mapping.warnings.append(f"{headers[j]!r} ({name}) is empty")
        elif name in NUMBER_FIELDS and contents[j].all_zero:
            mapping.warnings.append(f"{headers[j]!r} ({name}) holds only zeros: taken as not given")
    for side in PARTY_FIELDS:
        if side in mapping.columns:
            continue
        agents = [h for h in headers if read_header(h).has("agent") and "forward" in fold(h)]
        if agents:
            mapping.warnings.append(f"no {side}: {agents[0]!r} names a forwarder, who is no side")

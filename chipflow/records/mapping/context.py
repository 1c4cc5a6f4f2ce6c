"""What a column is can depend on its neighbours, its direction and its country."""

from __future__ import annotations

from collections.abc import Sequence

from chipflow.records.mapping.content import Content, product_share, same_share
from chipflow.records.mapping.places import direction_of, place_words
from chipflow.records.schema import COUNTRY_FIELDS
from chipflow.records.schema import PARTY_FIELDS as _SIDES
from chipflow.records.vocabulary.countries import country_code, place_countries
from chipflow.records.vocabulary.languages import countries_of, language_of
from chipflow.records.vocabulary.layouts import missing_texts
from chipflow.records.vocabulary.meaning import field_scores
from chipflow.records.vocabulary.words import fold, read_header

# No header that says only "country" scores higher than this.
ONLY_COUNTRY = 0.61
# Columns of at least this score are compared with each other row by row; what they show is
# believed if it holds in nearly all rows, and in enough that it is no chance.
_LIKELY, _NEARLY_ALL, _FEWEST_ROWS = 0.5, 0.95, 3
# What is left of the score of an amount that turns out to be the price of a unit.
_UNIT_PRICE = 0.3


def owner_of_address(
    headers: Sequence[str], scores: dict[str, list[float]], direction: str | None
) -> None:
    """Give an address without an owner to the party column nearest to its left."""
    for j, header in enumerate(headers):
        meaning = read_header(header)
        if meaning.parts != ("address",):
            continue
        for left in range(j - 1, -1, -1):
            side = next((s for s in _SIDES if scores[s][left] > 0), None)
            if side is not None:
                other = "consignee" if side == "shipper" else "shipper"
                own = 0.75 if direction or left == j - 1 else 0.6
                scores[f"{side}_address"][j] = own
                scores[f"{other}_address"][j] = 0.0
                break


def document_totals(headers: Sequence[str], scores: dict[str, list[float]]) -> None:
    """Lower totals of a whole document where the sheet has one row for each item of it.

    ``TOTAL_GROSS_WEIGHT`` beside ``ITEM`` and ``NET_WEIGHT`` is the weight of all items.
    """
    meanings = [read_header(header) for header in headers]
    if not any(m.has("item") and not m.has("value", "fob", "price", "tax") for m in meanings):
        return
    for name in ("weight_kg", "value_usd", "value"):
        single = [j for j, m in enumerate(meanings) if scores[name][j] > 0.5 and not m.has("total")]
        if not single:
            continue
        for j, m in enumerate(meanings):
            if m.has("total") and scores[name][j] > 0:
                scores[name][j] -= 0.2


def unit_prices(contents: Sequence[Content], scores: dict[str, list[float]]) -> None:
    """Lower amounts that, times the quantity, give another amount: they are prices of a unit."""
    amounts = [
        j
        for j in range(len(contents))
        if max(scores[name][j] for name in ("value", "value_usd")) > 0 and contents[j].magnitudes
    ]
    counts = [
        j for j, s in enumerate(scores["quantity"]) if s >= _LIKELY and contents[j].magnitudes
    ]
    for count in counts:
        for one in amounts:
            for whole in amounts:
                if one in (whole, count) or count == whole:
                    continue
                prices, share = product_share(contents[one], contents[count], contents[whole])
                if prices >= _FEWEST_ROWS and share >= _NEARLY_ALL:
                    for name in ("value", "value_usd"):
                        scores[name][one] *= _UNIT_PRICE


def copies(
    headers: Sequence[str],
    contents: Sequence[Content],
    scores: dict[str, list[float]],
    direction: str | None,
    warnings: list[str],
) -> list[tuple[str, int]]:
    """Return (field, column) pairs where the far side only repeats the near one.

    The side whose customs wrote the record is certain; a column of the other side that holds the
    same companies row by row says nothing about who the other side was. The same for a
    destination of imports that repeats the origin.
    """
    pairs = [("destination_country", "origin_country")] if direction != "export" else []
    if direction is not None:
        near, far = _SIDES if direction == "export" else reversed(_SIDES)
        pairs.append((far, near))
    found: list[tuple[str, int]] = []
    for far, near in pairs:
        at = max(range(len(headers)), key=lambda j: scores[near][j], default=-1)
        if at < 0 or scores[near][at] < _LIKELY or contents[at].distinct < _FEWEST_ROWS:
            continue
        for j, score in enumerate(scores[far]):
            if score < _LIKELY or j == at:
                continue
            both, same = same_share(contents[j], contents[at])
            if both >= _NEARLY_ALL and same >= _NEARLY_ALL:
                found.append((far, j))
                warnings.append(
                    f"{headers[j]!r} repeats {headers[at]!r} row by row: not used as {far}"
                )
    return found


def contradictions(
    headers: Sequence[str],
    contents: Sequence[Content],
    scores: dict[str, list[float]],
    direction: str | None,
    reporter: str | None,
    warnings: list[str],
) -> list[tuple[str, int]]:
    """Return (field, column) pairs that a header claims and the values deny.

    Exports do not go to the country that reports them, and imports that all arrive in other
    countries than the one that reports them are where the goods came from.
    """
    found: list[tuple[str, int]] = []
    if reporter is None or direction is None:
        return found
    origins = _countries(contents, scores["origin_country"])
    for j, score in enumerate(scores["destination_country"]):
        if score <= 0 or not contents[j].filled:
            continue
        named = _codes(contents[j])
        if not named:
            continue
        if direction == "export" and named == {reporter}:
            found.append(("destination_country", j))
            if score > ONLY_COUNTRY:
                warnings.append(
                    f"{headers[j]!r} holds only {reporter}, which reports these exports: not used "
                    "as destination"
                )
        if direction == "import" and reporter not in named and origins and named <= origins:
            found.append(("destination_country", j))
            warnings.append(
                f"{headers[j]!r} holds the countries of origin, although {reporter} imports: not "
                "used as destination"
            )
    for j, score in enumerate(scores["export_country"]):
        named = _codes(contents[j]) if score > 0 else set()
        if (
            named
            and (reporter in named) != (direction == "export")
            and len(named) <= 1 + (direction == "export") * len(named)
        ):
            found.append(("export_country", j))
            warnings.append(
                f"{headers[j]!r} does not fit {direction}s reported by {reporter}: not used"
            )
    for j, score in enumerate(scores["origin_country"]):
        generic = 0 < score <= ONLY_COUNTRY
        if generic and contents[j].filled and _codes(contents[j]) == {reporter}:
            found.append(("origin_country", j))
    return found


# What a sheet must say of its goods, days and parties for a verdict, and of countries.
_ASKED = (
    "date", "description", "hs_code", "shipper", "consignee", "origin_country",
    "destination_country",
)  # fmt: skip
# Shares of values from which a column could be dates, codes, countries or names of companies.
_LOOKS_LIKE, _SOME_NAMES = 0.9, 0.2
# Countries and territories of ISO 3166-1 (2024).
_COUNTRIES = 249
# Goods are told in words: so many of them, on average, and no more characters than a remark.
_FEWEST_WORDS, _LONGEST_TEXT = 2.0, 300


def could_be(
    headers: Sequence[str],
    contents: Sequence[Content],
    columns: dict[str, int],
    also: dict[str, list[int]],
) -> dict[str, list[str]]:
    """Return unused columns whose values look like a field that no column is.

    Returns
    -------
    dict
        Field -> headers. Of dates, goods' texts and codes, sides and countries; a field that a
        column is, or that no unused column looks like, is left out.
    """
    used = {*columns.values(), *(j for places in also.values() for j in places)}
    found: dict[str, list[str]] = {}
    for name in _ASKED:
        if name in columns:
            continue
        alike = [
            header
            for j, header in enumerate(headers)
            if header
            and j not in used
            and contents[j].filled
            and _looks_like(name, header, contents[j])
        ]
        if alike:
            found[name] = alike
    return found


def _looks_like(name: str, header: str, content: Content) -> bool:
    meaning = read_header(header)
    if name == "date":
        return content.dates >= _LOOKS_LIKE
    if name == "hs_code":
        digits = {len(value) for value in content.values}
        return content.hs_codes >= _LOOKS_LIKE and digits <= {4, 6, 8, 10} and not meaning.parts
    if name in COUNTRY_FIELDS:
        few = content.distinct <= _COUNTRIES and content.letters >= _LOOKS_LIKE
        return few and content.countries >= _LOOKS_LIKE
    if content.dates >= _LOOKS_LIKE or content.letters < _LOOKS_LIKE:
        return False
    if name in _SIDES:
        return content.legal_forms >= _SOME_NAMES
    words = sum(len(value.split()) for value in content.values) / len(content.values)
    return (
        words >= _FEWEST_WORDS
        and content.mean_length <= _LONGEST_TEXT
        and content.legal_forms < _SOME_NAMES
        and (content.distinct > _COUNTRIES or content.countries < _LOOKS_LIKE)
        and not meaning.has("address", "agent", "contact", "port", "place", "transport")
    )


def _codes(content: Content) -> set[str]:
    return {code for v in content.values if (code := country_code(v)) is not None}


def _countries(contents: Sequence[Content], scores: list[float]) -> set[str]:
    best = max(range(len(scores)), key=lambda j: scores[j], default=None)
    if best is None or scores[best] <= 0:
        return set()
    return _codes(contents[best])


def home_country(
    headers: Sequence[str],
    contents: Sequence[Content],
    columns: dict[str, int],
    direction: str | None,
    reporter: str | None,
) -> str | None:
    """Return the country whose customs wrote a sheet, as far as its currency is concerned.

    Where the sheet's name does not say it, it is the only country in which imports arrive, or
    from which exports leave; or the one in which the ports of that side lie; or any of those
    whose language the headers are written in, apart by blanks.
    """
    if reporter is not None:
        return reporter
    language = language_of(headers)
    speak = " ".join(countries_of(language)) if language else None
    if direction is None:
        return speak or None
    party, port = _NEAR[direction]
    for name in (f"{party}_country", f"{direction}_country", _ENDS[direction]):
        if name in columns and contents[columns[name]].filled:
            found = _codes(contents[columns[name]])
            if len(found) == 1:
                return found.pop()
    if port not in columns:
        return speak or None
    lie = [_lies_in(value) for value in contents[columns[port]].values]
    known = [countries for countries in lie if countries]
    shared = frozenset.intersection(*known) if 2 * len(known) > len(lie) else frozenset()
    return next(iter(shared)) if len(shared) == 1 else speak or None


# The side at home of each direction with its port, and the country at that end of the way.
_NEAR = {"import": ("consignee", "import_port"), "export": ("shipper", "export_port")}
_ENDS = {"import": "destination_country", "export": "origin_country"}


def _lies_in(port: str) -> frozenset[str]:
    """Return the countries that a port may lie in, by the place it is called after."""
    words = [word for word in fold(port).split() if "port" not in read_header(word).parts]
    while words and not place_countries(" ".join(words)):
        # "Tanger Med", "Douala Quai 14"
        words.pop()
    return place_countries(" ".join(words)) if words else frozenset()


def pair_unit(
    headers: Sequence[str],
    scores: dict[str, list[float]],
    columns: dict[str, int],
    confidence: dict[str, float],
    least: float,
) -> None:
    """Choose the unit column that belongs to the chosen quantity, or none."""
    columns.pop("quantity_unit", None)
    confidence.pop("quantity_unit", None)
    if "quantity" not in columns:
        return
    at = columns["quantity"]
    quantity = read_header(headers[at])
    used = set(columns.values())
    marks = ("package", "statistical", "standard", "second", "product")
    best: tuple[float, float, int] | None = None
    for j, score in enumerate(scores["quantity_unit"]):
        if score < least or j in used:
            continue
        unit = read_header(headers[j])
        if unit.has("package") != quantity.has("package"):
            continue
        agree = sum(unit.has(mark) == quantity.has(mark) for mark in marks) / len(marks)
        candidate = (agree + score, -abs(j - at) / max(1, len(headers)), j)
        if best is None or candidate > best:
            best = candidate
    if best is not None:
        columns["quantity_unit"] = best[2]
        confidence["quantity_unit"] = round(scores["quantity_unit"][best[2]], 2)


def direction_and_country(
    name: str,
    banner: str,
    headers: Sequence[str],
    contents: Sequence[Content],
    own: Sequence[Content],
) -> tuple[str | None, str | None, list[str]]:
    """Return direction, reporting country and warnings for a sheet.

    A direction column counts most, then the file and sheet name, then the banner, then headers
    that only one direction has (``IMPORTER`` with ``SUPPLIER``, ``EXPORTER`` with ``BUYER``).
    ``export`` without a country counts last: any program calls its output ``export.csv``.
    ``contents`` are those of all sheets with the same headers, ``own`` those of this one.
    """
    warnings: list[str] = []
    by_name, country = place_words(name)
    by_banner, banner_country = place_words(banner)
    by_column = direction_column(headers, contents)
    stated = by_name or by_banner
    if by_name == "export" and country is None:
        stated = by_banner or _by_headers(headers) or by_name
    if by_column in {"import", "export"}:
        if stated and stated != by_column:
            warnings.append(
                f"the name says {stated}, the rows say {by_column}: the rows are believed"
            )
        stated = by_column
    elif by_column == "both" and stated != direction_column(headers, own):
        stated = None
    stated = stated or (None if by_column == "both" else _by_headers(headers))
    # A banner may name any country; one beside "import" or "export" is the one that reports.
    return stated, country or (banner_country if by_banner else None), warnings


def states_direction(header: str, content: Content) -> bool:
    """Tell if a column says import or export, by its values and unless its header is of a place.

    A letter ("I", "E") says so only below a header for the direction.
    """
    if not content.filled or content.directions < _SAYS_WAY:
        return False
    if field_scores(header).get("direction", 0.0) >= _LIKELY:
        return True
    meaning = read_header(header)
    worded = content.distinct <= _MOST_WAYS and all(
        len(value) > 1 and not any(map(str.isdigit, value)) for value in content.values
    )
    other = ("country", "origin", "destination", "port", "place", "date", "shipper", "consignee")
    return worded and not meaning.has(*other, "description", "address", "other_number")


# Share of values that say import or export in a column of directions, and how many ways of
# saying it there may be (customs have kinds of both).
_SAYS_WAY, _MOST_WAYS = 0.9, 12


def direction_column(headers: Sequence[str], contents: Sequence[Content]) -> str | None:
    """Return the direction that a column states for all rows, ``both``, or None without one."""
    for j, header in enumerate(headers):
        if not states_direction(header, contents[j]):
            continue
        ways = {direction_of(v) for v in contents[j].values} - {None}
        if len(ways) == 1:
            return ways.pop()
        if ways:
            return "both"
    return None


# How words for the side whose customs wrote the record begin, in the vocabulary's languages.
_IMPORTERS = ("import", "impor", "импорт", "імпорт", "ithalat", "nhap khau", "进口", "進口",
              "einfuhr")  # fmt: skip
_EXPORTERS = ("export", "expor", "экспорт", "експорт", "ihracat", "xuat khau", "ekspor", "eksport",
              "出口", "ausfuhr")  # fmt: skip


def _by_headers(headers: Sequence[str]) -> str | None:
    """Tell the direction by headers that only one direction has.

    A declaration calls the side at home importer or exporter, and the other by other words
    (``IMPORTER`` with ``SUPPLIER``, ``EXPORTER`` with ``BUYER``).
    """
    parties = [m for h in headers if (m := read_header(h)).has("shipper", "consignee")]
    importer = any(_begins(m.folded, _IMPORTERS) for m in parties)
    exporter = any(_begins(m.folded, _EXPORTERS) for m in parties)
    if importer != exporter:
        return "import" if importer else "export"
    dated = {
        way
        for header in headers
        if (m := read_header(header)).has("date")
        for way in ("import", "export")
        if m.has(way)
    }
    if dated:
        return dated.pop() if len(dated) == 1 else None
    if any(m.has("purchase") and m.has("country") for m in map(read_header, headers)):
        return "import"
    # Bills of lading that have a day of arrival and none of departure are of goods that came in.
    days = [m for h in headers if (m := read_header(h)).has("date") or m.parts == ("arrival",)]
    arrived = any(m.has("arrival") for m in days)
    left = any(m.has("departure", "good_day") and not m.has("arrival") for m in days)
    return "import" if arrived and not left else None


def _begins(text: str, stems: Sequence[str]) -> bool:
    return any(f" {stem}" in f" {text}" or (not stem.isascii() and stem in text) for stem in stems)


def says_nothing(text: str) -> bool:
    """Tell if a party's name says nothing (NULL, TO ORDER ...)."""
    return text.strip().casefold() in missing_texts(parties=True)

"""Which canonical fields a header can stand for, by the meanings of its words.

Each rule gives a score between 0 and 1. What decides between two columns of the same field
(gross or net, FOB or CIF, English or the original language) is written here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chipflow.records.schema import FIELDS
from chipflow.records.vocabulary.countries import country_code
from chipflow.records.vocabulary.currencies import currency_codes, sign_choices
from chipflow.records.vocabulary.ports import port_score
from chipflow.records.vocabulary.units import bracketed, unit_of_header, weight_unit
from chipflow.records.vocabulary.words import Meaning, read_header

# The best basis of a value first: what the parties agreed before carriage, then what the
# invoice says, then what customs made of it, last what includes freight and insurance.
_VALUE_BASIS = (
    ("fob", 0.96),
    ("cif", 0.80),
    ("invoice", 0.94),
    ("statistical", 0.90),
    ("assessed", 0.88),
    ("declared", 0.86),
    ("customs", 0.85),
)
_PLAIN_VALUE = 0.92
# Words that make an amount something else than the worth of the goods.
_NO_AMOUNT = ("percent", "average", "per", "rate", "tax", "freight", "insurance", "unit_price")
_NO_QUANTITY = (
    "percent", "average", "price", "unit_price", "value", "fob", "cif", "weight", "tax", "rate",
    "currency", "description", "address", "transport", "contact", "place", "port", "other_number",
    "per", "usd", "local", "foreign", "cost",
)  # fmt: skip
_NO_PARTY = (
    "agent", "date", "good_day_only", "contact", "transport", "currency", "value", "price", "tax",
    "hs", "description", "quantity", "weight", "percent", "declaration", "bill", "month", "year",
    "language_code", "kind", "port", "direction",
)  # fmt: skip
_NO_COUNTRY = ("transport", "port", "place", "city", "region", "tax", "value", "contact", "number")
_NO_NAME = ("code", "number", "region", "city", "country", "address")
# What may stand beside a side whose companies are known by a number, and how sure that is: a
# column of names is always surer.
_OF_NUMBER = {
    "shipper", "consignee", "partner", "company", "domestic", "foreign", "name", "code", "number",
    "register", "tax", "customs", "standard", "english",
    # "BIN" is a register in Bangladesh and Kazakhstan, and a thousand in Turkish.
    "thousand",
}  # fmt: skip
BY_NUMBER = 0.58
# Before a number of no register that is known.
NO_REGISTER = "ID"
# How sure it is that a client of whom nothing else is said is the buyer.
_CLIENT = 0.66
# Document numbers, best first.
_NUMBERS = (("declaration", 0.88), ("bill", 0.84))


@dataclass(frozen=True)
class Amount:
    """How the numbers of a column are to be read.

    Attributes
    ----------
    factor
        What a number is multiplied with to give kilograms, or units of the currency.
    currency
        ISO 4217 code that the header names, ``LOCAL`` for the reporting country's own, a sign
        that several currencies share (``DH``), or None.
    unit_named
        Whether the header names a unit of weight.
    """

    factor: float = 1.0
    currency: str | None = None
    unit_named: bool = False


# Meanings of words that name a unit of weight.
_WEIGHT_UNITS = ("pound", "tonne", "gram", "kilogram")


def amount(header: str, weight: bool) -> Amount:
    """Return the factor and the currency that a header names.

    Parameters
    ----------
    header
        A column name.
    weight
        Whether the column holds weights: ``MT`` is a unit there, and beside an amount of money
        the metical.
    """
    meaning = read_header(header)
    factor = 1000.0 if meaning.has("thousand") else 1.0
    weighed = weight and meaning.has(*_WEIGHT_UNITS, "weight", "gross", "net")
    unit = unit_of_header(header) if weighed else None
    named = "kilogram" if meaning.has("kilogram") else None
    named = named or next((word for word in _WEIGHT_UNITS if meaning.has(word)), None)
    if weighed and (unit or named):
        factor *= unit or weight_unit(named or "").kilograms or 1.0
    return Amount(factor, _currency(meaning, header), bool(unit or named) and weighed)


def unknown_unit(header: str) -> str | None:
    """Return a short word in brackets behind a weight that is no unit that is known.

    Examples
    --------
    >>> unknown_unit("Peso (arr)"), unknown_unit("Peso (kg)"), unknown_unit("Peso (bruto)")
    ('arr', None, None)
    """
    found = bracketed(header)
    if not found or len(found) > _LONGEST_UNIT or not found.isalpha():
        return None
    known = weight_unit(found).kilograms is not None or read_header(found).parts
    return None if known or read_header(header).has(*_WEIGHT_UNITS) else found


_LONGEST_UNIT = 4  # characters


# A header with a country's name ("CIF_IN_NIGERIA") has a word that the vocabulary lacks.
_MOST_KNOWN = 0.99


# Where the sign of a currency stands in a header: in brackets, or at the end.
_SIGN = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]|[\s_/,]([^\s()\[\]_/,]+)$")


def _currency(meaning: Meaning, header: str) -> str | None:
    if meaning.has("usd"):
        return "USD"
    for word in meaning.folded.split():
        if len(word) == 3 and word.upper() in currency_codes() and word not in {"all", "top"}:
            return word.upper()
    if meaning.has("value", "fob", "cif", "price"):
        for match in _SIGN.finditer(header):
            sign = match[1] or match[2]
            choices = sign_choices(sign)
            if choices and set(read_header(sign).parts) <= {"local", "tonne"}:
                return choices[0] if len(choices) == 1 else sign
    if meaning.has("local"):
        return "LOCAL"
    if meaning.has("foreign"):
        return None
    if not meaning.has("cif", "fob") or meaning.known > _MOST_KNOWN:
        return None
    named = any(len(w) > 3 and country_code(w) for w in meaning.folded.split())
    return "LOCAL" if named else None


def field_scores(header: str, direction: str | None = None) -> dict[str, float]:
    """Return canonical fields that a header can stand for, each with a score up to 1.

    Parameters
    ----------
    header
        A column name.
    direction
        ``import`` or ``export`` if the sheet goes one way: needed for headers that name a
        country or an address without saying whose.

    Returns
    -------
    dict
        Empty for a header that is no field of a record.
    """
    m = read_header(header)
    # Canonical names are written so by chipflow; "SHIPPER" is a word like any other.
    if header.strip() in FIELDS:
        return {header.strip(): 1.0}
    port = port_score(m, direction)
    if port:
        return {name: min(1.0, score * _quality(m)) for name, score in port.items()}
    if not m.parts:
        return {}
    scores: dict[str, float] = {}
    for rule in (_party, _country, _hs, _text, _quantity, _weight, _value, _number, _date, _rest):
        for name, score in rule(m, direction).items():
            scores[name] = max(scores.get(name, 0.0), score)
    quality = _quality(m)
    # A header of which much is unknown may mean something else.
    known = max(m.known, 0.9) if _currency(m, header) not in (None, "USD") else m.known
    understood = 0.5 + 0.5 * known
    return {name: min(1.0, s * quality * understood) for name, s in scores.items() if s > 0}


def _quality(m: Meaning) -> float:
    """Prefer the English and the cleaned variant of a column over the original one."""
    quality = 1.0
    if m.has("english"):
        quality *= 1.02
    elif m.has("language") and len(m.parts) > 1:
        quality *= 0.97
    if m.has("standard"):
        quality *= 1.01 if m.has("shipper", "consignee") else 0.96
    if m.has("second") and not m.has("hs"):
        quality *= 0.55
    return quality


def _side(m: Meaning, direction: str | None) -> tuple[str, float] | None:
    if m.has("shipper") and m.has("consignee"):
        return None
    if m.has("agent"):
        return None
    for side in ("shipper", "consignee"):
        if m.has(side):
            return side, 0.96 - 0.01 * _rank(m)
    near, far = ("consignee", "shipper") if direction == "import" else ("shipper", "consignee")
    if direction and m.has("partner"):
        return far, 0.8
    if direction and m.has("company") and not m.has("product", "transport", "good_day"):
        if m.has("foreign"):
            return far, 0.8
        return near, 0.8 if m.has("domestic") else 0.6
    return ("consignee", _CLIENT) if m.has("client") else None


# Who trades, in the words of declarations, then who stands on the bill of lading, then who made
# the contract; where a sheet has more than one of them the first is used, and said so.
_TRADERS = (
    "import", "export", "impor", "ekspor", "eksport", "импорт", "экспорт", "імпорт", "експорт",
    "ithalat", "ihracat", "nhap khau", "xuat khau", "进口", "出口", "進口", "einfuhr", "ausfuhr",
)  # fmt: skip
_CONTRACTORS = (
    "suppl", "buyer", "seller", "vendor", "purchas", "customer", "client", "sold to", "end user",
    "proveedor", "vendedor",
    "comprador", "fornecedor", "fournisseur", "vendeur", "acheteur", "provider", "поставщ",
    "продав", "покупат", "постачал", "tedarik", "satici", "nguoi ban", "nguoi mua",
    "nha cung cap", "pemasok", "penjual", "pembeli", "供应", "供货", "卖方", "买方", "采购",
)  # fmt: skip


def _rank(m: Meaning) -> int:
    """Return 0 for importers and exporters, 1 for shippers and consignees, 2 for contractors."""
    if any(stem in m.folded for stem in _TRADERS):
        return 0
    return 2 if any(stem in m.folded for stem in _CONTRACTORS) else 1


def preference(header: str) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """Return what settles, by rule, which of two columns of one side or date is used.

    Two columns that differ in this are no open question: a documented order decides (traders
    before bill of lading before contract, English and cleaned before original, plain before
    qualified or numbered, the order of a declaration's dates).

    Returns
    -------
    tuple
        What the column is, then which variant of it.
    """
    m = read_header(header)
    of_side = {"shipper", "consignee", "name"}
    kind = _day_rank(m) if m.has("date") else _rank(m)
    variants = ("english", "language", "standard", "second")
    variant = tuple(mark for mark in variants if m.has(mark))
    plain = tuple(sorted(set(m.parts) - of_side - {"date", *variants}))
    numbers = tuple(word for word in m.folded.split() if word.isdigit())
    return (header.strip() in FIELDS, kind, plain), (variant, numbers)


def _party(m: Meaning, direction: str | None) -> dict[str, float]:
    side = _side(m, direction)
    if side is None:
        return {}
    name, score = side
    if by_number(m):
        return {name: BY_NUMBER}
    if m.has(*_NO_PARTY):
        return {}
    if m.has("address"):
        # A full address has the city and the country, a street has neither.
        worth = 0.02 * m.has("full") - 0.1 * (m.has("street") and not m.has("full"))
        worth -= 0.3 * m.has("city", "region")
        place = {f"{name}_address": score + worth}
        # "NAME AND ADDRESS" in one cell names the side where no other column does.
        both = m.has("name") and not m.has("city", "region", "code", "number")
        return {name: score - 0.1, f"{name}_address": score - 0.16} if both else place
    if m.has("country"):
        return {f"{name}_country": score - (0.05 if m.has("code") else 0.0)}
    if m.has(*_NO_NAME):
        return {}
    # Half a name that is not understood may be the trade or the rank of a company.
    score *= 0.5 + 0.5 * m.known
    plain = m.has("name") or set(m.parts) <= {name, "english", "language", "standard", "second"}
    return {name: score if plain else score - 0.04}


def by_number(m: Meaning) -> bool:
    """Tell if a header names the number or code by which companies are known (``IMPORTER_ID``)."""
    return (
        m.has("code", "number", "register")
        and m.has("shipper", "consignee", "partner", "company")
        and not m.has("agent", "client")
        and m.known >= _MOST_KNOWN
        and set(m.parts) <= _OF_NUMBER
    )


def register(header: str) -> str:
    """Return the name of the register that a column of numbers is from (``IEC``), or ``ID``."""
    words = read_header(header).folded.split()
    return next((w.upper() for w in words if "register" in read_header(w).parts), NO_REGISTER)


# Goods mostly come from where they were bought, if no column says where from.
_OF_PURCHASE = 0.6


def _country(m: Meaning, direction: str | None) -> dict[str, float]:
    if m.has("shipper", "consignee", "agent", *_NO_COUNTRY):
        return {}
    said = m.has("country")
    base = 0.95 if said else 0.66
    if m.has("code"):
        base -= 0.05
    to, out_of = m.has("destination"), m.has("departure", "good_day", "export")
    if m.has("origin") and not m.has("date", "year", "month"):
        return {"origin_country": base}
    if m.has("date", "product", "description", "hs", "quantity", "weight", "unit", "package"):
        return {}
    if to and out_of and said:
        if direction is None:
            return {}
        return {"export_country" if direction == "import" else "destination_country": base - 0.1}
    if to:
        return {"destination_country": base}
    if said and m.has("purchase") and direction != "export":
        return {"export_country": _OF_PURCHASE}
    if said and m.has("partner") and direction and not m.has("number", "code"):
        return {"destination_country" if direction == "export" else "export_country": base - 0.1}
    if m.has("trade", "partner", "direction", "other_number", "registration"):
        return {}
    if m.has("import") and said:
        return {"import_country": base}
    if m.has("departure", "export") and (said or not m.has("good_day", "export")):
        return {"export_country": base - 0.03}
    if said and direction == "import" and m.has("good_day") and not m.has("arrival"):
        return {"export_country": base - 0.1}
    if said and direction:
        # "COUNTRY" in customs records is the other country: where to, or where from.
        return {"destination_country" if direction == "export" else "origin_country": 0.6}
    return {}


# How sure a header is of HS codes that may as well hold a rate of duty, or the code of an office.
UNSURE_CODE = 0.6


def _hs(m: Meaning, _: str | None) -> dict[str, float]:
    words = m.folded.split()
    if words[0] == "pct" and set(m.parts) <= {"percent", "code", "number", "item"}:
        # The Pakistan Customs Tariff, or a percentage.
        return {"hs_code": UNSURE_CODE}
    if m.has("description", "name", "percent", "tax", "date", "unit"):
        return {}
    if set(m.parts) == {"customs", "code"} and m.known >= _MOST_KNOWN:
        # "CUSTOMS CODE" is a code of goods as often as that of an office; only values can tell.
        return {"hs_code": UNSURE_CODE}
    if not m.has("hs") or m.has("rate"):
        # "TARIFF" is a rate as often as a code; only values can tell.
        return {"hs_code": UNSURE_CODE} if "tariff" in words and "rate" not in words else {}
    if m.has("chapter") or any(n in words for n in ("2", "4", "6")):
        # A chapter or heading is a code all the same when there is no longer one.
        return {"hs_code": 0.7 if "6" in words else 0.55}
    return {"hs_code": 0.97 if m.has("code") or len(m.parts) <= 2 else 0.9}


def _text(m: Meaning, _: str | None) -> dict[str, float]:
    if m.has("shipper", "consignee", "agent", "tax", "percent", "date", "port", "transport"):
        return {}
    if m.has("description"):
        if m.has("chapter", "kind", "package", "place") or (m.has("code") and not m.has("hs")):
            return {"description": 0.3}
        if m.has("customs") and not m.has("hs", "product"):
            return {}
        if m.has("unit") and not m.has("hs", "product"):
            return {"quantity_unit": 0.8}
        if m.has("hs"):
            return {"description": 0.7}
        return {"description": 0.96 if m.has("product", "item") else 0.88}
    if m.has("product") and not m.has(
        "code", "kind", "price", "quantity", "country", "value", "unit", "number", "origin",
        "hs", "weight", "package", "currency", "fob", "cif", "place", "unit_price",
    ):  # fmt: skip
        return {"description": 0.86 if m.has("name") or len(m.parts) == 1 else 0.6}
    return {}


def _quantity(m: Meaning, _: str | None) -> dict[str, float]:
    """Quantity and its unit: both words stand in ``UNIT_OF_QUANTITY``; values decide."""
    if m.has(*_NO_QUANTITY) or m.has("shipper", "consignee", "agent", "date"):
        return {}
    lower = 0.12 if m.has("statistical") else 0.0
    if m.has("unit"):
        if m.has("package"):
            return {"quantity_unit": 0.6}
        return {"quantity_unit": 0.95 - lower, **({"quantity": 0.64} if m.has("quantity") else {})}
    if m.has("package"):
        if m.has("kind"):
            return {"quantity_unit": 0.55}
        counted = m.has("quantity", "number", "total") or len(m.parts) == 1
        return {"quantity": 0.58} if counted and not m.has("code", "net", "gross") else {}
    if m.has("quantity"):
        if m.has("kind", "code", "rate", "kilogram", "pound", "tonne"):
            return {}
        return {"quantity": (0.97 if len(m.parts) <= 2 else 0.93) - lower}
    if m.has("number", "total") and m.has("product") and not m.has("code", "description"):
        return {"quantity": 0.6}
    return {}


_OF_WEIGHT = (" weight amount", " weight value", " weight quantity")


def _weight(m: Meaning, _: str | None) -> dict[str, float]:
    weighed = m.has("weight", "kilogram", "pound", "tonne")
    # "NETTO" alone is a weight; a single letter may be anything.
    alone = set(m.parts) <= {"gross", "net", "total", "item"} and m.known >= _MOST_KNOWN
    weighed |= m.has("gross", "net") and alone and len(m.folded.split()[0]) > 1
    if weighed and m.has("weight") and m.folded.endswith(_OF_WEIGHT):
        # A weight with its unit beside it, as a nested field: "netWeight / amount".
        return {"weight_kg": 0.82 if m.has("net") else 0.9}
    if not weighed or m.has(
        "percent", "average", "per", "price", "unit_price", "value", "fob", "cif", "tax", "rate",
        "currency", "date", "usd", "local",
    ):  # fmt: skip
        return {}
    if m.has("unit") and not m.has("quantity"):
        return {"weight_unit": 0.8}
    if "volume" in m.folded.split() and not m.has("kilogram"):
        return {}
    score = 0.96 if m.has("gross") else 0.82 if m.has("net") else 0.9
    if not m.has("weight") and not m.has("gross", "net"):
        # A quantity in tonnes is a weight, and no count of goods.
        score = 0.85 if m.has("quantity") and not m.has("unit") else 0.7
    # The same weight in other units is rounded.
    return {"weight_kg": score - (0.02 if m.has("tonne", "pound", "gram") else 0.0)}


def _value(m: Meaning, _: str | None) -> dict[str, float]:
    named = m.has("value", "fob", "cif") or (m.has("total") and m.has("usd", "invoice"))
    named |= m.has("cost") and m.has("statistical", "customs", "invoice", "declared")
    priced = m.has("price") and not m.has("unit", "item", "average")
    if not (named or priced or (m.has("invoice", "customs") and m.has("usd"))):
        return {}
    if m.has(*_NO_AMOUNT) or m.has("code", "date", "kind", "quantity", "weight", "description"):
        return {}
    if m.has("unit") or m.has("number"):
        return {}
    score = next((s for word, s in _VALUE_BASIS if m.has(word)), _PLAIN_VALUE)
    if not named:
        # A bare price is as often that of one piece.
        score = 0.62 if not m.has("total") else 0.88
    if m.has("thousand"):
        score -= 0.3
    if m.has("item"):
        score += 0.02
    if m.has("usd"):
        return {"value_usd": score}
    if m.has("foreign"):
        score += 0.03
    return {"value": score - 0.04}


def _number(m: Meaning, _: str | None) -> dict[str, float]:
    if m.has(
        "shipper", "consignee", "agent", "country", "place", "hs", "product", "contact", "date",
        "value", "tax", "company", "kind", "quantity", "package", "transport", "item", "fob", "cif",
        "second", "rate", "weight", "currency", "description", "name", "port", "city", "region",
    ):  # fmt: skip
        return {}
    if m.has("record") and m.has("code", "number") and not m.has("other_number"):
        return {"record_id": 0.98}
    if m.has("other_number"):
        return {}
    numbered = m.has("number", "code")
    for word, score in _NUMBERS:
        if m.has(word):
            return {"record_id": score if numbered or len(m.parts) == 1 else score - 0.25}
    if m.has("import", "export") and m.has("code"):
        return {"record_id": 0.62}
    return {}


# The dates of a shipment, best first: when customs recorded it, then when it moved.
_DAYS = (("import", "export"), ("declaration",), ("registration",), (), ("arrival",), ("good_day",))


def _day_rank(m: Meaning) -> int | None:
    """Return the place of a date in the documented order; None for one that is not in it."""
    if m.has("estimated"):
        return len(_DAYS)
    for rank, words in enumerate(_DAYS):
        if m.has(*words) if words else set(m.parts) == {"date"}:
            return rank
    return None


def _date(m: Meaning, _: str | None) -> dict[str, float]:
    if m.has("shipper", "consignee", "agent", "tax", "value", "weight", "place", "percent"):
        return {"date": 0.5} if m.has("date") and m.has("entry") else {}
    if m.has("precision") or m.has("date_precision"):
        return {"date_precision": 0.98}
    if m.has("date"):
        if m.has("other_day", "other_number", "invoice", "second"):
            return {"date": 0.55}
        if m.has("late_day") and not m.has("good_day", "declaration"):
            return {"date": 0.75}
        rank = _day_rank(m)
        return {"date": 0.88 if rank is None else 0.97 - 0.005 * rank}
    if m.has("arrival", "estimated") and set(m.parts) <= {"arrival", "estimated", "good_day"}:
        return {"date": 0.7}
    if m.has("month") and not m.has("number", "quantity"):
        return {"date": 0.72 if m.has("year") or len(m.parts) == 1 else 0.5}
    if m.has("year") and len(m.parts) == 1:
        return {"date": 0.6}
    return {}


def _rest(m: Meaning, direction: str | None) -> dict[str, float]:
    scores: dict[str, float] = {}
    if m.has("currency") and not m.has(
        "value", "rate", "price", "fob", "cif", "tax", "unit_price", "total", "average", "freight"
    ):
        scores["currency"] = 0.95 if not m.has("code") else 0.93
    if m.has("direction") or (m.has("import") and m.has("export")) or m.parts == ("kind", "trade"):
        scores["direction"] = 0.9
    elif m.has("kind") and m.has("export", "import", "declaration"):
        scores["direction"] = 0.6
    elif set(m.parts) in ({"kind", "trade"}, {"kind", "invoice"}):
        # "TRANSACTION TYPE": the values tell.
        scores["direction"] = 0.6
    if m.has("address") and len(m.parts) == 1 and direction:
        # An address without an owner is that of the side whose customs wrote the record.
        side = "consignee" if direction == "import" else "shipper"
        scores[f"{side}_address"] = 0.7
    return scores

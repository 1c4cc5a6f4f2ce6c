"""Which canonical fields a header can stand for, by the meanings of its words.

Each rule gives a score between 0 and 1. What decides between two columns of the same field
(gross or net, FOB or CIF, English or the original language) is written here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from chipflow.records.places import country_code, currency_codes
from chipflow.records.schema import FIELDS
from chipflow.records.words import Meaning, read_header

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
)  # fmt: skip
_NO_PARTY = (
    "agent", "date", "good_day_only", "contact", "transport", "currency", "value", "price", "tax",
    "hs", "description", "quantity", "weight", "percent", "declaration", "bill", "month", "year",
    "language_code", "kind", "port", "direction",
)  # fmt: skip
_NO_COUNTRY = ("transport", "port", "place", "city", "region", "tax", "value", "contact", "number")
_NO_NAME = ("code", "number", "region", "city", "country", "address")
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
        ISO 4217 code that the header names, ``LOCAL`` for the reporting country's own, or None.
    """

    factor: float = 1.0
    currency: str | None = None


POUND_KG = 0.45359237  # international avoirdupois pound, exact (1959)
_WEIGHT_FACTORS = (("pound", POUND_KG), ("tonne", 1000.0), ("gram", 0.001))


def amount(header: str) -> Amount:
    """Return the factor and the currency that a header names."""
    meaning = read_header(header)
    factor = 1000.0 if meaning.has("thousand") else 1.0
    if meaning.has("weight", "gross", "net", "tonne", "pound") and not meaning.has("kilogram"):
        factor *= next((f for unit, f in _WEIGHT_FACTORS if meaning.has(unit)), 1.0)
    return Amount(factor, _currency(meaning))


# A header with a country's name ("CIF_IN_NIGERIA") has a word that the vocabulary lacks.
_MOST_KNOWN = 0.99


def _currency(meaning: Meaning) -> str | None:
    if meaning.has("usd"):
        return "USD"
    for word in meaning.folded.split():
        if len(word) == 3 and word.upper() in currency_codes() and word not in {"all", "top"}:
            return word.upper()
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
    if header.strip().casefold() in FIELDS:
        return {header.strip().casefold(): 1.0}
    if not m.parts:
        return {}
    scores: dict[str, float] = {}
    for rule in (_party, _country, _hs, _text, _quantity, _weight, _value, _number, _date, _rest):
        for name, score in rule(m, direction).items():
            scores[name] = max(scores.get(name, 0.0), score)
    quality = _quality(m)
    # A header of which much is unknown may mean something else.
    known = max(m.known, 0.9) if _currency(m) not in (None, "USD", "LOCAL") else m.known
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
    if m.has("second"):
        quality *= 0.55
    return quality


def _side(m: Meaning, direction: str | None) -> tuple[str, float] | None:
    if m.has("shipper") and m.has("consignee"):
        return None
    if m.has("agent"):
        return None
    if m.has("shipper"):
        return "shipper", 0.96
    if m.has("consignee"):
        return "consignee", 0.96
    if m.has("partner") and direction:
        return ("shipper" if direction == "import" else "consignee"), 0.8
    if m.has("company") and direction and not m.has("product", "transport"):
        return ("consignee" if direction == "import" else "shipper"), 0.6
    return None


def _party(m: Meaning, direction: str | None) -> dict[str, float]:
    side = _side(m, direction)
    if side is None or m.has(*_NO_PARTY):
        return {}
    name, score = side
    if m.has("address"):
        return {f"{name}_address": score - (0.3 if m.has("city", "region") else 0.0)}
    if m.has("country"):
        return {f"{name}_country": score - (0.05 if m.has("code") else 0.0)}
    if m.has(*_NO_NAME):
        return {}
    return {name: score if m.has("name") or len(m.parts) == 1 else score - 0.04}


def _country(m: Meaning, direction: str | None) -> dict[str, float]:
    if m.has("shipper", "consignee", "agent", *_NO_COUNTRY):
        return {}
    said = m.has("country")
    base = 0.95 if said else 0.66
    if m.has("code"):
        base -= 0.05
    to, out_of = m.has("destination"), m.has("departure", "good_day", "export")
    if m.has("origin"):
        return {"origin_country": base}
    if m.has("date", "product", "description", "hs", "quantity", "weight", "unit", "package"):
        return {}
    if to and out_of and said:
        if direction is None:
            return {}
        return {"export_country" if direction == "import" else "destination_country": base - 0.1}
    if to:
        return {"destination_country": base}
    if m.has("trade", "partner") or m.has("direction"):
        return {}
    if m.has("import") and said:
        return {"import_country": base}
    if m.has("departure", "export") and (said or not m.has("good_day", "export")):
        return {"export_country": base - 0.03}
    if said and direction:
        # "COUNTRY" in customs records is the other country: where to, or where from.
        return {"destination_country" if direction == "export" else "origin_country": 0.6}
    return {}


def _hs(m: Meaning, _: str | None) -> dict[str, float]:
    if not m.has("hs") or m.has("description", "name", "percent", "rate", "tax", "date", "unit"):
        return {}
    if m.has("chapter") or m.has("second") or any(n in m.folded.split() for n in ("2", "4", "6")):
        # A chapter or heading is a code all the same when there is no longer one.
        return {"hs_code": 0.55 if m.has("second") else 0.5}
    return {"hs_code": 0.97 if m.has("code") or len(m.parts) <= 2 else 0.9}


def _text(m: Meaning, _: str | None) -> dict[str, float]:
    if m.has("shipper", "consignee", "agent", "tax", "percent", "date", "port", "transport"):
        return {}
    if m.has("description"):
        if m.has("chapter", "kind", "package", "place") or (m.has("code") and not m.has("hs")):
            return {"description": 0.3}
        if m.has("customs") and not m.has("hs", "product"):
            return {}
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
        return {"quantity_unit": 0.95 - lower, **({"quantity": 0.5} if m.has("quantity") else {})}
    if m.has("package"):
        if m.has("kind"):
            return {"quantity_unit": 0.55}
        counted = m.has("quantity", "number", "total") or len(m.parts) == 1
        return {"quantity": 0.58} if counted and not m.has("code", "net", "gross") else {}
    if m.has("quantity"):
        if m.has("kind", "code", "rate"):
            return {}
        return {"quantity": (0.97 if len(m.parts) <= 2 else 0.93) - lower}
    if m.has("number", "total") and m.has("product") and not m.has("code", "description"):
        return {"quantity": 0.6}
    return {}


def _weight(m: Meaning, _: str | None) -> dict[str, float]:
    weighed = m.has("weight") or (m.has("kilogram", "pound", "tonne") and not m.has("quantity"))
    if not weighed or m.has(
        "percent", "average", "per", "price", "unit_price", "value", "fob", "cif", "tax", "rate",
        "currency", "date", "product_code",
    ):  # fmt: skip
        return {}
    if m.has("unit") and not m.has("quantity"):
        return {"weight_unit": 0.8}
    if "volume" in m.folded.split() and not m.has("kilogram"):
        return {}
    score = 0.96 if m.has("gross") else 0.82 if m.has("net") else 0.9
    if not m.has("weight") and not m.has("gross", "net"):
        score = 0.7
    return {"weight_kg": score}


def _value(m: Meaning, _: str | None) -> dict[str, float]:
    named = m.has("value", "fob", "cif") or (m.has("total") and m.has("usd"))
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
        "second", "rate", "weight", "currency", "description", "name",
    ):  # fmt: skip
        return {}
    if m.has("record") and m.has("code", "number"):
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
        best = m.has("import", "export", "good_day", "declaration") or len(m.parts) == 1
        return {"date": 0.95 if best else 0.88}
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
    if m.has("address") and len(m.parts) == 1 and direction:
        # An address without an owner is that of the side whose customs wrote the record.
        side = "consignee" if direction == "import" else "shipper"
        scores[f"{side}_address"] = 0.7
    return scores

"""Write ``chipflow/records/tables/currency_names.txt``: names of currencies in all languages.

The names are those of the Unicode CLDR in Babel (`pip install babel`), of the currencies in use by
ISO 4217 (pycountry), in every language without its regional variants, folded as headers are. A line
is the codes that bear a name, then the name; a name of more than one currency is not certain.

    python scripts/currency_names.py
"""

from __future__ import annotations

from pathlib import Path

import pycountry
from babel import Locale
from babel.localedata import locale_identifiers

from chipflow.records.vocabulary.words import fold

OUT = Path(__file__).parent.parent / "chipflow/records/tables/currency_names.txt"
# Regional variants with names of their own; the others repeat their language.
VARIANTS = (
    "zh_Hant",
    "zh_Hant_HK",
    "pt_PT",
    "es_MX",
    "es_419",
    "fr_CA",
    "en_GB",
    "en_IN",
    "sr_Latn",
)
# Codes of metals, funds, units of account, tests and the like.
NO_MONEY = {
    "XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XDR", "XUA", "XSU", "XBA", "XBB", "XBC", "XBD",
    "CHE", "CHW", "USN", "BOV", "CLF", "COU", "MXV", "UYI", "UYW", "XAD", "XCG",
}  # fmt: skip
# Shorter words are articles and endings.
SHORTEST = 3


def main() -> None:
    """Collect the names and write them in order."""
    codes = {currency.alpha_3 for currency in pycountry.currencies} - NO_MONEY
    found: dict[str, set[str]] = {}
    for identifier in sorted(locale_identifiers()):
        if "_" in identifier and identifier not in VARIANTS:
            continue
        locale = Locale.parse(identifier)
        plural = locale._data["currency_names_plural"]
        for code in codes:
            names = {locale.currencies.get(code, code), *plural.get(code, {}).values()}
            for name in names - {code}:
                found.setdefault(fold(name), set()).add(code)
    # A word at an end of names of several currencies ("dollar") is none of them for certain.
    shared: dict[str, set[str]] = {}
    for name, bearing in found.items():
        words = name.split()
        for word in {words[0], words[-1]} if words else ():
            shared.setdefault(word, set()).update(bearing)
    for word, bearing in shared.items():
        if len(bearing) > 1 and len(word) >= SHORTEST:
            found.setdefault(word, set()).update(bearing)
    lines = [
        f"{','.join(sorted(codes_of))} {name}\n"
        for name, codes_of in sorted(found.items())
        if len(name) > 1 and name.upper() not in codes
    ]
    OUT.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

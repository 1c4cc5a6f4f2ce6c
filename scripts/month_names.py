"""Write ``chipflow/records/tables/month_names.txt``: names of months in all languages.

The names are those of the Unicode CLDR in Babel (`pip install babel`), written out and short, alone
and in a date, in every language without its regional variants, folded as headers are. A line is the
language, the number of the month, then its names.

    python scripts/month_names.py
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale
from babel.localedata import locale_identifiers

from chipflow.records.vocabulary.words import fold

OUT = Path(__file__).parent.parent / "chipflow/records/tables/month_names.txt"
VARIANTS = ("ar_LB", "ar_DZ", "ar_MA", "uz_Cyrl", "sr_Latn", "az_Cyrl", "pt_PT", "de_AT")
# Shorter forms are initials.
SHORTEST = 3


def main() -> None:
    """Collect the names and write them in order."""
    lines = []
    for identifier in sorted(locale_identifiers()):
        if "_" in identifier and identifier not in VARIANTS:
            continue
        months = Locale.parse(identifier).months
        for number in range(1, 13):
            written = {
                fold(str(months[use][width][number]))
                for use in ("format", "stand-alone")
                for width in ("wide", "abbreviated")
            }
            names = sorted(
                name
                for name in written
                if len(name) >= SHORTEST and " " not in name and not any(map(str.isdigit, name))
            )
            if names:
                lines.append(f"{identifier} {number} {' '.join(names)}\n")
    OUT.write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

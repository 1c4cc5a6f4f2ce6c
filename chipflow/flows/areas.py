"""Which country a label of trade statistics means, and which labels are no country.

Statistics list groups ("European Union - 27 countries", "World", "Extra-EU27") and what belongs to
no country ("not specified", "stores and provisions") in the same column as countries. A group is
told by the whole of its label, never by a beginning: "Republic of Korea" and "Netherlands Antilles"
begin like others.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from chipflow.errors import ParameterError
from chipflow.records.vocabulary.countries import country_code, country_name

WORLD, EU, EU_CHANGING, UNSPECIFIED = "WORLD", "EU27", "EU_CHANGING", "ZZ"
EU_MEMBERS = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
# What a user may write for a set of countries. Trade with China is asked of all three customs
# territories: most of Hong Kong's exports are re-exports.
GROUPS = {"EU": EU_MEMBERS, "EU27": EU_MEMBERS}
# A group by the whole of its label; the notes in brackets behind it are taken off before.
_GROUP_LABELS = (
    (re.compile(r"^(EUROPEAN UNION|UNION EUROPÉENNE|EU)( ?- ?)?27( (COUNTRIES|PAYS))?"
                r"( ?\(?(FROM|À PARTIR DE) 2020\)?)?$"), EU),
    (re.compile(r"^(EUROPEAN UNION|UNION EUROPÉENNE|EU)( ?- ?)?(12|15|25|28)"
                r"( (COUNTRIES|PAYS))?$"), EU_CHANGING),
    (re.compile(r"^(EURO AREA|ZONE EURO|EUROZONE)( ?- ?\d+ (COUNTRIES|PAYS))?$"), "EA"),
    (re.compile(r"^EXTRA[- ](EU|UE|EA).*$"), "EXTRA"),
    (re.compile(r"^INTRA[- ](EU|UE|EA).*$"), "INTRA"),
    (re.compile(r"^(EU27_2020|EA\d*)_(EXTRA|INTRA)$"), "EXTRA"),
    (re.compile(r"^(WORLD|MONDE)( ?- ?ALL COUNTRIES| \(ALL COUNTRIES.*)?$"), WORLD),
)  # fmt: skip
_UNSPECIFIED_LABELS = re.compile(
    r"^(COUNTRIES AND TERRITORIES NOT (SPECIFIED|DETERMINED)|PAYS ET TERRITOIRES NON|"
    r"STORES AND PROVISIONS|AVITAILLEMENT|BUNKERS?\b|SPECIAL CATEGORIES|FREE ZONES?$|"
    r"AREAS?,? (NES|NOT ELSEWHERE)|NOT SPECIFIED|UNSPECIFIED|UNKNOWN|UNDECLARED|"
    r"CONFIDENTIAL|SECRET (COUNTRIES|TRADE)|OTHER .+,? (NES|N\.E\.S\.?)$|.+, (NES|N\.E\.S\.)$|"
    r"НЕ УКАЗАН)"
)
# Codes of Eurostat that ISO 3166 lacks, and countries whose short names are those of others.
_NAMES = {
    "XC": "Ceuta", "XL": "Melilla", "CD": "DR Congo",
    "VG": "British Virgin Islands", "VI": "US Virgin Islands",
}  # fmt: skip
_NOTE = re.compile(r"\s*[(\[].*$")
_CODED = re.compile(r"^([A-Z]{2,3}|\d{1,4})\s*[-:]\s*(\S.*)$")


@dataclass(frozen=True, slots=True)
class Area:
    """What a label of a reporter or partner means.

    Attributes
    ----------
    code
        ISO 3166-1 alpha-2 of a country; otherwise a code of a group, or ``ZZ``.
    kind
        ``country``, ``former`` (a country that is no more), ``group`` or ``unspecified``.
    """

    code: str
    kind: str

    @property
    def is_country(self) -> bool:
        """Whether it counts as one country."""
        return self.kind in {"country", "former"}


@cache
def _table() -> dict[str, Area]:
    text = files("chipflow.flows").joinpath("tables/areas.csv").read_text("utf-8")
    return {
        row["label"]: Area(row["code"], row["kind"]) for row in csv.DictReader(text.splitlines())
    }


def area_name(code: str) -> str:
    """Return the English short name of a country's code, or the code itself if there is none."""
    return _NAMES.get(code) or country_name(code)


@lru_cache(maxsize=100_000)
def area(label: str) -> Area | None:
    """Return what a label of a reporter or partner means.

    Parameters
    ----------
    label
        A code (ISO alpha-2, alpha-3, M49 as UN Comtrade uses it) or a name in one of many
        languages, with or without notes in brackets or a code before it.

    Returns
    -------
    Area or None
        None where the label is not known.

    Examples
    --------
    >>> area("490"), area("Belgium (incl. Luxembourg 'LU' -> 1998)")
    (Area(code='TW', kind='country'), Area(code='BE', kind='country'))
    >>> area("European Union - 27 countries (AT, BE)").kind, area("Republic of Korea").code
    ('group', 'KR')
    """
    text = " ".join(label.replace("’", "'").split()).upper().strip(" .,;*")
    if not text:
        return None
    if text.isdigit():
        text = text.lstrip("0") or "0"
        known = _table().get(text)
        if known is not None:
            return known
        code = country_code(text.zfill(3)) if len(text) <= 3 else None
        return Area(code, "country") if code else None
    return _named(text)


def _named(text: str) -> Area | None:
    bare = _NOTE.sub("", text).strip(" .,;*") or text
    for one in (text, bare):
        known = _table().get(one) or _table().get(one.replace(",", ""))
        if known is not None and not (known.code == EU and bare != text and "->" in text):
            return known
    if bare in {"EUROPEAN UNION", "UNION EUROPÉENNE"}:
        # The Union as it was in each year, with the United Kingdom to 2020.
        return Area(EU_CHANGING, "group")
    for pattern, code in _GROUP_LABELS:
        if pattern.match(bare) or pattern.match(text):
            return Area(code, "group")
    if _UNSPECIFIED_LABELS.match(bare):
        return Area(UNSPECIFIED, "unspecified")
    coded = _CODED.match(text)
    if coded:
        return area(coded[2]) or area(coded[1])
    return _country(text, bare)


def _country(text: str, bare: str) -> Area | None:
    inside = re.search(r"[(\[]([^()\[\]]+)[)\]]", text)
    tried = [text, bare]
    if "," in bare:
        tried.append(" ".join(reversed([part.strip() for part in bare.split(",", 1)])))
    if inside:
        tried.append(inside[1])
    for one in dict.fromkeys(tried):
        code = country_code(one)
        if code is not None:
            return Area(code, "country")
    if bare.count(",") == 1 and len(bare.split(",")[0]) > 4:
        # "Moldavie, République de": the form of the state behind the name.
        code = country_code(bare.split(",")[0])
        return Area(code, "country") if code else None
    return None


def members(text: str | tuple[str, ...] | list[str], option: str) -> tuple[str, ...]:
    """Return the countries that an option names.

    Parameters
    ----------
    text
        Codes or names with commas or blanks between them; ``EU`` stands for its 27 members.
    option
        The option's name, for the message.

    Returns
    -------
    tuple of str
        ISO 3166-1 alpha-2 codes, each once, in the order given.

    Raises
    ------
    ParameterError
        One is no country.
    """
    parts = re.split(r"[,;\s]+", text.strip()) if isinstance(text, str) else list(text)
    if isinstance(text, str) and area(text) is not None and area(text).is_country:  # type: ignore[union-attr]
        parts = [text]
    found: list[str] = []
    for part in filter(None, parts):
        if part.upper() in GROUPS:
            found += GROUPS[part.upper()]
            continue
        known = area(part)
        if known is None or not known.is_country:
            raise ParameterError(
                f"{option}: {part!r} is no country; give codes such as KZ or AM, or EU for its "
                "27 members"
            )
        found.append(known.code)
    if not found:
        raise ParameterError(f"{option}: no country given; give codes such as KZ,AM")
    return tuple(dict.fromkeys(found))

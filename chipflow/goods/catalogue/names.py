"""The names people use for chips and countries, and near matches for those that are unknown.

A name that is not known is an error that says what is near, never a guess.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.errors import ParameterError
from chipflow.goods.catalogue.load import Catalogue, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Near matches shown to somebody who mistyped: enough to find the name, short enough to read.
NEAR_MATCHES = 5
NEAR_SCORE = 55
# Generations of the socket, and a processor and GPUs on one board, which are named by the GPU.
SAME = ((re.compile(r"SXM\d\b"), "SXM"), (re.compile(r"\bG(B[23]00)\b"), r"\1"))
# What shops and makers add to the name of a chip, in the order in which it may be left out: the
# memory, the makers' series, and what the chip is mounted on ("H100 PCIe" is a chip of its own).
ADDED = tuple(
    re.compile(rf"\b(?:{words})\b")
    for words in (
        r"\d{1,3} ?GB?|(?:HBM[234]E?|G?DDR[67]X?)",
        r"NVIDIA|AMD|INTEL|RADEON|GEFORCE|TESLA|QUADRO|INSTINCT|TENSOR|CORE|GPUS?|ACCELERATORS?|CARDS?",
        r"PCIE?|PCI-E|SXM\d?|OAM|MODULES?",
    )
)


def chip_name(name: str, catalogue: Catalogue | None = None) -> str:
    """Return the catalogue's name for a chip, or say which names are near.

    Parameters
    ----------
    name
        As a person writes it: "rtx4090", "NVIDIA H100 PCIe", "H100-NVL".
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    str
        The name of a chip or family in the catalogue.

    Raises
    ------
    ParameterError
        No chip of the catalogue is called so.
    """
    tables = catalogue or load_catalogue()
    if not isinstance(name, str) or not name.strip():
        raise ParameterError(f"no chip named ({name!r}): give a name such as 'H100' or 'RTX 4090'")
    known = _plain_names(tables)
    for plain in _shorter(name):
        if plain in known:
            return known[plain]
    words = re.sub(r"[\W_]+", " ", name.upper()).strip()
    written = [
        chip.family for chip in tables.chips if chip.pattern and re.fullmatch(chip.pattern, words)
    ]
    if len(set(written)) == 1:
        return written[0]
    raise ParameterError(
        f"unknown chip {name!r}; {_near(name, tables.names)}; "
        "a chip of your own is a row in a CSV given with --chips"
    )


def _shorter(name: str) -> Iterable[str]:
    """Yield a name in plain letters, and then without the words that shops add to it."""
    text = name.upper()
    yield _plain(text)
    for sign, same in SAME:
        text = sign.sub(same, text)
    yield _plain(text)
    for added in ADDED:
        text = added.sub(" ", text)
        yield _plain(text)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


@lru_cache(maxsize=8)
def _known_names(names: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, vendor in names:
        known[_plain(vendor + name)] = name
    for name, _ in names:
        known[_plain(name)] = name
    return known


def _plain_names(catalogue: Catalogue) -> dict[str, str]:
    pairs = {(chip.chip, chip.vendor) for chip in catalogue.chips}
    pairs |= {(chip.family, chip.vendor) for chip in catalogue.chips}
    return _known_names(tuple(sorted(pairs)))


def country(name: str) -> str:
    """Return the ISO 3166 alpha-2 code of a country, or say which names are near.

    Parameters
    ----------
    name
        Code or name in any usual spelling ("CN", "CHN", "China", "Hong Kong").

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        There is no such country.
    """
    code = _code(name) if isinstance(name, str) else None
    if code is None:
        raise ParameterError(
            f"unknown country {name!r}; {_near(str(name), _country_names(len(str(name))))}; "
            "use ISO 3166 codes such as CN or names such as China"
        )
    return code


def expand_destination(destination: str | Iterable[str]) -> tuple[str, ...]:
    """Turn what a user calls the destination into country codes.

    Parameters
    ----------
    destination
        "CN HK MO", "CN,HK,MO", "China; Hong Kong", or a list of such.

    Returns
    -------
    tuple of str
        ISO 3166 alpha-2 codes in the order given, each once.

    Raises
    ------
    ParameterError
        Nothing was named, or something that is no country.
    """
    parts = [destination] if isinstance(destination, str) else list(destination)
    codes: list[str] = []
    for part in parts:
        for piece in re.split(r"[,;|/\n]+", str(part)):
            codes.extend(_codes(piece))
    if not codes:
        raise ParameterError("no destination was named: give country codes such as CN,HK,MO")
    return tuple(dict.fromkeys(codes))


def _codes(piece: str) -> list[str]:
    words = piece.split()
    if all(len(word) == 2 and word.isalpha() for word in words) and all(map(_code, words)):
        # "CN HK" are two codes here, though a cell of a record that holds both means Hong Kong.
        return [str(_code(word)) for word in words]
    codes: list[str] = []
    while words:
        # The longest name first: "Hong Kong" before "Hong".
        for length in range(len(words), 0, -1):
            code = _code(" ".join(words[:length]))
            if code is not None:
                codes.extend(_with_its_country(code, words[:length]))
                words = words[length:]
                break
        else:
            country(" ".join(words) if len(words) == 1 or len(words[0]) > 2 else words[0])
    return codes


def _with_its_country(code: str, words: list[str]) -> list[str]:
    """Return two codes for "China Hong Kong": who asks for both wants both.

    A cell of a record that holds the same words means Hong Kong.
    """
    from chipflow.records.vocabulary.countries import parents

    parent = parents().get(code)
    both = any(
        _code(" ".join(words[:n])) == parent and _code(" ".join(words[n:])) == code
        for n in range(1, len(words))
    )
    return [parent, code] if parent and both else [code]


# ISO 3166-1 alpha-2. Written out, since to load pycountry takes longer than to answer a question.
_WRITTEN_OUT = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
    "BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
    "DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
    "GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
    "KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
    "MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
    "PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
    "SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
    "US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
CODES = frozenset(_WRITTEN_OUT.split())


@lru_cache(maxsize=4096)
def _code(name: str) -> str | None:
    text = name.strip()
    if len(text) == 2 and text.isascii():
        return text.upper() if text.upper() in CODES else None
    # Names in many spellings: a reader of records knows them, and takes longer to load than codes.
    from chipflow.records.vocabulary.countries import country_code

    return country_code(text)


# Codes are near to nearly any longer word, so they are offered to short ones only.
LONGEST_CODE = 3


@lru_cache(maxsize=8)
def _country_names(length: int) -> tuple[str, ...]:
    import pycountry

    codes = CODES if length <= LONGEST_CODE else frozenset()
    names = {str(getattr(entry, "common_name", entry.name)) for entry in pycountry.countries}
    return tuple(sorted(codes | names))


def _near(name: str, names: Sequence[str]) -> str:
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        name, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=NEAR_MATCHES
    )
    near = [str(match) for match, score, _ in found if score >= NEAR_SCORE]
    if not near:
        return "nothing like it is known"
    return "did you mean " + ", ".join(near) + "?"

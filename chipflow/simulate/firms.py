"""Companies of a simulated world: invented names, addresses, sizes and lifetimes.

Every company, honest or not, is founded and named by the same two functions, so that nothing
in a name, an address or a spelling tells which is which.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipflow.simulate.market import N_DAYS, Floats, Ints, countries, country_codes

Texts = NDArray[np.object_]

FAMILIES = (
    "computing",
    "electronics",
    "machinery",
    "textile",
    "food",
    "chemicals",
    "metals",
    "household",
    "vehicles",
    "paper",
)
FAMILY_SHARES = np.array([0.24, 0.13, 0.12, 0.12, 0.09, 0.08, 0.07, 0.08, 0.05, 0.02])
KINDS = ("maker", "trader", "user")
KIND_SHARES = np.array([0.3, 0.35, 0.35])

SIZE_TAIL = 1.15  # Pareto index of company sizes: close to Zipf, as firm sizes are (Axtell 2001)
LARGEST_SIZE = 400.0  # times the smallest, so that no company is the whole world
NEWCOMER_SHARE = 0.35  # companies that start trading after the first day
SHARED_ADDRESS_SHARE = 0.04  # companies that sit in the same business centre as another one
NO_ADDRESS_SHARE = 0.05  # companies whose address never appears

SPELLINGS = 6
# How often a record holds a company's name as registered, in capitals, with another legal
# form, in capitals without stops, with a typing error, without a legal form.
SPELLING_SHARES = np.array([0.60, 0.17, 0.12, 0.08, 0.01, 0.02])
ADDRESS_FORMS = 3
ADDRESS_SHARES = np.array([0.68, 0.2, 0.12])


@dataclass
class Firms:
    """A growing list of companies; a company is its position.

    Attributes
    ----------
    country, family, kind
        Positions in :func:`market.country_codes`, FAMILIES and KINDS.
    size
        How much a company trades, relative to the smallest.
    opens, closes
        First and last day on which it trades.
    neighbour
        The company whose address it shares, for those that were made to share one.
    taken
        Buyers of schemes: each buys from one scheme only, so that the truth says which
        records belong together.
    """

    country: list[int] = field(default_factory=list)
    family: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    opens: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    neighbour: dict[int, int] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    _candidates: dict[tuple[str, str, tuple[str, ...]], tuple[Ints, Floats]] = field(
        default_factory=dict
    )

    def __len__(self) -> int:
        return len(self.country)

    def found_many(self, rng: np.random.Generator, n: int) -> None:
        """Found the companies that are simply there."""
        table = countries()
        base = table["companies"].to_numpy()
        computing = base * table["computing"].to_numpy()
        family = rng.choice(len(FAMILIES), size=n, p=FAMILY_SHARES / FAMILY_SHARES.sum())
        country = np.where(
            family == FAMILIES.index("computing"),
            rng.choice(len(base), size=n, p=computing / computing.sum()),
            rng.choice(len(base), size=n, p=base / base.sum()),
        )
        kind = rng.choice(len(KINDS), size=n, p=KIND_SHARES)
        newcomer = rng.random(n) < NEWCOMER_SHARE
        opens = np.where(newcomer, rng.integers(0, N_DAYS - 120, n), 0)
        leaves = rng.random(n) < 0.12
        life = rng.integers(100, N_DAYS, n)
        closes = np.where(leaves, np.minimum(opens + life, N_DAYS - 1), N_DAYS - 1)
        size = np.minimum((1 - rng.random(n)) ** (-1 / SIZE_TAIL), LARGEST_SIZE)
        self.country += country.tolist()
        self.family += family.tolist()
        self.kind += kind.tolist()
        self.size += size.tolist()
        self.opens += opens.tolist()
        self.closes += closes.tolist()

    def found(
        self,
        rng: np.random.Generator,
        country: str,
        *,
        kind: str = "trader",
        opens: int = 0,
        family: str = "computing",
    ) -> int:
        """Found one company and return its position."""
        self.country.append(country_codes().index(country))
        self.family.append(FAMILIES.index(family))
        self.kind.append(KINDS.index(kind))
        self.size.append(float(min((1 - rng.random()) ** (-1 / SIZE_TAIL), 6.0)))
        self.opens.append(int(max(0, opens)))
        self.closes.append(N_DAYS - 1)
        return len(self) - 1

    def pick(
        self,
        rng: np.random.Generator,
        country: str,
        kinds: tuple[str, ...],
        *,
        opens: int = N_DAYS,
        family: str = "computing",
    ) -> int:
        """Return a company that is there and trades by the day ``opens``, or found one.

        Companies founded after the first call for the same country and kinds are not offered.
        """
        key = (country, family, kinds)
        if key not in self._candidates:
            there = np.flatnonzero(
                (np.array(self.country) == country_codes().index(country))
                & (np.array(self.family) == FAMILIES.index(family))
                & np.isin(np.array(self.kind), [KINDS.index(kind) for kind in kinds])
                & (np.array(self.closes) == N_DAYS - 1)
            )
            self._candidates[key] = there, np.cumsum(np.array(self.size)[there])
        there, weight = self._candidates[key]
        for _ in range(8 if len(there) else 0):
            chosen = int(there[np.searchsorted(weight, rng.random() * weight[-1])])
            if self.opens[chosen] <= opens:
                return chosen
        return self.found(rng, country, kind=kinds[0], family=family)


@dataclass(frozen=True)
class Directory:
    """What companies are called: ``names`` [spelling, company], ``addresses`` [form, company].

    An address is missing (None) where a company's address never appears.
    """

    names: Texts
    addresses: Texts
    country: Ints


@cache
def _words() -> dict[str, Any]:
    with resources.files(__package__).joinpath("tables", "names.toml").open("rb") as file:
        return tomllib.load(file)


def invented_words() -> list[str]:
    """Return the words that companies and streets are called by; none names a real company."""
    words = _words()
    real = frozenset(words["real"].split())
    made = [head + tail for head in words["heads"].split() for tail in words["tails"].split()]
    return [word for word in made if word.lower() not in real]


def _typing_error(word: str, where: int, kind: int) -> str:
    at = 1 + where % max(1, len(word) - 2)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:]


def christen(rng: np.random.Generator, firms: Firms) -> Directory:
    """Give every company a name with its spellings and an address with its forms.

    Parameters
    ----------
    rng
        Source of randomness.
    firms
        The companies, complete.

    Returns
    -------
    Directory
        Names are distinct between companies in every spelling but the shortest.
    """
    n = len(firms)
    words = invented_words()
    table = countries()
    cities = [text.split("|") for text in table["cities"]]
    streets = [text.split("|") for text in table["streets"]]
    forms = [[part.split("~") for part in text.split("|")] for text in table["legal_forms"]]
    any_words = _words()["any"]
    own_words = [_words()["family"][family] for family in FAMILIES]

    # The first companies take one invented word each, the others a pair of words; the order
    # is drawn, so that a company's turn says nothing.
    single = min(n // 2, len(words))
    pair = rng.choice(len(words) ** 2, size=n - single, replace=False)
    lone = rng.permutation(len(words))[:single]
    turn = rng.permutation(n)
    draws = rng.random((n, 12))
    names = np.empty((SPELLINGS, n), dtype=object)
    addresses = np.empty((ADDRESS_FORMS, n), dtype=object)
    country = np.array(firms.country)

    for firm in range(n):
        place = turn[firm]
        u = draws[firm]
        if place < single:
            stem = words[lone[place]]
        else:
            first, second = divmod(int(pair[place - single]), len(words))
            stem = f"{words[first]} {words[second]}"
        own = own_words[firms.family[firm]]
        word = any_words[int(u[1] * len(any_words))] if u[0] < 0.4 else own[int(u[1] * len(own))]
        code = country_codes()[country[firm]]
        town = cities[country[firm]][int(u[2] * len(cities[country[firm]]))]
        legal = forms[country[firm]][int(u[3] * len(forms[country[firm]]))]
        core = f"{stem} {word}"
        if code == "CN" and u[4] < 0.7:
            core = f"{town} {core}"
        elif code in ("HK", "SG", "MY") and u[4] < 0.12:
            core = f"{core} ({ {'HK': 'HK', 'SG': 'S', 'MY': 'M'}[code] })"
        other = legal[1 + int(u[5] * (len(legal) - 1))] if len(legal) > 1 else legal[0]
        wrong = _typing_error(stem, int(u[6] * 97), int(u[7] * 3))
        if code == "ID":
            spelt = [f"PT {core}", f"PT. {core}", core.replace(stem, wrong)]
            full, alike, slip = spelt[0], spelt[1], f"PT {spelt[2]}"
        else:
            full, alike = f"{core} {legal[0]}", f"{core} {other}"
            slip = f"{core.replace(stem, wrong)} {legal[0]}"
        names[:, firm] = (
            full,
            full.upper(),
            alike,
            " ".join(alike.upper().replace(".", "").replace(",", " ").split()),
            slip,
            core,
        )
        street = words[int(u[8] * len(words))]
        kind = streets[country[firm]][int(u[9] * len(streets[country[firm]]))]
        number = 1 + int(u[10] * 480)
        floor = f"#{1 + int(u[11] * 38):02d}-{1 + int(u[6] * 30):02d}, " if u[7] < 0.5 else ""
        post = 10000 + int(u[5] * 89999)
        line = f"{number} {street} {kind}, {floor}{town} {post}"
        addresses[:, firm] = (
            line,
            line.upper(),
            line.upper().replace(",", "").replace(" ROAD", " RD").replace(" STREET", " ST"),
        )

    shares = np.flatnonzero(rng.random(n) < SHARED_ADDRESS_SHARE)
    hosts = rng.permutation(n)
    by_country = {code: hosts[country[hosts] == code] for code in np.unique(country)}
    for guest in shares.tolist():
        locals_ = by_country[country[guest]]
        addresses[:, guest] = addresses[:, locals_[int(draws[guest, 8] * len(locals_))]]
    for guest, host in sorted(firms.neighbour.items()):
        addresses[:, guest] = addresses[:, host]
    addresses[:, rng.random(n) < NO_ADDRESS_SHARE] = None
    return Directory(names=names, addresses=addresses, country=country)

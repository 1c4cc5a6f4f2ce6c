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
from chipflow.simulate.spellings import FORMS, Registered, spellings

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

NAMESAKE_SHARE = 0.03  # companies called like another one but for their trade word
NEAR_NAME_SHARE = 0.01  # companies whose own word is one letter off that of another one
ABROAD_SHARE = 0.01  # companies that have their whole name from one in another country
SAME_STEM_SHARE = 0.5  # second names of a company that keep its own word
AGENTS = 40  # forwarders and agents that stand in names, "care of" or "on behalf of"
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
    routes
        Middle companies and last buyers of each scheme, for those that trade in honest goods.
    alias
        The company that a position is another name of, for companies under two names.
    """

    country: list[int] = field(default_factory=list)
    family: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    opens: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    neighbour: dict[int, int] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    routes: list[tuple[list[int], list[int]]] = field(default_factory=list)
    alias: dict[int, int] = field(default_factory=dict)
    _head: dict[str, NDArray[Any]] = field(default_factory=dict)
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

    def _column(self, name: str) -> NDArray[Any]:
        """Return a column as an array; the long part that never changes is converted once."""
        values = getattr(self, name)
        if name not in self._head:
            self._head[name] = np.array(values)
        head = self._head[name]
        return np.concatenate([head, np.array(values[len(head) :], dtype=head.dtype)])

    def found_alias(self, first: int) -> int:
        """Give a company a second name, by which it trades as well; return its position."""
        for column in (self.country, self.family, self.kind, self.opens, self.closes):
            column.append(column[first])
        self.size.append(self.size[first])
        second = len(self) - 1
        self.alias[second] = first
        self.neighbour[second] = first
        return second

    def owners(self) -> Ints:
        """Return the company that each position is a name of."""
        owner = np.arange(len(self), dtype=np.int64)
        for second, first in self.alias.items():
            owner[second] = first
        return owner

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
                (self._column("country") == country_codes().index(country))
                & (self._column("family") == FAMILIES.index(family))
                & np.isin(self._column("kind"), [KINDS.index(kind) for kind in kinds])
                & (self._column("closes") == N_DAYS - 1)
            )
            self._candidates[key] = there, np.cumsum(self._column("size")[there])
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
        Registered names are distinct between companies of one country.
    """
    words = invented_words()
    table = countries()
    country = np.array(firms.country)
    stems = _stems(rng, len(firms), words, firms.alias)
    draws = rng.random((len(firms), 12))
    names = np.empty((len(FORMS), len(firms)), dtype=object)
    addresses = np.empty((ADDRESS_FORMS, len(firms)), dtype=object)
    cities = [text.split("|") for text in table["cities"]]
    streets = [text.split("|") for text in table["streets"]]
    agents = [f"{word} Forwarding Agency" for word in rng.choice(words, AGENTS)]
    cores = _cores(rng, firms, stems, draws)
    forms = [[part.split("~") for part in text.split("|")] for text in table["legal_forms"]]
    some_form = sorted({legal[0] for ways in forms for legal in ways} - {"PT"})
    for firm in range(len(firms)):
        u = draws[firm]
        town = _of(cities[country[firm]], u[2])
        code = country_codes()[country[firm]]
        written = Registered(
            country=code,
            stem=stems[firm],
            core=cores[firm],
            forms=("PT", "PT.") if code == "ID" else tuple(_of(forms[country[firm]], u[3])),
            foreign_form=_of(some_form, u[4]),
            town=town,
            agent=_of(agents, u[5]),
            leads=code == "ID",
        )
        names[:, firm] = spellings(written, (float(u[5]), float(u[6]), float(u[7])))
        kind = _of(streets[country[firm]], u[9])
        number = 1 + int(u[10] * 480)
        floor = f"#{1 + int(u[11] * 38):02d}-{1 + int(u[6] * 30):02d}, " if u[7] < 0.5 else ""
        post = 10000 + int(u[5] * 89999)
        line = f"{number} {_of(words, u[8])} {kind}, {floor}{town} {post}"
        addresses[:, firm] = (
            line,
            line.upper(),
            line.upper().replace(",", "").replace(" ROAD", " RD").replace(" STREET", " ST"),
        )
    _share_addresses(rng, firms, addresses, draws[:, 8])
    return Directory(names=names, addresses=addresses, country=country)


def _of(choices: Any, draw: float) -> Any:
    return choices[int(draw * len(choices))]


def _stems(rng: np.random.Generator, n: int, words: list[str], alias: dict[int, int]) -> list[str]:
    """The own words of companies: one invented word each for some, a pair for the others."""
    # The order is drawn, so that a company's turn says nothing.
    single = min(n // 2, len(words))
    pairs = rng.choice(len(words) ** 2, size=n - single, replace=False)
    first, second = np.divmod(pairs, len(words))
    stems = [words[at] for at in rng.permutation(len(words))[:single]]
    stems += [f"{words[a]} {words[b]}" for a, b in zip(first, second, strict=True)]
    drawn = [stems[at] for at in rng.permutation(n)]
    way = rng.random(n)
    model = rng.integers(0, n, n)
    for firm in np.flatnonzero(way < NAMESAKE_SHARE + NEAR_NAME_SHARE).tolist():
        like = drawn[model[firm]]
        drawn[firm] = like if way[firm] < NAMESAKE_SHARE else _other_vowel(like)
    for name, owner in alias.items():
        if way[name] < SAME_STEM_SHARE:
            drawn[name] = drawn[owner]
    return drawn


def _other_vowel(word: str) -> str:
    at = next(i for i in range(1, len(word)) if word[i] in "aeiou")
    return word[:at] + "aeiou"[("aeiou".index(word[at]) + 2) % 5] + word[at + 1 :]


def _cores(rng: np.random.Generator, firms: Firms, stems: list[str], draws: Floats) -> list[str]:
    """Names without their legal forms, no two alike in one country."""
    words = _words()
    own_words = [words["family"][family] for family in FAMILIES]
    cities = [text.split("|") for text in countries()["cities"]]
    taken: set[tuple[int, str]] = set()
    cores: list[str] = []
    abroad = rng.random(len(firms)) < ABROAD_SHARE
    model = rng.integers(0, len(firms), len(firms))
    for firm, stem in enumerate(stems):
        u, place = draws[firm], firms.country[firm]
        choice = words["any"] if u[0] < 0.4 else own_words[firms.family[firm]]
        code = country_codes()[place]
        if abroad[firm] and model[firm] < firm and firms.country[model[firm]] != place:
            core = cores[model[firm]]
            stems[firm] = stems[model[firm]]
        else:
            core = _placed(f"{stem} {_of(choice, u[1])}", code, _of(cities[place], u[2]), u[4])
        for word in [*choice, *words["any"], *range(2, 99)]:
            if (place, core.lower()) not in taken:
                break
            core = f"{stems[firm]} {word}"
        taken.add((place, core.lower()))
        cores.append(core)
    return cores


def _placed(core: str, code: str, town: str, draw: float) -> str:
    if code == "CN" and draw < 0.7:
        return f"{town} {core}"
    if code in ("HK", "SG", "MY") and draw < 0.12:
        return f"{core} ({ {'HK': 'HK', 'SG': 'S', 'MY': 'M'}[code] })"
    return core


def _share_addresses(
    rng: np.random.Generator, firms: Firms, addresses: Texts, draw: Floats
) -> None:
    n = len(firms)
    country = np.array(firms.country)
    shares = np.flatnonzero(rng.random(n) < SHARED_ADDRESS_SHARE)
    hosts = rng.permutation(n)
    by_country = {code: hosts[country[hosts] == code] for code in np.unique(country)}
    for guest in shares.tolist():
        addresses[:, guest] = addresses[:, _of(by_country[country[guest]], draw[guest])]
    for guest, host in sorted(firms.neighbour.items()):
        addresses[:, guest] = addresses[:, host]
    addresses[:, rng.random(n) < NO_ADDRESS_SHARE] = None

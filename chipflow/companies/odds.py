"""How likely two names are one company: odds after Fellegi and Sunter.

Two names of one place that differ in little are one company written twice, or two companies
that happen to be called alike. For the first speak how often names are written so (a slip of
the keyboard, a word left out); for the second how many other companies of that place would be
called so by chance, given how common each shared word is and how often established words are
that near to each other. Then come the number of records, since a slip is the rarer spelling,
and the address.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from math import lgamma, log, prod
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from chipflow.companies.pairs import ABBREVIATION, SHORTEST_WITH_SLIP, sound

if TYPE_CHECKING:
    from chipflow.companies.names import Word
    from chipflow.companies.pairs import Entities

# How often a name is written with such a difference (share of mentions). Slips: one or two
# words in a hundred are mistyped in keyed records (Kukich 1992); the rest are estimates.
RATES = {
    "slip": 0.02,
    "short slip": 0.0005,  # in a short word, where it makes another word as often as not
    "sound": 0.01,
    "meaning": 0.02,
    "short": 0.02,
    "blank": 0.01,
    "order": 0.01,
    "less": 0.01,  # a trade word or a place is left out
    "own less": 0.0003,  # a word of its own is left out
}
# A number tells branches and sister companies apart; it is never a slip.
NUMBER_RATE = 1e-6  # share of mentions
# Clerks repeat their own slips: the share of records with a slip varies between companies like
# a beta distribution that is worth this many records.
CLERKS = 20.0  # records
# A company appears at an address of its own again, or at another one of its addresses.
SAME_ADDRESS, OTHER_ADDRESS = 0.8, 0.1  # share of pairs of mentions of one company
# Companies in the same building, beyond those that are counted there.
NEIGHBOURS = 0.5  # companies
# A place with fewer names than this says less about how common a word is than all places do.
FEW_NAMES = 20  # names
# Names that will hold a word that no other one has held yet (about what Good and Turing's
# estimate gives for names of companies).
UNSEEN = 0.5  # names
# One company if the odds are better than this: of the least sure joins one in ten is wrong.
BEST_ODDS = log(10.0)
# Words must be seen in this many records before their nearness to others says what is usual.
ESTABLISHED = 3  # records
SHORTEST_SOUND = 4  # letters of a metaphone; shorter ones are those of many words
SHORT_WORD = 6  # letters; a slip in a shorter word is a short one
# What is usual where the records hold too few names to say, as measured in 7,285 companies of
# customs records of 26 countries: share of names that hold a given word, for trade words;
# share of names that hold a word one slip away from a given one, and ten times that for short
# words, which make sense more often after a slip.
USUAL_NAMES = 1000  # names that this background is worth
USUAL_TRADE_WORD = 0.002  # share of names
USUAL_NEAR, USUAL_NEAR_SHORT = 0.0005, 0.005  # share of names
USUAL_WORDS = 20  # words that this background is worth
# Names of which another one of the place holds all words but one: a fifth in the same records,
# half of them taken to be another company.
RELATED = 0.1  # share of names
# Names that differ in more words than this are different names.
MOST_CHANGED = 3  # words of a name


@dataclass(frozen=True)
class Difference:
    """How two names differ in one place; a word left out has one side empty."""

    kind: str
    one: str
    other: str

    def __str__(self) -> str:
        """Return it in plain words."""
        said = {
            "slip": f"one slip of the keyboard: {self.one} and {self.other}",
            "short slip": f"one slip of the keyboard: {self.one} and {self.other}",
            "sound": f"sounds the same: {self.one} and {self.other}",
            "meaning": f"means the same: {self.one} and {self.other}",
            "short": f"shortened: {self.one} and {self.other}",
            "blank": "words joined or parted",
            "order": "the same words in another order",
        }
        return said.get(self.kind, f"{self.one} left out")


class Odds:
    """Odds that two names are one company, against what is usual in a set of names.

    Parameters
    ----------
    entities
        All names; how common words are is counted in them.
    """

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.here: dict[str, Counter[str]] = defaultdict(Counter)
        self.size: Counter[str] = Counter(entities.place)
        records: Counter[str] = Counter()
        for place, name, seen in zip(entities.place, entities.name, entities.records, strict=True):
            distinct = {word.text for word in name.words}
            self.here[place].update(distinct)
            records.update(dict.fromkeys(distinct, int(seen)))
        self.everywhere: Counter[str] = Counter()
        for counts in self.here.values():
            self.everywhere.update(counts)
        self.at_address: Counter[tuple[str, str]] = Counter(
            (place, address)
            for place, addresses in zip(entities.place, entities.addresses, strict=True)
            for address in addresses
        )
        self.trade_words = {
            word.text for name in entities.name for word in name.words if word.meaning
        }
        self.nearness = self._nearness(records)

    def _nearness(self, records: Counter[str]) -> dict[int, float]:
        """Share of names with another established word one slip away, by length of the word."""
        words = [word for word, n in records.items() if n >= ESTABLISHED and word.isalpha()]
        near = _near_words([word for word in words if len(word) >= SHORTEST_WITH_SLIP])
        names = len(self.entities)
        shares: dict[int, list[float]] = defaultdict(list)
        for word in words:
            beside = sum(self.everywhere[other] for other in near.get(word, ()))
            shares[len(word)].append(beside / names)
        return {
            length: (sum(seen) + USUAL_WORDS * _usual_near(length)) / (len(seen) + USUAL_WORDS)
            for length, seen in shares.items()
        }

    def differences(self, a: int, b: int) -> list[Difference] | None:
        """Return how two names differ, or None if in more than can be explained."""
        one, other = self.entities.name[a].words, self.entities.name[b].words
        left, right = _without_common(one, other), _without_common(other, one)
        if not left and not right:
            same_order = [word.text for word in one] == [word.text for word in other]
            return [] if same_order else [Difference("order", "", "")]
        if "".join(word.text for word in left) == "".join(word.text for word in right):
            return [Difference("blank", _text(left), _text(right))]
        found = _blanks(left, right) + _blanks(right, left)
        if max(len(left), len(right)) > MOST_CHANGED:
            return None
        for word in list(left):
            alike = next(((kind, to) for to in right if (kind := relation(word, to))), None)
            if alike is not None:
                found.append(Difference(alike[0], word.text, alike[1].text))
                left.remove(word)
                right.remove(alike[1])
        if left and right:
            return None
        return found + [
            Difference("less" if word.meaning else "own less", word.text, "")
            for word in (*left, *right)
        ]

    def log_odds(self, a: int, b: int, differences: list[Difference]) -> float:
        """Return the logarithm of the odds that two names of one place are one company."""
        records = self.entities.records
        if records[a] < records[b]:
            a, b = b, a
        place = self.entities.place[a]
        written = Counter(word.text for word in self.entities.name[b].words)
        rates: dict[str, float] = {}
        changes = 0.0
        for one in differences:
            number = one.kind != "blank" and any(char.isdigit() for char in one.one + one.other)
            # Who shortens one word of a name shortens the others too.
            rates["number" if number else one.kind] = NUMBER_RATE if number else RATES[one.kind]
            changes += self._chance(one, place, written)
            written -= Counter([*one.one.split(), *one.other.split()])
        others = sum(log(self._share(word, place)) for word in written.elements())
        by_chance = log(self.size[place]) + others
        if not rates.keys() <= {"blank", "order"}:
            by_chance = max(by_chance, log(RELATED))
        rarer, both = float(records[b]), float(records[a] + records[b])
        odds = _log_rarer(rarer, both, prod(rates.values())) - by_chance - changes
        return odds + self._address(a, b)

    def _share(self, word: str, place: str, pair: int = 2) -> float:
        """Share of names, but for the compared ones that hold it, that hold a word.

        That of the place, drawn to that of all places where the place has few names.
        """
        held = max(self.everywhere[word] - pair, UNSEEN)
        if word in self.trade_words:
            held += USUAL_NAMES * USUAL_TRADE_WORD
        usual = held / (len(self.entities) + USUAL_NAMES)
        here = max(self.here[place][word] - pair, 0)
        return min((here + FEW_NAMES * usual) / (self.size[place] + FEW_NAMES), 1.0)

    def _chance(self, difference: Difference, place: str, written: Counter[str]) -> float:
        """Logarithm of the share of names that would differ so by chance."""
        if difference.kind in {"less", "own less", "order"}:
            return 0.0
        if difference.kind == "blank":
            parted = max(difference.one.split(), difference.other.split(), key=len)
            return sum(log(self._share(word, place, pair=1)) for word in parted)
        word = difference.one if difference.one in written else difference.other
        if difference.kind in {"meaning", "short"}:
            return log(self._share(word, place, pair=1))
        usual = self.nearness.get(len(word), _usual_near(len(word)))
        other_names = max(self.here[place][word] - 1, 0) / self.size[place]
        return log(max(usual, other_names))

    def _address(self, a: int, b: int) -> float:
        ours, theirs = self.entities.addresses[a], self.entities.addresses[b]
        if not ours or not theirs:
            return 0.0
        place = self.entities.place[a]
        shared = ours & theirs
        if not shared:
            return log(OTHER_ADDRESS)
        there = min(self.at_address[(place, address)] for address in shared)
        by_chance = (max(there - 2, 0) + NEIGHBOURS) / self.size[place]
        return log(SAME_ADDRESS / min(by_chance, SAME_ADDRESS))


def relation(one: Word, other: Word) -> str:
    """Return how two words may be one word written in two ways, or ``""``."""
    a, b = one.text, other.text
    if one.meaning and one.meaning == other.meaning:
        return "meaning"
    if not (a.isalpha() and b.isalpha()):
        return ""
    if min(len(a), len(b)) >= SHORTEST_WITH_SLIP:
        if OSA.distance(a, b, score_cutoff=1) <= 1:
            return "slip" if min(len(a), len(b)) >= SHORT_WORD else "short slip"
        if len(sound(a)) >= SHORTEST_SOUND and sound(a) == sound(b):
            return "sound"
    short, long = sorted((a, b), key=len)
    if len(short) >= ABBREVIATION and short[:2] == long[:2] and _is_within(short, long):
        return "short"
    return ""


def _usual_near(length: int) -> float:
    return USUAL_NEAR if length >= SHORT_WORD else USUAL_NEAR_SHORT


def _near_words(words: list[str]) -> dict[str, set[str]]:
    """Return for each word the others that are one slip away."""
    meets: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for shadow in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}:
            meets[shadow].append(word)
    near: dict[str, set[str]] = defaultdict(set)
    for together in meets.values():
        for one in together:
            near[one].update(
                other
                for other in together
                if other != one and OSA.distance(one, other, score_cutoff=1) <= 1
            )
    return near


def _blanks(parted: list[Word], joined: list[Word]) -> list[Difference]:
    """Take out words of the one that stand beside each other and are one word of the other."""
    found = []
    for word in list(joined):
        for start, end in combinations(range(len(parted) + 1), 2):
            if end - start > 1 and "".join(one.text for one in parted[start:end]) == word.text:
                found.append(Difference("blank", _text(parted[start:end]), word.text))
                del parted[start:end]
                joined.remove(word)
                break
    return found


def _is_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _without_common(words: tuple[Word, ...], others: tuple[Word, ...]) -> list[Word]:
    left = Counter(word.text for word in others)
    kept = []
    for word in words:
        if left[word.text]:
            left[word.text] -= 1
        else:
            kept.append(word)
    return kept


def _text(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def _log_rarer(rarer: float, both: float, rate: float) -> float:
    """Log-likelihood ratio of how the records fall on two spellings.

    Of one company, the rarer spelling's records are beta-binomial around the rate of such
    spellings; a company of its own has k records with probability 1/(k(k+1)), the Zipf law that
    company sizes follow (Axtell 2001).
    """
    alpha, beta = rate * CLERKS, (1.0 - rate) * CLERKS
    other = both - rarer
    same = (
        lgamma(both + 1) - lgamma(rarer + 1) - lgamma(other + 1)
        + lgamma(rarer + alpha) + lgamma(other + beta) - lgamma(both + CLERKS)
        + lgamma(CLERKS) - lgamma(alpha) - lgamma(beta)
    )  # fmt: skip
    return same + log(rarer * (rarer + 1.0))

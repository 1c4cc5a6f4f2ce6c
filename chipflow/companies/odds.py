"""How likely two names are one company: odds after Fellegi and Sunter.

Two names of one place that differ in little are one company written twice, or two companies
that happen to be called alike. For the first speak how often names are written so (a slip of
the keyboard, a word left out); for the second how many other companies of that place would be
called so by chance, given how common each shared word is and how often established words are
that near to each other. Then come the number of records, since a slip is the rarer spelling,
and the address.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import lgamma, log, prod
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from chipflow.companies.beside import is_own_city
from chipflow.companies.names import FULL_FIELDS, Word, forms_of, meaning_of
from chipflow.companies.pairs import ABBREVIATION, SHORTEST_WITH_SLIP, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipflow.companies.pairs import Entities

# How often a name is written with such a difference (share of mentions). Slips: one or two
# words in a hundred are mistyped in keyed records (Kukich 1992); the rest are estimates.
RATES = {
    "slip": 0.02,
    "short slip": 0.001,  # in a short word, where it makes another word as often as not
    "swap": 0.01,  # two neighbouring letters
    "double": 0.005,  # a letter typed twice, or once where it stands twice
    "slip over blanks": 0.002,
    "sound": 0.01,
    "spoken": 0.05,  # by another romanisation
    "meaning": 0.1,
    "short": 0.05,
    "blank": 0.03,
    "order": 0.003,
    "trade order": 0.05,  # trade words stand elsewhere, as in another language
    "cut": 0.02,  # the field was full
    "less": 0.003,  # a trade word is left out
    "own less": 0.0003,  # a word of its own is left out
    "city less": 0.05,  # the company's own city, which many leave out or put elsewhere
    "place less": 1e-5,  # the name of another country or its part: a subsidiary's
}
# Ways of writing that a clerk or a program keeps to; a slip happens once.
HABITS = frozenset(
    {"meaning", "short", "blank", "cut", "order", "trade order", "sound", "spoken", "city less"}
)
# How one name is written in several ways; what is left out or numbered makes another name, but
# for the city, which sister companies state to be told apart.
WRITING = frozenset(kind for kind in RATES if not kind.endswith("less"))
# Companies of which a sister in the same country is called the same but for a city.
NAMESAKES_WITH_CITY = 0.01  # share of names
# A number tells branches and sister companies apart; it is never a slip.
NUMBER_RATE = 1e-6  # share of mentions
# Clerks repeat their own slips: the share of records with a slip varies between companies like
# a beta distribution that is worth this many records; of habits it varies more.
CLERKS, CLERKS_WITH_HABITS = 20.0, 2.0  # records
# A company appears at an address of its own again, or at another one of its addresses.
SAME_ADDRESS, OTHER_ADDRESS = 0.8, 0.1  # share of pairs of mentions of one company
# Companies with all words but one in common are often of one owner, and then in one house.
SISTERS_TOGETHER = 0.5  # share of pairs of sister companies
# Two spellings of one company state bodies of two kinds by mistake; of two companies they do so
# as often as not.
OTHER_FORM_SAME, OTHER_FORM_DIFFERENT = 0.1, 0.5  # share of pairs that state forms
# Where a company with shares is written "Co., Ltd." in English as well.
LOOSE_FORMS = frozenset({"CN", "JP", "KR", "TH", "TW"})
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
USUAL_SWAPPED = 0.00002  # share of names that hold a word with two letters of a given one swapped
USUAL_DOUBLED = 0.00005  # share of names that hold a given word with a letter doubled; an estimate
USUAL_SOUND = 0.001  # share of names that hold a word which sounds like a given one
USUAL_WORDS = 20  # words that this background is worth
USUAL_WORDS_HERE = 200  # words that the nearness of all places is worth in one of them
# Names of which another one of the place holds all words but one: a fifth in the same records,
# half of them taken to be another company.
RELATED = 0.1  # share of names
# Names of which another company of the place has one with words that mean the same; registers
# refuse them.
NAMESAKES = 0.0001  # share of names
_DOUBLE = re.compile(r"(.)\1+")
# Names that differ only so are as good as equal, and equal names in a country are one company.
AS_GOOD_AS_EQUAL = frozenset({"meaning", "blank", "trade order"})
SAME_WORDS = AS_GOOD_AS_EQUAL | {"short", "order", "cut"}
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
            "spoken": f"sounds the same: {self.one} and {self.other}",
            "sound": f"sounds the same: {self.one} and {self.other}",
            "meaning": f"means the same: {self.one} and {self.other}",
            "short": f"shortened: {self.one} and {self.other}",
            "swap": f"two letters swapped: {self.one} and {self.other}",
            "double": f"a letter doubled: {self.one} and {self.other}",
            "slip over blanks": f"one slip of the keyboard: {self.one} and {self.other}",
            "cut": f"cut off: {self.one} and {self.other}",
            "blank": "words joined or parted",
            "order": "the same words in another order",
            "trade order": "the same words in another order",
        }
        return said.get(self.kind, f"{self.one} left out")


class Odds:
    """Odds that two names are one company, against what is usual in a set of names.

    Parameters
    ----------
    entities
        All names; how common words are is counted in them.
    company
        Which of them are known to be one company, whose words are counted once.
    before
        Odds of the same names, from which is taken what does not change.
    """

    def __init__(
        self,
        entities: Entities,
        company: Sequence[int] | None = None,
        before: Odds | None = None,
    ) -> None:
        self.entities = entities
        self.letters: list[str] = (
            ["".join(word.text for word in name.words) for name in entities.name]
            if before is None
            else before.letters
        )
        self.here: dict[str, Counter[str]] = defaultdict(Counter)
        records: Counter[str] = Counter()
        self.at_address: Counter[tuple[str, str]] = Counter()
        companies = range(len(entities)) if company is None else company
        counted: set[tuple[int, str]] = set()
        named: set[tuple[int, str]] = set()
        for at, name in enumerate(entities.name):
            place, its = entities.place[at], companies[at]
            distinct = {word.meaning or word.text for word in name.words}
            seen = int(entities.records[at])
            records.update(dict.fromkeys(distinct, seen))
            new = {word for word in distinct if (its, word) not in counted}
            counted.update((its, word) for word in new)
            self.here[place].update(new)
            named.add((its, place))
            self.at_address.update(
                (place, address)
                for address in entities.addresses[at]
                if (its, address) not in counted
            )
            counted.update((its, address) for address in entities.addresses[at])
        self.size: Counter[str] = Counter(place for _, place in named)
        self.companies = len(named)
        self.everywhere: Counter[str] = Counter()
        for counts in self.here.values():
            self.everywhere.update(counts)
        # A trade word is as common as all words that mean the same.
        self.meaning = {
            word.text: word.meaning for name in entities.name for word in name.words if word.meaning
        }
        if before is None:
            words = [word for word, n in records.items() if n >= ESTABLISHED and word.isalpha()]
            self.near = dict.fromkeys(words, ()) | _near_words(
                [word for word in words if len(word) >= SHORTEST_WITH_SLIP]
            )
        else:
            self.near = before.near
        self.nearness = self._nearness()

    def _nearness(self) -> dict[tuple[str, str, int], float]:
        """Share of names with another established word near a given one.

        By place (``""`` for all places), kind of nearness and length of the word: in pinyin words
        are nearer to each other than in English. Where a place has few words, that of all places.
        """
        everywhere = self._shares(self.everywhere, self.companies)
        usual = {
            ("", *of): _drawn_to(_usual_near(*of), shares, USUAL_WORDS)
            for of, shares in everywhere.items()
        }
        here = {
            (place, *of): _drawn_to(usual["", *of], shares, USUAL_WORDS_HERE)
            for place, counts in self.here.items()
            for of, shares in self._shares(counts, self.size[place]).items()
        }
        return usual | here

    def _shares(self, counts: Counter[str], names: int) -> dict[tuple[str, int], list[float]]:
        """Share of names near to each word, by kind of nearness and length."""
        shares: dict[tuple[str, int], list[float]] = defaultdict(list)
        words = [word for word in counts if word in self.near]
        alike: Counter[str] = Counter()
        for word in words:
            alike[sound(word)] += counts[word]
            beside = {"slip": 0, "swap": 0, "double": 0}
            for other in self.near[word]:
                beside[_kind_of_slip(word, other)] += counts[other]
            for kind, seen in beside.items():
                shares[kind, len(word)].append(seen / names)
        for word in words:
            shares["sound", len(word)].append((alike[sound(word)] - counts[word]) / names)
        return shares

    def differences(self, a: int, b: int) -> list[Difference] | None:
        """Return how two names differ, or None if in more than can be explained."""
        one, other = self.entities.name[a].words, self.entities.name[b].words
        place = self.entities.place[a]
        left, right = _without_common(one, other), _without_common(other, one)
        if not left and not right:
            same_order = [word.text for word in one] == [word.text for word in other]
            if same_order:
                return []
            in_other = _in_other_order(one, other, place)
            return [Difference("order" if in_other else "trade order", "", "")]
        if "".join(word.text for word in left) == "".join(word.text for word in right):
            return [Difference("blank", _text(left), _text(right))]
        cut = [Difference("cut", _text(left), _text(right))] if self._is_cut_off(a, b) else None
        found = [Difference("order", "", "")] if _in_other_order(one, other, place) else []
        found += _blanks(left, right) + _blanks(right, left)
        if max(len(left), len(right)) > MOST_CHANGED:
            return cut
        for word in list(left):
            alike = next(((kind, to) for to in right if (kind := relation(word, to))), None)
            if alike is not None:
                found.append(Difference(alike[0], word.text, alike[1].text))
                left.remove(word)
                right.remove(alike[1])
        if left and right:
            if not _slip_over_blanks(left, right):
                return cut
            return [*found, Difference("slip over blanks", _text(left), _text(right))]
        if cut and (left or right):
            return cut
        return found + [
            Difference(_left_out(word, place), word.text, "") for word in (*left, *right)
        ]

    def _is_cut_off(self, a: int, b: int) -> bool:
        """Tell if one name is the beginning of the other and fills a field."""
        one, other = self.letters[a], self.letters[b]
        if len(other) < len(one):
            a, one, other = b, other, one
        # A name that ends in its legal form was not cut off: its length is 0.
        return other.startswith(one) and int(self.entities.length[a]) in FULL_FIELDS

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
        by_chance = log(self.size[place]) + sum(
            log(self._share(word, place)) for word in written.elements()
        )
        if "city less" in rates and rates.keys() <= WRITING | {"city less"}:
            ways = prod(rate for kind, rate in rates.items() if kind in WRITING)
            against = max(by_chance + changes, log(NAMESAKES_WITH_CITY * ways))
        elif any(kind.endswith("less") or kind == "number" for kind in rates):
            # A sister company, whose name is written in as many ways.
            ways = prod(rate for kind, rate in rates.items() if kind in WRITING)
            against = max(by_chance + changes, log(RELATED * ways))
        else:
            if rates.keys() <= AS_GOOD_AS_EQUAL:
                against = log(NAMESAKES)
            elif rates.keys() <= SAME_WORDS:
                against = max(by_chance + changes, log(NAMESAKES))
            else:
                against = max(by_chance, log(RELATED)) + changes
        rarer, both = float(records[b]), float(records[a] + records[b])
        clerks = CLERKS_WITH_HABITS if rates.keys() <= HABITS else CLERKS
        odds = _log_rarer(rarer, both, prod(rates.values()), clerks) - against
        sisters = not rates.keys() <= WRITING
        return odds + self._address(a, b, sisters=sisters) + self._form(a, b)

    def _form(self, a: int, b: int) -> float:
        forms = self.entities.forms
        if not other_form(forms[a], forms[b], self.entities.place[a]):
            return 0.0
        return log(OTHER_FORM_SAME / OTHER_FORM_DIFFERENT)

    def _share(self, word: str, place: str, pair: int = 2) -> float:
        """Share of names, but for the compared ones that hold it, that hold a word.

        That of the place, drawn to that of all places where the place has few names.
        """
        is_trade_word = word in self.meaning
        word = self.meaning.get(word, word)
        held = max(self.everywhere[word] - pair, UNSEEN)
        if is_trade_word:
            held += USUAL_NAMES * USUAL_TRADE_WORD
        usual = held / (self.companies + USUAL_NAMES)
        here = max(self.here[place][word] - pair, 0)
        return min((here + FEW_NAMES * usual) / (self.size[place] + FEW_NAMES), 1.0)

    def _chance(self, difference: Difference, place: str, written: Counter[str]) -> float:
        """Logarithm of the share of names that would differ so by chance."""
        if difference.kind.endswith("less") or difference.kind in {"order", "trade order", "cut"}:
            return 0.0
        if difference.kind in {"blank", "slip over blanks"}:
            parted = max(difference.one.split(), difference.other.split(), key=len)
            return sum(log(self._share(word, place, pair=1)) for word in parted)
        word = difference.one if difference.one in written else difference.other
        if difference.kind in {"meaning", "short"}:
            return log(self._share(word, place, pair=1))
        kind = {"spoken": "swap"}.get(difference.kind, difference.kind)
        kind = kind if kind in {"swap", "double", "sound"} else "slip"
        length = len(word)
        usual = self.nearness.get(
            (place, kind, length),
            self.nearness.get(("", kind, length), _usual_near(kind, length)),
        )
        other_names = max(self.here[place][word] - 1, 0) / self.size[place]
        return log(max(usual, other_names))

    def _address(self, a: int, b: int, *, sisters: bool) -> float:
        ours, theirs = self.entities.addresses[a], self.entities.addresses[b]
        if not ours or not theirs:
            return 0.0
        place = self.entities.place[a]
        shared = ours & theirs
        if not shared:
            return log(OTHER_ADDRESS)
        there = min(self.at_address[(place, address)] for address in shared)
        by_chance = (max(there - 2, 0) + NEIGHBOURS) / self.size[place]
        by_chance = max(by_chance, SISTERS_TOGETHER) if sisters else by_chance
        return log(SAME_ADDRESS / min(by_chance, SAME_ADDRESS))


def other_form(one: frozenset[str], other: frozenset[str], place: str) -> str:
    """Say that two spellings state bodies of different kinds, or ``""``."""
    if not one or not other or one & other or place in LOOSE_FORMS:
        return ""
    return f"another legal form ({'/'.join(sorted(one))}, not {'/'.join(sorted(other))})"


def relation(one: Word, other: Word) -> str:
    """Return how two words may be one word written in two ways, or ``""``."""
    a, b = one.text, other.text
    if one.meaning and one.meaning == other.meaning:
        return "meaning"
    if not (a.isalpha() and b.isalpha()):
        return ""
    if one.sound and one.sound == other.sound:
        return "spoken"
    if min(len(a), len(b)) >= SHORTEST_WITH_SLIP:
        if OSA.distance(a, b, score_cutoff=1) <= 1:
            kind = _kind_of_slip(a, b)
            if kind != "slip":
                return kind
            return "slip" if min(len(a), len(b)) >= SHORT_WORD else "short slip"
        near = OSA.distance(a, b, score_cutoff=2) <= 2
        if near and len(sound(a)) >= SHORTEST_SOUND and sound(a) == sound(b):
            return "sound"
    if _is_mistyped(a, other.meaning) or _is_mistyped(b, one.meaning):
        return "slip"
    (short, _), (long, meaning) = sorted(
        ((a, one.meaning), (b, other.meaning)), key=lambda word: len(word[0])
    )
    # Trade words are shortened; words of its own are what a company is called by.
    if meaning and len(short) >= ABBREVIATION and short[:2] == long[:2] and _is_within(short, long):
        return "short"
    return ""


def _in_other_order(one: tuple[Word, ...], other: tuple[Word, ...], place: str) -> bool:
    """Tell if the own words that two names have in common stand in different orders.

    The company's own city stands before or behind the name.
    """
    ours, theirs = ([word.text for word in words if word.is_own] for words in (one, other))
    common = set(ours) & set(theirs)
    ours, theirs = ([word for word in words if word in common] for words in (ours, theirs))
    return ours != theirs and [word for word in ours if not is_own_city(word, place)] != [
        word for word in theirs if not is_own_city(word, place)
    ]


@lru_cache(maxsize=1 << 16)
def _is_mistyped(word: str, meaning: str) -> bool:
    """Tell if a word is one slip away from a way to write a trade word."""
    return len(word) >= SHORT_WORD - 1 and any(
        OSA.distance(word, form, score_cutoff=1) <= 1
        for form in forms_of(meaning)
        if len(form) >= SHORT_WORD - 1
    )


def _kind_of_slip(one: str, other: str) -> str:
    """Return ``swap`` or ``double`` for two words one slip apart that differ so, else ``slip``."""
    if len(one) == len(other):
        return "swap" if sorted(one) == sorted(other) else "slip"
    single, double = (_DOUBLE.sub(r"\1", word) for word in (one, other))
    return "double" if single == double else "slip"


def _slip_over_blanks(left: list[Word], right: list[Word]) -> bool:
    """Tell if words are those of the other name but for blanks and one slip."""
    one, other = ("".join(word.text for word in words) for words in (left, right))
    return (
        max(len(left), len(right)) > 1
        and (one + other).isalpha()
        and min(len(one), len(other)) >= SHORT_WORD
        and OSA.distance(one, other, score_cutoff=1) <= 1
    )


def _left_out(word: Word, place: str) -> str:
    if is_own_city(word.text, place):
        return "city less"
    if word.meaning.startswith("LOC "):
        return "place less"
    return "less" if word.meaning else "own less"


def _drawn_to(usual: float, shares: list[float], worth: int) -> float:
    return (sum(shares) + worth * usual) / (len(shares) + worth)


def _usual_near(kind: str, length: int) -> float:
    if kind == "swap":
        return USUAL_SWAPPED
    if kind == "double":
        return USUAL_DOUBLED
    if kind == "sound":
        return USUAL_SOUND
    return USUAL_NEAR if length >= SHORT_WORD else USUAL_NEAR_SHORT


def _near_words(words: list[str]) -> dict[str, tuple[str, ...]]:
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
    return {word: tuple(sorted(others)) for word, others in near.items()}


def _blanks(parted: list[Word], joined: list[Word]) -> list[Difference]:
    """Take out words of the one that stand beside each other and are one word of the other."""
    found: list[Difference] = []
    if len(parted) < 2:
        return found
    for word in list(joined):
        for start, end in combinations(range(len(parted) + 1), 2):
            if end - start > 1 and _is_joined(parted[start:end], word.text):
                found.append(Difference("blank", _text(parted[start:end]), word.text))
                del parted[start:end]
                joined.remove(word)
                break
    return found


def _is_joined(parted: list[Word], joined: str) -> bool:
    """Tell if words are one word, whose end may be a shortened trade word."""
    *own, last = parted
    begin = "".join(word.text for word in own)
    rest = joined.removeprefix(begin)
    if len(rest) == len(joined):
        return False
    return rest == last.text or (
        bool(last.meaning)
        and len(rest) >= ABBREVIATION
        and relation(Word(rest, meaning_of(rest)), last) != ""
    )


def _is_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _without_common(words: tuple[Word, ...], others: tuple[Word, ...]) -> list[Word]:
    left = [word.text for word in others]
    kept = []
    for word in words:
        if word.text in left:
            left.remove(word.text)
        else:
            kept.append(word)
    return kept


def _text(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def _log_rarer(rarer: float, both: float, rate: float, clerks: float) -> float:
    """Log-likelihood ratio of how the records fall on two spellings.

    Of one company, the rarer spelling's records are beta-binomial around the rate of such
    spellings; a company of its own has k records with probability 1/(k(k+1)), the Zipf law that
    company sizes follow (Axtell 2001).
    """
    alpha, beta = rate * clerks, (1.0 - rate) * clerks
    other = both - rarer
    same = (
        lgamma(both + 1) - lgamma(rarer + 1) - lgamma(other + 1)
        + lgamma(rarer + alpha) + lgamma(other + beta) - lgamma(both + clerks)
        + lgamma(clerks) - lgamma(alpha) - lgamma(beta)
    )  # fmt: skip
    return same + log(rarer * (rarer + 1.0))

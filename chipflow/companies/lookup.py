"""Which names of two long lists are worth comparing in full.

All pairs of a hundred thousand companies and a hundred thousand listed names are ten billion.
Names are therefore compared only when they share a rare word (or one slip of the keyboard away
from it), two common words, or all their letters; and of those only when a quick comparison of
the whole says that they may be alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from operator import attrgetter

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from rigour.names import NamePartTag, Symbol

from chipflow.companies.alike import is_legal, taken_apart

# A key that more listed names have is too common to look names up by; two such words together
# are a key again.
RARE = 100  # listed names
# Most companies and listed names that one key may bring together.
MOST_PAIRS = 200_000  # pairs
# A word shorter than this with a letter changed is another word as often as not.
SHORTEST_WORD_WITH_SLIP = 5  # letters
SLIPS = 1  # edits, optimal string alignment
# In a longer word two slips leave little doubt which word is meant.
LONG_WORD, BEGINNING = 9, 5  # letters
SLIPS_IN_LONG_WORDS = 2  # edits
# More words than this that begin alike begin with a word of their own ("Inter", "Trans").
MOST_BEGIN_ALIKE = 300  # words
# Words of a name that are paired with each other; a longer name is cut.
MOST_WORDS = 8  # words
# rapidfuzz's token_sort_ratio of two names, 0 to 100, from which they are compared in full: of
# the aliases of a real list that pass the full comparison 2 in 100 lie below it.
ALIKE_AT_FIRST_SIGHT = 65.0
# Words of these kinds are in the names of many companies.
_OF_A_TRADE = (Symbol.Category.SYMBOL, Symbol.Category.DOMAIN)
# Marks the keys that stand for all of a name: its letters, or the meanings of its words.
_WHOLE = "="
_BLOCK = 5_000  # company names compared at a time, to bound memory


@dataclass(frozen=True, slots=True)
class _Read:
    """A name as it is looked up.

    ``words`` are without the legal form, and one that rigour knows the meaning of stands as that
    meaning, so that "Electronic" and "Elektronik" are one word. ``letters`` are the words as
    spelled; ``core`` those of them that are not a trade or of all trades; ``whole`` all letters
    with those of the legal form, which may be written without a blank ("SiemensAG").
    """

    words: tuple[str, ...]
    letters: str
    core: str
    whole: str

    @property
    def unspaced(self) -> str:
        """The words as spelled, without blanks: "Agro-Phen" is "Agrophen"."""
        return self.letters.replace(" ", "")

    @property
    def sense(self) -> str:
        """The words by meaning: "Brigade Forty-Four" is "Brigade 44"."""
        return " ".join(self.words)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a company name without its legal form, by meaning where known."""
    return _read(text).words


@cache
def _read(text: str) -> _Read:
    taken = taken_apart(text)
    if taken is None:
        return _Read((), "", "", "")
    meaning: dict[int, Symbol] = {}
    for span in taken.name.spans:
        for part in span.parts:
            if span.symbol.category != Symbol.Category.ORG_CLASS:
                meaning.setdefault(part.index, span.symbol)
    parts = [
        part for part in taken.name.parts if part.tag != NamePartTag.STOP and not is_legal(part)
    ]
    own = [
        part.comparable
        for part in parts
        if part.index not in meaning or meaning[part.index].category not in _OF_A_TRADE
    ]
    known = {at: f"{symbol.category.value}.{symbol.id}" for at, symbol in meaning.items()}
    found = [known.get(part.index, part.comparable) for part in parts]
    letters = " ".join(part.comparable for part in parts)
    return _Read(
        tuple(dict.fromkeys(word for word in found if word)),
        letters,
        " ".join(own) or letters,
        "".join(part.comparable for part in taken.name.parts),
    )


def candidate_pairs(ours: list[str], theirs: list[str]) -> pd.DataFrame:
    """Return the pairs of names that may be alike.

    Parameters
    ----------
    ours, theirs
        Distinct names of companies, and of listed parties.

    Returns
    -------
    pandas.DataFrame
        ``ours, theirs``: places in the two lists, each pair once.
    """
    our_read, their_read = ([_read(text) for text in names] for names in (ours, theirs))
    listed = _keys([one.words for one in their_read])
    common = _common(listed)
    ours_and_all, theirs_and_all = (
        {*(word for one in read for word in one.words), *(one.unspaced for one in read)}
        for read in (our_read, their_read)
    )
    left = _lookup_keys(our_read, common, slips=_slips(ours_and_all, theirs_and_all))
    right = _lookup_keys(their_read, common, slips={})
    right = right[right["key"].isin(left["key"].unique())]
    counts = left["key"].value_counts() * right["key"].value_counts()
    usable = counts.index[counts <= MOST_PAIRS]
    left, right = (side[side["key"].isin(usable)] for side in (left, right))
    kept = [
        _alike(block.merge(right, on="key", suffixes=("", "_r")), our_read, their_read)
        for _, block in left.groupby(left["name"] // _BLOCK)
    ]
    if not kept:
        return pd.DataFrame({"ours": [], "theirs": []}, dtype="int64")
    return pd.concat(kept, ignore_index=True)


def _keys(names: list[tuple[str, ...]]) -> pd.DataFrame:
    exploded = pd.Series(names, dtype=object).explode().dropna()
    return pd.DataFrame({"name": exploded.index, "key": exploded.to_numpy()})


def _common(keys: pd.DataFrame) -> frozenset[str]:
    counts = keys["key"].value_counts()
    return frozenset(counts.index[counts > RARE])


def _lookup_keys(
    read: list[_Read], common: frozenset[str], slips: dict[str, tuple[str, ...]]
) -> pd.DataFrame:
    """One row a name and key: rare words, pairs of common words, and the whole."""
    keys = [
        [
            *(word for word in found if word not in common),
            *(near for word in found for near in slips.get(word, ())),
            *("+".join(two) for two in _pairs([word for word in found if word in common])),
            *(_WHOLE + near for near in slips.get(one.unspaced, ())),
            _WHOLE + one.unspaced,
            _WHOLE + one.whole,
            _WHOLE + "+".join(sorted(found)),
        ]
        for one, found in ((one, one.words) for one in read)
    ]
    return _keys([tuple(one) for one in keys]).drop_duplicates()


def _pairs(found: list[str]) -> combinations[tuple[str, str]]:
    return combinations(sorted(found[:MOST_WORDS]), 2)


def _slips(ours: set[str], theirs: set[str]) -> dict[str, tuple[str, ...]]:
    """Words of companies and the listed words one slip of the keyboard away, long ones two.

    Words that are one slip apart share a word with one letter taken out (Garbe's symmetric
    delete), and long ones that are two apart mostly their beginning, so that they are found by
    an equality join.
    """
    near = pd.concat(
        [
            _met(_with_a_letter_out(ours), _with_a_letter_out(theirs)).assign(most=SLIPS),
            _met(_beginnings(ours), _beginnings(theirs)).assign(most=SLIPS_IN_LONG_WORDS),
        ]
    )
    apart = process.cpdist(
        near["word_ours"].tolist(), near["word_theirs"].tolist(),
        scorer=OSA.distance, score_cutoff=SLIPS_IN_LONG_WORDS, dtype=np.int32,
    )  # fmt: skip
    kept = near[apart <= near["most"].to_numpy()].drop_duplicates(["word_ours", "word_theirs"])
    by_word = kept.groupby("word_ours")["word_theirs"].agg(tuple)
    return {str(word): listed for word, listed in by_word.items()}


def _met(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    met = ours.merge(theirs, on="shadow", suffixes=("_ours", "_theirs"))
    met = met[["word_ours", "word_theirs"]].drop_duplicates()
    return met[met["word_ours"] != met["word_theirs"]]


def _beginnings(vocabulary: set[str]) -> pd.DataFrame:
    long = sorted(word for word in vocabulary if len(word) >= LONG_WORD and word.isalpha())
    table = pd.DataFrame({"word": long}, dtype="str")
    shadow = table["word"].str[:BEGINNING]
    usual = shadow.map(shadow.value_counts()) <= MOST_BEGIN_ALIKE
    return table.assign(shadow=shadow)[usual]


def _with_a_letter_out(vocabulary: set[str]) -> pd.DataFrame:
    long = sorted(
        word for word in vocabulary if len(word) >= SHORTEST_WORD_WITH_SLIP and word.isalpha()
    )
    shadows = [
        tuple({word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}) for word in long
    ]
    exploded = pd.Series(shadows, index=long, dtype=object).explode()
    return pd.DataFrame({"word": exploded.index, "shadow": exploded.to_numpy()}, dtype="str")


def _alike(met: pd.DataFrame, ours: list[_Read], theirs: list[_Read]) -> pd.DataFrame:
    """The pairs whose words, or whose words but those of all trades, look alike."""
    whole = met.loc[met["key"].str.startswith(_WHOLE), ["name", "name_r"]]
    pairs = pd.concat([whole, met[["name", "name_r"]]]).drop_duplicates()
    pairs = pairs.set_axis(["ours", "theirs"], axis=1).reset_index(drop=True)
    left, right = pairs["ours"].tolist(), pairs["theirs"].tolist()
    # Whole names that are equal are what is looked for, whatever they look like.
    kept = np.arange(len(pairs)) < len(whole.drop_duplicates())
    for texts in (attrgetter("letters"), attrgetter("core"), attrgetter("sense")):
        rest = np.flatnonzero(~kept)
        likeness = process.cpdist(
            [texts(ours[left[at]]) for at in rest],
            [texts(theirs[right[at]]) for at in rest],
            scorer=fuzz.token_sort_ratio,
            score_cutoff=ALIKE_AT_FIRST_SIGHT,
            dtype=np.float32,
        )
        kept[rest] = likeness >= ALIKE_AT_FIRST_SIGHT
    return pairs[kept]

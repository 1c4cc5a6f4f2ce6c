"""Which names are worth comparing: all that differ in little, found without comparing all pairs.

Two names meet where all words but one are the same or mean the same, and that word is alike in
one of these: the letters but one (Garbe's symmetric delete), the sound (metaphone), the meaning
that rigour knows, the beginning; or all words alike in sound or meaning; or the same letters with
blanks elsewhere, of words or of what they mean; or the same address. Names are sums of hashed
words, so that "all but one word" is a subtraction and a meeting is an equality.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rigour.text.phonetics import metaphone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chipflow.companies.names import CompanyName, Word

    Hashes = NDArray[np.uint64]
    Rows = NDArray[np.int64]

# In a shorter word a lost letter makes another word as often as not.
SHORTEST_WITH_SLIP = 4  # letters
# How much of a word's beginning an abbreviation keeps at least.
ABBREVIATION = 3  # letters
# More names than this that differ in one like word are a series ("Unit 1", "Unit 2"), or sit
# at an address of mailboxes: who is who cannot be told from that.
MOST_TOGETHER = 40  # names
# Odd, so that multiplying by it loses nothing: keeps the sum of some words and the hash of
# another from changing places.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_SPREAD), -1, 1 << 64))
# Of two ways to write one name, how much agrees from the beginning.
BEGINNING = 10  # letters
_VOWELS = frozenset("AEIOU")


@dataclass(frozen=True)
class Entities:
    """Distinct names in their places, by position.

    Attributes
    ----------
    place
        Country in which each name is told from others, ``""`` if unknown.
    name
        The name taken apart.
    records
        How many records hold it.
    addresses
        The distinct addresses that these records give, as fingerprints.
    length
        Characters of the longest spelling that may have been cut off.
    forms
        Kinds of body that the spellings state.
    """

    place: list[str]
    name: list[CompanyName]
    records: NDArray[np.float64]
    addresses: list[frozenset[str]]
    length: NDArray[np.int64]
    forms: list[frozenset[str]]

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self.name)


def likely_pairs(entities: Entities) -> pd.DataFrame:
    """Find the pairs of names of one place that differ in little.

    Returns
    -------
    pandas.DataFrame
        ``a, b``: positions with ``a < b``, each pair once, in order.
    """
    counts = np.array([len(name.words) for name in entities.name], dtype=np.int64)
    words = [word for name in entities.name for word in name.words]
    place = _hashed(f"in {place}" for place in entities.place)
    rows = np.arange(len(entities))
    owner = np.repeat(rows, counts)
    text = _hashed(word.text for word in words)
    whole = place + _sums(text, owner, len(entities))
    # Who shortens trade words may mistype another one too.
    meant = _hashed(word.meaning or word.text for word in words)
    meant_rest = (place + _sums(meant, owner, len(entities)))[owner] - meant
    sense = _SPREAD * place + _sums(_hashed(map(_sense, words)), owner, len(entities))
    squeezed = place + _hashed(
        "".join(word.meaning.lower() or word.text for word in name.words) for name in entities.name
    )
    own = ["".join(word.text for word in name.words if not word.meaning) for name in entities.name]
    letters = ["".join(word.text for word in name.words) for name in entities.name]
    met = [
        _together(*_one_letter_off(own, place)),
        _together(*_one_letter_off(letters, place)),
        _together(*_alike_at_first(letters, place)),
        _together(*_alike_in_one_word(words, meant_rest, owner)),
        _one_word_more(whole, whole[owner] - text, owner),
        _together(whole, rows),
        _together(sense, rows),
        _together(squeezed, rows),
        _together(*_at_one_address(entities)),
    ]
    pairs = np.sort(np.concatenate(met), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return pd.DataFrame(pairs, columns=["a", "b"])


def sound(word: str) -> str:
    """Return a word as it sounds: its metaphone, in which one first vowel is like another."""
    code = metaphone(word)
    return "A" + code[1:] if code[:1] in _VOWELS else code


def _hashed(texts: Iterable[str]) -> Hashes:
    values = pd.Series(list(texts), dtype=object)
    return np.asarray(pd.util.hash_pandas_object(values, index=False), dtype=np.uint64)


def _sums(values: Hashes, owner: Rows, size: int) -> Hashes:
    """Sum for each owner, wrapping around: equal bags of words have equal sums."""
    total = np.zeros(size, dtype=np.uint64)
    np.add.at(total, owner, values)
    return total


def _sense(word: Word) -> str:
    if word.meaning:
        return f"means {word.meaning}"
    if word.text.isalpha() and len(word.text) >= SHORTEST_WITH_SLIP:
        return f"sounds {word.sound or sound(word.text)}"
    return word.text


def _traits(word: Word) -> list[str]:
    """What another way of writing a word has in common with it."""
    text = word.text
    found = [f"means {word.meaning}"] if word.meaning else []
    if not text.isalpha():
        return found
    if len(text) >= SHORTEST_WITH_SLIP:
        found += [text, *{text[:at] + text[at + 1 :] for at in range(len(text))}]
        found.append(f"sounds {sound(text)}")
    if word.sound:
        found.append(f"spoken {word.sound}")
    if len(text) >= ABBREVIATION:
        found.append(f"begins {text[:ABBREVIATION]}")
    return found


def _alike_in_one_word(words: list[Word], rest: Hashes, owner: Rows) -> tuple[Hashes, Rows]:
    distinct = {word: at for at, word in enumerate(dict.fromkeys(words))}
    of_word = [_traits(word) for word in distinct]
    size = np.array([len(one) for one in of_word], dtype=np.int64)
    hashes = _hashed(trait for one in of_word for trait in one)
    start = np.cumsum(size) - size
    which = np.array([distinct[word] for word in words], dtype=np.int64)
    times = size[which]
    row = np.repeat(np.arange(len(words)), times)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    return rest[row] * _SPREAD + hashes[start[which[row]] + nth], owner[row]


def _one_letter_off(texts: list[str], place: Hashes) -> tuple[Hashes, Rows]:
    """Hashes of texts and of what is left of them without each one of their letters.

    Two texts meet if they are equal, or one letter was lost, added, changed or swapped with its
    neighbour (Garbe's symmetric delete). The hash of a text is the sum of its letters times
    powers of an odd number, so that a letter is taken out by arithmetic.
    """
    size = np.array([len(text) if len(text) >= SHORTEST_WITH_SLIP else 0 for text in texts])
    rows = np.repeat(np.arange(len(texts)), size)
    joined = "".join(text for text in texts if len(text) >= SHORTEST_WITH_SLIP)
    if not joined:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    start = np.repeat(np.cumsum(size) - size, size)
    nth = np.arange(len(codes)) - start
    powers = np.cumprod(np.full(int(size.max()) + 1, _SPREAD))
    before = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * powers[nth])])
    whole = (before[start + np.repeat(size, size)] - before[start]).astype(np.uint64)
    ahead = before[np.arange(len(codes))] - before[start]
    behind = (whole - ahead - codes * powers[nth]) * _INVERSE
    at_first = np.flatnonzero(nth == 0)
    values = np.concatenate([ahead + behind, whole[at_first]])
    owners = np.concatenate([rows, rows[at_first]])
    return values * _SPREAD + place[owners], owners


def _alike_at_first(letters: list[str], place: Hashes) -> tuple[Hashes, Rows]:
    """Names that begin alike: cut off, or with words joined and shortened."""
    rows = np.array(
        [row for row, text in enumerate(letters) if len(text) >= BEGINNING], dtype=np.int64
    )
    return place[rows] + _hashed(letters[row][:BEGINNING] for row in rows), rows


def _one_word_more(whole: Hashes, rest: Hashes, owner: Rows) -> Rows:
    """Pairs of a name and the same name with one word more."""
    longer = pd.DataFrame({"sum": rest, "longer": owner})
    shorter = pd.DataFrame({"sum": whole, "shorter": np.arange(len(whole))})
    found = longer.merge(shorter, on="sum")
    crowded = found.groupby("shorter")["longer"].transform("size") > MOST_TOGETHER
    return found.loc[~crowded, ["longer", "shorter"]].to_numpy(dtype=np.int64)


def _at_one_address(entities: Entities) -> tuple[Hashes, Rows]:
    at = [
        (row, f"{entities.place[row]} {address}")
        for row, addresses in enumerate(entities.addresses)
        for address in addresses
    ]
    rows = np.array([row for row, _ in at], dtype=np.int64)
    return _hashed(address for _, address in at), rows


def _together(values: Hashes, rows: Rows) -> Rows:
    """All pairs of rows that share a value, unless too many do."""
    table = pd.DataFrame({"value": values, "row": rows}).drop_duplicates()
    size = table.groupby("value")["row"].transform("size")
    table = table[(size > 1) & (size <= MOST_TOGETHER)]
    pairs = table.merge(table, on="value", suffixes=("_a", "_b"))
    pairs = pairs[pairs["row_a"] < pairs["row_b"]]
    return pairs[["row_a", "row_b"]].to_numpy(dtype=np.int64).reshape(-1, 2)

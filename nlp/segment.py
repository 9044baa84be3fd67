"""Words, where words decide: whether a match is a word of its own or a piece of another (服务差 in 服务差不多).

jieba's segmentation (dictionary, likeliest path, hidden Markov model for unknown words), of many short stretches at
once: only the surroundings of those borders that a dictionary word crosses are cut. The package's own tokenizer does
the same one text at a time, and holds its dictionary as half a million strings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate

import numpy as np

from nlp.characters import WORDLIKE, Kinds
from nlp.joined import SEPARATOR, Bools, Codes, Floats, Ints, Joined, decode, encode
from nlp.trie import Trie

_LONGEST = 4
"""Characters of the words that make a border doubtful."""
_MARGIN = 8
_WIDTH = 2 * _MARGIN
_STRIDE = _WIDTH + 1
_BLOCK = 1024


@dataclass(frozen=True)
class Dictionary:
    """jieba's words with the domain's, and the logarithm of each one's frequency (minus infinity: no word)."""

    trie: Trie
    logarithms: Floats
    total: float


@cache
def dictionary() -> Dictionary:
    """Read from the package's file, once in a process, in some tenths of a second."""
    own = (files("nlp") / "data" / "words.txt").read_text(encoding="utf-8").split()
    # Our words stand first, so that those that jieba has, too, keep its number and frequency.
    listed = encode("".join(f"{word} 0\n" for word in own) + (files("jieba") / "dict.txt").read_text(encoding="utf-8"))
    begins, lengths, frequencies = _entries(listed)
    trie = Trie(listed, begins, lengths)
    total = int(frequencies.sum())
    for word in own:
        added = _suggested(word, trie, frequencies, total)
        frequencies[_parts(trie, word)[word]] = added
        total += added
    rare, place = np.unique(frequencies, return_inverse=True)
    logarithms = np.array([math.log(one) if one else -math.inf for one in rare.tolist()])
    return Dictionary(trie, logarithms.take(place), math.log(total))


def _entries(codes: Codes) -> tuple[Ints, Ints, Ints]:
    """Begin and length of the word, and the frequency, of each line: word, blank, digits, and maybe more."""
    ends = np.flatnonzero(codes == ord("\n"))
    begins = np.concatenate([[0], ends[:-1] + 1])
    blanks = np.append(np.flatnonzero(codes == ord(" ")), len(codes))
    first = np.searchsorted(blanks, begins)
    digits, stops = blanks[first] + 1, np.minimum(blanks[first + 1], ends)
    frequencies = np.zeros(len(begins), dtype=np.int64)
    for place in range(int((stops - digits).max())):
        digit = codes.take(digits + place, mode="clip").astype(np.int64) - ord("0")
        frequencies = np.where(digits + place < stops, 10 * frequencies + digit, frequencies)
    return begins, blanks[first] - begins, frequencies


def _parts(trie: Trie, word: str) -> dict[str, int]:
    """The numbers of all words inside a word, itself among them."""
    found = trie.find(encode(word + SEPARATOR))
    entries = zip(found.starts.tolist(), found.ends.tolist(), found.words.tolist(), strict=True)
    return {word[start:end]: number for start, end, number in entries}


def _suggested(word: str, trie: Trie, frequencies: Ints, total: int) -> int:
    """The frequency from which a word is no longer cut, as jieba's ``suggest_freq`` has it."""
    known = {part: one for part, number in _parts(trie, word).items() if (one := int(frequencies[number]))}
    chance = 1.0
    for part in _likeliest(word, known, math.log(total)):
        chance *= known.get(part, 1) / float(total)
    return max(int(chance * total) + 1, known.get(word, 1))


def _likeliest(text: str, frequencies: dict[str, int], total: float) -> list[str]:
    """The likeliest words of a short text; of paths as likely, the one with the longer first word."""
    route: list[tuple[float, int]] = [(0.0, 0)] * (len(text) + 1)
    for start in range(len(text) - 1, -1, -1):
        ends = [end for end in range(start + 1, len(text) + 1) if frequencies.get(text[start:end])] or [start + 1]
        route[start] = max(
            (math.log(frequencies.get(text[start:end]) or 1) - total + route[end][0], end) for end in ends
        )
    words, start = [], 0
    while start < len(text):
        words.append(text[start : route[start][1]])
        start = route[start][1]
    return words


_NOT = ord("不")


def pieces(joined: Joined, kinds: Kinds, starts: Ints, ends: Ints) -> Bools:
    """Whether each span of joined normal forms only seems to be said, because another word begins or ends inside it.

    服务差 is a piece in 服务差不多. A word that reaches in from the left counts only where what it covers is no word
    itself: 银行贷款 is one word to jieba, and yet 贷款利率高 is said in it. What ends like 取不出 is whole, also in
    取不出钱, whatever 出钱 is.
    """
    places = np.unique(np.concatenate([starts, ends]))
    if not len(places):
        return np.zeros(0, dtype=np.bool_)
    places = places[_doubtful(joined.codes, places)]
    answers = [_across(joined, kinds, places[start : start + _BLOCK]) for start in range(0, len(places), _BLOCK)]
    reach = np.concatenate([np.zeros(0, dtype=np.int64), *(reach for reach, _ in answers)])
    word = np.concatenate([np.zeros(0, dtype=np.bool_), *(word for _, word in answers)])
    behind = np.zeros(len(joined.codes), dtype=np.int64)
    behind[places] = reach
    covers_word = np.zeros(len(joined.codes), dtype=np.bool_)
    covers_word[places] = word
    left = behind.take(starts)
    whole = joined.codes.take(ends - 2) == _NOT
    reaches_out = (behind.take(ends) > 0) & ~whole
    return np.asarray(reaches_out | ((left > 0) & (starts + left < ends) & ~covers_word.take(starts)))


def _doubtful(codes: Codes, places: Ints) -> Bools:
    """Whether a dictionary word of at most `_LONGEST` characters stands across each place."""
    near = np.zeros(len(codes), dtype=np.bool_)
    for before in range(1, _LONGEST):
        near[np.maximum(places - before, 0)] = True
    found = dictionary().trie.find(codes, np.flatnonzero(near), _LONGEST)
    real = np.isfinite(dictionary().logarithms.take(found.words))
    starts, lengths = found.starts[real], (found.ends - found.starts)[real]
    crossed = np.zeros(len(codes) + 1, dtype=np.bool_)
    for inner in range(1, _LONGEST):
        crossed[starts[lengths > inner] + inner] = True
    return crossed.take(places)


@dataclass(frozen=True)
class _Windows:
    """Surroundings of places, each in a row of `_STRIDE` code points; what is no part of the run of word characters
    at the place is blotted out. The runs reach from ``begins`` to ``stops``; the place is at ``middles``."""

    codes: Codes
    begins: Ints
    stops: Ints
    middles: Ints

    @classmethod
    def round(cls, joined: Joined, kinds: Kinds, places: Ints) -> _Windows:
        """The windows of some places, `_MARGIN` characters to each side."""
        rows = joined.rows.take(places)
        lows = np.maximum(joined.starts.take(rows), places - _MARGIN)
        column = lows[:, None] + np.arange(_STRIDE)
        highs = np.minimum(joined.ends.take(rows), places + _MARGIN)
        inside = (column < highs[:, None]) & (kinds.take(column, mode="clip") & WORDLIKE > 0)
        middles = places - lows
        index = np.arange(_STRIDE)
        begins = np.where(~inside & (index < middles[:, None]), index + 1, 0).max(axis=1)
        stops = np.where(~inside & (index >= middles[:, None]), index, _STRIDE).min(axis=1)
        inside &= (index >= begins[:, None]) & (index < stops[:, None])
        codes = np.where(inside, joined.codes.take(column, mode="clip"), np.uint32(ord(SEPARATOR)))
        return cls(codes.astype(np.uint32), begins, stops, middles)


def _across(joined: Joined, kinds: Kinds, places: Ints) -> tuple[Ints, Bools]:
    """For each place how far the word of the segmentation that stands across it reaches behind it (0: none does).

    With it whether the part of that word behind the place is a word of two or more characters itself.
    """
    windows = _Windows.round(joined, kinds, places)
    weights = _weights(windows)
    lengths = _route(weights, windows.stops)
    starts = _walk(lengths, windows)
    index = np.arange(_STRIDE)
    ahead = np.where(starts & (index > windows.middles[:, None]), index, _STRIDE).min(axis=1)
    row = np.arange(len(places))
    crossed = ~starts[row, windows.middles]
    reach = np.where(crossed, ahead - windows.middles, 0)
    single = starts & (lengths == 1) & (index < windows.stops[:, None])
    for one in np.flatnonzero(single[row, windows.middles] & single[row, windows.middles - 1]).tolist():
        reach[one] = _unknown_across(windows, weights, single, one)
    covers = np.isfinite(weights[row, windows.middles, np.minimum(reach, _WIDTH)]) & (reach > 1)
    return reach, covers


def _weights(windows: _Windows) -> Floats:
    """Log probability of the word of each length at each place of each window; minus infinity where there is none."""
    entries = dictionary()
    found = entries.trie.find(windows.codes.ravel())
    weights = np.full((*windows.codes.shape, _STRIDE), -np.inf)
    weights[found.starts // _STRIDE, found.starts % _STRIDE, found.ends - found.starts] = (
        entries.logarithms.take(found.words) - entries.total
    )
    return weights


def _route(weights: Floats, stops: Ints) -> Ints:
    """At each place the length of the first word of the likeliest path from there to the end; ties to the longer."""
    rows = len(weights)
    alone = -dictionary().total
    best = np.zeros((rows, 2 * _STRIDE))
    lengths = np.ones((rows, _STRIDE), dtype=np.int64)
    for place in range(_WIDTH - 1, -1, -1):
        paths = weights[:, place, 1:] + best[:, place + 1 : place + _STRIDE]
        longest = _WIDTH - paths[:, ::-1].argmax(axis=1)
        likely = paths.max(axis=1)
        unknown = np.isneginf(likely)
        lengths[:, place] = np.where(unknown, 1, longest)
        best[:, place] = np.where(unknown, alone + best[:, place + 1], likely)
        best[place >= stops, place] = 0
    return lengths


def _walk(lengths: Ints, windows: _Windows) -> Bools:
    """Where words begin, when going through each window from its run's beginning by the lengths."""
    starts = np.zeros((len(lengths), 2 * _STRIDE), dtype=np.bool_)
    rows, places = np.arange(len(lengths)), windows.begins
    while len(rows):
        starts[rows, places] = True
        places = places + lengths[rows, places]
        inside = places < windows.stops[rows]
        rows, places = rows[inside], places[inside]
    starts[np.arange(len(lengths)), windows.stops] = True
    return starts[:, :_STRIDE]


def _unknown_across(windows: _Windows, weights: Floats, single: Bools, row: int) -> int:
    """How far a word that is in no dictionary, made of single characters, reaches behind the middle; 0 for none."""
    first = last = int(windows.middles[row])
    middle = first
    while first and single[row, first - 1]:
        first -= 1
    while single[row, last]:
        last += 1
    if np.isfinite(weights[row, first, last - first]):
        return 0
    for end in _unknown_words(decode(windows.codes[row, first:last])):
        if first + end >= middle:
            return first + end - middle
    return 0


@lru_cache(maxsize=1 << 16)
def _unknown_words(text: str) -> tuple[int, ...]:
    """Where the words end that the hidden Markov model makes of a run of single characters.

    The package takes a third of a second to import, which most readings can do without.
    """
    from jieba import finalseg

    return tuple(accumulate(map(len, finalseg.cut(text))))

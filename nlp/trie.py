"""Finds all of many words in joined texts at once: a trie that is walked from every character at the same time.

An automaton finds the same, but each match then is an object of its own, which costs more than the search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.joined import Bools, Codes, Ints, encode

_CODES = 0x110000
_PAIR_BITS = 18
_CODE_BITS = np.uint64(21)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]


def _pair(first: Codes, second: Codes) -> Codes:
    """A number of `_PAIR_BITS` bits for two characters."""
    return ((first * np.uint32(0x01000193)) ^ (second * np.uint32(0x9E3779B1))) >> np.uint32(32 - _PAIR_BITS)


@dataclass(frozen=True, slots=True)
class Found:
    """Words in joined texts: where each begins and ends, and its number. In no order."""

    starts: Ints
    ends: Ints
    words: Numbers

    def __len__(self) -> int:
        return len(self.starts)

    def pick(self, which: Ints | Bools) -> Found:
        """Some of them."""
        return Found(self.starts[which], self.ends[which], self.words[which])


class Trie:
    """Words by their numbers, in the order given; of a word given twice the later one. Empty words are never found.

    The words are stretches of ``codes``, each by its begin and its length.
    """

    def __init__(self, codes: Codes, begins: Ints, lengths: Ints) -> None:
        nodes, total = np.zeros(len(begins), dtype=np.int64), 0
        ends: list[tuple[Ints, Ints]] = []
        edges: list[tuple[Keys, Ints]] = []
        for level in range(int(lengths.max(initial=0))):
            active = np.flatnonzero(lengths > level)
            parents = nodes[active].astype(np.uint64) << _CODE_BITS
            keys, child = np.unique(parents | codes[begins[active] + level], return_inverse=True)
            nodes[active] = total + 1 + child
            edges.append((keys, total + 1 + np.arange(len(keys))))
            total += len(keys)
            last = active[lengths[active] == level + 1]
            ends.append((nodes[last], last))
        self._word = np.full(total + 1, -1, dtype=np.int32)
        for node, number in ends:
            self._word[node] = number
        self._root = np.zeros(_CODES, dtype=np.int32)
        for keys, children in edges[:1]:
            self._root[keys.astype(np.int64)] = children
        self._pairs = np.zeros(1 << _PAIR_BITS, dtype=np.bool_)
        two = begins[lengths > 1]
        self._pairs[_pair(codes[two], codes[two + 1])] = True
        self._fill(edges[1:])

    @classmethod
    def of(cls, words: Iterable[str]) -> Trie:
        """The trie of a list of words."""
        listed = list(words)
        lengths = np.fromiter(map(len, listed), np.int64, len(listed))
        return cls(encode("".join(listed)), np.cumsum(lengths) - lengths, lengths)

    def _fill(self, edges: Sequence[tuple[Keys, Ints]]) -> None:
        """A hash table with open addressing, at most a quarter full."""
        keys = np.concatenate([np.zeros(0, dtype=np.uint64), *(keys for keys, _ in edges)])
        nodes = np.concatenate([np.zeros(0, dtype=np.int64), *(children for _, children in edges)])
        self._inner = np.zeros(len(self._word), dtype=np.bool_)
        self._inner[(keys >> _CODE_BITS).astype(np.int64)] = True
        bits = max(4, (4 * len(keys) - 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._keys = np.full(1 << bits, _EMPTY, dtype=np.uint64)
        self._nodes = np.zeros(1 << bits, dtype=np.int32)
        slots = self._slots(keys)
        while len(keys):
            free = self._keys[slots] == _EMPTY
            self._keys[slots[free]] = keys[free]
            mine = self._keys[slots] == keys
            self._nodes[slots[mine]] = nodes[mine]
            keys, nodes, slots = keys[~mine], nodes[~mine], (slots[~mine] + 1) & (len(self._keys) - 1)
        self._taken = self._keys != _EMPTY

    def _slots(self, keys: Keys) -> Ints:
        return ((keys * _MULTIPLIER) >> self._shift).astype(np.int64)

    def find(self, codes: Codes, starts: Ints | None = None, longest: int = _CODES) -> Found:
        """Every word that begins at one of the places (at any, if none are given), overlapping ones too.

        The last code point must be no part of a word, as the separator behind a text. Words of more than ``longest``
        characters are left out.
        """
        parts = list(self._walk(codes, starts, longest))
        if not parts:
            nothing = np.zeros(0, dtype=np.int64)
            return Found(nothing, nothing, nothing.astype(np.int32))
        return Found(*(np.concatenate(side) for side in zip(*parts, strict=True)))

    def _walk(self, codes: Codes, starts: Ints | None, longest: int) -> Iterator[tuple[Ints, Ints, Numbers]]:
        """The words of each length."""
        first = codes if starts is None else codes.take(starts)
        second = np.append(codes[1:], codes[:1]) if starts is None else codes.take(starts + 1, mode="clip")
        nodes = self._root.take(first)
        # Most characters begin no longer word; a byte a pair tells it from the cache.
        going = np.flatnonzero(self._pairs.take(_pair(first, second)))
        for length in range(1, longest + 1):
            words = self._word.take(nodes)
            ends = np.flatnonzero(words >= 0)
            begin = ends if starts is None else starts.take(ends)
            yield begin, begin + length, words.take(ends)
            starts, nodes = going if starts is None else starts.take(going), nodes.take(going)
            nodes = self._step(nodes, codes.take(starts + length, mode="clip"))
            alive = np.flatnonzero(nodes > 0)
            if not len(alive) or length == longest:
                return
            starts, nodes = starts.take(alive), nodes.take(alive)
            going = np.flatnonzero(self._inner.take(nodes))

    def _step(self, nodes: Numbers, codes: Codes) -> Numbers:
        """The node that each node's edge with a character leads to; 0 where there is none."""
        keys = (nodes.astype(np.uint64) << _CODE_BITS) | codes
        slots = self._slots(keys)
        after = np.zeros(len(keys), dtype=np.int32)
        # Most characters continue no word; a byte a slot tells it from the cache.
        taken = np.flatnonzero(self._taken.take(slots))
        some = slots.take(taken)
        right = self._keys.take(some) == keys.take(taken)
        after[taken] = np.where(right, self._nodes.take(some), 0)
        return self._probe(keys, slots, after, taken[~right])

    def _probe(self, keys: Keys, slots: Ints, after: Numbers, unsure: Ints) -> Numbers:
        """Go on from slots that hold another key."""
        while len(unsure):
            slots[unsure] = (slots[unsure] + 1) & (len(self._keys) - 1)
            seen, wanted = self._keys[slots[unsure]], keys[unsure]
            right = seen == wanted
            after[unsure[right]] = self._nodes[slots[unsure[right]]]
            unsure = unsure[~right & (seen != _EMPTY)]
        return after

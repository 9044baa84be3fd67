"""Hashed character n-grams with a weight in each linear head: one gather of a table for all heads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.grams import runs
from nlp.joined import Ints, Joined

TEXT_BITS, PARENT_BITS = 22, 20
_BLOCK = 4096
"""n-grams whose weights are gathered at once, so that they stay in the processor's cache."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of masked texts that a table knows.

    ``slots``, for n from 1: for each place the number (from 1) of the n-gram that begins there, 0 for an unknown one.
    """

    joined: Joined
    slots: tuple[npt.NDArray[np.int32], ...]


class Table:
    """n-gram buckets that the model knows, with their weight in each head (int8, one scale a head)."""

    def __init__(
        self, buckets: npt.NDArray[Any], idf: npt.NDArray[Any], weights: npt.NDArray[Any], scale: Floats
    ) -> None:
        self.bits = TEXT_BITS if buckets.size and buckets[-1] >= 1 << PARENT_BITS else PARENT_BITS
        self._slots = np.zeros(1 << self.bits, dtype=np.int32)
        self._slots[buckets] = np.arange(1, len(buckets) + 1, dtype=np.int32)
        self.idf = idf.astype(np.float32)
        self.heads, self._scale = weights.shape[1], scale
        # A row of 32 bytes is half a cache line.
        self.weights = np.zeros((len(weights), -(-self.heads // 32) * 32), dtype=np.int8)
        self.weights[:, : self.heads] = weights

    def look_up(self, joined: Joined) -> Grams:
        """The known n-grams of texts."""
        found = []
        for buckets, beyond in runs(joined, self.bits):
            slots = self._slots.take(buckets)
            slots[beyond] = 0
            found.append(slots)
        return Grams(joined, tuple(found))

    def score(self, grams: Grams) -> Floats:
        """Logits of each head (columns) for each text (rows). A text's n-grams weigh idf over their Euclidean norm."""
        out = np.zeros((len(grams.joined), self.weights.shape[1]), dtype=np.float32)
        rows, slots = self._each_once(grams)
        values = self.idf.take(slots)
        squares = np.bincount(rows, values.astype(np.float64) ** 2, minlength=len(out))
        values /= np.sqrt(squares).astype(np.float32).take(rows)
        begins = np.searchsorted(rows, np.arange(len(out) + 1)).tolist()
        for first, last in _blocks(begins):
            start = begins[first]
            weights = self.weights.take(slots[start : begins[last]], axis=0).astype(np.float32)
            for row in range(first, last):
                low, high = begins[row], begins[row + 1]
                if low < high:
                    np.dot(values[low:high], weights[low - start : high - start], out=out[row])
        return out[:, : self.heads] * self._scale

    def _each_once(self, grams: Grams) -> tuple[Ints, Ints]:
        """Text number and slot (from 0) of each known n-gram of each text, in order."""
        shift = len(self.idf).bit_length()
        # Half as many bytes are sorted twice as fast.
        kind = np.uint64 if len(grams.joined) << shift >= 1 << 32 else np.uint32
        rows = np.left_shift(grams.joined.rows.astype(kind), shift, dtype=kind)
        keys = [np.zeros(0, dtype=kind)]
        for slots in grams.slots:
            places = np.flatnonzero(slots)
            keys.append(rows.take(places) | slots.take(places).astype(kind))
        ordered = np.sort(np.concatenate(keys)).astype(np.int64)
        unique = ordered[np.diff(ordered, prepend=-1) > 0]
        return unique >> shift, (unique & ((1 << shift) - 1)) - 1


def _blocks(begins: list[int]) -> Iterator[tuple[int, int]]:
    """Rows (first, behind the last) whose n-grams are gathered together: at least one row, else at most `_BLOCK`."""
    first = 0
    for row in range(1, len(begins)):
        if row == len(begins) - 1 or begins[row + 1] - begins[first] > _BLOCK:
            yield first, row
            first = row


def unpack_words(packed: npt.NDArray[Any]) -> list[str]:
    """Words that were kept as UTF-8 bytes with line feeds between."""
    return packed.tobytes().decode("utf-8").split("\n")


def pack_words(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """The opposite of what reading does; no word may hold a line feed."""
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)

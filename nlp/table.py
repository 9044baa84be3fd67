"""Hashed character n-grams with a weight in each linear head: one gather of a table for all heads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.grams import LONGEST, runs
from nlp.joined import Ints, Joined

TEXT_BITS, PARENT_BITS = 22, 20
_BLOCK = 4096
"""n-grams whose weights are gathered at once, so that they stay in the processor's cache."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of masked texts that a table knows.

    ``slots``, one row for each n from 1: for each place the number (from 1) of the n-gram that begins there, 0 for an
    unknown one.
    """

    joined: Joined
    slots: npt.NDArray[np.int32]


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
        slots = np.zeros((LONGEST, len(joined.codes)), dtype=np.int32)
        for row, (buckets, beyond) in zip(slots, runs(joined, self.bits), strict=True):
            row[: len(buckets)] = self._slots.take(buckets)
            row[beyond] = 0
        return Grams(joined, slots)

    def score(self, grams: Grams) -> Floats:
        """Logits of each head (columns) for each text (rows). A text's n-grams weigh idf over their Euclidean norm."""
        out = np.zeros((len(grams.joined), self.weights.shape[1]), dtype=np.float32)
        rows, slots = self._each_once(grams)
        values = self.idf.take(slots)
        squares = np.bincount(rows, np.square(values, dtype=np.float64), minlength=len(out))
        values /= np.sqrt(squares).astype(np.float32).take(rows)
        counts = np.bincount(rows, minlength=len(out))
        begins = np.cumsum(counts) - counts
        for texts, count in _alike(counts):
            places = begins[texts][:, None] + np.arange(count)
            weights = self.weights.take(slots.take(places), axis=0).astype(np.float32)
            # A product of its own for each text, so that nothing depends on the others.
            out[texts] = np.matmul(values.take(places)[:, None, :], weights)[:, 0]
        return out[:, : self.heads] * self._scale

    def weight(self, slots: npt.NDArray[np.int32], heads: Ints) -> npt.NDArray[np.int8]:
        """The weight of each n-gram (by its slot from 0) in a head, without the head's scale."""
        return np.asarray(self.weights.ravel().take(slots.astype(np.int64) * self.weights.shape[1] + heads))

    def _each_once(self, grams: Grams) -> tuple[Ints, Ints]:
        """Text number and slot (from 0) of each known n-gram of each text, in order."""
        shift = len(self.idf).bit_length()
        # Half as many bytes are sorted twice as fast.
        kind = np.uint64 if len(grams.joined) << shift >= 1 << 32 else np.uint32
        rows = np.left_shift(grams.joined.rows.astype(kind), shift, dtype=kind)
        keys = [np.zeros(0, dtype=kind)]
        for slots in grams.slots:
            places = np.flatnonzero(slots > 0)
            keys.append(rows.take(places) | slots.take(places).astype(kind))
        ordered = np.sort(np.concatenate(keys))
        first = np.ones(len(ordered), dtype=np.bool_)
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        unique = ordered[first].astype(np.int64)
        return unique >> shift, (unique & ((1 << shift) - 1)) - 1


def _alike(counts: Ints) -> Iterator[tuple[Ints, int]]:
    """Texts with equally many n-grams, and how many: at least one text, else at most `_BLOCK` n-grams together."""
    order = np.argsort(counts, kind="stable")
    ordered = counts[order]
    for first, last in pairwise(np.flatnonzero(np.diff(ordered, prepend=0, append=-1)).tolist()):
        count = int(ordered[first])
        step = max(1, _BLOCK // count)
        for start in range(first, last, step):
            yield order[start : min(start + step, last)], count


def unpack_words(packed: npt.NDArray[Any]) -> list[str]:
    """Words that were kept as UTF-8 bytes with line feeds between."""
    return packed.tobytes().decode("utf-8").split("\n")


def pack_words(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """The opposite of what reading does; no word may hold a line feed."""
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)

"""Character n-grams of a batch of texts as buckets of a hash table, without a loop over characters.

Used alike when the model is trained and when it reads, so both see the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

LONGEST = 4
_EDGE = "\ue010"
"""Stands before and after each text, so that its beginning and end are n-grams too."""

Ints = npt.NDArray[np.int64]


def _codes(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint64], Ints]:
    """Code points of all texts in one row, and for each the number of its text."""
    padded = [f"{_EDGE}{text}{_EDGE}" for text in texts]
    joined = "".join(padded).encode("utf-32-le", "surrogatepass")
    lengths = np.fromiter((len(text) for text in padded), dtype=np.int64, count=len(padded))
    return np.frombuffer(joined, dtype="<u4").astype(np.uint64), np.repeat(np.arange(len(padded)), lengths)


def _runs(codes: npt.NDArray[np.uint64], rows: Ints, bits: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """For each n: text number, bucket and position in the row of every n-gram that lies within one text."""
    mask = np.uint64(0xFFFFFFFF)
    running = np.zeros(len(codes), dtype=np.uint64)
    for n in range(1, LONGEST + 1):
        running = ((running[: len(codes) - n + 1] * np.uint64(0x01000193)) ^ codes[n - 1 :]) & mask
        mixed = (running * np.uint64(0x9E3779B1) + np.uint64(n)) & mask
        mixed ^= mixed >> np.uint64(15)
        bucket = ((mixed * np.uint64(0x85EBCA6B)) & mask) >> np.uint64(32 - bits)
        inside = rows[: len(running)] == rows[n - 1 :]
        places = np.flatnonzero(inside)
        yield rows[places], bucket[places].astype(np.int64), places


def grams(texts: Sequence[str], bits: int) -> tuple[Ints, Ints]:
    """Pairs (number of the text, bucket), each once, ordered by text. ``bits``: the table has 2**bits buckets."""
    if not texts:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    codes, rows = _codes(texts)
    keys = [(row << bits) | bucket for row, bucket, _ in _runs(codes, rows, bits)]
    unique = np.unique(np.concatenate(keys))
    return unique >> bits, unique & ((1 << bits) - 1)


def places(text: str, bits: int) -> tuple[Ints, Ints, Ints]:
    """Start, end and bucket of each n-gram of one text; the edges are cut off the spans."""
    codes, rows = _codes([text])
    runs = [(starts, starts + n, buckets) for n, (_, buckets, starts) in enumerate(_runs(codes, rows, bits), start=1)]
    starts, ends, buckets = (np.concatenate(part) for part in zip(*runs, strict=True))
    starts, ends = np.maximum(starts - 1, 0), np.minimum(ends - 1, len(text))
    inside = starts < ends
    return starts[inside], ends[inside], buckets[inside]

"""Texts that are nearly the same, so that no text is tested on what its twin taught.

Two texts are near where the cosine of their character 3- to 5-gram counts is at least ``NEAR``. Nearness is joined
into clusters (single linkage), and a cluster is never split. Needs numpy alone; 5,000 short texts take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

NEAR = 0.5
"""At this cosine two texts share about half of what they say."""
SIZES = (3, 4, 5)
# An odd 64-bit number with well-mixed bits (2^64 over the golden ratio): Fibonacci hashing, Knuth TAOCP 3, 6.4.
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def cluster_folds(texts: Sequence[str], folds: int, seed: int) -> list[int]:
    """The fold, 0 to ``folds`` - 1, of each text; near texts share one, and folds are as even as clusters allow.

    The same texts in the same order with the same seed get the same folds. Large clusters are dealt first, each to the
    smallest fold so far; ``seed`` decides the order among clusters of one size. ValueError where ``folds`` is under 1.
    """
    if folds < 1:
        raise ValueError(f"folds: {folds}, at least 1")
    of_text = np.array(clusters(texts), dtype=np.int64)
    sizes = np.bincount(of_text)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    of_cluster, filled = np.zeros(len(sizes), dtype=np.int64), np.zeros(folds, dtype=np.int64)
    for cluster in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        smallest = int(filled.argmin())
        of_cluster[cluster] = smallest
        filled[smallest] += sizes[cluster]
    return [int(fold) for fold in of_cluster[of_text]]


def clusters(texts: Sequence[str], near: float = NEAR) -> list[int]:
    """The number of each text's cluster; clusters are numbered by their first text."""
    root = list(range(len(texts)))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for number, row in enumerate(_cosines(texts, texts)):
        for other in np.flatnonzero(row[:number] >= near).tolist():
            first, second = sorted((find(number), find(other)))
            root[second] = first
    numbers: defaultdict[int, int] = defaultdict(lambda: len(numbers))
    return [numbers[find(one)] for one in range(len(texts))]


def nearest(texts: Sequence[str], others: Sequence[str]) -> list[float]:
    """The highest cosine of each text to any of ``others``; 0 where there are none."""
    return [float(row.max(initial=0.0)) for row in _cosines(texts, others)]


def _cosines(texts: Sequence[str], others: Sequence[str]) -> Iterator[Floats]:
    """For each text its cosine to each of ``others``, by way of the grams' inverted index."""
    grams, documents, weights = _weighted(others)
    order = np.argsort(grams, kind="stable")
    known, starts, counts = np.unique(grams[order], return_index=True, return_counts=True)
    documents, weights = documents[order], weights[order]
    asked, askers, asked_weights = _weighted(texts)
    borders = np.searchsorted(askers, np.arange(len(texts) + 1))
    for first, last in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        found = np.searchsorted(known, asked[first:last])
        hits = found < len(known)
        hits[hits] = known[found[hits]] == asked[first:last][hits]
        found = found[hits]
        places = _ranges(starts[found], counts[found])
        products = weights[places] * np.repeat(asked_weights[first:last][hits], counts[found])
        yield np.bincount(documents[places], weights=products, minlength=len(others)).astype(np.float64)


def _weighted(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint64], Integers, Floats]:
    """Each gram of each text once, by text: the gram's hash, the text, the count over the text's length in grams."""
    each = [np.unique(_grams(text), return_counts=True) for text in texts]
    grams = np.concatenate([grams for grams, _ in each] or [np.zeros(0, np.uint64)])
    documents = np.repeat(np.arange(len(each)), [len(grams) for grams, _ in each])
    lengths = np.array([np.sqrt((counts**2).sum()) for _, counts in each])
    counts = np.concatenate([counts for _, counts in each] or [np.zeros(0, np.int64)])
    return grams, documents, counts / lengths[documents] if len(documents) else np.zeros(0)


def _grams(text: str) -> npt.NDArray[np.uint64]:
    """Hashes of the 3- to 5-grams, without spaces and case; the ends count, so that a single character has one too."""
    plain = "".join(text.lower().split())
    if not plain:
        return np.zeros(0, np.uint64)
    codes = np.frombuffer(f"\x02{plain}\x03".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    found = []
    for size in SIZES:
        mixed = np.full(max(len(codes) - size + 1, 0), size, dtype=np.uint64)
        for offset in range(size):
            mixed = (mixed ^ codes[offset : offset + len(mixed)]) * _MIX
            mixed ^= mixed >> _SHIFT
        found.append(mixed)
    return np.concatenate(found)


def _ranges(starts: Integers, counts: Integers) -> Integers:
    """The numbers from each start on, as many as its count, one after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    shifted: Integers = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return shifted

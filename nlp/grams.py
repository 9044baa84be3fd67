"""Character n-grams of joined texts as buckets of a hash table, without a loop over characters.

Used alike when the model is trained and when it reads, so both see the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nlp.joined import SEPARATOR, Codes, Ints, Joined

LONGEST = 4
_EDGE = 0xE010
"""Stands for the separators, before and after each text, so that its beginning and end are n-grams too."""


def runs(joined: Joined, bits: int) -> Iterator[tuple[Codes, Ints]]:
    """For n from 1 to `LONGEST`: the bucket of the n-gram that begins at each place, edges included.

    With it the places where an n-gram would reach into another text; its bucket there means nothing. The table has
    2**bits buckets.
    """
    codes = np.where(joined.codes == ord(SEPARATOR), np.uint32(_EDGE), joined.codes)
    running = np.zeros(len(codes), dtype=np.uint32)
    for n in range(1, LONGEST + 1):
        running = (running[: len(codes) - n + 1] * np.uint32(0x01000193)) ^ codes[n - 1 :]
        mixed = running * np.uint32(0x9E3779B1) + np.uint32(n)
        mixed ^= mixed >> np.uint32(15)
        mixed *= np.uint32(0x85EBCA6B)
        mixed >>= np.uint32(32 - bits)
        beyond = (joined.ends[:, None] - np.arange(n - 1)).ravel()
        yield mixed, beyond[(beyond >= 0) & (beyond < len(mixed))]


def grams(joined: Joined, bits: int) -> tuple[Ints, Ints]:
    """Pairs (number of the text, bucket), each once, ordered by text and bucket."""
    keys = [np.zeros(0, dtype=np.int64)]
    for buckets, beyond in runs(joined, bits):
        inside = np.ones(len(buckets), dtype=np.bool_)
        inside[beyond] = False
        rows = joined.rows[: len(buckets)].astype(np.int64)
        keys.append(((rows << bits) | buckets)[inside])
    unique = np.unique(np.concatenate(keys))
    return unique >> bits, unique & ((1 << bits) - 1)

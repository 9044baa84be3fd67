"""Rules: one word of each of several groups, close together in one sentence, says a topic."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from nlp.joined import Ints, Joined
from nlp.spots import Spots
from nlp.trie import Found
from nlp.vocabulary import Vocabulary

NEAR = 16
"""Words of one rule stand within this many characters of each other."""


class Sentences(Protocol):
    """Tells the borders of sentences."""

    def sentence(self, places: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """Start and end of the sentence of each place."""


class _Parts:
    """Words of rules in order of rule, group and end, so that those near a place are one stretch."""

    def __init__(self, found: Found, stride: int) -> None:
        # Found by rising length: backwards, of words that end together the longest comes first.
        keys = (found.words.astype(np.int64) * stride + found.ends)[::-1]
        order = np.argsort(keys, kind="stable")
        self.found, self._keys = found.pick(len(keys) - 1 - order), keys[order]
        self._stride = stride

    def around(self, parts: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """The stretch of the words of a part of a rule that end within reach of each span."""
        base = parts * self._stride
        low = np.searchsorted(self._keys, base + np.maximum(starts - NEAR, 0), side="left")
        return low, np.searchsorted(self._keys, base + np.minimum(ends + NEAR, self._stride - 1), side="right")


def together(found: Found, vocabulary: Vocabulary, joined: Joined, borders: Sentences) -> Spots:
    """Spots of complete rules. ``found``: the parts of rules (``rule * width + group``) in joined texts.

    Each word of a rule's first group takes the nearest word of every other group that overlaps none already taken.
    """
    parts = _Parts(found, len(joined.codes) + 1)
    anchors = np.flatnonzero(parts.found.words % vocabulary.width == 0)
    rules = parts.found.words[anchors].astype(np.int64) // vocabulary.width
    chosen = anchors[:, None]
    for group in range(1, vocabulary.width):
        nearest = _nearest(parts, chosen, rules, group, vocabulary, joined)
        chosen = np.column_stack([chosen, nearest])
        complete = (nearest >= 0) | (vocabulary.sizes[rules] <= group)
        chosen, rules = chosen[complete], rules[complete]
    missing = chosen < 0
    starts = np.where(missing, -1, parts.found.starts.take(chosen))
    start = np.where(missing, len(joined.codes), starts).min(axis=1)
    end = np.where(missing, -1, parts.found.ends.take(chosen)).max(axis=1)
    rows = joined.rows.take(start, mode="clip")
    close = (end - start <= NEAR) & (borders.sentence(start, rows)[0] == borders.sentence(end - 1, rows)[0])
    inner = np.where(starts > start[:, None], starts, -1)
    return Spots(vocabulary.rules[rules], start, end, inner).pick(close)


def _nearest(parts: _Parts, chosen: Ints, rules: Ints, group: int, vocabulary: Vocabulary, joined: Joined) -> Ints:
    """For each row of chosen words the nearest one of a further group; -1 where there is none, or no such group."""
    starts, ends = parts.found.starts, parts.found.ends
    anchors = chosen[:, 0]
    low, high = parts.around(rules * vocabulary.width + group, starts[anchors], ends[anchors])
    counts = np.where(vocabulary.sizes[rules] > group, high - low, 0)
    which = np.repeat(np.arange(len(chosen)), counts)
    other = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    free = joined.rows.take(starts[other]) == joined.rows.take(starts[anchors[which]])
    for taken in chosen[which].T:
        free &= (taken < 0) | (ends[other] <= starts[taken]) | (ends[taken] <= starts[other])
    which, other = which[free], other[free]
    nearest = np.full(len(chosen), -1)
    # Written from the farthest to the nearest; of two as near, the one that ends first is written last.
    order = np.lexsort((-other, -np.abs(starts[other] - starts[anchors[which]])))
    nearest[which[order]] = other[order]
    return nearest

"""Where the evidence stands: the spans, in texts as published, of topics that the rules saw or only the model says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlp.joined import Bools, Floats, Ints
from nlp.pages import Pages
from nlp.rules import CLAIMED
from nlp.table import Grams, Table

MOST_SPANS = 8
"""Pieces of evidence for one topic."""
WIDTH = 12
"""Characters of a stretch that speaks for what only the model says."""
_CELLS = 1 << 17
"""Characters, the blanks of shorter texts among them, that are looked through at once."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Evidence for topics (numbers) of texts (rows): starts and ends in the texts as published."""

    rows: Ints
    topics: Ints
    starts: Ints
    ends: Ints

    @classmethod
    def join(cls, one: Spans, other: Spans) -> Spans:
        """Both together, by text, topic and place."""
        rows, topics = np.concatenate([one.rows, other.rows]), np.concatenate([one.topics, other.topics])
        starts, ends = np.concatenate([one.starts, other.starts]), np.concatenate([one.ends, other.ends])
        return cls(rows, topics, starts, ends).pick(np.lexsort((-ends, starts, topics, rows)))

    def pick(self, which: Ints | Bools) -> Spans:
        """Some of them."""
        return Spans(self.rows[which], self.topics[which], self.starts[which], self.ends[which])


def seen_spans(pages: Pages, wanted: Bools) -> Spans:
    """Where each wanted topic (texts by topics) is claimed, or said in any way if it is claimed nowhere.

    In order; of what the rules see nowhere there is nothing.
    """
    signs = pages.signs
    mine = wanted[signs.rows, signs.hits.topics]
    mine &= (signs.statuses == CLAIMED) | ~signs.said[CLAIMED][signs.rows, signs.hits.topics]
    hits = np.flatnonzero(mine)
    rows, topics = signs.rows[hits], signs.hits.topics[hits]
    starts, ends = pages.normals.spans(rows, signs.hits.starts[hits], signs.hits.ends[hits])
    spans = Spans(rows, topics, starts, ends).pick(np.lexsort((-ends, starts, topics, rows)))
    return _outermost(spans, wanted.shape[1])


def _outermost(spans: Spans, topics: int) -> Spans:
    """Those that lie in no other one for the same topic; at most `MOST_SPANS` for a topic of a text."""
    keys = spans.rows * topics + spans.topics
    # All ends of one key lie below those of the next, so one running maximum does for all.
    ends = keys * (int(spans.ends.max(initial=0)) + 1) + spans.ends
    first = np.diff(keys, prepend=-1) > 0
    farthest = np.maximum.accumulate(ends)
    outer = np.ones(len(keys), dtype=np.bool_)
    outer[1:] = first[1:] | (ends[1:] > farthest[:-1])
    spans, first = spans.pick(outer), first[outer]
    number = np.arange(len(first))
    return spans.pick(number - np.maximum.accumulate(np.where(first, number, 0)) < MOST_SPANS)


def strongest_spans(pages: Pages, grams: Grams, table: Table, rows: Ints, heads: Ints) -> tuple[Ints, Ints]:
    """For each text and head the stretch of at most `WIDTH` characters that speaks most for it; no text is empty."""
    starts, ends = strongest(grams, table, rows, heads)
    joined, places = pages.masked.joined, pages.masked.places
    begins = joined.starts[rows]
    return pages.normals.spans(rows, places.take(begins + starts), places.take(begins + ends - 1) + 1)


def strongest(grams: Grams, table: Table, rows: Ints, heads: Ints) -> tuple[Ints, Ints]:
    """The same in the masked texts: offsets into each."""
    starts, ends = np.zeros_like(rows), np.zeros_like(rows)
    lengths = (grams.joined.ends - grams.joined.starts)[rows]
    for some in _alike(lengths):
        shares = _shares(grams, table, rows[some], heads[some], lengths[some])
        starts[some], ends[some] = _windows(shares, lengths[some])
    return starts, ends


def _alike(lengths: Ints) -> Iterator[Ints]:
    """Texts of nearly the same length together, so that they fill a rectangle of `_CELLS` at most, or one row."""
    order = np.argsort(lengths, kind="stable")
    while len(order):
        cells = np.arange(1, len(order) + 1) * (lengths[order] + WIDTH)
        count = max(1, int(np.searchsorted(cells, _CELLS, side="right")))
        yield order[:count]
        order = order[count:]


def _shares(grams: Grams, table: Table, rows: Ints, heads: Ints, lengths: Ints) -> Floats:
    """What each character (columns) of each text (rows) says for the head: its share of the n-grams that it is in.

    At least `WIDTH` columns; those behind a text mean nothing.
    """
    counts = lengths + 2
    which = np.repeat(np.arange(len(rows)), counts)
    # The edges of a text are n-grams, too; they are cut off the spans.
    offsets = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    slots = grams.slots.take(np.repeat(grams.joined.starts[rows] - 1, counts) + offsets, axis=1).ravel()
    places = np.flatnonzero(slots > 0)
    number = slots.take(places) - 1
    n, known = np.divmod(places, len(which))
    which, offsets = which.take(known), offsets.take(known)
    starts, ends = np.maximum(offsets - 1, 0), np.minimum(offsets + n, lengths.take(which))
    weights = table.weight(number, heads.take(which)) * (table.idf.take(number) / np.maximum(ends - starts, 1))
    weights[starts >= ends] = 0
    width = max(int(lengths.max()), WIDTH) + 1
    size, places = len(rows) * width, which * width
    change = np.bincount(places + starts, weights, size) - np.bincount(places + ends, weights, size)
    return np.cumsum(change.reshape(len(rows), width), axis=1)


def _windows(shares: Floats, lengths: Ints) -> tuple[Ints, Ints]:
    """In each row the window of the largest sum, idle ends cut off."""
    last = shares.shape[1] - WIDTH
    # Added from the left, so that windows of which one has but zeros more are equal, and the first of them is taken.
    sums = shares[:, :last].copy()
    for place in range(1, WIDTH):
        sums += shares[:, place : last + place]
    sums[np.arange(last) > np.maximum(lengths - WIDTH, 0)[:, None]] = -np.inf
    low = sums.argmax(axis=1)
    high = np.minimum(low + WIDTH, lengths)
    place = low[:, None] + np.arange(WIDTH)
    speaking = (np.take_along_axis(shares, place, axis=1) > 1e-9) & (place < high[:, None])
    idle = ~speaking.any(axis=1)
    starts = np.where(idle, low, low + speaking.argmax(axis=1))
    ends = np.where(idle, high, low + WIDTH - speaking[:, ::-1].argmax(axis=1))
    return starts, ends

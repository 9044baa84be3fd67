"""Where the evidence stands: the spans, in texts as published, of topics that the rules saw or only the model says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nlp.joined import Floats, Ints
from nlp.pages import Pages
from nlp.rules import CLAIMED
from nlp.table import Grams, Table

MOST_SPANS = 8
"""Pieces of evidence for one topic."""
WIDTH = 12
"""Characters of a stretch that speaks for what only the model says."""

_ONES = np.ones(WIDTH)

Span = tuple[int, int]
Wanted = tuple[int, int]
"""A text's number and a topic's (or a head's) number."""


def seen_spans(pages: Pages, wanted: Sequence[Wanted]) -> dict[Wanted, list[Span]]:
    """For each wanted topic where it is claimed, or said in any way if it is claimed nowhere; nothing if nowhere."""
    signs = pages.signs
    asked = np.zeros(signs.said.shape[1:], dtype=np.bool_)
    asked[[row for row, _ in wanted], [topic for _, topic in wanted]] = True
    mine = asked[signs.rows, signs.hits.topics]
    mine &= (signs.statuses == CLAIMED) | ~signs.said[CLAIMED][signs.rows, signs.hits.topics]
    hits = np.flatnonzero(mine)
    rows, topics = signs.rows[hits], signs.hits.topics[hits]
    starts, ends = pages.normals.spans(rows, signs.hits.starts[hits], signs.hits.ends[hits])
    found: dict[Wanted, list[Span]] = {}
    for row, topic, start, end in zip(rows.tolist(), topics.tolist(), starts.tolist(), ends.tolist(), strict=True):
        found.setdefault((row, topic), []).append((start, end))
    return {key: _outermost(spans) for key, spans in found.items()}


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Spans that lie in no other one, in order; at most `MOST_SPANS`."""
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept[:MOST_SPANS]


def strongest_spans(pages: Pages, grams: Grams, table: Table, wanted: Sequence[Wanted]) -> Mapping[Wanted, Span]:
    """For each wanted head the stretch of at most `WIDTH` characters that speaks most for it; no text is empty."""
    if not wanted:
        return {}
    windows = strongest(grams, table, wanted)
    joined, places = pages.masked.joined, pages.masked.places
    rows = np.array([row for row, _ in wanted])
    begins = joined.starts[rows]
    lows = places[begins + [start for start, _ in windows]]
    highs = places[begins + [end - 1 for _, end in windows]] + 1
    starts, ends = pages.normals.spans(rows, lows, highs)
    return dict(zip(wanted, zip(starts.tolist(), ends.tolist(), strict=True), strict=True))


def strongest(grams: Grams, table: Table, wanted: Sequence[Wanted]) -> list[Span]:
    """The same in the masked text: offsets into it."""
    joined = grams.joined
    rows, heads = (np.array([pair[side] for pair in wanted]) for side in (0, 1))
    lengths = joined.ends[rows] - joined.starts[rows]
    begins = np.cumsum(lengths + 1) - lengths - 1
    parts = [_shares(grams, table, n, rows, heads, begins) for n in range(1, len(grams.slots) + 1)]
    starts, ends, weights = (np.concatenate(side) for side in zip(*parts, strict=True))
    size = int(begins[-1] + lengths[-1] + WIDTH)
    change = np.bincount(starts, weights, size) - np.bincount(ends, weights, size)
    return _windows(change.astype(np.float64, copy=False), begins, lengths)


def _shares(grams: Grams, table: Table, n: int, rows: Ints, heads: Ints, begins: Ints) -> tuple[Ints, Ints, Floats]:
    """Start, end and weight per character of each known n-gram of each wanted text; the edges are cut off the spans.

    Starts and ends count from the text's place in ``begins``.
    """
    joined, slots = grams.joined, grams.slots[n - 1]
    first = joined.starts[rows] - 1
    counts = np.minimum(joined.ends[rows] + 1, len(slots)) - first
    behind = np.cumsum(counts)
    shift = first - behind + counts
    places = np.arange(behind[-1]) + np.repeat(shift, counts)
    slot = slots.take(places)
    known = np.flatnonzero(slot)
    which = np.searchsorted(behind, known, side="right")
    offset = known + shift[which] - first[which]
    starts, ends = np.maximum(offset - 1, 0), np.minimum(offset + n - 1, (joined.ends - joined.starts)[rows][which])
    inside = starts < ends
    known, which, starts, ends = known[inside], which[inside], starts[inside], ends[inside]
    number = slot.take(known) - 1
    weights = table.weights[number, heads[which]] * (table.idf.take(number) / (ends - starts))
    return begins[which] + starts, begins[which] + ends, weights


def _windows(change: Floats, begins: Ints, lengths: Ints) -> list[Span]:
    """In each stretch the window of the largest sum, idle ends cut off.

    Each n-gram's weight is spread over its characters: ``change`` holds the differences from one to the next, all
    stretches end to end.
    """
    share = np.zeros(len(change))
    for begin, end in zip(begins.tolist(), (begins + lengths).tolist(), strict=True):
        np.cumsum(change[begin:end], out=share[begin:end])
    sums = np.correlate(share, _ONES, mode="valid")
    windows = []
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        start = begin + int(sums[begin : begin + max(1, length - WIDTH + 1)].argmax())
        windows.append((start, min(start + WIDTH, begin + length)))
    low, high = np.array(windows).T
    place = low[:, None] + np.arange(WIDTH)
    speaking = (share.take(place) > 1e-9) & (place < high[:, None])
    idle = ~speaking.any(axis=1)
    starts = np.where(idle, low, low + speaking.argmax(axis=1)) - begins
    ends = np.where(idle, high, low + WIDTH - speaking[:, ::-1].argmax(axis=1)) - begins
    return list(zip(starts.tolist(), ends.tolist(), strict=True))

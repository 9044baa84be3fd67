"""What the words of a text mean together: which topic is said, and whether it is claimed, denied, asked or supposed.

A hit is a topic's word, or words of a rule that stand close together in one sentence. Its status comes from what stands
round it. The rules alone give a reading; the model (`nlp.model`) weighs them against everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nlp.characters import CLAUSE, SENTENCE, Kinds
from nlp.joined import Bools, Ints, Joined
from nlp.near import together
from nlp.normalise import Normals
from nlp.segment import pieces
from nlp.spots import Spots
from nlp.target import BARE, OTHER, OWN, Mentions
from nlp.trie import Found
from nlp.vocabulary import Vocabulary

NEGATION_REACH = 5
"""A negator reaches this many characters ahead, within its clause."""

STATUSES = CLAIMED, NEGATED, ASKED, SUPPOSED, ELSEWHERE = range(5)
STATUS_NAMES = ("claimed", "negated", "asked", "supposed", "elsewhere")
_BLANK, _ASK = ord(" "), ord("?")


@dataclass(frozen=True)
class Signs:
    """All that the rules see in joined normal forms.

    ``hits``: topics (by number) said at places, in no order; ``statuses``: how each is said; ``counts`` (texts by
    kinds of cue): how often each cue stands in a text.
    """

    hits: Spots
    statuses: Ints
    rows: Ints
    counts: Ints
    topics: int

    @cached_property
    def said(self) -> Bools:
        """Statuses by texts by topics: whether a topic is said so."""
        shape = (len(STATUSES), len(self.counts), self.topics)
        said = np.zeros(shape, dtype=np.bool_)
        said[self.statuses, self.rows, self.hits.topics] = True
        return said


class Borders:
    """Where the clauses and sentences of joined texts begin and end."""

    def __init__(self, joined: Joined, kinds: Kinds) -> None:
        self._joined = joined
        blank = joined.codes == _BLANK
        clause = _run_ends(kinds & CLAUSE > 0) | _run_ends(blank)
        self._clauses = np.flatnonzero(clause)
        self._sentences = np.flatnonzero(_run_ends(kinds & SENTENCE > 0))

    def clause(self, places: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """Start and end of the clause of each place; a border belongs to what stands behind it."""
        return self._between(self._clauses, places, rows)

    def sentence(self, places: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """The same of the sentence."""
        return self._between(self._sentences, places, rows)

    def _between(self, borders: Ints, places: Ints, rows: Ints) -> tuple[Ints, Ints]:
        low, high = self._joined.starts.take(rows), self._joined.ends.take(rows)
        if not len(borders):
            return low, high
        after = np.searchsorted(borders, places, side="right")
        before = np.where(after > 0, borders.take(after - 1, mode="clip"), 0)
        behind = np.where(after < len(borders), borders.take(after, mode="clip"), len(self._joined.codes))
        return np.maximum(low, before), np.minimum(high, behind)


def _run_ends(inside: Bools) -> Bools:
    """Places behind the last character of each run."""
    ends = np.zeros_like(inside)
    ends[1:] = inside[:-1] & ~inside[1:]
    return ends


class _Cue:
    """The places of one kind of cue, to be asked whether one lies within a stretch."""

    def __init__(self, marks: Found, number: int) -> None:
        mine = np.flatnonzero(marks.words == number)
        starts, ends = marks.starts[mine], marks.ends[mine]
        order = np.argsort(ends, kind="stable")
        self._ends, self._latest = ends[order], np.maximum.accumulate(starts[order])

    def within(self, low: Ints, high: Ints) -> Bools:
        """For each stretch whether a place of the cue lies in it."""
        if not len(self._ends):
            return np.zeros(len(low), dtype=np.bool_)
        before = np.searchsorted(self._ends, high, side="right")
        return (before > 0) & (self._latest.take(before - 1, mode="clip") >= low)


def read_signs(normals: Normals, found: Found, vocabulary: Vocabulary, mentions: Mentions) -> Signs:
    """The signs in normal forms. ``found``: the words of the taxonomy in them."""
    joined, kinds = normals.joined, normals.kinds
    marks = vocabulary.marks.of(found)
    borders = Borders(joined, kinds)
    spots = Spots.join(
        Spots.single(vocabulary.terms.of(found)),
        together(vocabulary.parts.of(found), vocabulary, joined, borders),
    )
    spots = spots.pick(~pieces(joined, kinds, spots.starts, spots.ends))
    rows = joined.rows.take(spots.starts).astype(np.int64)
    cells = joined.rows.take(marks.starts) * np.int64(len(vocabulary.cues)) + marks.words
    counts = np.bincount(cells, minlength=len(joined) * len(vocabulary.cues))
    statuses = _Judge(normals, borders, marks, vocabulary, mentions).statuses(spots, rows)
    return Signs(spots, statuses, rows, counts.reshape(len(joined), len(vocabulary.cues)), len(vocabulary.topics))


class _Judge:
    """Tells how topics are said, from the cues and names round them."""

    def __init__(
        self,
        normals: Normals,
        borders: Borders,
        marks: Found,
        vocabulary: Vocabulary,
        mentions: Mentions,
    ) -> None:
        self._normals, self._borders, self._mentions = normals, borders, mentions
        self._marks, self._numbers = marks, {name: number for number, name in enumerate(vocabulary.cues)}

    def _has(self, cue: str, low: Ints, high: Ints) -> Bools:
        return _Cue(self._marks, self._numbers.get(cue, -1)).within(low, high)

    def statuses(self, spots: Spots, rows: Ints) -> Ints:
        """The status of each spot: the first that holds."""
        low, high = self._borders.clause(spots.starts, rows)
        first, last = self._borders.sentence(spots.starts, rows)
        tests = (
            (ELSEWHERE, self._elsewhere(low, spots.ends)),
            (NEGATED, self._negated(low, spots)),
            (SUPPOSED, self._has("conditional", low, spots.starts)),
            (ASKED, self._asked(first, np.maximum(last, high))),
        )
        return np.select([test for _, test in tests], [status for status, _ in tests], CLAIMED)

    def _elsewhere(self, low: Ints, high: Ints) -> Bools:
        """Another bank is named in the clause before the hit, and this one is not."""
        mentions = self._mentions
        other, own = mentions.starts[mentions.of(OTHER)], mentions.starts[mentions.of(OWN, BARE)]
        return _begins_in(other, low, high) & ~_begins_in(own, low, high)

    def _negated(self, low: Ints, spots: Spots) -> Bools:
        reach = np.maximum(low, spots.starts - NEGATION_REACH)
        twice = self._has("double_negation", np.maximum(low, reach - 2), spots.ends)
        negation = _Cue(self._marks, self._numbers.get("negation", -1))
        once = negation.within(reach, spots.starts)
        for place in spots.inner.T:
            once |= (place >= 0) & negation.within(np.maximum(spots.starts + 1, place - 2), place)
        return once & ~twice

    def _asked(self, first: Ints, last: Ints) -> Bools:
        """The sentence ends with a question mark or holds a question's word, and is no outcry."""
        solid = self._normals.last_solid.take(last - 1)
        real = (solid >= first) & (self._normals.joined.codes.take(solid) == _ASK)
        real |= self._has("question", first, last)
        return np.asarray(real & ~self._has("rhetorical", first, last) & ~self._has("degree", first, last))


def _begins_in(starts: Ints, low: Ints, high: Ints) -> Bools:
    """Whether one of some places (in order) lies in each stretch."""
    if not len(starts):
        return np.zeros(len(low), dtype=np.bool_)
    index = np.searchsorted(starts, low, side="left")
    return np.asarray((index < len(starts)) & (starts.take(index, mode="clip") < high))

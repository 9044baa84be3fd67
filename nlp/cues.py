"""Texts as numbers for the model: what the rules saw in them and in their parents, names, length, marks, sentiment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.characters import DIGIT, EMOJI, LETTER, NUMERAL, QUOTE
from nlp.joined import Bools, Floats, Ints
from nlp.landmark import by_landmark
from nlp.normalise import Normals
from nlp.pages import Opener, Pages
from nlp.rules import ASKED, CLAIMED, ELSEWHERE, NEGATED, STATUS_NAMES, SUPPOSED
from nlp.target import BARE, OTHER, OWN

_MOODS = ("praise", "sarcasm", "question", "rhetorical", "denial", "resolved", "degree", "grievance", "hearsay")
_STANCES = ("agree", "amplify", "disagree", "question", "denial", "praise", "negation")
_LOGARITHMS = np.array([math.log1p(count) for count in range(4096)])
_ASKS = np.array([ord(char) for char in "?吗呢么"], dtype=np.uint32)
_POINT = ord(".")

Block = tuple[Sequence[str], npt.NDArray[np.generic]]
"""Some columns' names, and their values: one row a name, one column a text."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What several columns are made of, each with one column a text (kinds of cue by texts and so on)."""

    claimed: Bools
    unclaimed: Bools
    counts: Ints
    kinds: Sequence[str]
    lengths: Ints
    own: Bools
    bare: Bools
    other: Bools

    @classmethod
    def of(cls, pages: Pages, kinds: Sequence[str]) -> _Facts:
        said, joined, mentions = pages.signs.said, pages.joined, pages.mentions
        return cls(
            said[CLAIMED].T,
            np.asarray(said[CLAIMED + 1 :].any(axis=0)).T,
            pages.signs.counts.T,
            kinds,
            joined.ends - joined.starts,
            mentions.has(OWN),
            mentions.has(BARE),
            mentions.has(OTHER),
        )

    def pick(self, rows: Ints) -> _Facts:
        """Some of the texts."""
        return _Facts(
            self.claimed[:, rows],
            self.unclaimed[:, rows],
            self.counts[:, rows],
            self.kinds,
            self.lengths[rows],
            self.own[rows],
            self.bare[rows],
            self.other[rows],
        )

    def cue(self, kind: str) -> Bools:
        """For each text whether a kind of cue stands in it."""
        if kind not in self.kinds:
            return np.zeros(len(self.lengths), dtype=np.bool_)
        return np.asarray(self.counts[self.kinds.index(kind)] > 0)


class Describer:
    """Puts pages into numbers. ``names`` are those of the columns; a parent's begin with ``p:``."""

    def __init__(self, opener: Opener, platforms: Sequence[str]) -> None:
        self._topics, self._cues = opener.vocabulary.topics, opener.vocabulary.cues
        self._platforms = {platform: number for number, platform in enumerate(platforms)}
        example = opener.open([""], [None])
        facts = _Facts.of(example, self._cues)
        side = [name for names, _ in self._side(example, facts) for name in names]
        together = [name for names, _ in _together(facts, facts) for name in names]
        self._of_parent = ["p", *(f"p:{name}" for name in side), *together]
        self.names = [*side, *self._of_parent, *(f"platform:{platform}" for platform in platforms)]

    def describe(
        self,
        texts: Pages,
        parents: Pages,
        parent: Ints,
        platforms: Sequence[str],
        kind: type[np.floating[Any]] = np.float64,
    ) -> npt.NDArray[Any]:
        """One row for each of ``names``, one column for each text, of the kind of number that is asked for.

        ``parent``: its parent's page, -1 for none.
        """
        facts = _Facts.of(texts, self._cues)
        of_parent = np.zeros((len(self._of_parent), len(texts)), dtype=kind)
        answers = np.flatnonzero(parent >= 0)
        if len(answers):
            asked = parent[answers]
            facts_of_parents = _Facts.of(parents, self._cues)
            side = _stack(self._side(parents, facts_of_parents), kind)
            together = _stack(_together(facts.pick(answers), facts_of_parents.pick(asked)), kind)
            of_parent[:, answers] = np.concatenate([np.ones((1, len(answers)), kind), side[:, asked], together])
        rest: list[Block] = [(self._of_parent, of_parent), (list(self._platforms), self._platform(platforms))]
        return _stack([*self._side(texts, facts), *rest], kind)

    def _platform(self, platforms: Sequence[str]) -> Bools:
        numbers = np.array([self._platforms.get(name, -1) for name in platforms], dtype=np.int64)
        return np.asarray(numbers == np.arange(len(self._platforms))[:, None])

    def _side(self, pages: Pages, facts: _Facts) -> Iterator[Block]:
        yield [f"claimed:{topic}" for topic in self._topics], facts.claimed
        yield [f"unclaimed:{topic}" for topic in self._topics], facts.unclaimed
        yield [f"cue:{kind}" for kind in self._cues], _log1p(facts.counts)
        yield from _statuses(pages)
        yield from _length(facts)
        yield from _shape(pages.normals)
        yield from _names(pages, facts)
        yield from _mood(pages, facts)


def _stack(blocks: Iterable[Block], kind: type[np.floating[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([np.atleast_2d(values) for _, values in blocks], dtype=kind, casting="same_kind")


def _log1p(counts: Ints) -> Floats:
    """As `math.log1p`, whose last digit `numpy.log1p` does not everywhere share."""
    if counts.max(initial=0) < len(_LOGARITHMS):
        return _LOGARITHMS.take(counts)
    flat = [math.log1p(count) for count in counts.ravel().tolist()]
    return np.array(flat).reshape(counts.shape)


def _statuses(pages: Pages) -> Iterator[Block]:
    said = pages.signs.said
    others = (NEGATED, ASKED, SUPPOSED, ELSEWHERE)
    yield [f"any:{STATUS_NAMES[status]}" for status in others], np.asarray(said[list(others)].any(axis=2))
    yield ["any:claimed"], np.minimum(2, said[CLAIMED].sum(axis=1))


def _length(facts: _Facts) -> Iterator[Block]:
    length = facts.lengths
    yield ["length"], _log1p(length) / 4
    short = np.where(length < 48, np.minimum(5, length // 8), -1)
    yield [f"length:{step}" for step in range(6)], short == np.arange(6)[:, None]
    long = np.where(length < 48, -1, np.minimum(4, length // 100))
    yield [f"long:{step}" for step in range(5)], long == np.arange(5)[:, None]


def _shape(normals: Normals) -> Iterator[Block]:
    joined, kinds = normals.joined, normals.kinds
    yield ["numbers"], _log1p(joined.count(_numbers(normals)))
    yield ["emoji"], _log1p(joined.count(np.flatnonzero(kinds & EMOJI > 0)))
    yield ["latin"], _log1p(joined.count(np.flatnonzero(kinds & LETTER > 0))) / 2
    yield ["quotes"], _log1p(joined.count(np.flatnonzero(kinds & QUOTE > 0)))
    yield ["exclaims"], _log1p(joined.count(np.flatnonzero(joined.codes == ord("!"))))
    yield ["asks"], _log1p(joined.count(np.flatnonzero(joined.codes == ord("?"))))
    yield ["ends:?"], ~normals.blank() & np.isin(joined.codes.take(normals.solid()), _ASKS)


def _numbers(normals: Normals) -> Ints:
    """Where numbers begin: digits with at most one decimal point, or at least two numerals."""
    numeral = normals.kinds & NUMERAL > 0
    spelled = np.flatnonzero(numeral[1:-1] & numeral[2:] & ~numeral[:-2]) + 1
    digits = np.flatnonzero(normals.kinds & DIGIT > 0)
    breaks = np.diff(digits, prepend=-2, append=-2) != 1
    starts, ends = digits[breaks[:-1]], digits[breaks[1:]] + 1
    # 1.2.3 is 1.2 and 3: in a chain of runs with a point between, every second one is taken by the one before it.
    linked = np.zeros(len(starts), dtype=np.bool_)
    linked[1:] = (ends[:-1] + 1 == starts[1:]) & (normals.joined.codes.take(ends[:-1]) == _POINT)
    place = np.arange(len(starts))
    chain = np.maximum.accumulate(np.where(linked, 0, place)) if len(place) else place
    return np.concatenate([starts[(place - chain) % 2 == 0], spelled])


def _names(pages: Pages, facts: _Facts) -> Iterator[Block]:
    own, bare, other, matter = facts.own, facts.bare, facts.other, facts.cue("bank_matter")
    yield ["name:own", "name:bare", "name:none"], np.stack([own, bare & ~own, ~own & ~bare])
    yield ["name:other", "name:both"], np.stack([other, other & (own | bare)])
    yield ["name:landmark"], by_landmark(pages.joined, pages.mentions)
    yield ["name:bare+matter", "name:place"], np.stack([bare & matter, (own | bare) & ~matter])


def _mood(pages: Pages, facts: _Facts) -> Iterator[Block]:
    yield ["snow"], np.array(list(map(math.tanh, (pages.sentiment / 6).tolist())))
    yield ["snow:mean"], pages.sentiment / (4 + facts.lengths)
    claimed = facts.claimed.any(axis=0)
    moods = np.stack([facts.cue(kind) for kind in _MOODS])
    yield [f"claimed&{kind}" for kind in _MOODS], moods & claimed
    yield [f"unclaimed&{kind}" for kind in _MOODS], moods & ~claimed
    for kind in ("sarcasm", "negation", "grievance"):
        yield [f"praise&{kind}"], facts.cue("praise") & facts.cue(kind)


def _together(text: _Facts, parent: _Facts) -> Iterator[Block]:
    """How a reply stands to what it answers."""
    accused, short = parent.claimed.any(axis=0), text.lengths <= 12
    yield ["reply:short", "reply:short&accused"], np.stack([short, short & accused])
    stances = np.stack([text.cue(kind) for kind in _STANCES])
    yield [f"accused&{kind}" for kind in _STANCES], stances & accused
    yield [f"praised&{kind}" for kind in _STANCES], stances & parent.cue("praise")
    yield ["reply:same"], np.asarray((text.claimed & parent.claimed).any(axis=0))
    yield ["reply:unnamed&other"], text.other & ~text.own

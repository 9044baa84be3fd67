"""What is seen in one text before anything is weighed: edits of the normal form, names, topic hits, cues.

Every span is one of the text as published, and ``text`` is what stands there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from domain.readings import Bank
from nlp.joined import Ints
from nlp.landmark import by_landmark
from nlp.pages import Opener, Pages
from nlp.rules import NEGATED, STATUS_NAMES
from nlp.target import BARE, OTHER, TRAP, names_of

MOST_SEEN = 100
"""Of each kind of thing, so many are told; a book-length text has thousands."""

_TAG = re.compile("[<&\\[［]")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch that is read otherwise than it is written.

    ``kind``: hidden (利*息, lixi, a picture), simplified (利潤), folded (ＡＢＣ, ㎡) or mark_up (tags, unseen signs).
    """

    kind: str
    start: int
    end: int
    text: str
    normal: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name. ``form``: full, alias, branch, stem (the name without 村镇银行), hidden, or place, all of the watched
    bank; other (another bank), trap (a name that is no bank's), any (a bank, while none is watched)."""

    form: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A topic's word, or several words of its rule (``rule``) with all between them; ``status`` as in `nlp.rules`."""

    topic: str
    status: str
    rule: bool
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A general word (praise, question, sarcasm …: the kinds of ``data/cues.yaml``)."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen in a text. ``named``: it names the bank in some form; ``landmark``: only to tell a place."""

    edits: tuple[Edit, ...]
    names: tuple[Name, ...]
    hits: tuple[Hit, ...]
    cues: tuple[Cue, ...]
    named: bool
    landmark: bool


class Page:
    """One text, opened. ``normal`` is its normal form."""

    def __init__(self, opener: Opener, text: str, bank: Bank | None) -> None:
        self.text, self._bank, self._opener = text, bank, opener
        self.pages: Pages = opener.open([text], [bank])
        self._begin = int(self.pages.joined.starts[0])
        self.normal = self.pages.joined.row(0)

    def spans(self, spans: Sequence[Span]) -> list[Span]:
        """Spans of the normal form as spans of the text as published."""
        pairs = np.array(spans, dtype=np.int64).reshape(-1, 2) + self._begin
        return self._published(pairs[:, 0], pairs[:, 1])

    def _published(self, starts: Ints, ends: Ints) -> list[Span]:
        low, high = self.pages.normals.spans(np.zeros(len(starts), dtype=np.int64), starts, ends)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    def see(self) -> Seen:
        """Everything in it, each kind in order of place."""
        mentions = self.pages.mentions
        return Seen(
            tuple(islice(_merged(self._edits()), MOST_SEEN)),
            tuple(sorted(self._names(), key=lambda name: (name.start, name.end))[:MOST_SEEN]),
            tuple(sorted(self._hits(), key=lambda hit: (hit.start, hit.end, hit.topic))[:MOST_SEEN]),
            tuple(sorted(self._cues(), key=lambda cue: (cue.start, cue.end, cue.kind))[:MOST_SEEN]),
            bool(mentions.named[0]),
            bool(by_landmark(self.pages.joined, mentions)[0]),
        )

    def _edits(self) -> Iterator[Edit]:
        for (start, end), normal, gap in _stretches(self.text, self.normal, self._characters()):
            text = self.text[start:end]
            if text != normal and (kind := _kind_of(text, normal, gap=gap)):
                yield Edit(kind, start, end, text, normal)

    def _characters(self) -> list[Span]:
        places = np.arange(len(self.normal)) + self._begin
        return self._published(places, places + 1)

    def names(self) -> list[Span]:
        """Where names stand in the normal form; a place inside a name is told by the name."""
        low, high = (side - self._begin for side in (self.pages.mentions.starts, self.pages.mentions.ends))
        return outermost([*zip(low.tolist(), high.tolist(), strict=True), *self._places()])

    def atoms(self) -> list[Span]:
        """Names and topics' words in the normal form, which are not to be cut; none overlaps another."""
        hits = self.pages.signs.hits
        hits = hits.pick(np.flatnonzero((hits.inner < 0).all(axis=1)))
        words = zip((hits.starts - self._begin).tolist(), (hits.ends - self._begin).tolist(), strict=True)
        kept: list[Span] = []
        for start, end in outermost([*self.names(), *words]):
            if not kept or start >= kept[-1][1]:
                kept.append((start, end))
        return kept

    def _names(self) -> Iterator[Name]:
        mentions = self.pages.mentions
        low, high = mentions.starts - self._begin, mentions.ends - self._begin
        forms = {
            (start, end): _form(self._bank, chr(kind), self.normal[start:end])
            for kind, start, end in zip(mentions.kinds.tolist(), low.tolist(), high.tolist(), strict=True)
        }
        spans = self.names()
        for span, (start, end) in zip(spans, self.spans(spans), strict=True):
            yield Name(forms.get(span, "place"), start, end, self.text[start:end])

    def _places(self) -> list[Span]:
        """Where places of the bank's stand in the normal form."""
        places = sorted(names_of(self._bank).places) if self._bank else []
        return [(one.start(), one.end()) for place in places for one in re.finditer(re.escape(place), self.normal)]

    def _hits(self) -> Iterator[Hit]:
        signs, topics = self.pages.signs, self._opener.vocabulary.topics
        spans = self._published(signs.hits.starts, signs.hits.ends)
        inner: list[bool] = np.asarray((signs.hits.inner >= 0).any(axis=1)).tolist()
        by_kind: dict[tuple[int, int], dict[Span, bool]] = {}
        for topic, status, span, rule in zip(
            signs.hits.topics.tolist(), signs.statuses.tolist(), spans, inner, strict=True
        ):
            found = by_kind.setdefault((topic, status), {})
            found[span] = found.get(span, True) and rule
        for (topic, status), found in by_kind.items():
            for start, end in outermost(found):
                text = self.text[start:end]
                yield Hit(topics[topic], STATUS_NAMES[status], found[start, end], start, end, text)

    def _cues(self) -> Iterator[Cue]:
        vocabulary = self._opener.vocabulary
        marks = vocabulary.marks.of(vocabulary.listed(vocabulary.find(self.pages.joined.codes)))
        by_kind: dict[int, set[Span]] = {}
        for kind, span in zip(marks.words.tolist(), self._published(marks.starts, marks.ends), strict=True):
            by_kind.setdefault(kind, set()).add(span)
        for kind, found in by_kind.items():
            for start, end in outermost(found):
                yield Cue(vocabulary.cues[kind], start, end, self.text[start:end])


def outermost(spans: Iterable[Span]) -> list[Span]:
    """Spans that lie in no other one, in order; empty ones left out."""
    kept: list[Span] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if start < end and (not kept or end > kept[-1][1]):
            kept.append((start, end))
    return kept


def stands_alone(cue: Cue, hits: Iterable[Hit]) -> bool:
    """Whether a word says something by itself: 不 is a piece of 登不上, and no negation."""
    return not any(
        hit.start <= cue.start and cue.end <= hit.end and hit.status != STATUS_NAMES[NEGATED] for hit in hits
    )


def _form(bank: Bank | None, kind: str, normal: str) -> str:
    if kind in (OTHER, TRAP):
        return {OTHER: "other", TRAP: "trap"}[kind]
    if bank is None:
        return "any"
    names = names_of(bank)
    return "place" if kind == BARE and normal in names.places else names.form(normal)


def _stretches(text: str, normal: str, characters: Sequence[Span]) -> Iterator[tuple[Span, str, bool]]:
    """The text in stretches that are read as a whole: each one's span, what is read there, whether a part is left out.

    ``characters``: where each one of the normal form comes from. What was left out between two characters makes one
    stretch with both, for 利*息 says more than *.
    """
    begin, end, first, gap = 0, 0, 0, False
    for place, (low, high) in enumerate(characters):
        hides = low > end > begin and _hides(text[end:low], text[end - 1], text[low])
        if low >= end and not hides:
            yield (begin, end), normal[first:place], gap
            yield (end, low), "", False
            begin, first, gap = low, place, False
        gap |= hides
        end = max(end, high)
    yield (begin, end), normal[first:], gap
    yield (end, len(text)), "", False


def _merged(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Edits of one kind that touch, as one."""
    last: Edit | None = None
    for edit in edits:
        if last and edit.kind == last.kind and edit.start == last.end:
            last = Edit(last.kind, last.start, edit.end, last.text + edit.text, last.normal + edit.normal)
            continue
        if last:
            yield last
        last = edit
    if last:
        yield last


def _hides(between: str, before: str, after: str) -> bool:
    """Whether what was left out split a word, and is no tag."""
    return not _TAG.match(between) and before.isalnum() and after.isalnum()


def _kind_of(text: str, normal: str, *, gap: bool) -> str | None:
    """The kind of edit; None where only a mark changed its shape."""
    if not normal or (_TAG.match(text) and len(text) > 1):
        return "mark_up"
    folded = unicodedata.normalize("NFKC", text).lower()
    if gap or not any(char.isalnum() for char in normal):
        return "hidden" if gap else None
    if folded == normal:
        return "folded"
    same = len(folded) == len(normal) and all("\u3400" <= char <= "\u9fff" for char in folded)
    return "simplified" if same else "hidden"

"""Reads texts: about the bank or not, topics, negativity, severity, and the evidence for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.banking import speaks_of_banking
from domain.readings import COMPLAINS, Bank, Evidence, Reading, Text
from nlp.cues import Describer
from nlp.evidence import Spans, seen_spans, strongest_spans
from nlp.joined import Bools, Ints
from nlp.lexicon import Taxonomy, load_taxonomy
from nlp.model import Model, Scores, load_model
from nlp.pages import LONGEST_TEXT, Opener, Pages
from nlp.rules import CLAIMED
from nlp.table import Floats, Grams
from nlp.target import OTHER
from nlp.threads import in_place

RULES = "10"
"""Raised by hand where the code of the rules changes what is read."""
ABOUT_BAR = 0.5
"""The chance from which a text that names the bank is about it."""
_LEANS = 0.45
"""The chance, given that it complains, from which a text that does not complain leans to a topic."""
MOST_TEXTS, MOST_CHARACTERS = 8192, 1 << 18
"""A batch is no larger: its arrays stay in the processor's cache, and memory stays small."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What the decisions about a text rest on.

    ``about`` is 1 where no bank is watched, 0 where the watched one is not named; ``topics``, by code, hold given that
    the text is negative, and a bank's own topics, which are read by rule alone, are not among them.
    """

    negative: float
    about: float
    topics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts in order of their banks, with all that was seen; ``parent``: the number of each one's parent, or -1."""

    texts: Sequence[Text]
    pages: Pages
    parents: Pages
    parent: Ints


class Analyser:
    """Joins rules and model into readings. Keeps no state between texts; the same text is always read alike."""

    def __init__(self, taxonomy: Taxonomy, model: Model) -> None:
        self._model = model
        self._codes = [topic.code for topic in taxonomy.topics]
        self.opener = Opener(taxonomy, model.sentiment)
        platforms = [name.removeprefix("platform:") for name in model.cues if name.startswith("platform:")]
        self._describer = Describer(self.opener, platforms)
        numbers = {name: number for number, name in enumerate(self._describer.names)}
        # Of a bank's own topics, which the model does not know, no head is ever asked: the rules saw them.
        self._heads = np.array([model.heads.index(code) if code in model.heads else -1 for code in self._codes] + [0])
        self._cues = np.array([numbers.get(cue, -1) for cue in model.cues])
        self._bits: Ints = 1 << np.arange(len(model.topics))
        self._sets: dict[int, tuple[str, ...]] = {}
        words = "\n".join(taxonomy.words()).encode()
        self._version = f"{RULES}-{hashlib.sha256(words + model.digest.encode()).hexdigest()[:10]}"

    @property
    def version(self) -> str:
        """Names the rules, the words and the model together."""
        return self._version

    @property
    def bar(self) -> float:
        """The negativity from which a text about the bank is negative."""
        return self._model.bar

    def weigh(self, texts: Sequence[Text]) -> list[tuple[Reading, Chances]]:
        """The reading of each text and the chances behind it, in order."""
        weighed: list[tuple[Reading, Chances]] = []
        for first, last in _batches(texts):
            batch = self._open(texts[first:last])
            grams, scores, watched = self._scores(batch)
            about = np.where(watched, scores.about, 1)
            for row, reading in enumerate(self._decide(batch, grams, scores, watched)):
                topics = dict(zip(self._model.topics, scores.topics[row].tolist(), strict=True))
                weighed.append((reading, Chances(float(scores.negative[row]), float(about[row]), topics)))
        return weighed

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading for each text, in order."""
        readings: list[Reading] = []
        for first, last in _batches(texts):
            readings += self._read(texts[first:last])
        return readings

    def _read(self, texts: Sequence[Text]) -> list[Reading]:
        order = _by_bank(texts)
        batch = self._open([texts[row] for row in order])
        readings = dict(zip(order, self._decide(batch, *self._scores(batch)), strict=True))
        return [readings[row] for row in range(len(texts))]

    def _open(self, texts: Sequence[Text]) -> _Batch:
        """Replies of one thread share their parent's page."""
        parents: dict[tuple[str, Bank | None], int] = {}
        banks: list[Bank | None] = []
        parent = np.full(len(texts), -1)
        for row, text in enumerate(texts):
            if text.parent:
                key = (text.parent, text.bank)
                if key not in parents:
                    banks.append(text.bank)
                parent[row] = parents.setdefault(key, len(parents))
        pages = self.opener.open([text.text for text in texts], [text.bank for text in texts])
        return _Batch(texts, pages, self.opener.open([text for text, _ in parents], banks), parent)

    def _decide(self, batch: _Batch, grams: Grams, scores: Scores, watched: Bools) -> Iterator[Reading]:
        # The labelled texts are nearly all about a bank; most of what a county writes is not. So a text is about the
        # bank only where it, or what it answers, names it in some form, whatever the model makes of its words.
        about = ~watched | (scores.about >= ABOUT_BAR)
        # As `round` has it: a float32 times 10,000 is exact in 64 bits.
        negativity = np.rint(scores.negative.astype(np.float64) * 1e4) / 1e4
        negative = about & (negativity >= self._model.bar)
        rows = np.flatnonzero(negative)
        accused = self._accused(batch, grams, rows, self._topics(batch.pages, scores, rows))
        severities = np.clip(np.rint(scores.severity), 1, 3).astype(np.int64)
        unnamed = np.where(_names_nobody(batch, ~about & (negativity >= COMPLAINS)), severities, 0)
        leanings = self._leanings(scores, np.flatnonzero(~negative), unnamed > 0)
        for said, bad, chance, severity, silent in zip(
            about.tolist(), negative.tolist(), negativity.tolist(), severities.tolist(), unnamed.tolist(), strict=True
        ):
            if bad:
                topics, evidence = next(accused)
                yield Reading(said, topics, True, chance, severity, evidence, self._version)  # noqa: FBT003
            else:
                yield _harmless(said, chance, self._version, next(leanings), silent)

    def _scores(self, batch: _Batch) -> tuple[Grams, Scores, Bools]:
        """Known n-grams, the model's scores, and for which texts a bank is watched."""
        named = batch.pages.mentions.named.copy()
        answers = batch.parent >= 0
        named[answers] |= batch.parents.mentions.named[batch.parent[answers]]
        watched = np.array([text.bank is not None for text in batch.texts], dtype=np.bool_)
        grams = self._model.text.look_up(batch.pages.masked.joined)
        platforms = [text.platform for text in batch.texts]
        seen = self._known(self._describer.describe(batch.pages, batch.parents, batch.parent, platforms, np.float32))
        scores = self._model.read(grams, batch.parents.masked.joined, batch.parent, seen, watched & named, ~watched)
        return grams, self._in_place(batch, scores), watched

    def _in_place(self, batch: _Batch, scores: Scores) -> Scores:
        """The scores, those of collected posts with what their place in the thread tells; no words, no complaint."""
        blank = batch.pages.normals.blank()
        scores = scores.with_negative(np.flatnonzero(blank), np.zeros(int(blank.sum()), dtype=np.float32))
        rows = np.flatnonzero(~blank & np.array([text.collected for text in batch.texts]))
        if not len(rows):
            return scores
        number = batch.parent[rows]
        above = np.append(self._alone(batch.parents), np.float32(0))[number]
        return scores.with_negative(rows, in_place(scores.negative[rows], above, number >= 0))

    def _alone(self, pages: Pages) -> Floats:
        """The negativity of what is answered, as texts that answer nothing and stand nowhere."""
        nothing, nowhere = np.full(len(pages), -1), [""] * len(pages)
        seen = self._known(self._describer.describe(pages, pages, nothing, nowhere, np.float32))
        grams = self._model.text.look_up(pages.masked.joined)
        unasked = np.zeros(len(pages), dtype=np.bool_)
        return self._model.read(grams, pages.masked.joined, nothing, seen, unasked, unasked).negative

    def _known(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The cues that the model knows; those that no text here can show are 0."""
        known = values.take(self._cues, axis=0, mode="clip")
        known[self._cues < 0] = 0
        return known

    def _topics(self, pages: Pages, scores: Scores, rows: Ints) -> Bools:
        """Some texts by topics: those over their thresholds, else the likeliest; a bank's own topics by rule alone."""
        chosen = self._chosen(scores, rows)
        known = [self._model.topics.index(code) if code in self._model.topics else -1 for code in self._codes]
        own = [topic for topic, place in enumerate(known) if place < 0]
        all_chosen = np.concatenate([chosen, np.zeros((len(rows), 1), dtype=np.bool_)], axis=1)[:, known]
        all_chosen[:, own] = pages.signs.said[CLAIMED][rows][:, own]
        return np.asarray(all_chosen)

    def _chosen(self, scores: Scores, rows: Ints) -> Bools:
        """Some texts by the model's topics: those over their thresholds, else the likeliest."""
        chances = scores.topics[rows]
        chosen = chances >= self._model.thresholds
        best = chances.argmax(axis=1)
        fallback = ~chosen.any(axis=1) & (chances.max(axis=1, initial=0) >= self._model.fallback)
        chosen[fallback, best[fallback]] = True
        return np.asarray(chosen)

    def _leanings(self, scores: Scores, rows: Ints, unnamed: Bools) -> Iterator[tuple[str, ...]]:
        """The topics that some texts would have if they complained of the bank; ``unnamed`` ones complain of some."""
        likely = scores.topics[rows] >= _LEANS
        silent = np.flatnonzero(unnamed[rows])
        likely[silent] = self._chosen(scores, rows[silent])
        # Few sets of topics occur: each is named once.
        return map(self._named, (likely @ self._bits).tolist())

    def _named(self, bits: int) -> tuple[str, ...]:
        if bits not in self._sets:
            self._sets[bits] = tuple(
                topic for topic, bit in zip(self._model.topics, self._bits, strict=True) if bits & bit
            )
        return self._sets[bits]

    def _accused(
        self, batch: _Batch, grams: Grams, rows: Ints, chosen: Bools
    ) -> Iterator[tuple[tuple[str, ...], tuple[Evidence, ...]]]:
        """Topics and evidence of each of some texts; ``chosen``: the texts by topics."""
        numbers, topics = np.nonzero(chosen)
        codes = [self._codes[topic] for topic in topics.tolist()]
        spans = self._spans(batch, grams, rows, chosen)
        named = (*self._codes, None)
        evidence = [
            Evidence(named[topic], start, end, batch.texts[row].text[start:end])
            for row, topic, start, end in zip(
                spans.rows.tolist(), spans.topics.tolist(), spans.starts.tolist(), spans.ends.tolist(), strict=True
            )
        ]
        of_codes = np.searchsorted(numbers, np.arange(len(rows) + 1)).tolist()
        of_spans = np.searchsorted(spans.rows, np.append(rows, len(batch.texts))).tolist()
        for (a, b), (c, d) in zip(pairwise(of_codes), pairwise(of_spans), strict=True):
            yield tuple(codes[a:b]), tuple(evidence[c:d])

    def _spans(self, batch: _Batch, grams: Grams, rows: Ints, chosen: Bools) -> Spans:
        """Where the rules saw each topic; where only the model says so, the words that weighed most.

        A text without a topic is given one behind the last, with the words that weighed most for its negativity.
        """
        wanted = np.zeros((len(batch.texts), len(self._codes) + 1), dtype=np.bool_)
        wanted[rows, :-1], wanted[rows, -1] = chosen, ~chosen.any(axis=1)
        seen = seen_spans(batch.pages, wanted)
        wanted[seen.rows, seen.topics] = False
        unseen, topics = np.nonzero(wanted)
        starts, ends = strongest_spans(batch.pages, grams, self._model.text, unseen, self._heads.take(topics))
        return Spans.join(seen, Spans(unseen, topics, starts, ends))


@lru_cache(maxsize=1 << 15)
def _harmless(about: bool, negativity: float, version: str, leaning: tuple[str, ...], unnamed: int) -> Reading:
    """A reading that is not negative: most are, they differ in little, and a frozen record is slow to make."""
    return Reading(about, (), False, negativity, 0, (), version, leaning, unnamed)  # noqa: FBT003


def _names_nobody(batch: _Batch, asked: Bools) -> Bools:
    """Which of some texts, or what they answer, speak of banking while neither names another bank."""
    found = asked & ~batch.pages.mentions.has(OTHER)
    answers = batch.parent >= 0
    found[answers] &= ~batch.parents.mentions.has(OTHER)[batch.parent[answers]]
    for row in np.flatnonzero(found).tolist():
        answered = int(batch.parent[row])
        banking = speaks_of_banking(batch.pages.joined.row(row))
        found[row] = banking or (answered >= 0 and speaks_of_banking(batch.parents.joined.row(answered)))
    return found


def _batches(texts: Sequence[Text]) -> Iterator[tuple[int, int]]:
    """First text of each batch, and the one behind its last."""
    sizes = ([len(text.text) for text in texts], [len(text.parent or "") for text in texts])
    behind = np.cumsum(np.minimum(sizes, LONGEST_TEXT).sum(axis=0))
    first, before = 0, 0
    while first < len(texts):
        fitting = int(np.searchsorted(behind, before + MOST_CHARACTERS, side="right"))
        last = min(max(fitting, first + 1), first + MOST_TEXTS)
        yield first, last
        first, before = last, int(behind[last - 1])


def _by_bank(texts: Sequence[Text]) -> list[int]:
    """The order in which texts of one bank stand together."""
    banks = [text.bank for text in texts]
    objects = list(map(id, banks))
    numbers: dict[Bank | None, int] = {}
    # Banks are compared by all their names, so each object is looked up but once.
    known = dict(zip(objects, banks, strict=True))
    of_object = {key: numbers.setdefault(bank, len(numbers)) for key, bank in known.items()}
    order: list[int] = np.argsort([of_object[key] for key in objects], kind="stable").tolist()
    return order


def load_analyser(override: Path | None = None) -> Analyser:
    """The shipped rules and model, with a bank's own topics file laid over the taxonomy."""
    return Analyser(load_taxonomy(override), load_model())

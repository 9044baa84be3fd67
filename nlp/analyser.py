"""Reads texts: about the bank or not, topics, negativity, severity, and the evidence for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.readings import Bank, Evidence, Reading, Text
from nlp.cues import Describer
from nlp.evidence import Wanted, seen_spans, strongest_spans
from nlp.joined import Bools, Ints
from nlp.lexicon import Taxonomy, load_taxonomy
from nlp.model import Model, Scores, load_model
from nlp.pages import LONGEST_TEXT, Opener, Pages
from nlp.rules import CLAIMED
from nlp.table import Grams

RULES = "4"
"""Raised by hand where the code of the rules changes what is read."""
ABOUT_BAR = 0.5
"""The chance from which a text that names the bank is about it."""
MOST_TEXTS, MOST_CHARACTERS = 4096, 1 << 17
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
        self._cues = np.array([numbers.get(cue, -1) for cue in model.cues])
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
        readings = self._readings([texts[row] for row in order])
        return [reading for _, reading in sorted(zip(order, readings, strict=True), key=_first)]

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

    def _readings(self, texts: Sequence[Text]) -> Iterator[Reading]:
        batch = self._open(texts)
        return self._decide(batch, *self._scores(batch))

    def _decide(self, batch: _Batch, grams: Grams, scores: Scores, watched: Bools) -> Iterator[Reading]:
        # The labelled texts are nearly all about a bank; most of what a county writes is not. So a text is about the
        # bank only where it, or what it answers, names it in some form, whatever the model makes of its words.
        about = ~watched | (scores.about >= ABOUT_BAR)
        negativity = [round(chance, 4) for chance in scores.negative.tolist()]
        return self._told(batch, grams, scores, about, negativity)

    def _scores(self, batch: _Batch) -> tuple[Grams, Scores, Bools]:
        """Known n-grams, the model's scores, and for which texts a bank is watched."""
        named = batch.pages.mentions.named.copy()
        answers = batch.parent >= 0
        named[answers] |= batch.parents.mentions.named[batch.parent[answers]]
        watched = np.fromiter((text.bank is not None for text in batch.texts), np.bool_, len(batch.texts))
        grams = self._model.text.look_up(batch.pages.masked.joined)
        scores = self._model.read(
            grams, batch.parents.masked.joined, batch.parent, self._describe(batch), watched & named, ~watched
        )
        return grams, scores, watched

    def _describe(self, batch: _Batch) -> npt.NDArray[np.float32]:
        """The cues that the model knows; those that no text here can show are 0."""
        values = self._describer.describe(
            batch.pages, batch.parents, batch.parent, [text.platform for text in batch.texts]
        ).astype(np.float32)
        nothing = np.zeros((1, len(batch.texts)), dtype=np.float32)
        return np.asarray(np.concatenate([values, nothing])[self._cues])

    def _told(
        self, batch: _Batch, grams: Grams, scores: Scores, about: Bools, negativity: Sequence[float]
    ) -> Iterator[Reading]:
        negative = about & (np.array(negativity) >= self._model.bar) & ~batch.pages.normals.blank()
        topics = self._topics(batch.pages, scores, np.flatnonzero(negative))
        evidence = self._evidence(batch, grams, topics)
        for row, (said, chance) in enumerate(zip(about.tolist(), negativity, strict=True)):
            if row not in topics:
                yield Reading(said, (), False, chance, 0, (), self._version)  # noqa: FBT003
                continue
            severity = min(3, max(1, round(float(scores.severity[row]))))
            codes = tuple(self._codes[topic] for topic in topics[row])
            yield Reading(said, codes, True, chance, severity, evidence[row], self._version)  # noqa: FBT003

    def _topics(self, pages: Pages, scores: Scores, rows: Ints) -> dict[int, list[int]]:
        """Topics over their thresholds, the likeliest where none is; a bank's own topics by rule alone."""
        chances = scores.topics[rows]
        chosen = chances >= self._model.thresholds
        best = chances.argmax(axis=1)
        fallback = ~chosen.any(axis=1) & (chances.max(axis=1, initial=0) >= self._model.fallback)
        chosen[fallback, best[fallback]] = True
        known = [self._model.topics.index(code) if code in self._model.topics else -1 for code in self._codes]
        own = [topic for topic, place in enumerate(known) if place < 0]
        all_chosen = np.concatenate([chosen, np.zeros((len(rows), 1), dtype=np.bool_)], axis=1)[:, known]
        all_chosen[:, own] = pages.signs.said[CLAIMED][rows][:, own]
        topics: dict[int, list[int]] = {row: [] for row in rows.tolist()}
        for place, topic in np.argwhere(all_chosen).tolist():
            topics[int(rows[place])].append(topic)
        return topics

    def _evidence(self, batch: _Batch, grams: Grams, topics: dict[int, list[int]]) -> dict[int, tuple[Evidence, ...]]:
        """Where the rules saw each topic; where only the model says so, the words that weighed most."""
        wanted = [(row, topic) for row, found in topics.items() for topic in found]
        spans = seen_spans(batch.pages, wanted)
        heads = {key: self._model.heads.index(self._codes[key[1]]) for key in wanted if key not in spans}
        heads |= {(row, -1): 0 for row, found in topics.items() if not found}
        asked: list[Wanted] = [(row, head) for (row, _), head in heads.items()]
        strongest = strongest_spans(batch.pages, grams, self._model.text, asked)
        for (row, topic), head in heads.items():
            spans[row, topic] = [strongest[row, head]]
        told: dict[int, list[Evidence]] = {row: [] for row in topics}
        for row, found in topics.items():
            text = batch.texts[row].text
            for topic in found or [-1]:
                code = self._codes[topic] if topic >= 0 else None
                told[row] += [Evidence(code, start, end, text[start:end]) for start, end in spans[row, topic]]
        return {row: tuple(found) for row, found in told.items()}


def _first(pair: tuple[int, Reading]) -> int:
    return pair[0]


def _batches(texts: Sequence[Text]) -> Iterator[tuple[int, int]]:
    """First text of each batch, and the one behind its last."""
    sizes = [min(len(text.text), LONGEST_TEXT) + min(len(text.parent or ""), LONGEST_TEXT) for text in texts]
    behind = np.cumsum(sizes)
    first, before = 0, 0
    while first < len(texts):
        fitting = int(np.searchsorted(behind, before + MOST_CHARACTERS, side="right"))
        last = min(max(fitting, first + 1), first + MOST_TEXTS)
        yield first, last
        first, before = last, int(behind[last - 1])


def _by_bank(texts: Sequence[Text]) -> list[int]:
    """The order in which texts of one bank stand together."""
    numbers: dict[Bank | None, int] = {}
    of_object: dict[int, int] = {}
    for text in texts:
        if id(text.bank) not in of_object:
            of_object[id(text.bank)] = numbers.setdefault(text.bank, len(numbers))
    return sorted(range(len(texts)), key=lambda row: of_object[id(texts[row].bank)])


def load_analyser(override: Path | None = None) -> Analyser:
    """The shipped rules and model, with a bank's own topics file laid over the taxonomy."""
    return Analyser(load_taxonomy(override), load_model())

"""Reads texts: about the bank or not, topics, negativity, severity, and the evidence for each."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from domain.readings import Bank, Evidence, Reading, Text
from nlp.cues import Opener, Page, describe
from nlp.lexicon import Taxonomy, load_taxonomy
from nlp.model import Model, Scores, load_model
from nlp.rules import CLAIMED
from nlp.sentiment import Sentiment
from nlp.target import NOBODY

RULES = "3"
"""Raised by hand where the code of the rules changes what is read."""
BATCH = 512
MOST_SPANS = 8
"""Pieces of evidence for one topic."""


class Analyser:
    """Joins rules and model into readings. Keeps no state between texts; the same text is always read alike."""

    def __init__(self, taxonomy: Taxonomy, model: Model) -> None:
        self._taxonomy = taxonomy
        self._model = model
        self._codes = [topic.code for topic in taxonomy.topics]
        self._opener = Opener(taxonomy, Sentiment(model.sentiment))
        words = "\n".join(taxonomy.words()).encode()
        self._version = f"{RULES}-{hashlib.sha256(words + model.digest.encode()).hexdigest()[:10]}"

    @property
    def version(self) -> str:
        """Names the rules, the words and the model together."""
        return self._version

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading for each text, in order."""
        readings: list[Reading] = []
        parents: dict[tuple[str, Bank | None], Page] = {}
        for start in range(0, len(texts), BATCH):
            readings += self._batch(texts[start : start + BATCH], parents)
        return readings

    def _batch(self, texts: Sequence[Text], known: dict[tuple[str, Bank | None], Page]) -> Iterator[Reading]:
        pages = [self._opener.open(text.text, text.bank) for text in texts]
        parents = [self._parent(text, known) for text in texts]
        scores = self._model.read(
            [page.mentions.masked for page in pages],
            [parent.mentions.masked if parent else NOBODY for parent in parents],
            [describe(page, parent, text.platform) for page, parent, text in zip(pages, parents, texts, strict=True)],
        )
        for row, (text, page, parent) in enumerate(zip(texts, pages, parents, strict=True)):
            named = page.mentions.named or (parent is not None and parent.mentions.named)
            yield self._reading(text, page, scores, row, named=named)

    def _parent(self, text: Text, known: dict[tuple[str, Bank | None], Page]) -> Page | None:
        """The parent's page; replies of one thread share it."""
        if not text.parent:
            return None
        key = (text.parent, text.bank)
        if key not in known:
            known[key] = self._opener.open(text.parent, text.bank)
        return known[key]

    def _reading(self, text: Text, page: Page, scores: Scores, row: int, *, named: bool) -> Reading:
        # The labelled texts are nearly all about a bank; most of what a county writes is not. So a text is about the
        # bank only where it, or what it answers, names it in some form, whatever the model makes of its words.
        about = text.bank is None or (named and bool(scores.about[row] >= 0.5))
        negativity = round(float(scores.negative[row]), 4)
        negative = about and negativity >= self._model.bar and bool(page.text.strip())
        topics = self._topics(page, scores, row) if negative else ()
        return Reading(
            about=about,
            topics=topics,
            negative=negative,
            negativity=negativity,
            severity=min(3, max(1, round(float(scores.severity[row])))) if negative else 0,
            evidence=tuple(self._evidence(text.text, page, topics)) if negative else (),
            version=self._version,
        )

    def _topics(self, page: Page, scores: Scores, row: int) -> tuple[str, ...]:
        """Topics over their thresholds, the likeliest where none is; a bank's own topics by rule alone."""
        chances = scores.topics[row]
        chosen = {
            code
            for code, chance, bar in zip(self._model.topics, chances, self._model.thresholds, strict=True)
            if chance >= bar
        }
        best = int(chances.argmax())
        if not chosen and chances[best] >= self._model.fallback:
            chosen = {self._model.topics[best]}
        chosen |= page.signs.topics(CLAIMED) - set(self._model.topics)
        return tuple(code for code in self._codes if code in chosen)

    def _evidence(self, text: str, page: Page, topics: Sequence[str]) -> Iterator[Evidence]:
        """Where the rules saw each topic; where only the model says so, the words that weighed most."""
        found = {topic: _spans(page, topic) for topic in topics}
        unseen = [topic for topic in topics if not found[topic]] if topics else ["negative"]
        if unseen:
            windows = self._model.strongest(page.mentions.masked, unseen)
            found |= {head: [self._back(page, *window)] for head, window in zip(unseen, windows, strict=True)}
        for head, spans in found.items():
            for start, end in spans:
                yield Evidence(head if topics else None, start, end, text[start:end])

    @staticmethod
    def _back(page: Page, start: int, end: int) -> tuple[int, int]:
        """A stretch of the masked text as a span of the text as published."""
        return page.normal.span(page.mentions.place(start), page.mentions.place(end - 1) + 1)


def _spans(page: Page, topic: str) -> list[tuple[int, int]]:
    """Spans of the text as published where a topic is claimed, or said in any way if it is claimed nowhere."""
    hits = [hit for hit in page.signs.hits if hit.topic == topic]
    claimed = [hit for hit in hits if hit.status == CLAIMED] or hits
    return _outermost({page.normal.span(hit.start, hit.end) for hit in claimed})


def _outermost(spans: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that lie in no other one, in order; at most `MOST_SPANS`."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept[:MOST_SPANS]


def load_analyser(override: Path | None = None) -> Analyser:
    """The shipped rules and model, with a bank's own topics file laid over the taxonomy."""
    return Analyser(load_taxonomy(override), load_model())

"""The second reader from a local folder: a classifier, or a sentence encoder with a linear head, run by onnxruntime."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from domain.errors import ReaderError
from domain.readings import Evidence
from domain.second import Doubt, SecondOpinion, SecondOutcome
from nlp.second.clauses import Span, clauses, without
from nlp.second.config import OnnxConfig
from nlp.second.folder import NEGATIVE, Floats, Folder, open_folder


class OnnxReader:
    """Meets `pipeline.ports.SecondReader`. The folder is opened on first need; ``topics``: labels by code.

    Such a model cannot say what it relies on, so that is found out: each clause is left out once, and the one whose
    absence moves the verdict most is quoted; for a topic the same with the topic's chance.
    """

    def __init__(
        self,
        config: OnnxConfig,
        folder: Path,
        topics: Mapping[str, str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._path = folder
        self._topics = topics
        self._monotonic = monotonic
        self._opened: Folder | None = None

    @property
    def version(self) -> str:
        """The folder's name, and a digest of the files in it; ReaderError where it cannot be opened."""
        return f"{self._path.name}@{self._folder().digest}"

    def trouble(self) -> str | None:
        """Why it cannot read, in Chinese, with what to do; None where it can."""
        try:
            self._folder()
        except ReaderError as error:
            return error.cause
        return None

    def reread(self, doubts: Sequence[Doubt]) -> Iterator[SecondOutcome]:
        """An outcome for each post, in order, until the run's time is used up; never raises."""
        deadline = self._monotonic() + self._config.max_seconds
        for doubt in doubts:
            left = deadline - self._monotonic()
            if left <= 0:
                return
            outcome, over = self._outcome(doubt, left)
            yield outcome
            if over:
                return

    def _outcome(self, doubt: Doubt, seconds: float) -> tuple[SecondOutcome, bool]:
        """What came of one post, and whether that was the last one of this run."""
        try:
            return SecondOutcome("given", self._opinion(doubt, seconds)), False
        except ReaderError as error:
            return SecondOutcome(error.state, cause=error.cause), error.over
        except Exception as error:  # noqa: BLE001 - the edge of a foreign model: whatever it was, the sweep goes on
            return SecondOutcome("refused", cause=f"意外的错误 {type(error).__name__}"), False

    def _opinion(self, doubt: Doubt, seconds: float) -> SecondOpinion:
        folder = self._folder()
        text = doubt.text.text[: self._config.max_chars]
        spans = clauses(text)
        if not spans:
            raise ReaderError("refused", "帖子里没有字，以初读为准")
        parent = (doubt.text.parent or "")[: self._config.max_chars] or None
        chances = folder.chances([text, *(without(text, span) for span in spans)], parent, seconds)
        labels = folder.card.labels
        negativity = float(chances[0, labels.index(NEGATIVE)])
        negative = negativity >= 0.5
        topics = _topics(folder, chances[0]) if negative else None
        quoted = _quoted(chances[:, labels.index(NEGATIVE)], spans, falls=negative)
        places = {topic: _quoted(chances[:, labels.index(topic)], spans, falls=True) for topic in topics or ()}
        quotes = [Evidence(topic, *span, text[span[0] : span[1]]) for topic, span in places.items()]
        return SecondOpinion(
            reader=self.version,
            negative=negative,
            negativity=round(negativity, 4),
            topics=topics,
            severity=None,
            quotes=tuple(quotes) or (Evidence(None, *quoted, text[quoted[0] : quoted[1]]),),
        )

    def _folder(self) -> Folder:
        if self._opened is None:
            self._opened = open_folder(self._path, self._config, list(self._topics))
        return self._opened


def _topics(folder: Folder, chances: Floats) -> tuple[str, ...] | None:
    """Topics over their bar, the likeliest first; None of a model that knows no topics."""
    card = folder.card
    if card.activation == "softmax" or len(card.labels) == 1:
        return None
    order = np.argsort(-chances, kind="stable").tolist()
    said = [card.labels[number] for number in order if chances[number] >= card.topic_bar]
    return tuple(label for label in said if label != NEGATIVE)


def _quoted(chances: Floats, spans: Sequence[Span], *, falls: bool) -> Span:
    """The clause without which the chance falls (or rises) most; ``chances``: of the whole text, then without each."""
    moved = chances[0] - chances[1:]
    return spans[int(np.argmax(moved if falls else -moved))]

"""The bench on which a text is tried: with parts left out or otherwise altered, and read again.

This asks nothing of the model but its answers, so it stays true whatever the model is made of. Weights of parts do not
add up: words that say a thing twice weigh little each and much together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from domain.readings import Reading, Text
from nlp.analyser import Analyser, Chances
from nlp.explain_seen import Span
from nlp.pages import LONGEST_TEXT

MOST_VARIANTS, LEAST_VARIANTS, MOST_CHARACTERS = 400, 48, 1_000_000
"""So many parts are left out one by one, fewer of long texts: so many characters are read in all."""
CARRIES = 0.7
"""A part that carries this share of the weight of a larger one round it is told in its place."""
LEAST_WEIGHT = 0.1
"""Log-odds below which a part is not told: leaving out anything changes a little."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A text as it was read, and the chances behind."""

    text: Text
    reading: Reading
    chances: Chances


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the text (or, by ``of``, the whole parent), and how the text reads without it.

    ``weight``, ``about`` and ``topics`` (by code) are log-odds with the part less those without it: above 0, it speaks
    for negative, for being about the bank, for the topic. ``points``: the same of negativity, in hundredths.
    """

    of: str
    start: int
    end: int
    text: str
    without: Reading
    weight: float
    points: float
    about: float
    topics: dict[str, float]

    def overlaps(self, other: Part) -> bool:
        """Whether both have a character in common."""
        return self.start < other.end and other.start < self.end

    def inside(self, other: Part) -> bool:
        """Whether it is a smaller piece of the other."""
        return other.start <= self.start and self.end <= other.end and self.size < other.size

    @property
    def size(self) -> int:
        """Its length in characters."""
        return self.end - self.start


class Bench:
    """Reads altered texts. ``left``: so many parts may still be left out one by one."""

    def __init__(self, analyser: Analyser, text: Text) -> None:
        self._analyser = analyser
        parent = text.parent[:LONGEST_TEXT] if text.parent else text.parent
        self.text = replace(text, text=text.text[:LONGEST_TEXT], parent=parent)
        self.used = 0
        self.base = self.read([self.text])[0]
        size = len(self.text.text) + len(self.text.parent or "")
        self.left = max(LEAST_VARIANTS, min(MOST_VARIANTS, MOST_CHARACTERS // max(1, size)))

    def read(self, texts: Sequence[Text]) -> list[Trial]:
        """Read altered texts."""
        self.used += len(texts)
        return [Trial(text, *weighed) for text, weighed in zip(texts, self._analyser.weigh(texts), strict=True)]

    def without(self, spans: Iterable[Span]) -> Text:
        """The text with some spans (not overlapping) left out."""
        return replace(self.text, text=with_other_words(self.text.text, [(*span, "") for span in spans]))

    def parts(self, spans: Sequence[Span]) -> list[Part]:
        """The weight of each span, the first ones only where not all are allowed any more."""
        spans = spans[: max(0, self.left)]
        self.left -= len(spans)
        trials = self.read([self.without([span]) for span in spans])
        return [
            self._part("text", start, end, self.text.text[start:end], trial)
            for (start, end), trial in zip(spans, trials, strict=True)
        ]

    def parent(self) -> Part | None:
        """The weight of what the text answers; None where it answers nothing."""
        parent = self.text.parent
        if not parent:
            return None
        (trial,) = self.read([replace(self.text, parent=None)])
        return self._part("parent", 0, len(parent), parent, trial)

    def _part(self, of: str, start: int, end: int, text: str, trial: Trial) -> Part:
        base, without = self.base.chances, trial.chances
        return Part(
            of,
            start,
            end,
            text,
            trial.reading,
            log_odds(base.negative) - log_odds(without.negative),
            round(100 * (self.base.reading.negativity - trial.reading.negativity), 2),
            log_odds(base.about) - log_odds(without.about),
            {code: log_odds(base.topics[code]) - log_odds(without.topics[code]) for code in self._codes()},
        )

    def _codes(self) -> list[str]:
        return [code for code in self.base.reading.topics if code in self.base.chances.topics]


def log_odds(chance: float) -> float:
    """The logarithm of chance over counter-chance, for chances of nothing and of certainty within ±13.8."""
    kept = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))


def with_other_words(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """A text with some stretches (not overlapping) replaced."""
    for start, end, words in sorted(changes, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def strongest(
    parts: Iterable[Part], weight: Callable[[Part], float], limit: int, least: float = LEAST_WEIGHT
) -> list[Part]:
    """The parts of the largest weight, none overlapping another, in order of weight.

    A smaller part takes the place of a larger one round it of which it carries `CARRIES`.
    """
    told = [part for part in parts if weight(part) >= least]
    kept: list[Part] = []
    for part in sorted(told, key=lambda part: (-weight(part), part.start, part.end)):
        inner = [one for one in told if one.inside(part) and weight(one) >= CARRIES * weight(part)]
        chosen = min([*inner, part], key=lambda one: (one.size, -weight(one), one.start))
        if not any(chosen.overlaps(one) for one in kept):
            kept.append(chosen)
    return sorted(kept, key=lambda part: (-weight(part), part.start))[:limit]

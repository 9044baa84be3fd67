"""Second opinions: what another reader made of a post whose first reading is in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.posts import Post
from domain.readings import Evidence, Reading, Text

SECOND_STATES = ("given", "refused", "failed")
"""``refused``: an answer came and cannot be believed, so it is not asked for again; ``failed``: asked again later."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text that is to be read a second time, and its first reading."""

    text: Text
    first: Reading


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What the second reader says; ``reader`` names it with its version.

    ``negativity`` 0..1 (0.5 and more: negative); ``topics`` None and ``severity`` None where the reader does not say.
    ``quotes`` are the words that it relies on, at their places in the text as published, each with the topic that it
    speaks for (None: the verdict alone).
    """

    reader: str
    negative: bool
    negativity: float
    topics: tuple[str, ...] | None
    severity: int | None
    quotes: tuple[Evidence, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SecondOutcome:
    """What came of asking: a state of `SECOND_STATES`, the opinion where one was given, else the cause in Chinese."""

    state: str
    opinion: SecondOpinion | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class GreyZone:
    """Which posts are in doubt: about the bank, first read by ``version``, with ``low`` <= negativity <= ``high``, of
    posts since ``since``. ``reader`` (name and version) is who would read them again."""

    version: str
    reader: str
    low: float
    high: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A post in the grey zone, with what it answers and its first reading.

    ``opinion``: what the same reader said of the same words before; it is not asked for again.
    """

    post: Post
    parent: str | None
    first: Reading
    opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class SecondTally:
    """How asking went over some time; ``cause`` of the newest failure, None where there was none."""

    given: int = 0
    refused: int = 0
    failed: int = 0
    cause: str | None = None

"""Feedback: what an analyst says of a post, what becomes of models fitted with it, and what is asked for next.

A label judges a text, never a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.posts import Post
from domain.readings import Reading

SHIPPED = "shipped"
"""The name of the model that comes with the program."""

KINDS = {
    "right": "判对",
    "wrong_alarm": "误报",
    "missed": "漏报",
    "other_topic": "主题不对",
    "other_severity": "轻重不对",
    "other_bank": "是否本行不对",
}
"""What a label says of the reading that stood, by code; the names are what staff read."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a post says, as a person or a reading has it. ``severity`` 0..3; None: the person did not say."""

    about: bool
    negative: bool
    topics: tuple[str, ...]
    severity: int | None

    @classmethod
    def of(cls, reading: Reading) -> Judgement:
        """The reading's own."""
        return cls(reading.about, reading.negative, reading.topics, reading.severity)


def kind_of(said: Judgement, true: Judgement) -> str:
    """Which of `KINDS` it is that a reading ``said`` this and an analyst holds that to be ``true``.

    The gravest difference names it: an alarm too many or too few before topics, topics before severity.
    """
    if said.negative != true.negative:
        return "wrong_alarm" if said.negative else "missed"
    if said.about != true.about:
        return "other_bank"
    if set(said.topics) != set(true.topics):
        return "other_topic"
    return "right" if true.severity in (None, said.severity) else "other_severity"


@dataclass(frozen=True, slots=True)
class Standing:
    """A post as it stands before the analyst: with what it answers, and its newest reading for the bank, if any."""

    post: Post
    parent: str | None
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Label:
    """One judgement of one analyst about one post and bank; the newest of a post and bank is in effect.

    ``text`` and ``parent`` are those that were judged, so that the label stays true when the post is edited.
    ``version`` is that of the reading that stood, and ``kind`` says how that did. ``key`` 0: not stored yet.
    """

    post: int
    source: str
    id: str
    bank: str
    platform: str
    text: str
    parent: str | None
    judgement: Judgement
    kind: str
    version: str
    by: str
    at: datetime
    note: str | None = None
    key: int = 0


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One training: what came of it and on what figures.

    ``base``: the model that was in use, by name and digest. ``rules`` and ``shipped_digest``: what the model was
    fitted to go with. ``data_hash`` names the texts and labels. ``scores``: for each figure what the base and the
    candidate reach (`evaluation.gate`). Only of a model that was ``taken`` there is a file.
    """

    version: str
    trained_at: datetime
    taken: bool
    reason: str
    base: str
    base_digest: str
    digest: str
    shipped_digest: str
    rules: str
    data_hash: str
    records: int
    labels: int
    scores: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ModelChange:
    """From ``at`` on the model ``version`` (or `SHIPPED`) is in use."""

    at: datetime
    version: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """A post that is queued for an analyst. ``day`` is the day in Shanghai.

    ``sampled``: drawn by lot, so that its label counts for the live figures. ``negative`` is what the reading said
    when it was drawn or queued.
    """

    post: int
    bank: str
    day: str
    at: datetime
    reason: str
    score: float
    sampled: bool
    negative: bool
    version: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A post that two versions read differently; its words were the same for both."""

    source: str
    id: str
    text: str
    old: Judgement
    new: Judgement

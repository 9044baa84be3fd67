"""Readings: what a text says about a bank, and on what evidence."""

from __future__ import annotations

from dataclasses import dataclass

COMPLAINS = 0.5
"""The negativity at which a text that does not say of whom it speaks is a complaint."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A watched bank. ``not_names`` are strings that contain a name but mean something else (坑口支行, 白鹭洲公园)."""

    name: str
    aliases: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    county: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """One text to be read. ``bank`` None: no bank is watched, and every text is about it (docs/interfaces.md).

    ``collected``: it was collected as it came, the first post of a thread or with what it answers, not picked out to
    be judged: its place then tells something before it is read.
    """

    text: str
    platform: str = "other"
    parent: str | None = None
    bank: Bank | None = None
    collected: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """``text`` stands at ``[start:end]`` (code points) of the text as published; ``topic`` None: negativity alone."""

    topic: str | None
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: ``negativity`` 0..1, ``severity`` 0..3; ``version`` names the rules and the model.

    ``leaning``: of a text that does not complain of the bank, the topics that it would have if it did. A report, an
    answer of the bank, or a complaint without its name speaks of the same matter as the complaints do.
    ``unnamed``: of a complaint about banking that does not say of which bank, the severity that it would have; else 0.
    """

    about: bool
    topics: tuple[str, ...]
    negative: bool
    negativity: float
    severity: int
    evidence: tuple[Evidence, ...]
    version: str
    leaning: tuple[str, ...] = ()
    unnamed: int = 0

    @property
    def complains(self) -> bool:
        """Whether it is negative, or would be if it said of whom it speaks: of a post in an incident, that says it."""
        return self.negative or (not self.about and self.negativity >= COMPLAINS)

    @property
    def charges(self) -> tuple[str, ...]:
        """What it complains of, in an incident: a complaint without a name of what it leans to."""
        return self.leaning if self.unnamed else self.topics

    @property
    def gravity(self) -> int:
        """How grave its complaint is, in an incident, 0..3."""
        return self.unnamed or self.severity


@dataclass(frozen=True, slots=True)
class ComplaintClass:
    """A class of the industry's complaint statistics (JR/T 0169-2018) into which a topic falls.

    ``code`` None: its number is not known. ``sure`` False: whether the topic falls into it is a guess.
    """

    key: str
    name: str
    code: str | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """Where complaints of a topic belong by channel (A), business (B) and reason (C); empty: no class, or not known."""

    channel: tuple[ComplaintClass, ...] = ()
    business: tuple[ComplaintClass, ...] = ()
    reason: tuple[ComplaintClass, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """One entry of the taxonomy: code, label in Chinese, line of business, department that should act."""

    code: str
    label: str
    line: str
    department: str
    complaint: Complaint = Complaint()

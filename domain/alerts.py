"""Alerts: levels, decisions with their reasons, notices (outbox) and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from domain.incidents import Incident, Member, Snapshot


class Level(IntEnum):
    """Alert levels in rising order. Blue is listed only; yellow and above are mailed."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def code(self) -> str:
        """The lower-case code used in files and tables: ``red``."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The name in Chinese: 红色."""
        return ("无", "蓝色", "黄色", "橙色", "红色")[self]

    @classmethod
    def of(cls, code: str) -> Level:
        """The level of a code; KeyError for one that is none."""
        return cls[code.upper()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The level that the rules give one snapshot: which rule, its inputs, and the reason in Chinese."""

    level: Level
    rule: str
    reason: str
    inputs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertState:
    """What has been decided and sent for an incident so far.

    ``level`` now; ``since`` when it was set; ``notified`` highest level mailed since the incident (re)opened;
    ``notified_at`` and ``notified_index`` time and index of the last mail; ``below_since`` since when the rules have
    given less than ``level`` (hysteresis); ``sequence`` number of mails so far; ``decided_at`` time of the last
    snapshot that was judged, so that a later decision knows where to go on.
    """

    incident: str
    level: Level = Level.NONE
    since: datetime | None = None
    notified: Level = Level.NONE
    notified_at: datetime | None = None
    notified_index: float = 0.0
    below_since: datetime | None = None
    sequence: int = 0
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A change of an incident's level, with the decision's record."""

    incident: str
    at: datetime
    before: Level
    after: Level
    rule: str
    reason: str
    index: float
    heat: float
    inputs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy makes of a verdict. ``kind`` None: nothing is sent, and ``reason`` says why not.

    Kinds: ``new`` ``raised`` ``growth`` ``resolved``. ``hold_until`` is set where quiet hours defer the message.
    """

    state: AlertState
    kind: str | None
    reason: str
    change: LevelChange | None = None
    hold_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that a message about one incident says.

    ``snapshot`` is how it stands now, ``peak`` the snapshot that ``verdict`` judged: the highest since the last
    decision. ``first`` is the post that the incident began with, ``first_source`` its source's label.
    """

    incident: Incident
    snapshot: Snapshot
    peak: Snapshot
    verdict: Verdict
    decision: Decision
    first: Member
    first_source: str
    loudest: tuple[Member, ...]
    history: tuple[Snapshot, ...]
    platforms: Mapping[str, int]
    topic_labels: tuple[str, ...]
    departments: tuple[str, ...]
    blind: tuple[Blind, ...]
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Blind:
    """A source that could not be seen: since when, and why, in Chinese."""

    source: str
    since: datetime
    status: str
    cause: str


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message: subject, plain text and HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to several recipients, as it is written into the outbox.

    ``id`` is short and stable (it makes the Message-ID): the incident and the sequence, or the kind and the date.
    ``thread`` groups mails of one incident. ``not_before`` defers delivery (quiet hours).
    """

    id: str
    kind: str
    level: Level
    incident: str | None
    reason: str
    recipients: tuple[str, ...]
    message: Message
    created_at: datetime
    thread: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One outbox row that is due: one notice for one recipient, with the Message-ID that it keeps for ever."""

    key: int
    notice: str
    kind: str
    level: Level
    recipient: str
    message_id: str
    thread: str | None
    message: Message
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One incident in the daily digest."""

    incident: Incident
    snapshot: Snapshot
    level: Level
    new: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """All that the daily digest of one bank says; empty lists are said too, so that silence never looks like health."""

    bank: str
    at: datetime
    since: datetime
    posts_collected: int
    posts_about: int
    posts_negative: int
    lines: tuple[DigestLine, ...]
    sources_seen: int
    blind: tuple[Blind, ...]
    undelivered: int
    last_sweep_at: datetime | None

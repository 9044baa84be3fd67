"""Alerts: levels, decisions with their reasons, notices (outbox) and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from domain.incidents import Incident, Member, Snapshot
from domain.runs import RunTally
from domain.spread import Outlook, PlatformSpread

MAIL = "mail"
"""The channel of everyone whose contact is a mail address; the others are the names of `alerts.yaml`'s channels."""


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

    ``asked_at``: when the mail of ``notified`` asked for an answer; ``reminded``: rungs of the ladder climbed since.
    ``waiting_since``: time of the first snapshot of which a mail waits for the end of quiet hours or of a silence,
    ``waiting_until`` that end. ``row`` and ``reason``: the last outcome, also where it was not to write.
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
    asked_at: datetime | None = None
    reminded: int = 0
    waiting_since: datetime | None = None
    waiting_until: datetime | None = None
    row: str = ""
    reason: str = ""


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

    Kinds: ``new`` ``raised`` ``growth`` ``reminder`` ``resolved``. ``row`` names the outcome as docs/alerts.md does.
    """

    state: AlertState
    kind: str | None
    reason: str
    change: LevelChange | None = None
    row: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """What the report clock asks for, in Chinese, and by when."""

    what: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Briefing:
    """All that a message about one incident says.

    ``snapshot`` is how it stands now, ``peak`` the snapshot that ``verdict`` judged: the highest since the last
    decision. ``first`` is the post that the incident began with, ``first_source`` its source's label. ``duties`` are
    what the report clock asks for, the earliest first; ``newest`` the latest posts that are not among the ``loudest``;
    ``kept`` the posts (``source:id``) of which a page was kept. ``outlook`` and ``platforms_now`` are the newest that
    were measured, ``told_index`` the index of the last mail in this round.
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
    duties: tuple[Duty, ...] = ()
    newest: tuple[Member, ...] = ()
    kept: frozenset[str] = frozenset()
    outlook: Outlook | None = None
    platforms_now: tuple[PlatformSpread, ...] = ()
    told_index: float | None = None


@dataclass(frozen=True, slots=True)
class Blind:
    """A source that could not be seen: since when, and why, in Chinese."""

    source: str
    since: datetime
    status: str
    cause: str


@dataclass(frozen=True, slots=True)
class Inline:
    """A picture that the HTML shows by ``cid:…``: its name without brackets, the file's name, its type and bytes."""

    cid: str
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message: subject, plain text and HTML with its pictures; ``short``: a few lines for a chat."""

    subject: str
    text: str
    html: str
    short: str = ""
    pictures: tuple[Inline, ...] = ()


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
    """One outbox row that is due: one notice for one recipient, with the Message-ID that it keeps for ever.

    ``bank``: of the incident. ``preface`` is the first line for one who is written to in another's place: why.
    """

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
    channel: str = MAIL
    incident: str | None = None
    bank: str | None = None
    preface: str | None = None


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One incident in the daily digest; ``peak`` is the snapshot with the highest index since the last one."""

    incident: Incident
    snapshot: Snapshot
    level: Level
    new: bool
    peak: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """All that the daily digest of one bank says; empty lists are said too, so that silence never looks like health.

    ``calmed``: incidents of which the alarm has ended since, and nothing new was said.
    """

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
    runs: tuple[RunTally, ...] = ()
    calmed: tuple[Incident, ...] = ()

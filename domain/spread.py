"""How an incident spreads: each platform's share of it over time, its phase, and what is to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

EVERYWHERE = "all"
"""Stands for the platform in the row that counts all platforms together."""


@dataclass(frozen=True, slots=True)
class PlatformSpread:
    """How far an incident has spread on one platform (`EVERYWHERE`: on all) at ``at``; counts are cumulative.

    ``likes`` to ``views`` None: no source says. ``followers`` are those of all accounts that show them, the bank's own
    left out (None: none does), ``followers_known`` the share of accounts that do. ``velocity`` posts in the last hour,
    ``acceleration`` its change against the hour before; ``doubling_hours`` None while it does not grow. Shares are
    0..1: ``loudest_share`` posts by the busiest account among those by known accounts (None: none is known),
    ``negative_share``, and ``repeated_share`` posts that say word for word what another said before.
    """

    incident: str
    platform: str
    at: datetime
    posts: int
    authors: int
    replies: int
    reprints: int
    velocity: float
    acceleration: float
    negative_share: float
    repeated_share: float
    followers_known: float
    loudest_share: float | None = None
    doubling_hours: float | None = None
    followers: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    favorites: int | None = None
    views: int | None = None


class Phase(IntEnum):
    """In the order of a wave."""

    LATENT = 0
    RISING = 1
    OUTBREAK = 2
    PLATEAU = 3
    FALLING = 4
    CALM = 5

    @property
    def code(self) -> str:
        """The lower-case code used in tables: ``rising``."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The word that the bank's staff read."""
        return ("潜伏", "上升", "爆发", "平台", "回落", "平息")[self]

    @classmethod
    def of(cls, code: str) -> Phase:
        """The phase of a code; KeyError for one that is none."""
        return cls[code.upper()]


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """Since ``at`` the incident is in ``phase``; ``wave`` counts from 1; ``reason`` in Chinese with the figures."""

    at: datetime
    phase: Phase
    wave: int
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """Where an incident stands in its wave at ``looked_at``: all that a later look needs to go on from there.

    ``peak`` and ``trough`` are paces in posts an hour, ``low_since`` since when the pace is far below the peak (None:
    it is not), ``began`` from when on posts belong to the present wave.
    """

    looked_at: datetime
    mark: PhaseMark
    began: datetime
    peak: float
    peak_at: datetime
    low_since: datetime | None = None
    trough: float = 0.0


@dataclass(frozen=True, slots=True)
class Surge:
    """The window of ``minutes`` up to ``at`` that says most: ``observed`` posts by ``authors`` accounts where the
    incident's own rhythm lets ``expected`` expect; ``chance`` of so many or more by that rhythm alone."""

    at: datetime
    minutes: int
    observed: int
    authors: int
    expected: float
    chance: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """The final size: ``final`` the median, ``low`` to ``high`` hold it in 80 of 100 cases; ``confidence`` ``low``,
    ``medium`` or ``high``. ``next_chance`` 0..1: of reaching ``next_size`` posts, the size that ``next_level`` asks
    for; all three None where no level above asks for a size."""

    final: float
    low: float
    high: float
    confidence: str
    next_level: str | None = None
    next_size: int | None = None
    next_chance: float | None = None

    @property
    def is_vague(self) -> bool:
        """Whether there is too little to go by; it is then no more than a range of what can happen."""
        return self.confidence == "low"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where an incident stands at ``at``, and what is to be expected of it.

    ``surge`` None: too few posts or accounts for a burst; ``burst``: it is one, now or since the measurement before;
    ``burst_at`` the newest burst ever told. ``jumps`` each platform with its first post's time, in that order.
    ``expectation`` None: under three posts. ``course`` is what the next outlook goes on from.
    """

    incident: str
    at: datetime
    posts: int
    mark: PhaseMark
    course: Course
    jumps: tuple[tuple[str, datetime], ...]
    burst: bool = False
    surge: Surge | None = None
    burst_at: datetime | None = None
    doubling_hours: float | None = None
    expectation: Expectation | None = None

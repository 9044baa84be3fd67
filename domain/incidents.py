"""Incidents: what belongs together, why, and how far it has spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.posts import Post
from domain.readings import Reading


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A post together with what was read in it for one bank."""

    post: Post
    reading: Reading


@dataclass(frozen=True, slots=True)
class Incident:
    """One matter about one bank. ``id`` is made from its first post and never changes or is used again.

    ``merged_into``: the incident that a person merged it into; it has no posts of its own then.
    """

    id: str
    bank: str
    title: str
    topics: tuple[str, ...]
    opened_at: datetime
    last_post_at: datetime
    closed_at: datetime | None = None
    maybe_same_as: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """Why a post is in an incident.

    ``how`` is ``opens`` (the incident begins with it), ``thread``, ``reprint``, ``similar`` or ``person`` (somebody put
    it there); ``reason`` says it in Chinese with the figures; ``original`` is the key of the post that it reprints;
    ``joined_at`` when it joined (None: it joins when this is written).
    """

    incident: str
    post: int
    how: str
    reason: str
    score: float
    original: int | None = None
    joined_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """What people took apart: the incidents that a post (by key), or a thread (source, root id), must never join."""

    posts: Mapping[int, frozenset[str]] = field(default_factory=dict)
    threads: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The outcome of grouping a batch: incidents that are new or changed, and the new memberships."""

    incidents: tuple[Incident, ...]
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """The counters of one post at one moment, for time series."""

    post: int
    at: datetime
    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    favorites: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A post inside an incident, as measuring needs it: the post, its reading, how it joined, its sightings in time."""

    post: Post
    reading: Reading
    how: str
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far an incident has spread at ``at``; counts are cumulative unless the name says otherwise.

    ``engagement`` is likes + 2 × (comments + shares); ``views``, ``negative_views`` (of the posts that complain) and
    ``followers_max`` None: no source says. ``named_posts`` are about the bank by name, or because what they answer is;
    ``press_posts`` complain in the news.
    ``velocity`` posts in the last hour, ``acceleration`` its change against the hour before.
    ``index`` 0..100 as in docs/spread-index.md, ``heat`` the index decayed since the last activity,
    ``confidence`` 0..1 the weight of the parts that are known, ``parts`` each part's points.
    """

    incident: str
    at: datetime
    posts: int
    posts_24h: int
    authors: int
    authors_24h: int
    platforms: int
    negative_posts: int
    severity: int
    engagement: int
    velocity: float
    acceleration: float
    reprints: int
    amplifiers: int
    index: float
    heat: float
    confidence: float
    last_post_at: datetime
    views: int | None = None
    followers_max: int | None = None
    negative_views: int | None = None
    named_posts: int = 0
    press_posts: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def negative_share(self) -> float:
        """Negative posts of all its posts, in per cent; 0 before the first."""
        return round(100 * self.negative_posts / self.posts, 1) if self.posts else 0.0

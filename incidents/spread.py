"""How far an incident has spread, at one moment and over time. Severity is another axis and stands beside the index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.incidents import Incident, Member, Snapshot
from domain.posts import Author
from incidents.config import SpreadConfig
from incidents.index import spread_index
from incidents.timeline import Track, activities, happenings_until, totals, tracks

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)


def measure(incident: Incident, members: Sequence[Member], at: datetime, config: SpreadConfig) -> Snapshot:
    """The incident's spread at ``at``. Posts published and counters seen later do not count.

    Before its first post the incident has nothing of anything, and index 0.
    """
    return _Measurer(incident, members, config).snapshot(at)


def series(
    incident: Incident,
    members: Sequence[Member],
    since: datetime | None,
    until: datetime,
    config: SpreadConfig,
) -> tuple[Snapshot, ...]:
    """Snapshots after ``since`` (None: from the first post) up to ``until``.

    One for each whole hour before which something happened in its hour (a post, a counter seen), and one at
    ``until``; so a daily sweep sees last evening's peak. Empty where nothing was published by ``until``.
    """
    return _Measurer(incident, members, config).series(since, until)


class _Measurer:
    """One incident's members, put in order once for all moments."""

    def __init__(self, incident: Incident, members: Sequence[Member], config: SpreadConfig) -> None:
        self._incident = incident
        self._config = config
        self._tracks = tracks(members)
        self._moments = [track.moment for track in self._tracks]
        self._activities = activities(self._tracks, config.growth_step, config.growth_least)

    def series(self, since: datetime | None, until: datetime) -> tuple[Snapshot, ...]:
        if not self._moments or self._moments[0] > until or (since is not None and since >= until):
            return ()
        first = self._moments[0] if since is None else max(since, self._moments[0] - _HOUR)
        points = {_whole_hour(moment) for moment in happenings_until(self._tracks, until)}
        wanted = sorted(point for point in points if first < point < until)
        return tuple(self.snapshot(at) for at in (*wanted, until))

    def snapshot(self, at: datetime) -> Snapshot:
        published = self._tracks[: bisect_right(self._moments, at)]
        today = published[bisect_right(self._moments, at - _DAY) :]
        sums = totals(published, at)
        velocity = self._posts_between(at - _HOUR, at)
        reprints = sum(track.member.how == "reprint" for track in published)
        followers = _followers(published, self._incident.bank)
        platforms = len({track.member.post.platform for track in published})
        index = spread_index(
            {
                "volume": len(today), "authors": _authors(today), "platforms": max(0, platforms - 1),
                "velocity": velocity, "reprints": reprints, "engagement": sums.engagement, "views": sums.views,
                "amplifier": max(followers, default=None),
            },
            self._config,
        )  # fmt: skip
        return Snapshot(
            incident=self._incident.id,
            at=at,
            posts=len(published),
            posts_24h=len(today),
            authors=_authors(published),
            authors_24h=_authors(today),
            platforms=platforms,
            negative_posts=sum(track.member.reading.negative for track in published),
            severity=max((track.member.reading.severity for track in published), default=0),
            engagement=sums.engagement or 0,
            velocity=float(velocity),
            acceleration=float(velocity - self._posts_between(at - 2 * _HOUR, at - _HOUR)),
            reprints=reprints,
            amplifiers=sum(count >= self._config.amplifier_followers for count in followers),
            index=index.value,
            heat=index.value * self._cooling(at),
            confidence=index.confidence,
            last_post_at=published[-1].moment if published else self._incident.opened_at,
            views=sums.views,
            followers_max=max(followers, default=None),
            parts=index.parts,
        )

    def _posts_between(self, after: datetime, until: datetime) -> int:
        return bisect_right(self._moments, until) - bisect_right(self._moments, after)

    def _cooling(self, at: datetime) -> float:
        found = bisect_right(self._activities, at)
        idle = at - self._activities[found - 1] if found else timedelta()
        return float(0.5 ** (idle / timedelta(hours=self._config.half_life_hours)))


def _whole_hour(moment: datetime) -> datetime:
    """The whole hour at or after a moment."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + _HOUR


def _authors(published: Sequence[Track]) -> int:
    """Distinct authors: by key, by display name where there is no key; posts without an author are one."""
    return len({_who(track.member.post.author) for track in published})


def _who(author: Author | None) -> str:
    if author is None or not (author.key or author.name):
        return ""
    return f"key {author.key}" if author.key else f"name {author.name}"


def _followers(published: Iterable[Track], bank: str) -> list[int]:
    """The followers of each account that shows them; the bank's own account does not amplify."""
    known: dict[str, int] = {}
    for track in published:
        author = track.member.post.author
        if author and author.followers is not None and author.name != bank:
            known[_who(author)] = max(author.followers, known.get(_who(author), 0))
    return list(known.values())

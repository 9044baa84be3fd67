"""How far an incident has spread, at one moment and over time. Severity is another axis and stands beside the index."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from domain.incidents import Incident, Member, Snapshot
from incidents.config import SpreadConfig
from incidents.index import spread_index
from incidents.timeline import Track, activities, totals, tracks, views
from incidents.topics import severity

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)


def measure(incident: Incident, members: Sequence[Member], at: datetime, config: SpreadConfig) -> Snapshot:
    """The incident's spread at ``at``. Posts published and counters seen later do not count.

    Before its first post the incident has nothing of anything, and index 0.
    """
    return Measurer(incident, members, config).snapshot(at)


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
    return Measurer(incident, members, config).series(since, until)


_State = tuple[int, ...]
"""All that tells the snapshots of one incident apart, but for the moment and the heat: see `Measurer._state`."""


class Measurer:
    """One incident's members, put in order once for all moments (``timeline``). See `measure` and `series`."""

    def __init__(self, incident: Incident, members: Sequence[Member], config: SpreadConfig) -> None:
        self._incident = incident
        self._members = members
        self._config = config
        self.timeline = tracks(members)
        self._moments = [track.moment for track in self.timeline]
        self._sights = sorted(sighting.at for track in self.timeline for sighting in track.sightings)
        self._activities = activities(self.timeline, config.growth_step, config.growth_least)
        self._last: tuple[_State, Snapshot] | None = None

    @cached_property
    def _hours(self) -> list[datetime]:
        """The whole hours before which something happened."""
        return sorted({_whole_hour(moment) for moment in (*self._moments, *self._sights)})

    def is_of(self, incident: Incident, members: Sequence[Member], config: SpreadConfig) -> bool:
        """Whether it would be made the same again."""
        same = self._incident == incident and self._config == config
        return same and (self._members is members or self._members == members)

    def series(self, since: datetime | None, until: datetime) -> tuple[Snapshot, ...]:
        """See `series`."""
        if not self._moments or self._moments[0] > until or (since is not None and since >= until):
            return ()
        first = self._moments[0] if since is None else max(since, self._moments[0] - _HOUR)
        wanted = self._hours[bisect_right(self._hours, first) : bisect_left(self._hours, until)]
        return tuple(self.snapshot(at) for at in (*wanted, until))

    def snapshot(self, at: datetime) -> Snapshot:
        """See `measure`. Most incidents are quiet: where only time has passed since the last one, only heat is lost."""
        state = self._state(at)
        if self._last is None or self._last[0] != state:
            self._last = (state, self._taken(at))
        last = self._last[1]
        return last if last.at == at else replace(last, at=at, heat=last.index * self._cooling(at))

    def _state(self, at: datetime) -> _State:
        """Posts by now, a day, one and two hours ago, and how often a counter was seen."""
        moments = self._moments
        posts = (bisect_right(moments, at - ago) for ago in (timedelta(), _DAY, _HOUR, 2 * _HOUR))
        return (*posts, bisect_right(self._sights, at))

    def _taken(self, at: datetime) -> Snapshot:
        published = self.timeline[: bisect_right(self._moments, at)]
        today = published[bisect_right(self._moments, at - _DAY) :]
        sums = totals(published, at)
        velocity = self._posts_between(at - _HOUR, at)
        reprints = sum(track.member.how == "reprint" for track in published)
        complaining = [track for track in published if track.member.reading.complains]
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
            negative_posts=len(complaining),
            press_posts=sum(_in_the_press(track.member) for track in complaining),
            named_posts=sum(track.member.reading.about for track in published),
            severity=severity([track.member for track in published]),
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
            negative_views=views(complaining, at),
            followers_max=max(followers, default=None),
            parts=index.parts,
        )

    def _posts_between(self, after: datetime, until: datetime) -> int:
        return bisect_right(self._moments, until) - bisect_right(self._moments, after)

    def _cooling(self, at: datetime) -> float:
        found = bisect_right(self._activities, at)
        idle = at - self._activities[found - 1] if found else timedelta()
        return float(0.5 ** (idle / timedelta(hours=self._config.half_life_hours)))


class Measurers:
    """The measurers of the last look, for one who looks often at what has seldom changed.

    One whose incident, members and configuration are equal to what it was made of is used again.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Measurer] = {}

    def of(self, incident: Incident, members: Sequence[Member], config: SpreadConfig) -> Measurer:
        """The incident's measurer: the one that is kept, or a new one."""
        kept = self._kept.get(incident.id)
        if kept is None or not kept.is_of(incident, members, config):
            kept = self._kept[incident.id] = Measurer(incident, members, config)
        return kept

    def keep(self, incidents: Collection[str]) -> None:
        """Forget all others."""
        self._kept = {name: kept for name, kept in self._kept.items() if name in incidents}


def _whole_hour(moment: datetime) -> datetime:
    """The whole hour at or after a moment."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + _HOUR


def _in_the_press(member: Member) -> bool:
    """Whether a complaint stands in the news and says of what: careful wording is often misread as a reproach."""
    return member.post.platform == "news" and bool(member.reading.charges)


def _authors(published: Sequence[Track]) -> int:
    """Distinct authors (`incidents.timeline.identify`); posts without an author are one."""
    return len({track.who for track in published})


def _followers(published: Iterable[Track], bank: str) -> list[int]:
    """The followers of each account that shows them; the bank's own account does not amplify."""
    known: dict[str, int] = {}
    for track in published:
        author = track.member.post.author
        if author and author.followers is not None and author.name != bank:
            known[track.who] = max(author.followers, known.get(track.who, 0))
    return list(known.values())

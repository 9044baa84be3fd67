"""Where an incident stands and what is to be expected of it: burst, phase and forecast put together.

An outlook goes on from the one before, so that a look costs what is new and not the age of the incident.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from domain.spread import Course, Expectation, Outlook, Phase, Surge
from incidents.burst import Burst, BurstConfig, Watch, own_profile, own_unrest
from incidents.forecast import forecast
from incidents.phase import PhaseConfig, follow
from incidents.platforms import doubling_hours
from incidents.timeline import Track


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Looks at incidents. ``watched``: how many are awake at the same time, they share the false alarms."""

    watched: int = 1
    burst: BurstConfig = field(default_factory=BurstConfig)
    phase: PhaseConfig = field(default_factory=PhaseConfig)

    def look(
        self,
        incident: str,
        timeline: Sequence[Track],
        moments: Sequence[datetime],
        before: Outlook | None = None,
        target: tuple[str, int] | None = None,
    ) -> Outlook | None:
        """The outlook at the last of the rising ``moments``; the others are looked at for bursts that are over by now.

        ``before``: the newest outlook, of an earlier moment. ``target``: the next level and the posts that it asks for.
        None where there is no post yet, and where it is not due (`is_due`).
        """
        at = moments[-1]
        if not is_due(timeline, at, before):
            return None
        posts = _Posts(timeline, at)
        found = self._bursts(posts, moments)
        told = [one.at for one in found if one.bursting]
        remembered = [before.burst_at] if before and before.burst_at else []
        courses = follow(posts.times, at, self.phase, [*remembered, *told], course=before.course if before else None)
        if courses is None:
            return None
        course, now = courses
        shown = [one for one in found if one.bursting] or [one for one in found if one.at == at]
        loudest = min(shown, key=lambda one: (one.alarms_a_week, one.at), default=None)
        return Outlook(
            incident=incident,
            at=at,
            posts=len(posts.times),
            mark=now.mark,
            course=course,
            jumps=posts.jumps,
            burst=bool(told),
            surge=_surge(loudest) if loudest else None,
            burst_at=max([*remembered, *told], default=None),
            doubling_hours=doubling_hours(posts.times, at),
            expectation=_expectation(posts, now, at, target),
        )

    def _bursts(self, posts: _Posts, moments: Sequence[datetime]) -> list[Burst]:
        """What is to be said at each moment at which there are posts enough for a burst."""
        longest = timedelta(minutes=max(self.burst.windows_minutes))
        dense = [at for at in moments if posts.between(at - longest, at) >= self.burst.least_posts]
        if not dense:
            return []
        profile = own_profile(posts.times, dense[0])
        unrest = own_unrest(posts.times, dense[0], self.burst, profile)
        watch = Watch(posts.times, posts.accounts, self.burst, profile, self.watched, unrest)
        return [found for at in dense if (found := watch.look(at))]


class _Posts:
    """The posts by a moment: times, accounts, and each platform's first."""

    def __init__(self, timeline: Sequence[Track], at: datetime) -> None:
        self._tracks = timeline[: bisect_right(timeline, at, key=_moment)]
        self.times = [track.moment for track in self._tracks]

    @cached_property
    def accounts(self) -> list[str]:
        """Who wrote each post."""
        return [track.who for track in self._tracks]

    @cached_property
    def jumps(self) -> tuple[tuple[str, datetime], ...]:
        """Each platform with its first post."""
        jumps: dict[str, datetime] = {}
        for track in self._tracks:
            jumps.setdefault(track.member.post.platform, track.moment)
        return tuple(jumps.items())

    def between(self, after: datetime, until: datetime) -> int:
        """Posts after one moment, up to another."""
        return bisect_right(self.times, until) - bisect_right(self.times, after)


def is_due(timeline: Sequence[Track], at: datetime, before: Outlook | None) -> bool:
    """Whether there is to be a new outlook: not where nobody has written since the one before, if that is less than an
    hour old or the incident was calm."""
    if before is None:
        return True
    holds = before.mark.phase is Phase.CALM or at - before.at < timedelta(hours=1)
    return not holds or before.posts != bisect_right(timeline, at, key=_moment)


def _moment(track: Track) -> datetime:
    return track.moment


def _surge(burst: Burst) -> Surge:
    return Surge(burst.at, burst.window_minutes, burst.posts, burst.authors, burst.expected, burst.chance)


def _expectation(posts: _Posts, now: Course, at: datetime, target: tuple[str, int] | None) -> Expectation | None:
    """The final size. What flared again is forecast from the posts of its new wave; the earlier ones are added."""
    earlier = bisect_left(posts.times, now.began)
    said = forecast(posts.times[earlier:], at, posts.accounts[earlier:], town=True)
    if said is None:
        return None
    level, size = target or (None, None)
    chance = said.chance(size - earlier) if size else None
    return Expectation(
        final=earlier + said.final,
        low=earlier + said.low,
        high=earlier + said.high,
        confidence=said.confidence,
        next_level=level,
        next_size=size,
        next_chance=chance,
    )

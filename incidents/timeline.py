"""Counters over time: what was known of an incident's posts at a moment, whatever was seen twice or late."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.incidents import Member, Sighting
from domain.posts import Author, Post

COUNTERS = ("views", "likes", "comments", "shares")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over an incident's posts; None where no source says."""

    views: int | None
    engagement: int | None


class Track:
    """One member's counters in time. A counter is the highest figure seen so far: a site that counts anew does not
    undo what was read. ``who`` wrote it (`identify`), empty where nobody is named."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.moment = member.post.moment
        self.who = ""
        self.sightings = sorted(member.sightings or _newest(member.post), key=lambda seen: seen.at)
        self._values = {name: _rising(name, self.sightings) for name in COUNTERS}

    def counter(self, name: str, at: datetime) -> int | None:
        """The figure known at ``at``, None: unknown."""
        times, values = self._values[name]
        found = bisect_right(times, at)
        return values[found - 1] if found else None

    def rises(self, name: str) -> list[tuple[datetime, int]]:
        """When a counter reached a new height, and which; also of ``favorites``, which nothing else asks for."""
        times, values = self._values.get(name) or _rising(name, self.sightings)
        return list(zip(times, values, strict=True)) if times else []


_NOBODYS_NAME = re.compile(r".?|\d+|.*(?:匿名|游客|网友|用户|注销).*")
"""Names that platforms give to those who chose none."""


def identify(timeline: Sequence[Track]) -> None:
    """Say of each track `Track.who` it is: whoever has a key, or a name that somebody chose, in common is one.

    Keys are of one source each, and whoever speaks in a forum and in a bar of the same county keeps his nickname: by
    keys alone, two who flood both would be four. Whoever renames himself keeps his key.
    """
    same: dict[str, str] = {}
    for track in timeline:
        first, *others = [_end(same, mark) for mark in _marks(track.member.post.author)] or [""]
        same |= {other: first for other in others if other != first}
        track.who = first
    for track in timeline:
        track.who = _end(same, track.who)


def _marks(author: Author | None) -> list[str]:
    """By what an author is known, nothing where nobody is named; a name that nobody chose counts only without a key."""
    key, name = (author.key, (author.name or "").strip()) if author else (None, "")
    chosen = name and not (key and _NOBODYS_NAME.fullmatch(name))
    return [*([f"key {key}"] if key else []), *([f"name {name}"] if chosen else [])]


def _end(same: dict[str, str], mark: str) -> str:
    while mark in same:
        mark = same[mark]
    return mark


def _newest(post: Post) -> tuple[Sighting, ...]:
    """The post's own counters, where its sightings were not kept."""
    now = post.metrics
    return (Sighting(post.key, post.last_seen_at, now.views, now.likes, now.comments, now.shares, now.favorites),)


def _rising(name: str, sightings: Iterable[Sighting]) -> tuple[list[datetime], list[int]]:
    times: list[datetime] = []
    values: list[int] = []
    for seen in sightings:
        value: int | None = getattr(seen, name)
        if value is not None and (not values or value > values[-1]):
            times.append(seen.at)
            values.append(value)
    return times, values


def tracks(members: Sequence[Member]) -> list[Track]:
    """One track for each post, in order of time; a post that is given twice keeps all its sightings once."""
    seen: dict[tuple[str, str], Member] = {}
    for member in members:
        place = (member.post.source, member.post.id)
        seen[place] = _merged(seen[place], member) if place in seen else member
    timeline = sorted(map(Track, seen.values()), key=lambda track: (track.moment, track.member.post.key))
    identify(timeline)
    return timeline


def _merged(one: Member, other: Member) -> Member:
    later = max(one, other, key=lambda member: member.post.last_seen_at)
    return Member(later.post, later.reading, later.how, tuple({*one.sightings, *other.sightings}))


def totals(published: Sequence[Track], at: datetime) -> Totals:
    """Views and engagement at ``at``: likes + 2 × (comments + shares).

    A thread's comments are its root's counter or the replies that we hold, whichever is more, so that none is counted
    twice; the comment counter of a reply is part of its root's.
    """
    viewed = views(published, at)
    likes = _sum(track.counter("likes", at) for track in published)
    shares = _sum(track.counter("shares", at) for track in published)
    comments = _comments(published, at)
    if likes is None and shares is None and comments is None:
        return Totals(viewed, None)
    return Totals(viewed, (likes or 0) + 2 * ((comments or 0) + (shares or 0)))


def views(published: Sequence[Track], at: datetime) -> int | None:
    """Views at ``at``."""
    return _sum(track.counter("views", at) for track in published)


def _comments(published: Sequence[Track], at: datetime) -> int | None:
    shown: dict[tuple[str, str], int] = {}
    held: defaultdict[tuple[str, str], int] = defaultdict(int)
    for track in published:
        post = track.member.post
        thread = (post.source, post.thread)
        if not post.is_root:
            held[thread] += 1
        elif (counter := track.counter("comments", at)) is not None:
            shown[thread] = counter
    return _sum(max(shown.get(thread, 0), held[thread]) for thread in {*shown, *held})


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def activities(timeline: Sequence[Track], step: float, least: int) -> list[datetime]:
    """The moments, in order, at which something moved: a post was published, or the counters had grown.

    Growth is counted since the activity before it, by post (likes + 2 × (comments + shares) + views), and has to be
    over ``step`` of what was there and over ``least``. A counter seen for the first time is no growth.
    """
    happenings: list[tuple[datetime, int, int]] = []
    for number, track in enumerate(timeline):
        happenings.append((track.moment, 0, number))
        happenings.extend((sighting.at, 1, number) for sighting in track.sightings)
    moments: list[datetime] = []
    sizes: dict[int, int] = {}
    base = total = 0
    for moment, seen, number in sorted(happenings):
        if seen:
            size = _size(timeline[number], moment)
            base += 0 if number in sizes else size
            total += size - sizes.get(number, 0)
            sizes[number] = size
        if not seen or total - base > max(least, step * base):
            moments.append(moment)
            base = total
    return moments


def _size(track: Track, at: datetime) -> int:
    viewed, likes, comments, shares = (track.counter(name, at) or 0 for name in COUNTERS)
    return viewed + likes + 2 * (comments + shares)

"""Each platform's share of an incident, as a time series. One pass over what happened, however many moments are asked.

Formulas: docs/spread-index.md.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial

from domain.incidents import Incident
from domain.posts import Post
from domain.spread import EVERYWHERE, PlatformSpread
from incidents.text import normalise, squeeze
from incidents.timeline import Track

SHOWN = ("likes", "comments", "shares", "favorites", "views")
"""The counters that a source may or may not show."""

GROWTH_WINDOW = timedelta(hours=6)
"""Doubling is reckoned from the growth of so many hours: in a county the posts of one hour are too few."""

LEAST_REPEATED = 6
"""Letters and digits that a text must have to count as repeated: 支持 and 顶 are said by everybody."""

REPRINTING_KINDS = ("article", "news")
"""Media that take over a text word for word are reprints, and no sign of hired posters."""

_HOUR = timedelta(hours=1)


def platform_series(
    incident: Incident,
    timeline: Sequence[Track],
    moments: Sequence[datetime],
    last: Mapping[str, PlatformSpread] | None = None,
) -> tuple[PlatformSpread, ...]:
    """A row for each platform, and one for all, at each of the rising ``moments`` at which something has changed.

    ``last``: the newest stored row of each platform, to which the first is compared. A doubling time that merely
    drifts is no change; that growth has begun or ended is. A platform that has lost all its posts (a split) is told
    once with nothing of anything.
    """
    before = dict(last or {})
    told: list[PlatformSpread] = []
    for at, tallies in _at_moments(timeline, moments, incident.bank):
        for platform in sorted({*tallies, *before}):
            row = tallies.get(platform, _Tally(incident.bank)).row(incident.id, platform, at)
            if platform not in before or not _is_same(row, before[platform]):
                told.append(row)
                before[platform] = row
    return tuple(told)


def is_steady(last: Mapping[str, PlatformSpread]) -> bool:
    """Whether time alone changes nothing any more in these newest rows."""
    row = last.get(EVERYWHERE)
    return row is not None and not row.velocity and not row.acceleration and row.doubling_hours is None


def doubling_hours(times: Sequence[datetime], at: datetime) -> float | None:
    """Hours in which the posts double at the growth of the last `GROWTH_WINDOW`: w · ln 2 / ln(N(t) / N(t − w)).

    ``times`` rise. None while there is no growth, or only one post. What is younger than w is reckoned from its first
    post.
    """
    count = bisect_right(times, at)
    if count < 2:
        return None
    window = min(GROWTH_WINDOW, at - times[0])
    before = max(1, bisect_right(times, at - window))
    if before == count or not window:
        return None
    return window / _HOUR * math.log(2) / math.log(count / before)


def _is_same(row: PlatformSpread, before: PlatformSpread) -> bool:
    drifted = replace(row, at=before.at, doubling_hours=before.doubling_hours)
    return drifted == before and (row.doubling_hours is None) == (before.doubling_hours is None)


@dataclass
class _Tally:
    """The running figures of one platform."""

    bank: str
    times: list[datetime] = field(default_factory=list)
    replies: int = 0
    reprints: int = 0
    negative: int = 0
    repeated: int = 0
    loudest: int = 0
    accounts: Counter[str] = field(default_factory=Counter)
    followers: dict[str, int] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)

    def add(self, track: Track, words: str) -> None:
        """One more post."""
        member, post = track.member, track.member.post
        self.times.append(track.moment)
        self.replies += not post.is_root
        self.reprints += member.how == "reprint"
        self.negative += member.reading.complains
        self.repeated += words in self.texts
        if words:
            self.texts.add(words)
        who = track.who
        self.accounts[who] += 1
        self.loudest = max(self.loudest, self.accounts[who] if who else 0)
        if post.author and post.author.followers is not None and post.author.name != self.bank:
            self.followers[who] = max(post.author.followers, self.followers.get(who, 0))

    def row(self, incident: str, platform: str, at: datetime) -> PlatformSpread:
        """The figures as they stand."""
        posts, velocity = len(self.times), self._posts(at - _HOUR, at)
        named = posts - self.accounts[""]
        return PlatformSpread(
            incident=incident,
            platform=platform,
            at=at,
            posts=posts,
            authors=len(self.accounts),
            replies=self.replies,
            reprints=self.reprints,
            velocity=float(velocity),
            acceleration=float(velocity - self._posts(at - 2 * _HOUR, at - _HOUR)),
            negative_share=_share(self.negative, posts),
            repeated_share=_share(self.repeated, posts),
            followers_known=_share(len(self.followers), len(self.accounts)),
            loudest_share=_share(self.loudest, named) if named else None,
            doubling_hours=doubling_hours(self.times, at),
            followers=sum(self.followers.values()) if self.followers else None,
            **{name: self.counters.get(name) for name in SHOWN},
        )

    def _posts(self, after: datetime, until: datetime) -> int:
        return bisect_right(self.times, until) - bisect_right(self.times, after)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


class _Threads:
    """Comments of threads: the root's counter or the replies that are held, whichever is more (`timeline.totals`)."""

    def __init__(self) -> None:
        self._held: Counter[tuple[str, str, str]] = Counter()
        self._shown: dict[tuple[str, str, str], int] = {}

    def reply(self, post: Post) -> int:
        """One more reply; returns how many comments it adds."""
        return self._change(post, self._held[_thread(post)] + 1, self._shown.get(_thread(post), 0))

    def counter(self, post: Post, value: int) -> int:
        """The root's counter was seen; returns how many comments it adds."""
        return self._change(post, self._held[_thread(post)], value)

    def _change(self, post: Post, held: int, shown: int) -> int:
        thread = _thread(post)
        before = max(self._held[thread], self._shown.get(thread, 0))
        self._held[thread], self._shown[thread] = held, shown
        return max(held, shown) - before


def _thread(post: Post) -> tuple[str, str, str]:
    return post.platform, post.source, post.thread


def _at_moments(
    timeline: Sequence[Track], moments: Sequence[datetime], bank: str
) -> Iterator[tuple[datetime, Mapping[str, _Tally]]]:
    """The figures of every platform at each moment."""
    tallies: defaultdict[str, _Tally] = defaultdict(partial(_Tally, bank))
    threads, happenings, place = _Threads(), _happenings(timeline), 0
    for at in moments:
        while place < len(happenings) and happenings[place][0] <= at:
            _, number, counter, grown, value = happenings[place]
            track = timeline[number]
            both = (tallies[EVERYWHERE], tallies[track.member.post.platform])
            if counter:
                _seen(both, threads, track.member.post, counter, grown, value)
            else:
                _published(both, threads, track)
            place += 1
        yield at, tallies


def _published(both: Iterable[_Tally], threads: _Threads, track: Track) -> None:
    """One more post, in its platform and in all."""
    post = track.member.post
    words = "" if post.kind in REPRINTING_KINDS else _words(post.text)
    for tally in both:
        tally.add(track, words)
    if not post.is_root:
        _grow(both, "comments", threads.reply(post))


def _seen(both: Iterable[_Tally], threads: _Threads, post: Post, counter: str, grown: int, value: int) -> None:
    """A counter has grown, in its platform and in all; the comments of a reply are part of its root's."""
    if counter != "comments":
        _grow(both, counter, grown)
    elif post.is_root:
        _grow(both, counter, threads.counter(post, value))


def _grow(both: Iterable[_Tally], counter: str, grown: int) -> None:
    for tally in both:
        tally.counters[counter] = tally.counters.get(counter, 0) + grown


def _happenings(timeline: Sequence[Track]) -> list[tuple[datetime, int, str, int, int]]:
    """What happened, in order: (when, number of the post, counter, growth, value); no counter: it was published.

    What was seen of a post before it was published counts from then on.
    """
    found = [(track.moment, number, "", 0, 0) for number, track in enumerate(timeline)]
    for number, track in enumerate(timeline):
        for counter in SHOWN:
            before = 0
            for at, value in track.rises(counter):
                found.append((max(at, track.moment), number, counter, value - before, value))
                before = value
    return sorted(found)


@lru_cache(maxsize=8192)
def _words(text: str) -> str:
    """What a text says, as comparing needs it; nothing where it is too short. Looks come again to the same texts."""
    words = squeeze(normalise(text))
    return words if len(words) >= LEAST_REPEATED else ""

"""What grouping compares: the profile of a post and the portrait of an incident, in words, topics, slots and time."""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from incidents.background import RAREST, SHARES
from incidents.slots import SLOT_LABELS, Slots
from incidents.text import ngrams

Vector = Mapping[str, float]
_IDF = {term: -math.log(share) for term, share in SHARES.items()}
_RAREST_IDF = -math.log(RAREST)

_TERMS = 60
VAGUE = 0.3
"""What a vague topic counts beside a telling one."""
_DAY_S = 24 * 3600.0


def vector(text: str) -> Vector:
    """The unit TF-IDF vector of a squeezed text over its rarest character pairs; empty for an empty text.

    The idf is that of `incidents.background`: it is the same for every batch, so a replay decides as the first run.
    """
    weights = {term: _IDF.get(term, _RAREST_IDF) for term in ngrams(text, 2)}
    rarest = sorted(sorted(weights), key=weights.__getitem__, reverse=True)[:_TERMS]
    length = math.hypot(*[weights[term] for term in rarest])
    return {term: weights[term] / length for term in rarest}


class Weighed(NamedTuple):
    """Counts of topics as they are compared: by logarithm, vague ones at `VAGUE` of it; and their length."""

    weights: Mapping[str, float]
    length: float


def weigh(counts: Mapping[str, int], vague: Sequence[str]) -> Weighed:
    """The counts of topics, ready to be compared."""
    weights = {topic: math.log1p(count) * (VAGUE if topic in vague else 1.0) for topic, count in counts.items()}
    return Weighed(weights, math.hypot(*weights.values()))


def days_of(moment: datetime) -> float:
    """The moment in days, for reckoning."""
    return moment.timestamp() / _DAY_S


class Profile(NamedTuple):
    """What a post shows to be compared by.

    ``day`` its time (`days_of`); ``author`` its key or name, ``name`` as shown, None unknown; ``credited`` accounts;
    ``answers``: it tells what the bank says to a matter; ``follows_up``: it goes on with a story. ``negativity`` and
    ``about`` as it was read; ``accuses``: it complains of the bank; ``unnamed``: it complains of a bank and does not
    say of which; ``banking``: it speaks of banking; ``local``: it names a place of ours; ``other_bank``: it names
    another bank; ``talk``: it stands where people talk (a forum, a post bar, Weibo).
    """

    vector: Vector
    topics: Weighed
    slots: Slots
    platform: str
    author: str | None
    day: float
    name: str | None = None
    credited: frozenset[str] = frozenset()
    answers: bool = False
    follows_up: bool = False
    negativity: float = 0.0
    about: bool = True
    accuses: bool = True
    unnamed: bool = False
    banking: bool = True
    local: bool = False
    other_bank: bool = False
    talk: bool = False


@dataclass(slots=True)
class Portrait:
    """What the posts of an incident have shown so far.

    Slots, ``authors`` and ``names`` are those of its opening posts and roots; ``voices`` the authors of all posts.
    """

    first_at: datetime
    last_at: datetime
    topics: Counter[str] = field(default_factory=Counter)
    slots: dict[str, set[Any]] = field(default_factory=lambda: {name: set() for name in SLOT_LABELS})
    platforms: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    voices: set[str] = field(default_factory=set)
    _days: list[float] = field(default_factory=list)
    _weighed: Weighed | None = None
    _first: float = field(init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._first, self._last = days_of(self.first_at), days_of(self.last_at)

    def add(self, slots: Slots, platform: str, author: str | None = None, name: str | None = None) -> None:
        """Take up what a post shows that speaks for the incident."""
        for slot, values in slots.filled:
            self.slots[slot] |= values
        self.platforms.add(platform)
        if author:
            self.authors.add(author)
        if name:
            self.names.add(name)

    def note(self, moment: datetime, topics: Iterable[str], author: str | None = None) -> None:
        """A post of the incident moves its time, what it complains of counts, and its author has spoken."""
        day = days_of(moment)
        bisect.insort(self._days, day)
        if author:
            self.voices.add(author)
        if day < self._first:
            self.first_at, self._first = moment, day
        if day > self._last:
            self.last_at, self._last = moment, day
        for topic in topics:
            self.topics[topic] += 1
            self._weighed = None

    def weighed(self, vague: Sequence[str]) -> Weighed:
        """The topics so far, ready to be compared."""
        if self._weighed is None:
            self._weighed = weigh(self.topics, vague)
        return self._weighed

    @property
    def posts(self) -> int:
        """How many posts it has."""
        return len(self._days)

    def lately(self, day: float) -> int:
        """How many of its posts lie within a day of ``day``."""
        return bisect.bisect_right(self._days, day + 1) - bisect.bisect_left(self._days, day - 1)

    def age(self, day: float) -> float:
        """Days since its first post."""
        return day - self._first

    def silence(self, day: float) -> float:
        """Days between ``day`` and the incident's time; 0 inside it."""
        if day > self._last:
            return day - self._last
        return self._first - day if day < self._first else 0.0

"""The incidents at hand, arranged so that a post is compared only with those that it may belong to."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from domain.incidents import ReadPost
from incidents.config import GroupingConfig
from incidents.likeness import Common, Floats, Judge, Likeness, compare
from incidents.profiles import Portrait, Profile, Vector

_NEAR_IN_WORDS, _NEAR_IN_TOPIC, _NEAR_IN_PLACE = 6, 8, 4


class Near(NamedTuple):
    """How near a text is in words to each incident of `Words`, by its number.

    ``together``: the cosine with all its texts together; ``closest``: the highest with one of them.
    """

    together: Floats
    closest: Floats


class Words:
    """The vectors of the texts of each incident, as an inverted index: one look compares a text with all of them.

    A term's postings are one array of text (by number) and weight in turn; a product with a sum is the sum of the
    products.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._owners = array("q")
        self._sums: list[dict[str, float]] = []
        self._squares = array("d")
        self._postings: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))

    def add(self, incident: str, vector: Vector) -> None:
        """Put in one more text of an incident."""
        number = self._numbers.setdefault(incident, len(self.names))
        if number == len(self.names):
            self.names.append(incident)
            self._sums.append({})
            self._squares.append(0.0)
        text = len(self._owners)
        self._owners.append(number)
        for term, weight in vector.items():
            self._postings[term].extend((text, weight))
        self._weigh(number, vector)

    def _weigh(self, number: int, vector: Vector) -> None:
        """The vector's share in the incident's length: its own square, and twice its product with those before."""
        total = self._sums[number]
        self._squares[number] += sum([weight * (weight + 2 * total.get(term, 0.0)) for term, weight in vector.items()])
        total.update({term: weight + total.get(term, 0.0) for term, weight in vector.items()} if total else vector)

    def look(self, vector: Vector) -> Near:
        """Compare with each incident, in the order of ``names``."""
        found = [(posting, weight) for term, weight in vector.items() if (posting := self._postings.get(term))]
        closest = np.zeros(len(self.names))
        if not found:
            return Near(closest, closest)
        pairs = np.concatenate([np.frombuffer(posting) for posting, _weight in found]).reshape(-1, 2)
        ours = np.repeat([weight for _posting, weight in found], [len(posting) // 2 for posting, _weight in found])
        owners = np.frombuffer(self._owners, dtype=np.int64)
        products = np.bincount(pairs[:, 0].astype(np.intp), pairs[:, 1] * ours, len(owners))
        np.maximum.at(closest, owners, products)
        lengths = np.sqrt(np.frombuffer(self._squares))
        together = np.bincount(owners, products, len(self.names))
        return Near(np.divide(together, lengths, out=np.zeros(len(lengths)), where=lengths > 0), closest)

    def of(self, incident: str, near: Near) -> tuple[float, float]:
        """Both cosines with this incident, 0 for one without texts."""
        number = self._numbers.get(incident)
        return (0.0, 0.0) if number is None else (float(near.together[number]), float(near.closest[number]))

    def nearest(self, near: Near, count: int) -> list[str]:
        """The incidents that are nearest all together, without those that share no word, in any order."""
        sharing = np.flatnonzero(near.together)
        if len(sharing) > count:
            sharing = sharing[np.argpartition(-near.together[sharing], count)[:count]]
        return [self.names[number] for number in sharing.tolist()]


def likeliest(compared: Mapping[str, Likeness]) -> tuple[str, Likeness] | None:
    """The incident with the highest chance; None where there is none."""
    return max(compared.items(), key=lambda pair: (pair[1].score, pair[0]), default=None)


class Gallery:
    """Portraits of incidents, found by their words and by their topics. It compares; the caller decides."""

    def __init__(self, config: GroupingConfig, judge: Judge) -> None:
        self._config = config
        self._judge = judge
        self._words = Words()
        self._portraits: dict[str, Portrait] = {}
        self._by_topic: defaultdict[str, set[str]] = defaultdict(set)
        self._by_branch: defaultdict[str, set[str]] = defaultdict(set)
        self._by_author: defaultdict[str, set[str]] = defaultdict(set)

    def __getitem__(self, incident: str) -> Portrait:
        return self._portraits[incident]

    def open(self, incident: str, first_at: datetime, last_at: datetime) -> None:
        """Hang up an empty portrait."""
        self._portraits[incident] = Portrait(first_at, last_at)

    def note(self, incident: str, moment: datetime, topics: Sequence[str], author: str | None) -> None:
        """A post of the incident: it moves its time, what it complains of counts, and its author has spoken."""
        self._portraits[incident].note(moment, topics, author)
        for topic in topics:
            self._by_topic[topic].add(incident)

    def show(self, incident: str, profile: Profile) -> None:
        """A post that speaks for the incident: its words and slots become part of the portrait."""
        self._portraits[incident].add(profile)
        self._words.add(incident, profile.vector)
        for branch in profile.slots.branches:
            self._by_branch[branch].add(incident)
        if profile.author:
            self._by_author[profile.author].add(incident)

    def near(self, profile: Profile, apart: Collection[str] = (), item: ReadPost | None = None) -> dict[str, Likeness]:
        """The incidents that a post may belong to, inside the window and not ``apart``, with the chance of each."""
        words = self._words.look(profile.vector)
        near = {*self._words.nearest(words, _NEAR_IN_WORDS), *self._of_topic(profile), *self._elsewise(profile)}
        compared = {
            key: self._compare(profile, key, words)
            for key in sorted(near.difference(apart))
            if self._portraits[key].silence(profile.day) <= self._config.window_days
        }
        return self._judge.choose(profile, compared, item)

    def likeness(self, profile: Profile, incident: str) -> Likeness:
        """How like a post is to one incident, as if there were no other."""
        compared = self._compare(profile, incident, self._words.look(profile.vector))
        return self._judge.choose(profile, {incident: compared})[incident]

    def _compare(self, profile: Profile, incident: str, near: Near) -> Common:
        return compare(profile, self._portraits[incident], self._words.of(incident, near), self._config)

    def _of_topic(self, profile: Profile) -> list[str]:
        """The latest incidents with a telling topic in common, without those at another branch."""
        alike = {key for topic in profile.topics.weights for key in self._same(topic, profile)}
        return self._latest(alike, profile, _NEAR_IN_TOPIC)

    def _elsewise(self, profile: Profile) -> list[str]:
        """The latest incidents at a branch that the post names, and those of its author."""
        here = {key for branch in profile.slots.branches for key in self._by_branch.get(branch, ())}
        own = self._by_author.get(profile.author, set()) if profile.author else set()
        return [*self._latest(here, profile, _NEAR_IN_PLACE), *self._latest(own, profile, _NEAR_IN_PLACE)]

    def _latest(self, alike: Collection[str], profile: Profile, count: int) -> list[str]:
        if len(alike) <= count:
            return list(alike)
        day, portraits = profile.day, self._portraits
        return [key for _silence, key in sorted([(portraits[key].silence(day), key) for key in alike])[:count]]

    def _same(self, topic: str, profile: Profile) -> Iterator[str]:
        if topic in self._config.vague_topics:
            return
        ours = profile.slots.branches
        for key in self._by_topic.get(topic, ()):
            theirs = self._portraits[key].slots["branches"]
            if topic in self._config.bank_wide_topics or not (ours and theirs) or not ours.isdisjoint(theirs):
                yield key

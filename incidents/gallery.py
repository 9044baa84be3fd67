"""The incidents at hand, arranged so that a post is compared only with those that it may belong to."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from incidents.config import GroupingConfig
from incidents.similarity import Likeness, Portrait, Profile, Vector, compare

_NEAR_IN_WORDS, _NEAR_IN_TOPIC = 12, 30


class Centroids:
    """The sums of the vectors of each incident, as an inverted index: one look gives the cosine with all of them."""

    def __init__(self) -> None:
        self._postings: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._squares: defaultdict[str, float] = defaultdict(float)

    def add(self, incident: str, vector: Vector) -> None:
        """Put one more text into an incident's centroid."""
        for term, weight in vector.items():
            before = self._postings[term].get(incident, 0.0)
            self._postings[term][incident] = before + weight
            self._squares[incident] += weight * (weight + 2 * before)

    def cosines(self, vector: Vector) -> dict[str, float]:
        """The cosine with each incident that shares a term."""
        products: defaultdict[str, float] = defaultdict(float)
        for term, weight in vector.items():
            for incident, other in self._postings.get(term, {}).items():
                products[incident] += weight * other
        return {incident: product / math.sqrt(self._squares[incident]) for incident, product in products.items()}


class Gallery:
    """Portraits of incidents, found by their words and by their topics. It compares; the caller decides."""

    def __init__(self, config: GroupingConfig) -> None:
        self._config = config
        self._centroids = Centroids()
        self._portraits: dict[str, Portrait] = {}
        self._by_topic: defaultdict[str, set[str]] = defaultdict(set)

    def __getitem__(self, incident: str) -> Portrait:
        return self._portraits[incident]

    def open(self, incident: str, first_at: datetime, last_at: datetime) -> None:
        """Hang up an empty portrait."""
        self._portraits[incident] = Portrait(first_at, last_at)

    def note(self, incident: str, moment: datetime, topics: Iterable[str]) -> None:
        """A post of the incident: it moves its time, and what it complains of counts."""
        portrait = self._portraits[incident]
        portrait.first_at = min(portrait.first_at, moment)
        portrait.last_at = max(portrait.last_at, moment)
        for topic in topics:
            portrait.topics[topic] += 1
            self._by_topic[topic].add(incident)

    def show(self, incident: str, profile: Profile) -> None:
        """A post that speaks for the incident: its words and slots become part of the portrait."""
        self._portraits[incident].add(profile)
        self._centroids.add(incident, profile.vector)

    def best(self, profile: Profile) -> tuple[str, Likeness] | None:
        """The incident most like a post, inside the window; None where nothing has anything in common with it."""
        cosines = self._centroids.cosines(profile.vector)
        near = heapq.nlargest(_NEAR_IN_WORDS, cosines, key=lambda key: (cosines[key], key))
        found = (
            (key, compare(profile, self._portraits[key], cosines.get(key, 0.0), self._config))
            for key in {*near, *self._of_topic(profile)}
            if self._portraits[key].silence(profile.moment) <= self._config.window_days
        )
        return max(found, key=lambda pair: (pair[1].score, pair[0]), default=None)

    def _of_topic(self, profile: Profile) -> list[str]:
        """The latest incidents with a telling topic in common, without those at another branch."""
        alike = {key for topic in profile.topics for key in self._same(topic, profile)}
        return heapq.nsmallest(
            _NEAR_IN_TOPIC, alike, key=lambda key: (self._portraits[key].silence(profile.moment), key)
        )

    def _same(self, topic: str, profile: Profile) -> Iterator[str]:
        if topic in self._config.vague_topics:
            return
        ours = profile.slots.branches
        for key in self._by_topic.get(topic, ()):
            theirs = self._portraits[key].slots["branches"]
            if topic in self._config.bank_wide_topics or not (ours and theirs) or not ours.isdisjoint(theirs):
                yield key

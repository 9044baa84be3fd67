"""The incidents at hand, arranged so that a post is compared only with those that it may belong to."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import NamedTuple

import numpy as np

from domain.incidents import ReadPost
from incidents.config import GroupingConfig
from incidents.likeness import Common, Floats, Judge, Likeness, compare
from incidents.notes import Note
from incidents.profiles import Portrait, Profile, Vector

_NO_BRANCH = ""
"""Stands for the branch of an incident that names none."""
_NONE: frozenset[str] = frozenset()
_NOT_MET = array("d")


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
            posting = self._postings[term]
            posting.append(text)
            posting.append(weight)
        self._weigh(number, vector)

    def _weigh(self, number: int, vector: Vector) -> None:
        """The vector's share in the incident's length: its own square, and twice its product with those before."""
        total = self._sums[number]
        self._squares[number] += sum([weight * (weight + 2 * total.get(term, 0.0)) for term, weight in vector.items()])
        total.update({term: weight + total.get(term, 0.0) for term, weight in vector.items()} if total else vector)

    def look(self, vector: Vector) -> Near:
        """Compare with each incident, in the order of ``names``."""
        postings = [self._postings.get(term, _NOT_MET) for term in vector]
        pairs = np.frombuffer(b"".join(postings)).reshape(-1, 2)
        closest = np.zeros(len(self.names))
        if not len(pairs):
            return Near(closest, closest)
        ours = np.array([*vector.values()]).repeat([len(posting) // 2 for posting in postings])
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
        sharing = near.together.nonzero()[0]
        if len(sharing) > count:
            sharing = sharing[(-near.together[sharing]).argpartition(count)[:count]]
        return [self.names[number] for number in sharing.tolist()]


class Gallery:
    """Portraits of incidents, found by their words and by their topics. It compares; the caller decides."""

    def __init__(self, config: GroupingConfig, judge: Judge) -> None:
        self._config = config
        self._judge = judge
        self._words = Words()
        self._portraits: dict[str, Portrait] = {}
        self._by_topic: defaultdict[str, set[str]] = defaultdict(set)
        self._by_topic_at: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_branch: defaultdict[str, set[str]] = defaultdict(set)
        self._by_author: defaultdict[str, set[str]] = defaultdict(set)

    def __getitem__(self, incident: str) -> Portrait:
        return self._portraits[incident]

    def open(self, incident: str, first_at: datetime, last_at: datetime) -> None:
        """Hang up an empty portrait."""
        self._portraits[incident] = Portrait(first_at, last_at)

    def note(self, incident: str, moment: datetime, topics: Sequence[str], author: str | None) -> None:
        """A post of the incident: it moves its time, what it complains of counts, and its author has spoken."""
        portrait = self._portraits[incident]
        for topic in topics:
            if topic not in portrait.topics:
                self._by_topic[topic].add(incident)
                for branch in portrait.slots["branches"] or (_NO_BRANCH,):
                    self._by_topic_at[topic, branch].add(incident)
        portrait.note(moment, topics, author)

    def show(self, incident: str, note: Note) -> None:
        """A post that speaks for the incident: its words and slots become part of the portrait."""
        portrait, author = self._portraits[incident], note.post.author
        unplaced = not portrait.slots["branches"]
        portrait.add(note.slots, note.post.platform, note.author, author.name if author else None)
        self._words.add(incident, note.vector)
        for branch in note.slots.branches:
            self._by_branch[branch].add(incident)
            for topic in portrait.topics:
                self._by_topic_at[topic, branch].add(incident)
                if unplaced:
                    self._by_topic_at[topic, _NO_BRANCH].discard(incident)
        if note.author:
            self._by_author[note.author].add(incident)

    def likeliest(
        self, profile: Profile, apart: Collection[str] = (), item: ReadPost | None = None
    ) -> tuple[str, Likeness] | None:
        """The incident that a post most likely belongs to, inside the window and not ``apart``, and the chance."""
        words = self._words.look(profile.vector)
        nearest = self._words.nearest(words, self._judge.reach.words)
        near = {*nearest, *self._of_topic(profile), *self._of_branch(profile), *self._of_author(profile)}
        compared = {
            key: self._compare(profile, key, words)
            for key in sorted(near.difference(apart))
            if self._portraits[key].silence(profile.day) <= self._config.window_days
        }
        return self._judge.choose(profile, compared, item)

    def is_at_another_branch(self, profile: Profile, incident: str) -> bool:
        """Whether it is at another branch than the post names, in a matter that does not concern the whole bank."""
        common = compare(profile, self._portraits[incident], (0.0, 0.0), self._config)
        return common.signs.get("branches", 0) < 0

    def _compare(self, profile: Profile, incident: str, near: Near) -> Common:
        return compare(profile, self._portraits[incident], self._words.of(incident, near), self._config)

    def _of_topic(self, profile: Profile) -> list[str]:
        """The latest incidents with a telling topic in common, without those at another branch."""
        alike: set[str] = set()
        for topic in profile.topics.weights:
            if topic not in self._config.vague_topics:
                alike.update(*self._at(topic, profile.slots.branches))
        return self._latest(alike, profile, self._judge.reach.topic)

    def _at(self, topic: str, branches: Set[str]) -> Sequence[Set[str]]:
        """The incidents of a topic that may be at these branches, in parts."""
        if topic in self._config.bank_wide_topics or not branches:
            return [self._by_topic.get(topic, _NONE)]
        return [self._by_topic_at.get((topic, branch), _NONE) for branch in (_NO_BRANCH, *branches)]

    def _of_branch(self, profile: Profile) -> list[str]:
        """The latest incidents at a branch that the post names."""
        here = {key for branch in profile.slots.branches for key in self._by_branch.get(branch, ())}
        return self._latest(here, profile, self._judge.reach.branch)

    def _of_author(self, profile: Profile) -> list[str]:
        """The latest incidents of the post's author."""
        own = self._by_author.get(profile.author, _NONE) if profile.author else _NONE
        return self._latest(own, profile, self._judge.reach.author)

    def _latest(self, alike: Collection[str], profile: Profile, count: int) -> list[str]:
        if len(alike) <= count:
            return list(alike)
        day, portraits = profile.day, self._portraits
        return [key for _silence, key in sorted([(portraits[key].silence(day), key) for key in alike])[:count]]

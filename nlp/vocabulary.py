"""Every word that is looked for, in one trie: the taxonomy's, those of bank names, and the sentiment's.

It says which word stands where and what the word may mean (its roles); whether it means that here is for `nlp.rules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nlp.joined import Codes, Floats
from nlp.lexicon import Taxonomy
from nlp.trie import Found, Trie

Roles = Mapping[str, Sequence[int]]


class Spread:
    """The roles of one sort that words have, by number; most words have none."""

    def __init__(self, numbers: Mapping[str, int], roles: Roles) -> None:
        placed = sorted((numbers[word], list(one)) for word, one in roles.items())
        self._counts = np.zeros(len(numbers), dtype=np.int64)
        self._counts[[number for number, _ in placed]] = [len(one) for _, one in placed]
        self._firsts = np.cumsum(self._counts) - self._counts
        self._roles = np.array([role for _, one in placed for role in one], dtype=np.int32)

    def of(self, found: Found) -> Found:
        """One entry for each role of each word, with the role's number in the place of the word's."""
        which = np.flatnonzero(self._counts.take(found.words) > 0)
        words = found.words.take(which)
        counts = self._counts.take(words)
        entries = np.repeat(which, counts)
        within = np.arange(len(entries)) - np.repeat(np.cumsum(counts) - counts, counts)
        roles = self._roles.take(np.repeat(self._firsts.take(words), counts) + within)
        return Found(found.starts.take(entries), found.ends.take(entries), roles)


class Vocabulary:
    """Words and their roles. Built once; safe to use from several threads.

    ``topics`` and ``cues`` name the numbers of `Spread`'s roles; a part of a rule is ``rule * width + group``, where
    ``rules`` has the topic's number and ``sizes`` the number of groups of each rule.
    """

    def __init__(self, taxonomy: Taxonomy, banks: Sequence[str], tables: Mapping[str, float]) -> None:
        self.topics = list(taxonomy.terms)
        self.cues = list(taxonomy.cues)
        rules = [(number, rule) for number, code in enumerate(self.topics) for rule in taxonomy.near[code]]
        self.rules = np.array([topic for topic, _ in rules], dtype=np.int64)
        self.sizes = np.array([len(rule) for _, rule in rules], dtype=np.int64)
        self.width = int(self.sizes.max(initial=1))
        numbers = {word: place for place, word in enumerate(dict.fromkeys([*taxonomy.words(), *banks, *tables]))}
        self._trie = Trie.of(numbers)
        self.terms = Spread(numbers, _numbered(enumerate(taxonomy.terms.values())))
        self.marks = Spread(numbers, _numbered(enumerate(taxonomy.cues.values())))
        self.parts = Spread(
            numbers,
            _numbered(
                (number * self.width + place, group)
                for number, (_, rule) in enumerate(rules)
                for place, group in enumerate(rule)
            ),
        )
        self.banks = Spread(numbers, {word: [number] for number, word in enumerate(banks)})
        weighed = [numbers[word] for word in tables]
        self.nothing = len(numbers)
        self.weights: Floats = np.zeros(len(numbers) + 1)
        self.weights[weighed] = list(tables.values())
        self._listed = len(dict.fromkeys([*taxonomy.words(), *banks]))
        self.weighed = np.zeros(len(numbers), dtype=np.bool_)
        self.weighed[weighed] = True

    def find(self, codes: Codes) -> Found:
        """Every word in joined normal forms, overlapping ones too."""
        return self._trie.find(codes)

    def listed(self, found: Found) -> Found:
        """Those that have roles: the words that only the sentiment knows, most of all, left out."""
        return found.pick(np.flatnonzero(found.words < self._listed))


def _numbered(groups: Iterator[tuple[int, Sequence[str]]]) -> Roles:
    roles: dict[str, list[int]] = defaultdict(list)
    for number, words in groups:
        for word in words:
            if number not in roles[word]:
                roles[word].append(number)
    return roles

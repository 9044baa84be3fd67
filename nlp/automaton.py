"""One automaton over every word that is looked for: one pass over a text finds them all, overlapping.

It says which word stands where and what the word may mean (its roles); whether it means that here is for `nlp.rules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from nlp.lexicon import Taxonomy


@dataclass(frozen=True, slots=True)
class Role:
    """What a word may mean: ``kind`` is ``topic`` (enough alone), ``near`` (one part of a rule) or ``cue``.

    ``name`` is the topic's code or the cue's kind; ``rule`` and ``group`` place a part within the topic's rules.
    """

    kind: str
    name: str
    rule: int = 0
    group: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A word at ``[start:end]`` of the normal form, with its roles."""

    start: int
    end: int
    roles: tuple[Role, ...]


class Automaton:
    """Finds the words of a taxonomy. Built once; safe to use from several threads."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        roles: dict[str, list[Role]] = defaultdict(list)
        for word, role in _roles(taxonomy):
            if role not in roles[word]:
                roles[word].append(role)
        self._words = list(roles)
        self._roles = [tuple(found) for found in roles.values()]
        self._groups = {(code, n): len(rule) for code, rules in taxonomy.near.items() for n, rule in enumerate(rules)}
        self._matcher = AhoCorasick(self._words, matchkind=MatchKind.Standard)

    def find(self, text: str) -> list[Match]:
        """Every word in the text, overlapping ones too, by their end."""
        found = self._matcher.find_matches_as_indexes(text, overlapping=True)
        return [Match(start, end, self._roles[index]) for index, start, end in found]

    def groups(self, topic: str, rule: int) -> int:
        """How many groups a rule of a topic has."""
        return self._groups[topic, rule]


def _roles(taxonomy: Taxonomy) -> Iterator[tuple[str, Role]]:
    for code, terms in taxonomy.terms.items():
        yield from ((word, Role("topic", code)) for word in terms)
        for number, rule in enumerate(taxonomy.near[code]):
            for place, group in enumerate(rule):
                yield from ((word, Role("near", code, number, place)) for word in group)
    for name, words in taxonomy.cues.items():
        yield from ((word, Role("cue", name)) for word in words)

"""What the words of a text mean together: which topic is said, and whether it is claimed, denied, asked or supposed.

A hit is a topic's word, or words of a rule that stand close together in one sentence. Its status comes from what stands
round it. The rules alone give a reading; the model (`nlp.model`) weighs them against everything else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp.automaton import Automaton, Match
from nlp.segment import is_a_piece
from nlp.target import Mentions

NEAR = 16
"""Words of one rule stand within this many characters of each other."""
NEGATION_REACH = 5
"""A negator reaches this many characters ahead, within its clause."""

_CLAUSE = re.compile(r"[,.!?;:\n\"。、~—]+| {1,}")
_SENTENCE = re.compile(r"[.!?;\n。]+")

CLAIMED, NEGATED, ASKED, SUPPOSED, ELSEWHERE = "claimed", "negated", "asked", "supposed", "elsewhere"
STATUSES = (CLAIMED, NEGATED, ASKED, SUPPOSED, ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A topic said at ``[start:end]`` of the normal form, and how it is said (one of `STATUSES`)."""

    topic: str
    start: int
    end: int
    status: str


@dataclass(frozen=True, slots=True)
class Signs:
    """All that the rules see in one text: topic hits, and how often each kind of cue stands in it."""

    hits: tuple[Hit, ...]
    cues: Mapping[str, int]

    def topics(self, status: str = CLAIMED) -> set[str]:
        """The topics with a hit of this status."""
        return {hit.topic for hit in self.hits if hit.status == status}


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a topic may be said; before ``inner``, the starts of a rule's later words, a negator counts too."""

    topic: str
    start: int
    end: int
    inner: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    """A text with its borders and the places of its cues."""

    text: str
    clauses: tuple[int, ...]
    sentences: tuple[int, ...]
    cues: Mapping[str, list[tuple[int, int]]]

    def clause(self, position: int) -> tuple[int, int]:
        return _between(self.clauses, position, len(self.text))

    def sentence(self, position: int) -> tuple[int, int]:
        return _between(self.sentences, position, len(self.text))

    def has(self, cue: str, low: int, high: int) -> bool:
        """Whether a cue lies within the stretch. The places are in order of their ends, as the automaton finds them."""
        places = self.cues.get(cue, [])
        first, last = bisect_right(places, low, key=_end), bisect_right(places, high, key=_end)
        return any(start >= low for start, _ in places[first:last])


def _end(place: tuple[int, int]) -> int:
    return place[1]


def _between(borders: Sequence[int], position: int, length: int) -> tuple[int, int]:
    index = bisect_right(borders, position)
    return borders[index - 1] if index else 0, borders[index] if index < len(borders) else length


def read_signs(text: str, automaton: Automaton, mentions: Mentions) -> Signs:
    """The signs in a normal form."""
    direct: list[_Spot] = []
    parts: dict[tuple[str, int], dict[int, list[Match]]] = defaultdict(lambda: defaultdict(list))
    cues: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for match in automaton.find(text):
        for role in match.roles:
            if role.kind == "cue":
                cues[role.name].append((match.start, match.end))
            elif role.kind == "topic":
                direct.append(_Spot(role.name, match.start, match.end))
            else:
                parts[role.name, role.rule][role.group].append(match)
    page = _Page(text, _borders(_CLAUSE, text), _borders(_SENTENCE, text), cues)
    spots = dict.fromkeys([*direct, *_combined(parts, automaton, page)])
    hits = [hit for spot in spots if (hit := _hit(spot, page, mentions)) is not None]
    return Signs(tuple(hits), Counter({kind: len(places) for kind, places in cues.items()}))


def _borders(pattern: re.Pattern[str], text: str) -> tuple[int, ...]:
    return tuple(match.end() for match in pattern.finditer(text))


def _combined(
    parts: Mapping[tuple[str, int], Mapping[int, list[Match]]], automaton: Automaton, page: _Page
) -> Iterator[_Spot]:
    """Rules all of whose groups have a word close together in one sentence."""
    for (topic, rule), groups in parts.items():
        if len(groups) == automaton.groups(topic, rule):
            yield from _together(topic, groups, page)


def _together(topic: str, groups: Mapping[int, list[Match]], page: _Page) -> Iterator[_Spot]:
    first, *others = (groups[number] for number in sorted(groups))
    for anchor in first:
        chosen = [anchor]
        for group in others:
            near = [match for match in _around(group, anchor) if not any(_overlap(match, taken) for taken in chosen)]
            if not near:
                break
            chosen.append(min(near, key=lambda match: abs(match.start - anchor.start)))
        start, end = min(match.start for match in chosen), max(match.end for match in chosen)
        complete = len(chosen) == len(others) + 1
        if complete and end - start <= NEAR and page.sentence(start) == page.sentence(end - 1):
            yield _Spot(topic, start, end, tuple(match.start for match in chosen if match.start > start))


def _around(group: list[Match], anchor: Match) -> list[Match]:
    """The matches of a group (in order of their ends) that end within reach of an anchor."""
    low = bisect_left(group, anchor.start - NEAR, key=lambda match: match.end)
    return group[low : bisect_right(group, anchor.end + NEAR, key=lambda match: match.end)]


def _overlap(one: Match, other: Match) -> bool:
    return one.start < other.end and other.start < one.end


def _hit(spot: _Spot, page: _Page, mentions: Mentions) -> Hit | None:
    if is_a_piece(page.text, spot.start, spot.end):
        return None
    return Hit(spot.topic, spot.start, spot.end, _status(spot, page, mentions))


def _status(spot: _Spot, page: _Page, mentions: Mentions) -> str:
    low, high = page.clause(spot.start)
    if _elsewhere(low, spot.end, mentions):
        return ELSEWHERE
    if _negated(low, spot, page):
        return NEGATED
    if page.has("conditional", low, spot.start):
        return SUPPOSED
    first, last = page.sentence(spot.start)
    if _asked(first, max(last, high), page):
        return ASKED
    return CLAIMED


def _elsewhere(low: int, high: int, mentions: Mentions) -> bool:
    """Another bank is named in the clause before the hit, and this one is not."""
    return _begins_in(mentions.other, low, high) and not (
        _begins_in(mentions.own, low, high) or _begins_in(mentions.bare, low, high)
    )


def _begins_in(spans: Sequence[tuple[int, int]], low: int, high: int) -> bool:
    index = bisect_left(spans, (low, 0))
    return index < len(spans) and spans[index][0] < high


def _negated(low: int, spot: _Spot, page: _Page) -> bool:
    reach = max(low, spot.start - NEGATION_REACH)
    if page.has("double_negation", max(low, reach - 2), spot.end):
        return False
    return page.has("negation", reach, spot.start) or any(
        page.has("negation", max(spot.start + 1, place - 2), place) for place in spot.inner
    )


def _asked(first: int, last: int, page: _Page) -> bool:
    real = page.text[first:last].rstrip().endswith("?") or page.has("question", first, last)
    return real and not page.has("rhetorical", first, last) and not page.has("degree", first, last)

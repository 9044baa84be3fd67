"""What would flip a reading: the fewest parts without which it is decided otherwise, and what else would do so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from domain.readings import Reading, Text
from nlp.explain_bench import Bench, Part, Trial, strongest, with_other_words
from nlp.explain_seen import MOST_SEEN, Seen, Span

DECISIONS = ("negative", "about")
MOST_FLIPS, MOST_TOGETHER, PAIRED, PAIRED_IN_LONG, LONG = 3, 5, 8, 4, 4000
ANOTHER_BANK = "某某农商行"
_ENDS = "。.!！,，;；~～…、 \n\t"
_ASKS = ("？", "?")


@dataclass(frozen=True, slots=True)
class Flip:
    """A changed text that is decided otherwise.

    ``kind``: left_out (``parts`` of the text), no_parent, question (吗？ at the end), statement (no question at
    the end), other_bank (the bank's names become another's), own_bank (another bank's become the bank's). ``changes``:
    negative, about, or both.
    """

    kind: str
    parts: tuple[Part, ...]
    text: Text
    reading: Reading
    changes: tuple[str, ...]


def find_flips(bench: Bench, parts: Sequence[Part], seen: Seen, parent: Seen | None) -> tuple[Flip, ...]:
    """What flips the reading: for each decision the fewest parts, then the other ways, each as it was really read."""
    # A bank's name decides whether it is spoken of; what is said of it the other parts decide.
    others = [part for part in parts if not any(one.start < part.end and part.start < one.end for one in seen.names)]
    found = [*_left_out(bench, others, "negative"), *_left_out(bench, parts, "about")]
    ways = list(_ways(bench.text, seen, parent))
    trials = bench.read([text for _, text in ways])
    found += [_flip(bench, kind, (), trial) for (kind, _), trial in zip(ways, trials, strict=True)]
    unique = {flip.text: flip for flip in reversed(found) if flip.changes}
    return tuple(flip for flip in found if unique.get(flip.text) is flip)


def _flip(bench: Bench, kind: str, parts: tuple[Part, ...], trial: Trial) -> Flip:
    before, after = bench.base.reading, trial.reading
    changes = tuple(name for name in DECISIONS if getattr(before, name) != getattr(after, name))
    return Flip(kind, parts, trial.text, after, changes)


def _left_out(bench: Bench, parts: Sequence[Part], decision: str) -> list[Flip]:
    """Single parts that flip it, else two, else as many of the weightiest as it takes."""
    before, weight = bench.base.reading, _towards(bench.base.reading, decision)
    alone = [part for part in parts if getattr(part.without, decision) != getattr(before, decision)]
    sets = [(part,) for part in strongest(alone, weight, MOST_FLIPS, -math.inf)]
    ranked = strongest(parts, weight, PAIRED if len(bench.text.text) < LONG else PAIRED_IN_LONG)
    flips = _tried(bench, sets, decision) or _tried(bench, _pairs(ranked), decision)[:1]
    several = [tuple(ranked[:count]) for count in range(3, min(len(ranked), MOST_TOGETHER) + 1)]
    return flips or _tried(bench, several, decision)[:1]


def _towards(reading: Reading, decision: str) -> Callable[[Part], float]:
    """How much a part speaks for the decision as it is."""
    sign = 1 if getattr(reading, decision) else -1
    return (lambda part: sign * part.weight) if decision == "negative" else (lambda part: sign * part.about)


def _pairs(ranked: Sequence[Part]) -> list[tuple[Part, ...]]:
    """Any two parts, the shortest first."""
    return sorted(combinations(ranked, 2), key=lambda pair: (pair[0].size + pair[1].size, _span(pair[0])))


def _tried(bench: Bench, sets: Sequence[tuple[Part, ...]], decision: str) -> list[Flip]:
    """The sets of parts without which the decision is another, and something is left to be read."""
    texts = [bench.without(map(_span, parts)) for parts in sets]
    left = [(parts, text) for parts, text in zip(sets, texts, strict=True) if text.text.strip()]
    trials = bench.read([text for _, text in left])
    flips = [_flip(bench, "left_out", parts, trial) for (parts, _), trial in zip(left, trials, strict=True)]
    return [flip for flip in flips if decision in flip.changes]


def _span(part: Part) -> Span:
    return part.start, part.end


def _ways(text: Text, seen: Seen, parent: Seen | None) -> Iterator[tuple[str, Text]]:
    """The same post in other circumstances."""
    if text.parent:
        yield "no_parent", replace(text, parent=None)
    words = text.text.rstrip(_ENDS)
    if words.endswith(_ASKS):
        yield "statement", replace(text, text=words.rstrip("？?").removesuffix("吗"))
    elif words:
        yield "question", replace(text, text=f"{words}吗？")
    if text.bank is not None:
        own, others = ("full", "alias", "branch", "stem", "hidden"), ("other",)
        yield from _renamed("other_bank", text, seen, parent, own, ANOTHER_BANK)
        yield from _renamed("own_bank", text, seen, parent, others, text.bank.name)


def _renamed(
    kind: str, text: Text, seen: Seen, parent: Seen | None, forms: Sequence[str], name: str
) -> Iterator[tuple[str, Text]]:
    changes, of_parent = (
        [(one.start, one.end, name) for one in side.names if one.form in forms] if side else []
        for side in (seen, parent)
    )
    # Of more names not all are known.
    if 0 < len(changes) + len(of_parent) < MOST_SEEN:
        above = with_other_words(text.parent, of_parent) if text.parent else text.parent
        yield kind, replace(text, text=with_other_words(text.text, changes), parent=above)

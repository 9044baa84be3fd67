"""The parts of a text: clauses, words, what was seen in them, and what each weighs (`nlp.explain_bench`)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from nlp.explain_bench import Bench, Part
from nlp.explain_seen import Page, Seen, Span, outermost, stands_alone
from nlp.joined import SEPARATOR, encode
from nlp.segment import dictionary

MOST_CHUNKS, FEWEST_CHUNKS, STRONG_CHUNKS = 40, 12, 6
"""A text is left out in so many pieces first, and the weightiest of them are taken apart."""
LONGEST_CLAUSE = 60
MATTERS = ("bank_matter", "not_bank", "other", "landmark")
"""Kinds of cue that say what is spoken of, not how."""

_MARK = r"(?:[,!?;:\n。~—、 ]|\.(?!\d))"
_CLAUSE = re.compile(f"(?:(?!{_MARK}).){{1,{LONGEST_CLAUSE}}}{_MARK}*")
_PARTICLES = "的了着过得地吗呢吧啊呀嘛啦"
_PLAIN = re.compile(r"[a-z0-9%+]+(?:\.\d+)?")


def weigh_parts(bench: Bench, page: Page, seen: Seen) -> tuple[tuple[Part, ...], bool]:
    """Parts in order of place, and whether every word of the text was left out once.

    Clauses first (in a long text several together), then what was seen and the words of the weightiest of them, alone
    and by two.
    """
    clauses = _solid(page, [match.span() for match in _CLAUSE.finditer(page.normal)])
    chunks = _chunks(clauses, max(FEWEST_CHUNKS, min(MOST_CHUNKS, bench.left // 3)))
    parts = {(part.start, part.end): part for part in bench.parts(_new(page, chunks))}
    finer = _within(page, parts, chunks, clauses) if len(chunks) < len(clauses) else clauses
    parts |= {(part.start, part.end): part for part in bench.parts(_new(page, finer, parts)[: bench.left // 2])}
    names = [(name.start, name.end) for name in seen.names]
    noted = [*names, *((hit.start, hit.end) for hit in seen.hits)]
    words, pairs = _words_and_pairs(page, _by_weight(page, parts, finer))
    whole = [span for span in [*noted, *words, *_cues(seen), *pairs] if not _cuts_any(span, names)]
    parts |= {(part.start, part.end): part for part in bench.parts(_untried(page, whole, parts))}
    complete = len(chunks) == len(clauses) and all(span in parts for span in words)
    return tuple(parts[span] for span in sorted(parts)), complete


def _words_and_pairs(page: Page, clauses: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """The words of the clauses, and each two, neither a name, that stand side by side."""
    atoms, names = page.atoms(), set(page.names())
    words = [words_of(page.normal, clause, atoms) for clause in clauses]
    pairs = [
        (first[0], second[1])
        for one in words
        for first, second in pairwise(word for word in one if word not in names)
        if first[1] == second[0]
    ]
    return _new(page, [word for one in words for word in one]), _new(page, pairs)


def _cuts_any(span: Span, names: Sequence[Span]) -> bool:
    """Whether a name is partly in a span: half a name says nothing."""
    return any(span[0] < end and start < span[1] and not (span[0] <= start and end <= span[1]) for start, end in names)


def _untried(page: Page, spans: Sequence[Span], known: Collection[Span]) -> list[Span]:
    """Spans of the text, each once, those that are known or would leave nothing left out."""
    return [span for span in dict.fromkeys(spans) if span not in known and _leaves(page, span)]


def _cues(seen: Seen) -> list[Span]:
    """Cues that say how something is meant: words, and negators of one character that are no piece of a word."""
    telling = [cue for cue in seen.cues if cue.kind not in MATTERS and (len(cue.text) > 1 or cue.kind == "negation")]
    return [(cue.start, cue.end) for cue in telling if len(cue.text) > 1 or stands_alone(cue, seen.hits)]


def _solid(page: Page, spans: Iterable[Span]) -> list[Span]:
    """Spans in which something is written."""
    return [span for span in spans if _written(page.normal[slice(*span)])]


def _chunks(clauses: Sequence[Span], most: int) -> list[Span]:
    """The clauses, where there are more than ``most`` several together."""
    several = -(-len(clauses) // most) or 1
    groups = [clauses[first : first + several] for first in range(0, len(clauses), several)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _new(page: Page, spans: Sequence[Span], known: Collection[Span] = ()) -> list[Span]:
    """Spans of the normal form as spans of the text, those that are known or would leave nothing left out."""
    return _untried(page, page.spans(spans), known)


def _leaves(page: Page, span: Span) -> bool:
    """Whether it is something, and something is left without it."""
    return span[0] < span[1] and bool((page.text[: span[0]] + page.text[span[1] :]).strip())


def _by_weight(page: Page, parts: dict[Span, Part], spans: Sequence[Span]) -> list[Span]:
    """Spans of the normal form, the weightiest first."""
    known = dict(zip(spans, page.spans(spans), strict=True))
    weights = {span: abs(parts[known[span]].weight) if known[span] in parts else 0.0 for span in spans}
    return sorted(spans, key=lambda span: (-weights[span], span))


def _within(page: Page, parts: dict[Span, Part], chunks: Sequence[Span], clauses: Sequence[Span]) -> list[Span]:
    """The clauses of the weightiest chunks."""
    strong = _by_weight(page, parts, chunks)[:STRONG_CHUNKS]
    return [clause for low, high in strong for clause in clauses if low <= clause[0] and clause[1] <= high]


def words_of(normal: str, clause: Span, atoms: Sequence[Span] = ()) -> list[Span]:
    """The words of a clause, and the ``atoms`` in it uncut; single characters go with a neighbour."""
    spans: list[Span] = []
    place, end = clause
    for low, high in [*(atom for atom in atoms if place <= atom[0] and atom[1] <= end), (end, end)]:
        spans += [(place + start, place + stop) for start, stop in _phrases(normal[place:low])]
        spans += [(low, high)] if low < high else []
        place = high
    return spans


def _phrases(text: str) -> list[Span]:
    """Words of at least two characters: particles go with the word before them, other single ones with the next."""
    kept: list[Span] = []
    words = _words(text)
    # Behind a name or a topic's word a particle says nothing of its own.
    words = words[1:] if words and text[slice(*words[0])] in _PARTICLES else words
    for start, end in words:
        if kept and kept[-1][1] == start and (_single(kept[-1]) or (end - start == 1 and text[start] in _PARTICLES)):
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    if len(kept) > 1 and _single(kept[-1]) and kept[-2][1] == kept[-1][0]:
        kept[-2:] = [(kept[-2][0], kept[-1][1])]
    return kept


def _single(span: Span) -> bool:
    return span[1] - span[0] == 1


def _words(text: str) -> list[Span]:
    """The likeliest words by jieba's dictionary; letters and digits together, marks left out."""
    best = _route(text)
    spans, place = [match.span() for match in _PLAIN.finditer(text)], 0
    while place < len(text):
        if _written(text[place : best[place]]):
            spans.append((place, best[place]))
        place = best[place]
    return outermost(spans)


def _route(text: str) -> list[int]:
    """For each place where the word that begins there on the likeliest path ends."""
    entries = dictionary()
    found = entries.trie.find(encode(text + SEPARATOR))
    logs = entries.logarithms.take(found.words) - entries.total
    words: dict[int, list[tuple[int, float]]] = {}
    for start, stop, log in zip(found.starts.tolist(), found.ends.tolist(), logs.tolist(), strict=True):
        if math.isfinite(log):
            words.setdefault(start, []).append((stop, log))
    best: list[tuple[float, int]] = [(0.0, 0)] * (len(text) + 1)
    for start in range(len(text) - 1, -1, -1):
        ways = words.get(start) or [(start + 1, -entries.total)]
        best[start] = max((log + best[stop][0], stop) for stop, log in ways)
    return [stop for _, stop in best]


def _written(text: str) -> bool:
    """Whether it is more than marks and blanks: letters, digits, pictures."""
    return any(char.isalnum() or unicodedata.category(char) == "So" for char in text)

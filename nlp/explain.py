"""Explains one reading: what was seen, what each part weighed, and what would flip it.

Everything is found by reading altered texts with the analyser itself, so nothing is told that it does not do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.readings import Reading, Text
from nlp.analyser import Analyser, Chances
from nlp.explain_bench import Bench, Part
from nlp.explain_flips import Flip, find_flips
from nlp.explain_parts import weigh_parts
from nlp.explain_seen import Page, Seen


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text is read as it is.

    ``read``: the characters of it that were read, the first ones; ``bar``: the negativity from which it is negative;
    ``variants``: how many altered texts were read for this; ``complete``: every word was left out once, else only the
    weightiest clauses were taken apart. ``words``: the negativity that a collected post would have by its words alone,
    without its place in the thread; None for another text.
    """

    text: Text
    read: int
    reading: Reading
    chances: Chances
    bar: float
    seen: Seen
    seen_in_parent: Seen | None
    parts: tuple[Part, ...]
    parent: Part | None
    flips: tuple[Flip, ...]
    variants: int
    complete: bool
    words: float | None


def explain(analyser: Analyser, text: Text) -> Explanation:
    """Explain the reading of one text. Some tenths of a second for a post, some seconds for a book."""
    bench = Bench(analyser, text)
    page = Page(analyser.opener, bench.text.text, text.bank)
    seen = page.see()
    above = Page(analyser.opener, bench.text.parent, text.bank).see() if bench.text.parent else None
    parent = bench.parent()
    parts, complete = weigh_parts(bench, page, seen)
    flips = find_flips(bench, parts, seen, above)
    words = bench.read([replace(bench.text, collected=False)])[0].reading.negativity if text.collected else None
    return Explanation(
        text,
        len(bench.text.text),
        bench.base.reading,
        bench.base.chances,
        analyser.bar,
        seen,
        above,
        parts,
        parent,
        flips,
        bench.used,
        complete,
        words,
    )

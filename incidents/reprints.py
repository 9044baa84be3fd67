"""Reprints: which earlier text a text repeats.

Candidates come from MinHash bands (character 4-grams, 42 bands of 3 rows: finds half-quoted texts) and from whole
clauses; a text that says itself that it is a reprint is held against every earlier one. Containment on 5-gram sets
decides. Each text gets its best-containing earlier parent: a tree, never a union of chains, for boilerplate and
quoting chains would melt unrelated matters into one. Credits, and clauses seen in many texts, do not count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rensa import RMinHash, RMinHashLSH

from incidents.config import GroupingConfig
from incidents.text import clauses, ngrams, normalise, squeeze

_ROWS, _BANDS, _SEED = 3, 42, 20
_CLAUSE_CHARS = 8
_SHARED_GRAMS = 12
_CREDIT = re.compile(
    r"转载|转自|转：|转:|【转】|文章来源|来源[:：]|^来源|责任编辑|责编|侵权|版权|有删节|编者所加|据.{2,8}报道"
)


@dataclass(frozen=True, slots=True)
class Original:
    """The earlier text that a text repeats, and the share of the shorter that stands in both."""

    key: int
    containment: float


@dataclass(frozen=True, slots=True)
class _Entry:
    key: int
    clauses: frozenset[str]
    grams: frozenset[str]
    credits: bool


def find_originals(
    earlier: Sequence[tuple[int, str]], texts: Sequence[tuple[int, str]], config: GroupingConfig
) -> dict[int, Original]:
    """The original of each of ``texts`` (key, text) that repeats an ``earlier`` one, or one before it.

    Both are in order of time. Texts under ``reprint_min_chars`` are matched only where they are identical.
    """
    boilerplate = _boilerplate((text for _key, text in (*earlier, *texts)), config.boilerplate_documents)
    index = _Index(config, boilerplate)
    for key, text in earlier:
        index.take(key, text, look=False)
    found = ((key, index.take(key, text, look=True)) for key, text in texts)
    return {key: original for key, original in found if original}


def _boilerplate(texts: Iterable[str], documents: int) -> frozenset[str]:
    seen = Counter(clause for text in texts for clause in set(clauses(normalise(text))))
    return frozenset(clause for clause, count in seen.items() if count >= documents)


class _Index:
    """The texts so far, by position, so that the earliest of equally good originals wins."""

    def __init__(self, config: GroupingConfig, boilerplate: frozenset[str]) -> None:
        self._config = config
        self._boilerplate = boilerplate
        self._bands = RMinHashLSH(threshold=0.5, num_perm=_ROWS * _BANDS, num_bands=_BANDS)
        self._by_clause: defaultdict[str, list[int]] = defaultdict(list)
        self._entries: list[_Entry] = []
        self._identical: dict[str, int] = {}

    def take(self, key: int, text: str, *, look: bool) -> Original | None:
        """Add a text; with ``look``, first find its original among those before it."""
        plain = normalise(text)
        squeezed = squeeze(plain)
        if len(squeezed) < self._config.reprint_identical_chars:
            return None
        twin = self._identical.setdefault(squeezed, key)
        if twin != key:
            return Original(twin, 1.0) if look else None
        return self._take_new(key, plain, look=look)

    def _take_new(self, key: int, plain: str, *, look: bool) -> Original | None:
        said = [clause for clause in clauses(plain) if self._tells(clause)]
        telling = "".join(said)
        if len(telling) < self._config.reprint_min_chars:
            return None
        long = frozenset(clause for clause in said if len(clause) >= _CLAUSE_CHARS)
        entry = _Entry(key, long, frozenset(ngrams(telling, 5)), _CREDIT.search(plain) is not None)
        sketch = RMinHash(num_perm=_ROWS * _BANDS, seed=_SEED)
        sketch.update(sorted(ngrams(telling, 4)))
        found = self._best(entry, self._candidates(entry, sketch)) if look else None
        self._add(entry, sketch)
        return found

    def _tells(self, clause: str) -> bool:
        return clause not in self._boilerplate and not _CREDIT.search(clause)

    def _candidates(self, entry: _Entry, sketch: RMinHash) -> Iterable[int]:
        if entry.credits:
            return range(len(self._entries))
        near = set(self._bands.query(sketch))
        return sorted(near.union(*(self._by_clause.get(clause, ()) for clause in entry.clauses)))

    def _add(self, entry: _Entry, sketch: RMinHash) -> None:
        position = len(self._entries)
        self._bands.insert(position, sketch)
        for clause in entry.clauses:
            self._by_clause[clause].append(position)
        self._entries.append(entry)

    def _best(self, entry: _Entry, positions: Iterable[int]) -> Original | None:
        """The best of the candidates; one that credits its source may be cut and reworded twice as much."""
        least = self._config.reprint_containment * (0.5 if entry.credits else 1.0)
        best: Original | None = None
        for position in positions:
            other = self._entries[position]
            shared = len(entry.grams & other.grams)
            share = shared / min(len(entry.grams), len(other.grams))
            if shared >= _SHARED_GRAMS and share >= least and (best is None or share > best.containment):
                best = Original(other.key, share)
        return best

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
from functools import cached_property

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


class Print:
    """What of a normalised text can be found again in another: made once, the dear parts when first asked for."""

    def __init__(self, plain: str) -> None:
        self.squeezed = squeeze(plain)
        self.clauses = clauses(plain)
        self.credits = _CREDIT.search(plain) is not None
        self._told: tuple[frozenset[str], _Told] | None = None

    @cached_property
    def _telling(self) -> list[str]:
        return [clause for clause in self.clauses if not _CREDIT.search(clause)] if self.credits else self.clauses

    def told(self, boilerplate: frozenset[str]) -> _Told:
        """What is left without credits and without those clauses."""
        idle = boilerplate.intersection(self.clauses)
        if self._told is None or self._told[0] != idle:
            self._told = idle, _Told(tuple(clause for clause in self._telling if clause not in idle))
        return self._told[1]


class _Told:
    """The clauses of a text that count, and what is compared of them."""

    def __init__(self, said: Sequence[str]) -> None:
        self.text = "".join(said)
        self.clauses = frozenset(clause for clause in said if len(clause) >= _CLAUSE_CHARS)

    @cached_property
    def grams(self) -> frozenset[str]:
        return frozenset(ngrams(self.text, 5))

    @cached_property
    def sketch(self) -> RMinHash:
        sketch = RMinHash(num_perm=_ROWS * _BANDS, seed=_SEED)
        sketch.update(sorted(ngrams(self.text, 4)))
        return sketch


def find_originals(
    earlier: Sequence[tuple[int, str]], texts: Sequence[tuple[int, str]], config: GroupingConfig
) -> dict[int, Original]:
    """The original of each of ``texts`` (key, text) that repeats an ``earlier`` one, or one before it.

    Both are in order of time. Texts under ``reprint_min_chars`` are matched only where they are identical.
    """
    before, now = ([(key, Print(normalise(text))) for key, text in side] for side in (earlier, texts))
    return match_prints(before, now, config)


def match_prints(
    earlier: Sequence[tuple[int, Print]], prints: Sequence[tuple[int, Print]], config: GroupingConfig
) -> dict[int, Original]:
    """`find_originals` for texts whose prints are made already."""
    boilerplate = _boilerplate((made for _key, made in (*earlier, *prints)), config.boilerplate_documents)
    index = _Index(config, boilerplate)
    for key, made in earlier:
        index.take(key, made, look=False)
    found = ((key, index.take(key, made, look=True)) for key, made in prints)
    return {key: original for key, original in found if original}


def _boilerplate(prints: Iterable[Print], documents: int) -> frozenset[str]:
    seen = Counter(clause for made in prints for clause in set(made.clauses))
    return frozenset(clause for clause, count in seen.items() if count >= documents)


class _Index:
    """The texts so far, by position, so that the earliest of equally good originals wins."""

    def __init__(self, config: GroupingConfig, boilerplate: frozenset[str]) -> None:
        self._config = config
        self._boilerplate = boilerplate
        self._bands = RMinHashLSH(threshold=0.5, num_perm=_ROWS * _BANDS, num_bands=_BANDS)
        self._by_clause: defaultdict[str, list[int]] = defaultdict(list)
        self._entries: list[tuple[int, _Told]] = []
        self._identical: dict[str, int] = {}

    def take(self, key: int, made: Print, *, look: bool) -> Original | None:
        """Add a text; with ``look``, first find its original among those before it."""
        if len(made.squeezed) < self._config.reprint_identical_chars:
            return None
        twin = self._identical.setdefault(made.squeezed, key)
        if twin != key:
            return Original(twin, 1.0) if look else None
        told = made.told(self._boilerplate)
        if len(told.text) < self._config.reprint_min_chars:
            return None
        found = self._best(told, made) if look else None
        self._add(key, told)
        return found

    def _add(self, key: int, told: _Told) -> None:
        position = len(self._entries)
        self._bands.insert(position, told.sketch)
        for clause in told.clauses:
            self._by_clause[clause].append(position)
        self._entries.append((key, told))

    def _candidates(self, told: _Told, made: Print) -> Iterable[int]:
        if made.credits:
            return range(len(self._entries))
        near = set(self._bands.query(told.sketch))
        return sorted(near.union(*(self._by_clause.get(clause, ()) for clause in told.clauses)))

    def _best(self, told: _Told, made: Print) -> Original | None:
        """The best of the candidates; one that credits its source may be cut and reworded twice as much."""
        least = self._config.reprint_containment * (0.5 if made.credits else 1.0)
        best: Original | None = None
        for position in self._candidates(told, made):
            key, other = self._entries[position]
            shared = len(told.grams & other.grams)
            share = shared / min(len(told.grams), len(other.grams))
            if shared >= _SHARED_GRAMS and share >= least and (best is None or share > best.containment):
                best = Original(key, share)
        return best

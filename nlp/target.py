"""Whose name stands in a text: the watched bank's, only the place it is called after, another bank's.

It finds and masks names. Whether the text speaks *about* the bank is weighed by the model (`nlp.model`) from this.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from domain.banking import BANK_ENDINGS, RURAL, RURAL_BANKS, names_no_bank, speaks_of_banking
from domain.readings import Bank
from nlp.characters import LETTER, SYMBOL, Kinds
from nlp.joined import FOLDED_BITS, Bools, Codes, Ints, Joined, encode, folded, matches
from nlp.normalise import Normals, normal_form
from nlp.sounds import initials, sounding_like, spelled, syllables
from nlp.trie import Found

OWN, OTHER, BARE, TRAP, NOBODY = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""Private characters that stand for a name: the bank, another bank, the bare place name, a name that is no bank; and
``NOBODY`` for a parent that is not there."""

_TYPE = re.compile("(?:农村商业银行|村镇银行|农商银行|农商行|商业银行|信用社|银行|村行|村镇|农商|支行|分理处|营业部)")
_TAIL = "(?:农村商业银行|村镇银行|农商银行|农商行|商业银行|银行|村镇|村行|农商|信用社|联社|农信社)?"
_OTHER_BANK = re.compile(
    f"([\u4e00-\u9fff]{{0,4}}?)({RURAL}|村镇银行|商业银行|银行|村行)|[农工建中交招]行(?!业|李|为)|邮储|邮政"
    "|微众|网商|大行|股份行|某行|信合|邮局|网贷"
)
_ALIKE = (("村镇银行", "村行"), RURAL_BANKS)
"""What banks of one type are called: with a place of ours before it, it is ours."""
_VILLAGE_BANK = re.compile("村行(?![不吗么没走政业为程进动路车])")
_BRANCH_KINDS = ("银行", "支行", "网点", "分理处", "营业部", "营业厅")
_SYMBOL = "[a-z]{1,7}|[^\\w\\s,.!?;:，。！？]"

_BEGINS, _HIDABLE, _VOICED = 1, 2, 4

Group = tuple[Bank | None, int, int]
"""Texts of one bank, by the first row and the row behind the last one."""
Span = tuple[int, int, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Mentions:
    """Names in joined normal forms: spans in order, and their kinds (`OWN` …) as code points.

    ``named`` (one a text): the text names the bank in some form (`Names.named`).
    """

    starts: Ints
    ends: Ints
    kinds: Codes
    rows: Ints
    named: Bools

    def of(self, *kinds: str) -> Ints:
        """Which of the names are of these kinds."""
        return np.flatnonzero(np.isin(self.kinds, [ord(kind) for kind in kinds]))

    def has(self, *kinds: str) -> Bools:
        """For each text whether it has a name of these kinds."""
        return np.bincount(self.rows[self.of(*kinds)], minlength=len(self.named)) > 0


@dataclass(frozen=True)
class Masked:
    """Joined normal forms with a mark for each name; ``places``: where each character stands in the normal forms."""

    joined: Joined
    places: Ints


class Names:
    """The names of one bank, ready to be found in normal forms."""

    def __init__(self, bank: Bank) -> None:
        names = [normal_form(name) for name in (bank.name, *bank.aliases)]
        stems = [stem for name in names if (stem := _TYPE.sub("", name)) and len(stem) >= 2]
        self._kinds = dict.fromkeys(stems, BARE)
        self._kinds |= {name: OWN if _TYPE.search(name) or name.endswith("行") else BARE for name in names}
        self._kinds |= {branch: OWN for name in bank.branches if len(branch := normal_form(name)) >= 3}
        self._kinds |= {normal_form(name): TRAP for name in bank.not_names}
        branches = [place for name in bank.branches if len(place := _TYPE.sub("", normal_form(name))) >= 2]
        county = normal_form(bank.county or "")
        self.own_types = {kind for name in names for kinds in _ALIKE if name.endswith(kinds) for kind in kinds}
        """What banks of its type are called: 农商行 alone may be it where a 农商行 is watched."""
        self._strange_types = {*chain(*_ALIKE)} - self.own_types if self.own_types else set()
        self._kinds |= {place + kind: OWN for place in branches for kind in (*_BRANCH_KINDS, *self.own_types)}
        self._kinds |= {town + kind: OWN for town in _towns(county) for kind in self.own_types}
        self._called = "村行" in self.own_types
        self._kinds.pop("", None)
        # A bank is often called after its county: that name alone then means the county.
        self._shared = {stem for stem in stems if county.startswith(stem) and self._kinds[stem] == BARE} - set(names)
        self._implied = {stem for stem in stems if self._kinds[stem] == BARE} - set(names)
        self._branch_places = set(branches)
        self.places = {*branches, *([county] if county else []), *self._shared}
        longest_first = sorted(map(re.escape, self.places), key=len, reverse=True)
        self._place = re.compile("|".join(longest_first)) if longest_first else None
        ordered = sorted(self._kinds, key=len, reverse=True)
        aliases = map(normal_form, bank.aliases)
        forms = dict.fromkeys(stems, "stem") | dict.fromkeys(aliases, "alias") | {normal_form(bank.name): "full"}
        self._forms = [(known, forms.get(known, "branch")) for known in ordered]
        self._exact = re.compile("(" + "|".join(map(re.escape, ordered)) + ")" + f"({_TAIL})") if ordered else None
        hidable = [stem for stem in stems if len(stem) >= 3]
        voiced = [name for name in dict.fromkeys([*hidable, *names]) if len(name) >= 3]
        self._hidden = _hidden(hidable, voiced)
        self._spelled = {*map(spelled, voiced), *map(initials, hidable)} - {""}
        self.marks = np.zeros(1 << FOLDED_BITS, dtype=np.uint8)
        self.marks[folded(encode("".join(name[0] for name in ordered)))] |= _BEGINS
        self.marks[folded(encode("".join(_TYPE.sub("", name) for name in voiced)))] |= _HIDABLE
        self.marks[folded(encode("".join(voiced)))] |= _VOICED

    def find(self, joined: Joined, begins: Sequence[int], suspects: Iterable[int]) -> list[Span]:
        """Start, end and kind of each name of this bank, in order.

        ``begins``: the places where one may begin; ``suspects``: the texts that may have a hidden one.
        """
        if self._exact is None:
            return []
        found = [(*match.span(), self._kind(*match.groups())) for match in matches(self._exact, joined.text, begins)]
        if self._hidden is None:
            return found
        named = {int(joined.rows[start]) for start, _, _ in found} if suspects else set()
        for row in suspects:
            if row not in named and (match := self._hidden.search(joined.row(row))):
                begin = int(joined.starts[row])
                found.append((begin + match.start(), begin + match.end(), OWN))
        return sorted(found)

    def spelled_in(self, text: str) -> bool:
        """Whether a name or its first letters stand in a text in letters."""
        return any(word in text for word in self._spelled)

    def form(self, name: str) -> str:
        """How a name that was found is written: full, alias, branch, stem (with 银行 or without it), hidden."""
        return next((form for known, form in self._forms if name.startswith(known)), "hidden")

    def vague(self, joined: Joined, spans: Sequence[Span]) -> list[int]:
        """Which of the names say too little: that of the county, and where no banking is spoken of, a stem alone.

        A stem is a river's or a hill's name too. One that the bank's configuration gives as an alias is the bank's.
        """
        return [
            number
            for number, (start, end, kind) in enumerate(spans)
            if kind == BARE
            and (
                (name := joined.text[start:end]) in self._shared
                or (name in self._implied and not speaks_of_banking(joined.row(int(joined.rows[start]))))
            )
        ]

    def placed(self, joined: Joined, first: int, last: int) -> list[Span]:
        """Where in texts ``first`` to ``last - 1`` the name of a place of the bank's stands: OWN that of a branch."""
        if self._place is None:
            return []
        found = self._place.finditer(joined.text, int(joined.starts[first]), int(joined.ends[last - 1]))
        return [(*match.span(), OWN if match[0] in self._branch_places else BARE) for match in found]

    def called(self, joined: Joined, first: int, last: int, named: Sequence[Span]) -> Iterator[Span]:
        """Where 村行 stands without a name in texts ``first`` to ``last - 1``: in the county of a village bank that is
        it. ``named``: the names that were found, of any bank, in order."""
        if self._called:
            begin, end = int(joined.starts[first]), int(joined.ends[last - 1])
            said = [match.span() for match in _VILLAGE_BANK.finditer(joined.text, begin, end)]
            yield from ((start, stop, OWN) for start, stop, _ in _free(said, named))

    def _kind(self, name: str, tail: str) -> str:
        """The kind of a name with what follows: the county's 农商行 is another where a village bank is watched."""
        kind = self._kinds[name]
        if kind != BARE or not tail:
            return kind
        return OTHER if name in self._shared and tail in self._strange_types else OWN


@dataclass(frozen=True, slots=True)
class _Hints:
    """By group of texts: places where a name of the bank may begin, and texts that may have a hidden one; in order."""

    begins: Sequence[Sequence[int]]
    suspects: Sequence[Sequence[int]]

    @classmethod
    def of(cls, normals: Normals, groups: Sequence[Group]) -> _Hints:
        """For all groups at once: a group may be one text."""
        joined = normals.joined
        marks = np.zeros(len(joined.codes), dtype=np.uint8)
        for bank, first, last in groups:
            if bank is not None:
                here = slice(int(joined.starts[first]), int(joined.ends[last - 1]))
                marks[here] = names_of(bank).marks.take(joined.folded[here])
        rows = [first for _, first, _ in groups]
        begins = _split(np.flatnonzero(marks & _BEGINS > 0).tolist(), [int(joined.starts[row]) for row in rows])
        hidden = _split(_unique(joined.rows[_broken(normals.kinds, marks)]), rows)
        lettered = _split(_unique(joined.rows[_three_letters(normals.kinds)]), rows)
        suspects = [
            sorted({*some, *(row for row in others if names_of(bank).spelled_in(joined.row(row)))}) if bank else []
            for (bank, *_), some, others in zip(groups, hidden, lettered, strict=True)
        ]
        return cls(begins, suspects)


def _broken(kinds: Kinds, marks: npt.NDArray[np.uint8]) -> Ints:
    """Where a name may stand with one character hidden.

    Its plain characters stand beside letters or signs, or beside or one character apart from one another.
    """
    plain = np.flatnonzero(marks & _HIDABLE > 0)
    beside = (kinds.take(plain - 1) | kinds.take(plain + 1)) & (LETTER | SYMBOL) > 0
    voiced = marks & _VOICED > 0
    for away in (-2, -1, 1, 2):
        beside |= voiced.take(plain + away, mode="clip")
    return plain[beside]


def _three_letters(kinds: Kinds) -> Ints:
    """Where three letters stand in a row: no name has fewer when it is written in letters."""
    letter = kinds & LETTER > 0
    return np.flatnonzero(letter[:-2] & letter[1:-1] & letter[2:])


def _split(ordered: Sequence[T], borders: Sequence[Any]) -> list[Sequence[T]]:
    """A list in order cut up: the part from each border on."""
    cuts = [*(bisect_left(ordered, border) for border in borders), len(ordered)]
    return [ordered[low:high] for low, high in pairwise(cuts)]


def _unique(ordered: npt.NDArray[np.int32]) -> list[int]:
    """Each number of some in order once."""
    return list(dict.fromkeys(ordered.tolist()))


def _towns(county: str) -> tuple[str, ...]:
    """A county as it is said, with 县 and without."""
    short = county.removesuffix("县").removesuffix("市").removesuffix("区")
    return (county, short) if len(short) >= 2 else (county,) if county else ()


def _hidden(stems: Sequence[str], names: Sequence[str]) -> re.Pattern[str] | None:
    """Names written for people and not for machines.

    Stems with one character in letters or signs (fei云渡, 白🦺岭) or by their first letters before a bank's kind
    (wtl村镇银行); names with one character that sounds alike (吾桐里) or with any in letters (wutongli, 石nong商).
    """
    signs = [
        f"{re.escape(stem[:i])}(?:{_SYMBOL}){re.escape(stem[i + 1 :])}" for stem in stems for i in range(len(stem))
    ]
    sounds = [
        f"{re.escape(name[:i])}[{alike}]{re.escape(name[i + 1 :])}"
        for name in names
        for i, char in enumerate(name)
        if (alike := sounding_like(char))
    ]
    mixed = ["".join(f"(?:{'|'.join([re.escape(char), *syllables(char)])})" for char in name) for name in names]
    first = [letters + _TYPE.pattern for stem in stems if (letters := initials(stem))]
    alone = [f"(?<![a-z])(?:{'|'.join([*mixed, *first])})(?![a-z])"] if mixed else []
    return re.compile(f"(?:{'|'.join([*signs, *sounds, *alone])}){_TAIL}") if names else None


@lru_cache(maxsize=1024)
def names_of(bank: Bank) -> Names:
    """The names of a bank, compiled once."""
    return Names(bank)


def _other_banks(joined: Joined, words: Found) -> list[tuple[int, int, str]]:
    """Names of banks, and kinds of rural banks without a name (隔壁农商行), each with its kind, else "".

    ``words``: where `BANK_WORDS` stand, by their numbers.
    """
    codes, starts = joined.codes, words.starts
    begins, open_ = starts.copy(), words.words < len(BANK_ENDINGS)
    for back in range(1, 5):
        before = codes.take(starts - back, mode="clip")
        open_ &= (before >= 0x4E00) & (before <= 0x9FFF)
        begins -= open_
    found: list[tuple[int, int, str]] = []
    end = 0
    for begin, word in sorted(zip(begins.tolist(), starts.tolist(), strict=True)):
        place = max(begin, end)
        match = _OTHER_BANK.match(joined.text, place) if place <= word else None
        if match is not None:
            end = match.end()
            name, kind = match.groups()
            if name is None or (name and not names_no_bank(name, kind)):
                found.append((place, end, ""))
            elif kind in RURAL_BANKS:
                found.append((match.start(2), end, kind))
    return found


def look(normals: Normals, words: Found, groups: Sequence[Group]) -> Mentions:
    """The names in normal forms, which stand in groups by bank; ``words``: where `BANK_WORDS` stand.

    With no bank watched, whichever bank is named is meant, and is meant if none is.
    """
    joined = normals.joined
    banks = _split(_other_banks(joined, words), [(int(joined.starts[first]),) for _, first, _ in groups])
    hints = _Hints.of(normals, groups)
    spans, vague, placed = list[Span](), list[int](), set[int]()
    named = np.ones(len(joined), dtype=np.bool_)
    for (bank, first, last), strange, begins, suspects in zip(groups, banks, hints.begins, hints.suspects, strict=True):
        if bank is None:
            here = _whoever(joined, [(start, end) for start, end, kind in strange if not kind], first, last)
        else:
            names = names_of(bank)
            own = names.find(joined, begins, suspects)
            others = [(start, end) for start, end, kind in strange if kind not in names.own_types]
            found = sorted([*own, *_free(others, own)])
            found = sorted([*found, *names.called(joined, first, last, found)])
            here, spoken = _with_places(joined, found, names.placed(joined, first, last))
            placed |= spoken
            vague += [len(spans) + number for number in names.vague(joined, here)]
            named[first:last] = False
        spans += here
    starts, ends = (np.array([span[side] for span in spans], dtype=np.int64) for side in (0, 1))
    kinds = encode("".join([kind for *_, kind in spans]))
    rows = joined.rows.take(starts).astype(np.int64)
    meant = (kinds == ord(OWN)) | (kinds == ord(BARE))
    meant[vague] = False
    named[rows[meant]] = True
    named[sorted(placed)] = True
    return Mentions(starts, ends, kinds, rows, named)


def _with_places(joined: Joined, spans: list[Span], places: Sequence[Span]) -> tuple[list[Span], set[int]]:
    """The names with those of places that speak for the bank, and the texts that have such places.

    A place speaks for the bank where banking is spoken of, and no other bank is named. Where the bank itself is not
    named either, that of a branch stands for it.
    """
    if not places:
        return spans, set()
    rows = {int(joined.rows[start]) for start, _, _ in places}
    rows -= {int(joined.rows[start]) for start, _, kind in spans if kind == OTHER}
    rows = {row for row in rows if speaks_of_banking(joined.row(row))}
    unnamed = rows - {int(joined.rows[start]) for start, _, kind in spans if kind == OWN}
    meant = defaultdict[int, list[Span]](list)
    for place in places:
        if place[2] == OWN and (row := int(joined.rows[place[0]])) in unnamed:
            meant[row].append(place)
    beside = (span for span in spans if not _overlaps(span, meant.get(int(joined.rows[span[0]]), ())))
    return sorted([*beside, *(place for found in meant.values() for place in found)]), rows


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end, _ in others)


def _whoever(joined: Joined, banks: Sequence[tuple[int, int]], first: int, last: int) -> list[Span]:
    """All banks as the own one; a text without any has one at its beginning."""
    rows = set(joined.rows.take([start for start, _ in banks]).tolist()) if banks else set()
    begins = joined.starts[first:last].tolist()
    nowhere = [(begin, begin, OWN) for row, begin in enumerate(begins, start=first) if row not in rows]
    return sorted([*((start, end, OWN) for start, end in banks), *nowhere])


def _free(others: Sequence[tuple[int, int]], taken: Sequence[Span]) -> Iterator[Span]:
    """The names of other banks that overlap no name of this one. Both are in order."""
    position = 0
    for start, end in others:
        while position < len(taken) and taken[position][1] <= start:
            position += 1
        if position == len(taken) or taken[position][0] >= end:
            yield start, end, OTHER


def mask(joined: Joined, mentions: Mentions) -> Masked:
    """The texts with each name replaced by the mark of its kind."""
    starts, ends = mentions.starts, mentions.ends
    nowhere = starts == ends
    inner = np.zeros(len(joined.codes) + 1, dtype=np.int8)
    inner[starts[~nowhere] + 1] += 1
    inner[ends[~nowhere]] -= 1
    codes = joined.codes.copy()
    codes[starts[~nowhere]] = mentions.kinds[~nowhere]
    places = np.flatnonzero(np.cumsum(inner[:-1], dtype=np.int8) == 0)
    codes = codes[places]
    if nowhere.any():
        at = np.searchsorted(places, starts[nowhere])
        codes = np.insert(codes, at, mentions.kinds[nowhere])
        places = np.insert(places, at, starts[nowhere])
    return Masked(Joined.of(codes), places)

"""Reading a text as it is meant: simplified characters, half width, lower case, obfuscations undone.

Every step keeps account of where its characters came from, so that a span of the normal form can be told as a span of
the text as published. Nothing is judged here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise

import numpy as np
import yaml
from opencc import OpenCC

from nlp.characters import HAN, HIDING, LETTER, ODD, OPENING, SPACE, UNSEEN, Kinds, kinds_of, lower_case
from nlp.joined import SEPARATOR, Bools, Codes, Edit, Ints, Joined, Layer, cut, decode, edit, encode, join, matches
from nlp.sounds import spellings
from nlp.trie import Trie

_NOTHING = encode("")

# One character for one: full width to half, marks that differ only in shape, lone surrogates to the replacement mark.
_ONE_TO_ONE: dict[int, int] = (
    dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord(a): ord(b) for a, b in zip("\u3000\xa0…呑✕×【】『』「」", '  .吞xx[]""""', strict=True)}
)
# Left out beside unseen characters: tags and entities of HTML.
_MARK_UP = re.compile(
    f"</?[a-zA-Z][^<>{SEPARATOR}]{{0,300}}>|&(?:nbsp|amp|lt|gt|quot|#\\d{{1,6}});|(?<=\n)\\[图中文字\\]"
)
# `domain.posts.PICTURE_MARK`, half width by now, is no word of anybody's: only the end of what the author wrote.
_ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "[图中文字]": "。"}


@cache
def _hidden_words() -> dict[str, str]:
    """Ways of writing that are meant for people and not for machines, and the word that each stands for.

    Those by the sound of a word are made; what two words could be meant by is left as it is.
    """
    data = files("nlp") / "data"
    lines = (data / "hideable.txt").read_text("utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    made = [(form, word) for word in words for form in set(spellings(word))]
    often = Counter(form for form, _ in made)
    raw = yaml.load((data / "obfuscations.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    listed = {form: word for word, forms in raw.items() for form in forms}
    return {form: word for form, word in made if often[form] == 1} | listed


@cache
def _hidden_forms() -> Trie:
    return Trie.of(_hidden_words())


_HAN = "\u3400-\u9fff"
# A mark between two Han characters that hides a word: 利*息, 推.诿.扯.皮, and spaces round single characters.
_SPLIT = re.compile(
    r"(?=[*·•.\-_|/~^+$=丶✨ ])(?:"
    rf"(?<=[{_HAN}])[*·•.\-_|/~^+$=丶✨]{{1,3}}(?=[{_HAN}])"
    r"|(?<=[利银贷存取垃骗挤限征催]) (?=[息行款率圾子兑额信收])"
    rf"|(?<=[^{_HAN}][{_HAN}]) (?=[{_HAN}][^{_HAN}])"
    r"|(?<=\b[a-z]) (?=[a-z]\b))"
)


_FOLDED = re.compile(r"[^\x00-\x7f\u3000-\u303f\u4e00-\u9fff]")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _folded(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower() or char
    return "".join(low if len(low := one.lower()) == 1 else one for one in folded)


@dataclass(frozen=True)
class Normals:
    """Texts as they are meant, and the way back to the texts as published (``begins``: where each is in their row)."""

    joined: Joined
    kinds: Kinds
    layers: tuple[Layer, ...]
    begins: Ints
    lengths: Ints

    def spans(self, rows: Ints, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Spans of the joined normal forms as spans of the published text of each row, always inside it."""
        for layer in reversed(self.layers):
            starts, ends = layer.back(starts, ends)
        begins, lengths = self.begins.take(rows), self.lengths.take(rows)
        low = np.clip(starts - begins, 0, lengths)
        return low, np.clip(ends - begins, low, lengths)

    def solid(self) -> Ints:
        """For each text the place of its last character but white space; before its start where there is none."""
        return self.last_solid.take(self.joined.ends - 1)

    def blank(self) -> Bools:
        """For each text whether it is empty or white space alone."""
        return self.solid() < self.joined.starts

    @cached_property
    def last_solid(self) -> Ints:
        """For each place the nearest one, there or before, that is no white space (maybe of an earlier text)."""
        return np.maximum.accumulate(np.where(self.kinds & SPACE > 0, 0, np.arange(len(self.kinds))))


def normalise(texts: Sequence[str]) -> Normals:
    """The normal forms of texts of any length and content."""
    layers: list[Layer | None] = []
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = _translation().take(join(texts))
    for step in (_leave_out, _fold, _simplify, _unsplit, _unhide):
        codes, layer = step(codes)
        layers.append(layer)
    kept = tuple(layer for layer in layers if layer is not None)
    return Normals(Joined.of(codes), kinds_of(codes), kept, np.cumsum(lengths + 2) - lengths - 1, lengths)


def normal_form(text: str) -> str:
    """The normal form of one text."""
    return normalise([text]).joined.row(0)


@cache
def _translation() -> Codes:
    table = np.arange(0x110000, dtype=np.uint32)
    table[list(_ONE_TO_ONE)] = list(_ONE_TO_ONE.values())
    return table


def _leave_out(codes: Codes) -> tuple[Codes, Layer | None]:
    """Unseen characters and mark-up go; entities become what they stand for."""
    kinds = kinds_of(codes)
    unseen = np.flatnonzero(kinds & UNSEEN > 0)
    opening = np.flatnonzero(kinds & OPENING > 0)
    marks = matches(_MARK_UP, decode(codes), opening.tolist()) if len(opening) else []
    breaks = np.flatnonzero(np.diff(unseen) > 1)
    starts = np.concatenate([unseen[:1], unseen[breaks + 1]])
    ends = np.concatenate([unseen[breaks], unseen[-1:]]) + 1
    if not marks:
        return cut(codes, starts, ends) if len(starts) else (codes, None)
    inside = np.searchsorted([mark.start() for mark in marks], starts, side="right") - 1
    free = (inside < 0) | (starts >= np.array([mark.end() for mark in marks])[inside])
    edits = [(mark.start(), mark.end(), encode(_entity(mark))) for mark in marks]
    edits += [(start, end, _NOTHING) for start, end in zip(starts[free].tolist(), ends[free].tolist(), strict=True)]
    return edit(codes, sorted(edits, key=lambda one: one[0]))


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES.get(match.group(), " " if match.group()[0] in "<&" else "")


def _fold(codes: Codes) -> tuple[Codes, Layer | None]:
    """NFKC and lower case. Only texts with odd characters are looked at one by one."""
    odd = np.flatnonzero(kinds_of(codes) & ODD > 0)
    low = lower_case(codes)
    if not len(odd):
        return low, None
    joined = Joined.of(codes)
    rows = joined.rows.take(odd)
    borders = np.flatnonzero(np.diff(rows, prepend=-1, append=-1)).tolist()
    edits: list[Edit] = []
    for first, last in pairwise(borders):
        start, end = (int(side[rows[first]]) for side in (joined.starts, joined.ends))
        text = joined.text[start:end]
        if unicodedata.is_normalized("NFKC", text) and len(lowered := text.lower()) == len(text):
            low[start:end] = encode(lowered)
        else:
            edits += _fold_each(low, joined.text, odd[first:last].tolist())
    return edit(low, edits) if edits else (low, None)


def _fold_each(low: Codes, text: str, places: Sequence[int]) -> Iterator[Edit]:
    """Fold the odd characters at some places: into ``low`` where one takes the place of one, else as edits."""
    for place in places:
        if _FOLDED.match(text[place]):
            new = _folded(text[place])
            if len(new) == 1:
                low[place] = ord(new)
            else:
                yield place, place + 1, encode(new)


def _simplify(codes: Codes) -> tuple[Codes, None]:
    """Simplified characters, one for one."""
    text = decode(codes)
    simple = str(_converter().convert(text))
    if len(simple) == len(text) and np.array_equal(_separators(new := encode(simple)), _separators(codes)):
        return new, None
    return encode(SEPARATOR.join(_simplify_one(part) for part in text.split(SEPARATOR))), None


def _separators(codes: Codes) -> Ints:
    return np.flatnonzero(codes == ord(SEPARATOR))


def _simplify_one(text: str) -> str:
    simple = str(_converter().convert(text))
    if len(simple) == len(text):
        return simple
    return "".join(one if len(one := _converter().convert(char)) == 1 else char for char in text)


def _unsplit(codes: Codes) -> tuple[Codes, Layer | None]:
    """Marks and spaces that hide a word go."""
    kinds = kinds_of(codes)
    places = np.flatnonzero(kinds & HIDING > 0)
    han, before = kinds & HAN, places - 1
    beside = (han.take(before) > 0) & (han.take(places + 1) | han.take(places + 2, mode="clip") > 0)
    beside |= (han.take(before) > 0) & (han.take(places + 3, mode="clip") > 0)
    spelled = (kinds.take(before) & LETTER > 0) & (kinds.take(places + 1) & LETTER > 0)
    found = matches(_SPLIT, decode(codes), places[beside | spelled].tolist()) if (beside | spelled).any() else []
    if not found:
        return codes, None
    return cut(codes, np.array([one.start() for one in found]), np.array([one.end() for one in found]))


def _unhide(codes: Codes) -> tuple[Codes, Layer | None]:
    """Words that are written for people and not for machines become themselves."""
    found = _hidden_forms().find(codes)
    if not len(found):
        return codes, None
    # Letters must stand alone: "lj" is not read in "aljazeera".
    before, first = codes.take(found.starts - 1), codes.take(found.starts)
    last, after = codes.take(found.ends - 1), codes.take(found.ends)
    found = found.pick(~(_is_letter(first) & _is_letter(before) | _is_letter(last) & _is_letter(after)))
    words, edits, end = list(_hidden_words().values()), list[Edit](), 0
    for place in np.lexsort((-found.ends, found.starts)).tolist():
        if found.starts[place] >= end:
            end = int(found.ends[place])
            edits.append((int(found.starts[place]), end, encode(words[found.words[place]])))
    return edit(codes, edits) if edits else (codes, None)


def _is_letter(codes: Codes) -> Bools:
    return np.asarray((codes >= ord("a")) & (codes <= ord("z")))

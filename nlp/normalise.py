"""Reading a text as it is meant: simplified characters, half width, lower case, obfuscations undone.

Every step keeps account of where its characters came from, so that a span of the normal form can be told as a span of
the text as published. Nothing is judged here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from opencc import OpenCC

HAN = "\u3400-\u9fff"
Edit = tuple[int, int, int, int]
"""New start and end, old start and end of a stretch that was replaced."""

# One character for one: full width to half, marks that differ only in shape, lone surrogates to the replacement mark.
_ONE_TO_ONE: dict[int, int] = (
    dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord(a): ord(b) for a, b in zip("\u3000\xa0…呑彳亍✕×【】『』「」", '  .吞行行xx[]""""', strict=True)}
)
# Left out: characters that are not seen, emoji variation and skin marks, tags and entities of HTML.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]+"
    "|</?[a-zA-Z][^<>]{0,300}>|&(?:nbsp|amp|lt|gt|quot|#\\d{1,6});"
    "|(?<=\n)\\[图中文字\\]"
)
# `domain.posts.PICTURE_MARK`, half width by now, is no word of anybody's: only the end of what the author wrote.
_ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "[图中文字]": "。"}


@cache
def _hidden_words() -> dict[str, str]:
    """Ways of writing that are meant for people and not for machines, and the word that each stands for."""
    raw = yaml.load((files("nlp") / "data" / "obfuscations.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {form: word for word, forms in raw.items() for form in forms}


@cache
def _obfuscated() -> re.Pattern[str]:
    """One pattern of all of them, longest first. Letters must stand alone: "lj" is not read in "aljazeera"."""
    forms = (
        ("(?<![a-z])" if form[0].isascii() else "") + re.escape(form) + ("(?![a-z])" if "a" <= form[-1] <= "z" else "")
        for form in sorted(_hidden_words(), key=len, reverse=True)
    )
    first = "".join({re.escape(form[0]) for form in _hidden_words() if not form[0].isascii()})
    return re.compile(f"(?=[a-z{first}])(?:{'|'.join(forms)})")


# A mark between two Han characters that hides a word: 利*息, 推.诿.扯.皮, and spaces round single characters.
_SPLIT = re.compile(
    r"(?=[*·•.\-_|/~^+$=丶✨ ])(?:"
    rf"(?<=[{HAN}])[*·•.\-_|/~^+$=丶✨]{{1,3}}(?=[{HAN}])"
    r"|(?<=[利银贷存取垃骗挤限征催]) (?=[息行款率圾子兑额信收])"
    rf"|(?:(?<=^[{HAN}])|(?<=[^{HAN}][{HAN}])) (?=[{HAN}](?:[^{HAN}]|$))"
    r"|(?<=\b[a-z]) (?=[a-z]\b))"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """The edits of one step, in order. `back` tells where a position of its output stood in its input."""

    edits: tuple[Edit, ...]
    starts: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """A span of the output as a span of the input; one that cuts a replaced stretch takes all of it."""
        first, last = self._edit(start), self._edit(end - 1 if end > start else end)
        low = self._place(first, start, inner=0)
        return low, max(low, self._place(last, end, inner=1))

    def _edit(self, position: int) -> Edit | None:
        index = bisect_right(self.starts, position) - 1
        return self.edits[index] if index >= 0 else None

    @staticmethod
    def _place(edit: Edit | None, position: int, inner: int) -> int:
        if edit is None:
            return position
        inside = edit[0] <= position < edit[1] or (inner == 1 and edit[0] < position <= edit[1])
        return edit[2 + inner] if inside else position - edit[1] + edit[3]


@dataclass(frozen=True, slots=True)
class Normal:
    """A text as it is meant, and the way back to the text as published."""

    text: str
    layers: tuple[Layer, ...]
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """``[start:end]`` of the normal form as a span of the published text, always inside it."""
        for layer in reversed(self.layers):
            start, end = layer.back(start, end)
        low = min(max(start, 0), self.length)
        return low, min(max(end, low), self.length)


def substitute(
    pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], text: str
) -> tuple[str, Layer | None]:
    """``pattern.sub`` that keeps the edits; None where nothing was replaced."""
    edits: list[Edit] = []
    shift = 0

    def note(match: re.Match[str]) -> str:
        nonlocal shift
        new = replace(match)
        start = match.start() + shift
        edits.append((start, start + len(new), match.start(), match.end()))
        shift += len(new) - (match.end() - match.start())
        return new

    changed = pattern.sub(note, text)
    return changed, Layer(tuple(edits), tuple(edit[0] for edit in edits)) if edits else None


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _folded(char: str) -> str:
    return unicodedata.normalize("NFKC", char).lower() or char


def _simplify(text: str) -> str:
    simple = str(_converter().convert(text))
    if len(simple) == len(text):
        return simple
    return "".join(one if len(one := _converter().convert(char)) == 1 else char for char in text)


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES.get(match.group(), " " if match.group()[0] in "<&" else "")


_ANY = re.compile(r"[^\x00-\x7f\u3000-\u303f\u4e00-\u9fff]")


def _fold(text: str) -> tuple[str, Layer | None]:
    """NFKC and lower case, character by character only where a character is not in its normal form."""
    if unicodedata.is_normalized("NFKC", text) and len(low := text.lower()) == len(text):
        return low, None
    folded, layer = substitute(_ANY, lambda match: _folded(match.group()), text)
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded), layer


def normalise(text: str) -> Normal:
    """The normal form of one text, of any length and content."""
    layers: list[Layer | None] = []
    words = _hidden_words()
    current, layer = substitute(_UNSEEN, _entity, text.translate(_ONE_TO_ONE))
    layers.append(layer)
    current, layer = _fold(current)
    layers.append(layer)
    current = _simplify(current)
    current, layer = substitute(_SPLIT, lambda _: "", current)
    layers.append(layer)
    current, layer = substitute(_obfuscated(), lambda match: words[match.group()], current)
    layers.append(layer)
    return Normal(current, tuple(layer for layer in layers if layer is not None), len(text))

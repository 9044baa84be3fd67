"""Reading a text as it is meant: simplified characters, half width, lower case, obfuscations undone.

Every step keeps account of where its characters came from, so that a span of the normal form can be told as a span of
the text as published. Nothing is judged here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

HAN = "\u3400-\u9fff"
Edit = tuple[int, int, int, int]
"""New start and end, old start and end of a stretch that was replaced."""

# One character for one: full width to half, marks that differ only in shape, lone surrogates to the replacement mark.
_ONE_TO_ONE: dict[int, int] = (
    {code: 0xFFFD for code in range(0xD800, 0xE000)}
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord(a): ord(b) for a, b in zip("\u3000\xa0…呑彳亍✕×【】『』「」", '  .吞行行xx[]""""', strict=True)}
)
# Left out: characters that are not seen, emoji variation and skin marks, tags and entities of HTML.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]+"
    "|</?[a-zA-Z][^<>]{0,300}>|&(?:nbsp|amp|lt|gt|quot|#\\d{1,6});"
)
_ENTITIES = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}

# Written so as to be read by people and not by machines. Each stands for the word beside it.
_LATIN = {
    "yh": "银行", "yin行": "银行", "银hang": "银行", "yinhang": "银行", "lixi": "利息", "li息": "利息", "利xi": "利息",
    "立息": "利息", "lilv": "利率", "lilü": "利率", "li率": "利率", "lv": "利率", "利lv": "利率", "lj": "垃圾",
    "laji": "垃圾", "la圾": "垃圾", "辣鸡": "垃圾", "垃ji": "垃圾", "dai款": "贷款",
    "daikuan": "贷款", "d款": "贷款", "dai": "贷", "续dai": "续贷", "cunkuan": "存款", "cun款": "存款", "存kuan": "存款",
    "存qian": "存钱", "qukuan": "取款", "qu钱": "取钱", "取q": "取钱", "取qian": "取钱", "q不出": "取不出",
    "取不粗来": "取不出来", "qu不出": "取不出", "倒bi": "倒闭", "dao闭": "倒闭", "daobi": "倒闭", "bao雷": "暴雷",
    "baolei": "暴雷", "爆lei": "爆雷", "yao": "要", "pao路": "跑路", "paolu": "跑路", "ji兑": "挤兑", "挤dui": "挤兑",
    "客f": "客服", "kefu": "客服", "ke服": "客服", "f务": "服务", "fu务": "服务", "cui收": "催收", "催shou": "催收",
    "cs": "催收", "转z": "转账", "转zhang": "转账", "zhuan账": "转账", "转仗": "转账", "线鹅": "限额", "限e": "限额",
    "xian额": "限额", "xiane": "限额", "li财": "理财", "licai": "理财", "理cai": "理财", "bao险": "保险", "baoxian": "保险",
    "bx": "保险", "保xian": "保险", "zhengxin": "征信", "zx": "征信", "zheng信": "征信", "z信": "征信",
    "nian费": "年费", "短信fei": "短信费", "手续fei": "手续费", "扣fei": "扣费", "收fei": "收费", "fei": "费",
    "jl": "经理", "jingli": "经理", "骗z": "骗子", "pian子": "骗子", "pianzi": "骗子", "骗zi": "骗子", "坑b": "坑人",
    "报j": "报警", "贷kuan": "贷款", "放kuan": "放款", "ka": "卡", "xin息": "信息", "zha骗": "诈骗", "lx": "利息",
    "拍队": "排队", "pai队": "排队", "解y": "解押", "di押": "抵押", "nong民": "农民", "百xing": "百姓", "lao百姓": "老百姓",
    "xue": "血", "客hu": "客户", "储hu": "储户", "横f": "横幅", "heng幅": "横幅", "dong结": "冻结", "冻jie": "冻结",
    "村hang": "村行", "y行": "银行", "彳艮行": "银行", "禾刂率": "利率", "hang": "行", "cha": "差",
}  # fmt: skip
_PICTURES = {
    "🏦": "银行",
    "🗑": "垃圾",
    "💰": "钱",
    "💴": "钱",
    "💵": "钱",
    "💸": "钱",
    "💳": "卡",
    "🏠": "房",
    "📱": "手机",
}
_WORDS = _LATIN | _PICTURES | {"💩": "垃圾", "🈲": "禁", "🕳": "坑"}
# A word of letters must stand alone among letters: "lj" is not read in "aljazeera".
_OBFUSCATED = re.compile(
    "|".join(
        ("(?<![a-z])" if key[0].isascii() else "")
        + re.escape(key)
        + ("(?![a-z])" if key[-1].isascii() and key[-1].isalpha() else "")
        for key in sorted(_WORDS, key=len, reverse=True)
    )
)
# A mark between two Han characters that hides a word: 利*息, 推.诿.扯.皮, and spaces round single characters.
_SPLIT = re.compile(
    rf"(?<=[{HAN}])[*·•.\-_|/~^+$=丶✨]{{1,3}}(?=[{HAN}])"
    rf"|(?<![{HAN}])(?<=[{HAN}]) (?=[{HAN}](?![{HAN}]))"
    rf"|(?<=[利银贷存取垃骗挤限征催]) (?=[息行款率圾子兑额信收])"
    rf"|(?:(?<=^[{HAN}])|(?<=[^{HAN}][{HAN}])) (?=[{HAN}](?:[^{HAN}]|$))"
    rf"|(?<=\b[a-z]) (?=[a-z]\b)"
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
    current, layer = substitute(_UNSEEN, _entity, text.translate(_ONE_TO_ONE))
    layers.append(layer)
    current, layer = _fold(current)
    layers.append(layer)
    current = _simplify(current)
    current, layer = substitute(_SPLIT, lambda match: "", current)
    layers.append(layer)
    current, layer = substitute(_OBFUSCATED, lambda match: _WORDS[match.group()], current)
    layers.append(layer)
    return Normal(current, tuple(layer for layer in layers if layer is not None), len(text))


def normalise_all(texts: Sequence[str]) -> list[Normal]:
    """The normal form of each text."""
    return [normalise(text) for text in texts]

"""The body of an article on a page of no known make: two extractors, of which each is checked by the other. Pure."""

from __future__ import annotations

import copy
import logging
import re
from dataclasses import dataclass
from typing import Any

import gne.utils
from gne.extractor import ContentExtractor
from lxml import etree
from readability import Document
from readability.readability import Unparseable

from crawlers.parse.article_page import PageTree, parsed, pictures_of, text_of
from crawlers.parse.html import html_to_text, tidy

# It prints a traceback for each page that it cannot read, which here is only an empty body.
logging.getLogger("readability.readability").setLevel(logging.CRITICAL + 1)

LEAST_LENGTH = 0.5
LEAST_OVERLAP = 0.6
_SHINGLE = 8
_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"[。！？；，]")
# The site's own furniture, which changes from visit to visit and would look like an edit.
_FURNITURE = re.compile(
    r"\s*(?:(?:阅读|浏览|点击|访问|播放)(?:量|次数|数|人次)?\s*[：:]?\s*[\d.,]+\s*[万次人]*"
    r"|(?:分享到?|字号|字体|打印|收藏|扫一扫|关闭窗口|上一篇|下一篇|返回顶部)[：:]?[^。！？]{0,40})\s*"
)


_COUNTED = re.compile(r"(?:浏览|阅读|点击|访问|播放)(?:量|次数|数|人次)?\s?[：:]?\s?\d")
_HEAD_LINE = re.compile(
    r"(?:发布|发表|更新|时间|日期)[^。]{0,6}[：:]\s?\d|(?:来源|稿源|作者|编辑|责编)\s?[：:丨|]|字号|字体"
    r"|^\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?\s*(?:$|[^\u4e00-\u9fff\d])"
)
_HEAD_LINES = 4
_LONGEST_HEAD = 120


@dataclass(frozen=True, slots=True)
class Body:
    """The text of an article, its pictures, and by which way it was found; ``doubt``: why it may be wrong."""

    text: str
    pictures: tuple[str, ...]
    by: str
    doubt: str | None = None


def find_body(page: PageTree) -> Body:
    """The body by readability where gne finds nearly the same; else the one with more sentences, in doubt.

    Nearly the same: the length within 0.5 to 2 times, and six tenths of the shorter one's words in the longer one.
    """
    first = _readability(page)
    second = _gne(page)
    if _agree(first.text, second.text):
        return first if not page.cut else Body(first.text, first.pictures, first.by, "网页过大，只看了前面的部分")
    better = second if worth(second.text) > 1.1 * worth(first.text) else first
    doubt = f"两种提取方法结果不同（{len(first.text)} 字与 {len(second.text)} 字）"
    return Body(better.text, better.pictures, better.by, doubt)


def neat(text: str) -> str:
    """Without blank lines, view counters and buttons, and without the line of date and source under the title."""
    lines = [line for line in tidy(text).split("\n") if not _FURNITURE.fullmatch(line)]
    return "\n".join(line for number, line in enumerate(lines) if not _is_furniture(number, line))


def squeezed(text: str) -> str:
    """Without any white space, for comparing."""
    return _SPACE.sub("", text)


def worth(text: str) -> int:
    """Characters in lines that are sentences: menus and lists of links have no commas."""
    return sum(len(line) for line in text.split("\n") if _SENTENCE.search(line))


def _is_furniture(number: int, line: str) -> bool:
    if len(line) > _LONGEST_HEAD or re.search(r"[。！？]", line):
        return False
    return bool(_COUNTED.search(line)) or (number < _HEAD_LINES and bool(_HEAD_LINE.search(line)))


def _readability(page: PageTree) -> Body:
    try:
        summary = Document(copy.deepcopy(page.root)).summary(html_partial=True)
    except Unparseable:
        return Body("", (), "readability")
    found = parsed(summary) if summary.strip() else None
    if found is None:
        return Body("", (), "readability")
    return Body(neat(html_to_text(summary)), pictures_of(found, page.url), "readability")


def _gne(page: PageTree) -> Body:
    try:
        found = ContentExtractor().extract(gne.utils.pre_parse(copy.deepcopy(page.root)))
    except (ValueError, IndexError, AttributeError, TypeError, etree.LxmlError):
        return Body("", (), "gne")
    if not found:
        return Body("", (), "gne")
    best: Any = found[0][1]["node"]
    return Body(neat(text_of(best)), pictures_of(best, page.url), "gne")


def _agree(first: str, second: str) -> bool:
    short, long = sorted((squeezed(first), squeezed(second)), key=len)
    if not short or len(short) < LEAST_LENGTH * len(long):
        return False
    if len(short) <= _SHINGLE:
        return short in long
    shingles = {short[start : start + _SHINGLE] for start in range(len(short) - _SHINGLE + 1)}
    there = {long[start : start + _SHINGLE] for start in range(len(long) - _SHINGLE + 1)}
    return len(shingles & there) >= LEAST_OVERLAP * len(shingles)

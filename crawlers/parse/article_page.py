"""A page from outside → a tree that is safe to work on: bounded in size, depth, elements and attributes. Pure.

What extractors do takes time that grows faster than the page; here the page is cut before they see it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml import etree

from crawlers.parse.html import clean, html_to_text
from crawlers.parse.pictures import pictures_in

LONGEST_SOURCE, LONGEST_PAGE = 5_000_000, 1_000_000
"""Characters of a page that are looked at, and without its scripts."""

MOST_ELEMENTS = 6_000
LONGEST_WORDS = 200_000
_LONGEST_ATTRIBUTE = 300
_LONGEST_ADDRESS = 2_000
_ADDRESSES = ("href", "src", "data-src", "data-original", "file", "zoomfile", "content")
_KEPT_ATTRIBUTES = {
    "class", "id", "itemprop", "href", "src", "data-src", "data-original", "datetime", "pubdate", "content", "name",
    "property", "title", "alt", "type", "file", "zoomfile", "width", "height", "data-w",
}  # fmt: skip
_DROPPED = {
    "script", "style", "noscript", "template", "svg", "object", "canvas", "select", "button", "textarea", "link",
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Pictures inside the address make a page of 100 KB one of 10 MB, and say nothing.
_DATA_ADDRESS = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=\s]*")
_MARKUP_SIGNS = str.maketrans("", "", "<>\"'")
_CLOSED = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
# Counters and scripts are often put behind the end.
_TAIL = 5_000


@dataclass(frozen=True, slots=True)
class PageTree:
    """A page to read from. ``html`` is its source with scripts, ``root`` its tree without them.

    ``title`` is that of the window; ``words`` all that a reader sees; ``cut``: the page was larger than the bounds;
    ``password``: it asks for one; ``films``: it shows a video or another page inside itself.
    """

    url: str
    html: str
    root: Any
    title: str
    words: str
    cut: bool
    password: bool
    films: bool


def read_tree(html: str, url: str) -> PageTree | None:
    """The bounded tree of a page that came from ``url``; None where there is nothing that could be one."""
    html = _DATA_ADDRESS.sub("", clean(html)[: 2 * LONGEST_SOURCE])[:LONGEST_SOURCE]
    shown = _without_scripts(html)
    cut = len(shown) > LONGEST_PAGE
    root = parsed(shown[:LONGEST_PAGE])
    if root is None:
        return None
    title = " ".join("".join(root.xpath("//title[1]/text()"))[:300].split())
    password = bool(root.xpath("//input[translate(@type,'PASWORD','pasword')='password']"))
    films = bool(root.xpath("//video|//iframe|//embed|//*[contains(@class,'video')]"))
    cut = _prune(root) or cut
    words = text_of(root)[:LONGEST_WORDS]
    return PageTree(url, html, root, title, words, cut, password, films)


def _without_scripts(html: str) -> str:
    """Many a page of a megabyte is a tenth of that without. One that is not closed stays: the parser knows better."""
    small, kept, at = html.lower(), [], 0
    if len(small) != len(html):
        return html
    for tag in ("script", "style"):
        while (start := small.find(f"<{tag}", at)) >= 0 and (end := small.find(f"</{tag}>", start)) >= 0:
            kept.append(html[at:start])
            at = end + len(tag) + 3
        kept.append(html[at:])
        html, kept, at = "".join(kept), [], 0
        small = html.lower()
    return html


def parsed(html: str) -> Any:
    """The root element of some HTML, nested 256 deep at most; None where there is no element."""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        return lxml.html.document_fromstring(html.encode(), parser=parser)
    except etree.ParserError:
        return None


def text_of(element: Any) -> str:
    """The plain text of an element, a line for each block."""
    source = etree.tostring(element, method="html", encoding="unicode", with_tail=False)
    # An element that HTML knows goes before, lest a site's own elements alone pass for the author's words.
    return html_to_text(f"<div></div>{source}")


def pictures_of(element: Any, url: str) -> tuple[str, ...]:
    """The absolute addresses of an element's pictures."""
    return pictures_in(etree.tostring(element, method="html", encoding="unicode", with_tail=False), url)


def is_closed(html: str) -> bool:
    """Whether the page comes to its end."""
    return bool(_CLOSED.search(html[-_TAIL:]))


def _prune(root: Any) -> bool:
    """Drop what says nothing, shorten attributes, and cut after the last element that is allowed."""
    etree.strip_elements(root, *_DROPPED, with_tail=False)
    last, hidden = None, []
    walker = etree.iterwalk(root, events=("start",))
    for kept, (_, element) in enumerate(walker):
        if kept >= MOST_ELEMENTS:
            break
        if _is_hidden(element) and element is not root:
            hidden.append(element)
            walker.skip_subtree()
        _shorten(element)
        last = element
    else:
        last = None
    _cut_after(last)
    for element in hidden:
        element.drop_tree()
    return last is not None


def _cut_after(last: Any) -> None:
    """Remove all that comes behind an element, in one step for each of its ancestors."""
    while last is not None and (parent := last.getparent()) is not None:
        del parent[parent.index(last) + 1 :]
        last.tail = None
        last = parent


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "")[:500]))


def _shorten(element: Any) -> None:
    # Extractors run patterns over tags; without < and > in attributes each match ends with its tag.
    for name in list(element.attrib):
        value = element.attrib.pop(name)
        if name in _KEPT_ATTRIBUTES:
            longest = _LONGEST_ADDRESS if name in _ADDRESSES else _LONGEST_ATTRIBUTE
            element.set(name, value[:longest].translate(_MARKUP_SIGNS))

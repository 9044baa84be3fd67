"""Reading parsed pages quickly: compiled selectors on lxml's own elements. Pure.

parsel compiles and wraps anew for each look, which costs more than the look itself where a page holds hundreds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from crawlers.parse.forum_times import Moment, parse_first, parse_time

Node = Any
"""An lxml element."""

_TITLE = etree.XPath("//title")
# How a class is looked for: exactly, but slowly where most elements have others.
_CLASS = re.compile(r"@class and (contains\(concat\(' ', normalize-space\(@class\), ' '\), ' ([^']+) '\))")
# A counter below zero, or with more digits than there are people, is none.
_DIGITS = re.compile(r"(?<![\d-])\d{1,12}(?!\d)")


class Page:
    """A parsed page. A page without anything has an empty ``root``."""

    def __init__(self, html: str) -> None:
        parser = etree.HTMLParser(encoding="utf-8", recover=True, huge_tree=True, remove_comments=True)
        body = html.strip().replace("\x00", "").encode("utf-8", "replace")
        tree, self._ids = etree.parseid(BytesIO(body), parser)
        root = tree.getroot()
        self.root: Node = etree.fromstring(b"<html/>", parser) if root is None else root

    def named(self, name: str) -> Node | None:
        """The first element with this id, out of the parser's own table: a search costs as much as the parsing."""
        try:
            return self._ids[name]
        except KeyError:
            return None


def tree_of(html: str) -> Node:
    """The root of a page."""
    return Page(html).root


def css(selector: str) -> etree.XPath:
    """A CSS selector, compiled once; called with an element it gives those inside it that match, or it itself."""
    return etree.XPath(_CLASS.sub(r"contains(@class, '\2') and \1", HTMLTranslator().css_to_xpath(selector)))


def xpath(path: str) -> etree.XPath:
    """An XPath, compiled once; what it finds of text are plain strings."""
    return etree.XPath(path, smart_strings=False)


def words_of(*nodes: Node) -> str:
    """All text of the nodes on one line."""
    return " ".join("".join(map(_text_of, nodes)).split())


def classes_of(node: Node) -> list[str]:
    """The classes of an element."""
    return (node.get("class") or "").split()


def inside(nodes: Iterable[Node], tag: str, name: str = "") -> list[Node]:
    """The elements in the nodes with this tag, and with this class where one is given."""
    found = dict.fromkeys(part for node in nodes for part in node.iter(tag))
    return [part for part in found if not name or name in classes_of(part)]


def href_of(nodes: Sequence[Node]) -> str | None:
    """Where the first of the nodes leads."""
    return nodes[0].get("href") if nodes else None


def count_of(nodes: Sequence[Node]) -> int | None:
    """The first whole number in the nodes; None where the site hides the counter, or says what cannot be."""
    found = _DIGITS.search(words_of(*nodes).replace(",", "")) if nodes else None
    return int(found[0]) if found else None


def moment_of(nodes: Sequence[Node], now: datetime) -> Moment | None:
    """The time in the nodes: the title of a span goes before the words, for it gives the exact time."""
    titles = (span.get("title") or "" for node in nodes for span in node.iter("span"))
    return parse_first(titles, now) or parse_time(words_of(*nodes), now)


def _text_of(node: Node) -> str:
    # A third of the time of XPath's string().
    return str(etree.tostring(node, method="text", encoding="unicode", with_tail=False))


def title_of(page: Node) -> str:
    """The page's ``<title>`` on one line, for evidence."""
    return words_of(*_TITLE(page))[:120]

"""Reading parsed pages quickly: compiled selectors on lxml's own elements. Pure.

parsel compiles and wraps anew for each look, which costs more than the look itself where a page holds hundreds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from crawlers.parse.forum_times import Moment, parse_first

Node = Any
"""An lxml element."""

_STRING = etree.XPath("string()", smart_strings=False)
_TITLES = etree.XPath("descendant-or-self::span/@title", smart_strings=False)
_TITLE = etree.XPath("//title")
_BY_ID = etree.XPath("id($name)")
# How a class is looked for: exactly, but slowly where most elements have others.
_CLASS = re.compile(r"@class and (contains\(concat\(' ', normalize-space\(@class\), ' '\), ' ([^']+) '\))")
# A counter below zero, or with more digits than there are people, is none.
_DIGITS = re.compile(r"(?<![\d-])\d{1,12}(?!\d)")


def tree_of(html: str) -> Node:
    """The root of a page; a page without anything has an empty one."""
    parser = etree.HTMLParser(encoding="utf-8", recover=True, huge_tree=True, remove_comments=True)
    root = etree.fromstring(html.strip().replace("\x00", "").encode("utf-8", "replace") or b"<html/>", parser)
    return etree.fromstring(b"<html/>", parser) if root is None else root


def css(selector: str) -> etree.XPath:
    """A CSS selector, compiled once; called with an element it gives those inside it that match, or it itself."""
    return etree.XPath(_CLASS.sub(r"contains(@class, '\2') and \1", HTMLTranslator().css_to_xpath(selector)))


def xpath(path: str) -> etree.XPath:
    """An XPath, compiled once; what it finds of text are plain strings."""
    return etree.XPath(path, smart_strings=False)


def by_id(node: Node, name: str) -> Node | None:
    """The first element of the node's page with this id."""
    found = _BY_ID(node, name=name)
    return found[0] if found else None


def words_of(*nodes: Node) -> str:
    """All text of the nodes on one line."""
    return " ".join("".join(map(_STRING, nodes)).split())


def href_of(nodes: Sequence[Node]) -> str | None:
    """Where the first of the nodes leads."""
    return nodes[0].get("href") if nodes else None


def count_of(nodes: Sequence[Node]) -> int | None:
    """The first whole number in the nodes; None where the site hides the counter, or says what cannot be."""
    found = _DIGITS.search(words_of(*nodes).replace(",", "")) if nodes else None
    return int(found[0]) if found else None


def moment_of(nodes: Sequence[Node], now: datetime) -> Moment | None:
    """The time in the nodes: the title of a span goes before the words, for it gives the exact time."""
    titles = [title for node in nodes for title in _TITLES(node)]
    return parse_first([*titles, words_of(*nodes)], now)


def title_of(page: Node) -> str:
    """The page's ``<title>`` on one line, for evidence."""
    return words_of(*_TITLE(page))[:120]

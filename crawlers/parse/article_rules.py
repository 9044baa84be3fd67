"""An article read by the selectors of a site's configuration. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parsel import Selector

from crawlers.parse.article_body import neat
from crawlers.parse.article_page import PageTree, pictures_of, text_of
from crawlers.parse.article_selectors import ArticleSelectors
from crawlers.parse.article_time import moment_of
from crawlers.parse.forum_times import Moment
from crawlers.parse.html import clean, tidy
from crawlers.parse.selected import pick
from crawlers.parse.selected_faults import PageError

_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rule found; None where it has no selector for it, or the selector found nothing."""

    title: str | None = None
    text: str | None = None
    pictures: tuple[str, ...] = ()
    at: Moment | None = None
    author: str | None = None
    origin: str | None = None


def read_ruled(page: PageTree, rules: ArticleSelectors, now: datetime) -> Ruled:
    """The fields by the rule; PageError ``changed`` with the selector where ``body`` finds nothing.

    ``drop`` is cut out of ``page`` itself, so that what is read without a rule does not see it either.
    """
    selected = Selector(root=page.root, type="html")
    line = {name: _line(selected, getattr(rules, name)) for name in ("title", "time", "author", "origin")}
    for unwanted in pick(selected, rules.drop) if rules.drop else ():
        if hasattr(unwanted.root, "drop_tree") and unwanted.root.getparent() is not None:
            unwanted.root.drop_tree()
    text, pictures = _body(page, pick(selected, rules.body) if rules.body else None)
    if rules.body and text is None:
        title = f"标题“{page.title or '无标题'}”"
        evidence = f"{title}，选择器 body: {rules.body} 找到 0 项"
        raise PageError("changed", f"文章页里选择器 body 什么也没有找到，可能换了模板（{title}）", evidence)
    at = moment_of(line["time"], now) if line["time"] else None
    return Ruled(line["title"], text, pictures, at, line["author"], line["origin"])


def _body(page: PageTree, found: list[Selector] | None) -> tuple[str | None, tuple[str, ...]]:
    if not found:
        return None, ()
    elements = [node.root for node in found if hasattr(node.root, "tag")]
    texts = [text_of(node.root) if hasattr(node.root, "tag") else clean(node.get()) for node in found]
    pictures = tuple(address for element in elements for address in pictures_of(element, page.url))
    return neat(tidy("\n".join(texts))), pictures


def _line(page: Selector, selector: str | None) -> str | None:
    """The first match that says something, on one line; a time's ``datetime`` goes before its words."""
    for found in pick(page, selector) if selector else ():
        node: Any = found.root
        text = (node.get("datetime") or text_of(node)) if hasattr(node, "tag") else clean(found.get())
        line = " ".join(text.split())[:_LONGEST_LINE]
        if line:
            return line
    return None

"""Pages of any forum, read by the selectors of its configuration: models of the selectors, and the reading. Pure.

A selector is CSS, or XPath where it begins with ``/``, ``./``, ``../``, ``@``, ``(`` or ``xpath:``. With
``::attr(name)`` or ``/@name`` it gives an attribute. Where an address is wanted, an element stands for its ``href``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from parsel import Selector
from pydantic import AfterValidator, BaseModel, ConfigDict
from w3lib.html import get_base_url

from crawlers.parse.counts import parse_count
from crawlers.parse.dates import parse_epoch
from crawlers.parse.forum_times import Moment, parse_first
from crawlers.parse.html import clean, html_to_text, one_line, shown_words
from crawlers.parse.pictures import pictures_in
from domain.clock import local

_XPATH = re.compile(r"xpath:|\.{0,2}/|[@(]")
# Nothing is counted below zero: what follows a minus is no count.
_COUNT = re.compile(r"(?<![-−\d])\d[\d,]*(?:\.\d+)?\s*[kKwW千万萬亿]?")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_LONGEST_EXAMPLE = 60
# No page that people read has more; one of 10 MB of empty rows would take minutes.
MOST_ITEMS = 2_000


def _query(selector: str, *, inside: bool = False) -> tuple[str, bool]:
    """The bare selector, and whether it is XPath. Inside an item ``//`` means below the item, not the whole page."""
    if not _XPATH.match(selector):
        return selector, False
    path = selector.removeprefix("xpath:")
    return (f".{path}" if inside and path.startswith("//") else path), True


def _a_selector(value: str) -> str:
    bare, is_xpath = _query(value)
    page = Selector("<p></p>")
    try:
        page.xpath(bare) if is_xpath else page.css(bare)
    except (ValueError, SyntaxError, RuntimeError) as error:  # cssselect's own errors are of the last two
        raise ValueError(f"选择器写错了：{error}") from None
    return value


def _a_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"正则表达式写错了：{error}") from None
    return value


Select = Annotated[str, AfterValidator(_a_selector)]
Pattern = Annotated[str, AfterValidator(_a_pattern)]


class _Selectors(BaseModel):
    """An unknown key is an error, and selectors do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListSelectors(_Selectors):
    """A page that lists threads. ``each`` is one row; all else but ``next`` is looked for inside it.

    ``id_pattern`` takes the thread's id out of its address (the first group, else all of the match); without it the
    address is the id. ``last`` is the time of the last reply. Without ``title`` it is the words of ``link``.
    """

    each: Select
    link: Select
    id_pattern: Pattern | None = None
    title: Select | None = None
    replies: Select | None = None
    views: Select | None = None
    last: Select | None = None
    next: Select | None = None


class PostSelectors(_Selectors):
    """A page of a thread. ``each`` is one post; all else but ``title`` and ``next`` is looked for inside it.

    ``id_pattern`` takes the post's id out of what ``id`` finds. ``drop`` is cut out of a post before its text is
    read: quotes, signatures, edit notes.
    """

    each: Select
    id: Select
    text: Select
    id_pattern: Pattern | None = None
    title: Select | None = None
    author: Select | None = None
    time: Select | None = None
    likes: Select | None = None
    drop: Select | None = None
    next: Select | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """How many of the items on a page (``of``) had a field, and the first that was found, shortened."""

    field: str
    selector: str
    found: int
    of: int
    example: str | None

    @property
    def rate(self) -> float:
        """From 0 to 1; 1 where there was nothing to find it in."""
        return self.found / self.of if self.of else 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One thread as a list shows it. ``url`` is absolute and without a fragment."""

    id: str
    url: str
    title: str
    replies: int | None
    views: int | None
    last: Moment | None


@dataclass(frozen=True, slots=True)
class Item:
    """One post. ``id`` is empty where it was not found; ``text`` is None where its selector found no element."""

    id: str
    author: str | None
    at: Moment | None
    text: str | None
    likes: int | None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list page: ``entries`` the rows with an address of the same site and an id, each thread once.

    ``title`` is the page's; ``words`` are all that a reader sees where no row was found, to learn what the page is.
    """

    title: str
    entries: tuple[Entry, ...]
    next: str | None
    fills: tuple[Fill, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A page of a thread: ``subject`` is the thread's title; ``title`` and ``words`` as in `ListPage`."""

    title: str
    subject: str | None
    items: tuple[Item, ...]
    next: str | None
    fills: tuple[Fill, ...]
    words: str


def read_list(html: str, url: str, selectors: ListSelectors, now: datetime) -> ListPage:
    """The threads on a list page that came from ``url``; ``now`` is what 昨天 counts from."""
    html = clean(html)
    page, base = Selector(html), get_base_url(html, url)
    rows = pick(page, selectors.each)[:MOST_ITEMS]
    read = [_row(row, base, selectors, now) for row in rows]
    values = {name: [row[name] for row in read] for name in ("link", "id", "title", "replies", "views", "last")}
    named = {"title": selectors.title or selectors.link, "id": selectors.id_pattern or selectors.link}
    fields = {name: named.get(name) or getattr(selectors, name) for name in values}
    entries: dict[str, Entry] = {}
    for row in read:
        if row["id"]:
            counts = row["replies"], row["views"], row["last"]
            entries.setdefault(row["id"], Entry(row["id"], row["link"], row["title"] or "", *counts))
    following = _next(page, base, url, selectors.next)
    fills = (_each(selectors.each, rows), *_fills(fields, values), *_next_fill(selectors.next, following))
    return ListPage(_title(page), tuple(entries.values()), following, fills, "" if rows else shown_words(html))


def read_thread(html: str, url: str, selectors: PostSelectors, now: datetime) -> ThreadPage:
    """The posts on a page of a thread that came from ``url``."""
    html = clean(html)
    page, base = Selector(html), get_base_url(html, url)
    title, subject = _title(page), _line(page, selectors.title, inside=False)
    nodes = pick(page, selectors.each)[:MOST_ITEMS]
    words = "" if nodes else shown_words(html)
    items = [_item(node, selectors, now) for node in nodes]
    values: dict[str, list[Any]] = {
        "id": [item.id for item in items],
        "text": [item.text for item in items],
        "author": [item.author for item in items],
        "time": [item.at for item in items],
        "likes": [item.likes for item in items],
    }
    fields = {name: getattr(selectors, name) for name in values}
    following = _next(page, base, url, selectors.next)
    whole = _fills({"title": selectors.title}, {"title": [subject]})
    fills = (_each(selectors.each, nodes), *whole, *_fills(fields, values), *_next_fill(selectors.next, following))
    return ThreadPage(title, subject, tuple(items), following, fills, words)


def _row(row: Selector, base: str, selectors: ListSelectors, now: datetime) -> dict[str, Any]:
    link = _address(row, base, selectors.link, inside=True)
    link = link if link and urlsplit(link).netloc == urlsplit(base).netloc else None
    return {
        "link": link,
        "id": (_matched(link, selectors.id_pattern) if link else None),
        "title": _line(row, selectors.title or _label(selectors.link)),
        "replies": _number(row, selectors.replies),
        "views": _number(row, selectors.views),
        "last": _moment(row, selectors.last, now),
    }


def _label(link: str) -> str:
    """The element whose attribute the selector takes: its words are the title."""
    return "xpath:." if link.startswith("@") else link.partition("::attr")[0].partition("/@")[0]


def _item(node: Selector, selectors: PostSelectors, now: datetime) -> Item:
    id_ = _matched(_line(node, selectors.id) or "", selectors.id_pattern)
    author, at = _line(node, selectors.author), _moment(node, selectors.time, now)
    likes = _number(node, selectors.likes)
    for unwanted in pick(node, selectors.drop, inside=True) if selectors.drop else ():
        if _is_element(unwanted) and unwanted.root.getparent() is not None:
            unwanted.drop()
    told = pick(node, selectors.text, inside=True)
    text = "\n".join(filter(None, map(_text, told))) if told else None
    return Item(id_ or "", author, at, text, likes, pictures_in("".join(found.get() for found in told)))


def pick(node: Selector, selector: str, *, inside: bool = False) -> list[Selector]:
    """What a selector finds; ``inside``: below the node and not on the whole page."""
    bare, is_xpath = _query(selector, inside=inside)
    return list(node.xpath(bare) if is_xpath else node.css(bare))


def _is_element(found: Selector) -> bool:
    return hasattr(found.root, "tag")


def _text(found: Selector) -> str:
    if not _is_element(found):
        return clean(found.get()).strip()
    # An element that HTML knows goes before: <time> and a site's own elements alone would pass for the author's words.
    return html_to_text(f"<span></span>{found.get()}")


def _line(node: Selector, selector: str | None, *, inside: bool = True) -> str | None:
    """The first match that says something, on one line."""
    if selector is None:
        return None
    texts = (" ".join(_text(found).split()) for found in pick(node, selector, inside=inside))
    return next((text for text in texts if text), None)


def _number(node: Selector, selector: str | None) -> int | None:
    """The count in ``27``, ``1.2万`` or ``回复：27``."""
    text = _line(node, selector)
    found = _COUNT.search(text) if text else None
    return parse_count(found.group()) if found else None


def _moment(node: Selector, selector: str | None, now: datetime) -> Moment | None:
    """What stands in ``title`` or ``datetime`` is more exact than the words 3 小时前."""
    texts: list[str] = []
    for found in pick(node, selector, inside=True) if selector else ():
        attributes = [found.root.get("title"), found.root.get("datetime")] if _is_element(found) else []
        texts += [text for text in (*attributes, _text(found)) if text]
    for text in texts:
        epoch = parse_epoch(text) if _EPOCH.fullmatch(text) else None
        if epoch:
            return Moment(epoch, "second")
    return parse_first(texts, now)


def _address(node: Selector, base: str, selector: str, *, inside: bool = False) -> str | None:
    """The first http address that is found, absolute and without its fragment."""
    for found in pick(node, selector, inside=inside):
        value = (found.root.get("href") if _is_element(found) else found.get()) or ""
        if value.strip() and not value.strip().startswith("#"):
            address = _joined(base, value.strip())
            if address:
                return address
    return None


def _joined(base: str, value: str) -> str | None:
    try:
        address = urldefrag(urljoin(base, value)).url
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:
        return None


def _next(page: Selector, base: str, url: str, selector: str | None) -> str | None:
    following = _address(page, base, selector) if selector else None
    same_site = following and urlsplit(following).netloc == urlsplit(url).netloc
    return following if same_site and following != urldefrag(url).url else None


def _matched(text: str, pattern: str | None) -> str | None:
    if pattern is None:
        return text or None
    found = re.search(pattern, text)
    return (found.group(1) if found.re.groups else found.group()) if found else None


def _title(page: Selector) -> str:
    return one_line("".join(page.css("title::text").getall())[:200])


def _each(selector: str, nodes: Sequence[Selector]) -> Fill:
    example = _example(_text(nodes[0])) if nodes else None
    return Fill("each", selector, len(nodes), len(nodes), example)


def _fills(fields: dict[str, str | None], values: dict[str, list[Any]]) -> Iterator[Fill]:
    for name, selector in fields.items():
        if selector is not None:
            there = [value for value in values[name] if value is not None and (value != "" or name == "text")]
            yield Fill(name, selector, len(there), len(values[name]), _example(there[0]) if there else None)


def _next_fill(selector: str | None, following: str | None) -> Iterator[Fill]:
    if selector is not None:
        yield Fill("next", selector, int(following is not None), 1, following)


def _example(value: object) -> str:
    at = f"{local(value.at):%Y-%m-%d %H:%M:%S}" if isinstance(value, Moment) else None
    shown = at or " ".join(str(value).split())
    return shown if len(shown) <= _LONGEST_EXAMPLE else f"{shown[: _LONGEST_EXAMPLE - 1]}…"

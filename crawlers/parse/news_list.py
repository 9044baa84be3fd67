"""A page that lists articles → their addresses and headlines, by a selector or by a rule for all sites. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parsel import Selector
from pydantic import BaseModel, ConfigDict
from w3lib.html import get_base_url

from crawlers.parse.addresses import absolute, day_in, looks_like_article, same_site
from crawlers.parse.html import clean, one_line, shown_words
from crawlers.parse.selected import MOST_ITEMS, Pattern, Select, pick
from crawlers.parse.selected_faults import PageError, instead

LEAST_HEADLINE = 6
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_PAGE = 5_000_000
_LONGEST_TITLE = 200
_NO_TITLES = re.compile(r"(?:查看)?(?:更多|详情|详细|全文|阅读|点击)[^\u4e00-\u9fff]*|\[?图片\]?")
_NEXT = "xpath://a[contains(., '下一页') or contains(., '下页')][@href]"


class LinkSelectors(BaseModel):
    """Where the links to articles stand on a list page; all may be left out.

    ``link`` finds the links, or elements round one; ``pattern`` is a regular expression that their addresses match.
    ``next`` finds the link to the next page.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    link: Select | None = None
    pattern: Pattern | None = None
    next: Select | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a list, sitemap or feed shows it.

    ``at`` is what that gives for a time: of publication, in a sitemap of the last change. ``digest``: a feed's summary.
    """

    url: str
    title: str = ""
    at: datetime | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class NewsList:
    """The articles on a list page, each address once; ``next`` is the address of the next page."""

    title: str
    entries: tuple[Listed, ...]
    next: str | None


def read_news_list(html: str, url: str, selectors: LinkSelectors) -> NewsList:
    """The articles on a list page that came from ``url``.

    Without ``link`` and ``pattern``: links of the same site whose address looks like an article's and whose words are a
    headline of six Chinese characters or more. PageError where nothing is found: ``login``, ``blocked``, or ``changed``
    with the selector.
    """
    html = clean(html)[:_LONGEST_PAGE]
    page, base = Selector(html or "<html></html>"), get_base_url(html, url)
    title = one_line("".join(page.css("title::text").getall())[:200])
    found: dict[str, Listed] = {}
    for address, words in _links(page, base, selectors):
        if _is_wanted(address, words, url, selectors):
            before = found.get(address)
            # A picture's link stands before that of the headline.
            if before is None or len(words) > len(before.title):
                found[address] = Listed(address, words, day_in(address))
    if not found:
        raise _nothing(html, title, selectors)
    return NewsList(title, tuple(found.values()), _next(page, base, url, selectors))


def _links(page: Selector, base: str, selectors: LinkSelectors) -> Iterator[tuple[str, str]]:
    nodes = pick(page, selectors.link or "a[href]")[: MOST_ITEMS * 2]
    for node in nodes:
        element: Any = node.root
        if not hasattr(element, "tag"):
            address = absolute(base, str(element))
            words = ""
        else:
            anchors = [element] if element.get("href") else element.xpath(".//a[@href]")[:1]
            address = absolute(base, anchors[0].get("href")) if anchors else None
            words = _headline(anchors[0]) if anchors else ""
        if address:
            yield address, words


def _headline(anchor: Any) -> str:
    words = " ".join("".join(anchor.itertext()).split())
    full = " ".join((anchor.get("title") or "").split())
    # Many a list cuts its headlines and keeps the whole in the attribute.
    shown = full if len(full) > len(words.rstrip("….")) or _NO_TITLES.fullmatch(words) else words
    return "" if _NO_TITLES.fullmatch(shown) else shown[:_LONGEST_TITLE]


def _is_wanted(address: str, words: str, url: str, selectors: LinkSelectors) -> bool:
    if address == url:
        return False
    if selectors.pattern:
        return bool(re.search(selectors.pattern, address))
    if selectors.link:
        return True
    is_ours = same_site(address, url) or "://mp.weixin.qq.com/" in address
    return is_ours and len(_HAN.findall(words)) >= LEAST_HEADLINE and looks_like_article(address)


def _next(page: Selector, base: str, url: str, selectors: LinkSelectors) -> str | None:
    for node in pick(page, selectors.next or _NEXT):
        element: Any = node.root
        address = absolute(base, element.get("href") or "" if hasattr(element, "tag") else str(element))
        if address and address != url and same_site(address, url):
            return address
    return None


def _nothing(html: str, title: str, selectors: LinkSelectors) -> PageError:
    told = f"标题“{title or '无标题'}”"
    if found := instead(title, shown_words(html[:500_000])):
        return PageError(found[0], f"列表页{found[1]}（{told}）", told)
    rule = f"选择器 link: {selectors.link}" if selectors.link else "自动识别文章链接的规则"
    rule += f"、pattern: {selectors.pattern}" if selectors.pattern else ""
    return PageError("changed", f"列表页里{rule} 什么也没有找到，可能换了模板（{told}）", f"{told}，{rule} 找到 0 项")

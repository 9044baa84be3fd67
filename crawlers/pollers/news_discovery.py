"""Asks a news site what articles there are: by list pages, a sitemap, or a feed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from crawlers.http import Ask, HttpClient, Response, shown
from crawlers.parse.addresses import article_id
from crawlers.parse.article_page import is_closed
from crawlers.parse.charsets import decode_page
from crawlers.parse.feed import parse_feed
from crawlers.parse.html import one_line
from crawlers.parse.news_list import Listed, read_news_list
from crawlers.parse.sitemap import read_sitemap
from crawlers.pollers.config import NewsConfig
from crawlers.pollers.forum_pages import TimeUpError
from domain.errors import SourceError

MOST_LISTED = 2_000
_LONGEST_SITEMAP = 50_000_000
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Listing:
    """What one address of the configuration shows: articles by id, in order, each with the answer that named it.

    ``bottom``: it was read down to its end, or to articles that are too old. ``unchanged``: the site says that
    nothing has changed since the last sweep. ``fault`` ended the reading; what was read before is here. ``tags`` are
    for the next conditional request. ``deep``: known articles do not end it, for a fault ended the last reading.
    """

    url: str
    deep: bool = False
    found: dict[str, Listed] = field(default_factory=dict)
    answers: dict[str, Response] = field(default_factory=dict)
    pages: int = 0
    bottom: bool = False
    unchanged: bool = False
    fault: SourceError | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, entries: Collection[Listed], answer: Response) -> int:
        """The articles of one page; gives how many were not there before."""
        self.pages += 1
        before = len(self.found)
        for entry in entries:
            id_ = article_id(entry.url)
            if id_ not in self.found:
                self.found[id_], self.answers[id_] = entry, answer
        return len(self.found) - before


class Discovery:
    """Reads the addresses of the configuration, as a guest that obeys robots.txt.

    ``known`` are the ids of articles that the memory has: paging ends at a page of known ones. ``closes`` as in
    `ArticlePages`, here for list pages, each with ``list`` and a space before the host.
    """

    def __init__(
        self,
        client: HttpClient,
        config: NewsConfig,
        now: datetime,
        deadline: float,
        *,
        known: set[str],
        closes: set[str],
    ) -> None:
        self._client = client
        self._config = config
        self._deadline = deadline
        self._known = known
        self._closes = closes
        self._since = now - timedelta(days=config.max_age_days)
        self._hosts = {urlsplit(url).netloc for url in config.urls}
        self._readers: dict[str, Callable[[Listing, Response], None]] = {
            "list": self._read_lists,
            "sitemap": self._read_sitemaps,
            "feed": self._read_feed,
        }

    def read(self, url: str, tags: dict[str, str], *, deep: bool = False) -> Listing:
        """What the address shows; never raises for the site's faults."""
        listing = Listing(url, deep)
        try:
            answer = self._ask(url, tags)
            if answer.status == 304:
                listing.unchanged, listing.tags, listing.pages = True, tags, 1
                return listing
            names = ("etag", "last-modified")
            listing.tags = {name: answer.headers[name] for name in names if answer.headers.get(name)}
            self._readers[self._config.discovery](listing, answer)
        except SourceError as error:
            listing.fault, listing.tags = error, {}
        return self._bounded(listing)

    def _ask(self, url: str, tags: dict[str, str] | None = None) -> Response:
        if time.monotonic() > self._deadline:
            raise TimeUpError("partial", "超过了这个来源的时间上限，后面的没有读")
        asked = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        headers = {asked[name]: value for name, value in (tags or {}).items()}
        found = urlsplit(url).netloc not in self._hosts
        return self._client.request(Ask(url, headers=headers, found=found), robots=True)

    def _read_lists(self, listing: Listing, answer: Response) -> None:
        """Page after page, until one shows nothing but what is known."""
        top: set[str] = set()
        for number in range(1, self._config.max_pages + 1):
            html = decode_page(answer.body, answer.content_type)
            self._check_end(html, answer)
            page = read_news_list(html, answer.url, self._config.links)
            fresh = listing.add(page.entries, answer)
            ids = {article_id(entry.url) for entry in page.entries}
            if number > 1 and ids == top:
                raise SourceError("partial", f"翻页不起作用，第 {number} 页与第 1 页相同（{shown(answer.url)}）")
            top = top or ids
            if page.next is None or not fresh:
                # Of a list on one page nobody knows whether it is the whole.
                listing.bottom = number > 1
                return
            if number == self._config.max_pages or (not listing.deep and ids <= self._known):
                return
            answer = self._ask(page.next)

    def _read_sitemaps(self, listing: Listing, answer: Response) -> None:
        sitemap = read_sitemap(answer.body, _LONGEST_SITEMAP)
        listing.add(sitemap.entries, answer)
        if not sitemap.whole:
            raise SourceError("down", f"站点地图不完整，中途被截断（{shown(answer.url)}）")
        # The index names the newest last as often as first; without times the last are the newest.
        children = sorted(enumerate(sitemap.children), key=lambda pair: (pair[1].at or _NEVER, pair[0]), reverse=True)
        fresh = [child for number, (_, child) in enumerate(children) if not number or self._is_fresh(child)]
        for child in fresh[: self._config.max_pages]:
            answer = self._ask(child.url)
            inner = read_sitemap(answer.body, _LONGEST_SITEMAP)
            listing.add(inner.entries, answer)
            if not inner.whole:
                raise SourceError("down", f"站点地图不完整，中途被截断（{shown(answer.url)}）")
        if not sitemap.entries and not sitemap.children:
            raise SourceError("changed", "站点地图里一个地址也没有")

    def _read_feed(self, listing: Listing, answer: Response) -> None:
        feed = parse_feed(answer.body, answer.content_type, answer.url)
        entries = [
            Listed(entry.url, one_line(entry.title), entry.published, entry.html) for entry in feed.entries if entry.url
        ]
        listing.add(entries, answer)
        if not entries:
            raise SourceError("changed", "订阅源里一篇带地址的文章也没有")

    def _is_fresh(self, entry: Listed) -> bool:
        return entry.at is None or entry.at >= self._since

    def _check_end(self, html: str, answer: Response) -> None:
        if not html.strip():
            raise SourceError("changed", f"列表页是空的（{shown(answer.url)}）")
        host = f"list {urlsplit(answer.url).netloc}"
        if is_closed(html):
            self._closes.add(host)
        elif host in self._closes:
            raise SourceError("down", f"列表页不完整，中途被截断（{shown(answer.url)}）")

    def _bounded(self, listing: Listing) -> Listing:
        """A large sitemap without what is too old; of very many the newest, and a fault where that cannot be told."""
        found = listing.found
        if self._config.discovery == "sitemap" and len(found) > self._config.max_articles:
            found = {id_: entry for id_, entry in found.items() if self._is_fresh(entry)}
        listing.bottom = listing.bottom or len(found) < len(listing.found)
        if len(found) > MOST_LISTED:
            if any(entry.at is None for entry in found.values()):
                cause = f"列出的地址有 {len(found)} 个，多数没有日期，只看了前 {MOST_LISTED} 个"
                listing.fault = listing.fault or SourceError("partial", cause)
            newest = sorted(found, key=lambda id_: found[id_].at or _NEVER, reverse=True)[:MOST_LISTED]
            found = {id_: found[id_] for id_ in newest}
        listing.found = found
        return listing

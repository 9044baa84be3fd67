"""A news site as a source: county papers, TV stations, gazettes."""

from __future__ import annotations

import html
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from crawlers.http import HttpClient, Response, shown
from crawlers.parse.article import Article
from crawlers.parse.news_list import Listed
from crawlers.parse.selected_faults import GoneError
from crawlers.pollers.article_pages import ArticlePages
from crawlers.pollers.article_records import Record, article_words, when, words_digest
from crawlers.pollers.config import NewsConfig
from crawlers.pollers.news_discovery import Discovery, Listing
from crawlers.pollers.news_memory import ArticleState, Memory, must_read, read_again, recall
from crawlers.pollers.news_tally import Fault, Tally, fault_of
from crawlers.pollers.polled import Polled
from domain.clock import iso, to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError

Seen = Mapping[str, tuple[Listed, Response]]
"""The articles on the lists by id, in their order, each with the answer that named it."""


class NewsSource(Polled[NewsConfig]):
    """Finds the articles of a site and reads those that are new, or due again; meets `pipeline.ports.Source`.

    Articles that are new or whose words have changed become observations; those of which the site says that they are
    gone are told as deleted. Where an article cannot be read its headline is told, and it is tried again. Memory: see
    `crawlers.pollers.news_memory`.
    """

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new or changed; with ``revisit`` (ids of articles) only those articles."""
        begun = time.monotonic()
        known = recall(memory)
        with self._client() as client:
            run = _Run(client, self._config, known, now, begun + 60 * self._config.max_minutes)
            tally = run.again(revisit) if revisit else run.sweep()
        observations, rejects = self._door.admit_all(tally.records, self.name)
        faults = tally.faults
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=time.monotonic() - begun),
            status=tally.status(seen_new=bool(observations)),
            got=tally.got,
            expected=tally.expected,
            cause=tally.cause(),
            evidence=faults[0].evidence if faults else None,
        )
        return Collected(tuple(observations), tuple(rejects), coverage, known.note())


class _Run:
    """One sweep or re-visit; changes ``known``."""

    def __init__(self, client: HttpClient, config: NewsConfig, known: Memory, now: datetime, deadline: float) -> None:
        self._client = client
        self._config = config
        self._known = known
        self._now = now
        self._deadline = deadline
        self._tally = Tally()
        closes = set(known.closes)
        self._pages = ArticlePages(client, config.urls, now, deadline, rules=config.article, closes=closes)

    def again(self, wanted: Collection[str]) -> Tally:
        """Read these articles again, as far as they are known."""
        ids = [id_ for id_ in self._known.articles if id_ in wanted]
        self._tally.left = self._read_all(ids, {})
        self._settle_gone({})
        self._tally.got, self._tally.expected = self._tally.read, len(ids)
        self._known.closes = tuple(sorted(self._pages.closes))
        return self._tally

    def sweep(self) -> Tally:
        """Look at the lists, read what is new, and with what is left of time and number some of the rest again."""
        tally, known = self._tally, self._known
        listed = self._read_lists()
        if tally.listed:
            must = must_read(known, {id_: entry for id_, (entry, _) in listed.items()})
            tally.left = self._read_all(must[: self._config.max_articles], listed)
            tally.left += len(must[self._config.max_articles :])
            if not tally.left and not tally.hopeless:
                again = [id_ for id_ in read_again(known, self._now, self._config.reread_days) if id_ not in set(must)]
                self._read_all(again[: self._config.reread_articles], listed)
                tally.forgive_time()
            self._settle_gone(listed)
            if listed:
                tally.expected = len(listed)
                tally.got = sum(not known.articles[id_].due for id_ in listed)
        known.closes = tuple(sorted(self._pages.closes))
        return tally

    def _read_lists(self) -> Seen:
        known = self._known
        discovery = Discovery(
            self._client,
            self._config,
            self._now,
            self._deadline,
            known=set(known.articles),
            closes=self._pages.closes,
        )
        listed: dict[str, tuple[Listed, Response]] = {}
        for url in self._config.urls:
            listing = discovery.read(url, known.tags.get(url, {}), deep=url in known.broken)
            self._note_listing(listing)
            for id_, entry in listing.found.items():
                listed.setdefault(id_, (entry, listing.answers[id_]))
        for id_, (entry, _) in listed.items():
            state = known.articles.get(id_) or ArticleState(url=entry.url)
            if self._config.discovery == "sitemap":
                state = state.model_copy(update={"changed": entry.at})
            known.articles[id_] = state.seen_on_list(entry, self._now)
        return listed

    def _first_time(self, entry: Listed) -> datetime | None:
        """A sitemap tells the last change, and not when an article was published."""
        return entry.at if entry.at and self._config.discovery != "sitemap" else None

    def _note_listing(self, listing: Listing) -> None:
        tally, known, url = self._tally, self._known, listing.url
        tally.listed += listing.pages
        others = tuple(broken for broken in known.broken if broken != url)
        known.broken = (*others, url) if listing.fault else others
        if listing.fault:
            cause = f"{_WHAT[self._config.discovery]} {shown(url)}：{listing.fault.cause}"
            tally.list_faults.append(fault_of(listing.fault, cause, url))
        elif url in known.tags and not self._overlaps(listing):
            cause = f"可能漏抓：{shown(url)} 没有接上上次看到的文章，请缩短采集间隔或加大 max_pages"
            tally.list_faults.append(Fault("partial", cause, shown(url)))
        if listing.pages and not listing.fault:
            known.tags[url] = listing.tags
        elif url in known.tags:
            known.tags[url] = {}

    def _overlaps(self, listing: Listing) -> bool:
        """Whether a list reaches down to what the last sweep saw. What stands on top may always stand there."""
        seen = [id_ in self._known.articles for id_ in listing.found]
        if self._config.discovery == "list" and False in seen:
            seen = seen[seen.index(False) :]
        return listing.bottom or listing.unchanged or not seen or any(seen)

    def _read_all(self, ids: Sequence[str], listed: Seen) -> int:
        """Read these articles one after another; gives how many were left because it was hopeless to go on."""
        tally = self._tally
        for number, id_ in enumerate(ids):
            if tally.hopeless:
                return len(ids) - number
            state = self._known.articles[id_]
            try:
                article = self._pages.read(state.url, state.title)
            except GoneError as error:
                tally.gone[id_] = error, self._pages.answer
            except SourceError as error:
                self._fail(id_, error, listed)
            else:
                tally.read, tally.in_a_row = tally.read + 1, 0
                self._settle(id_, article, listed)
        return 0

    def _settle(self, id_: str, article: Article, listed: Seen) -> None:
        state = self._known.articles[id_]
        title = article.title or state.title
        digest = words_digest(title, article.text)
        # Where the extractors disagree, another one may win today: that is no edit by the author.
        is_same = state.digest == digest or (state.digest and article.doubt and article.by != state.by)
        self._tally.doubts += [article.doubt] if article.doubt and not is_same else []
        after: dict[str, Any] = {"due": False, "tries": 0, "gone": False, "visited": self._now}
        if not is_same:
            entry = listed[id_][0] if id_ in listed else None
            published = when(article, self._first_time(entry) if entry else None)
            words = article_words(article)
            capture = self._client.keep(self._pages.answer) if self._pages.answer else None
            title_told = words["title"] or html.escape(state.title, quote=False)
            self._tell(id_, {**words, "title": title_told, "published_at": published}, capture)
            after |= {"digest": digest, "by": article.by, "title": title}
        self._known.articles[id_] = state.model_copy(update=after)

    def _fail(self, id_: str, error: SourceError, listed: Seen) -> None:
        """Note the fault; what the list said of the article is told in its place, once."""
        state = self._known.articles[id_]
        if not self._tally.failed(state.title or shown(state.url), state.url, error):
            return
        if state.digest or id_ not in listed:
            self._known.articles[id_] = state.failed() if not state.digest or state.due else state
            return
        entry, page = listed[id_]
        after = state.failed()
        if entry.title:
            published = self._first_time(entry)
            title = html.escape(entry.title, quote=False)
            words = {"title": title, "text": entry.digest, "published_at": iso(published) if published else None}
            self._tell(id_, words, self._client.keep(page))
            after = after.model_copy(update={"digest": words_digest(entry.title, entry.digest), "by": "list"})
        self._known.articles[id_] = after

    def _settle_gone(self, listed: Seen) -> None:
        """Believe that articles are gone, unless most are said to be, or a list still shows one that we knew.

        A site that moves to other addresses answers 404 for all of them, and nobody deleted anything. Many a site
        lists an article before its page is there: a new one that answers 404 is asked for again.
        """
        tally, articles = self._tally, self._known.articles
        silent = sum(bool(articles[id_].digest) or page is None for id_, (_, page) in tally.gone.items())
        doubtful = silent > max(1, tally.read)
        for id_, (error, page) in tally.gone.items():
            state = articles[id_]
            # A page that says so in words is believed though a list still shows the article; a 404 is not.
            if doubtful or (id_ in listed and page is None and (state.digest or not tally.read)):
                tally.failed(state.title or shown(state.url), state.url, error)
                articles[id_] = state.failed()
                continue
            if state.digest:
                self._tell(id_, {"text": "", "deleted": True}, self._client.keep(page) if page else None)
            else:
                tally.dead += 1
                if id_ in listed and page is None:
                    articles[id_] = state.failed()
                    continue
            articles[id_] = state.model_copy(update={"due": False, "gone": True, "digest": "", "visited": self._now})

    def _tell(self, id_: str, words: Record, capture: str | None) -> None:
        self._tally.records.append(
            {
                "source": self._config.name,
                "platform": self._config.platform,
                "id": id_,
                "kind": self._config.item_kind,
                "thread": id_,
                "url": self._known.articles[id_].url,
                "observed_at": iso(self._now),
                "capture": capture,
                **words,
            }
        )


_WHAT = {"list": "列表", "sitemap": "站点地图", "feed": "订阅源"}

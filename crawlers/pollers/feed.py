"""A feed as a source: 公众号 through a bridge, and news."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawlers.door import Door
from crawlers.http import Ask, HttpClient, Response, shown
from crawlers.parse.feed import Entry, ParsedFeed, failure_text, parse_feed
from crawlers.pollers.article_pages import ArticlePages
from crawlers.pollers.article_records import article_words, when
from crawlers.pollers.config import FeedConfig
from crawlers.pollers.feed_texts import MOST_TRIES, Text, Texts, fetch_again, fetch_texts, recall, wants_page
from crawlers.pollers.polled import Polled
from domain.clock import iso, to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError
from domain.posts import Observation, Reject

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/json, text/xml, */*;q=0.5"


@dataclass(frozen=True)
class _Reading:
    """What one look at the feed gave, before it becomes a coverage."""

    status: str
    cause: str | None = None
    observations: tuple[Observation, ...] = ()
    rejects: tuple[Reject, ...] = ()
    got: int = 0
    expected: int | None = None


class FeedSource(Polled[FeedConfig]):
    """Reads one feed, and the articles' own pages where it has only a digest; meets `pipeline.ports.Source`.

    Its memory is ``etag``, ``last_modified`` and ``seen``, the digest of each entry of the last poll: only entries
    that are new or changed become observations, and where no entry of the last poll is left, something may have been
    missed between the two, which the coverage says. ``lacking`` and ``pages``: see `crawlers.pollers.feed_texts`.
    """

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new; with ``revisit`` only those entries again, and without the conditional request."""
        begun = time.monotonic()
        kept = dict(memory)
        with self._client() as client:
            try:
                answer = self._ask(client, {} if revisit else memory)
                if answer.status == 304:
                    reading = _Reading("quiet")
                else:
                    deadline = begun + 60 * self._config.max_minutes
                    poll = _Poll(client, self._config, self._door, memory, now, revisit)
                    reading, kept = poll.read(answer, deadline)
            except SourceError as error:
                reading = _Reading(error.status, error.cause)
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=time.monotonic() - begun),
            status=reading.status,
            got=reading.got,
            expected=reading.expected,
            cause=reading.cause,
            evidence=shown(self._config.url) if reading.cause else None,
        )
        return Collected(reading.observations, reading.rejects, coverage, kept)

    def _ask(self, client: HttpClient, memory: Mapping[str, Any]) -> Response:
        headers = {"Accept": _ACCEPT}
        if memory.get("etag"):
            headers["If-None-Match"] = memory["etag"]
        if memory.get("last_modified"):
            headers["If-Modified-Since"] = memory["last_modified"]
        return client.request(Ask(self._config.url, headers=headers), robots=True)


class _Poll:
    """One look at the feed, with what the last one noted."""

    def __init__(
        self,
        client: HttpClient,
        config: FeedConfig,
        door: Door,
        memory: Mapping[str, Any],
        now: datetime,
        revisit: Collection[str],
    ) -> None:
        self._client = client
        self._config = config
        self._door = door
        self._memory = memory
        self._now = now
        self._revisit = revisit
        self._before: Mapping[str, str] = memory.get("seen") or {}

    def read(self, answer: Response, deadline: float) -> tuple[_Reading, dict[str, Any]]:
        """What is new in the answer, and the memory from now on."""
        feed = parse_feed(answer.body, answer.content_type, answer.url)
        entries = [entry for entry in feed.entries if not self._revisit or entry.id in self._revisit]
        whole = [entry for entry in entries if not failure_text(entry)]
        failed = [entry for entry in entries if failure_text(entry)]
        texts = self._texts(whole, feed, deadline)
        records = self._records(whole, feed, texts, answer)
        observations, rejects = self._door.admit_all(records, self._config.name)
        rejects += [self._failed(entry) for entry in failed]
        causes = [] if self._revisit else _gaps(self._before, feed)
        causes += [f"{len(failed)} 篇的全文没有取到（{rejects[-1].detail}）"] if failed else []
        causes += _lacks(texts, self._revisit)
        notes = [f"{len(texts.doubts)} 篇的正文存疑（{texts.doubts[0]}）"] if texts.doubts else []
        reading = _Reading(
            status="partial" if causes else "ok" if observations else "quiet",
            cause="；".join(causes + notes) or None,
            observations=tuple(observations),
            rejects=tuple(rejects),
            got=len(entries) - len(rejects),
            expected=len(entries),
        )
        seen = {entry.id: _digest(entry) for entry in whole}
        complete = not failed and all(tries >= MOST_TRIES for tries in texts.lacking.values())
        return reading, self._remembered(answer, seen, texts, complete=complete)

    def _texts(self, whole: Sequence[Entry], feed: ParsedFeed, deadline: float) -> Texts:
        """The texts from the articles' own pages; those that are lacking are asked for again."""
        texts = recall(self._memory)
        pages = ArticlePages(
            self._client,
            [self._config.url],
            self._now,
            deadline,
            rules=self._config.article,
            rules_everywhere=True,
        )
        if self._revisit:
            fetch_again(self._revisit, pages, self._config, texts)
            return texts
        ids = {entry.id for entry in feed.entries}
        texts.lacking = {id_: tries for id_, tries in texts.lacking.items() if id_ in ids}
        due = [entry for entry in whole if self._is_due(entry, texts) and wants_page(entry, self._config)]
        fetch_texts(due, pages, self._config, texts)
        return texts

    def _is_due(self, entry: Entry, texts: Texts) -> bool:
        if self._is_fresh(entry):
            texts.lacking.pop(entry.id, None)
            return True
        return texts.lacking.get(entry.id, MOST_TRIES) < MOST_TRIES

    def _is_fresh(self, entry: Entry) -> bool:
        return self._before.get(entry.id) != _digest(entry)

    def _records(
        self, whole: Sequence[Entry], feed: ParsedFeed, texts: Texts, answer: Response
    ) -> list[dict[str, Any]]:
        """Entries whose page was read, with its text; other new ones with the feed's; those that are gone."""
        records = []
        entries = {entry.id: entry for entry in feed.entries}
        kept: list[str | None] = []
        for entry in whole:
            has_own = entry.id in texts.read or entry.id in texts.same or entry.id in texts.gone
            # A text that came from its page is not written over by the feed's digest of it.
            told_by_page = entry.id in texts.pages and (self._revisit or wants_page(entry, self._config))
            if not has_own and not told_by_page and self._is_fresh(entry):
                kept = kept or [self._client.keep(answer)]
                records.append({**self._record(entry, feed), "capture": kept[0]})
        for id_, text in texts.read.items():
            records.append(self._with_text(id_, text, entries.get(id_), feed, texts.pages[id_]["url"]))
        for id_, page in texts.gone.items():
            gone = {"text": "", "deleted": True, "capture": self._client.keep(page) if page else None}
            records.append({**self._bare(id_, texts.pages[id_]["url"]), **gone})
        return records

    def _with_text(self, id_: str, text: Text, entry: Entry | None, feed: ParsedFeed, url: str) -> dict[str, Any]:
        """The page's words; what the feed says of time, title and author goes before."""
        words = article_words(text.article)
        said = self._record(entry, feed) if entry else {}
        at = when(text.article, None)
        return {
            **self._bare(id_, url),
            **words,
            **{name: said[name] for name in ("title", "published_at", "author") if said.get(name)},
            **({"published_at": at} if at and not said.get("published_at") else {}),
            "capture": self._client.keep(text.page),
        }

    def _remembered(self, answer: Response, seen: dict[str, str], texts: Texts, *, complete: bool) -> dict[str, Any]:
        before = dict(self._before)
        if self._revisit:
            return {**self._memory, "seen": {**before, **seen}, **texts.note()}
        # An entry whose full text is missing has to be asked for again, even where the feed has not changed.
        tags = {"etag": answer.headers.get("etag"), "last_modified": answer.headers.get("last-modified")}
        return {"seen": seen or before, **texts.note(), **(tags if complete else {})}

    def _record(self, entry: Entry, feed: ParsedFeed) -> dict[str, Any]:
        return {
            **self._bare(entry.id, entry.url),
            # The feed of one account names the account in its title and not in each entry.
            "author": {"name": entry.author or feed.title or None},
            "title": entry.title,
            "text": entry.html,
            "published_at": iso(entry.published) if entry.published else None,
        }

    def _bare(self, id_: str, url: str | None) -> dict[str, Any]:
        return {
            "source": self._config.name,
            "platform": self._config.platform,
            "id": id_,
            "kind": self._config.entry_kind,
            "thread": id_,
            "url": url,
            "observed_at": iso(self._now),
        }

    def _failed(self, entry: Entry) -> Reject:
        raw = f"{entry.id} {entry.title}"
        return self._door.refuse(self._config.name, "bridge_failure", failure_text(entry) or "", raw)


def _lacks(texts: Texts, revisit: Collection[str]) -> list[str]:
    """What is to be said of articles whose own page was not had."""
    first = f"（{texts.faults[0].cause}）" if texts.faults else ""
    if revisit:
        return [f"{len(texts.faults)} 篇的原文没有打开{first}"] if texts.faults else []
    still = sum(tries < MOST_TRIES for tries in texts.lacking.values())
    lost = len(texts.faults) if not still else 0
    if still:
        return [f"{still} 篇只有摘要，全文没有取到{first}，下次再取"]
    return [f"{lost} 篇只有摘要，全文没有取到{first}"] if lost else []


def _digest(entry: Entry) -> str:
    return hashlib.sha256(f"{entry.title}\0{entry.html}".encode(errors="replace")).hexdigest()[:16]


def _gaps(before: Mapping[str, str], feed: ParsedFeed) -> list[str]:
    """Two polls have to overlap, unless the feed has become shorter of itself."""
    ids = {entry.id for entry in feed.entries}
    if before and not ids:
        return [f"订阅源里一篇文章也没有，上次有 {len(before)} 篇，可能是转换服务的账号失效"]
    if not before or len(ids) < len(before) or ids & before.keys():
        return []
    return [f"可能漏抓：上次的 {len(before)} 篇已全部不在订阅源里，两次之间的文章也许没有看到，请缩短采集间隔"]

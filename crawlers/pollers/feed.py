"""A feed as a source: 公众号 through a bridge, and news."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.http import Ask, HttpClient, Response, shown
from crawlers.parse.feed import Entry, ParsedFeed, failure_text, parse_feed
from crawlers.pollers.config import FeedConfig
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


class FeedSource:
    """Reads one feed; meets `pipeline.ports.Source`.

    Its memory is ``etag``, ``last_modified`` and ``seen``, the digest of each entry of the last poll: only entries
    that are new or changed become observations, and where no entry of the last poll is left, something may have been
    missed between the two, which the coverage says.
    """

    def __init__(
        self,
        config: FeedConfig,
        manners: Manners,
        door: Door,
        *,
        archive: Archive | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._config = config
        self._manners = manners
        self._door = door
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def _client(self) -> HttpClient:
        delay_s = self._config.delay_s
        return HttpClient(self._manners, delay_s=delay_s, sleep=self._sleep, archive=self._archive)

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new; with ``revisit`` only those entries again, and without the conditional request."""
        begun = time.monotonic()
        kept = dict(memory)
        try:
            answer = self._ask({} if revisit else memory)
            reading, kept = self._read(answer, kept, now, revisit)
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

    def _ask(self, memory: Mapping[str, Any]) -> Response:
        headers = {"Accept": _ACCEPT}
        if memory.get("etag"):
            headers["If-None-Match"] = memory["etag"]
        if memory.get("last_modified"):
            headers["If-Modified-Since"] = memory["last_modified"]
        with self._client() as client:
            return client.request(Ask(self._config.url, headers=headers), robots=True)

    def _read(
        self, answer: Response, memory: dict[str, Any], now: datetime, revisit: Collection[str]
    ) -> tuple[_Reading, dict[str, Any]]:
        if answer.status == 304:
            return _Reading("quiet"), memory
        feed = parse_feed(answer.body, answer.content_type, answer.url)
        before: dict[str, str] = memory.get("seen") or {}
        entries = [entry for entry in feed.entries if not revisit or entry.id in revisit]
        whole = [entry for entry in entries if not failure_text(entry)]
        failed = [entry for entry in entries if failure_text(entry)]
        fresh = [entry for entry in whole if before.get(entry.id) != _digest(entry)]
        records = [self._record(entry, feed, now) for entry in fresh]
        observations, rejects = self._door.admit_all(records, self.name)
        rejects += [self._failed(entry) for entry in failed]
        causes = [] if revisit else _gaps(before, feed)
        causes += [f"{len(failed)} 篇的全文没有取到（{rejects[-1].detail}）"] if failed else []
        status = "partial" if causes else "ok" if observations else "quiet"
        reading = _Reading(
            status=status,
            cause="；".join(causes) or None,
            observations=tuple(observations),
            rejects=tuple(rejects),
            got=len(entries) - len(rejects),
            expected=len(entries),
        )
        seen = {entry.id: _digest(entry) for entry in whole}
        return reading, self._remembered(answer, memory, seen, complete=not failed, revisit=bool(revisit))

    def _remembered(
        self, answer: Response, memory: dict[str, Any], seen: dict[str, str], *, complete: bool, revisit: bool
    ) -> dict[str, Any]:
        if revisit:
            return {**memory, "seen": {**(memory.get("seen") or {}), **seen}}
        # An entry whose full text is missing has to be asked for again, even where the feed has not changed.
        tags = {"etag": answer.headers.get("etag"), "last_modified": answer.headers.get("last-modified")}
        return {"seen": seen or memory.get("seen") or {}, **(tags if complete else {})}

    def _record(self, entry: Entry, feed: ParsedFeed, now: datetime) -> dict[str, Any]:
        return {
            "source": self.name,
            "platform": self._config.platform,
            "id": entry.id,
            "kind": self._config.entry_kind,
            "thread": entry.id,
            "url": entry.url,
            # The feed of one account names the account in its title and not in each entry.
            "author": {"name": entry.author or feed.title or None},
            "title": entry.title,
            "text": entry.html,
            "published_at": iso(entry.published) if entry.published else None,
            "observed_at": iso(now),
        }

    def _failed(self, entry: Entry) -> Reject:
        return self._door.refuse(self.name, "bridge_failure", failure_text(entry) or "", f"{entry.id} {entry.title}")


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

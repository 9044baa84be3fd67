"""A paged JSON interface for comments as a source: short videos through their platform's interface, or any like it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.http import HttpClient, shown
from crawlers.parse.description import Listing
from crawlers.parse.json_items import item_id, item_record
from crawlers.pollers.config import JsonApiConfig, Target
from crawlers.pollers.paging import ListReading, PageReader
from domain.clock import iso, to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError

# Faults of the whole interface: asking for the next video would only meet them again.
_FATAL = ("login", "blocked", "off")
_MOST_REMEMBERED = 20_000
_MOST_CAUSES = 3


@dataclass
class _Seen:
    """What is known of one video: the digest of each comment, and whether the list was ever read to its end."""

    known: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    @classmethod
    def of(cls, memory: Mapping[str, Any], target: str) -> _Seen:
        kept = (memory.get("targets") or {}).get(target) or {}
        return cls(dict(kept.get("known") or {}), bool(kept.get("complete")))

    def memory(self) -> dict[str, Any]:
        return {"known": dict(list(self.known.items())[-_MOST_REMEMBERED:]), "complete": self.complete}


@dataclass
class _Tally:
    """What one run gives, target by target."""

    records: list[dict[str, Any]] = field(default_factory=list)
    faults: list[SourceError] = field(default_factory=list)
    got: int = 0
    expected: int | None = None

    def expect(self, total: int | None) -> None:
        if total is not None:
            self.expected = (self.expected or 0) + total


class JsonApiSource:
    """Reads the comments of the configured videos; meets `pipeline.ports.Source`.

    Comments that are new, or whose words or counters have changed, become observations; so does the video itself,
    as the root of its thread. Memory: for each video the digests of its comments, and whether they were all read
    once; only then may a page of known comments end the next reading.
    """

    def __init__(
        self,
        config: JsonApiConfig,
        manners: Manners,
        door: Door,
        *,
        token: str | None = None,
        archive: Archive | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._config = config
        self._interface = config.interface()
        self._manners = manners
        self._door = door
        self._token = token
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def _client(self) -> HttpClient:
        delay_s = self._config.delay_s
        return HttpClient(self._manners, delay_s=delay_s, sleep=self._sleep, archive=self._archive)

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new or changed; with ``revisit`` the whole lists of those videos."""
        begun = time.monotonic()
        tally = _Tally()
        kept = dict(memory.get("targets") or {})
        if self._token is None and (self._config.token_env or self._config.token_file):
            named = " 或 ".join(name for name in (self._config.token_env, self._config.token_file) if name)
            tally.faults.append(SourceError("login", f"没有接口令牌，请设置 {named}"))
            return self._collected(tally, kept, now, 0.0)
        with self._client() as client:
            reader = self._reader(client, begun)
            roots = self._roots(reader, tally)
            if not tally.faults:
                kept = {key: value for key, value in kept.items() if key in roots}
            wanted = [root for key, root in roots.items() if not revisit or key in revisit]
            for number, root in enumerate(wanted):
                seen = _Seen.of(memory, root["id"])
                self._read_target(reader, root, seen, tally, whole=bool(revisit))
                kept[root["id"]] = seen.memory()
                if tally.faults and tally.faults[-1].status in _FATAL:
                    self._skip(len(wanted) - number - 1, tally)
                    break
        return self._collected(tally, kept, now, time.monotonic() - begun)

    def _reader(self, client: HttpClient, begun: float) -> PageReader:
        return PageReader(
            client,
            self._interface,
            params=self._config.params,
            token=self._token,
            max_pages=self._config.max_pages,
            deadline=begun + 60 * self._config.max_minutes,
            sleep=self._sleep,
        )

    def _roots(self, reader: PageReader, tally: _Tally) -> dict[str, dict[str, Any]]:
        """The videos: those that the interface lists, and those of the configuration, whose words win."""
        roots: dict[str, dict[str, Any]] = {}
        listing = self._interface.videos
        if self._config.discover and listing:
            reading = reader.read(listing, {})
            records = (item_record(item, listing) for item in reading.items)
            roots = {record["id"]: _root(record) for record in records if record["id"]}
            if reading.fault:
                tally.faults.append(SourceError(reading.fault.status, f"视频列表{reading.fault.cause}"))
        for target in self._config.targets:
            roots[target.id] = _root_of(target, roots.get(target.id))
        return roots

    def _read_target(
        self, reader: PageReader, root: dict[str, Any], seen: _Seen, tally: _Tally, *, whole: bool
    ) -> None:
        listing = self._interface.comments
        before = dict(seen.known)
        above = len(tally.records)
        stops = listing.newest_first and seen.complete and not whole
        reading = reader.read(
            listing, {"target": root["id"]}, lambda items: stops and _all_known(items, listing, before)
        )
        faults = [reading.fault] if reading.fault else []
        for item in reading.items:
            record = _comment(item_record(item, listing), root["id"], root["id"])
            if self._note(record, before, seen, tally) and record["metrics"].get("comments"):
                faults += self._read_replies(reader, record, before, seen, tally, faults)
        total = reading.total if reading.total is not None else root["metrics"].get("comments")
        if total is not None:
            root["metrics"]["comments"] = total
        if self._note(root, before, seen, tally):
            tally.records.insert(above, tally.records.pop())  # a root stands before what hangs on it
        self._settle(root, reading, seen, tally, faults, total)

    def _read_replies(
        self,
        reader: PageReader,
        parent: dict[str, Any],
        before: dict[str, str],
        seen: _Seen,
        tally: _Tally,
        faults: Sequence[SourceError],
    ) -> list[SourceError]:
        """Note the replies below one comment; after a fault of the whole interface they are left for the next run."""
        listing = self._interface.replies
        if listing is None:
            return []
        hopeless = any(fault.status in _FATAL for fault in faults)
        reading = ListReading()
        if not hopeless:
            reading = reader.read(listing, {"target": parent["thread"], "comment": parent["id"]})
        for item in reading.items:
            reply = _comment(item_record(item, listing), parent["thread"], parent["id"])
            self._note(reply, before, seen, tally)
        if reading.fault or hopeless:
            # No digest is like this one: the comment counts as changed next time, and its replies are asked for again.
            seen.known[parent["id"]] = ""
        fault = reading.fault
        return [SourceError(fault.status, f"评论 {parent['id']} 的回复{fault.cause}")] if fault else []

    def _note(self, record: dict[str, Any], before: Mapping[str, str], seen: _Seen, tally: _Tally) -> bool:
        """Keep a record where it is new or changed, and tell whether it is."""
        key, digest = record["id"], _digest(record)
        if key is None:
            tally.records.append(record)  # the door refuses it, and counts it
            return False
        fresh = before.get(key) != digest
        if fresh and seen.known.get(key) != digest:
            tally.records.append(record)
        seen.known[key] = digest
        return fresh

    def _settle(
        self,
        root: dict[str, Any],
        reading: ListReading,
        seen: _Seen,
        tally: _Tally,
        faults: list[SourceError],
        total: int | None,
    ) -> None:
        got = len(seen.known.keys() - {root["id"]})
        if not faults and total is not None and total - got > max(1, total // 10):
            faults.append(SourceError("partial", f"接口说有 {total} 条，只读到 {got} 条"))
        seen.complete = not faults
        tally.faults += [SourceError(fault.status, f"视频 {root['id']} {fault.cause}") for fault in faults]
        if reading.items or not faults:
            tally.got += got
        tally.expect(total)

    def _skip(self, left: int, tally: _Tally) -> None:
        if left:
            last = tally.faults.pop()
            tally.faults.append(SourceError(last.status, f"{last.cause}；其余 {left} 个视频没有再读"))

    def _collected(self, tally: _Tally, kept: dict[str, Any], now: datetime, took_s: float) -> Collected:
        common = {"source": self.name, "platform": self._config.platform, "observed_at": iso(now)}
        observations, rejects = self._door.admit_all([{**record, **common} for record in tally.records], self.name)
        causes = [fault.cause for fault in tally.faults]
        more = f"；另有 {len(causes) - _MOST_CAUSES} 处" if len(causes) > _MOST_CAUSES else ""
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=took_s),
            status=_status(tally, seen_new=bool(observations)),
            got=tally.got,
            expected=tally.expected,
            cause="；".join(causes[:_MOST_CAUSES]) + more if causes else None,
            evidence=shown(self._interface.base_url) if causes else None,
        )
        return Collected(tuple(observations), tuple(rejects), coverage, {"targets": kept})


def _status(tally: _Tally, *, seen_new: bool) -> str:
    if not tally.faults:
        return "ok" if seen_new else "quiet"
    return "partial" if tally.got else tally.faults[0].status


def _root_of(target: Target, listed: dict[str, Any] | None) -> dict[str, Any]:
    own = {
        "id": target.id,
        "text": target.caption,
        "url": target.url,
        "author": {"name": target.author} if target.author else None,
        "published_at": target.published_at,
    }
    base = listed or {"title": None, "reply_to": None, "metrics": {}}
    return _root({**base, **{name: value for name, value in own.items() if value is not None or name not in base}})


def _root(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "kind": "video", "thread": record["id"]}


def _comment(record: dict[str, Any], target: str, parent: str) -> dict[str, Any]:
    return {**record, "kind": "comment", "thread": target, "reply_to": record["reply_to"] or parent}


def _all_known(items: Sequence[Any], listing: Listing, known: Mapping[str, str]) -> bool:
    return all(known.get(item_id(item, listing) or "") == _digest(item_record(item, listing)) for item in items)


def _digest(record: Mapping[str, Any]) -> str:
    """Changes with the words and the counters of a record."""
    facts = json.dumps([record["text"], record["metrics"]], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(facts.encode(errors="replace")).hexdigest()[:12]

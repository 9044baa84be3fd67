"""A paged JSON interface for comments as a source: short videos or articles through their platform's interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.http import HttpClient, shown
from crawlers.pollers.json_memory import Seen
from crawlers.pollers.json_thread import FATAL, Tally, ThreadReader
from crawlers.pollers.paging import PageReader, Sheet
from crawlers.pollers.plan import Plan, Root
from crawlers.pollers.tokens import Token, hidden
from domain.clock import iso, to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError

_MOST_CAUSES = 3


class JsonApiSource:
    """Reads the comments below the roots of a plan; meets `pipeline.ports.Source`.

    Comments that are new, or whose words or counters have changed, become observations; so does the video or article
    itself, as the root of its thread; and so does, once, what is gone from a list that was read whole. Memory: for
    each root see `crawlers.pollers.json_memory`; only a list that was once read to its end may next time be left at
    a page of known comments.
    """

    def __init__(
        self,
        plan: Plan,
        manners: Manners,
        door: Door,
        *,
        token: Token | None = None,
        archive: Archive | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._plan = plan
        self._manners = manners
        self._door = door
        self._token = token
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._plan.name

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new or changed; with ``revisit`` the whole lists of those roots."""
        begun = time.monotonic()
        tally = Tally()
        kept = dict(memory.get("targets") or {})
        fault = self._token_fault()
        if fault:
            tally.faults.append(fault)
        else:
            with self._client() as client:
                kept = self._read(self._reader(client, begun), kept, tally, revisit)
        return self._collected(tally, kept, now, time.monotonic() - begun)

    def _token_fault(self) -> SourceError | None:
        """Why there is no token; nothing is asked without one."""
        try:
            if self._token:
                self._token.current()
        except SourceError as error:
            return error
        return None

    def _client(self) -> HttpClient:
        delay_s = self._plan.delay_s
        return HttpClient(self._manners, delay_s=delay_s, sleep=self._sleep, archive=self._archive)

    def _reader(self, client: HttpClient, begun: float) -> PageReader:
        return PageReader(
            client,
            self._plan.interface,
            params=self._plan.params,
            token=self._token,
            max_pages=self._plan.max_pages,
            deadline=begun + 60 * self._plan.max_minutes,
            sleep=self._sleep,
        )

    def _read(self, reader: PageReader, kept: dict[str, Any], tally: Tally, revisit: Collection[str]) -> dict[str, Any]:
        """Read root by root; gives the memory of them all."""
        roots = self._roots(reader, tally)
        memory = kept if tally.faults else {key: value for key, value in kept.items() if key in roots}
        wanted = [found for key, found in roots.items() if not revisit or key in revisit]
        for number, (root, sheet) in enumerate(wanted):
            seen = Seen.of(memory, root.id)
            ThreadReader(self._plan, reader, root, seen, tally).read(sheet, whole=bool(revisit))
            memory[root.id] = seen.note()
            if reader.hopeless or (tally.faults and tally.faults[-1].status in FATAL):
                self._skip(reader, wanted[number + 1 :], memory, tally)
                break
        return memory

    def _roots(self, reader: PageReader, tally: Tally) -> dict[str, tuple[Root, Sheet | None]]:
        """The roots that the interface lists, and those of the configuration, whose words win."""
        listed = dict(self._listed(reader, tally)) if self._plan.discover else {}
        addresses = {target.record["url"] for target in self._plan.targets} - {None}
        roots = {key: found for key, found in listed.items() if found[0].record["url"] not in addresses}
        for target in self._plan.targets:
            base = listed.get(target.id)
            roots[target.id] = (_merged(target, base[0]), base[1]) if base else (_merged(target, None), None)
        return roots

    def _listed(self, reader: PageReader, tally: Tally) -> Iterator[tuple[str, tuple[Root, Sheet | None]]]:
        listing = self._plan.interface.videos
        if listing is None:
            return
        reading = reader.read(listing, {})
        for found in reading.items:
            for root in self._plan.roots_of(found.item, listing):
                yield root.id, (root, found.sheet)
        if reading.fault:
            tally.faults.append(SourceError(reading.fault.status, f"{self._plan.noun}列表{reading.fault.cause}"))

    def _skip(
        self, reader: PageReader, left: list[tuple[Root, Sheet | None]], memory: dict[str, Any], tally: Tally
    ) -> None:
        """Tell of the roots that are left what the list told of them; nothing more is asked for."""
        for root, sheet in left:
            if sheet:
                seen = Seen.of(memory, root.id)
                ThreadReader(self._plan, reader, root, seen, tally).tell(sheet)
                memory[root.id] = seen.note()
        unread = sum(root.asked for root, _ in left) if self._plan.interface.comments else 0
        if unread and tally.faults:
            last = tally.faults.pop()
            cause = f"{last.cause}；其余 {unread} 个{self._plan.noun}没有再读"
            tally.faults.append(SourceError(last.status, cause))

    def _collected(self, tally: Tally, kept: dict[str, Any], now: datetime, took_s: float) -> Collected:
        common = {"source": self.name, "platform": self._plan.platform, "observed_at": iso(now)}
        observations, rejects = self._door.admit_all([{**record, **common} for record in tally.records], self.name)
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=took_s),
            status=_status(tally, seen_new=bool(observations)),
            got=tally.got,
            expected=tally.expected,
            cause=self._cause(tally.faults),
            evidence=self._evidence(bool(tally.faults)),
        )
        return Collected(tuple(observations), tuple(rejects), coverage, {"targets": kept})

    def _cause(self, faults: list[SourceError]) -> str | None:
        causes = [fault.cause for fault in faults]
        more = f"；另有 {len(causes) - _MOST_CAUSES} 处" if len(causes) > _MOST_CAUSES else ""
        secrets = self._token.secrets() if self._token else ()
        return hidden("；".join(causes[:_MOST_CAUSES]) + more, secrets) or None

    def _evidence(self, faulty: bool) -> str | None:
        """Where it was read, and what a person should know of the token even where all went well."""
        address = shown(self._plan.interface.base_url) if faulty else None
        warning = self._token.warning() if self._token else None
        return "；".join(part for part in (address, warning) if part) or None


def _status(tally: Tally, *, seen_new: bool) -> str:
    if not tally.faults:
        return "ok" if seen_new else "quiet"
    return "partial" if tally.got else tally.faults[0].status


def _merged(target: Root, listed: Root | None) -> Root:
    """A configured root with what the interface knows of it besides; what the configuration says wins."""
    if listed is None:
        return replace(target, record={**target.record, "metrics": dict(target.record["metrics"])})
    own = {name: value for name, value in target.record.items() if value not in (None, "", {}, [])}
    return replace(target, record={**listed.record, **own})

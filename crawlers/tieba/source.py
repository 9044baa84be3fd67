"""Baidu Tieba as a source, through aiotieba, which is an optional package."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from crawlers.archive import Archive, Page
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.tieba.answers import Answer, Entry
from crawlers.tieba.config import TiebaConfig
from crawlers.tieba.faults import GoneError
from crawlers.tieba.lists import read_lists, read_searches
from crawlers.tieba.memory import Memory, must_read, read_again, recall
from crawlers.tieba.reading import Reading, read_thread
from crawlers.tieba.records import Teller
from crawlers.tieba.tally import Fault, Tally
from domain.clock import Clock, system_clock
from domain.coverage import Collected

if TYPE_CHECKING:
    from crawlers.tieba.client import TiebaClient

MISSING = "没有安装 aiotieba，请运行 pip install 'yuqing[tieba]'"


def installed() -> bool:
    """Whether the optional package is there."""
    return find_spec("aiotieba") is not None


class TiebaSource:
    """Reads the bars' lists and searches, and then the threads that are new, moved, or due again; meets
    `pipeline.ports.Source`.

    Posts and comments that are new, or whose words or likes have changed, become observations; those that are missing
    from a whole reading of their thread are told as deleted. Memory: see `crawlers.tieba.memory`.
    """

    def __init__(
        self,
        config: TiebaConfig,
        manners: Manners,
        door: Door,
        *,
        archive: Archive | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Clock = system_clock,
    ) -> None:
        self._archive = archive
        self._config = config
        self._manners = manners
        self._door = door
        self._sleep = sleep
        self._clock = clock
        self._teller = Teller(config.name, self._keep)

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new or changed; with ``revisit`` (``t`` and the thread's id) only those threads."""
        begun = time.monotonic()
        known, tally = recall(memory), Tally()
        if installed():
            asyncio.run(self._run(known, tally, now, revisit, begun + 60 * self._config.max_minutes))
        else:
            tally.list_faults.append(Fault("down", MISSING, "aiotieba"))
        observations, rejects = self._door.admit_all(tally.records, self.name)
        coverage = tally.coverage(self.name, now, time.monotonic() - begun, seen_new=bool(observations))
        return Collected(tuple(observations), tuple(rejects), coverage, known.note())

    def _client(self, deadline: float) -> TiebaClient:
        from crawlers.tieba.client import TiebaClient

        return TiebaClient(
            self._manners,
            delay_s=self._config.delay_s,
            deadline=deadline,
            base_url=self._config.base_url,
            sleep=self._sleep,
            clock=self._clock,
        )

    def _keep(self, answer: Answer) -> str | None:
        if self._archive is None:
            return None
        page = Page(answer.url, "POST", answer.status, answer.headers, answer.body, answer.asked_at)
        return self._archive.keep(page)

    async def _run(self, known: Memory, tally: Tally, now: datetime, revisit: Collection[str], deadline: float) -> None:
        async with self._client(deadline) as client:
            if revisit:
                wanted = [tid for tid in known.threads if f"t{tid}" in revisit]
                tally.left = await self._read_threads(client, wanted, known, {}, tally, now)
                self._settle_gone(known, {}, tally, now)
            else:
                await self._sweep(client, known, tally, now)

    async def _sweep(self, client: TiebaClient, known: Memory, tally: Tally, now: datetime) -> None:
        since = now - timedelta(days=self._config.reread_days)
        entries = await read_lists(client, self._config, known, now, tally)
        await read_searches(client, self._config, known, since, tally)
        if not tally.listed:
            return
        must = must_read(known, entries, tally.hits)
        again = [tid for tid in read_again(known, since) if tid not in set(must)]
        tally.left = await self._read_threads(client, must, known, entries, tally, now)
        if not tally.left:
            faults = len(tally.thread_faults)
            await self._read_threads(client, again[: self._config.reread_threads], known, entries, tally, now)
            self._forgive_time(tally, faults)
        self._settle_gone(known, entries, tally, now)

    def _forgive_time(self, tally: Tally, faults: int) -> None:
        """All that is new was read, and the time ended while the rest was looked at again: the next sweep goes on."""
        tally.thread_faults[faults:] = [fault for fault in tally.thread_faults[faults:] if not fault.of_budget]

    async def _read_threads(
        self,
        client: TiebaClient,
        wanted: Sequence[str],
        known: Memory,
        entries: Mapping[str, Entry],
        tally: Tally,
        now: datetime,
    ) -> int:
        """Read these threads one after another; gives how many were left because it was hopeless to go on."""
        for number, tid in enumerate(wanted):
            if tally.hopeless:
                return len(wanted) - number
            state, entry = known.threads[tid], entries.get(tid)
            reading = await self._read_thread(client, tid, known)
            if isinstance(reading.fault, GoneError) and reading.head is None:
                tally.gone[tid] = reading.fault
                tally.in_a_row = 0  # a clear word, and no silence
                continue
            if reading.head is not None:
                records, known.threads[tid] = self._teller.settle(reading, tid, state, entry, now)
                tally.records += records
                tally.count(reading, known.threads[tid])
            self._note_faults(reading, tid, known, tally)
        return 0

    async def _read_thread(self, client: TiebaClient, tid: str, known: Memory) -> Reading:
        """Posts move to an earlier page when one before them goes, and so pass by a reader of page after page: where
        one seems to be gone from several pages, they are read again.
        """
        state, most_pages = known.threads[tid], self._config.max_thread_pages
        reading = await read_thread(client, int(tid), state, most_pages)
        if reading.whole and reading.pages > 1 and self._teller.missing(reading, tid, state):
            second = await read_thread(client, int(tid), state, most_pages)
            second.merge(reading)
            return second
        return reading

    def _note_faults(self, reading: Reading, tid: str, known: Memory, tally: Tally) -> None:
        most = self._config.max_thread_pages
        if reading.fault:
            tally.thread_failed(tid, reading.fault)
        elif reading.following:
            cause = f"主题 {tid}：超过 {most} 页，下次接着读"
            tally.thread_faults.append(Fault("partial", cause, f"主题 {tid}"))
        elif reading.overlong:
            cause = f"主题 {tid}：{len(reading.overlong)} 楼的评论超过 {most} 页，只读了前面的"
            tally.thread_faults.append(Fault("partial", cause, f"主题 {tid}"))
        elif lost := known.threads[tid].doubted:
            cause = f"主题 {tid}：{len(lost)} 个帖子一下子不见了，下次再看是否真的删了"
            tally.thread_faults.append(Fault("partial", cause, f"主题 {tid}"))
        elif reading.whole:
            tally.note_shortage(reading, tid, known)

    def _settle_gone(self, known: Memory, entries: Mapping[str, Entry], tally: Tally, now: datetime) -> None:
        """Believe that threads are gone, unless a list still shows one that we knew, or most are said to be gone.

        Where Tieba hides a bar from us it says of every thread that it is deleted, and nobody deleted anything.
        """
        seen = sum(known.threads[tid].seen for tid in tally.gone)
        doubtful = seen > max(1, tally.read) or (not tally.read and len(tally.gone) > 1)
        for tid, error in tally.gone.items():
            state, entry = known.threads[tid], entries.get(tid)
            if doubtful or (entry and state.seen):
                status = error.status if doubtful else "partial"
                tally.thread_faults.append(Fault(status, f"主题 {tid}：{error.cause}", f"主题 {tid} {error.cause}"))
                known.threads[tid] = state.model_copy(update={"due": True})
            else:
                records, known.threads[tid] = self._teller.vanish(tid, state, entry, now)
                tally.records += records

"""The order in which a Discuz! X site is read: boards, lists, threads. Knows no Scrapy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from crawlers.parse.discuz_list import Entry, ListPage, parse_index, parse_list
from crawlers.parse.discuz_page import UnrecognisedError
from crawlers.parse.discuz_thread import ThreadPage, parse_thread
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.faults import Fault, Halt, OutOfTime, Refusal
from crawlers.spiders.memory import BoardState, Memory, ThreadState, listed
from crawlers.spiders.plan import make_plan
from crawlers.spiders.records import Reading, Teller
from crawlers.spiders.site import Site
from crawlers.spiders.tally import Tally

Message = dict[str, Any]
_NOT_FOR_GUESTS = ("nonexistent", "read_permission", "no_permission")
# A counter may be off by a floor or two that the site took away; a tenth of the floors is a hole.
_TOLERATED_FLOORS = 2
_TOLERATED_SHARE = 0.1
# So many views in a few seconds are ours, not those of other visitors.
_REQUESTS_THAT_TELL = 3
_SHARE_FOR_OLD_LISTS = 0.5
_GUARD = re.compile("安全验证|人机验证|访问验证|滑动验证|验证码|captcha", re.IGNORECASE)


class Sweep:
    """One run over one site. Leaves fetching to ``site``, and keeping the memory to whom it tells."""

    def __init__(self, config: DiscuzConfig, memory: Memory, site: Site, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._memory = memory
        self._site = site
        self._clock = clock
        self._tally = Tally()
        self._entries: dict[int, Entry] = {}
        self._unnoted: set[int] = set()
        self._hits_known = False
        # The first sweep of a large site may not spend all its time on lists of old threads.
        self._deep_until = clock() + timedelta(minutes=config.max_minutes * _SHARE_FOR_OLD_LISTS)

    async def run(self, revisit: Collection[int]) -> AsyncIterator[Message]:
        """What is found, as it is found; with ``revisit`` not empty only those threads are read.

        Messages: ``{"record": observation}``; ``{"thread": [tid, state]}``, ``{"board": [fid, state]}`` and
        ``{"each_request_counts": bool}`` for the memory; at last ``{"end": …}`` with status, expected, got,
        cause, evidence.
        """
        halt: Fault | None = None
        try:
            async for message in self._threads(revisit) if revisit else self._everything():
                yield message
        except Fault as fault:
            halt = fault
        if self._hits_known:
            yield {"each_request_counts": self._memory.each_request_counts}
        yield {"end": asdict(self._tally.end(halt))}

    async def _everything(self) -> AsyncIterator[Message]:
        async for message in self._lists():
            yield message
        plan = make_plan(
            self._memory.threads,
            self._entries,
            self._clock(),
            reread_days=self._config.reread_days,
            reread_threads=self._config.reread_threads,
        )
        async for message in self._threads(plan.must):
            yield message
        try:
            async for message in self._threads(plan.again):
                yield message
        except OutOfTime:
            # All that is new was read; the least recently visited come first next time.
            return

    async def _lists(self) -> AsyncIterator[Message]:
        queue = list(self._config.boards or await self._index())
        known = set(queue)
        for fid in queue:
            below = await self._board(fid)
            if self._config.boards is None:
                queue += [board for board in below if board not in known]
                known.update(below)
            for message in self._notes(fid):
                yield message

    async def _index(self) -> tuple[int, ...]:
        try:
            return parse_index(await self._site.index())
        except UnrecognisedError as error:
            raise _changed("论坛首页", f"{self._site.base}forum.php {error}") from error

    async def _board(self, fid: int) -> tuple[int, ...]:
        """Read a board's lists into the entries; the boards below it. Notes how it went."""
        before = self._memory.boards.get(fid)
        known = bool(before and before.listed)
        try:
            below, whole = await self._list(fid, newest=False, to_the_end=not known)
            await self._list(fid, newest=True, to_the_end=False)
        except Halt:
            raise
        except Fault as fault:
            if isinstance(fault, Refusal) and fault.message.kind in (*_NOT_FOR_GUESTS, "login"):
                self._refused(fid, before, fault)
            else:
                self._tally.failed(fault)
            return ()
        self._tally.listed(fid, whole=known or whole)
        self._memory.boards[fid] = BoardState(readable=True, listed=known or whole)
        return below

    def _refused(self, fid: int, before: BoardState | None, refusal: Refusal) -> None:
        name = f"fid={fid}（{refusal.message.words}）"
        self._tally.refused.append(name)
        if self._config.boards or (before and before.readable):
            self._tally.lost.append(name)
        listed_before = bool(before and before.listed)
        self._memory.boards[fid] = BoardState(readable=False, listed=listed_before)

    async def _list(self, fid: int, *, newest: bool, to_the_end: bool) -> tuple[tuple[int, ...], bool]:
        """Read a list until a page shows nothing new; the boards below it, and whether it was read so far."""
        below: tuple[int, ...] = ()
        number = 1
        for _ in range(self._config.max_list_pages):
            page = await self._list_page(fid, number, newest=newest)
            below = below or page.boards
            fresh = self._take(page, newest=newest)
            if page.next_page is None or page.next_page <= number or not (fresh or to_the_end):
                break
            if to_the_end and self._clock() > self._deep_until:
                return below, False
            number = page.next_page
        return below, True

    async def _list_page(self, fid: int, number: int, *, newest: bool) -> ListPage:
        try:
            return parse_list(await self._site.board(fid, number, newest=newest), self._clock())
        except UnrecognisedError as error:
            raise _changed("版块列表页", f"fid={fid} page={number} {error}") from error

    def _take(self, page: ListPage, *, newest: bool) -> bool:
        """Note a page's entries; whether one of them is new, or (by last reply) was bumped."""
        fresh = False
        for entry in page.entries:
            state = self._memory.threads.get(entry.tid)
            if not entry.sticky:
                fresh |= state is None or (not newest and state.bumped(entry))
            if not (entry.moved and state):
                self._entries[entry.tid] = entry
            if state is None or state.visited is None:
                self._memory.threads[entry.tid] = listed(entry, state)
                self._unnoted.add(entry.tid)
        return fresh

    def _notes(self, fid: int) -> Iterator[Message]:
        """What the memory must not lose even if the run is killed: which threads are still to be read."""
        for tid in self._unnoted:
            yield _note(tid, self._memory.threads[tid])
        self._unnoted.clear()
        if fid in self._memory.boards:
            yield {"board": [fid, self._memory.boards[fid].model_dump(mode="json")]}

    async def _threads(self, tids: Collection[int]) -> AsyncIterator[Message]:
        for tid in tids:
            async for message in self._thread(tid):
                yield message

    async def _thread(self, tid: int) -> AsyncIterator[Message]:
        state = self._memory.threads.get(tid) or ThreadState()
        reading = Reading(tid)
        fault: Fault | None = None
        self._tally.tried += 1
        try:
            await self._read(reading)
            if self._is_doubtful(reading, state):
                await self._read(reading)
            await self._count_hits(reading)
        except Fault as raised:
            fault = raised
        for message in self._tell(reading, state, fault):
            yield message
        if isinstance(fault, Halt):
            raise fault
        if fault and not _is_gone(fault, reading):
            self._tally.failed(fault)

    async def _read(self, reading: Reading) -> None:
        """All pages of a thread, to the last."""
        reading.complete = False
        number = 1
        while True:
            page = await self._thread_page(reading.tid, number)
            reading.add(page, number)
            if page.split:
                reading.add(await self._thread_page(reading.tid, number, unsplit=True), number)
            if page.next_page is None or page.next_page <= number:
                break
            number = page.next_page
        reading.complete = True

    async def _thread_page(self, tid: int, number: int, *, unsplit: bool = False) -> ThreadPage:
        html = await self._site.thread(tid, number, unsplit=unsplit)
        try:
            page = parse_thread(html, self._clock())
        except UnrecognisedError as error:
            raise _changed("主题页", f"tid={tid} page={number} {error}") from error
        if not page.floors:
            raise _changed("主题页没有楼层", f"tid={tid} page={number}")
        return page

    async def _count_hits(self, reading: Reading) -> None:
        """How many views our visit was. Most sites count a visitor once, some (preventrefresh 0) each request.

        The first long thread of a run tells which: its first page is looked at once more.
        """
        if not self._hits_known and reading.requests >= _REQUESTS_THAT_TELL:
            after = (await self._thread_page(reading.tid, 1)).views
            if after is not None and reading.views is not None:
                self._memory.each_request_counts = after - reading.views >= reading.requests
            self._hits_known = True
            reading.requests += 1
        if self._memory.each_request_counts:
            reading.hits = reading.requests

    def _is_doubtful(self, reading: Reading, state: ThreadState) -> bool:
        """Floors move between two requests: a post that is missing, or a new gap, is looked for once more."""
        short = reading.short(self._entries.get(reading.tid))
        return self._teller().missing(reading, state) or short > state.short

    def _tell(self, reading: Reading, state: ThreadState, fault: Fault | None) -> Iterator[Message]:
        tid, entry, now = reading.tid, self._entries.get(reading.tid), self._clock()
        if fault and _is_gone(fault, reading):
            records, after = self._teller().vanish(tid, state, entry, now)
            self._tally.read(0, 0)
        elif reading.floors:
            records, after = self._teller().settle(reading, state, entry, now)
            self._count(reading, state, entry)
        else:
            return
        self._memory.threads[tid] = after
        self._tally.told += len(records)
        for record in records:
            yield {"record": record}
        yield _note(tid, after)

    def _count(self, reading: Reading, state: ThreadState, entry: Entry | None) -> None:
        expected, got = reading.expected(entry), len(reading.floors)
        self._tally.read(expected, got)
        short = expected - got
        # A gap that was there before is the site's own miscount.
        if short > max(_TOLERATED_FLOORS, expected * _TOLERATED_SHARE, state.short):
            self._tally.short.append(f"tid={reading.tid}《{reading.subject}》{got}/{expected}")

    def _teller(self) -> Teller:
        return Teller(self._config.name, self._config.platform, self._site.base)


def _is_gone(fault: Fault, reading: Reading) -> bool:
    """Whether the site itself says that guests may not see the thread; nothing else makes a post deleted."""
    said_so = isinstance(fault, Refusal) and fault.message.kind in _NOT_FOR_GUESTS
    return said_so and not reading.floors


def _changed(what: str, evidence: str) -> Fault:
    """A page that is none of the forum's: a guard's own page, to judge by its title, or a new template."""
    if _GUARD.search(evidence):
        return Fault("blocked", f"{what}被安全验证页面代替，网站防护拦截了访问", evidence)
    return Fault("changed", f"{what}无法识别，网站模板可能已更换", evidence)


def _note(tid: int, state: ThreadState) -> Message:
    return {"thread": [tid, state.model_dump(mode="json", exclude_defaults=True)]}

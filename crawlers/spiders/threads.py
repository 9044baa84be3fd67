"""Threads → records of what changed in them, and their new state."""

from __future__ import annotations

import logging
from collections.abc import Collection

from crawlers.spiders.evidence import Keeper
from crawlers.spiders.faults import NOT_FOR_GUESTS, Fault, Halt, Refusal, Unrecognised
from crawlers.spiders.memory import ThreadState
from crawlers.spiders.pages import Pages
from crawlers.spiders.reading import Reading
from crawlers.spiders.records import Teller
from crawlers.spiders.run import Run, note

# A counter may be off by a floor or two that the site took away; a tenth of the floors is a hole.
_TOLERATED_FLOORS = 2
_TOLERATED_SHARE = 0.1
# So many views in a few seconds are ours, not those of other visitors.
_REQUESTS_THAT_TELL = 3
# After so many threads in a row whose pages are not understood, the rest of the run asks for others at once.
_ENOUGH_UNRECOGNISED = 3
_LOG = logging.getLogger("yuqing.crawl")


class Threads:
    """Reads threads, one after the other."""

    def __init__(self, run: Run, keeper: Keeper) -> None:
        self._run = run
        self._keeper = keeper
        self._unrecognised = 0
        self._why: Fault = Unrecognised("changed", "网页模板无法识别", run.site.base)
        self._then: tuple[int, ...] = ()
        self.hits_known = False

    async def read(self, tids: Collection[int]) -> None:
        """Tells records and states; a thread that fails is noted in the tally, and one that says stop raises."""
        order = tuple(tids)
        for place, tid in enumerate(order, 1):
            self._then = order[place : place + 1]
            await self._thread(tid)

    async def _thread(self, tid: int) -> None:
        state = self._run.memory.threads.get(tid) or ThreadState()
        self._run.tally.tried += 1
        _LOG.info("主题 %s：%s", tid, state.why(self._run.entries.get(tid)))
        reading, fault = await self._attempt(tid, state)
        if fault:
            _LOG.info("主题 %s 没有读全：%s", tid, fault.cause)
        self._tell(reading, state, fault)
        if isinstance(fault, Halt):
            raise fault
        if fault and not self._is_gone(fault, reading):
            self._run.tally.failed(fault)

    async def _attempt(self, tid: int, state: ThreadState) -> tuple[Reading, Fault | None]:
        """Read a thread in the way of this run; where its pages are not understood, in the second way."""
        if self._run.second is None:
            return await self._all(tid, state, self._run.pages)
        if self._unrecognised < _ENOUGH_UNRECOGNISED:
            reading, fault = await self._all(tid, state, self._run.pages)
            if not isinstance(fault, Unrecognised) or reading.floors:
                self._unrecognised = 0
                return reading, fault
            self._unrecognised += 1
            self._why = fault
        instead, problem = await self._all(tid, state, self._run.second)
        if instead.floors or isinstance(problem, Halt):
            self._run.tally.fell_back(self._why)
            return instead, problem
        self._unrecognised = 0
        return instead, self._why

    async def _all(self, tid: int, state: ThreadState, pages: Pages) -> tuple[Reading, Fault | None]:
        reading = Reading(tid, by_pid=pages.by_pid)
        fault: Fault | None = None
        try:
            await self._pages(reading, state, pages)
            if self._is_doubtful(reading, state):
                await self._pages(reading, state, pages)
            await self._count_hits(reading, pages)
        except Fault as raised:
            fault = raised
        if self._run.site.signed_out:
            reading.as_guest()
        return reading, fault

    async def _pages(self, reading: Reading, state: ThreadState, pages: Pages) -> None:
        """All pages of a thread, to the last."""
        reading.complete = False
        number, seen = 1, set[str]()
        while True:
            page, source = await pages.thread(reading.tid, number, then=self._then)
            reading.add(page, source, number)
            keys = {floor.key for floor in page.floors}
            if keys <= seen:
                self._check_repeated(reading, state, number)
                break
            seen |= keys
            if page.split:
                reading.add(*await pages.thread(reading.tid, number, unsplit=True), number=number)
            if page.next_page is None or page.next_page <= number:
                break
            number = page.next_page
        reading.complete = True

    def _check_repeated(self, reading: Reading, state: ThreadState, number: int) -> None:
        """The last page stands for all behind it where the counter is too high; else floors are kept from us."""
        short = reading.short(self._run.entries.get(reading.tid))
        if short > max(state.short, _tolerated(short + len(reading.floors))):
            evidence = f"tid={reading.tid} page={number} 没有前面各页没有的楼层，还差 {short} 层"
            raise Fault("changed", f"主题翻页不起作用，第 {number} 页重复", evidence)

    async def _count_hits(self, reading: Reading, pages: Pages) -> None:
        """How many views our visit was. Most sites count a visitor once, some (preventrefresh 0) each request.

        The first long thread of a run tells which: its first page is looked at once more.
        """
        memory = self._run.memory
        if not self.hits_known and reading.requests >= _REQUESTS_THAT_TELL and reading.views is not None:
            after = (await pages.thread(reading.tid, 1))[0].views
            if after is not None:
                memory.each_request_counts = after - reading.views >= reading.requests
            self.hits_known = True
            reading.requests += 1
        if memory.each_request_counts:
            reading.hits = reading.requests

    def _is_doubtful(self, reading: Reading, state: ThreadState) -> bool:
        """Floors move between two requests: a post that is missing, or a new gap, is looked for once more."""
        short = reading.short(self._run.entries.get(reading.tid))
        return self._teller().missing(reading, state) or short > state.short

    def _tell(self, reading: Reading, state: ThreadState, fault: Fault | None) -> None:
        tid, entry, now = reading.tid, self._run.entries.get(reading.tid), self._run.clock()
        if fault and self._is_gone(fault, reading):
            records, after = self._teller().vanish(tid, state, entry, now)
            self._run.tally.read(0, 0)
        elif reading.floors:
            records, after = self._teller().settle(reading, state, entry, now)
            self._count(reading, state)
        else:
            return
        self._run.memory.threads[tid] = after
        self._run.tally.told += len(records)
        self._keeper.capture(records, reading.origin)
        for record in records:
            self._run.tell({"record": record})
        self._run.tell(note(tid, after))

    def _count(self, reading: Reading, state: ThreadState) -> None:
        expected, got = reading.expected(self._run.entries.get(reading.tid)), len(reading.floors)
        self._run.tally.read(expected, got)
        # A gap that was there before is the site's own miscount.
        if expected - got > max(_tolerated(expected), state.short):
            self._run.tally.short.append(f"tid={reading.tid}《{reading.subject}》{got}/{expected}")

    def _teller(self) -> Teller:
        return Teller(self._run.config.name, self._run.config.platform, self._run.site.base)

    def _is_gone(self, fault: Fault, reading: Reading) -> bool:
        """Whether the site itself says that guests may not see the thread; nothing else makes a post deleted.

        To a member whose cookie has died the site says what it says to guests: that counts for nothing.
        """
        said_so = isinstance(fault, Refusal) and fault.message.kind in NOT_FOR_GUESTS
        return said_so and not reading.floors and self._run.site.signed_out is None


def _tolerated(floors: int) -> float:
    return max(_TOLERATED_FLOORS, floors * _TOLERATED_SHARE)

"""Boards and their lists → which threads there are and what moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crawlers.parse.discuz_list import ListPage
from crawlers.spiders.faults import NOT_FOR_GUESTS, Fault, Halt, Refusal, Unrecognised
from crawlers.spiders.memory import BoardState, ThreadState, listed
from crawlers.spiders.pages import newest_by_rss
from crawlers.spiders.run import Run, note

_SHARE_FOR_OLD_LISTS = 0.5


@dataclass(slots=True)
class _Found:
    """What the lists of one board gave: pages, threads, boards below; ``whole``: to their end, or so far as asked.

    ``says_empty``: the site itself says that there are no threads.
    """

    pages: int = 0
    threads: int = 0
    below: tuple[int, ...] = ()
    whole: bool = True
    says_empty: bool = False


class Listing:
    """Reads the lists into the entries and the memory of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._unnoted: set[int] = set()
        # The first sweep of a large site may not spend all its time on lists of old threads.
        self._deep_until = run.clock() + timedelta(minutes=run.config.max_minutes * _SHARE_FOR_OLD_LISTS)

    async def read(self) -> None:
        """All boards; tells what is for the memory."""
        queue = list(self._run.config.boards or await self._index())
        known = set(queue)
        for fid in queue:
            try:
                below = await self._board(fid)
            except Halt:
                self._note(fid)
                raise
            if self._run.config.boards is None:
                queue += [board for board in below if board not in known]
                known.update(below)
            self._note(fid)
        self._note(None)

    async def _index(self) -> tuple[int, ...]:
        try:
            return await self._run.pages.index()
        except Fault as fault:
            if isinstance(fault, Halt) or not (self._run.second or self._run.config.rss):
                raise
            boards = await self._index_instead(fault)
            if boards is None:
                raise
            return boards

    async def _index_instead(self, fault: Fault) -> tuple[int, ...] | None:
        """The boards in the archiver; or none, but the threads in the RSS of the whole site. None: neither."""
        if self._run.second and isinstance(fault, Unrecognised):
            try:
                boards = await self._run.second.index()
            except Fault:
                boards = ()
            if boards:
                self._run.tally.fell_back(fault)
                return boards
        if await self._by_rss(None):
            self._run.tally.failed(fault)
            return ()
        return None

    async def _board(self, fid: int) -> tuple[int, ...]:
        """Read a board's lists into the entries; the boards below it. Notes how it went."""
        before = self._run.memory.boards.get(fid)
        known = bool(before and before.listed)
        found, fault = _Found(), None
        for newest in (False, True):
            try:
                await self._list(fid, found, newest=newest, to_the_end=not (known or newest))
                self._check_filled(fid, found, before)
            except Halt:
                raise
            except Fault as raised:
                fault = fault or raised
                if not found.pages:
                    break
        self._judge(fid, found, fault)
        if fault and self._run.config.rss:
            await self._by_rss(fid)
        return found.below

    def _judge(self, fid: int, found: _Found, fault: Fault | None) -> None:
        before = self._run.memory.boards.get(fid)
        known = bool(before and before.listed)
        if found.pages:
            filled = bool(found.threads or (before and before.filled))
            listed_now = known or (found.whole and fault is None)
            self._run.memory.boards[fid] = BoardState(readable=True, listed=listed_now, filled=filled)
        if fault is None:
            self._run.tally.listed(fid, whole=known or found.whole)
        elif isinstance(fault, Refusal) and fault.message.kind in (*NOT_FOR_GUESTS, "login"):
            self._refused(fid, before, fault)
        else:
            self._run.tally.failed(fault)

    def _refused(self, fid: int, before: BoardState | None, refusal: Refusal) -> None:
        name = f"fid={fid}（{refusal.message.words}）"
        self._run.tally.refused.append(name)
        if self._run.site.signed_out:
            return
        if self._run.config.boards or (before and before.readable):
            self._run.tally.lost.append(name)
        after = (before or BoardState(readable=False)).model_copy(update={"readable": False})
        self._run.memory.boards[fid] = after

    async def _list(self, fid: int, found: _Found, *, newest: bool, to_the_end: bool) -> None:
        """Read a list until a page shows nothing new."""
        number, seen = 1, set[int]()
        for _ in range(self._run.config.max_list_pages):
            page = await self._page(fid, number, newest=newest)
            found.pages += 1
            found.threads += len(page.entries)
            found.below = found.below or page.boards
            found.says_empty |= page.says_empty
            fresh = self._take(page, newest=newest)
            if page.next_page is None or page.next_page <= number or not (fresh or to_the_end):
                return
            tids = {entry.tid for entry in page.entries if not entry.sticky}
            if tids <= seen:
                evidence = f"fid={fid} page={number} 没有前面各页没有的主题"
                raise Fault("changed", f"版块列表翻页不起作用，第 {number} 页重复", evidence)
            seen |= tids
            if to_the_end and self._run.clock() > self._deep_until:
                found.whole = False
                return
            number = page.next_page

    def _check_filled(self, fid: int, found: _Found, before: BoardState | None) -> None:
        if before and before.filled and not (found.threads or found.says_empty):
            raise Fault("changed", "版块列表页没有主题，以前有", f"fid={fid}")

    async def _page(self, fid: int, number: int, *, newest: bool) -> ListPage:
        try:
            return await self._run.pages.board(fid, number, newest=newest)
        except Fault as fault:
            if not isinstance(fault, Unrecognised) or self._run.second is None:
                raise
            try:
                page = await self._run.second.board(fid, number, newest=newest)
            except Halt:
                raise
            except Fault:
                raise fault from None
            self._run.tally.fell_back(fault)
            return page

    async def _by_rss(self, fid: int | None) -> bool:
        """Note the threads in the RSS, where the configuration wants that; whether there were any."""
        if not self._run.config.rss:
            return False
        try:
            tids = await newest_by_rss(self._run.site, fid)
        except Halt:
            raise
        except Fault:
            # What stands in the coverage is why the list could not be read.
            return False
        for tid in tids:
            if tid not in self._run.memory.threads:
                self._run.memory.threads[tid] = ThreadState()
                self._unnoted.add(tid)
        return bool(tids)

    def _take(self, page: ListPage, *, newest: bool) -> bool:
        """Note a page's entries; whether one of them is new, or (by last reply) was bumped."""
        fresh = False
        for entry in page.entries:
            state = self._run.memory.threads.get(entry.tid)
            if not entry.sticky:
                fresh |= state is None or (not newest and state.bumped(entry))
            if not (entry.moved and state):
                self._run.entries[entry.tid] = entry
            if state is None or state.visited is None:
                self._run.memory.threads[entry.tid] = listed(entry, state)
                self._unnoted.add(entry.tid)
        return fresh

    def _note(self, fid: int | None) -> None:
        """What the memory must not lose even if the run is killed: which threads are still to be read."""
        for tid in self._unnoted:
            self._run.tell(note(tid, self._run.memory.threads[tid]))
        self._unnoted.clear()
        if fid in self._run.memory.boards:
            self._run.tell({"board": (fid, self._run.memory.boards[fid])})

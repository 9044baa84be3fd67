"""Any forum as a source, by the selectors of its configuration."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawlers.http import shown
from crawlers.pace import BudgetError
from crawlers.parse.selected import Entry, ListPage
from crawlers.parse.selected_faults import GoneError, PageError, list_fault, thread_fault
from crawlers.pollers.config import ForumConfig
from crawlers.pollers.forum_memory import Memory, ThreadState, must_read, read_again, recall
from crawlers.pollers.forum_pages import ForumPages, TimeUpError
from crawlers.pollers.forum_records import Reading, Record, Teller
from crawlers.pollers.polled import Polled
from domain.clock import to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError

_LOG = logging.getLogger("yuqing.crawl")
_MOST_CAUSES = 3
_MOST_FAULTS_IN_A_ROW = 5


@dataclass(frozen=True)
class _Fault:
    """The fields of a coverage that say what could not be seen."""

    status: str
    cause: str
    evidence: str


@dataclass
class _Tally:
    """What one run gives. ``listed`` list pages and ``read`` threads, and the faults of each.

    ``gone`` threads of which the site says that they are not there, before that is believed; ``left`` threads that
    should have been read and were not even asked for.
    """

    records: list[Record] = field(default_factory=list)
    list_faults: list[_Fault] = field(default_factory=list)
    thread_faults: list[_Fault] = field(default_factory=list)
    gone: dict[str, SourceError] = field(default_factory=dict)
    in_a_row: int = 0
    time_up: bool = False
    listed: int = 0
    read: int = 0
    left: int = 0
    got: int = 0
    expected: int | None = None

    @property
    def faults(self) -> list[_Fault]:
        """All of them, those of lists first."""
        return [*self.list_faults, *self.thread_faults]

    @property
    def hopeless(self) -> bool:
        """Whether the next thread would only meet the same fault."""
        return self.time_up or self.in_a_row >= _MOST_FAULTS_IN_A_ROW

    def failed(self, tid: str, url: str, error: SourceError) -> None:
        """A thread that was not read, or not to its end."""
        self.thread_faults.append(_fault(error, f"主题 {tid}：{error.cause}", url))
        self.time_up = self.time_up or isinstance(error, TimeUpError | BudgetError)
        self.in_a_row += 1

    def forgive_time(self) -> None:
        """All that is new was read, and the time ended while the rest was looked at again: the next sweep goes on."""
        if self.time_up:
            self.thread_faults.pop()

    def count(self, reading: Reading, entry: Entry | None) -> None:
        """A thread of which something was read."""
        self.read, self.in_a_row = self.read + 1, 0
        self.got += len(reading.items)
        promised = entry.replies + 1 if reading.whole and entry and entry.replies is not None else 0
        self.expected = (self.expected or 0) + max(promised, len(reading.items))

    def status(self, *, seen_new: bool) -> str:
        """One thread that is for members leaves the source partial; a template that changed blinds it."""
        if not self.faults:
            return "ok" if seen_new else "quiet"
        first = self.faults[0]
        blind = not self.listed or first.status == "changed" or len(self.thread_faults) >= _MOST_FAULTS_IN_A_ROW
        return first.status if not self.read and blind else "partial"


class ForumSource(Polled[ForumConfig]):
    """Reads the lists and then the threads that are new, moved, or due again; meets `pipeline.ports.Source`.

    Posts that are new, or whose words or likes have changed, become observations; posts that are missing from a whole
    reading of their thread are told as deleted. Memory: see `crawlers.pollers.forum_memory`.
    """

    @property
    def _teller(self) -> Teller:
        return Teller(self._config.name, self._config.platform)

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new or changed; with ``revisit`` (``t`` and the thread's id) only those threads."""
        begun = time.monotonic()
        known, tally = recall(memory), _Tally()
        with self._client() as client:
            deadline = begun + 60 * self._config.max_minutes
            pages = ForumPages(client, self._config, now, deadline, closes=known.closes)
            if revisit:
                wanted = [tid for tid in known.threads if f"t{tid}" in revisit]
                tally.left = self._read_threads(pages, wanted, known, {}, tally, now)
                self._settle_gone(known, {}, tally, now)
            else:
                self._sweep(pages, known, tally, now)
            known.closes = tuple(sorted(pages.closes))
        return self._collected(tally, known, now, time.monotonic() - begun)

    def _sweep(self, pages: ForumPages, known: Memory, tally: _Tally, now: datetime) -> None:
        entries = self._read_lists(pages, known, tally)
        if not tally.listed:
            return
        must = must_read(known, entries)
        since = now - timedelta(days=self._config.reread_days)
        again = [tid for tid in read_again(known, entries, since) if tid not in set(must)]
        tally.left = self._read_threads(pages, must, known, entries, tally, now)
        if not tally.left:
            self._read_threads(pages, again[: self._config.reread_threads], known, entries, tally, now)
            tally.forgive_time()
        self._settle_gone(known, entries, tally, now)

    def _read_lists(self, pages: ForumPages, known: Memory, tally: _Tally) -> dict[str, Entry]:
        """The threads on the lists, each with a state in ``known``."""
        entries: dict[str, Entry] = {}
        for url in self._config.urls:
            found, more = self._read_list(pages, url, known, tally)
            if more and not _overlaps(found, known):
                cause = f"可能漏抓：列表 {shown(url)} 前 {self._config.max_pages} 页没有接上上次的，请加大 max_pages"
                tally.list_faults.append(_Fault("partial", cause, shown(url)))
            entries = {**found, **entries}
        for tid, entry in entries.items():
            known.threads.setdefault(tid, ThreadState(url=entry.url, title=entry.title))
        return entries

    def _read_list(self, pages: ForumPages, url: str, known: Memory, tally: _Tally) -> tuple[dict[str, Entry], bool]:
        """The threads of one list, and whether there are more pages than may be read."""
        found: dict[str, Entry] = {}
        following: str | None = url
        for number in range(1, self._config.max_pages + 1):
            if following is None:
                return found, False
            try:
                page = pages.listing(following)
                fault = list_fault(page)
                if fault and number > 1 and _shows_nothing(page, fault) and known.ends_at(url, number):
                    return found, False
                if fault:
                    raise fault
            except SourceError as error:
                tally.list_faults.append(_fault(error, f"列表 {shown(url)} 第 {number} 页：{error.cause}", following))
                return found, False
            tally.listed += 1
            if number > 1 and [entry.id for entry in page.entries] == list(found)[: len(page.entries)]:
                cause = f"列表 {shown(url)} 翻页不起作用，第 {number} 页与第 1 页相同"
                tally.list_faults.append(_Fault("partial", cause, following))
                return found, False
            fresh = [entry for entry in page.entries if entry.id not in found]
            found.update({entry.id: entry for entry in fresh})
            if not fresh:
                return found, False
            following = page.next
        return found, following is not None

    def _read_threads(
        self,
        pages: ForumPages,
        wanted: Sequence[str],
        known: Memory,
        entries: Mapping[str, Entry],
        tally: _Tally,
        now: datetime,
    ) -> int:
        """Read these threads one after another; gives how many were left because it was hopeless to go on."""
        for number, tid in enumerate(wanted):
            if tally.hopeless:
                return len(wanted) - number
            entry = entries.get(tid)
            state = known.threads[tid]
            _LOG.info("主题 %s：%s", tid, _why(state, entry))
            reading = self._read_thread(pages, state)
            if self._teller.missing(reading, tid, state) and reading.pages > 1:
                # Posts move to an earlier page when one before them goes, and so pass by a reader of page after page.
                self._read_again(pages, reading, state)
            if isinstance(reading.fault, GoneError) and not reading.pages:
                tally.gone[tid] = reading.fault
                continue
            if reading.pages:
                records, known.threads[tid] = self._teller.settle(reading, tid, state, entry, now)
                tally.records += pages.kept(records)
                tally.count(reading, entry)
            self._note_faults(reading, tid, entry, known, tally)
        return 0

    def _read_thread(self, pages: ForumPages, state: ThreadState) -> Reading:
        if state.resume is not None:
            reading = self._walk(pages, state.resume, Reading(from_start=False))
            if reading.pages or not isinstance(reading.fault, GoneError):
                return reading
        return self._walk(pages, state.url, Reading(from_start=True))

    def _read_again(self, pages: ForumPages, reading: Reading, state: ThreadState) -> None:
        second = self._walk(pages, state.url, Reading(from_start=True))
        reading.items = {**reading.items, **second.items}
        reading.page_of = {**reading.page_of, **second.page_of}
        reading.fault, reading.following = second.fault, second.following
        reading.pages += second.pages

    def _walk(self, pages: ForumPages, url: str, reading: Reading) -> Reading:
        """Page after page to the end, the limit or a fault, all of which the reading tells."""
        for number in range(1, self._config.max_thread_pages + 1):
            try:
                page = pages.thread(url)
                if fault := thread_fault(page):
                    raise fault
            except SourceError as error:
                reading.fault = error
                return reading
            if not reading.add(page, url, pages.answer) and number > 1:
                reading.fault = SourceError("changed", f"第 {number} 页与前面的页相同")
                return reading
            if page.next is None:
                return reading
            url = page.next
        reading.following = url
        return reading

    def _note_faults(self, reading: Reading, tid: str, entry: Entry | None, known: Memory, tally: _Tally) -> None:
        url = known.threads[tid].url
        if reading.fault:
            tally.failed(tid, url, reading.fault)
        elif reading.following:
            cause = f"主题 {tid}：超过 {self._config.max_thread_pages} 页，下次接着读"
            tally.thread_faults.append(_Fault("partial", cause, shown(url)))
        elif reading.whole and entry and entry.replies is not None:
            self._note_shortage(len(reading.items), entry.replies, tid, known, tally)

    def _note_shortage(self, got: int, replies: int, tid: str, known: Memory, tally: _Tally) -> None:
        """Clearly fewer posts than the list promised are told once: some sites count what they do not show."""
        state, short = known.threads[tid], replies + 1 - got
        if short > max(2, replies // 10) and short > state.short:
            cause = f"主题 {tid}：网站说有 {replies} 个回复，只读到 {got - 1} 个"
            tally.thread_faults.append(_Fault("partial", cause, shown(state.url)))
        known.threads[tid] = state.model_copy(update={"short": max(short, 0)})

    def _settle_gone(self, known: Memory, entries: Mapping[str, Entry], tally: _Tally, now: datetime) -> None:
        """Believe that threads are gone, unless a list still shows one that we knew, or most are said to be gone.

        A site that moves to other addresses answers 404 for all of them, and nobody deleted anything. One that a list
        shows and that was never there for us is told once.
        """
        doubtful = sum(bool(known.threads[tid].posts) for tid in tally.gone) > max(1, tally.read)
        for tid, error in tally.gone.items():
            state = known.threads[tid]
            if doubtful or (tid in entries and (state.posts or not tally.read or not state.gone)):
                tally.failed(tid, state.url, error)
                known.threads[tid] = state.model_copy(update={"due": True, "gone": not state.posts})
            else:
                records, known.threads[tid] = self._teller.vanish(tid, state, now)
                tally.records += records

    def _collected(self, tally: _Tally, known: Memory, now: datetime, took_s: float) -> Collected:
        observations, rejects = self._door.admit_all(tally.records, self.name)
        faults = tally.faults
        more = f"；另有 {len(faults) - _MOST_CAUSES} 处" if len(faults) > _MOST_CAUSES else ""
        more += f"；还有 {tally.left} 个主题没有读" if tally.left else ""
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=took_s),
            status=tally.status(seen_new=bool(observations)),
            got=tally.got,
            expected=tally.expected,
            cause="；".join(fault.cause for fault in faults[:_MOST_CAUSES]) + more if faults else None,
            evidence=faults[0].evidence if faults else None,
        )
        return Collected(tuple(observations), tuple(rejects), coverage, known.note())


def _shows_nothing(page: ListPage, fault: SourceError) -> bool:
    """An empty page of the site's own, and no login, challenge or error in its place."""
    return fault.status == "changed" and not page.entries and bool(page.words.strip())


def _why(state: ThreadState, entry: Entry | None) -> str:
    if not state.posts:
        return "没有读过，读"
    return "列表里有变化或轮到再看，读" if entry else "不在列表前几页了，再看一遍"


def _overlaps(found: Mapping[str, Entry], known: Memory) -> bool:
    """Whether a list reaches down to what the last sweep saw. What stands on top may always stand there."""
    seen = [tid in known.threads for tid in found]
    below = seen[seen.index(False) :] if False in seen else []
    return not below or not known.threads or any(below)


def _fault(error: SourceError, cause: str, url: str) -> _Fault:
    evidence = f"{shown(url)} {error.evidence}" if isinstance(error, PageError) else shown(url)
    return _Fault(error.status, cause, evidence)

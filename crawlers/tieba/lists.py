"""Reads the thread lists of the bars, and what searches find in them, down to what the last sweep saw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from crawlers.tieba.answers import Entry, Hit, ListPage, SearchPage
from crawlers.tieba.config import TiebaConfig
from crawlers.tieba.faults import TiebaError
from crawlers.tieba.memory import Memory, ThreadState
from crawlers.tieba.tally import Fault, Tally
from domain.errors import SourceError

_ORDERS = {"created": "新帖列表", "replied": "回复列表"}


class Asker(Protocol):
    """What this module needs of `crawlers.tieba.client.TiebaClient`."""

    async def threads(self, bar: str, page: int, order: str) -> ListPage: ...

    async def search(self, bar: str, word: str, page: int) -> SearchPage: ...


async def read_lists(
    client: Asker, config: TiebaConfig, known: Memory, now: datetime, tally: Tally
) -> dict[str, Entry]:
    """The threads on the lists, each with a state in ``known``."""
    entries: dict[str, Entry] = {}
    for bar in config.bars:
        for order in _ORDERS:
            if not tally.hopeless:
                entries |= await _read_list(client, config, (bar, order), known, now, tally)
    for tid, entry in entries.items():
        known.threads.setdefault(tid, ThreadState(title=entry.title))
    return entries


async def read_searches(client: Asker, config: TiebaConfig, known: Memory, since: datetime, tally: Tally) -> None:
    """Note in ``tally.hits`` the threads in which a search finds something since ``since`` that was never told."""
    for bar in config.bars:
        for word in config.search:
            if not tally.hopeless:
                await _search(client, config, (bar, word), known, since, tally)
    for tid in tally.hits:
        known.threads.setdefault(tid, ThreadState())


async def _read_list(
    client: Asker, config: TiebaConfig, which: tuple[str, str], known: Memory, now: datetime, tally: Tally
) -> dict[str, Entry]:
    """One list. Where it broke off, the next reading must reach as far down as this one had to."""
    bar, order = which
    key, what = f"{order}:{bar}", f"{bar}吧{_ORDERS[order]}"
    reached = newest = known.reached.get(key, 0)
    found: dict[str, Entry] = {}
    number = 0
    try:
        for number in range(1, config.max_pages + 1):
            page = await client.threads(bar, number, order)
            tally.listed += 1
            fresh = {str(entry.tid): entry for entry in page.entries if str(entry.tid) not in found}
            found |= fresh
            times = [_time(entry, order) for entry in page.entries if not entry.pinned]
            newest = max([newest, *times])
            if _ends(page, bool(fresh), times, reached, len(found)):
                break
        else:
            _note_gap(tally, what, config, first=not reached)
    except SourceError as error:
        tally.list_failed(f"{what}第 {number} 页", error)
        return found
    # A time in the future would hide every gap until then.
    known.reached[key] = min(newest, int(now.timestamp()))
    return found


def _time(entry: Entry, order: str) -> int:
    return entry.created if order == "created" else entry.last


def _ends(page: ListPage, fresh: bool, times: Sequence[int], reached: int, found: int) -> bool:
    """Whether the list need not be read further; TiebaError where it ends although it cannot be at its end."""
    if reached and times and times[-1] <= reached:
        return True
    if fresh and page.more:
        return False
    if page.more and (page.entries or reached):
        told = "与前面的页相同，却说后面还有" if page.entries else "是空的，却说后面还有"
        raise TiebaError("changed", told, told)
    if reached and 2 * found < page.threads_in_bar:
        told = f"吧里有 {page.threads_in_bar} 个主题，列表到第 {found} 个就完了，没有接上上次的"
        raise TiebaError("partial", told, told)
    return True


def _note_gap(tally: Tally, what: str, config: TiebaConfig, *, first: bool) -> None:
    if not first:  # there is nothing to reach down to before the first sweep
        cause = f"可能漏抓：{what}前 {config.max_pages} 页没有接上上次的，请加大 max_pages"
        tally.list_faults.append(Fault("partial", cause, what))


async def _search(
    client: Asker, config: TiebaConfig, which: tuple[str, str], known: Memory, since: datetime, tally: Tally
) -> None:
    bar, word = which
    key, what = f"search:{bar}:{word}", f"{bar}吧搜索“{word}”"
    reached = newest = known.reached.get(key, 0)
    seen: set[Hit] = set()
    number = 0
    try:
        for number in range(1, config.max_pages + 1):
            page = await client.search(bar, word, number)
            tally.listed += 1
            fresh = set(page.hits) - seen
            seen |= fresh
            recent = [hit for hit in fresh if hit.created >= since.timestamp()]
            tally.hits |= {str(hit.tid) for hit in recent if not _told(hit, known)}
            newest = max([newest, *(hit.created for hit in recent)])
            older = any(hit.created < since.timestamp() or hit.created <= reached for hit in fresh)
            if older or not page.more or not fresh:
                break
        else:
            _note_gap(tally, what, config, first=not reached)
    except SourceError as error:
        tally.list_failed(f"{what}第 {number} 页", error)
        return
    known.reached[key] = newest


def _told(hit: Hit, known: Memory) -> bool:
    """Whether this very post or comment has been told, or its thread is known to be gone."""
    state = known.threads.get(str(hit.tid))
    if state is None:
        return False
    if state.gone or state.opening == hit.post:
        return True
    if hit.comment is None:
        return f"p{hit.post}" in state.posts
    floor = state.floors.get(str(hit.post))
    return floor is not None and f"c{hit.comment}" in floor.marks

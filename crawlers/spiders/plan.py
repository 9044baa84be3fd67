"""Which threads a sweep reads, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawlers.parse.discuz_list import Entry
from crawlers.spiders.memory import ThreadState

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """Thread ids: those whose reading makes the sweep complete, and those that are only looked at again."""

    must: tuple[int, ...]
    again: tuple[int, ...]


def make_plan(
    threads: Mapping[int, ThreadState],
    entries: Mapping[int, Entry],
    now: datetime,
    *,
    reread_days: int,
    reread_threads: int,
) -> Plan:
    """Must: threads never read, and those whose counters moved, the last active first.

    Again, the least recently visited first: threads active in the last ``reread_days``, then up to
    ``reread_threads`` of the others. An edited or deleted post shows in no list; only reading again finds it.
    """
    must = [tid for tid, state in threads.items() if _is_due(state, entries.get(tid))]
    must.sort(key=lambda tid: (threads[tid].last or _NEVER, tid), reverse=True)
    # A thread that guests could not see is asked for again only while a list shows it.
    rest = [tid for tid, state in threads.items() if not state.gone or tid in entries]
    rest = sorted(set(rest).difference(must), key=lambda tid: (threads[tid].visited or _NEVER, tid))
    since = now - timedelta(days=reread_days)
    recent = [tid for tid in rest if (threads[tid].last or now) >= since]
    others = [tid for tid in rest if (threads[tid].last or now) < since]
    return Plan(tuple(must), (*recent, *others[:reread_threads]))


def _is_due(state: ThreadState, entry: Entry | None) -> bool:
    if entry is None or entry.moved:
        return state.visited is None
    return state.moved(entry)

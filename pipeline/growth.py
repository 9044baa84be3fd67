"""Between sweeps: which threads of incidents are read again, and which blind sources are tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from domain.alerts import Level
from domain.clock import local, to_utc
from domain.incidents import Member, Snapshot
from pipeline.parts import Parts
from pipeline.revisits import HOUR, Thread, due


def threads_due(parts: Parts) -> dict[str, list[str]]:
    """The roots of threads that are due, by source. A source that is blind is not asked for single threads."""
    now = parts.clock()
    blind = {outage.source for outage in parts.store.outages(now) if outage.dark}
    sources = {source.name for source in parts.sources} - blind
    visits = parts.store.visits()
    threads: dict[tuple[str, str], Thread] = {}
    for found in _threads(parts, now):
        if found.source in sources:
            key = found.source, found.id
            known = threads.get(key, found)
            threads[key] = Thread(
                *key,
                max(found.last_post_at, known.last_post_at),
                max(found.velocity, known.velocity),
                max(found.level, known.level),
                max(found.read_at, known.read_at, visits.get(key, found.read_at)),
            )
    return due(threads.values(), now, parts.revisits, parts.store.visits_since(midnight(now)))


def blind_due(parts: Parts) -> list[str]:
    """The blind sources in use that no look has tried for `RevisitPlan.retry_minutes`."""
    now, minutes = parts.clock(), parts.revisits.retry_minutes
    if not minutes:
        return []
    names, since = {source.name for source in parts.sources}, now - timedelta(minutes=minutes)
    dark = [outage.source for outage in parts.store.outages(now) if outage.dark and outage.source in names]
    return [name for name in dark if not parts.store.looks_of(name, since)]


def note_visits(parts: Parts, source: str, threads: Collection[str]) -> None:
    """These threads were asked for, whatever came of it: a closed door is not knocked at every minute."""
    now = parts.clock()
    parts.store.note_visits(source, threads, now, midnight(now))


def midnight(now: datetime) -> datetime:
    """The begin of the present day in Shanghai."""
    return to_utc(local(now).replace(hour=0, minute=0, second=0, microsecond=0))


def _threads(parts: Parts, now: datetime) -> Iterator[Thread]:
    since = now - timedelta(days=parts.revisits.days)
    for bank in parts.banks:
        for incident, members, last in parts.store.active_incidents(bank.name, since):
            if incident.last_post_at >= since:
                yield from _threads_of(members, last, parts.store.alert_state(incident.id).level, now)


def _threads_of(members: Collection[Member], last: Snapshot | None, level: Level, now: datetime) -> Iterator[Thread]:
    """One for each member; those of the same thread are put together later. An old snapshot says nothing of speed."""
    velocity = last.velocity if last and now - last.at <= HOUR else 0.0
    for member in members:
        post = member.post
        yield Thread(post.source, post.thread, post.moment, velocity, level, post.last_seen_at)

"""The daily digest of each bank, written even when nothing happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.notices import digest_notice
from alerts.render import render_digest
from domain.alerts import AlertState, Digest, DigestLine, Level
from domain.readings import Bank
from pipeline.collect import blind_now
from pipeline.parts import Parts

DAY = timedelta(days=1)


def write_digests(parts: Parts) -> int:
    """Put today's digest of each bank into the outbox; one that is there already is left alone."""
    now = parts.clock()
    digests = [_digest(parts, bank, now) for bank in parts.banks]
    notices = [digest_notice(digest, render_digest(digest), parts.alerts) for digest in digests]
    fresh = [notice for notice in notices if not parts.store.has_notice(notice.id)]
    parts.store.add_notices(fresh, parts.mail_domain)
    return len(fresh)


def _digest(parts: Parts, bank: Bank, now: datetime) -> Digest:
    last = parts.store.last_run("sweep")
    since = last.started_at if last else now - parts.alerts.policy.lookback_days * DAY
    posts, about, negative = parts.store.counts_since(bank.name, since)
    # The last digest was written at the end of its sweep, and told what that sweep had decided.
    told = (last.finished_at if last else None) or since
    blind, lines = blind_now(parts), _lines(parts, bank, since, told)
    lively = {line.incident.id for line in lines}
    return Digest(
        bank=bank.name,
        at=now,
        since=since,
        posts_collected=posts,
        posts_about=about,
        posts_negative=negative,
        lines=tuple(lines),
        sources_seen=len(parts.sources) - len(blind),
        blind=tuple(blind),
        undelivered=parts.store.undelivered(now),
        last_sweep_at=last.finished_at if last else None,
        runs=tuple(parts.store.run_tallies(since)),
        calmed=tuple(item for item in parts.store.calmed_since(bank.name, told) if item.id not in lively),
    )


def _lines(parts: Parts, bank: Bank, since: datetime, told: datetime) -> list[DigestLine]:
    """The incidents with posts after ``since``, and those of which a mail after ``told`` alerts: it may have waited."""
    active = parts.store.active_incidents(bank.name, since)
    states = parts.store.alert_states([incident.id for incident, _members, _last in active])
    lively = {
        item.id: (item, last)
        for item, _members, last in active
        if last is not None and (item.last_post_at >= since or _is_told(states[item.id], told))
    }
    shots = parts.store.snapshots_of(dict.fromkeys(lively, since))
    lines = []
    for name, (incident, snapshot) in lively.items():
        peak = max(shots[name], key=lambda shot: shot.index, default=None)
        lines.append(DigestLine(incident, snapshot, states[name].level, incident.opened_at >= since, peak))
    return sorted(lines, key=lambda line: (-line.level, -line.snapshot.heat, line.incident.id))


def _is_told(state: AlertState, since: datetime) -> bool:
    return state.level >= Level.YELLOW and state.notified_at is not None and state.notified_at > since

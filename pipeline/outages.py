"""Telling those who look after the sources: one notice for each blindness that lasts too long, and one all-clear."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.notices import Blindness, blindness_told, recovery_notices, source_notices
from alerts.render import render_outages, render_recoveries
from domain.alerts import Notice
from domain.coverage import Outage, Recovery
from pipeline.parts import Parts

HALF = 0.5


def tell_of_sources(parts: Parts) -> int:
    """Put what is to be told into the outbox; returns the number of notices. Told once, across restarts.

    Several sources share one notice: when one has been blind for long enough, the others that have been so for at
    least half of their limit are told with it.
    """
    now = parts.clock()
    names = {source.name for source in parts.sources}
    outages = [outage for outage in parts.store.outages(now) if outage.source in names]
    outages = [replace(outage, label=parts.labels[outage.source]) for outage in outages]
    told = {blindness_told(notice): thread for notice, thread in parts.store.open_source_notices().items()}
    told = {blindness: thread for blindness, thread in told.items() if blindness.source in names}
    notices = [*_over(parts, outages, told, now), *_begun(parts, outages, told, now)]
    parts.store.add_notices(notices, parts.mail_domain)
    return sum(bool(notice.recipients) for notice in notices)


def _begun(parts: Parts, outages: Sequence[Outage], told: Collection[Blindness], now: datetime) -> Iterator[Notice]:
    """What is dark and what is partial are told apart: their limits and their remedies are not the same.

    The all-clear of a darkness says itself that not all is seen yet: that is told on its own only if it lasts.
    """
    known = {(blindness.source, dark) for blindness in told for dark in (blindness.dark, False)}
    everything = len(parts.sources) > 1 and sum(outage.status == "down" for outage in outages) == len(parts.sources)
    for dark in (True, False):
        alike = [outage for outage in outages if outage.dark == dark]
        shares = {outage: (now - outage.since) / _limit(parts, outage) for outage in alike}
        fresh = [outage for outage in alike if (outage.source, dark) not in known]
        if any(shares[outage] >= 1 for outage in fresh):
            telling = [outage for outage in fresh if shares[outage] >= HALF]
            telling.sort(key=lambda outage: (outage.since, outage.source))
            message = render_outages(telling, now, everything=everything and dark)
            yield from source_notices(telling, message, parts.alerts, now)


def _limit(parts: Parts, outage: Outage) -> timedelta:
    rules = parts.alerts.sources
    hours = parts.blind_hours.get(outage.source, rules.blind_hours) if outage.dark else rules.partial_hours
    return max(timedelta(hours=hours), timedelta(seconds=1))


def _over(parts: Parts, outages: Sequence[Outage], told: Mapping[Blindness, str], now: datetime) -> Sequence[Notice]:
    """What was told as dark is over where something is seen again, what was told as partial where everything is."""
    present = {outage.source: outage for outage in outages}
    over = {}
    for blindness, thread in told.items():
        outage = present.get(blindness.source)
        if outage is None or (blindness.dark and not outage.dark):
            over[blindness] = thread
    recoveries = [_recovery(parts, blindness, present.get(blindness.source), now) for blindness in over]
    return recovery_notices(over, render_recoveries(recoveries, now), parts.alerts, now) if over else ()


def _recovery(parts: Parts, blindness: Blindness, outage: Outage | None, now: datetime) -> Recovery:
    new = parts.store.new_posts_since(blindness.source, blindness.since)
    label, status = parts.labels[blindness.source], outage.status if outage else "ok"
    return Recovery(blindness.source, label, blindness.since, now, status, new)

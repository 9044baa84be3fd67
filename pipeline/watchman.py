"""The dead man's switch: whichever process lives next tells of a sweep that failed, hangs or never began."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.notices import run_notices
from alerts.render import render_runs
from domain.clock import local
from domain.runs import RunTrouble
from pipeline.parts import Parts
from pipeline.watch import Watch

LOOKED_BACK = timedelta(days=3)
"""A failure that nobody was told of within so long is in the ledger, and no news."""

RUNS = 20
"""How many of the last sweeps are looked at."""


def tell_of_runs(parts: Parts) -> int:
    """Put the notice of what was not told yet into the outbox; returns the number of runs told of."""
    if parts.watch is None:
        return 0
    now = parts.clock()
    found = [trouble for trouble in _troubles(parts, parts.watch, now) if not parts.store.has_notice(trouble.notice)]
    if found:
        notices = run_notices(found, render_runs(found, now), parts.alerts, now)
        parts.store.add_notices(notices, parts.mail_domain)
    return len(found)


def _troubles(parts: Parts, watch: Watch, now: datetime) -> Iterator[RunTrouble]:
    runs = parts.store.runs_of("sweep", RUNS)
    for run in runs:
        if run.status == "failed" and now - run.started_at <= LOOKED_BACK:
            yield RunTrouble("failed", run.started_at, run.detail, f"run.failed.{run.id}")
        if run.status == "running" and now - run.started_at > watch.within:
            minutes = round(watch.within / timedelta(minutes=1))
            yield RunTrouble("late", run.started_at, f"开始后 {minutes} 分钟还没有结束", f"run.late.{run.id}")
    due = watch.last_due(now - watch.within)
    before = [run for run in runs if run.started_at < due]
    if before and not any(due <= run.started_at <= due + watch.within for run in runs):
        last = local(before[-1].started_at)
        cause = f"过了 {watch.within / timedelta(hours=1):g} 小时还没有运行；再上一次是 {last:%m-%d %H:%M}"
        yield RunTrouble("missed", due, cause, f"run.missed.{local(due):%Y-%m-%d}")

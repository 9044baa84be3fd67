"""``yuqing backtest``: joins an archive, a configuration and a store of its own for a replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.progress import Silent
from app.wiring import make_door, make_parts
from config.settings import Settings
from crawlers.imports.posts import read_posts, write_rejects
from domain.errors import RecordError
from domain.posts import Observation, Reject
from evaluation.backtest import ARCHIVE, NOBODY, ArchiveSource, NoMailer, VirtualClock, replay, write_report
from evaluation.past_list import PastList
from evaluation.past_report import report_past
from incidents.spread import Measurers
from pipeline.parts import Parts
from storage.replay import open_replay_store
from storage.store import SqlStore

STORE = "backtest.db"


def run_backtest(
    settings: Settings,
    archive: Path,
    out: Path,
    every: timedelta,
    *,
    reminders: bool = False,
    past: PastList | None = None,
) -> tuple[dict[str, Any], int]:
    """Replay ``archive`` into ``out``; the summary, and how many lines were refused.

    Nobody answers in a replay, so every mail would be followed by all of its ``reminders``: they are left out unless
    asked for. ``past``: incidents that people remember, to be looked for; the summary has them under ``past``.
    """
    observations, rejects = _read(settings, archive)
    write_rejects(archive, rejects)
    if not observations:
        raise RecordError("empty", f"{archive.name} 里没有可用的观察记录")
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{STORE}*"):
        left.unlink()
    url = f"sqlite:///{(out / STORE).resolve()}"
    store = open_replay_store(url)
    replay(_parts(settings, store, reminders), observations, settings.main.schedule.sweep_at, every)
    store.close()
    banks = [config.bank() for config in settings.banks.banks]
    more = {"past": report_past(url, out, past, banks, settings.alerts)} if past else {}
    return write_report(url, out, more), len(rejects)


def _read(settings: Settings, archive: Path) -> tuple[list[Observation], list[Reject]]:
    observations: list[Observation] = []
    rejects: list[Reject] = []
    for batch in read_posts(archive, make_door(settings)):
        observations += batch.observations
        rejects += batch.rejects
    return observations, rejects


def _parts(settings: Settings, store: SqlStore, reminders: bool) -> Callable[[ArchiveSource, VirtualClock], Parts]:
    def make(source: ArchiveSource, clock: VirtualClock) -> Parts:
        parts = make_parts(settings, Silent(), clock, store=store)
        people = settings.alerts.recipients
        people = people.model_copy(update={"digest": people.digest or (NOBODY,)})
        # An archive is no source: what it lacks says nothing of a site, and nobody can mend it.
        watch = settings.alerts.sources.model_copy(update={"improbable": 0.0})
        ladder = settings.alerts.reminders.model_copy(update={"enabled": reminders})
        alerts = settings.alerts.model_copy(update={"recipients": people, "sources": watch, "reminders": ladder})
        parts = replace(parts, sources=[source], labels={ARCHIVE: ARCHIVE}, mailer=NoMailer(), alerts=alerts)
        # Neither pictures nor a second reader would say tomorrow what they say today.
        parts = replace(parts, pictures=None, second=None)
        # A look an hour at what has seldom changed; and nobody sees a mail.
        return replace(parts, measurers=Measurers(), drawn=False)

    return make

"""The clock: APScheduler fires the use cases. Nobody imports this module; ``yuqing schedule`` becomes it.

Jobs live in memory; what has run is read from the store's ledger, so a renamed function never breaks a stored job
and a sweep missed while the machine was down runs at start.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.progress import Silent
from app.verbose import speak
from app.wiring import make_parts
from config.settings import Settings, load_settings
from pipeline.deliver import deliver
from pipeline.parts import Parts
from pipeline.sweep import SweepReport, revisit, sweep
from pipeline.watch import last_due

log = logging.getLogger("yuqing.schedule")


def missed(parts: Parts, settings: Settings) -> bool:
    """Whether the last due sweep has not run (or has failed)."""
    due = last_due(settings.main.schedule.sweep_at, ZoneInfo(settings.main.timezone), parts.clock())
    last = parts.store.last_run("sweep")
    return last is None or last.started_at < due


def watch(parts: Parts, settings: Settings) -> SweepReport | None:
    """The tick between sweeps: read again what is due. A sweep that was missed or has failed is made up for first."""
    return sweep(parts) if missed(parts, settings) else revisit(parts)


def build(parts: Parts, settings: Settings) -> BlockingScheduler:
    """The scheduler with its three jobs: the daily sweep, the tick that asks what is due between sweeps, and delivery.

    ``misfire_grace_time=None``: APScheduler's default of one second would silently skip a daily job that is late.
    """
    plan = settings.main.schedule
    zone = ZoneInfo(settings.main.timezone)
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BlockingScheduler(timezone=zone, job_defaults=defaults)
    hour, minute = plan.sweep_at.split(":")
    daily = CronTrigger(hour=int(hour), minute=int(minute), timezone=zone)
    scheduler.add_job(_logged(lambda: sweep(parts), "巡检"), daily, id="sweep")
    every = IntervalTrigger(minutes=plan.revisit_minutes, timezone=zone)
    scheduler.add_job(_logged(lambda: watch(parts, settings), "回访"), every, id="revisit")
    scheduler.add_job(
        _logged(lambda: deliver(parts), "投递"),
        IntervalTrigger(minutes=plan.deliver_minutes, timezone=zone),
        id="deliver",
    )
    return scheduler


def run(parts: Parts, settings: Settings) -> None:
    """Serve until stopped; a sweep that was missed while nobody was running runs first."""
    scheduler = build(parts, settings)
    if missed(parts, settings):
        log.info("上一次应做的巡检没有完成记录，现在补做")
        scheduler.add_job(_logged(lambda: watch(parts, settings), "补做巡检"), id="catch-up")
    log.info("已启动：每天 %s 巡检（%s）", settings.main.schedule.sweep_at, settings.main.timezone)
    scheduler.start()


def _logged(work: Callable[[], object], name: str) -> Callable[[], None]:
    def fire() -> None:
        outcome = work()
        summary = getattr(outcome, "summary", None)
        if summary is not None:
            log.info("%s完成：%s", name, summary())

    return fire


@click.command()
@click.option("--config", "folder", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("-v", "verbosity", count=True)
def main(folder: Path, verbosity: int) -> None:
    """Serve the configuration in ``folder``; with ``-v`` the rooms say what they decide."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    log.setLevel(logging.INFO)
    speak(verbosity)
    settings = load_settings(folder)
    run(make_parts(settings, Silent()), settings)


if __name__ == "__main__":
    main()

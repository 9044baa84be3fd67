"""The clock: when a sweep was due, whether it was missed, and how the jobs are set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

import scheduler
from config.models import MainConfig
from config.settings import Settings
from domain.coverage import Run
from pipeline.parts import Parts

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAIL = {"host": "localhost", "port": 25, "security": "none", "sender": "a@b.cn", "domain": "b.cn"}


@dataclass
class Ledger:
    """A store of which only the last sweep matters."""

    last: Run | None

    def last_run(self, kind: str) -> Run | None:
        """The run that the test put there."""
        assert kind == "sweep"
        return self.last


@dataclass
class FewParts:
    """The parts that the clock looks at."""

    store: Ledger
    clock: Any


@dataclass
class FewSettings:
    """The settings that the clock looks at."""

    main: MainConfig


def parts(now: str, last: str | None) -> Parts:
    """Parts at ``now`` whose last sweep began at ``last``."""
    run = Run(1, "sweep", datetime.fromisoformat(last), None, "done", "") if last else None
    return cast("Parts", FewParts(Ledger(run), lambda: datetime.fromisoformat(now).astimezone(UTC)))


def settings(**schedule: Any) -> Settings:
    """Settings with the given schedule."""
    return cast("Settings", FewSettings(MainConfig.model_validate({"mail": MAIL, "schedule": schedule})))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-16T07:29:00+08:00", "2026-03-15T07:30:00+08:00"),
        ("2026-03-16T07:30:00+08:00", "2026-03-16T07:30:00+08:00"),
        ("2026-03-15T23:45:00+00:00", "2026-03-16T07:30:00+08:00"),
    ],
)
def test_the_latest_due_moment_is_by_the_wall_clock_of_the_zone(now: str, due: str) -> None:
    """Before half past seven it is yesterday's, from then on today's, whatever zone the machine runs in."""
    assert scheduler.last_due("07:30", SHANGHAI, datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("last", "expected"),
    [(None, True), ("2026-03-15T08:30:05+08:00", True), ("2026-03-16T08:30:01+08:00", False)],
)
def test_a_sweep_is_missed_when_none_began_since_it_was_due(last: str | None, expected: bool) -> None:
    """The ledger decides, not a timer that died with the machine."""
    assert scheduler.missed(parts("2026-03-16T09:00:00+08:00", last), settings()) is expected


def test_jobs_are_never_skipped_for_being_late_and_never_run_twice_at_once() -> None:
    """APScheduler's default grace of one second silently skips a daily job; ours is unlimited, merged, and single."""
    built = scheduler.build(parts("2026-03-16T09:00:00+08:00", None), settings(sweep_at="06:15"))
    jobs = {job.id: job for job in built.get_jobs()}
    assert set(jobs) == {"sweep", "revisit", "deliver"}
    assert built.timezone == SHANGHAI
    assert built._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    assert "hour='6', minute='15'" in str(jobs["sweep"].trigger)

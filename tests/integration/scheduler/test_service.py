"""The service for real: APScheduler's own loop, with the use cases replaced by flags."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import scheduler
from tests.unit.scheduler.test_clock import parts, settings


def test_a_missed_sweep_runs_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was down at half past eight; the service makes up for it as soon as it lives."""
    fired = threading.Event()
    built: list[Any] = []
    real_build = scheduler.build

    def build(*args: Any) -> Any:
        built.append(real_build(*args))
        return built[0]

    monkeypatch.setattr(scheduler, "build", build)
    monkeypatch.setattr(scheduler, "sweep", lambda _parts: fired.set())
    late = parts("2026-03-16T09:00:00+08:00", "2026-03-15T08:30:00+08:00")
    thread = threading.Thread(target=scheduler.run, args=(late, settings()), daemon=True)
    thread.start()
    assert fired.wait(10)
    built[0].shutdown(wait=False)
    thread.join(10)
    assert not thread.is_alive()


def test_between_sweeps_a_missed_one_goes_before_a_revisit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep that failed this morning is tried again before anything is looked at twice."""
    done: list[str] = []
    monkeypatch.setattr(scheduler, "sweep", lambda _parts: done.append("sweep"))
    monkeypatch.setattr(scheduler, "revisit", lambda _parts: done.append("revisit"))
    scheduler.watch(parts("2026-03-16T09:00:00+08:00", None), settings())
    scheduler.watch(parts("2026-03-16T09:00:00+08:00", "2026-03-16T08:30:01+08:00"), settings())
    assert done == ["sweep", "revisit"]

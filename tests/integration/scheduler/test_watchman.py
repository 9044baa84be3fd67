"""A sweep that failed, hangs or never began is told of by whoever lives next; a watcher outside hears of every one."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels.heartbeat import Heartbeat
from alerts.channels.http import Line
from app.progress import Silent
from app.starting import write_starting_folder
from app.wiring import make_parts
from config.settings import load_settings
from demo.httpd import Request, Response, serving
from domain.clock import SHANGHAI
from evaluation.backtest import NoMailer
from pipeline.parts import Parts
from pipeline.sweep import revisit, sweep
from pipeline.watch import Watch
from pipeline.watchman import tell_of_runs
from storage.query import run_query
from storage.store import open_store

DAY = datetime(2026, 3, 16, 7, 30, tzinfo=SHANGHAI).astimezone(UTC)
"""When the sweep is due."""


class Office:
    """A bank's folder, whose clock is set by hand and whose mail goes nowhere."""

    def __init__(self, folder: Path) -> None:
        write_starting_folder(folder)
        told = "recipients:\n  digest: [all@bank.example]\n  ops: [ops@bank.example]\n"
        (folder / "alerts.yaml").write_text(told, encoding="utf-8")
        self.settings = load_settings(folder)
        self.now = DAY
        self.store = open_store(self.settings.store_url)
        watch = Watch("07:30", SHANGHAI, timedelta(hours=3))
        made = make_parts(self.settings, Silent(), clock=lambda: self.now, store=self.store)
        self.parts: Parts = replace(made, watch=watch, mailer=NoMailer())

    def told(self) -> list[tuple[str, str]]:
        """Id and subject of the notices of runs, in order."""
        sql = "SELECT notice, subject FROM v_deliveries WHERE notice LIKE 'run.%' ORDER BY created_at, notice"
        return [(row[0], row[1]) for row in run_query(self.settings.store_url, sql)[1]]

    def at(self, **after: float) -> Parts:
        """The parts so long after the first due time."""
        self.now = DAY + timedelta(**after)
        return self.parts


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office that has just been set up."""
    return Office(tmp_path / "conf")


def test_a_sweep_that_ran_in_time_is_no_news(office: Office) -> None:
    """Nobody is told of the first sweep, of a daily one, nor before its time is over."""
    sweep(office.at())
    sweep(office.at(days=1, minutes=4))
    revisit(office.at(days=2, hours=2))
    assert office.told() == []


def test_a_machine_that_was_down_is_told_of_by_the_first_process_that_lives(office: Office) -> None:
    """The missed sweep is named with its time and told once, however often it is looked at afterwards."""
    sweep(office.at())
    sweep(office.at(days=3, hours=5))
    revisit(office.at(days=3, hours=6))
    ((notice, subject),) = office.told()
    assert notice == "run.missed.2026-03-19"
    assert "巡检没有按时运行（2026-03-19 07:30）" in subject


def test_a_new_installation_has_missed_nothing(office: Office) -> None:
    """Where no sweep ever ran, none is missed."""
    revisit(office.at(hours=12))
    assert office.told() == []


def test_a_failed_sweep_is_told_with_its_cause(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tick after it tells of it once; the sweep that makes up for it does not tell again."""
    monkeypatch.setattr("pipeline.sweep.measure", lambda _parts: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sweep(office.at())
    monkeypatch.undo()
    revisit(office.at(minutes=5))
    sweep(office.at(minutes=10))
    ((notice, subject),) = office.told()
    assert notice.startswith("run.failed.")
    assert "巡检中断" in subject
    (row,) = run_query(office.settings.store_url, "SELECT reason FROM v_deliveries WHERE notice LIKE 'run.%'")[1]
    assert "failed" in row[0]


def test_a_sweep_that_hangs_is_told_while_it_hangs(office: Office) -> None:
    """Another process notices that it is not over by its time."""
    office.store.claim_run("sweep", DAY, 24 * 3600)
    assert tell_of_runs(office.at(hours=2)) == 0
    assert tell_of_runs(office.at(hours=4)) == 1
    assert tell_of_runs(office.at(hours=5)) == 0
    assert "超时" in office.told()[0][1]


def test_the_digest_says_which_runs_ran(office: Office) -> None:
    """Sweeps, ticks and failures since the last digest stand in its text."""
    sweep(office.at())
    sweep(office.at(days=1))
    with sqlite3.connect(office.settings.store_url.removeprefix("sqlite:///")) as store:
        (told,) = store.execute("SELECT text FROM notices WHERE kind = 'digest' ORDER BY created_at DESC").fetchone()
    assert "期间运行：巡检 1 次" in told


def test_a_replay_tells_nobody_of_runs(office: Office) -> None:
    """What is looked back at did not run late."""
    replayed = replace(office.at(days=9), watch=None)
    office.store.claim_run("sweep", DAY, 24 * 3600)
    assert tell_of_runs(replayed) == 0


def test_the_watcher_outside_is_told_of_every_sweep(office: Office) -> None:
    """The address is asked for once a sweep; an answer that is no success needs a person, and holds nothing up."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response(200 if len(asked) == 1 else 500)

    with serving(answer) as url:
        parts = replace(office.at(), heartbeat=Heartbeat(Line("heartbeat", f"{url}/ping/secret")))
        first, second = sweep(parts), sweep(replace(parts, clock=lambda: DAY + timedelta(days=1)))
    third = sweep(replace(parts, clock=lambda: DAY + timedelta(days=2)))
    assert asked == ["/ping/secret"] * 2
    assert first is not None
    assert first.trouble is None
    for report, told in ((second, "500"), (third, "连接不上")):
        assert report is not None
        assert report.attention
        assert told in (report.trouble or "")
        assert "secret" not in (report.trouble or "")

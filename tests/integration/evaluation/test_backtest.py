"""Looking back through the same code as the sweep: what would have been an incident, and mailed when."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

import app.backtest
from config.settings import load_settings
from evaluation.history import records
from storage.store import open_store


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'backtest.db'}"


def test_the_same_archive_gives_the_same_bytes(told: Path) -> None:
    """A replay can be trusted only if it can be repeated."""
    for name in ("incidents.jsonl", "notices.jsonl", "summary.json", "past.csv", "past.md"):
        assert (told / "one" / name).read_bytes() == (told / "two" / name).read_bytes()


def test_what_a_replay_remembers_is_what_the_store_would_have_said(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quicker store changes nothing: the ordinary one gives the same bytes."""
    monkeypatch.setattr(app.backtest, "open_replay_store", open_store)
    settings = load_settings(told / "conf")
    app.backtest.run_backtest(settings, told / "archive.jsonl", told / "plain", timedelta(hours=1))
    for name in ("incidents.jsonl", "notices.jsonl"):
        assert (told / "one" / name).read_bytes() == (told / "plain" / name).read_bytes()
    for query in ("SELECT * FROM v_incidents", "SELECT * FROM v_incident_metrics", "SELECT * FROM v_coverage"):
        one, plain = (list(records(_url(told / name), query)) for name in ("one", "plain"))
        assert one
        assert one == plain


def test_a_replay_tells_the_incident_its_levels_and_the_mails_with_their_times(told: Path) -> None:
    """The mail goes out within the hour in which the fourth author was seen, and a digest every day; to nobody yet."""
    [incident] = [json.loads(line) for line in (told / "one" / "incidents.jsonl").read_text("utf-8").splitlines()]
    assert incident["posts"] == [["bbs", f"p{number}"] for number in range(5)]
    assert incident["levels"][0]["level"] == "blue"
    notices = [json.loads(line) for line in (told / "one" / "notices.jsonl").read_text("utf-8").splitlines()]
    alerts = [notice for notice in notices if notice["incident"] == incident["id"]]
    assert alerts[0]["kind"] == "new"
    assert "2026-03-10T04:00:00Z" <= alerts[0]["at"] <= "2026-03-10T06:00:00Z"
    assert alerts[0]["to"] == []
    assert sum(notice["kind"] == "digest" for notice in notices) == 2
    assert not [notice for notice in notices if notice["kind"] == "source"]


def test_nothing_of_a_replay_reaches_the_banks_own_store(told: Path) -> None:
    """Looking back leaves the present alone."""
    assert not (told / "conf" / "yuqing.db").exists()
    assert (told / "one" / "backtest.db").exists()


def test_what_people_remember_stands_beside_what_the_replay_told(told: Path) -> None:
    """Lead times, what was missed and why, and the row that could not be used."""
    past = json.loads((told / "one" / "summary.json").read_text("utf-8"))["past"]
    assert past["outcomes"] == {"alerted": 2, "below": 0, "not_negative": 0, "never_collected": 1}
    assert (past["incidents"], past["refused"], past["share_alerted"]) == (3, 1, 0.667)
    header, first, second, third = (told / "one" / "past.csv").read_text("utf-8-sig").splitlines()
    assert header.startswith("行,名称,人发现的时间,结果,提前小时")
    # The mail went out with the fourth author, at one o'clock.
    assert first.startswith("2,城关支行吞利息,2026-03-10 18:00,已预警,5,")
    assert second.startswith("3,吞利息的帖子,2026-03-10 11:00,已预警,-2,")
    assert third.endswith("首帖没有采集到，也没有采集到文字和时间相近的帖子")
    assert "第 5 行：没有发现时间" in (told / "one" / "past.md").read_text("utf-8")

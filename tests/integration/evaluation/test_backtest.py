"""Looking back through the same code as the sweep: what would have been an incident, and mailed when."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

import app.backtest
from app.starting import write_starting_folder
from config.settings import load_settings
from evaluation.history import records
from evaluation.replayed import read_replayed
from evaluation.timeliness import score_alerts
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


MATTERS = {
    "定期": "青禾银行城关支行三年定期到期没人通知就自动转存，少了利息，这不是吞利息吗，第 {} 回去问还是没人管",
    "闪退": "青禾银行手机银行打不开，登录一直闪退第 {} 天了，急着转钱给医院，耽误大事，客服没人接",
    "排队": "青禾银行河湾支行就开一个窗口，我排了 {} 个小时，老人站着等，太折磨人了，还骂人",
}


def three_matters(path: Path) -> Path:
    """Three threads of one morning that have nothing to do with one another, six people in each."""
    records = [
        {
            "source": "bbs", "platform": "forum", "id": f"{thread}{number}", "thread": f"{thread}0",
            "kind": "reply" if number else "thread", "title": None if number else f"青禾银行{name}",
            "text": text.format(number + 2), "author": {"id": f"{thread}{number}", "name": f"{name}网友{number}"},
            "published_at": "2026-03-10T09:20:00+08:00", "observed_at": "2026-03-10T09:30:00+08:00", "metrics": {},
        }
        for thread, (name, text) in enumerate(MATTERS.items(), 1)
        for number in range(6)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records), encoding="utf-8")
    return path


def test_what_a_storm_folds_was_told_and_is_one_mail(tmp_path: Path) -> None:
    """Of three alerts in an hour one goes out on its own: the others have a line each, and count as the one mail."""
    conf, out = tmp_path / "conf", tmp_path / "out"
    write_starting_folder(conf)
    (conf / "alerts.yaml").write_text("storm: {per_hour: 1}\nrecipients: {yellow: [zhiban@b.example]}\n", "utf-8")
    archive = three_matters(tmp_path / "archive.jsonl")
    settings = load_settings(conf)
    summary, _ = app.backtest.run_backtest(settings, archive, out, timedelta(hours=1))
    lines = [json.loads(line) for line in (out / "notices.jsonl").read_text("utf-8").splitlines()]
    (storm,) = [line for line in lines if "预警汇总" in line["subject"] and not line["incident"]]
    folded = [line for line in lines if line.get("folded")]
    told = [line for line in lines if line["incident"] and line["level"] != "none"]
    assert len({line["incident"] for line in told}) == len(told) == 3
    assert [(line["kind"], line["at"], line["to"]) for line in folded] == [("new", storm["at"], storm["to"])] * 2
    assert {line["level"] for line in told} <= {"yellow", "orange"}
    assert all(line["reason"].startswith("首次达到") for line in folded)
    assert summary["alerted_incidents"] == 3
    assert (summary["alerts"], summary["folded"]) == (2, 2)
    assert summary["alerts_by_kind"] == {"new": 1, "storm": 1}
    assert summary["notices"] == len(lines) - 2
    assert len(read_replayed(_url(out), [], settings.alerts).alerts) == 3
    gold = tmp_path / "gold"
    gold.mkdir()
    posts = [(f"{thread}{number}", f"M{thread}") for thread in (1, 2, 3) for number in range(6)]
    labels = [json.dumps({"source": "bbs", "id": post, "incident": name}) for post, name in posts]
    (gold / "gold.jsonl").write_text("\n".join(labels), "utf-8")
    wanted = {"max_level": "yellow", "must_alert_by": "2026-03-10T12:00:00+08:00", "must_not_alert": False}
    (gold / "incidents_gold.json").write_text(
        json.dumps([{"id": f"M{thread}", "expected": wanted} for thread in (1, 2, 3)]), "utf-8"
    )
    score = score_alerts(gold, out)
    assert (score.on_time, score.alerted, score.mails) == (3, 3, 2)


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

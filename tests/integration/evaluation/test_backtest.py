"""Looking back through the same code as the sweep: what would have been an incident, and mailed when."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.backtest import run_backtest
from app.starting import write_starting_folder
from config.settings import load_settings

TEXTS = (
    "青禾银行城关支行三年定期到期没人通知就自动转存，五万块利息少了一千二，这不是吞利息吗",
    "我妈也是，青禾银行自动转存没通知，利息少了八百多，太坑了",
    "城关支行态度还差，青禾银行投诉电话没人接，利息的事问了三次都说不知道",
    "同样遭遇，四万块定期利息被青禾银行吞了，气死了",
    "青禾银行利息少给的，大家一起去要说法",
)


def archive(path: Path) -> Path:
    """A thread of five complaints on one morning, seen every hour, and a reader's count a day later."""
    records: list[dict[str, Any]] = []
    for number, text in enumerate(TEXTS):
        seen = f"2026-03-10T{9 + number:02}:20:00+08:00"
        record = {"source": "bbs", "platform": "forum", "id": f"p{number}", "thread": "p0", "text": text}
        kind = {"kind": "reply", "reply_to": "p0"} if number else {"kind": "thread", "title": "青禾银行吞利息"}
        author = {"author": {"id": str(number), "name": f"网友{number}"}}
        records.append({**record, **kind, **author, "published_at": seen, "observed_at": seen, "metrics": {}})
    later = {**records[0], "observed_at": "2026-03-11T15:00:00+08:00", "metrics": {"views": 900}}
    lines = [json.dumps(record, ensure_ascii=False) for record in (later, *records)]
    path.write_text("\n".join([*lines, "{"]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The folder of results, made twice: in ``one`` and in ``two``."""
    write_starting_folder(tmp_path / "conf")
    file = archive(tmp_path / "archive.jsonl")
    for name in ("one", "two"):
        summary, refused = run_backtest(load_settings(tmp_path / "conf"), file, tmp_path / name, timedelta(hours=1))
        assert refused == 1
        assert summary["incidents"] == 1
    return tmp_path


def test_the_same_archive_gives_the_same_bytes(told: Path) -> None:
    """A replay can be trusted only if it can be repeated."""
    for name in ("incidents.jsonl", "notices.jsonl", "summary.json"):
        assert (told / "one" / name).read_bytes() == (told / "two" / name).read_bytes()


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

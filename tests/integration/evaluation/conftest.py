"""One small archive replayed twice, for all tests that look back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.backtest import run_backtest
from app.starting import write_starting_folder
from config.settings import load_settings
from evaluation.past_list import read_past

TEXTS = (
    "青禾银行城关支行三年定期到期没人通知就自动转存，五万块利息少了一千二，这不是吞利息吗",
    "我妈也是，青禾银行自动转存没通知，利息少了八百多，太坑了",
    "城关支行态度还差，青禾银行投诉电话没人接，利息的事问了三次都说不知道",
    "同样遭遇，四万块定期利息被青禾银行吞了，气死了",
    "青禾银行利息少给的，大家明天一起去支行门口要说法",
)

PAST = (
    "名称,发现时间,关键词,来源:编号",
    "城关支行吞利息,2026-03-10 18:00,利息、转存,",
    "吞利息的帖子,2026-03-10 11:00,,bbs:p0",
    "金库失窃,2026-03-11,,bbs:nowhere",
    "没有时间的一行,,,",
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


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results, made twice: in ``one`` and in ``two``, both with a list of past incidents."""
    folder = tmp_path_factory.mktemp("replay")
    write_starting_folder(folder / "conf")
    file = archive(folder / "archive.jsonl")
    (folder / "past.csv").write_text("\n".join(PAST) + "\n", encoding="utf-8")
    past = read_past(folder / "past.csv")
    for name in ("one", "two"):
        settings = load_settings(folder / "conf")
        summary, refused = run_backtest(settings, file, folder / name, timedelta(hours=1), past=past)
        assert refused == 1
        assert summary["incidents"] == 1
    return folder

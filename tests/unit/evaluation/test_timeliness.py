"""The scorer of alerts, on a made-up replay of three incidents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation.timeliness import AlertScore, score_alerts


def write(path: Path, records: list[dict[str, Any]]) -> None:
    """Records as JSON Lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def expected(name: str, level: str, by: str | None) -> dict[str, Any]:
    """One gold incident."""
    return {"id": name, "expected": {"max_level": level, "must_alert_by": by, "must_not_alert": by is None}}


def notice(incident: str, level: str, at: str, kind: str = "new") -> dict[str, Any]:
    """One notice of the replay."""
    return {"incident": incident, "level": level, "at": at, "kind": kind, "subject": f"#{incident}"}


def test_late_false_and_stray_alerts_are_told_apart(tmp_path: Path) -> None:
    """One in time, one late, one that should have been left alone, one about nothing; an all-clear is no alert."""
    gold, out = tmp_path / "gold", tmp_path / "out"
    gold.mkdir()
    out.mkdir()
    posts = {"a": "A", "b": "B", "c": "C", "d": None}
    write(gold / "gold.jsonl", [{"source": "s", "id": post, "incident": name} for post, name in posts.items()])
    by = "2026-03-01T12:00:00+08:00"
    incidents = [expected("A", "yellow", by), expected("B", "red", by), expected("C", "blue", None)]
    (gold / "incidents_gold.json").write_text(json.dumps(incidents), encoding="utf-8")
    write(out / "incidents.jsonl", [{"id": f"i{post}", "posts": [["s", post]]} for post in posts])
    notices = [
        notice("ia", "yellow", "2026-03-01T03:00:00Z"),
        notice("ia", "none", "2026-03-02T03:00:00Z", "resolved"),
        notice("ib", "orange", "2026-03-01T03:00:00Z"),
        notice("ib", "red", "2026-03-01T05:00:00Z", "raised"),
        notice("ic", "yellow", "2026-03-01T03:00:00Z"),
        notice("id", "yellow", "2026-03-01T03:00:00Z"),
        {**notice("", "none", "2026-03-01T03:00:00Z", "digest"), "incident": None},
    ]
    write(out / "notices.jsonl", notices)
    score = AlertScore(
        wanted=2, on_time=1, right_level=2, quiet_wanted=1, false_alarms=1, stray_alerts=1, alerted=4, mails=6
    )
    assert score_alerts(gold, out) == score

"""The table behind ``yuqing sources list``: what each configured source let us see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.settings import Settings
from domain.clock import iso, local, system_clock
from domain.coverage import SEEING
from storage.query import run_query

COLUMNS = ("来源", "称呼", "类型", "状态", "上次看到", "每日新帖", "看不到始于", "原因")
STATUSES = {
    "ok": "正常", "quiet": "正常，无新帖", "partial": "未看全", "blocked": "被拒绝", "login": "要求登录",
    "changed": "页面变样", "down": "连不上", "off": "停用",
}  # fmt: skip
DAYS = 7


def sources_table(settings: Settings) -> list[tuple[str, ...]]:
    """One row for each source of the configuration, in its order; posts a day are new ones over the last week."""
    url = settings.store_url
    since = iso(system_clock() - timedelta(days=DAYS))
    coverage = _rows(url, "SELECT * FROM v_coverage ORDER BY finished_at, run")
    last = {row["source"]: row for row in coverage}
    seen = {row["source"]: row["finished_at"] for row in coverage if row["status"] in SEEING}
    new = Counter[str]()
    for row in coverage:
        new[row["source"]] += row["new_posts"] if row["finished_at"] >= since else 0
    return [
        (
            source.name,
            source.label or "",
            source.kind,
            _state(last.get(source.name), enabled=source.enabled),
            _when(seen.get(source.name)),
            f"{new[source.name] / DAYS:.1f}",
            _when(last.get(source.name, {}).get("blind_since")),
            last.get(source.name, {}).get("cause") or "",
        )
        for source in settings.sources.sources
    ]


def _state(row: Mapping[str, Any] | None, *, enabled: bool) -> str:
    if not enabled:
        return STATUSES["off"]
    return "还没有采集过" if row is None else STATUSES[row["status"]]


def _when(moment: str | None) -> str:
    return f"{local(datetime.fromisoformat(moment)):%Y-%m-%d %H:%M}" if moment else ""


def _rows(url: str, sql: str) -> list[dict[str, Any]]:
    columns, rows = run_query(url, sql)
    return [dict(zip(columns, row, strict=True)) for row in rows]

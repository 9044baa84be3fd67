"""The table behind ``yuqing sources``: what each configured source let us see, and when it is looked at next."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.models import AnySource, ScheduleConfig
from config.settings import Settings
from crawlers.paste.config import PasteConfig
from domain.clock import local
from domain.coverage import SEEING, Look, Outage
from storage.store import SqlStore

COLUMNS = (
    "来源", "称呼", "类型", "状态", "上次看到", "每日新帖", "上次新帖", "往常", "看不到始于", "下次", "原因",
)  # fmt: skip
STATUSES = {
    "ok": "正常", "quiet": "正常，无新帖", "partial": "未看全", "blocked": "被拒绝", "login": "要求登录",
    "changed": "页面变样", "down": "连不上", "off": "停用",
}  # fmt: skip
DAYS = 7
HISTORY = timedelta(weeks=8)


def sources_table(settings: Settings, store: SqlStore, now: datetime) -> list[tuple[str, ...]]:
    """One row for each source of the configuration, in its order; posts a day are new ones over the last week.

    上次新帖 and 往常 are the new posts of the last look and those that its history let expect.
    """
    outages = {outage.source: outage for outage in store.outages(now)}
    since = {blind.source: blind.since for blind in store.blind_sources(now)}
    sweep_at = next_sweep(settings, now)
    rows: list[tuple[str, ...]] = []
    for source in settings.sources.sources:
        looks, outage = store.looks_of(source.name, now - HISTORY), outages.get(source.name)
        last = looks[-1] if looks else None
        seen = max((look.finished_at for look in looks if look.status in SEEING), default=None)
        new = store.new_posts_since(source.name, now - timedelta(days=DAYS))
        rows.append(
            (
                source.name,
                source.label or "",
                source.kind,
                _state(source, last, outage),
                _when(seen),
                f"{new / DAYS:.1f}",
                "" if last is None else str(last.new_posts),
                "" if last is None or last.usual is None else f"{last.usual:.0f}",
                _when(since.get(source.name)),
                _when(_next(source, last, outage, sweep_at, settings.main.schedule)),
                outage.cause if outage else "",
            )
        )
    return rows


def next_sweep(settings: Settings, now: datetime) -> datetime:
    """When the daily sweep is due next."""
    hour, minute = map(int, settings.main.schedule.sweep_at.split(":"))
    clock = now.astimezone(ZoneInfo(settings.main.timezone))
    due = clock.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return due if due > clock else due + timedelta(days=1)


def _state(source: AnySource, last: Look | None, outage: Outage | None) -> str:
    if not source.enabled:
        return STATUSES["off"]
    if last is None:
        return "人工录入" if isinstance(source, PasteConfig) else "还没有采集过"
    return STATUSES[outage.status if outage else last.status]


def _next(
    source: AnySource, last: Look | None, outage: Outage | None, sweep_at: datetime, schedule: ScheduleConfig
) -> datetime | None:
    """The next look by the service: the sweep, or for a source that is dark the next try."""
    if not source.enabled or isinstance(source, PasteConfig):
        return None
    if outage and outage.dark and last and schedule.retry_minutes:
        return min(sweep_at, last.finished_at + timedelta(minutes=schedule.retry_minutes))
    return sweep_at


def _when(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""

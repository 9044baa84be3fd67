"""``yuqing hold``: an incident's evidence stays, however old, until somebody lifts the hold."""

from __future__ import annotations

from datetime import datetime

import click

from app.evidence import find_dossier
from domain.clock import local
from domain.evidence import Hold
from storage.store import SqlStore

COLUMNS = ("编号", "事件", "标题", "设定时间", "设定人", "原因", "解除时间", "解除人")


def place(store: SqlStore, incident: str, by: str | None, reason: str | None, now: datetime) -> Hold:
    """Hold the incident; a click.UsageError where it is not there, or nobody or no reason is named."""
    if not (by and by.strip() and reason and reason.strip()):
        raise click.UsageError("请用 --by 写明谁设定、用 --reason 写明原因，例如 --by 王法务 --reason 诉讼准备")
    dossier = find_dossier(store, incident)
    return store.place_hold(dossier.incident.id, by.strip(), reason.strip(), now)


def lift(store: SqlStore, incident: str, by: str | None, number: int | None, now: datetime) -> tuple[Hold, int]:
    """Lift the incident's standing hold, where there are several the one of that number; else a click.UsageError.

    Gives the hold, and how many others still stand.
    """
    if not (by and by.strip()):
        raise click.UsageError("请用 --by 写明谁解除")
    standing = [hold for hold in find_dossier(store, incident).holds if hold.lifted_at is None]
    chosen = [hold for hold in standing if number in (None, hold.key)]
    if len(chosen) != 1:
        told = "".join(f"\n  {hold.key}　{hold.placed_by}：{hold.reason}" for hold in standing)
        cause = f"请用 --number 指明解除哪一项：{told}" if standing else "这个事件没有生效中的保全"
        raise click.UsageError(cause)
    store.lift_hold(chosen[0].key, by.strip(), now)
    return chosen[0], len(standing) - 1


def table(store: SqlStore) -> list[tuple[str, ...]]:
    """One row for each hold that was ever placed, by `COLUMNS`."""
    titles = store.incident_titles()
    return [
        (
            str(hold.key),
            hold.incident,
            titles[hold.incident],
            _when(hold.placed_at),
            hold.placed_by,
            hold.reason,
            _when(hold.lifted_at) or "生效中",
            hold.lifted_by or "",
        )
        for hold in store.holds()
    ]


def _when(at: datetime | None) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}" if at else ""

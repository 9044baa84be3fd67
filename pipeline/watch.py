"""When the daily sweep has to have run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Watch:
    """When the daily sweep is due (``HH:MM`` in ``zone``), and by how much later it has to be over."""

    sweep_at: str
    zone: ZoneInfo
    within: timedelta

    def last_due(self, now: datetime) -> datetime:
        """The latest moment not after ``now`` at which the sweep was due."""
        return last_due(self.sweep_at, self.zone, now)


def last_due(sweep_at: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest moment not after ``now`` at which the daily sweep was due."""
    hour, minute = (int(part) for part in sweep_at.split(":"))
    due = now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return due if due <= now else due - timedelta(days=1)

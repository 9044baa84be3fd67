"""Quiet hours: until when a mail of a level waits, and which sweep ends them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.config import AlertConfig
from alerts.rules_config import QuietHours
from domain.alerts import Level
from domain.clock import local


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """The end of the quiet hours that ``now`` lies in, aware; None outside them."""
    if not quiet.enabled:
        return None
    start, end = quiet.span()
    here = local(now)
    clock = here.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    ends = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return ends if ends > here else ends + timedelta(days=1)


def waits_until(quiet: QuietHours, level: Level, now: datetime) -> datetime | None:
    """The end of the quiet hours for a mail of this level; None where it goes out now."""
    return None if quiet.passes(level) else quiet_until(quiet, now)


def for_sweep(config: AlertConfig, now: datetime) -> AlertConfig:
    """The configuration of a daily sweep that begins now: in the last ``early_minutes`` of the quiet hours it ends
    them, for it may be that nobody comes after it.

    Quiet hours that are shorter than that are left as they are.
    """
    quiet = config.quiet_hours
    end = quiet_until(quiet, now)
    if end is None:
        return config
    early = end - timedelta(minutes=quiet.early_minutes)
    if now < early or quiet_until(quiet, early) != end:
        return config
    return config.model_copy(update={"quiet_hours": quiet.model_copy(update={"enabled": False})})

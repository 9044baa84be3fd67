"""When a letter that was not accepted is tried again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAITS_MIN = (1, 5, 15, 60)
HOURLY_MIN = 60
GIVE_UP_AFTER = timedelta(hours=48)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """The time of the next attempt after ``attempts`` (>= 1) failures: 1, 5, 15, 60 minutes, then hourly.

    None (given up) where the waits so far add up to 48 hours or more.
    """
    if attempts < 1:
        raise ValueError("attempts counts the failures so far and is at least 1")
    if sum((_wait(n) for n in range(1, attempts + 1)), timedelta()) > GIVE_UP_AFTER:
        return None
    return now + _wait(attempts)


def asked_attempt(wait_s: float, began: datetime, now: datetime) -> datetime | None:
    """The next attempt where the channel asks for ``wait_s`` seconds of rest; None 48 hours after ``began``."""
    return now + timedelta(seconds=wait_s) if now - began <= GIVE_UP_AFTER else None


def _wait(attempt: int) -> timedelta:
    waits = FIRST_WAITS_MIN
    return timedelta(minutes=waits[attempt - 1] if attempt <= len(waits) else HOURLY_MIN)

"""When a letter is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.backoff import next_attempt

NOW = datetime(2026, 3, 16, tzinfo=UTC)


def test_waits_grow_and_end_after_two_days() -> None:
    """1, 5, 15, 60 minutes, then every hour, and given up once 48 hours are over."""
    times = [next_attempt(attempts, NOW) for attempts in range(1, 60)]
    waits = [int((at - NOW) / timedelta(minutes=1)) for at in times if at is not None]
    assert waits[:6] == [1, 5, 15, 60, 60, 60]
    assert 47 * 60 < sum(waits) <= 48 * 60
    assert times[len(waits) :] == [None] * (59 - len(waits))


def test_a_letter_that_never_failed_has_no_next_attempt() -> None:
    """Asking before the first failure is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least 1"):
        next_attempt(0, NOW)

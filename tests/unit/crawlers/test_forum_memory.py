"""Which threads of a forum are read in a sweep, and what is remembered of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawlers.parse.forum_times import Moment, Precision
from crawlers.parse.selected import Entry
from crawlers.pollers.forum_memory import MOST_THREADS, Memory, ThreadState, must_read, read_again, recall

NOW = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def state(**facts: Any) -> ThreadState:
    """A thread that was read to its end."""
    return ThreadState.model_validate(
        {"url": "http://bbs.test/t/1", "title": "题", "due": False, "replies": 3, **facts}
    )


def entry(
    tid: str = "1", *, replies: int | None = 3, last: datetime | None = None, unit: Precision = "second"
) -> Entry:
    """A thread as the list shows it."""
    return Entry(tid, f"http://bbs.test/t/{tid}", "题", replies, None, Moment(last, unit) if last else None)


@pytest.mark.parametrize(
    ("before", "drift", "unit", "moved"),
    [
        ({}, timedelta(0), "second", False),
        ({}, timedelta(seconds=1), "second", True),
        ({}, timedelta(minutes=40), "hour", False),
        ({}, timedelta(hours=2), "hour", True),
        ({"replies": 2}, timedelta(0), "second", True),
        ({"due": True}, timedelta(0), "second", True),
    ],
)
def test_a_thread_is_due_when_its_replies_or_its_last_reply_moved(
    before: dict[str, Any], drift: timedelta, unit: Precision, moved: bool
) -> None:
    """3 小时前 drifts by its unit without a reply; a time in full does not."""
    known = state(last=NOW - timedelta(days=1), last_unit=unit, **before)
    assert known.moved(entry(last=NOW - timedelta(days=1) + drift, unit=unit)) is moved


def test_what_is_due_goes_first_and_is_not_lost_when_it_leaves_the_lists() -> None:
    """A thread that could not be read yesterday is asked for today, also when no list shows it any more."""
    memory = Memory(threads={"1": state(), "2": state(due=True), "3": state(replies=9)})
    assert must_read(memory, {"1": entry("1"), "3": entry("3")}) == ["3", "2"]


def test_active_threads_are_read_again_the_longest_unvisited_first() -> None:
    """Gone threads and those without a word for long are left alone; lists without counters hide what moves."""
    since = NOW - timedelta(days=7)
    memory = Memory(
        threads={
            "1": state(active=NOW, visited=NOW - timedelta(hours=1)),
            "2": state(active=NOW, visited=NOW - timedelta(hours=5)),
            "3": state(active=NOW - timedelta(days=30), visited=NOW),
            "4": state(active=NOW, gone=True),
            "5": state(active=NOW - timedelta(days=30), visited=NOW),
        }
    )
    assert read_again(memory, {"5": entry("5", replies=None)}, since) == ["2", "1", "5"]


def test_a_note_comes_back_as_it_was_and_keeps_what_is_due_when_there_are_too_many() -> None:
    """JSON values in, the same states out; the least active threads are forgotten first."""
    threads = {str(n): state(active=NOW - timedelta(minutes=n), posts={f"p{n}": "ab"}) for n in range(MOST_THREADS + 1)}
    threads["due"] = state(due=True)
    again = recall(Memory(threads=threads).note())
    assert len(again.threads) == MOST_THREADS
    assert again.threads["due"] == threads["due"]
    assert again.threads["7"] == threads["7"]
    assert str(MOST_THREADS) not in again.threads


def test_a_note_of_another_version_counts_as_none() -> None:
    """Everything is read again rather than misread."""
    assert recall({"version": 0, "threads": {"1": "?"}}) == Memory()

"""Which topics an incident is about."""

from __future__ import annotations

import pytest

from domain.readings import Reading
from incidents.topics import severity, telling


def read(*topics: str, severity: int = 2) -> Reading:
    """A negative post that complains of these topics."""
    return Reading(True, topics, True, 0.9, severity, (), "t")  # noqa: FBT003


QUEUE = read("queue_slow")


@pytest.mark.parametrize(
    ("readings", "topics"),
    [
        ([], ()),
        ([QUEUE], ("queue_slow",)),
        ([QUEUE, read("bank_run_rumor")], ("bank_run_rumor", "queue_slow")),
        ([QUEUE, QUEUE, read("bank_run_rumor")], ("queue_slow",)),
        ([QUEUE] * 8 + [read("bank_run_rumor")], ("queue_slow",)),
        ([QUEUE] * 8 + [read("bank_run_rumor")] * 2, ("queue_slow", "bank_run_rumor")),
        ([QUEUE] * 8 + [read("group_event", severity=3)], ("queue_slow", "group_event")),
        ([read(), read(), read("queue_slow", "service_bad")], ()),
    ],
)
def test_one_stray_post_of_many_makes_no_topic_and_a_grave_one_does(
    readings: list[Reading], topics: tuple[str, ...]
) -> None:
    """Two posts, or half of the complaints, or one of severity 3; the most frequent first, then by name."""
    assert telling(readings) == topics


def test_curses_without_a_grievance_are_a_grumble() -> None:
    """骗子银行 forty times is severity 1; blood and robbery stay what they are, and one sum of money makes it 2."""
    assert severity([]) == 0
    assert severity([read("smear_general")] * 40) == 1
    assert severity([read("smear_general", severity=3)]) == 3
    assert severity([read("smear_general"), read("fees_unfair", "smear_general")]) == 2

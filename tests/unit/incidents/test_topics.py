"""Which topics an incident is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.incidents import Member
from domain.posts import Author
from domain.readings import Reading
from incidents.topics import severity, telling
from tests.unit.incidents.conftest import START, make_post


def member(reading: Reading, text: str = "说了一件事", author: str | None = None) -> Member:
    """A post of an incident with this reading."""
    post = make_post(1, text, START)
    return Member(replace(post, author=Author(name=author)) if author else post, reading, "thread")


def read(*topics: str, severity: int = 2) -> Reading:
    """A negative post that complains of these topics."""
    return Reading(True, topics, True, 0.9, severity, (), "t")  # noqa: FBT003


QUEUE = read("queue_slow")


@pytest.mark.parametrize(
    ("readings", "topics"),
    [
        ([], ()),
        ([QUEUE], ("queue_slow",)),
        ([read("bank_run_rumor")], ()),
        ([QUEUE, read("bank_run_rumor")], ("queue_slow",)),
        ([QUEUE, read("bank_run_rumor", severity=3)], ("bank_run_rumor", "queue_slow")),
        ([QUEUE, read("service_bad")], ("queue_slow", "service_bad")),
        ([QUEUE, QUEUE, read("bank_run_rumor")], ("queue_slow",)),
        ([QUEUE] * 8 + [read("bank_run_rumor")], ("queue_slow",)),
        ([QUEUE] * 8 + [read("bank_run_rumor")] * 2, ("queue_slow", "bank_run_rumor")),
        ([QUEUE] * 8 + [read("group_event", severity=3)], ("queue_slow", "group_event")),
        ([QUEUE, read("bank_run_rumor", severity=1)], ("queue_slow",)),
        ([QUEUE, read("penalty_news", severity=1)], ("queue_slow",)),
        ([QUEUE, read("service_bad", severity=1)], ("queue_slow", "service_bad")),
        ([read(), read(), read("queue_slow", "service_bad")], ()),
    ],
)
def test_one_stray_post_of_many_makes_no_topic_and_a_grave_one_does(
    readings: list[Reading], topics: tuple[str, ...]
) -> None:
    """Two posts, or half of the complaints, or one of severity 3; the most frequent first.

    Half is not enough for an alarm: talk of a run is grave, or the reading doubts itself.
    """
    assert telling(readings) == topics


def test_curses_and_grumbles_without_a_grievance_are_severity_1() -> None:
    """骗子银行 forty times is 1, and so is the posted rate of deposits; one sum makes it 2."""
    curse = member(read("smear_general"))
    assert severity([]) == 0
    assert severity([curse] * 40) == 1
    assert severity([member(read("deposit_rate_low")), curse]) == 1
    assert severity([member(read("deposit_rate_low"), "说好的2.35，到手1.9")]) == 2
    assert severity([curse, member(read("fees_unfair", "smear_general"))]) == 2


def test_grave_curses_of_one_or_two_accounts_are_a_flood() -> None:
    """Blood and robbery weigh 3 where three people cry it, or somebody says what was done; not by two, forty times."""
    robbery = read("smear_general", severity=3)
    two, three = ([member(robbery, author=name) for name in names] for names in ("甲乙", "甲乙丙"))
    assert severity(two * 20) == 1
    assert severity(three) == 3
    assert severity([*three, *two * 20]) == 1
    assert severity([member(robbery)]) == 3, "nobody knows by how many"
    assert severity([*two, member(read("interest_swallowed"))]) == 3
    assert severity([*two, member(read(severity=3), author="甲")]) == 3, "grave, and nobody knows what"


def test_cursing_a_bank_to_its_end_is_cursing() -> None:
    """早晚要完 of one or two accounts is a curse; whoever says that money should be taken out spreads a run."""
    curse = read("bank_run_rumor", "smear_general", severity=3)
    assert severity([member(curse, "这个银行早晚要完，没一个好东西", author="甲")]) == 1
    assert severity([member(curse, "骗子银行早晚要完，有钱的赶紧取出来", author="甲")]) == 3
    assert severity([member(read("bank_run_rumor", severity=3), "听说要倒了", author="甲")]) == 3
    mild = read("bank_run_rumor", "smear_general")
    assert severity([member(mild, text, author="甲") for text in ("这破行迟早倒闭", "倒闭算了")]) == 1
    assert severity([member(mild, "这破行迟早倒闭，我先把钱取了", author="甲")]) == 2


def test_what_is_praised_as_often_as_it_is_complained_of_is_no_grievance() -> None:
    """A rescue told with misery is read as a complaint; those below it know better. Praise for the poster is none."""
    drama = member(read("service_bad"), "老人跪在雪地里，没有人扶，只有他跑了出来")
    calm = Reading(True, (), False, 0.1, 0, (), "t")  # noqa: FBT003
    assert severity([drama, member(calm, "好样的，泪目")]) == 1
    assert severity([drama, drama, member(calm, "好样的，泪目")]) == 2
    assert severity([member(read("bank_run_rumor", severity=3)), member(calm, "致敬")]) == 3
    assert severity([drama, member(calm, "给楼主点赞，敢说真话")]) == 2
    assert severity([drama, member(read("service_bad"), "真是好样的")]) == 2


def test_complaints_without_a_name_count_as_what_they_would_be() -> None:
    """Inside an incident it is known of whom they speak: their topics and their severity are its own."""
    unnamed = Reading(False, (), False, 0.9, 0, (), "t", ("account_restricted",), 2)  # noqa: FBT003
    assert telling([unnamed, unnamed, QUEUE]) == ("account_restricted",)
    assert severity([member(unnamed)]) == 2

"""With which incidents a post is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from domain.incidents import ReadPost
from domain.readings import Bank
from incidents.config import GroupingConfig
from incidents.gallery import Gallery
from incidents.likeness import Floats, Judge, Reach
from incidents.notes import Note
from incidents.profiles import Profile, days_of, weigh
from incidents.slots import Slots

BY_TOPIC = Reach(words=0, topic=2, branch=0, author=0)
BY_BRANCH = Reach(words=0, topic=0, branch=2, author=0)
BY_AUTHOR = Reach(words=0, topic=0, branch=0, author=1)

Show = Callable[..., None]
Compared = Callable[..., set[str]]


@pytest.fixture
def reach() -> Reach:
    """One kind of nearness alone, so that it is seen what each finds."""
    return BY_TOPIC


@pytest.fixture
def heard() -> list[str]:
    """The incidents that were compared last."""
    return []


@pytest.fixture
def gallery(reach: Reach, heard: list[str]) -> Gallery:
    """An empty one."""

    def hear(_item: ReadPost, incidents: Sequence[str], _rows: Floats) -> None:
        heard[:] = incidents

    return Gallery(GroupingConfig(), Judge(lambda rows: np.zeros(len(rows)), hear, reach))


@pytest.fixture
def show(gallery: Gallery, bank: Bank, say: Callable[..., ReadPost]) -> Show:
    """Lets an incident, new or known, have a post that speaks for it."""
    opened: set[str] = set()

    def show_post(incident: str, text: str, topic: str, hours: float = 0, author: str | None = None) -> None:
        post = say(text, topic, hours=hours, author=author).post
        if incident not in opened:
            gallery.open(incident, post.moment, post.moment)
            opened.add(incident)
        gallery.note(incident, post.moment, (topic,), author)
        gallery.show(incident, Note(post, bank))

    return show_post


@pytest.fixture
def compared(gallery: Gallery, heard: list[str], say: Callable[..., ReadPost]) -> Compared:
    """What a later post of this topic, at this branch and by this author is compared with."""

    def compare(topic: str, branch: str | None = None, author: str | None = None) -> set[str]:
        heard.clear()
        item = say("。", topic, hours=99)
        slots = Slots(branches=frozenset({branch} if branch else ()))
        profile = Profile({}, weigh({topic: 1}, ()), slots, "forum", author, days_of(item.post.moment))
        gallery.likeliest(profile, item=item)
        return set(heard)

    return compare


def test_what_is_at_another_branch_is_not_compared(show: Show, compared: Compared) -> None:
    """What names none may be here; whoever names none may be anywhere; a run is the whole bank's."""
    show("south", "城南支行利息少了", "interest_swallowed")
    show("bridge", "桥头支行利息少了", "interest_swallowed", hours=1)
    assert compared("interest_swallowed", "城南") == {"south"}
    assert compared("interest_swallowed") == {"south", "bridge"}
    show("somewhere", "利息少了", "interest_swallowed")
    assert compared("interest_swallowed", "城南") == {"south", "somewhere"}
    show("run", "桥头支行取不出钱", "bank_run_rumor")
    assert compared("bank_run_rumor", "城南") == {"run"}


def test_an_incident_of_which_the_branch_becomes_known_is_there(show: Show, compared: Compared) -> None:
    """For every topic that it has; a second branch takes nothing away."""
    show("told", "利息少了", "interest_swallowed")
    show("told", "桥头支行态度也不好", "mis_selling", hours=1)
    for topic in ("interest_swallowed", "mis_selling"):
        assert compared(topic, "桥头") == {"told"}
        assert compared(topic, "城南") == set()
    show("told", "城南支行也一样", "fees_unfair", hours=2)
    for topic in ("interest_swallowed", "mis_selling", "fees_unfair"):
        assert compared(topic, "桥头") == compared(topic, "城南") == {"told"}


def test_of_many_the_latest_are_compared(show: Show, compared: Compared) -> None:
    """As many as the judge's reach says; a vague topic is none to look for."""
    for hour in range(5):
        show(f"number {hour}", "利息少了", "interest_swallowed", hours=hour)
        show(f"rude {hour}", "态度不好", "service_bad", hours=hour)
    assert compared("interest_swallowed") == {"number 3", "number 4"}
    assert compared("service_bad") == set()


@pytest.mark.parametrize("reach", [BY_BRANCH])
def test_what_is_at_its_branch_is_compared_whatever_the_topic(show: Show, compared: Compared) -> None:
    """The latest; nothing where no branch is named."""
    for hour in range(3):
        show(f"number {hour}", "桥头支行利息少了", "interest_swallowed", hours=hour)
    assert compared("queue_slow", "桥头") == {"number 1", "number 2"}
    assert compared("interest_swallowed") == set()


@pytest.mark.parametrize("reach", [BY_AUTHOR])
def test_what_its_author_told_of_is_compared(show: Show, compared: Compared) -> None:
    """The latest; nothing where nobody is named."""
    for hour in range(3):
        show(f"number {hour}", "利息少了", "interest_swallowed", hours=hour, author="reader")
    assert compared("queue_slow", author="reader") == {"number 2"}
    assert compared("queue_slow", author="other") == compared("queue_slow") == set()

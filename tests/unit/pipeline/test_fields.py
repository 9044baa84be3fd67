"""Fields that used to be filled and are not any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Look
from domain.posts import Author, Metrics, Observation
from pipeline.fields import FIELDS, at_most, collapsed, count_fields

T = datetime(2026, 3, 16, 1, tzinfo=UTC)


def replies(n: int, **filled: int) -> dict[str, dict[str, int]]:
    """The counts of ``n`` replies that have everything but what is given."""
    return {"replies": {"n": n, **dict.fromkeys(FIELDS, n), **filled}}


def looks(*filled: Any, status: str = "ok") -> list[Look]:
    """One look a day with these counts."""
    return [Look(T, T + timedelta(days=day), status, None, counts) for day, counts in enumerate(filled)]


def post(number: int, thread: str = "t", **facts: Any) -> Observation:
    kind = "thread" if thread == f"t{number}" else "reply"
    return Observation("bbs", "forum", f"t{number}", kind, thread, "话", T, **facts)


def test_fields_of_new_posts_are_counted_apart_for_roots_and_replies() -> None:
    """A root without an author and two replies with one: each in its part; nothing new counts nothing."""
    root = post(1, "t1", title="题", metrics=Metrics(views=0))
    answers = [post(2, author=Author(name="网友")), post(3, author=Author(name="网友"), url="https://a.example/3")]
    assert count_fields([root, *answers]) == {
        "roots": {"n": 1, "author": 0, "published_at": 0, "title": 1, "url": 0, "metrics": 1},
        "replies": {"n": 2, "author": 2, "published_at": 0, "title": 0, "url": 1, "metrics": 0},
    }
    assert count_fields([]) is None


def test_a_field_that_falls_to_nothing_is_named_with_its_figures() -> None:
    """The cause says which field, what was usual, and what came now."""
    [found] = collapsed(looks(*[replies(10, author=10 - (day == 3)) for day in range(12)]), replies(12, author=0))
    assert found.cause == "回复的字段“作者”以往 99% 有，最近 12 条新帖里只有 0 条有，页面可能改版"


@pytest.mark.parametrize(
    ("history", "now"),
    [
        (replies(40, author=30), replies(12, author=0)),
        (replies(40), replies(12, author=8)),
        (replies(12), replies(12, author=0)),
        (replies(40), replies(4, author=0)),
        (replies(40), None),
    ],
    ids=["never was usual", "fell a little", "short history", "few posts", "nothing new"],
)
def test_what_may_be_chance_is_no_collapse(history: Any, now: Any) -> None:
    """Only a field that came in four of five posts and more, and whose absence is improbable, is called missing."""
    assert collapsed(looks(history), now) == []


def test_roots_without_a_field_say_nothing_of_replies() -> None:
    """A day of many replies without counters is no collapse where only threads ever had any."""
    threads = {"roots": {"n": 50, **dict.fromkeys(FIELDS, 50)}}
    mixed = {**threads, **replies(60, metrics=0, title=0)}
    assert collapsed(looks(mixed, mixed), {**replies(30, metrics=0, title=0)}) == []


def test_single_posts_add_up_over_looks_and_a_collapse_lasts_until_good_ones_come() -> None:
    """Hourly looks with two posts each tell after three; what was found stays found, and ends with five good posts."""
    past = looks(replies(60))
    bad = [*past, *looks(replies(2, author=0), replies(2, author=0))]
    assert collapsed(past, replies(2, author=0)) == []
    assert [found.posts for found in collapsed(bad, replies(2, author=0))] == [6]
    condemned = [*bad, *looks(replies(2, author=0), status="changed")]
    assert collapsed(condemned, None) != []
    assert collapsed(condemned, replies(1)) != []
    assert collapsed(condemned, replies(5)) == []


def test_looks_that_were_condemned_do_not_become_the_custom() -> None:
    """After twenty days without authors the good days before are still what is usual."""
    past = [*looks(*[replies(10)] * 8), *looks(*[replies(10, author=0)] * 20, status="changed")]
    assert [found.usual for found in collapsed(past, replies(10, author=0))] == [1.0]


@given(st.integers(0, 40), st.integers(0, 40), st.floats(1, 200), st.floats(1, 200))
def test_the_tail_is_a_distribution_function(got: int, more: int, had: float, lacked: float) -> None:
    """It rises with the count and ends at one."""
    posts = got + more
    assert 0 <= at_most(got, posts, had, lacked) <= 1 + 1e-6
    assert at_most(posts, posts, had, lacked) == pytest.approx(1, rel=1e-6)

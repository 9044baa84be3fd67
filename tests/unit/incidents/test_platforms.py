"""How each platform's share of an incident grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incidents import Member
from domain.posts import Author, Metrics
from domain.spread import EVERYWHERE, PlatformSpread
from incidents.config import SpreadConfig
from incidents.platforms import doubling_hours, is_steady, platform_series
from incidents.spread import Measurer
from incidents.timeline import tracks
from tests.unit.incidents.test_spread import BAD, INCIDENT, at, drawn_members, member

GOOD = replace(BAD, negative=False)


def rows(members: Sequence[Member], *hours: float) -> dict[str, PlatformSpread]:
    """The last row of each platform, looked at in these hours."""
    return {row.platform: row for row in platform_series(INCIDENT, tracks(members), [at(hour) for hour in hours])}


def saying(item: Member, text: str, kind: str = "thread") -> Member:
    """The same post with these words."""
    return replace(item, post=replace(item.post, text=text, kind=kind))


def test_each_platform_has_its_row_and_all_have_one() -> None:
    """Two platforms and all together: posts, authors, replies and reprints of each."""
    members = [
        member(1), member(2, 0.5, thread=1), member(3, 0.6, platform="douyin", how="reprint"),
        member(4, 3, platform="weibo"),
    ]  # fmt: skip
    found = rows(members, 1)
    assert sorted(found) == ["all", "douyin", "forum"]
    assert [(row.posts, row.authors, row.replies, row.reprints) for _, row in sorted(found.items())] == [
        (3, 3, 1, 1), (1, 1, 0, 1), (2, 2, 1, 0),
    ]  # fmt: skip


def test_a_counter_that_no_source_shows_is_unknown_and_not_zero() -> None:
    """The forum shows views and no shares; together something is known where one platform says it."""
    members = [
        member(1, seen=[(0.5, Metrics(views=90, favorites=2))]),
        member(2, platform="weibo", seen=[(0.5, Metrics(likes=0, shares=4))]),
    ]
    found = rows(members, 1)
    assert (found["forum"].views, found["forum"].likes, found["forum"].shares) == (90, None, None)
    assert (found["weibo"].views, found["weibo"].likes, found["weibo"].favorites) == (None, 0, None)
    assert (found[EVERYWHERE].views, found[EVERYWHERE].likes, found[EVERYWHERE].favorites) == (90, 0, 2)


def test_a_threads_comments_are_counted_once() -> None:
    """The root's counter or the replies that are held, whichever is more; a reply's counter is part of that."""
    root = member(1, seen=[(0.5, Metrics(comments=2)), (4, Metrics(comments=9))])
    replies = [member(key, 1, thread=1, seen=[(1.5, Metrics(comments=7))]) for key in (2, 3, 4)]
    found = platform_series(INCIDENT, tracks([root, *replies]), [at(0.6), at(2), at(5)])
    assert [row.comments for row in found if row.platform == "forum"] == [2, 3, 9]
    assert rows(replies, 2)["forum"].comments == 3


def test_followers_are_added_up_with_how_much_is_known() -> None:
    """Each account counts once; the bank's own reaches nobody new; what no account shows is unknown."""
    big, own = Author(key="b", followers=900), Author(key="o", name=INCIDENT.bank, followers=5_000)
    members = [member(1, author=big), member(2, author=big), member(3, author=own), member(4, platform="weibo")]
    found = rows(members, 1)
    assert (found["forum"].followers, found["forum"].followers_known) == (900, 0.5)
    assert (found["weibo"].followers, found["weibo"].followers_known) == (None, 0.0)
    assert found[EVERYWHERE].followers_known == pytest.approx(1 / 3, abs=1e-4)


def test_the_loudest_account_is_one_that_is_known() -> None:
    """Three of four named posts are by one account; posts without an author are nobody's."""
    loud = Author(key="l")
    members = [*(member(key, author=loud) for key in (1, 2, 3)), member(4), member(5, author=Author(followers=3))]
    assert rows(members, 1)["forum"].loudest_share == 0.75
    assert rows([member(1, author=Author(followers=3))], 1)["forum"].loudest_share is None


def test_repeated_words_are_a_sign_but_neither_short_cheers_nor_reprints_by_media() -> None:
    """The second to say the same counts, whatever the marks around it; 顶 and a paper's reprint do not."""
    said = "千万别去这家银行存钱"
    members = [
        saying(member(1), said), saying(member(2), f"{said}！！"), saying(member(3), "顶"), saying(member(4), "顶"),
        saying(member(5), said, kind="article"),
    ]  # fmt: skip
    assert rows(members, 1)["forum"].repeated_share == 0.2


def test_the_negative_share_is_of_all_posts() -> None:
    """One of two."""
    assert rows([member(1), replace(member(2), reading=GOOD)], 1)["forum"].negative_share == 0.5


def test_only_moments_at_which_something_changed_have_a_row() -> None:
    """A post, its leaving the last hour, and the hour after; then nothing until the views move; another platform has
    its own rows."""
    members = [member(1, seen=[(9, Metrics(views=5))]), member(2, 30, platform="weibo")]
    found = platform_series(INCIDENT, tracks(members), [at(hour) for hour in (0.5, 1.5, 2.5, 3.5, 4.5, 9.5, 20, 29)])
    assert [row.at for row in found if row.platform == "forum"] == [at(hour) for hour in (0.5, 1.5, 2.5, 9.5)]
    last = {row.platform: row for row in found}
    assert platform_series(INCIDENT, tracks(members), [at(29.5)], last) == ()
    later = platform_series(INCIDENT, tracks(members), [at(30.5)], last)
    assert [(row.platform, row.posts) for row in later] == [("all", 2), ("weibo", 1)]


def test_rows_are_steady_once_time_alone_changes_nothing_any_more() -> None:
    """Six hours after the last of two posts nothing moves; before that pace and doubling time do."""
    members = [member(1), member(2, 0.5)]
    assert not is_steady(rows(members, 0.6))
    assert not is_steady(rows(members, 4))
    assert is_steady(rows(members, 6.6))
    assert not is_steady({})


def test_a_platform_that_lost_its_posts_is_told_once() -> None:
    """After a split nothing is left there, and its row says so."""
    before = rows([member(1), member(2, platform="weibo")], 1)
    gone = platform_series(INCIDENT, tracks([member(1)]), [at(1.1)], before)
    assert [(row.platform, row.posts, row.views) for row in gone] == [("all", 1, None), ("weibo", 0, None)]
    again = platform_series(INCIDENT, tracks([member(1)]), [at(1.2)], before | {row.platform: row for row in gone})
    assert again == ()


def test_doubling_time_is_that_of_the_last_six_hours() -> None:
    """From four to eight posts in six hours: six hours. What stands still or has one post does not double."""
    times = [at(0), at(1), at(2), at(3), *(at(20 + n) for n in range(4))]
    assert doubling_hours(times, at(25)) == pytest.approx(6.0)
    assert doubling_hours(times, at(15)) is None
    assert doubling_hours(times[:1], at(1)) is None
    assert doubling_hours([at(0), at(0)], at(0)) is None


def test_a_young_incident_doubles_by_its_own_age() -> None:
    """Four posts two hours after the first are two doublings: one hour each."""
    assert doubling_hours([at(0), at(0.5), at(1), at(2)], at(2)) == pytest.approx(1.0)


@given(members=drawn_members, hours=st.lists(st.integers(0, 60), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_all_platforms_together_agree_with_the_snapshot(members: list[Member], hours: list[int]) -> None:
    """Posts, authors, reprints, views, pace and engagement are the same figures, whichever way they are reckoned."""
    moments = [at(hour) for hour in sorted(set(hours))]
    measurer = Measurer(INCIDENT, members, SpreadConfig())
    told: dict[str, PlatformSpread] = {}
    for moment in moments:
        told |= {row.platform: row for row in platform_series(INCIDENT, measurer.timeline, [moment], told)}
        snapshot, row = measurer.snapshot(moment), told.get(EVERYWHERE)
        if row is None:
            assert snapshot.posts == 0
            continue
        same = ("posts", "authors", "reprints", "views", "velocity", "acceleration")
        assert [getattr(row, name) for name in same] == [getattr(snapshot, name) for name in same]
        engagement = (row.likes or 0) + 2 * ((row.comments or 0) + (row.shares or 0))
        assert engagement == snapshot.engagement


@given(members=drawn_members, hours=st.lists(st.integers(0, 60), min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_measuring_on_is_the_same_as_measuring_at_once(members: list[Member], hours: list[int]) -> None:
    """Split at any moment, and with every post and sighting given twice, the rows are the same."""
    moments = [at(hour) for hour in sorted(set(hours))]
    timeline = tracks(members)
    whole = platform_series(INCIDENT, timeline, moments)
    first = platform_series(INCIDENT, timeline, moments[:1])
    twice = tracks([*members, *(replace(item, sightings=item.sightings * 2) for item in reversed(members))])
    rest = platform_series(INCIDENT, twice, moments[1:], {row.platform: row for row in first})
    assert [(row.at, row.platform, row.posts) for row in (*first, *rest)] == [
        (row.at, row.platform, row.posts) for row in whole
    ]

"""How far an incident has spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incidents import Incident, Member, Sighting
from domain.posts import Author, Metrics, Post
from domain.readings import Reading
from incidents.config import Part, SpreadConfig
from incidents.index import CORE, SHOWN, spread_index
from incidents.spread import Measurers, measure, series

CONFIG = SpreadConfig()
START = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
INCIDENT = Incident("20260302-ab12", "青莲湖村镇银行", "短信费", ("fees_unfair",), START, START)
BAD = Reading(about=True, topics=("fees_unfair",), negative=True, negativity=0.9, severity=2, evidence=(), version="t")


def at(hours: float) -> datetime:
    """A moment, in hours after the first post."""
    return START + timedelta(hours=hours)


def member(
    key: int,
    hours: float = 0.0,
    *,
    thread: int | None = None,
    platform: str = "forum",
    author: Author | None = None,
    how: str = "thread",
    seen: Sequence[tuple[float, Metrics]] = (),
) -> Member:
    """A post with the counters that were seen (hours, counters)."""
    moment = at(hours)
    post = Post(
        key=key, source=platform, platform=platform, id=str(key), kind="reply" if thread else "thread",
        thread=str(thread or key), text="text", first_seen_at=moment, last_seen_at=moment, published_at=moment,
        author=author or Author(key=f"a{key}"),
    )  # fmt: skip
    sightings = tuple(
        Sighting(key, at(when), now.views, now.likes, now.comments, now.shares, now.favorites) for when, now in seen
    )
    return Member(post, BAD, how, sightings)


def test_only_what_was_published_and_seen_by_then_counts() -> None:
    """A post or a counter of later does not reach back."""
    members = [member(1, seen=[(1, Metrics(views=100)), (5, Metrics(views=900))]), member(2, 3, thread=1)]
    early, late = measure(INCIDENT, members, at(2), CONFIG), measure(INCIDENT, members, at(6), CONFIG)
    assert (early.posts, early.views) == (1, 100)
    assert (late.posts, late.views) == (2, 900)


def test_before_the_first_post_there_is_nothing() -> None:
    """An incident that has not begun has index 0, and no series."""
    early = measure(INCIDENT, [member(1, 2)], at(1), CONFIG)
    assert (early.posts, early.index, early.heat, early.views) == (0, 0.0, 0.0, None)
    assert series(INCIDENT, [member(1, 2)], None, at(1), CONFIG) == ()


def test_a_threads_comments_are_counted_once() -> None:
    """The root's counter and the replies that we hold are the same comments: whichever is more counts, doubled."""
    root = member(1, seen=[(0.5, Metrics(likes=3, comments=2, shares=1))])
    replies = [member(key, 0.2, thread=1, seen=[(0.5, Metrics(likes=1, comments=7))]) for key in (2, 3, 4)]
    assert measure(INCIDENT, [root], at(1), CONFIG).engagement == 3 + 2 * (2 + 1)
    assert measure(INCIDENT, [root, *replies], at(1), CONFIG).engagement == 6 + 2 * (3 + 1)


def test_one_nickname_in_two_places_is_one_author_unless_nobody_chose_it() -> None:
    """Keys are of one source; 匿名 and 用户123 are names that many have."""
    places = [Author(key=key, name="飞翔的企鹅2026") for key in ("bar 1", "forum 7")]
    nobody = [
        Author(key=key, name=name) for key, name in (("a", "匿名用户"), ("b", "匿名用户"), ("c", "用户123"), ("d", "8"))
    ]
    members = [member(number, author=author) for number, author in enumerate([*places, *nobody], 1)]
    assert measure(INCIDENT, members, at(1), CONFIG).authors == 5


def test_authors_are_told_apart_by_key_then_by_name() -> None:
    """The same account under two posts is one author; without a key the displayed name serves."""
    one, other = Author(key="k", name="甲"), Author(name="乙")
    members = [
        member(1, author=one),
        member(2, author=replace(one, name="改名")),
        member(3, author=other),
        member(4, author=other),
    ]
    assert measure(INCIDENT, members, at(1), CONFIG).authors == 2


def test_velocity_counts_the_last_hour_and_acceleration_the_change() -> None:
    """Three posts in the last hour after one in the hour before: 3 and +2."""
    members = [member(1), member(2, 0.5), member(3, 1.2), member(4, 1.5), member(5, 1.9)]
    now = measure(INCIDENT, members, at(2), CONFIG)
    assert (now.velocity, now.acceleration) == (3.0, 2.0)


def test_amplifiers_are_large_accounts_but_not_the_bank_itself() -> None:
    """Accounts at the configured size count once each; the bank's own notice amplifies nothing."""
    big, own = Author(key="b", followers=312_000), Author(key="o", name=INCIDENT.bank, followers=900_000)
    members = [member(1, author=big), member(2, author=big), member(3, author=own), member(4)]
    now = measure(INCIDENT, members, at(1), CONFIG)
    assert (now.amplifiers, now.followers_max) == (1, 312_000)


def test_unknown_is_not_zero() -> None:
    """Without any counter views stay unknown, and the confidence is that of the known weight."""
    now = measure(INCIDENT, [member(1)], at(1), CONFIG)
    assert now.views is None
    assert now.followers_max is None
    assert now.confidence == pytest.approx(0.60)
    assert set(now.parts) == set(CORE)


def test_views_of_what_complains_and_posts_that_name_the_bank_are_told_apart() -> None:
    """A calm article that many read adds no views to the complaint; one that names nobody is no post about the bank."""
    calm = Reading(True, (), False, 0.1, 0, (), "t")  # noqa: FBT003
    unnamed = Reading(False, (), False, 0.9, 0, (), "t", ("queue_slow",), 2)  # noqa: FBT003
    loud, read, other = (member(key, seen=[(0.5, Metrics(views=700))]) for key in (1, 2, 3))
    now = measure(INCIDENT, [loud, replace(read, reading=calm), replace(other, reading=unnamed)], at(1), CONFIG)
    assert (now.views, now.negative_views, now.named_posts) == (2_100, 1_400, 2)
    assert measure(INCIDENT, [replace(loud, reading=calm)], at(1), CONFIG).negative_views is None
    reported = measure(INCIDENT, [loud, member(4, platform="news")], at(1), CONFIG)
    assert (now.press_posts, reported.press_posts) == (0, 1)


def test_heat_halves_and_growing_counters_keep_it_up() -> None:
    """Twelve silent hours halve the heat; views that grow by a fifth are activity, the first look is not."""
    silent = member(1, seen=[(6, Metrics(views=400))])
    growing = member(1, seen=[(1, Metrics(views=400)), (12, Metrics(views=9_000))])
    cooled = measure(INCIDENT, [silent], at(12), CONFIG)
    assert cooled.heat == pytest.approx(cooled.index / 2)
    warm = measure(INCIDENT, [growing], at(12), CONFIG)
    assert warm.heat == warm.index


def test_a_series_has_the_hours_in_which_something_happened_and_the_end() -> None:
    """A daily sweep sees the evening's peak: a point on the whole hour after each happening, and one at the end."""
    members = [
        member(1),
        member(2, 9.5, thread=1),
        member(3, 9.6, thread=1),
        member(4, 9.7, seen=[(15, Metrics(likes=1))]),
    ]
    points = series(INCIDENT, members, None, at(22.3), CONFIG)
    hours = [f"{point.at:%d %H:%M}" for point in points]
    assert hours == ["02 02:00", "02 11:00", "02 17:00", "02 23:30"]
    assert points[1].velocity == 3.0
    assert max(points, key=lambda point: point.heat).at == points[1].at


def test_a_series_goes_on_after_the_last_one_without_repeating_it() -> None:
    """Split at any moment, the series has the same points; nothing comes after its own end."""
    members = [member(1), member(2, 9.5, thread=1), member(3, 15.1, thread=1)]
    whole = series(INCIDENT, members, None, at(20), CONFIG)
    first = series(INCIDENT, members, None, at(12), CONFIG)
    second = series(INCIDENT, members, at(12), at(20), CONFIG)
    assert (*first[:-1], *second) == whole
    assert first[-1].at == at(12)
    assert series(INCIDENT, members, at(20), at(20), CONFIG) == ()


drawn_members = st.lists(
    st.builds(
        lambda key, hours, thread, platform, author, views, likes, when, how: member(
            key, hours / 4, thread=thread, platform=platform, how=how,
            author=Author(key=f"a{author}", followers=author * 50_000),
            seen=[(when / 4, Metrics(views=views, likes=likes)), (when / 2, Metrics(views=views and views * 2))],
        ),
        key=st.integers(1, 30), hours=st.integers(0, 200), thread=st.none() | st.integers(1, 30),
        platform=st.sampled_from(["forum", "douyin", "weibo"]), author=st.integers(0, 9),
        views=st.none() | st.integers(0, 10**6), likes=st.none() | st.integers(0, 10**5), when=st.integers(0, 200),
        how=st.sampled_from(["thread", "reprint", "similar"]),
    ),
    min_size=1, max_size=10, unique_by=lambda drawn: (drawn.post.source, drawn.post.id),
)  # fmt: skip


@given(members=drawn_members, more=drawn_members, hours=st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_more_posts_never_lower_the_index(members: list[Member], more: list[Member], hours: int) -> None:
    """Whatever joins, known or unknown in its counters, the index at a moment stays or rises; it is 0 to 100."""
    held = {(item.post.source, item.post.id) for item in members}
    new = [item for item in more if (item.post.source, item.post.id) not in held]
    before, after = (measure(INCIDENT, items, at(hours), CONFIG) for items in (members, [*members, *new]))
    assert before.index <= after.index + 1e-9
    assert 0 <= after.heat <= after.index <= 100
    assert 0 <= after.confidence <= 1


@given(members=drawn_members, hours=st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_seeing_the_same_twice_changes_nothing(members: list[Member], hours: int) -> None:
    """Posts given twice, in another order, and sightings repeated give the same snapshot."""
    again = [replace(item, sightings=(*item.sightings, *reversed(item.sightings))) for item in reversed(members)]
    once = measure(INCIDENT, members, at(hours), CONFIG)
    assert measure(INCIDENT, [*again, *members], at(hours), CONFIG) == once


@given(members=drawn_members, steps=st.lists(st.integers(0, 30), min_size=1, max_size=6), joined=st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_what_is_kept_between_looks_measures_like_what_is_made_anew(
    members: list[Member], steps: list[int], joined: int
) -> None:
    """Look after look, with time passing and posts joining, the snapshots are those of a single look."""
    measurers, now = Measurers(), 0
    for number, step in enumerate(steps):
        present = members if number > joined else members[:-1]
        before, now = now, now + step
        kept = measurers.of(INCIDENT, present, CONFIG).series(at(before), at(now))
        assert kept == series(INCIDENT, present, at(before), at(now), CONFIG)


def test_only_what_is_asked_for_is_kept() -> None:
    """An unchanged incident is put in order once; a new post, or being left out of a look, makes it anew."""
    measurers, members = Measurers(), [member(1), member(2, 3, thread=1)]
    first = measurers.of(INCIDENT, members, CONFIG)
    assert measurers.of(INCIDENT, list(members), CONFIG) is first
    second = measurers.of(INCIDENT, [*members, member(3, 4, thread=1)], CONFIG)
    assert second is not first
    measurers.keep([])
    assert measurers.of(INCIDENT, [*members, member(3, 4, thread=1)], CONFIG) is not second


@given(members=drawn_members, hours=st.integers(150, 200), later=st.integers(1, 100))
@settings(max_examples=80, deadline=None)
def test_when_nothing_more_happens_index_and_heat_only_fall(members: list[Member], hours: int, later: int) -> None:
    """After the last post and sighting time alone never raises the index, and halves the heat in twelve hours."""
    now, then = (measure(INCIDENT, members, at(when), CONFIG) for when in (hours, hours + later))
    assert then.index <= now.index + 1e-9
    assert then.heat <= now.heat * 0.5 ** (later / CONFIG.half_life_hours) + 1e-9


@given(
    members=drawn_members,
    blind_at=st.integers(0, 60),
    hours=st.integers(0, 40),
    source=st.sampled_from(["forum", "weibo"]),
)
@settings(max_examples=80, deadline=None)
def test_a_blind_source_lowers_nothing(members: list[Member], blind_at: int, hours: int, source: str) -> None:
    """What was known when a source went blind still counts: as if it had been seen to stand still ever since."""
    held = [_until(item, at(blind_at)) if item.post.source == source else item for item in members]
    held = [item for item in held if item.post.source != source or item.post.moment <= at(blind_at)]
    still = [
        _seen_again(item, at(blind_at), at(blind_at + hours)) if item.post.source == source else item for item in held
    ]
    blind, seeing = (measure(INCIDENT, items, at(blind_at + hours), CONFIG) for items in (held, still))
    assert blind == seeing


def _until(item: Member, moment: datetime) -> Member:
    """The post as far as it had been seen by a moment; one without a counter so that its newest ones do not count."""
    known = tuple(seen for seen in item.sightings if seen.at <= moment)
    return replace(item, sightings=known or (Sighting(item.post.key, item.post.moment),))


def _seen_again(item: Member, moment: datetime, later: datetime) -> Member:
    """The same post, seen once more with the counters that it had."""
    highest = {
        name: max((value for seen in item.sightings if (value := getattr(seen, name)) is not None), default=None)
        for name in ("views", "likes", "comments", "shares")
    }
    return replace(item, sightings=(*item.sightings, Sighting(item.post.key, max(moment, later), **highest)))


figures = st.fixed_dictionaries(
    {name: st.floats(0, 1e7) for name in CORE} | {name: st.none() | st.floats(0, 1e7) for name in SHOWN}
)


@given(figures=figures, name=st.sampled_from([*CORE, *SHOWN]), rise=st.floats(0, 1e6))
def test_the_index_is_monotone_bounded_and_the_sum_of_its_parts(
    figures: dict[str, float | None], name: str, rise: float
) -> None:
    """A larger figure, or learning an unknown one, never lowers the index; the parts add up to it."""
    before = spread_index(figures, CONFIG)
    after = spread_index(figures | {name: (figures[name] or 0.0) + rise}, CONFIG)
    assert 0 <= before.value <= after.value + 1e-9
    assert after.value <= 100
    assert math.isclose(math.fsum(before.parts.values()), before.value, abs_tol=1e-9)
    assert before.confidence <= after.confidence


def test_full_figures_give_a_hundred() -> None:
    """Every figure at its full value is 100 points, with confidence 1."""
    full = {name: getattr(CONFIG, name).full for name in (*CORE, *SHOWN)}
    index = spread_index(full, CONFIG)
    assert index.value == pytest.approx(100)
    assert index.confidence == pytest.approx(1)


def test_a_configuration_in_which_nothing_counts_is_refused() -> None:
    """Parts that are always known must have some weight."""
    nothing = {name: Part(weight=0, full=1) for name in CORE}
    with pytest.raises(ValueError, match="不能全为 0"):
        SpreadConfig(**nothing)

"""Merging, splitting, taking out and undoing, without a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import AlertState, Level
from domain.corrections import Correction, Regrouping, WholeIncident
from domain.errors import CorrectionError
from domain.incidents import Incident, Membership, ReadPost
from domain.posts import Post
from domain.readings import Reading
from incidents.corrections import detach, merge, split, undo
from tests.unit.incidents.conftest import START, Say

NOW = START + timedelta(days=2)
BY = ("王敏", "两帖说的是同一件事")
OPENS = "新事件，没有相近的事件"


def matter(name: str, items: Sequence[ReadPost], **state: object) -> WholeIncident:
    """An incident of these posts, in order of time; the first opened it."""
    first, last = items[0].post.moment, items[-1].post.moment
    ways = ["opens", *("thread" for _ in items[1:])]
    members = [
        Membership(name, item.post.key, how, OPENS if how == "opens" else "所在的帖子已归入本事件", 1.0)
        for item, how in zip(items, ways, strict=True)
    ]
    topics = tuple(dict.fromkeys(topic for item in items for topic in item.reading.topics))
    incident = Incident(name, "青莲湖村镇银行", items[0].post.text, topics, first, last)
    return WholeIncident(incident, items, members, replace(AlertState(name), **state))  # type: ignore[arg-type]


def after(change: Regrouping, name: str) -> Incident:
    return next(incident for incident in change.incidents if incident.id == name)


def state_after(change: Regrouping, name: str) -> AlertState:
    return next(state for state in change.states if state.incident == name)


@pytest.fixture
def two(say: Say) -> tuple[WholeIncident, WholeIncident]:
    """Two threads about one counter, found apart."""
    first = say("桥头支行又只开一个窗口", "queue_slow")
    later = say("柜台排了两小时，气死", "queue_slow", "service_bad", hours=5)
    reply = say("我也是", "queue_slow", hours=6, thread=later.post.id)
    one = matter("20260302-aaaa", [first], level=Level.BLUE)
    told = {
        "level": Level.ORANGE,
        "notified": Level.ORANGE,
        "notified_at": START,
        "notified_index": 40.0,
        "sequence": 2,
    }
    return one, matter("20260302-bbbb", [later, reply], **told)


def test_the_later_incident_goes_into_the_one_that_opened_first(two: tuple[WholeIncident, WholeIncident]) -> None:
    """Whatever the order in which they are named, the elder keeps its id and the other points at it."""
    one, other = two
    for change in (merge(one, other, *BY, NOW), merge(other, one, *BY, NOW)):
        assert {item.incident for item in change.memberships} == {"20260302-aaaa"}
        assert len(change.memberships) == 2
        assert after(change, "20260302-bbbb").merged_into == "20260302-aaaa"
        assert after(change, "20260302-aaaa").topics == ("queue_slow",)
        assert after(change, "20260302-aaaa").last_post_at == other.incident.last_post_at


def test_every_moved_post_says_who_moved_it_and_why_it_was_where_it_was(
    two: tuple[WholeIncident, WholeIncident],
) -> None:
    """The old reason stays readable inside the new one."""
    reasons = [item.reason for item in merge(*two, *BY, NOW).memberships]
    assert all("王敏" in reason and "两帖说的是同一件事" in reason for reason in reasons)
    assert OPENS in reasons[0]


def test_a_reprint_stays_a_reprint_when_it_moves(two: tuple[WholeIncident, WholeIncident]) -> None:
    """The spread counts reprints, whoever put them together."""
    one, other = two
    copied = [*other.memberships[:1], replace(other.memberships[1], how="reprint", original=2)]
    moved = merge(one, replace(other, memberships=copied), *BY, NOW).memberships
    assert [item.how for item in moved] == ["person", "reprint"]
    assert moved[1].original == 2


def test_the_merged_incident_has_been_told_what_its_parts_were_told(two: tuple[WholeIncident, WholeIncident]) -> None:
    """A merge sends no second mail of a level that people know, and the one that ended tells nothing more."""
    change = merge(*two, *BY, NOW)
    kept, gone = (state_after(change, name) for name in ("20260302-aaaa", "20260302-bbbb"))
    assert (kept.level, kept.notified, kept.notified_index) == (Level.ORANGE, Level.ORANGE, 40.0)
    assert (gone.level, gone.notified, gone.sequence) == (Level.NONE, Level.NONE, 3)


def test_a_merge_that_makes_no_sense_is_refused(two: tuple[WholeIncident, WholeIncident]) -> None:
    """Not with itself, not across banks, not into one that ended."""
    one, other = two
    stranger = replace(other, incident=replace(other.incident, bank="别的银行"))
    ended = replace(other, incident=replace(other.incident, merged_into="20260301-cccc"))
    for second, told in ((one, "同一个事件"), (stranger, "别的银行"), (ended, "20260301-cccc")):
        with pytest.raises(CorrectionError, match=told):
            merge(one, second, *BY, NOW)


def test_a_thread_leaves_with_its_replies(say: Say) -> None:
    """Splitting off a root takes the replies under it along; topics and times of both are told anew."""
    first = say("桥头支行又只开一个窗口", "queue_slow")
    root = say("手机银行闪退", "app_fault", hours=2)
    reply = say("我也闪退", "app_fault", hours=3, thread=root.post.id)
    whole = matter("20260302-aaaa", [first, root, reply], level=Level.YELLOW, notified=Level.YELLOW)
    change = split(whole, [root.post.key], {"20260302-aaaa"}, *BY, NOW)
    new = change.correction.target
    assert new is not None
    assert [(item.post, item.incident) for item in change.memberships] == [(2, new), (3, new)]
    assert after(change, new).topics == ("app_fault",)
    assert after(change, new).title == "手机银行闪退"
    assert after(change, "20260302-aaaa").last_post_at == first.post.moment
    assert state_after(change, new).notified is Level.YELLOW
    assert change.heirs == (("20260302-aaaa", new),)


def test_a_split_gets_an_id_of_its_own_even_with_the_first_post(say: Say) -> None:
    """An id is never used twice."""
    first, other = say("桥头支行又只开一个窗口", "queue_slow"), say("闪退", "app_fault", hours=1)
    taken: set[str] = set()
    for _ in range(3):
        whole = matter("20260302-aaaa", [first, other])
        target = split(whole, [first.post.key], taken, *BY, NOW).correction.target or ""
        assert target not in taken
        taken.add(target)


@pytest.mark.parametrize("correct", [detach, lambda m, c, by, why, at: split(m, c, set(), by, why, at)])
def test_an_incident_is_never_left_empty(
    two: tuple[WholeIncident, WholeIncident], correct: Callable[..., Regrouping]
) -> None:
    """Moving everything, nothing, or a post of another incident is refused with what to do."""
    whole = two[1]
    for chosen in ([2], [], [99]):
        with pytest.raises(CorrectionError):
            correct(whole, chosen, *BY, NOW)


def test_a_post_that_was_taken_out_is_in_no_incident(two: tuple[WholeIncident, WholeIncident]) -> None:
    """Detaching takes it out and remembers why it was in."""
    change = detach(two[1], [3], *BY, NOW)
    assert change.out == (3,)
    assert change.memberships == ()
    assert change.correction.before == (two[1].memberships[1],)


POSTS = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=8)


def _thread_posts(shape: Sequence[tuple[int, bool]]) -> list[ReadPost]:
    """Posts in up to five threads; the first of a thread is its root."""
    items, roots = [], set()
    for number, (thread, negative) in enumerate(shape, start=1):
        own = f"t{thread}" if thread not in roots else f"p{number}"
        roots.add(thread)
        moment = START + timedelta(hours=number)
        post = Post(number, "bbs", "forum", own, "thread", f"t{thread}", "帖子", moment, moment, published_at=moment)
        topics = ("queue_slow",) if negative else ()
        reading = Reading(negative, topics, negative, 0.5, 1, (), "t")
        items.append(ReadPost(post, reading))
    return items


def _applied(change: Regrouping, *before: WholeIncident) -> dict[str, WholeIncident]:
    """The incidents as the store would have them afterwards."""
    items = {item.post.key: item for matter in before for item in matter.items}
    members = {item.post: item for matter in before for item in matter.memberships}
    members |= {item.post: item for item in change.memberships}
    members = {key: item for key, item in members.items() if key not in change.out}
    known = {matter.incident.id: matter for matter in before}
    told = {incident.id: incident for incident in change.incidents}
    states = {state.incident: state for state in change.states}
    found = {}
    for name in {*known, *told}:
        inside = sorted((m for m in members.values() if m.incident == name), key=lambda m: m.post)
        incident = told.get(name) or known[name].incident
        state = states.get(name) or (known[name].state if name in known else AlertState(name))
        found[name] = WholeIncident(incident, [items[m.post] for m in inside], inside, state)
    return found


@given(POSTS, st.data())
def test_what_was_split_off_and_undone_is_as_it_was(shape: list[tuple[int, bool]], data: st.DataObject) -> None:
    """Undoing a split gives every post its old place, reason and topic count, and leaves the new id empty."""
    items = _thread_posts(shape)
    whole = matter("20260302-aaaa", items)
    chosen = data.draw(st.sets(st.sampled_from([item.post.key for item in items]), min_size=1))
    try:
        change = split(whole, chosen, {"20260302-aaaa"}, *BY, NOW)
    except CorrectionError:
        return
    now = _applied(change, whole)
    made = replace(change.correction, key=1)
    back = _applied(undo(made, now["20260302-aaaa"], now[made.target or ""], ()), *now.values())
    assert back["20260302-aaaa"].memberships == whole.memberships
    assert back["20260302-aaaa"].incident.topics == _topics(whole)
    assert back[made.target or ""].items == []
    assert back[made.target or ""].incident.merged_into == "20260302-aaaa"


def _topics(whole: WholeIncident) -> tuple[str, ...]:
    return ("queue_slow",) if any(item.reading.negative for item in whole.items) else ()


def test_undoing_a_merge_takes_later_replies_back_with_their_thread(
    two: tuple[WholeIncident, WholeIncident], say: Say
) -> None:
    """What was said meanwhile under a returning thread returns with it; its mails were read, so nothing is news."""
    change = merge(*two, *BY, NOW)
    now = _applied(change, *two)
    kept = now["20260302-aaaa"]
    late = say("还是没人管", "queue_slow", hours=30, thread=two[1].items[0].post.id)
    joined = Membership("20260302-aaaa", late.post.key, "thread", "所在的帖子已归入本事件", 1.0)
    kept = replace(kept, items=[*kept.items, late], memberships=[*kept.memberships, joined])
    made = replace(change.correction, key=7)
    back = _applied(undo(made, now["20260302-bbbb"], kept, ()), kept, now["20260302-bbbb"])
    assert [item.post.key for item in back["20260302-bbbb"].items] == [2, 3, 4]
    assert back["20260302-bbbb"].memberships[:2] == two[1].memberships
    assert back["20260302-bbbb"].incident.merged_into is None
    assert back["20260302-bbbb"].state.notified is Level.ORANGE
    assert [item.post.key for item in back["20260302-aaaa"].items] == [1]


def test_undoing_a_detachment_brings_back_what_is_still_outside(two: tuple[WholeIncident, WholeIncident]) -> None:
    """A post that found another incident meanwhile stays there."""
    whole = two[1]
    change = detach(whole, [3], *BY, NOW)
    now = _applied(change, whole)["20260302-bbbb"]
    made: Correction = replace(change.correction, key=2)
    assert undo(made, now, None, [whole.items[1]]).memberships == (whole.memberships[1],)
    assert undo(made, now, None, []).memberships == ()

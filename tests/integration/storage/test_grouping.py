"""What is considered for grouping, what is known of incidents, and their snapshots."""

from __future__ import annotations

from dataclasses import replace

from domain.incidents import Grouping, Incident, Membership, Snapshot
from tests.integration.storage.conftest import BANK, Scene, at, seen


def snapshot(minute: float, index: float = 1.5) -> Snapshot:
    return Snapshot(
        "i1",
        at(minute),
        3,
        2,
        2,
        1,
        1,
        2,
        3,
        40,
        1.0,
        -0.5,
        0,
        1,
        index,
        1.2,
        0.8,
        at(0),
        views=2**40,
        parts={"量": 1.5},
    )


def test_every_post_that_was_read_is_considered_once(scene: Scene) -> None:
    """Also one that does not name the bank: it may tell of an incident all the same. An unread one is left."""
    scene.see(seen("1"), seen("2"))
    assert scene.ungrouped() == []
    scene.read(about=["1"])
    assert scene.group() == ["1", "2"]
    assert scene.ungrouped() == []


def test_with_a_new_post_come_those_of_its_thread_that_were_passed_over(scene: Scene) -> None:
    """What a reply means may hang on its root; members and other threads are not looked at again."""
    scene.see(seen("1"), seen("2", under="1", minute=1), seen("9", minute=2))
    scene.read()
    assert scene.group("2") == ["1", "2", "9"]
    scene.group()
    scene.see(seen("3", under="1", minute=3))
    scene.read()
    assert scene.group() == ["1", "3"]
    assert scene.ungrouped() == []


def test_a_reply_is_considered_again_once_its_thread_is_in_an_incident(scene: Scene) -> None:
    """Grouping decides on every post that stands in an incident's thread, whatever it is about."""
    scene.see(seen("1"), seen("2", "楼主说得对", under="1", minute=1))
    scene.read(about=["1"])
    assert scene.group("1") == ["1", "2"]
    assert scene.group() == ["2"]
    assert scene.ungrouped() == []


def test_a_post_passed_over_is_considered_again_after_a_new_reading(scene: Scene) -> None:
    """An edit may make an incident of what was none."""
    scene.see(seen("1"))
    scene.read()
    assert scene.group() == ["1"]
    scene.see(seen("1", "改过", 5))
    scene.read()
    assert scene.group() == ["1"]


def test_a_post_passed_over_is_considered_again_when_its_thread_joins_later(scene: Scene) -> None:
    """The root may come into an incident after its replies were looked at."""
    scene.see(seen("2", under="1"))
    scene.read()
    assert scene.group() == ["2"]
    scene.see(seen("1", minute=5))
    scene.read(about=["1", "2"])
    assert scene.group("1") == ["2", "1"]
    assert scene.group() == ["2"]
    assert scene.ungrouped() == []


def test_a_member_stays_a_member(scene: Scene) -> None:
    """A member is not considered again, and a second membership of the same post changes nothing."""
    scene.see(seen("1"))
    scene.read()
    scene.group("1")
    ((_incident, (member,)),) = scene.store.open_incidents(BANK, at(0), [])
    other = Grouping(
        (Incident("i2", BANK, "别的", (), at(0), at(0)),), (Membership("i2", member.post.key, "similar", "像", 0.5),)
    )
    scene.store.save_grouping(BANK, [member.post.key], other, at(1))
    assert [(i.id, len(m)) for i, m in scene.store.open_incidents(BANK, at(0), [])] == [("i1", 1), ("i2", 0)]


def test_open_incidents_are_recent_or_in_the_threads_asked_for(scene: Scene) -> None:
    """An old incident is known again when somebody writes in one of its threads."""
    scene.see(seen("1"), seen("2", under="1"))
    scene.read()
    scene.group("1", "2")
    recent = scene.store.open_incidents(BANK, at(0), [])
    assert [[item.post.id for item in members] for _incident, members in recent] == [["1", "2"]]
    assert scene.store.open_incidents(BANK, at(1), []) == []
    assert scene.store.open_incidents(BANK, at(1), [("bbs", "1"), ("bbs", "9")]) == recent
    assert scene.store.open_incidents("另一家", at(0), [("bbs", "1")]) == []


def test_active_incidents_are_open_or_recent(scene: Scene) -> None:
    """A closed incident without a new post is no longer active; its closing time stays what it was."""
    scene.see(seen("1"))
    scene.read()
    scene.group("1")
    assert len(scene.store.active_incidents(BANK, at(99))) == 1
    scene.store.close_incident("i1", at(10))
    scene.store.close_incident("i1", at(20))
    assert scene.store.active_incidents(BANK, at(99)) == []
    ((incident, members, last),) = scene.store.active_incidents(BANK, at(0))
    assert (incident.closed_at, [member.how for member in members], last) == (at(10), ["opens"], None)


def test_an_incident_is_updated_in_place(scene: Scene) -> None:
    """The same id again replaces title, topics and times."""
    scene.see(seen("1"))
    scene.read()
    scene.group("1")
    ((incident, _members),) = scene.store.open_incidents(BANK, at(0), [])
    changed = replace(incident, title="新题", topics=("fraud",), last_post_at=at(30), maybe_same_as="i0")
    scene.store.save_grouping(BANK, [], Grouping((changed,), ()), at(30))
    assert [found for found, _members in scene.store.open_incidents(BANK, at(30), [])] == [changed]


def test_snapshots_come_back_in_order_and_replace_their_equal(scene: Scene) -> None:
    """Measuring the same moment again replaces the snapshot; the last one goes with its incident."""
    scene.see(seen("1"))
    scene.read()
    scene.group("1")
    scene.store.save_snapshots([snapshot(60), snapshot(0)])
    scene.store.save_snapshots([snapshot(60, 9.0)])
    assert scene.store.snapshots("i1") == [snapshot(0), snapshot(60, 9.0)]
    assert scene.store.snapshots("i1", at(60)) == [snapshot(60, 9.0)]
    assert scene.store.snapshots_of({"i1": at(60), "i2": at(0)}) == {"i1": [snapshot(60, 9.0)], "i2": []}
    ((_incident, _members, last),) = scene.store.active_incidents(BANK, at(0))
    assert last == snapshot(60, 9.0)


def test_nothing_to_save_is_no_error(scene: Scene) -> None:
    """Empty batches pass through every stage."""
    scene.store.save_snapshots([])
    scene.store.save_readings(BANK, [], at(0))
    scene.store.save_grouping(BANK, [], Grouping((), ()), at(0))
    scene.store.add_notices([], "bank.example")
    assert scene.see() == 0

"""Corrections by people on each database: kept, obeyed, undone."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest
from sqlalchemy import select, update

from app.correcting import Corrector, correction_rows, member_rows
from domain.actions import Action
from domain.alerts import AlertState, Level, Message, Notice
from domain.clock import iso
from domain.errors import CorrectionError
from storage.database import open_database
from storage.query import run_query
from storage.schema_corrections import corrections
from storage.store import SqlStore
from tests.integration.storage.conftest import BANK, Scene, T, at, seen

LATER = T + timedelta(hours=2)
WHY = ("王敏", "说的是同一件事")


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Two incidents: i1 with a thread and its reply, i2 with one thread."""
    scene.see(seen("1"), seen("2", "我也排", under="1", minute=1))
    scene.read()
    scene.group("1", "2", incident="i1")
    scene.see(seen("3", "又只开一个窗口", 5), when=5)
    scene.read()
    scene.group("3", incident="i2")
    return scene


def corrector(scene: Scene) -> Corrector:
    return Corrector(scene.store, "bank.example")


def members(store: SqlStore, incident: str) -> list[str]:
    matter = store.whole_incident(incident)
    return [item.post.id for item in matter.items] if matter else []


def test_a_merge_moves_the_posts_and_is_told_by_the_views(town: Scene) -> None:
    """The merged incident is empty, points at the other, and is neither measured nor compared any more."""
    done = corrector(town).merge("i1", "i2", *WHY, LATER)
    assert (done.incident, done.target) == ("i2", "i1")
    assert members(town.store, "i1") == ["1", "2", "3"]
    assert [item[0].id for item in town.store.active_incidents(BANK, T)] == ["i1"]
    assert [item[0].id for item in town.store.open_incidents(BANK, T, ())] == ["i1"]
    _, rows = run_query(town.url, "SELECT id, merged_into, posts FROM v_incidents ORDER BY id")
    assert [tuple(row) for row in rows] == [("i1", None, 3), ("i2", "i1", 0)]
    _, rows = run_query(town.url, "SELECT kind, incident, target, posts, corrected_by, reason FROM v_corrections")
    assert [tuple(row) for row in rows] == [("merge", "i2", "i1", 1, *WHY)]


def test_undoing_gives_every_post_its_place_and_reason_back(town: Scene) -> None:
    """After a merge, a split and a detachment are undone, newest first, the members stand as they did."""
    before = {name: town.store.whole_incident(name) for name in ("i1", "i2")}
    desk = corrector(town)
    desk.merge("i1", "i2", *WHY, LATER)
    desk.split("i1", ["bbs:1"], *WHY, LATER)
    desk.detach(desk.matter("i1").incident.id, ["bbs:3"], *WHY, LATER) if len(members(town.store, "i1")) > 1 else None
    for made in reversed(town.store.corrections()):
        desk.undo(made.key, "李强", "弄错了", LATER)
    for name, was in before.items():
        now = town.store.whole_incident(name)
        assert now is not None
        assert was is not None
        assert now.memberships == was.memberships
        assert now.incident.merged_into is None
    assert all(made.undone_by == "李强" for made in town.store.corrections())


def test_undoing_gives_the_time_of_joining_back(town: Scene) -> None:
    """A moved post has joined when it was moved, and afterwards again when it first did; a reply that came meanwhile
    with the undoing."""
    joined = "SELECT id, joined_at FROM v_incident_posts ORDER BY id"
    _, before = run_query(town.url, joined)
    desk = corrector(town)
    done = desk.merge("i1", "i2", *WHY, LATER)
    _, moved = run_query(town.url, joined)
    assert [row[1] for row in moved] == [before[0][1], before[1][1], iso(LATER)]
    town.see(seen("4", "一样", under="3", minute=130), when=130)
    town.read()
    town.group("4", incident="i1")
    desk.undo(done.key, "李强", "弄错了", LATER + timedelta(hours=1))
    _, after = run_query(town.url, joined)
    assert [tuple(row) for row in after] == [*map(tuple, before), ("4", iso(LATER + timedelta(hours=1)))]


def test_a_correction_of_before_does_not_know_the_time(town: Scene) -> None:
    """Where the record has none, the post joins with the undoing, as it used to."""
    desk = corrector(town)
    done = desk.merge("i1", "i2", *WHY, LATER)
    database = open_database(town.url)
    with database.write() as connection:
        (kept,) = connection.execute(select(corrections.c.before)).scalar_one()
        del kept["joined_at"]
        connection.execute(update(corrections).values(before=[kept]))
    database.close()
    desk.undo(done.key, "李强", "弄错了", LATER + timedelta(hours=1))
    matter = town.store.whole_incident("i2")
    assert matter is not None
    assert [item.joined_at for item in matter.memberships] == [LATER + timedelta(hours=1)]


def test_only_what_nothing_later_builds_on_is_undone(town: Scene) -> None:
    """An earlier correction waits for the later ones, and one is undone once; the message names them."""
    desk = corrector(town)
    desk.merge("i1", "i2", *WHY, LATER)
    desk.split("i1", ["bbs:1"], *WHY, LATER)
    first, second = (made.key for made in town.store.corrections())
    with pytest.raises(CorrectionError, match=str(second)):
        desk.undo(first, *WHY, LATER)
    desk.undo(second, *WHY, LATER)
    with pytest.raises(CorrectionError, match="王敏"):
        desk.undo(second, *WHY, LATER)
    with pytest.raises(CorrectionError, match="99"):
        desk.undo(99, *WHY, LATER)


def test_a_detached_post_is_considered_no_more_and_kept_apart(town: Scene) -> None:
    """It is in no incident, nor looked at again; its incident is named to grouping, and after undoing no more."""
    desk = corrector(town)
    desk.detach("i1", ["bbs:2"], *WHY, LATER)
    assert members(town.store, "i1") == ["1"]
    assert town.ungrouped() == []
    (key,) = (made.posts[0] for made in town.store.corrections())
    assert town.store.apart(BANK).posts == {key: frozenset({"i1"})}
    assert town.store.apart(BANK).threads == {}
    desk.undo(1, *WHY, LATER)
    assert town.store.apart(BANK).posts == {}
    assert members(town.store, "i1") == ["1", "2"]


def test_a_split_thread_is_kept_apart_until_it_is_merged_again(town: Scene) -> None:
    """The whole thread must not go back by likeness, under whatever name its old incident has now."""
    desk = corrector(town)
    desk.merge("i1", "i2", *WHY, LATER)
    new = desk.split("i1", ["bbs:3"], *WHY, LATER).target or ""
    assert town.store.apart(BANK).threads == {("bbs", "3"): frozenset({"i1"})}
    desk.merge("i1", new, *WHY, LATER)
    assert town.store.apart(BANK).threads == {}


def test_levels_and_legal_holds_go_along(town: Scene) -> None:
    """Who inherits the posts inherits what was told about them, and the hold on their pages, once."""
    town.store.place_hold("i2", "法务", "诉讼", T)
    town.store.record_decisions(
        [(AlertState("i2", Level.RED, T, Level.RED, T, 60.0, None, 1, T), None)], [], "b.example"
    )
    desk = corrector(town)
    desk.merge("i1", "i2", *WHY, LATER)
    assert town.store.alert_state("i1").notified is Level.RED
    assert town.store.alert_state("i2").level is Level.NONE
    (held,) = town.store.holds("i1")
    assert "i2" in held.reason
    with pytest.raises(CorrectionError, match="保全"):
        desk.detach("i1", ["bbs:3"], *WHY, LATER)


def test_those_who_were_told_of_the_merged_incident_hear_where_it_went(town: Scene) -> None:
    """One last mail in its own thread, to the same readers, in the same transaction; nobody else gets one."""
    first = Notice(
        "i2.1", "new", Level.RED, "i2", "首次达到红色。", ("a@b.example", "群"), Message("【红色】#i2", "", ""), T, "i2"
    )
    state = AlertState("i2", Level.RED, T, Level.RED, T, 60.0, sequence=1, decided_at=T)
    town.store.record_decisions([(state, None)], [first], "b.example")
    corrector(town).merge("i1", "i2", *WHY, LATER)
    sql = "SELECT notice, kind, recipient, subject FROM v_deliveries WHERE notice <> 'i2.1' ORDER BY recipient"
    rows = [tuple(row) for row in run_query(town.url, sql)[1]]
    assert [row[:3] for row in rows] == [("i2.2", "resolved", "a@b.example"), ("i2.2", "resolved", "群")]
    assert all("已并入" in row[3] and row[3].endswith("#i2") for row in rows)
    assert town.store.alert_state("i2").sequence == 2


def test_what_was_acknowledged_stays_so_wherever_the_posts_go(town: Scene) -> None:
    """An answer follows the posts into the merged incident, once, however often it is merged and taken apart."""
    town.store.act(Action("i2", "ack", Level.RED, at(30), "王敏"))
    town.store.act(Action("i2", "note", Level.RED, at(31), "王敏", "不随事件走"))
    desk = corrector(town)
    for _ in range(2):
        key = town.store.corrections()[-1].key if town.store.corrections() else 0
        desk.merge("i1", "i2", *WHY, LATER)
        desk.undo(key + 1, *WHY, LATER)
    assert [(item.kind, item.by) for item in town.store.actions(["i1"])["i1"]] == [("ack", "王敏")]


def test_a_wrong_name_is_answered_with_the_right_ones(town: Scene) -> None:
    """A post or incident that is not there is named, with where to look."""
    desk = corrector(town)
    with pytest.raises(CorrectionError, match="bbs:77"):
        desk.split("i1", ["bbs:77"], *WHY, LATER)
    with pytest.raises(click.UsageError, match="i1"):
        desk.merge("i1", "i9", *WHY, LATER)


def test_every_membership_and_every_correction_is_told(town: Scene) -> None:
    """The tables say why each post is where it is, and who changed what."""
    desk = corrector(town)
    desk.merge("i1", "i2", *WHY, LATER)
    rows = member_rows(desk.matter("i1"))
    assert [row[0] for row in rows] == ["bbs:1", "bbs:2", "bbs:3"]
    assert "王敏" in rows[2][3]
    (told,) = correction_rows(town.store.corrections())
    assert told[:5] == ("1", "合并", "i2", "i1", "1")
    assert str(at(0).year) in told[5]

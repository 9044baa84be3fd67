"""Which kept pages stay, what is handed out about an incident, and who forbade that it goes."""

from __future__ import annotations

from datetime import timedelta

from domain.alerts import AlertState, Level, LevelChange
from tests.integration.storage.conftest import BANK, Scene, at, seen
from tests.integration.storage.test_views import rows

DAY = 24 * 60


def page(number: int) -> str:
    """The name of a kept page."""
    return f"2026-03-16/{number:064x}"


def three_incidents(scene: Scene) -> None:
    """An open one, a closed one, and a post of none, each on a page of its own; all of the first morning."""
    scene.see(
        seen("1", capture=page(1)), seen("2", "我也是", 1, capture=page(2)), seen("3", "吃了吗", 2, capture=page(3))
    )
    scene.read(about=["1", "2"])
    scene.group("1", incident="open")
    scene.read(version="rules-2", about=["1", "2"])
    scene.group("2", incident="closed", closed=at(DAY))


def test_the_pages_of_incidents_stay_for_their_time_and_those_of_no_incident_do_not(scene: Scene) -> None:
    """An open incident keeps its pages for good; a closed one for so long after its last post or its end."""
    three_incidents(scene)
    assert scene.store.captures_to_keep(at(0)) == {page(1), page(2)}
    assert scene.store.captures_to_keep(at(DAY)) == {page(1), page(2)}
    assert scene.store.captures_to_keep(at(DAY + 1)) == {page(1)}


def test_a_held_incident_keeps_its_pages_until_every_hold_is_lifted(scene: Scene) -> None:
    """Age does not count while somebody forbids; what was placed and lifted, by whom and why, stays written down."""
    three_incidents(scene)
    late = at(0) + timedelta(days=5000)
    first = scene.store.place_hold("closed", "王法务", "诉讼 2026-12", at(5))
    second = scene.store.place_hold("closed", "李审计", "审计", at(6))
    assert scene.store.captures_to_keep(late) == {page(1), page(2)}
    scene.store.lift_hold(first.key, "王法务", at(7))
    assert scene.store.captures_to_keep(late) == {page(1), page(2)}
    scene.store.lift_hold(second.key, "李审计", at(8))
    scene.store.lift_hold(second.key, "别人", at(9))
    assert scene.store.captures_to_keep(late) == {page(1)}
    told = [(hold.reason, hold.placed_by, hold.lifted_by, hold.lifted_at) for hold in scene.store.holds("closed")]
    assert told == [("诉讼 2026-12", "王法务", "王法务", at(7)), ("审计", "李审计", "李审计", at(8))]
    assert scene.store.holds("open") == []
    assert [row["lifted_at"] for row in rows(scene, "SELECT * FROM v_holds ORDER BY number")] == [
        "2026-03-16T01:07:00Z",
        "2026-03-16T01:08:00Z",
    ]


def test_a_dossier_holds_posts_pages_levels_and_holds_of_one_incident(scene: Scene) -> None:
    """Each in its order, a page where the post was already gone marked so, and nothing of another incident."""
    three_incidents(scene)
    scene.see(seen("1", "改了", 3, capture=page(1)), when=3)
    scene.see(seen("1", "", 4, capture=page(4), deleted=True), when=4)
    change = LevelChange("open", at(2), Level.NONE, Level.RED, "heat", "热度高", 55.5, 50.0, {"heat": 50.0})
    scene.store.record_decisions([(AlertState("open", Level.RED, at(2)), change)], [], "bank.example")
    hold = scene.store.place_hold("open", "王法务", "诉讼", at(5))
    dossier = scene.store.dossier("open")
    assert dossier is not None
    assert (dossier.incident.bank, [post.id for post in dossier.posts]) == (BANK, ["1"])
    assert (dossier.changes, dossier.holds) == ((change,), (hold,))
    told = [(seen.id, seen.observed_at, seen.name, seen.deleted) for seen in dossier.captures]
    assert told == [("1", at(0), page(1), False), ("1", at(3), page(1), False), ("1", at(4), page(4), True)]
    shown = rows(scene, "SELECT * FROM v_evidence WHERE incident = 'open' ORDER BY observed_at")
    assert [(row["id"], row["capture"], row["deleted"]) for row in shown] == [
        ("1", page(1), 0),
        ("1", page(1), 0),
        ("1", page(4), 1),
    ]


def test_an_incident_that_is_not_there_has_no_dossier(scene: Scene) -> None:
    """Those that are there can be listed, the newest first, to find the one that was meant."""
    three_incidents(scene)
    assert scene.store.dossier("i-404") is None
    assert list(scene.store.incident_titles()) == ["closed", "open"]

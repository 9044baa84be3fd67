"""What single threads cannot prove: blindness by looks at the whole source, told alike by the ledger and the view."""

from __future__ import annotations

import pytest

from domain.clock import iso
from domain.coverage import Collected, Coverage, Look, Outage
from domain.posts import Author, Metrics
from storage.query import run_query
from tests.integration.storage.conftest import Scene, at, seen


def run(scene: Scene, kind: str, status: str, when: float, *, source: str = "bbs", new: int = 0) -> None:
    """A run of this kind in which the source had this status; it took a minute."""
    number = scene.store.claim_run(kind, at(when), 3600)
    coverage = Coverage(source, at(when), at(when + 1), status, new, cause=f"原因{when:g}", evidence="HTTP 200")
    posts = tuple(seen(f"{source}{when:g}-{n}", minute=when) for n in range(new))
    scene.store.save_collected(Collected(posts, (), coverage), number)
    assert number is not None
    scene.store.finish_run(number, at(when + 1), "done", "")


STORIES = {
    "a good re-visit does not open the eyes of a blind source": (
        [("sweep", "ok", 0), ("sweep", "login", 10), ("revisit", "quiet", 20)], (1, "login")),
    "a re-visit that fails blinds a source that saw": (
        [("sweep", "ok", 0), ("revisit", "ok", 10), ("revisit", "blocked", 20)], (11, "blocked")),
    "a good re-visit takes that blindness away again": (
        [("sweep", "ok", 0), ("revisit", "down", 10), ("revisit", "quiet", 20)], None),
    "a re-visit that saw a part of a thread blinds nobody": (
        [("sweep", "ok", 0), ("revisit", "partial", 10), ("revisit", "changed", 20)], None),
    "a failing re-visit of a blind source changes the cause and not the begin": (
        [("sweep", "ok", 0), ("sweep", "changed", 10), ("revisit", "down", 20)], (1, "down")),
    "a look at the whole source opens its eyes": (
        [("sweep", "ok", 0), ("sweep", "down", 10), ("look", "quiet", 20)], None),
    "a source that never saw is blind from its first run": (
        [("sweep", "login", 0), ("revisit", "quiet", 10)], (0, "login")),
    "a partial source is partial since it saw all": (
        [("sweep", "ok", 0), ("sweep", "partial", 10), ("sweep", "partial", 20)], (1, "partial")),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_blindness_is_told_alike_by_the_ledger_and_the_view(scene: Scene, story: str) -> None:
    """The stories above, in both databases: source, since when, and the status that says why."""
    runs, expected = STORIES[story]
    for kind, status, when in runs:
        run(scene, kind, status, when)
    blind = [(item.since, item.status) for item in scene.store.blind_sources(at(99))]
    assert blind == ([(at(expected[0]), expected[1])] if expected else [])
    sql = "SELECT blind_since FROM v_coverage ORDER BY finished_at DESC"
    _, rows = run_query(scene.url, sql)
    assert rows[0] == ((iso(at(expected[0])) if expected else None),)


def test_the_past_is_told_as_it_was(scene: Scene) -> None:
    """What came later changes neither the ledger's answer for an earlier moment nor the view's rows."""
    for kind, status, when in [("sweep", "ok", 0), ("sweep", "down", 10), ("look", "ok", 20), ("revisit", "down", 30)]:
        run(scene, kind, status, when)
    assert [blind.since for blind in scene.store.blind_sources(at(15))] == [at(1)]
    assert scene.store.blind_sources(at(25)) == []
    _, rows = run_query(scene.url, "SELECT blind_since FROM v_coverage ORDER BY finished_at")
    assert [row[0] for row in rows] == [None, iso(at(1)), None, iso(at(21))]


def test_an_outage_is_dark_since_something_was_seen(scene: Scene) -> None:
    """For a notice a source that was partial for long is dark only since its door was closed."""
    for status, when in (("ok", 0), ("partial", 10), ("login", 20), ("down", 30)):
        run(scene, "sweep", status, when)
    run(scene, "sweep", "partial", 5, source="api")
    run(scene, "revisit", "blocked", 40, source="api")
    assert scene.store.outages(at(99)) == [
        Outage("api", "api", at(6), "blocked", "原因40", "HTTP 200"),
        Outage("bbs", "bbs", at(11), "down", "原因30", "HTTP 200"),
    ]
    assert [outage.dark for outage in scene.store.outages(at(15))] == [False, False]


def test_looks_sights_and_new_posts_of_a_source(scene: Scene) -> None:
    """The history leaves out the looks of re-visits but not what they found, and other sources altogether."""
    run(scene, "sweep", "ok", 0, new=2)
    run(scene, "revisit", "ok", 10, new=1)
    run(scene, "sweep", "quiet", 20)
    run(scene, "sweep", "ok", 30, source="other")
    looks = scene.store.looks_of("bbs", at(0))
    assert looks == [
        Look(at(0), at(1), "ok", new_posts=2),
        Look(at(20), at(21), "quiet", new_posts=0),
    ]
    assert scene.store.looks_of("bbs", at(2)) == looks[1:]
    assert sorted(scene.store.sights_of("bbs", at(0))) == [(at(0), None), (at(0), None), (at(10), None)]
    assert scene.store.new_posts_since("bbs", at(1)) == 1
    assert scene.store.new_posts_since("nobody", at(1)) == 0


def test_what_the_history_said_is_kept_with_the_run(scene: Scene) -> None:
    """Usual posts and filled fields come back as they were given, and the view shows what was usual."""
    filled = {"replies": {"n": 3, "author": 3}}
    coverage = Coverage("bbs", at(0), at(1), "ok", 3, usual=37.5, filled=filled)
    scene.store.save_collected(Collected((), (), coverage), None)
    assert scene.store.looks_of("bbs", at(0)) == [Look(at(0), at(1), "ok", 37.5, filled)]
    assert run_query(scene.url, "SELECT usual FROM v_coverage")[1] == [(37.5,)]


def test_new_posts_are_known_before_they_are_stored(scene: Scene) -> None:
    """The first sighting of each post that the store does not have, once."""
    scene.see(seen("1"))
    fresh = seen("2", author=Author(name="网友"), metrics=Metrics(views=1))
    assert scene.store.unknown_posts([seen("1", minute=5), fresh, seen("2", minute=6)]) == [fresh]
    assert scene.store.unknown_posts([]) == []


def test_visits_are_counted_by_day(scene: Scene) -> None:
    """The last visit of each thread, and how many of a source there were since midnight."""
    for minute, midnight in ((0, -60), (10, -60), (100, 90)):
        scene.store.note_visits("bbs", {"t1", "t2"} if minute else ["t1"], at(minute), at(midnight))
    scene.store.note_visits("news", [], at(100), at(90))
    assert scene.store.visits() == {("bbs", "t1"): at(100), ("bbs", "t2"): at(100)}
    assert scene.store.visits_since(at(90)) == {"bbs": 2}
    scene.store.note_visits("bbs", ["t1"], at(110), at(90))
    assert scene.store.visits_since(at(90)) == {"bbs": 3}

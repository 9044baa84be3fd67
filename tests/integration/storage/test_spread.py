"""What is kept of each platform's share of an incident, and of its outlook."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.spread import Course, Expectation, Outlook, Phase, PhaseMark, PlatformSpread, Surge
from storage.query import run_query
from tests.integration.storage.conftest import BANK, Scene, at, seen

FIRST = PhaseMark(at(0), Phase.LATENT, 1, "首帖出现")


def spread(platform: str, minute: float, posts: int = 1, **changes: Any) -> PlatformSpread:
    """A row of one platform of which little is known."""
    row = PlatformSpread("i1", platform, at(minute), posts, 1, 0, 0, 1.0, 0.5, 1.0, 0.25, 0.0)
    return replace(row, **changes)


def outlook(minute: float, **changes: Any) -> Outlook:
    """An outlook of two posts of which little is to be said."""
    course = Course(at(0) + timedelta(microseconds=7), FIRST, at(0), 0.5, at(0), at(0))
    return replace(Outlook("i1", at(minute), 2, FIRST, course, (("forum", at(0)), ("weibo", at(1)))), **changes)


FULL = outlook(
    30,
    mark=PhaseMark(at(20), Phase.OUTBREAK, 2, "再起：近 1 小时 7 帖"),
    burst=True,
    surge=Surge(at(29), 60, 7, 6, 0.2, 1e-8),
    burst_at=at(29),
    doubling_hours=1.5,
    expectation=Expectation(55.0, 40.0, 120.5, "medium", "orange", 60, 0.25),
)


def grouped(scene: Scene) -> Scene:
    """An incident to which the rows belong."""
    scene.see(seen("1"))
    scene.read()
    scene.group("1")
    return scene


def test_the_newest_row_of_each_platform_comes_back_as_it_was(scene: Scene) -> None:
    """Unknown counters stay unknown; the same moment again is replaced; other incidents are left out."""
    store = grouped(scene).store
    known = spread("all", 60, 9, views=2**40, likes=0, loudest_share=0.5, doubling_hours=2.5, followers=70)
    store.save_spread([spread("forum", 0), spread("forum", 60, 3), spread("weibo", 30), spread("all", 60)], [])
    store.save_spread([known], [])
    assert store.last_platforms(["i1", "i2"]) == {
        "i1": {"all": known, "forum": spread("forum", 60, 3), "weibo": spread("weibo", 30)}
    }
    assert store.last_platforms([]) == {}


def test_the_newest_outlook_comes_back_as_it_was(scene: Scene) -> None:
    """With all that the next one needs to go on from it, to the microsecond, whether much or little is known."""
    store = grouped(scene).store
    store.save_spread([], [outlook(10)])
    assert store.last_outlooks(["i1", "i2"]) == {"i1": outlook(10)}
    store.save_spread([], [FULL])
    assert store.last_outlooks(["i1"]) == {"i1": FULL}


def test_analysts_see_the_outlook_in_words_they_know(scene: Scene) -> None:
    """The phase by code and label, the way over the platforms, and NULL for what nobody can say."""
    grouped(scene).store.save_spread([], [outlook(10), FULL])
    columns, (bare, full) = run_query(scene.url, "SELECT * FROM v_incident_outlook ORDER BY at")
    first, second = (dict(zip(columns, row, strict=True)) for row in (bare, full))
    assert (first["phase"], first["phase_label"], first["bank"], first["burst"]) == ("latent", "潜伏", BANK, 0)
    assert first["path"] == "forum 2026-03-16T01:00:00Z,weibo 2026-03-16T01:01:00Z"
    assert (first["expected"], first["final_posts"], first["confidence"], first["next_chance"]) == (None,) * 4
    assert (second["phase_label"], second["wave"], second["burst"], second["observed"]) == ("爆发", 2, 1, 7)
    assert (second["surge_minutes"], second["expected"], second["final_low"]) == (60, 0.2, 40.0)


def test_analysts_see_what_no_source_says_as_null(scene: Scene) -> None:
    """A counter that is unknown is not 0."""
    grouped(scene).store.save_spread([spread("forum", 0, likes=0)], [])
    columns, (row,) = run_query(scene.url, "SELECT * FROM v_incident_platforms")
    told = dict(zip(columns, row, strict=True))
    assert (told["platform"], told["at"], told["likes"], told["views"]) == ("forum", "2026-03-16T01:00:00Z", 0, None)

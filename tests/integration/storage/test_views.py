"""What analysts see: the same on both databases, documented, and read-only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from domain.alerts import AlertState, Level, LevelChange, Message, Notice
from domain.errors import StoreError
from domain.incidents import Snapshot
from domain.posts import Author, Metrics
from storage.query import run_query
from storage.views import VIEWS
from tests.integration.storage.conftest import BANK, Scene, at, seen
from tests.integration.storage.test_spread import FULL, spread

ALL = {view: f"SELECT * FROM {view}" for view in VIEWS}  # noqa: S608
DICTIONARY = (Path(__file__).parents[3] / "docs" / "data-dictionary.md").read_text(encoding="utf-8")


@pytest.fixture
def told(scene: Scene) -> Scene:
    """A store in which every view has rows."""
    return tell(scene)


def tell(scene: Scene) -> Scene:
    """Posts, readings, an incident with its measure, an alert with its mail, a blind source."""
    author = Author("k", "网**", 3, verified=False)
    late = at(15 * 60 + 30)
    scene.see(
        seen(
            "1",
            title="取不出钱",
            author=author,
            published_at=late,
            url="https://bbs.example/1",
            metrics=Metrics(views=8),
        ),
        seen("2", "我也是", 1, under="1", reply_to="1"),
        seen("3", "吃了吗", 2),
    )
    scene.see(seen("2", "", 9, under="1", deleted=True), when=9)
    scene.read(about=["1", "2"])
    scene.group("1", "2")
    scene.see(seen("4", "还没读", 3), status="down", when=20)
    scene.store.save_snapshots([Snapshot("i1", at(1), 2, 2, 2, 2, 1, 2, 3, 9, 1.0, 0.0, 0, 0, 55.5, 50.0, 0.8, at(1))])
    scene.store.save_spread([spread("forum", 1, 2, views=8)], [FULL])
    notice = Notice("i1-1", "new", Level.RED, "i1", "热度高", ("a@x",), Message("题", "文", "页"), at(2))
    change = LevelChange("i1", at(2), Level.NONE, Level.RED, "heat", "热度高", 55.5, 50.0)
    scene.store.record_decisions([(AlertState("i1", Level.RED, at(2)), change)], [notice], "bank.example")
    return scene


def rows(scene: Scene, sql: str) -> list[dict[str, Any]]:
    columns, found = run_query(scene.url, sql)
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_v_posts_shows_posts_with_reading_and_incident(told: Scene) -> None:
    """Times are text in UTC with a Z, truth values 0 or 1, an unread post has no bank."""
    first, second, third, fourth = rows(told, "SELECT * FROM v_posts ORDER BY id")
    assert first["published_at"] == "2026-03-16T16:30:00Z"
    assert (first["first_seen_at"], first["views"], first["author_name"]) == ("2026-03-16T01:00:00Z", 8, "网**")
    assert (first["about"], first["negative"], first["severity"], first["topics"]) == (1, 1, 3, "run,service")
    assert (first["bank"], first["incident"], first["edited"], first["deleted"]) == (BANK, "i1", 0, 0)
    assert (second["text"], second["deleted"], second["thread"], second["reply_to"]) == ("我也是", 1, "1", "1")
    assert (third["about"], third["incident"]) == (0, None)
    assert (fourth["bank"], fourth["about"], fourth["topics"]) == (None, None, None)


def test_the_daily_views_count_by_days_of_shanghai(told: Scene) -> None:
    """Half past midnight in Shanghai belongs to the new day, though UTC still has the old one."""
    daily = rows(told, "SELECT * FROM v_topics_daily ORDER BY day, topic")
    assert [(row["day"], row["topic"], row["posts"], row["negative_posts"]) for row in daily] == [
        ("2026-03-16", "run", 1, 1), ("2026-03-16", "service", 1, 1),
        ("2026-03-17", "run", 1, 1), ("2026-03-17", "service", 1, 1),
    ]  # fmt: skip
    sources = rows(told, "SELECT * FROM v_sources_daily WHERE bank IS NOT NULL ORDER BY day")
    assert [(row["day"], row["posts"], row["about_posts"], row["deleted_posts"]) for row in sources] == [
        ("2026-03-16", 2, 1, 1), ("2026-03-17", 1, 1, 0),
    ]  # fmt: skip


def test_the_views_of_incidents_agree_with_one_another(told: Scene) -> None:
    """The incident, its posts with reasons, its series and its alert tell the same story."""
    (incident,) = rows(told, "SELECT * FROM v_incidents")
    assert (incident["posts"], incident["level"], incident["spread_index"]) == (2, "red", 55.5)
    members = rows(told, "SELECT * FROM v_incident_posts ORDER BY id")
    assert [(row["id"], row["how"], row["reason"]) for row in members] == [
        ("1", "opens", "首帖"),
        ("2", "opens", "首帖"),
    ]
    (measured,) = rows(told, "SELECT * FROM v_incident_metrics")
    assert (measured["incident"], measured["at"], measured["heat"]) == ("i1", "2026-03-16T01:01:00Z", 50.0)
    (alert,) = rows(told, "SELECT * FROM v_alerts")
    assert (alert["level_before"], alert["level_after"], alert["reason"]) == ("none", "red", "热度高")


def test_deliveries_and_coverage_are_shown(told: Scene) -> None:
    """Mail waiting and sources that did not see are in the open."""
    (letter,) = rows(told, "SELECT * FROM v_deliveries")
    assert (letter["state"], letter["recipient"], letter["level"], letter["attempts"]) == ("queued", "a@x", "red", 0)
    assert [row["status"] for row in rows(told, "SELECT * FROM v_coverage ORDER BY started_at")] == ["ok", "ok", "down"]


def test_a_post_watched_for_two_banks_has_two_rows(told: Scene) -> None:
    """One row for each bank that read it."""
    told.read(bank="另一家", about=[])
    found = rows(told, "SELECT bank, about, incident FROM v_posts WHERE id = '1'")
    assert {tuple(row.values()) for row in found} == {(BANK, 1, "i1"), ("另一家", 0, None)}


def test_every_column_of_every_view_is_in_the_data_dictionary(scene: Scene) -> None:
    """The dictionary's section of a view lists exactly its columns, in their order."""
    for view in VIEWS:
        columns, _rows = run_query(scene.url, ALL[view])
        section = DICTIONARY.split(f"## {view}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns


def test_both_databases_give_the_same_values(sqlite_url: str, postgresql_url: str) -> None:
    """Every view has the same columns, types and values on both."""
    stories = [tell(Scene(url)) for url in (sqlite_url, postgresql_url)]
    for view in VIEWS:
        one, other = (sorted(rows(story, ALL[view]), key=repr) for story in stories)
        assert one == other
        assert [[type(v) for v in row.values()] for row in one] == [[type(v) for v in row.values()] for row in other]


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("DELETE FROM posts", "不能修改"),
        ("INSERT INTO runs (kind) VALUES ('x')", "不能修改"),
        ("SELECT 1; DROP TABLE runs", "一次只能执行一条"),
        ("SELECT nope FROM v_posts", "没有这一列"),
        ("SELECT * FROM v_nothing", "没有这个视图"),
        ("SELEC 1", "语法有误"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n", "已中止"),
    ],
)
def test_a_query_that_may_not_or_cannot_run_is_refused_in_chinese(scene: Scene, sql: str, cause: str) -> None:
    """The store is as before, and the message says what was wrong."""
    with pytest.raises(StoreError, match=cause):
        run_query(scene.url, sql, time_limit_s=0.2)
    assert rows(scene, "SELECT count(*) AS n FROM v_coverage") == [{"n": 0}]


@pytest.mark.parametrize("sql", ["SELECT * FROM posts", "SELECT sql FROM sqlite_master", "PRAGMA table_info(posts)"])
def test_sqlite_shows_the_views_only(sqlite_url: str, sql: str) -> None:
    """The tables behind the views are not for analysts."""
    with pytest.raises(StoreError, match="视图"):
        run_query(sqlite_url, sql)

"""What was collected is kept: posts, sightings, texts, coverage, memory and rejects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from domain.coverage import Collected, Coverage
from domain.posts import Author, Metrics, Observation, Post, Reject
from storage import schema
from tests.integration.storage.conftest import Scene, at, seen


def rows(scene: Scene, table: str) -> int:
    with scene.store._database.read() as connection:
        return connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one()


def only_post(scene: Scene) -> Post:
    return scene.unread("任意", "任意")[0][0]


def test_a_post_comes_back_as_it_was_seen(scene: Scene) -> None:
    """Every field of an observation is kept, with times in UTC."""
    author = Author("k1", "网**", 12, verified=True)
    told = seen("1", "取钱🎉\x00", 3, title="题", url="https://bbs.example/1", author=author, published_at=at(1))
    scene.see(replace(told, reply_to="0", metrics=Metrics(1, 2, 3, 4, 5)))
    post = only_post(scene)
    assert post == Post(
        key=post.key,
        source="bbs",
        platform="forum",
        id="1",
        kind="thread",
        thread="1",
        text="取钱🎉�",
        first_seen_at=at(3),
        last_seen_at=at(3),
        title="题",
        reply_to="0",
        url="https://bbs.example/1",
        author=author,
        published_at=at(1),
        metrics=Metrics(1, 2, 3, 4, 5),
    )
    assert post.first_seen_at.utcoffset() == at(0).utcoffset()


def test_the_same_observations_again_change_nothing(scene: Scene) -> None:
    """A repeated save brings no new post and no new sighting."""
    batch = (seen("1", metrics=Metrics(views=3)), seen("2", under="1"))
    assert scene.see(*batch) == 2
    before = scene.unread()
    assert scene.see(*batch) == 0
    assert (rows(scene, "observations"), scene.unread()) == (2, before)


def test_sightings_make_a_series_and_the_newest_counts(scene: Scene) -> None:
    """Each sighting stays in the series; an older one that comes late fills a gap and overwrites nothing."""
    scene.see(seen("1", minute=0, metrics=Metrics(views=1, likes=1)))
    scene.see(seen("1", minute=10, metrics=Metrics(views=9)))
    scene.see(seen("1", minute=5, metrics=Metrics(views=5, likes=5)))
    assert only_post(scene).metrics == Metrics(views=9, likes=5)
    scene.read()
    scene.group("1")
    ((_incident, (member,), _last),) = scene.store.active_incidents("桐花村镇银行", at(0))
    assert [(sighting.at, sighting.views, sighting.likes) for sighting in member.sightings] == [
        (at(0), 1, 1), (at(5), 5, 5), (at(10), 9, None),
    ]  # fmt: skip


def test_two_looks_at_the_same_moment_complete_one_another(scene: Scene) -> None:
    """A list page and a thread page of one sweep are one sighting."""
    scene.see(seen("1", metrics=Metrics(views=3)), seen("1", metrics=Metrics(likes=2)))
    assert rows(scene, "observations") == 1
    assert only_post(scene).metrics == Metrics(views=3, likes=2)


def test_an_edited_post_keeps_its_earlier_text_and_is_read_again(scene: Scene) -> None:
    """After an edit the old words are in post_texts and the post is unread."""
    scene.see(seen("1", "原文"))
    scene.read()
    scene.see(seen("1", "改过了", 5))
    with scene.store._database.read() as connection:
        kept = connection.execute(select(schema.post_texts.c.text, schema.post_texts.c.seen_at)).one()
        edited = connection.execute(select(schema.posts.c.edited)).scalar_one()
    assert (tuple(kept), edited) == (("原文", at(0)), True)
    assert [post.text for post, _parent in scene.unread()] == ["改过了"]


def test_a_deleted_post_keeps_its_text_and_may_return(scene: Scene) -> None:
    """Deletion is a fact about a post, not the loss of it; it is neither an edit nor read again."""
    scene.see(seen("1", "原文"))
    scene.read()
    scene.see(seen("1", "", 5, deleted=True))
    assert scene.unread() == []
    gone = only_post(scene)
    assert (gone.deleted, gone.text) == (True, "原文")
    scene.see(seen("1", "原文", 9))
    assert not only_post(scene).deleted
    assert scene.unread() == []


def test_memory_coverage_and_rejects_come_with_the_observations(scene: Scene) -> None:
    """One transaction keeps the source's note, its coverage and what was refused."""
    assert scene.store.memory_of("bbs") == {}
    scene.see(seen("1"), rejects=[Reject("bbs", 7, "missing_id", "没有 id", "{\x00}")], cursor={"页": [1, None]})
    assert scene.store.memory_of("bbs") == {"cursor": {"页": [1, None]}}
    assert (rows(scene, "coverage"), rows(scene, "rejects")) == (1, 1)


def test_a_failure_in_the_middle_keeps_nothing(scene: Scene) -> None:
    """Where one part cannot be stored, none is: the next sweep brings all of it."""
    coverage = Coverage("bbs", at(0), at(1), "ok", 1)
    with pytest.raises(IntegrityError):
        scene.store.save_collected(Collected((seen("1"),), (), coverage), 999)
    assert (rows(scene, "posts"), rows(scene, "coverage"), scene.store.memory_of("bbs")) == (0, 0, {})
    assert scene.see(seen("1"), cursor=1) == 1


def test_posts_of_several_sources_come_in_one_file(scene: Scene) -> None:
    """An import may hold many sources, and the same id in two of them is two posts."""
    other = Observation("tieba", "tieba", "1", "thread", "1", "另一处", at(0))
    assert scene.see(seen("1"), other) == 2


def test_a_thousand_new_posts_go_in_at_once(scene: Scene) -> None:
    """A large batch is stored completely, and all of it is found again."""
    batch = [seen(str(number), f"第{number}条") for number in range(1200)]
    assert scene.see(*batch) == 1200
    assert scene.see(*batch) == 0
    assert [post.id for post in scene.store.search("第1199条", 5)] == ["1199"]

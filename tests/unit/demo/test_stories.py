"""The town's stories: they load, hold together, and a fault in them is told where it stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path

import pytest

from demo.stories import BEGIN, NOW, STORIES, load_town
from demo.town import Floor, Town

BANK_WORDS = ("青禾银行", "青禾村行", "青禾村镇银行", "青禾yh")


@pytest.fixture(scope="module")
def town() -> Town:
    """The whole town."""
    return load_town()


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    """A copy of the stories that a test may spoil."""
    return shutil.copytree(STORIES, tmp_path / "stories")


def _floors(town: Town) -> list[Floor]:
    return [floor for forum in town.forums for thread in forum.threads for floor in thread.floors]


def test_two_weeks_of_a_town(town: Town) -> None:
    """There are two forums in two charsets, feeds in three formats, videos on two platforms, and 220 to 320 posts."""
    assert [(forum.name, forum.charset) for forum in town.forums] == [("青禾市民网", "gbk"), ("河湾论坛", "utf-8")]
    assert {feed.format for feed in town.feeds} == {"rss", "atom", "json"}
    assert {video.platform for video in town.videos} == {"douyin", "kuaishou"}
    articles = sum(len(feed.articles) for feed in town.feeds)
    comments = sum(1 + len(video.comments) for video in town.videos)
    assert 220 <= len(_floors(town)) + articles + comments <= 320


def test_everything_was_said_in_the_two_weeks(town: Town) -> None:
    """No post is older than the town or from its future."""
    videos = chain.from_iterable((video.at, *(c.at for c in video.comments)) for video in town.videos)
    articles = (article.at for feed in town.feeds for article in feed.articles)
    assert all(BEGIN <= at <= NOW for at in chain((floor.at for floor in _floors(town)), videos, articles))


def test_ids_are_unique(town: Town) -> None:
    """No two threads, floors or 点评 of a forum, no two articles, videos or comments share an id."""
    for forum in town.forums:
        floors = [floor for thread in forum.threads for floor in thread.floors]
        remarks = [remark.id for floor in floors for remark in floor.remarks]
        for ids in ([thread.tid for thread in forum.threads], [floor.pid for floor in floors], remarks):
            assert len(set(ids)) == len(ids)
    articles = [article.url for feed in town.feeds for article in feed.articles]
    comments = [comment.id for video in town.videos for comment in video.comments]
    assert len(set(articles)) == len(articles)
    assert len(set(comments)) == len(comments)
    assert len({video.id for video in town.videos}) == len(town.videos)


def test_posts_are_numbered_by_time(town: Town) -> None:
    """A later floor has a higher number, as on a real forum, and a name one number in the whole forum."""
    for forum in town.forums:
        floors = sorted((f for thread in forum.threads for f in thread.floors), key=lambda floor: floor.pid)
        assert all(before.at <= after.at for before, after in pairwise(floors))
        members = {(floor.author, floor.uid) for floor in floors}
        assert len({name for name, _uid in members}) == len({uid for _name, uid in members}) == len(members)


def test_the_hard_things_are_there(town: Town) -> None:
    """Quotes, 点评, anonymous, blocked, unapproved and edited floors, closed boards and threads, threads of 3 pages."""
    floors = _floors(town)
    threads = [thread for forum in town.forums for thread in forum.threads]
    assert any(floor.quote for floor in floors)
    assert any(floor.remarks for floor in floors)
    assert any(floor.author is None for floor in floors)
    assert {"shown", "blocked", "unapproved"} == {floor.state for floor in floors}
    assert any('<i class="pstatus">' in floor.body for floor in floors)
    assert any(not board.readable for forum in town.forums for board in forum.boards)
    assert any(thread.read_permission for thread in threads)
    assert any(len(thread.floors) > 20 for thread in threads)
    assert {"顶", "+1"} <= {floor.body for floor in floors}


def test_a_quote_is_the_beginning_of_what_it_quotes(town: Town) -> None:
    """What a floor quotes was said in its thread, by the member that it names."""
    for thread in chain.from_iterable(forum.threads for forum in town.forums):
        for floor in thread.floors:
            if floor.quote:
                author, text = floor.quote
                assert any(said.author == author and text in said.body for said in thread.floors)


def test_the_bank_is_a_part_of_the_town(town: Town) -> None:
    """At least a fifth of the threads, captions and articles name the bank, and at least half do not."""
    threads = ((thread.subject, thread.floors[0].body) for forum in town.forums for thread in forum.threads)
    articles = ((article.title, article.html) for feed in town.feeds for article in feed.articles)
    texts = ["".join(parts) for parts in chain(threads, articles, ((video.caption,) for video in town.videos))]
    named = sum(any(word in text for word in BANK_WORDS) for text in texts)
    assert 0.2 <= named / len(texts) <= 0.5


def _spoil(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_spoil("qinghe.yaml", "at: 03-02 18:20", "at: 3月2日"), r"qinghe.yaml: threads\[2\].floors\[1\].at: .*3月2日"),
        (_spoil("qinghe.yaml", "quote: 3", "quote: 9"), "quotes floor 9"),
        (_spoil("hewan.yaml", "board: 5", "board: 6"), "board 6"),
        (_spoil("hewan.yaml", "at: 03-03 07:10", "at: 03-03 06:10"), "after a later one"),
        (_spoil("videos.yaml", "likes: 46", "loves: 46"), r"videos\[1\].comments\[1\].loves"),
        (_spoil("videos.yaml", "to: 3", "to: 30"), "comment 4 answers comment 30"),
        (_spoil("feeds.yaml", "at: 03-15 23:10", "at: 03-17 23:10"), "outside 03-02 to 03-16"),
        (_spoil("feeds.yaml", "format: rss", "format: rdf"), r"feeds\[1\].format"),
        (_spoil("feeds.yaml", "\nfeeds:", "\nfeeds: ["), "feeds.yaml"),
    ],
)
def test_a_fault_is_told_where_it_stands(spoil: Callable[[Path], None], said: str, stories: Path) -> None:
    """A story that is not as it should be is refused with its file and place."""
    spoil(stories)
    with pytest.raises(ValueError, match=said):
        load_town(stories)

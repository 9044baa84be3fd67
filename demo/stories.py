"""Loads the town's life from ``demo/stories/*.yaml`` and gives everything the ids that a real site would give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from itertools import chain, count
from pathlib import Path

from demo.script import (
    ArticleScript,
    FeedScript,
    FeedsScript,
    FloorScript,
    ForumScript,
    StoryError,
    ThreadScript,
    VideoScript,
    VideosScript,
    read_script,
)
from demo.town import Article, Board, Comment, Feed, Floor, Forum, Remark, Thread, Town, Video
from domain.clock import SHANGHAI

STORIES = Path(__file__).parent / "stories"
BEGIN = datetime(2026, 3, 2, tzinfo=SHANGHAI)
NOW = datetime(2026, 3, 16, 7, 30, tzinfo=SHANGHAI)
FORUMS = ("qinghe", "hewan")
QUOTED_CHARACTERS = 60
FIRST_TID, FIRST_PID, FIRST_UID = 3001, 20001, 101
FIRST_VIDEO = {"douyin": 7_479_100_000_000_000_000, "kuaishou": 5_190_000_000}
FIRST_COMMENT = {"douyin": 7_479_900_000_000_000_000, "kuaishou": 930_000_000_000}


def load_town(folder: Path = STORIES, now: datetime = NOW) -> Town:
    """The town as it stands at ``now``; StoryError where a file is wrong or a time is outside the two weeks."""
    forums = [read_script(folder / f"{name}.yaml", ForumScript) for name in FORUMS]
    feeds = read_script(folder / "feeds.yaml", FeedsScript).feeds
    videos = read_script(folder / "videos.yaml", VideosScript).videos
    _check_times(chain(_forum_times(forums), _feed_times(feeds), _video_times(videos)), now)
    return Town(
        now=now,
        forums=tuple(_forum(script, now) for script in forums),
        feeds=tuple(_feed(script) for script in feeds),
        videos=_videos(videos),
    )


def _check_times(times: Iterable[tuple[str, datetime]], now: datetime) -> None:
    for what, at in times:
        if not BEGIN <= at <= now:
            raise StoryError(f"“{what}” is of {at:%m-%d %H:%M}, outside {BEGIN:%m-%d} to {now:%m-%d %H:%M}")


def _forum_times(forums: Iterable[ForumScript]) -> Iterator[tuple[str, datetime]]:
    for thread in chain.from_iterable(forum.threads for forum in forums):
        for floor in thread.floors:
            yield floor.text, floor.at
            yield from ((remark.text, remark.at) for remark in floor.remarks)


def _feed_times(feeds: Iterable[FeedScript]) -> Iterator[tuple[str, datetime]]:
    return ((article.title, article.at) for feed in feeds for article in feed.articles)


def _video_times(videos: Iterable[VideoScript]) -> Iterator[tuple[str, datetime]]:
    for video in videos:
        yield video.caption, video.at
        yield from ((comment.text, comment.at) for comment in video.comments)


class _Numbers:
    """Ids of one forum: threads and posts by time, members by their first appearance in the file."""

    def __init__(self, script: ForumScript) -> None:
        floors = sorted(
            ((floor.at, t, f) for t, thread in enumerate(script.threads) for f, floor in enumerate(thread.floors)),
        )
        opened = sorted(range(len(script.threads)), key=lambda t: script.threads[t].floors[0].at)
        self.tids = {t: FIRST_TID + n for n, t in enumerate(opened)}
        self.pids = {(t, f): FIRST_PID + n for n, (_at, t, f) in enumerate(floors)}
        self._uids: dict[str, int] = {}
        self._remarks = count(1)

    def uid(self, name: str | None) -> int:
        """The member's number; 0 for an anonymous one."""
        return 0 if name is None else self._uids.setdefault(name, FIRST_UID + len(self._uids))

    def remark(self) -> int:
        """The next number of a 点评."""
        return next(self._remarks)


def _forum(script: ForumScript, now: datetime) -> Forum:
    numbers = _Numbers(script)
    return Forum(
        name=script.name,
        charset=script.charset,
        boards=tuple(Board(board.fid, board.name, board.readable) for board in script.boards),
        threads=tuple(_thread(thread, t, numbers) for t, thread in enumerate(script.threads)),
        now=now,
    )


def _thread(script: ThreadScript, position: int, numbers: _Numbers) -> Thread:
    floors = tuple(
        _floor(floor, numbers.pids[position, f], script.floors, numbers) for f, floor in enumerate(script.floors)
    )
    return Thread(numbers.tids[position], script.board, script.subject, script.views, floors, script.read_permission)


def _floor(script: FloorScript, pid: int, thread: tuple[FloorScript, ...], numbers: _Numbers) -> Floor:
    return Floor(
        pid=pid,
        author=script.by,
        uid=numbers.uid(script.by),
        at=script.at,
        body=_edit_note(script) + escape(script.text, quote=False).replace("\n", "<br />\n"),
        quote=_quoted(thread[script.quote - 1]) if script.quote else None,
        remarks=tuple(
            Remark(numbers.remark(), remark.by, numbers.uid(remark.by), remark.text, remark.at)
            for remark in script.remarks
        ),
        state=script.state,
    )


def _edit_note(script: FloorScript) -> str:
    """The note that Discuz puts above a post that was edited."""
    if script.edited is None or script.by is None:
        return ""
    at = script.edited
    when = f"{at.year}-{at.month}-{at.day} {at:%H:%M}"
    return f'<i class="pstatus"> 本帖最后由 {escape(script.by)} 于 {when} 编辑 </i><br />\n<br />\n'


def _quoted(script: FloorScript) -> tuple[str, str]:
    """Who is quoted, and the beginning of what was said."""
    return script.by or "", script.text.split("\n")[0][:QUOTED_CHARACTERS]


def _feed(script: FeedScript) -> Feed:
    articles = tuple(_article(script, article) for article in script.articles)
    return Feed(script.name, script.format, script.title, articles)


def _article(feed: FeedScript, script: ArticleScript) -> Article:
    number = f"{script.at:%Y%m%d%H%M}"
    html = "".join(f"<p>{escape(line, quote=False)}</p>" for line in script.text.split("\n"))
    return Article(f"{feed.name}-{number}", f"{feed.site}{number}", script.title, html, feed.author, script.at)


class _Crowd:
    """Ids on the video platforms: users by their first appearance, comments by their order in the file."""

    def __init__(self) -> None:
        self._users: dict[tuple[str, str], str] = {}
        self._comments = {platform: count(first) for platform, first in FIRST_COMMENT.items()}

    def user(self, platform: str, name: str) -> str:
        """The id of a user, another one on each platform."""
        return self._users.setdefault((platform, name), f"u{len(self._users) + 10001}")

    def comment(self, platform: str) -> str:
        """The id of the next comment."""
        return str(next(self._comments[platform]))


def _videos(scripts: Iterable[VideoScript]) -> tuple[Video, ...]:
    crowd = _Crowd()
    return tuple(_video(script, position, crowd) for position, script in enumerate(scripts))


def _video(script: VideoScript, position: int, crowd: _Crowd) -> Video:
    ids = [crowd.comment(script.platform) for _ in script.comments]
    comments = tuple(
        Comment(
            id=own,
            user_id=crowd.user(script.platform, comment.by),
            nickname=comment.by,
            text=comment.text,
            at=comment.at,
            likes=comment.likes,
            reply_to=ids[comment.to - 1] if comment.to else None,
        )
        for own, comment in zip(ids, script.comments, strict=True)
    )
    number = str(FIRST_VIDEO[script.platform] + position)
    url = f"https://{script.platform}.example/video/{number}"
    return Video(number, script.platform, script.caption, script.author, script.at, url, comments)

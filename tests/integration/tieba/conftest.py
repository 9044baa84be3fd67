"""A Tieba on loopback that speaks the real protocol, with the messages that ship with aiotieba."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiotieba.api.get_comments.protobuf import PbFloorReqIdl_pb2, PbFloorResIdl_pb2
from aiotieba.api.get_posts.protobuf import PbPageReqIdl_pb2, PbPageResIdl_pb2
from aiotieba.api.get_threads.protobuf import FrsPageReqIdl_pb2, FrsPageResIdl_pb2

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.tieba.config import TiebaConfig
from crawlers.tieba.source import TiebaSource
from demo.httpd import Request, Response, serving
from domain.coverage import Collected

NOW = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
BAR = "青禾"


def ago(**units: float) -> int:
    """Seconds since 1970 at so long before NOW."""
    return int((NOW - timedelta(**units)).timestamp())


@dataclass
class Comment:
    """A comment under a post."""

    id: int
    text: str
    user: int = 7
    at: int = field(default_factory=lambda: ago(hours=2))
    likes: int = 0


@dataclass
class Post:
    """A post; ``parts`` are fragments beyond its words."""

    id: int
    text: str
    user: int = 5
    at: int = field(default_factory=lambda: ago(hours=3))
    likes: int = 0
    comments: list[Comment] = field(default_factory=list)
    parts: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Topic:
    """A thread; its first post opens it. ``replies`` None: counted as the site does."""

    id: int
    title: str
    posts: list[Post]
    views: int = 50
    likes: int = 3
    shares: int = 1
    replies: int | None = None
    pinned: bool = False

    @property
    def count(self) -> int:
        """Its replies, comments included."""
        counted = len(self.posts) - 1 + sum(len(post.comments) for post in self.posts)
        return counted if self.replies is None else self.replies

    @property
    def last(self) -> int:
        """When somebody last wrote in it."""
        return max([post.at for post in self.posts] + [c.at for post in self.posts for c in post.comments])


@dataclass
class Tieba:
    """The site. ``faults``: by path and page what is answered instead, each once where it is a list; ``asked`` is what
    was asked for. ``lies`` makes a thread answer its last page for every page beyond, and say that there is more.
    """

    topics: list[Topic] = field(default_factory=list)
    page_size: int = 30
    floor_size: int = 10
    with_a_post: int = 2
    threads_in_bar: int | None = None
    faults: dict[tuple[str, int], Any] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    lies: bool = False
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """What the interface says."""
        self.headers.append(request.headers)
        name = request.path.rsplit("/c/", 1)[-1]
        make = {
            "f/frs/page": self._list,
            "f/pb/page": self._thread,
            "f/pb/floor": self._floor,
            "s/searchpost": self._search,
        }
        page, subject, body = make[name](request)
        self.asked.append((name, subject, page))
        fault = self.faults.get((name, page), self.faults.get((name, 0)))
        if isinstance(fault, list):
            fault = fault.pop(0) if fault else None
        return fault if fault is not None else Response(200, body, "application/octet-stream")

    def _list(self, request: Request) -> tuple[int, int, bytes]:
        asked = FrsPageReqIdl_pb2.FrsPageReqIdl()
        asked.ParseFromString(message(request))
        page = asked.data.pn or 1
        by_birth = asked.data.sort_type == 1
        order = sorted(
            self.topics, key=lambda topic: (topic.pinned, topic.posts[0].at if by_birth else topic.last), reverse=True
        )
        answer = FrsPageResIdl_pb2.FrsPageResIdl()
        shown = order[(page - 1) * self.page_size : page * self.page_size]
        answer.data.forum.id, answer.data.forum.name = 42, asked.data.kw
        answer.data.forum.thread_num = len(self.topics) if self.threads_in_bar is None else self.threads_in_bar
        answer.data.page.has_more = int(page * self.page_size < len(order))
        for topic in shown:
            row = answer.data.thread_list.add()
            thread_facts(row, topic)
            row.last_time_int, row.view_num, row.is_top = topic.last, topic.views, int(topic.pinned)
            add_user(answer.data.user_list, topic.posts[0].user)
        return page, 0 if by_birth else 1, answer.SerializeToString()

    def _thread(self, request: Request) -> tuple[int, int, bytes]:
        asked = PbPageReqIdl_pb2.PbPageReqIdl()
        asked.ParseFromString(message(request))
        tid, page = asked.data.kz, asked.data.pn
        answer = PbPageResIdl_pb2.PbPageResIdl()
        topic = next((topic for topic in self.topics if topic.id == tid), None)
        if topic is None or tid in self.gone:
            answer.error.errorno, answer.error.errmsg = 4, "贴子可能已被删除"
            return page, tid, answer.SerializeToString()
        last = max(1, -(-len(topic.posts) // self.page_size))
        number = min(page, last) if self.lies else page
        answer.data.forum.id = 42
        answer.data.page.current_page = page if self.lies else number
        answer.data.page.has_more = int(self.lies or page < last)
        thread_facts(answer.data.thread, topic)
        answer.data.thread_freq_num = topic.views
        for floor, post in list(enumerate(topic.posts, 1))[(number - 1) * self.page_size : number * self.page_size]:
            row = answer.data.post_list.add(id=post.id, floor=floor, time=post.at, author_id=post.user)
            row.content.add(type=0, text=post.text)
            for part in post.parts:
                row.content.add(**part)
            row.agree.agree_num, row.sub_post_number = post.likes, len(post.comments)
            add_user(answer.data.user_list, post.user)
            for comment in post.comments[: self.with_a_post]:
                under = row.sub_post_list.sub_post_list.add(id=comment.id, time=comment.at, author_id=comment.user)
                under.content.add(type=0, text=comment.text)
                add_user(answer.data.user_list, comment.user)
        return page, tid, answer.SerializeToString()

    def _floor(self, request: Request) -> tuple[int, int, bytes]:
        asked = PbFloorReqIdl_pb2.PbFloorReqIdl()
        asked.ParseFromString(message(request))
        tid, pid, page = asked.data.kz, asked.data.pid, asked.data.pn
        answer = PbFloorResIdl_pb2.PbFloorResIdl()
        topic = next(topic for topic in self.topics if topic.id == tid)
        post = next(post for post in topic.posts if post.id == pid)
        answer.data.thread.id, answer.data.post.id = tid, pid
        answer.data.page.current_page = page
        answer.data.page.total_page = -(-len(post.comments) // self.floor_size)
        for comment in post.comments[(page - 1) * self.floor_size : page * self.floor_size]:
            row = answer.data.subpost_list.add(id=comment.id, time=comment.at)
            row.content.add(type=0, text=comment.text)
            row.agree.agree_num = comment.likes
            user_facts(row.author, comment.user)
        return page, pid, answer.SerializeToString()

    def _search(self, request: Request) -> tuple[int, int, bytes]:
        form = dict(part.split("=", 1) for part in request.body.decode().split("&"))
        from urllib.parse import unquote_plus

        word, page = unquote_plus(form["word"]), int(form["pn"])
        found = [
            {"content": post.text, "title": topic.title, "fname": BAR, "tid": topic.id, "pid": post.id, "cid": 0,
             "is_floor": 0, "author": {"name_show": "某人"}, "time": post.at}
            for topic in self.topics for post in topic.posts if word in post.text
        ]  # fmt: skip
        found.sort(key=lambda hit: int(str(hit["time"])), reverse=True)
        paging = {
            "page_size": 30,
            "current_page": page,
            "total_page": 1,
            "total_count": len(found),
            "has_more": 0,
            "has_prev": 0,
        }
        body = {"error_code": 0, "error_msg": "", "post_list": found, "page": paging}
        return page, 0, json.dumps(body, ensure_ascii=False).encode()


def message(request: Request) -> bytes:
    """The protobuf message in the one part of a multipart body."""
    return request.body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]


def thread_facts(row: Any, topic: Topic) -> None:
    """What both the list and the thread say of a thread."""
    opening = topic.posts[0]
    row.id, row.title, row.first_post_id, row.post_id = topic.id, topic.title, opening.id, opening.id
    row.reply_num, row.share_num, row.create_time, row.author_id = topic.count, topic.shares, opening.at, opening.user
    row.agree.agree_num = topic.likes
    user_facts(row.author, opening.user)


def user_facts(row: Any, user: int) -> None:
    """A user: number 9 writes without an account and is called by his address."""
    row.id, row.portrait, row.ip_address = (0 if user == 9 else user), f"tb.1.{user}", "安徽"
    row.name_show = "113.13.5.*" if user == 9 else f"吧友{user}"


def add_user(users: Any, user: int) -> None:
    """The list of users holds each once."""
    if all(known.portrait != f"tb.1.{user}" for known in users):
        user_facts(users.add(), user)


def said(code: int, words: str) -> Response:
    """An error in HTTP 200, as the interface tells it."""
    answer = PbPageResIdl_pb2.PbPageResIdl()
    answer.error.errorno, answer.error.errmsg = code, words
    return Response(200, answer.SerializeToString(), "application/octet-stream")


@pytest.fixture
def tieba() -> Tieba:
    """A bar with two threads, one of them with comments."""
    comments = [Comment(9000 + number, f"我也取不出来 {number}") for number in range(5)]
    return Tieba(
        [
            Topic(101, "青禾银行取不出钱", [Post(1001, "排队两小时"), Post(1002, "顶一下", comments=comments)]),
            Topic(102, "周末去哪玩", [Post(1003, "求推荐", at=ago(hours=5))]),
        ]
    )


@dataclass
class Run:
    """Collects from the site again and again, each run with the memory of the one before."""

    source: TiebaSource
    pauses: list[float]
    memory: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def __call__(self, *revisit: str) -> Collected:
        collected = self.source.collect(self.memory, self.now, revisit)
        self.memory = json.loads(json.dumps(collected.memory))
        self.now += timedelta(hours=1)
        return collected


@pytest.fixture
def sweep(tieba: Tieba, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Make a source for the site; settings go over the usual ones."""
    with serving(tieba.answer) as address:

        def make(manners: Manners | None = None, **settings: Any) -> Run:
            pauses: list[float] = []
            facts = {
                "name": "qinghe-bar",
                "kind": "tieba",
                "bars": [BAR],
                "delay_s": 0,
                "base_url": address,
                **settings,
            }
            config = TiebaConfig.model_validate(facts)
            source = TiebaSource(
                config,
                manners or Manners(request_timeout_s=5),
                Door(b"key"),
                archive=Archive(tmp_path / "evidence"),
                sleep=pauses.append,
                clock=lambda: NOW,
            )
            return Run(source, pauses)

        yield make

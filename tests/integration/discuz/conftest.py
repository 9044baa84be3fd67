"""A small forum with everything in it that breaks naive readers, read in this process or served on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawlers.config import Manners
from crawlers.door import Door
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.memory import BoardState, Memory, ThreadState
from crawlers.spiders.site import Page
from crawlers.spiders.site import Site as Reader
from crawlers.spiders.source import DiscuzSource
from crawlers.spiders.sweep import Sweep
from demo.forum import Site
from demo.httpd import Request, Response
from demo.town import Board, Floor, Forum, Remark, Thread

NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
BASE = "http://bbs.test/"


def _floor(pid: int, text: str, hours: float, **more: Any) -> Floor:
    fields: dict[str, Any] = {"author": f"网友{pid}", "uid": 100 + pid, **more}
    return Floor(pid=pid, at=NOW - timedelta(hours=hours), body=text, **fields)


def _rumour(last: int) -> tuple[Floor, ...]:
    """Floors 0 to ``last``, of which number 5 is not approved."""
    floors = [_floor(1000, "听说农商行要倒闭了<br />\n是真的吗？", 60, author="楼主阿明", uid=7)]
    floors += [_floor(1000 + n, f"第{n}个回复", 60 - n / 8) for n in range(1, last + 1)]
    floors[5] = replace(floors[5], state="unapproved")
    return tuple(floors)


def _queue() -> tuple[Floor, ...]:
    """A quote, 点评, an anonymous, a blocked and a wordless post."""
    note = "<i class='pstatus'> 本帖最后由 网友2001 于 2026-3-15 10:00 编辑 </i><br />"
    remarks = (
        Remark(1, "路人甲", 55, "同感 <b>&amp;</b>", NOW - timedelta(hours=4)),
        Remark(2, "路人乙", 56, "加一", NOW - timedelta(days=30)),
    )
    return (
        _floor(2000, "排队太久了，<font class='jammer'>x9#k</font>才两个窗口", 6),
        _floor(
            2001, f"{note}\n我也是{{:4_86:}}<br />\n等了两小时", 5, quote=("网友2000", "排队太久了"), remarks=remarks
        ),
        _floor(2002, "匿名说一句", 4, author=None, uid=0),
        _floor(2003, "骂人的话", 3, state="blocked"),
        _floor(2004, "<ignore_js_op><img alt='a.jpg' src='a.jpg'/></ignore_js_op>", 2),
        _floor(2005, "回你", 1, quote=("网友2001", "等了两小时")),
    )


def make_forum(charset: str = "utf-8", rumour: int = 38) -> Forum:
    """Two readable boards and a closed one; 26 threads, of which guests may read 24."""
    threads = [
        Thread(10, 2, "要倒闭？", 15320, _rumour(rumour)),
        Thread(11, 2, "排队 & 服务", 321, _queue()),
        Thread(12, 2, "内部通知", 50, (_floor(3000, "看不到", 50),), read_permission=50),
        Thread(13, 3, "不让看的版块", 9, (_floor(3100, "秘密", 40),)),
    ]
    threads += [
        Thread(100 + n, 4, f"闲聊{n}", 10 + n, (_floor(4000 + n, f"闲聊正文{n}", 24 * n + 1),)) for n in range(22)
    ]
    boards = (Board(2, "市民论坛"), Board(3, "站务", readable=False), Board(4, "闲聊"))
    return Forum("白鹭洲市民网", charset, boards, tuple(threads), NOW)


@dataclass
class Result:
    """What one sweep in this process gave."""

    records: dict[str, dict[str, Any]]
    end: dict[str, Any]
    asked: list[str]


@dataclass
class Place:
    """A forum that may change between sweeps, and what a reader remembers of it.

    ``instead`` may answer a request in the forum's place.
    """

    forum: Forum
    memory: Memory = field(default_factory=Memory)
    instead: Callable[[Request], Response | None] = lambda _request: None
    now: datetime = NOW
    rewritten: bool = False

    def __post_init__(self) -> None:
        self._site = Site(lambda: self.forum, rewritten=self.rewritten)
        self._cookies: dict[str, str] = {}

    def answer(self, request: Request) -> Response:
        """The site's answer."""
        return self.instead(request) or self._site.answer(request)

    def edit(self, tid: int, **changes: Any) -> None:
        """Change a thread's fields."""
        self.forum = replace(
            self.forum,
            threads=tuple(replace(t, **changes) if t.tid == tid else t for t in self.forum.threads),
        )

    def thread(self, tid: int) -> Thread:
        """A thread as it is now."""
        return next(t for t in self.forum.threads if t.tid == tid)

    def edit_floor(self, tid: int, pid: int, **changes: Any) -> None:
        """Change a floor's fields."""
        floors = tuple(replace(f, **changes) if f.pid == pid else f for f in self.thread(tid).floors)
        self.edit(tid, floors=floors)

    def reply(self, tid: int, pid: int, text: str, **more: Any) -> None:
        """Add a reply, half an hour old."""
        self.edit(tid, floors=(*self.thread(tid).floors, _floor(pid, text, 0.5, **more)))

    def remove(self, tid: int, pid: int | None = None) -> None:
        """Delete a floor, or the whole thread."""
        if pid is None:
            self.forum = replace(self.forum, threads=tuple(t for t in self.forum.threads if t.tid != tid))
        else:
            self.edit(tid, floors=tuple(f for f in self.thread(tid).floors if f.pid != pid))

    def sweep(self, revisit: Collection[int] = (), **facts: Any) -> Result:
        """Sweep in this process, without Scrapy; the memory is kept for the next one."""
        config = DiscuzConfig.model_validate({"kind": "discuz", "name": "bailuzhou", "url": BASE, **facts})
        asked: list[str] = []

        async def download(url: str) -> Page:
            asked.append(url)
            return self._page(url)

        async def pause(_seconds: float) -> None:
            pass

        async def run() -> list[dict[str, Any]]:
            memory = Memory.model_validate_json(self.memory.model_dump_json())
            sweep = Sweep(config, memory, Reader(config.url, download, pause), lambda: self.now)
            return [message async for message in sweep.run(revisit)]

        records = {}
        end: dict[str, Any] = {}
        for message in asyncio.run(run()):
            ((kind, value),) = message.items()
            if kind == "record":
                records[value["id"]] = value
            elif kind == "end":
                end = value
            else:
                self._remember(kind, value)
        return Result(records, end, asked)

    def _remember(self, kind: str, value: Any) -> None:
        if kind == "thread":
            self.memory.threads[value[0]] = ThreadState.model_validate(value[1])
        elif kind == "board":
            self.memory.boards[value[0]] = BoardState.model_validate(value[1])
        else:
            self.memory = self.memory.model_copy(update={kind: value})

    def _page(self, url: str) -> Page:
        parts = urlsplit(url)
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        response = self.answer(Request("GET", parts.path, parse_qs(parts.query), b"", {"cookie": jar}))
        for name, value in response.headers:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        location = dict(response.headers).get("Location")
        return Page(response.status, response.body.decode(self.forum.charset), location)


@pytest.fixture
def place() -> Place:
    """The forum in UTF-8, never read before."""
    return Place(make_forum())


@pytest.fixture
def make_place() -> Callable[..., Place]:
    """Makes the forum in a charset, with a thread of so many replies."""

    def make(charset: str, *, rumour: int, rewritten: bool = False) -> Place:
        return Place(make_forum(charset, rumour), rewritten=rewritten)

    return make


@pytest.fixture
def make_source() -> Callable[..., DiscuzSource]:
    """Makes a source for a base URL; no delays on loopback."""

    def make(url: str, *, command: tuple[str, ...] = (), grace_s: float = 30.0, **facts: Any) -> DiscuzSource:
        fields = {"kind": "discuz", "name": "bailuzhou", "url": url, "delay_s": 0, "max_minutes": 1, **facts}
        config = DiscuzConfig.model_validate(fields)
        manners = Manners(request_timeout_s=5)
        more: dict[str, Any] = {"command": command} if command else {}
        return DiscuzSource(config, manners, Door(b"key"), grace_s=grace_s, **more)

    return make

"""A small forum with everything in it that breaks naive readers, read in this process or served on loopback."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.memory import Memory
from crawlers.spiders.site import Page
from crawlers.spiders.site import Site as Reader
from crawlers.spiders.source import DiscuzSource
from crawlers.spiders.sweep import Sweep
from demo.forum import Site
from demo.forum_pages import clock, message_page
from demo.httpd import Request, Response
from demo.town import Board, Floor, Forum, Remark
from demo.town import Thread as TownThread

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
        TownThread(10, 2, "要倒闭？", 15320, _rumour(rumour)),
        TownThread(11, 2, "排队 & 服务", 321, _queue()),
        TownThread(12, 2, "内部通知", 50, (_floor(3000, "看不到", 50),), read_permission=50),
        TownThread(13, 3, "不让看的版块", 9, (_floor(3100, "秘密", 40),)),
    ]
    threads += [
        TownThread(100 + n, 4, f"闲聊{n}", 10 + n, (_floor(4000 + n, f"闲聊正文{n}", 24 * n + 1),)) for n in range(22)
    ]
    boards = (Board(2, "市民论坛"), Board(3, "站务", readable=False), Board(4, "闲聊"))
    return Forum("白鹭洲市民网", charset, boards, tuple(threads), NOW)


_TAG = re.compile(r"<[^>]+>")
_POSTS_A_PAGE = 10


def archived(forum: Forum, request: Request) -> Response | None:
    """The archiver's page of an address, in the shape of X3.5; None where the address is none of its."""
    if not request.path.startswith("/archiver/"):
        return None
    asked = next(iter(request.query), "")
    number, page = int("".join(filter(str.isdigit, asked)) or 0), int(request.first("page", "1"))
    if asked.startswith("tid"):
        found = next((t for t in forum.threads if t.tid == number and not t.read_permission), None)
        if found is None:
            return said(forum, "抱歉，指定的主题不存在或已被删除或正在被审核", 404)
        floors = [floor for floor in found.floors if floor.state != "unapproved"]
        part = floors[(page - 1) * _POSTS_A_PAGE : page * _POSTS_A_PAGE]
        bar = _archiver_bar(-(-len(floors) // _POSTS_A_PAGE), page)
        content = "".join(_archiver_post(forum, floor) for floor in part) + bar
        return _archiver(forum, content, found.subject)
    open_boards = [board for board in forum.boards if board.readable]
    if asked.startswith("fid") and number not in {board.fid for board in open_boards}:
        return said(forum, "抱歉，您没有权限访问该版块")
    if asked.startswith("fid"):
        lines = "".join(
            f'<li><a href="?tid-{t.tid}.html">{escape(t.subject)}</a> ({len(t.floors) - 1}篇回复)'
            for t in forum.threads
            if t.fid == number
        )
        return _archiver(forum, f'<ul type="1" start="1">{lines}</ul>{_archiver_bar(1, 1)}', "版块")
    boards = "".join(f'<li><a href="?fid-{b.fid}.html">{b.name}</a></li>' for b in open_boards)
    return _archiver(forum, f"<h3>分区</h3><ul>{boards}</ul>", "首页")


def _archiver(forum: Forum, content: str, subject: str) -> Response:
    page = (
        f"<html><head><title>{escape(subject)} - Powered by Discuz! Archiver</title></head><body>"
        f'<div id="nav"><a href="./">论坛</a></div><div id="content">{content}</div>'
        f'<div id="end">查看完整版本: <a href="../forum.php"><strong>{escape(subject)}</strong></a></div></body></html>'
    )
    return Response(200, page.encode(forum.charset))


def _archiver_bar(pages: int, page: int) -> str:
    links = " ".join(
        f"<strong>[{n}]</strong>" if n == page else f'<a href="?tid-1.html&page={n}">{n}</a>'
        for n in range(1, pages + 1)
    )
    return f'<div class="page">页: {links}</div>'


def _archiver_post(forum: Forum, floor: Floor) -> str:
    name = "<i>Anonymous</i>" if floor.author is None else escape(floor.author)
    head = f'<p class="author"><strong>{name}</strong> 发表于 {clock(floor.at, forum.now, seconds=True)}</p>'
    if floor.state == "blocked":
        return head
    quote = f"{floor.quote[0]} 发表于 2026-3-15 10:00<br />\n{floor.quote[1]}<br />\n<br />\n" if floor.quote else ""
    words = escape(_TAG.sub("", floor.body), quote=False).replace("\n", "<br />\n")
    return f"{head}<h3></h3>{quote}{words}"


def answered(forum: Forum, request: Request) -> Response | None:
    """The mobile interface's answer to an address, in the shape of X3.5; None where the address is none of its."""
    if not request.path.startswith("/api/mobile/"):
        return None
    module = request.first("module")
    if module == "forumindex":
        boards = [{"fid": str(b.fid), "name": b.name} for b in forum.boards]
        return _variables({"forumlist": boards})
    if module == "forumdisplay":
        threads = [t for t in forum.threads if t.fid == int(request.first("fid"))]
        if not next(b for b in forum.boards if b.fid == int(request.first("fid"))).readable:
            return _variables({}, "forum_nopermission", "抱歉，您没有权限访问该版块")
        lines = [_api_line(t) for t in threads]
        return _variables({"forum": {"threadcount": str(len(lines))}, "forum_threadlist": lines, "tpp": "50"})
    return _api_thread(forum, int(request.first("tid")), int(request.first("page", "1")))


def _variables(variables: dict[str, Any], name: str = "", words: str = "") -> Response:
    answer: dict[str, Any] = {"Version": "4", "Charset": "UTF-8", "Variables": {"member_uid": "0", **variables}}
    if name:
        answer["Message"] = {"messageval": name, "messagestr": words}
    body = json.dumps(answer, ensure_ascii=False).encode()
    return Response(404 if "nonexistence" in name else 200, body, "application/json")


def _api_line(thread: TownThread) -> dict[str, str]:
    first, last = thread.floors[0], thread.floors[-1]
    return {
        "tid": str(thread.tid), "author": first.author or "匿名", "authorid": str(first.uid),
        "subject": escape(thread.subject), "dbdateline": str(int(first.at.timestamp())),
        "dblastpost": str(int(last.at.timestamp())), "views": str(thread.views),
        "replies": str(sum(f.state != "unapproved" for f in thread.floors) - 1), "displayorder": "0",
    }  # fmt: skip


def _api_thread(forum: Forum, tid: int, page: int) -> Response:
    thread = next((t for t in forum.threads if t.tid == tid), None)
    if thread is None:
        return _variables({}, "thread_nonexistence", "抱歉，指定的主题不存在或已被删除或正在被审核")
    if thread.read_permission:
        return _variables({}, "thread_nopermission", "抱歉，本帖要求阅读权限高于 50 才能浏览")
    floors = [floor for floor in thread.floors if floor.state != "unapproved"]
    part = floors[(page - 1) * _POSTS_A_PAGE : page * _POSTS_A_PAGE]
    comments = {
        str(f.pid): [
            {"id": str(r.id), "author": r.author, "authorid": str(r.uid), "dateline": "4&nbsp;小时前",
             "comment": escape(r.text)} for r in f.remarks
        ]
        for f in part if f.remarks
    }  # fmt: skip
    return _variables(
        {
            "thread": {
                "tid": str(tid), "subject": escape(thread.subject), "views": str(thread.views),
                "replies": str(len(floors) - 1),
            },
            "postlist": [_api_post(thread, floor, number) for number, floor in enumerate(part)],
            "comments": comments, "ppp": str(_POSTS_A_PAGE),
        }
    )  # fmt: skip


def _api_post(thread: TownThread, floor: Floor, number: int) -> dict[str, str]:
    quote = ""
    if floor.quote:
        said_by = [f for f in thread.floors if f.author == floor.quote[0]]
        link = f"forum.php?mod=redirect&amp;goto=findpost&amp;pid={said_by[-1].pid}&amp;ptid={thread.tid}"
        quote = f'<div class="reply_wrap"><a href="{link}">{floor.quote[0]} 发表于 2026-3-15 10:00</a><br />'
        quote += f"{floor.quote[1]}</div><br />"
    blocked = floor.state == "blocked"
    return {
        "pid": str(floor.pid), "tid": str(thread.tid), "first": str(int(floor is thread.floors[0])),
        "author": floor.author or "匿名", "authorid": str(floor.uid), "anonymous": str(int(floor.author is None)),
        "dateline": "3&nbsp;天前", "dbdateline": str(int(floor.at.timestamp())),
        "message": "提示: <em>该帖被管理员或版主屏蔽</em>" if blocked else quote + floor.body,
        "status": str(int(blocked)), "position": str(number + 1),
    }  # fmt: skip


def said(forum: Forum, words: str, status: int = 200) -> Response:
    """A message page of the forum."""
    return Response(status, message_page(forum, words, error=status != 200).encode(forum.charset))


@dataclass
class Result:
    """What one sweep in this process gave."""

    records: dict[str, dict[str, Any]]
    end: dict[str, Any]
    asked: list[str]


@dataclass
class Place:
    """A forum that may change between sweeps, and what a reader remembers of it.

    ``instead`` may answer a request in the forum's place; ``archiver``: the forum has its light pages switched on;
    ``cookie`` is that of our own account.
    """

    forum: Forum
    memory: Memory = field(default_factory=Memory)
    instead: Callable[[Request], Response | None] = lambda _request: None
    now: datetime = NOW
    rewritten: bool = False
    archiver: bool = False
    cookie: str | None = None
    archive: Archive | None = None
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._site = Site(lambda: self.forum, rewritten=self.rewritten)

    def answer(self, request: Request) -> Response:
        """The site's answer."""
        light = archived(self.forum, request) if self.archiver else None
        return self.instead(request) or light or answered(self.forum, request) or self._site.answer(request)

    def edit(self, tid: int, **changes: Any) -> None:
        """Change a thread's fields."""
        self.forum = replace(
            self.forum,
            threads=tuple(replace(t, **changes) if t.tid == tid else t for t in self.forum.threads),
        )

    def thread(self, tid: int) -> TownThread:
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

        async def download(url: str, cookies: str) -> Page:
            asked.append(url)
            return self._page(url, cookies)

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        async def run() -> list[dict[str, Any]]:
            memory = Memory.model_validate_json(self.memory.model_dump_json())
            reader = Reader(config.url, download, pause, lambda: self.now, cookie=self.cookie, closes=memory.closes)
            told: list[dict[str, Any]] = []
            await Sweep(config, memory, reader, lambda: self.now, told.append, self.archive).run(revisit)
            return told

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
            self.memory.threads[value[0]] = value[1]
        elif kind == "board":
            self.memory.boards[value[0]] = value[1]
        else:
            self.memory = self.memory.model_copy(update={kind: value})

    def _page(self, url: str, cookies: str) -> Page:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True)
        response = self.answer(Request("GET", parts.path, query, b"", {"cookie": cookies}))
        headers = {name.lower(): value for name, value in response.headers}
        return Page(
            response.status,
            response.body.decode(self.forum.charset),
            headers.get("location"),
            url,
            headers,
            tuple(value for name, value in response.headers if name == "Set-Cookie"),
            response.body,
            self.now,
        )


Wild = Response | bytes | None
"""An answer; bytes are sent as they are, and None resets the connection."""


@contextmanager
def wild_serving(handler: Callable[[Request], Wild]) -> Iterator[str]:
    """Serve what no orderly server would send, each answer on a connection of its own."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            head = connection.recv(65536).decode("latin-1")
            parts = urlsplit(head.split(" ")[1] if " " in head else "/")
            given = handler(
                Request("GET", parts.path, parse_qs(parts.query, keep_blank_values=True), b"", _fields(head))
            )
            if given is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            with suppress(OSError):
                connection.sendall(_raw(given) if isinstance(given, Response) else given)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                Thread(target=answer, args=(connection,), daemon=True).start()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _fields(head: str) -> dict[str, str]:
    lines = (line.partition(": ") for line in head.split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines if name}


def _raw(response: Response) -> bytes:
    fields = (
        ("Content-Type", response.content_type), ("Content-Length", str(len(response.body))),
        ("Connection", "close"), *response.headers,
    )  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {response.status} X\r\n{head}\r\n".encode() + response.body


@pytest.fixture
def serve_wild() -> Iterator[Callable[[Callable[[Request], Wild]], str]]:
    """Start a wild server for a handler; it stops when the test ends."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(wild_serving(handler))


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

    def make(
        url: str,
        *,
        command: tuple[str, ...] = (),
        timeout_s: float = 5.0,
        cookie: str | None = None,
        archive: Archive | None = None,
        **facts: Any,
    ) -> DiscuzSource:
        fields = {"kind": "discuz", "name": "bailuzhou", "url": url, "delay_s": 0, "max_minutes": 1, **facts}
        config = DiscuzConfig.model_validate(fields)
        manners = Manners(request_timeout_s=timeout_s)
        more: dict[str, Any] = {"command": command} if command else {}
        return DiscuzSource(config, manners, Door(b"key"), cookie=cookie, archive=archive, **more)

    return make

"""A forum of some size in a process of its own, with pages as heavy as real ones, for the crawling benchmark."""

from __future__ import annotations

import multiprocessing as mp
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from demo.forum import Site
from demo.httpd import Request, Response, serving
from demo.town import Board, Floor, Forum, Thread

NOW = datetime(2026, 3, 16, 1, tzinfo=UTC)
BOARDS, FLOORS = 4, 10
# A page of Discuz! X3.5 with ten posts has 61 to 64 kB. Most of it is what stands beside the words of each post: the
# member's card, rank, counters and buttons; the menus and scripts around the posts are about a third.
_MENU = "".join(
    f'<li class="a"><a href="home.php?mod=spacecp&amp;ac=p{n}" hidefocus="true" title="栏目{n}">市民服务栏目{n}</a>'
    f'<span class="pipe">|</span><em id="m{n}" style="padding:2px">{n}</em></li>'
    for n in range(70)
)
_FRAME = f'<div id="nv"><ul class="cl">{_MENU}</ul><script>var menu = {list(range(1500))};</script></div>'
_CARD = (
    '<div class="p_pop blk bui card_gender_0" style="display: none; margin-top: -11px;"><div class="m z"><div></div>'
    '</div><div class="i y"><div><strong><a href="home.php?mod=space&amp;uid=9" target="_blank" class="xi2">网友</a>'
    '</strong><em>当前离线</em></div><dl class="cl">'
    + "".join(
        f'<dt>项目{n}</dt><dd><a href="home.php?mod=space&amp;uid=9&amp;do={n}" class="xi2">{n}</a></dd>'
        for n in range(8)
    )
    + '</dl><div class="imicn"><a href="home.php?mod=space&amp;uid=9&amp;do=profile" title="查看详细资料">'
    '<img src="static/image/common/userinfo.gif" alt="查看详细资料" /></a></div><div><span></span></div></div></div>'
    '<div><div class="avatar" onmouseover="showauthor(this)"><a href="home.php?mod=space&amp;uid=9" class="avtm" '
    'target="_blank"><img src="uc_server/avatar.php?uid=9&amp;size=middle" class="user_avatar" /></a></div></div>'
    '<div class="tns xg2"><table cellspacing="0" cellpadding="0"><tr>'
    + "".join(
        f'<th><p><a href="home.php?mod=space&amp;uid=9&amp;do=t{n}" class="xi2">{n}</a></p>栏{n}</th><td></td>'
        for n in range(3)
    )
    + '</tr></table></div><p><em><a href="home.php?mod=spacecp&amp;ac=usergroup" target="_blank">注册会员</a></em></p>'
    '<p><span class="pbg2"><span class="pbr2" style="width:2%;"></span></span></p>'
    + "".join(
        f'<dl class="pil cl"><dt>积分{n}</dt><dd><a href="home.php?mod=space&amp;uid=9" class="xi2">{n}</a></dd></dl>'
        for n in range(4)
    )
    + '<ul class="xl xl2 o cl"><li class="pm2"><a href="home.php?mod=spacecp&amp;ac=pm&amp;op=showmsg&amp;touid=9" '
    'onclick="showWindow(\'sendpm\', this.href);" title="发消息" class="xi2">发消息</a></li></ul>'
)
_BUTTONS = (
    '<div class="po hin"><div class="pob cl"><em>'
    + "".join(
        f'<a class="b{n}" href="forum.php?mod=post&amp;n={n}" onclick="showWindow(\'reply\', this.href)">按钮{n}</a>'
        for n in range(3)
    )
    + "</em><p><a href=\"javascript:;\" onclick=\"showWindow('miscreport', 'misc.php?mod=report');return "
    'false;">举报</a></p></div></div>'
)


def forum(threads: int) -> Forum:
    """A forum of so many threads of ten floors, in four boards."""
    told = "今天去城南支行办业务，窗口又只开一个，取号前面二十几个，叫号喇叭坏了，排到门外马路上<br />\n真的服了"

    def thread(number: int) -> Thread:
        begun = NOW - timedelta(hours=30 + number % 400)
        floors = tuple(
            Floor(pid=1000 + number * 50 + n, at=begun + timedelta(minutes=n), body=f"第{n}层：{told}",
                  author=f"网友{n}", uid=100 + n)
            for n in range(FLOORS)
        )  # fmt: skip
        return Thread(10 + number, 2 + number % BOARDS, f"城南支行排队{number}", 100 + number, floors)

    boards = tuple(Board(2 + number, f"版块{number}") for number in range(BOARDS))
    return Forum("市民网", "utf-8", boards, tuple(thread(number) for number in range(threads)), NOW)


@dataclass
class Visited:
    """The server's own account of one crawl: what was asked for, and when (monotonic clock of the machine)."""

    paths: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Pages a second from the first request to the last: without anybody's start-up."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


class _Pages:
    """Answers each address as it did the first time, after ``takes_s``, so that the server is even; notes who asks."""

    def __init__(self, threads: int) -> None:
        self.takes_s = 0.0
        made = forum(threads)
        self._site = Site(lambda: made)
        self._known: dict[str, Response] = {}
        self.visited = Visited()

    def __call__(self, request: Request) -> Response:
        query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
        path = f"{request.path}?{query}" if query else request.path
        if path != "/robots.txt":
            self.visited.paths.append(path)
            self.visited.times.append(time.monotonic())
        if path not in self._known:
            page = self._site.answer(request)
            self._known[path] = replace(page, body=_weighted(page.body.decode()).encode())
        time.sleep(self.takes_s)
        return self._known[path]


def _weighted(page: str) -> str:
    """The page with all that stands around the words of a real one."""
    page = re.sub(r"(<body[^>]*>)", lambda body: body[1] + _FRAME, page, count=1)
    page = page.replace('</div></div></td><td class="plc">', f'</div>{_CARD}</div></td><td class="plc">')
    return page.replace('<div class="sign">', f'{_BUTTONS}<div class="sign">')


@dataclass
class Server:
    """The running server's address, and the line to it."""

    url: str
    line: Connection

    def take(self, seconds: float) -> None:
        """From now on a page takes so long to be made."""
        self.line.send(seconds)

    def visited(self) -> Visited:
        """What was asked for since the last time that this was asked."""
        self.line.send("visited")
        answer: Visited = self.line.recv()
        return answer


def _serve(threads: int, line: Connection) -> None:
    pages = _Pages(threads)
    with serving(pages) as url:
        line.send(url)
        while (said := line.recv()) != "end":
            if isinstance(said, float):
                pages.takes_s = said
            else:
                line.send(pages.visited)
                pages.visited = Visited()


@contextmanager
def running(threads: int) -> Iterator[Server]:
    """The forum, until the end of the block."""
    here, there = mp.Pipe()
    process = mp.get_context("spawn").Process(target=_serve, args=(threads, there), daemon=True)
    process.start()
    try:
        yield Server(here.recv(), here)
    finally:
        here.send("end")
        process.join()

"""Every kind of source that asks over HTTP, and every fault in the middle: what was readable is kept, the ledger names
the fault, and when the site has healed the rest comes, nothing of it twice.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig, NewsConfig
from crawlers.pollers.feed import FeedSource
from crawlers.pollers.forum import ForumSource
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.news import NewsSource
from crawlers.pollers.open_config import WechatAccountConfig, load_token_life
from crawlers.pollers.token_file import TokenFile
from crawlers.pollers.tokens import Account, TokenKeeper
from demo.httpd import Request, Response
from domain.coverage import SEEING, Collected
from domain.posts import Observation
from pipeline.ports import Source

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
MANNERS = Manners(request_timeout_s=0.3, max_body_bytes=200_000)
SAID = re.compile(r"意见(\d+)号")
CLOSING = (("Connection", "close"),)
Act = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class World:
    """A site that behaves until ``fault`` stands in the place of its answers from the ``after``-th request on.

    ``served`` are the numbers of what it has shown whole; tokens and robots.txt are no part of the count.
    """

    answer: Callable[[Request], Response]
    after: int
    fault: Callable[[World], Response | Act] | None = None
    count: int = 0
    served: set[str] = field(default_factory=set)
    last: Response = field(default_factory=lambda: Response(404))
    released: Event = field(default_factory=Event)

    def __call__(self, request: Request) -> Response | Act:
        """What happens next."""
        if request.path == "/robots.txt":
            return Response(404)
        page = self.answer(request)
        if "token" in request.path:
            return page
        self.count += 1
        if self.fault and self.count > self.after:
            return self.fault(self)
        self.served.update(SAID.findall(page.body.decode()))
        self.last = page
        return page


def handler_of(world: World) -> type[BaseHTTPRequestHandler]:
    """Turns the world into a server's handler; a fault may do with the connection what it likes."""

    class Site(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            outcome = world(Request(self.command, parts.path, parse_qs(parts.query), body, headers))
            if not isinstance(outcome, Response):
                outcome(self)
                return
            self.send_response(outcome.status)
            self.send_header("Content-Type", outcome.content_type)
            self.send_header("Content-Length", str(len(outcome.body)))
            for name, value in outcome.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(outcome.body)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            pass

    return Site


@contextmanager
def serving(world: World) -> Iterator[str]:
    """The world on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(world))
    server.daemon_threads, server.block_on_close = True, False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        world.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def asked_to_wait(_world: World) -> Response:
    """429 with a pause that we may keep, again and again."""
    return Response(429, headers=(("Retry-After", "5"),))


def unavailable(_world: World) -> Response:
    """503."""
    return Response(503)


def reset(_world: World) -> Act:
    """The connection is torn down without an answer."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    return act


def hang(world: World) -> Act:
    """Nothing comes, for longer than we wait."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        world.released.wait(10)
        handler.close_connection = True

    return act


def captcha(_world: World) -> Response:
    """A guard's page in HTTP 200."""
    words = (
        "<html><head><title>安全验证</title></head><body><form>请输入验证码<input name='captcha'/></form></body></html>"
    )
    return Response(200, words.encode())


def new_shape(world: World) -> Response:
    """Another template: the same kind of document with nothing where it was."""
    if "json" in world.last.content_type:
        return Response(200, b'{"result": {"rows_v2": []}}', "application/json")
    return Response(200, "<html><head><title>新版</title></head><body><main>改版了</main></body></html>".encode())


def repeats(world: World) -> Response:
    """The page before once more, in the place of the next one."""
    return world.last


def cut_short(world: World) -> Act:
    """Half of the bytes that were promised."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        body = world.last.body or b"x" * 1000
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {world.last.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        handler.wfile.write(head.encode() + body[: len(body) // 2])
        handler.close_connection = True

    return act


def bomb(_world: World) -> Response:
    """5 MB of zeros in 5 kB."""
    return Response(200, gzip.compress(bytes(5_000_000)), headers=(("Content-Encoding", "gzip"),))


def inwards(_world: World) -> Response:
    """A redirect to the address where clouds keep their secrets."""
    return Response(302, headers=(("Location", "http://169.254.169.254/latest/meta-data/"),))


FAULTS: dict[Callable[[World], Response | Act], tuple[str, ...]] = {
    asked_to_wait: ("429", "频繁"),
    unavailable: ("503",),
    reset: ("中断", "断开", "连接"),
    hang: ("超时",),
    captcha: ("验证", "格式", "JSON", "不是"),
    new_shape: ("没有找到", "没有", "不是", "列表", "更换", "改"),
    repeats: ("重复", "相同", "没有变"),
    cut_short: ("不完整", "断开"),
    bomb: ("超过",),
    inwards: ("内网", "转到别处"),
}
"""Each fault, and words of which one stands in the cause."""


def feed_world(request: Request) -> Response:
    """A feed of nine entries; its articles are in it."""
    item = "<item><guid>g{0}</guid><title>题{0}</title><link>http://a.example/{0}</link><description>{1}</description></item>"
    items = "".join(item.format(number, f"意见{number}号：" + "排队太久，" * 100) for number in range(1, 10))
    assert request.path == "/feed"
    return Response(200, f"<rss version='2.0'><channel><title>号</title>{items}</channel></rss>".encode(), "text/xml")


def feed(base: str, _folder: Any) -> Source:
    """The feed."""
    config = FeedConfig.model_validate({"name": "s", "kind": "feed", "url": f"{base}/feed", "delay_s": 0})
    return FeedSource(config, MANNERS, Door(b"k"), sleep=lambda _: None)


def forum_world(request: Request) -> Response:
    """A board of three threads, of which the first has three pages of two posts."""
    if request.path == "/list":
        rows = "".join(
            f"<tr class='topic'><td><a class='subject' href='/t/{number}'>题{number}</a></td>"
            f"<td class='last'>2026-03-10 1{5 - number}:00</td></tr>"
            for number in (1, 2, 3)
        )
        return Response(200, f"<html><body><table>{rows}</table></body></html>".encode())
    number, page = int(request.path.rpartition("/")[2]), int(request.first("page", "1"))
    posts = "".join(
        f"<article id='p{one}'><b class='who'>网友</b><time>2026-03-10 12:00</time>"
        f"<div class='body'>意见{one}号</div></article>"
        for one in (number * 100 + page * 10, number * 100 + page * 10 + 1)
    )
    more = f"<a class='next' href='/t/1?page={page + 1}'>下一页</a>" if number == 1 and page < 3 else ""
    return Response(200, f"<html><body><h1>题{number}</h1>{posts}{more}</body></html>".encode())


def forum(base: str, _folder: Any) -> Source:
    """The board."""
    threads = {"each": "tr.topic", "link": "a.subject", "id_pattern": r"/t/(\d+)", "last": ".last"}
    posts = {"each": "article", "id": "@id", "id_pattern": r"\d+", "title": "h1", "text": ".body", "author": ".who"}
    facts = {"threads": threads, "posts": {**posts, "time": "time", "next": "a.next"}}
    config = ForumConfig.model_validate({"name": "s", "kind": "forum", "urls": [f"{base}/list"], "delay_s": 0, **facts})
    return ForumSource(config, MANNERS, Door(b"k"), sleep=lambda _: None)


def json_world(request: Request) -> Response:
    """Six comments in pages of two, in the shape of Douyin's interface."""
    begin = int(request.first("cursor", "0"))
    comments = [
        {
            "comment_id": f"c{n}",
            "comment_user_id": "u",
            "content": f"意见{n}号",
            "create_time": 1773100800 - n,
            "digg_count": 0,
        }
        for n in range(begin, begin + 2)
    ]
    data = {"error_code": 0, "list": comments, "cursor": begin + 2, "has_more": begin + 2 < 6}
    return Response(200, json.dumps({"data": data}, ensure_ascii=False).encode(), "application/json")


def json_api(base: str, _folder: Any) -> Source:
    """The comments of one video."""
    facts = {"name": "s", "kind": "json_api", "platform": "douyin", "preset": "douyin", "base_url": base, "delay_s": 0}
    config = JsonApiConfig.model_validate({**facts, "targets": [{"id": "v1", "caption": "视频"}]})
    return JsonApiSource(config.plan(), MANNERS, Door(b"k"), sleep=lambda _: None)


def wechat_world(request: Request) -> Response:
    """120 comments under one article, by offset."""
    asked = json.loads(request.body)
    if "token" in request.path:
        return Response(200, b'{"access_token": "wx-token-1", "expires_in": 7200}', "application/json")
    numbers = range(120)[asked["begin"] :][: asked["count"]]
    comments = [
        {
            "user_comment_id": n,
            "openid": f"o{n}",
            "content": f"意见{n}号",
            "create_time": 1773100800 + n,
            "comment_type": 0,
        }
        for n in numbers
    ]
    page = {"errcode": 0, "errmsg": "ok", "total": 120, "comment": comments}
    return Response(200, json.dumps(page, ensure_ascii=False).encode(), "application/json")


def wechat(base: str, folder: Any) -> Source:
    """The bank's own account with one article."""
    credentials = {"id": "app-1", "secret_env": "WX_SECRET"}
    facts = {"name": "s", "kind": "wechat_account", "base_url": base, "delay_s": 0, "credentials": credentials}
    config = WechatAccountConfig.model_validate({**facts, "articles": [{"title": "通知", "msg_data_id": 1}]})
    secrets = {"id": "app-1", "secret": "s", "refresh_token": "r"}
    account = Account(secrets, {part: part.upper() for part in secrets})
    life, file = load_token_life(config.life), TokenFile(folder / "tokens", config.token_name)
    keeper = TokenKeeper(life, base, lambda: account, file, MANNERS, clock=lambda: NOW, sleep=lambda _: None)
    return JsonApiSource(config.plan("app-1"), MANNERS, Door(b"k"), token=keeper, sleep=lambda _: None)


def news_world(request: Request) -> Response:
    """A county paper: a list of four articles."""
    if request.path == "/list":
        rows = "".join(
            f"<li><a href='/2026/0310/{n}.html'>县里的第{n}条新闻在这里</a> 2026-03-10</li>" for n in range(1, 5)
        )
        return Response(200, f"<html><body><ul>{rows}</ul></body></html>".encode())
    number = request.path.rpartition("/")[2].partition(".")[0]
    words = "".join(f"<p>第{n}段：群众在营业厅里排队办理业务，窗口开放的数量不够，等候时间较长。</p>" for n in range(8))
    title = f"县里的第{number}条新闻在这里"
    article = (
        f"<h1>{title}</h1><div class='info'>2026-03-10 10:0{number} 来源：县融媒</div><div>意见{number}号{words}</div>"
    )
    return Response(200, f"<html><head><title>{title}</title></head><body>{article}</body></html>".encode())


def news(base: str, _folder: Any) -> Source:
    """The paper."""
    config = NewsConfig.model_validate({"name": "s", "kind": "news", "urls": [f"{base}/list"], "delay_s": 0})
    return NewsSource(config, MANNERS, Door(b"k"), sleep=lambda _: None)


KINDS: dict[str, tuple[Callable[[Request], Response], Callable[[str, Any], Source], int]] = {
    "feed": (feed_world, feed, 0),
    "forum": (forum_world, forum, 3),
    "json_api": (json_world, json_api, 2),
    "wechat_account": (wechat_world, wechat, 1),
    "news": (news_world, news, 3),
}
"""Each kind: its site, the source, and after how many good answers the fault comes."""
CASES = [
    pytest.param(kind, fault, id=f"{kind}-{fault.__name__}")
    for kind in KINDS
    for fault in FAULTS
    # A feed that is the same as before has no news, and a paper may print an article at two addresses.
    if fault is not repeats or kind not in ("feed", "news")
]


def said(observations: tuple[Observation, ...]) -> list[str]:
    """The numbers of what was said, one for each observation."""
    return [found[0] for seen in observations if (found := SAID.findall(f"{seen.title} {seen.text}"))]


def emitted(collected: Collected) -> set[tuple[str, str, str]]:
    """What an observation says: emitted twice, it would be the same post in the same state."""
    return {(seen.id, seen.text, str(seen.metrics)) for seen in collected.observations}


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_a_fault_in_the_middle_loses_nothing_and_is_named(kind: str, fault: Any, tmp_path: Any) -> None:
    """Kept before, named while it lasts, made good after, and quiet in the end."""
    answer, make, after = KINDS[kind]
    world = World(answer, after, fault)
    with serving(world) as base:
        source = make(base, tmp_path)
        during = source.collect({}, NOW)
        readable = set(world.served)
        world.fault = None
        healed = source.collect(during.memory, NOW)
        again = source.collect(healed.memory, NOW)
    assert readable <= set(said(during.observations))
    assert during.coverage.status not in SEEING
    assert any(word in (during.coverage.cause or "") for word in FAULTS[fault]), during.coverage.cause
    assert set(said(during.observations)) | set(said(healed.observations)) == world.served
    assert healed.coverage.status == "ok", healed.coverage.cause
    assert emitted(during) & emitted(healed) == set()
    assert (again.coverage.status, again.observations) == ("quiet", ())

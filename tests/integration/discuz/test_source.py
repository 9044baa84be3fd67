"""The source with its real child process, Scrapy and HTTP on loopback."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from crawlers.spiders.source import DiscuzSource
from demo.httpd import Request, Response, serving

NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
Place = Any  # the fixture's class; tests are not importable
MakeSource = Callable[..., DiscuzSource]
ROBOTS = b"User-agent: *\nDisallow: /forum.php?mod=viewthread\n"


def test_a_forum_in_gbk_is_read_in_its_charset(make_place: Callable[..., Place], make_source: MakeSource) -> None:
    """GBK declared in the header is decoded, rewritten addresses or not."""
    place = make_place("gbk", rumour=12, rewritten=True)
    with serving(place.answer) as url:
        result = make_source(url).collect({}, NOW)
    posts = {post.id: post for post in result.observations}
    assert result.coverage.status == "ok"
    assert posts["t10"].text == "听说农商行要倒闭了\n是真的吗？"
    assert posts["p2005"].reply_to == "p2001"
    assert [post.text for post in result.observations if post.kind == "comment"] == ["同感 <b>&amp;</b>", "加一"]


def test_two_sweeps_and_a_revisit_over_http(make_place: Callable[..., Place], make_source: MakeSource) -> None:
    """A forum with a 27-page thread that redirects to itself is read whole, then only its changes."""
    place = make_place("utf-8", rumour=264)
    with serving(place.answer) as url:
        source = make_source(url)
        first = source.collect({}, NOW)
        place.edit_floor(10, 1100, body="改过了")
        place.remove(10, 1200)
        place.reply(10, 1300, "倒闭是谣言")
        second = source.collect(first.memory, NOW)
        place.reply(11, 2300, "再来一条")
        third = source.collect(second.memory, NOW, revisit=["t11", "p5"])
    posts = {post.id: post for post in first.observations}
    assert {f"p{1000 + n}" for n in range(1, 265) if n != 5} | {"t10", "t11"} <= set(posts)
    assert posts["p2001"].text == "我也是\n等了两小时"
    assert posts["t11"].title == "排队 & 服务"
    assert [post.text for post in first.observations if post.kind == "comment"] == ["同感 <b>&amp;</b>", "加一"]
    assert (first.coverage.status, first.coverage.got, first.coverage.expected) == ("ok", 292, 292)
    assert first.rejects == ()
    assert {post.id: post.deleted for post in second.observations} == {
        "p1100": False,
        "p1200": True,
        "p1300": False,
    }
    assert {post.id for post in third.observations} == {"t11", "p2300"}
    assert posts["p2001"].author is not None
    assert posts["p2001"].author.name == "网友2001"


def test_robots_txt_is_obeyed(place: Place, make_source: MakeSource) -> None:
    """Where robots.txt forbids the threads none is asked for, and the coverage says blocked."""
    asked = []

    def answer(request: Request) -> Response:
        asked.append(request.first("mod"))
        return Response(200, ROBOTS, "text/plain") if request.path == "/robots.txt" else place.answer(request)

    with serving(answer) as url:
        result = make_source(url).collect({}, NOW)
    assert result.coverage.status == "blocked"
    assert "robots.txt" in (result.coverage.cause or "")
    assert "viewthread" not in asked


def test_a_site_that_hangs_ends_at_its_time(place: Place, make_source: MakeSource) -> None:
    """A site that stops answering costs no more than max_minutes; what was read before is kept."""
    over = Event()

    def answer(request: Request) -> Response:
        if request.first("tid") == "10" and request.first("page") == "3":
            over.wait(20)
        return place.answer(request)

    with serving(answer) as url:
        result = make_source(url, max_minutes=0.06, boards=[2]).collect({}, NOW)
        over.set()
    assert result.coverage.status == "partial"
    assert "时间已用完" in (result.coverage.cause or "")
    assert "p1010" in {post.id for post in result.observations}
    assert result.memory["threads"]


FETCHES = """
import json, os, sys, threading, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
opener, threads = urllib.request.build_opener(Stay), 0
sys.stdin.readline()
for line in sys.stdin:
    url, cookies = json.loads(line)
    threads += "viewthread" in url
    if threads == 4:
        exec(sys.argv[1])
    try:
        page = opener.open(urllib.request.Request(url, headers={"Cookie": cookies} if cookies else {}))
    except urllib.error.HTTPError as error:
        page = error
    body, headers = page.read(), {name.lower(): value for name, value in page.headers.items()}
    head = {"status": page.status, "url": url, "headers": headers, "cookies": page.headers.get_all("Set-Cookie") or [],
            "location": headers.get("location"), "is_text": True, "size": len(body)}
    sys.stdout.buffer.write(json.dumps(head).encode() + bytes([10]) + body)
    sys.stdout.buffer.flush()
"""
"""A child that fetches as ours does, until a thread is asked for the fourth time."""


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("sys.exit('坏了')", "退出码 1"),
        ("os.kill(os.getpid(), 9)", "退出码 -9"),
        ("print('Hello', flush=True); threading.Event().wait()", "采集子进程异常"),
        ("print('[]', flush=True); threading.Event().wait()", "采集子进程异常"),
        ("print('{}', flush=True); threading.Event().wait()", "采集子进程异常"),
        ("threading.Event().wait()", "时间已用完"),
    ],
    ids=["dies", "killed", "nonsense", "no-answer", "empty-answer", "hangs"],
)
def test_a_child_that_fails_is_a_gap_and_what_was_read_is_kept(
    place: Place, make_source: MakeSource, script: str, cause: str
) -> None:
    """A child that dies, hangs or talks nonsense becomes coverage; records and memory of before stay."""
    command = (sys.executable, "-S", "-c", FETCHES, script)
    before = {"version": 1, "threads": {"7": {"replies": 2}}}
    with serving(place.answer) as url:
        result = make_source(url, command=command, max_minutes=0.05, boards=[2]).collect(before, NOW)
    assert result.coverage.status == "partial"
    assert cause in (result.coverage.cause or "")
    assert result.observations
    assert {"7", *(post.thread.removeprefix("t") for post in result.observations)} <= set(result.memory["threads"])


def test_a_child_that_cannot_start_is_down(make_source: MakeSource) -> None:
    """No program, no records: the source is down, and the memory is as it was."""
    result = make_source("http://bbs.test", command=("/no/such/program",)).collect({}, NOW)
    assert result.coverage.status == "down"
    assert "无法启动" in (result.coverage.cause or "")


def test_a_site_that_is_not_there_is_down(make_source: MakeSource) -> None:
    """A refused connection is `down`, with a cause in Chinese."""
    with serving(lambda _request: Response(200)) as url:
        pass
    result = make_source(url).collect({}, NOW)
    assert result.coverage.status == "down"
    assert "无法连接" in (result.coverage.cause or "")


def test_a_redirect_never_reaches_a_file_of_this_machine(make_source: MakeSource) -> None:
    """A page that leads to file:// on its own host is not followed, and nothing of a file stands in the evidence."""

    def answer(request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(404)
        return Response(302, headers=(("Location", "file://127.0.0.1/etc/hostname"),))

    with serving(answer) as url:
        coverage = make_source(url).collect({}, NOW).coverage
    assert coverage.status == "changed"
    assert coverage.cause == "网站跳转到了不是网页的地址"


def test_an_answer_that_unpacks_too_large_is_told_as_such(make_source: MakeSource) -> None:
    """A gzip bomb is stopped, and is not mistaken for a refusal by robots.txt."""
    bomb = gzip.compress(bytes(30_000_000))

    def answer(request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(404)
        return Response(200, bomb, "text/html", headers=(("Content-Encoding", "gzip"),))

    with serving(answer) as url:
        coverage = make_source(url).collect({}, NOW).coverage
    assert coverage.status == "down"
    assert "过大" in (coverage.cause or "")

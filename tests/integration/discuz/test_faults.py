"""Faults in the middle of a sweep, on a thread's page and on a list's: nothing is lost, doubled or called quiet."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from crawlers.spiders.faults import Broken
from crawlers.spiders.source import DiscuzSource
from demo.httpd import Request, Response

NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
Place = Any  # the fixture's class; tests are not importable
ServeWild = Callable[[Callable[[Request], Any]], str]


def page(body: str, status: int = 200, title: str = "某站", **headers: str) -> Response:
    """A page that is none of the forum's."""
    text = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return Response(
        status, text.encode(), headers=tuple((name.replace("_", "-"), value) for name, value in headers.items())
    )


def is_third_thread_page(request: Request) -> bool:
    """Page 3 of 4 of the long thread."""
    return request.first("tid") == "10" and request.first("page") == "3"


def is_second_list_page(request: Request) -> bool:
    """Page 2 of 2 of the board with 22 threads, by last reply."""
    return request.first("fid") == "4" and request.first("page") == "2" and not request.first("orderby")


FAULTS = {
    "429": (page("", 429), "限制访问频率"),
    "429-for-long": (page("", 429, Retry_After="600"), "要求 600 秒后再来"),
    "503": (page("维护", 503), "HTTP 503"),
    "captcha": (page("<p>请拖动滑块完成验证</p>"), "安全验证"),
    "check-by-script": (page("<script>var a='__jsl_clearance_s'</script>", 521), "被网站防护拦截"),
    "captcha-title": (page("", title="人机验证"), "安全验证"),
    "firewall": (page("<p>您的访问被阻断</p>", title="405"), "被防火墙挡住"),
    "error-in-200": (page("<h1>502 Bad Gateway</h1>", title="502 Bad Gateway"), "是报错页面"),
    "template": (page("<main>新版</main>"), "模板"),
    "elsewhere": (page("", 302, Location="http://169.254.169.254/latest/meta-data/"), "169.254.169.254"),
    "plain": (Response(200, b"\x00" * 5000), "无法识别"),
}


@pytest.mark.parametrize("where", [is_third_thread_page, is_second_list_page], ids=["thread", "list"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_middle_is_named_and_costs_nothing_but_its_page(
    place: Place, name: str, where: Callable[[Request], bool]
) -> None:
    """What stands before and beside the faulty page is kept; the next sweep tells the rest, and nothing twice."""
    whole = {r["id"] for r in place.sweep().records.values()}
    place.memory = type(place.memory)()
    answer, words = FAULTS[name]
    place.instead = lambda request: answer if where(request) else None
    first = place.sweep()
    assert first.end["status"] in ("partial", "blocked")
    assert words in first.end["cause"]
    assert first.end["evidence"]
    # A site that says "come back in ten minutes" is asked for nothing more.
    if name != "429-for-long":
        assert {"t11", "t100", "t110"} <= set(first.records)
        if where is is_third_thread_page:
            assert {"t10", "p1001", "p1012"} <= set(first.records)
    place.instead = lambda _request: None
    second = place.sweep()
    assert set(first.records) | set(second.records) == whole
    assert not set(first.records) & set(second.records)
    assert not any(r.get("deleted") for r in second.records.values())
    assert second.end["status"] == "ok"


def test_a_site_that_asks_for_a_little_patience_gets_it(place: Place) -> None:
    """Retry-After up to a minute is waited for, once, and the page is read then."""
    asked: list[str] = []

    def busy_once(request: Request) -> Response | None:
        if is_third_thread_page(request):
            asked.append(request.path)
            return page("", 503, Retry_After="7") if len(asked) == 1 else None
        return None

    place.instead = busy_once
    result = place.sweep()
    assert result.end["status"] == "ok"
    assert place.pauses == [7.0]


def test_a_site_that_asks_for_patience_again_and_again_is_left_alone(place: Place) -> None:
    """The second wish to wait ends the sweep, with the seconds asked for."""
    place.instead = lambda request: page("", 429, Retry_After="30") if is_third_thread_page(request) else None
    end = place.sweep().end
    assert "要求 30 秒后再来" in end["cause"]
    assert place.pauses == [30.0]


def test_a_connection_that_breaks_once_is_tried_again(place: Place) -> None:
    """One reset is no gap."""
    broken: list[str] = []

    def reset_once(request: Request) -> Response | None:
        if is_third_thread_page(request) and not broken:
            broken.append(request.path)
            raise Broken("down", "无法连接网站或读取页面", request.path)
        return None

    place.instead = reset_once
    assert place.sweep().end["status"] == "ok"


@pytest.mark.parametrize("where", [is_third_thread_page, is_second_list_page], ids=["thread", "list"])
def test_a_page_cut_short_is_no_page(place: Place, where: Callable[[Request], bool]) -> None:
    """Half a page without its end has posts and no next page: it is asked for again, and never makes posts deleted."""
    place.sweep()
    place.reply(10, 1100, "新的")
    place.memory.boards.clear()

    def cut(request: Request) -> Response | None:
        if not where(request):
            return None
        whole = place._site.answer(request)
        return replace(whole, body=whole.body[: len(whole.body) // 2])

    place.instead = cut
    result = place.sweep()
    assert not any(r.get("deleted") for r in result.records.values())
    assert result.end["status"] == "partial"
    assert "不完整" in result.end["cause"]


def test_a_thread_whose_pages_repeat_is_told_as_far_as_it_goes(place: Place) -> None:
    """A page bar that leads on and on to the same floors is a fault, and deletes nothing."""
    place.sweep()
    place.reply(10, 1100, "新的")

    def repeat(request: Request) -> Response | None:
        if request.first("tid") != "10":
            return None
        number = int(request.first("page"))
        asked = Request("GET", request.path, {**request.query, "page": ["2"]}, b"", request.headers)
        again = place._site.answer(asked)
        return replace(again, body=again.body.replace(b"page=3", f"page={number + 1}".encode())) if number > 1 else None

    place.instead = repeat
    result = place.sweep()
    assert not any(r.get("deleted") for r in result.records.values())
    assert result.end["status"] == "partial"
    assert "第 3 页重复" in result.end["cause"]
    assert len([url for url in result.asked if "tid=10&" in url]) < 8


def test_a_list_whose_pages_repeat_is_told_and_left(place: Place) -> None:
    """The list of a board that never ends is a fault; its threads are read, and it is tried again next time."""

    def repeat(request: Request) -> Response | None:
        if request.first("fid") != "4":
            return None
        asked = Request("GET", request.path, {**request.query, "page": ["1"]}, b"", request.headers)
        again = place._site.answer(asked)
        number = int(request.first("page"))
        return replace(again, body=again.body.replace(b"page=2", f"page={number + 1}".encode()))

    place.instead = repeat
    result = place.sweep()
    assert "t100" in result.records
    assert "第 2 页重复" in result.end["cause"]
    assert not place.memory.boards[4].listed


def test_a_last_page_that_stands_for_pages_that_are_not_there_is_no_fault(place: Place) -> None:
    """A counter too high by the 点评 in it makes the site offer a page more, which is the last one again."""
    remark = place.thread(11).floors[1].remarks[0]
    place.edit_floor(11, 2001, remarks=tuple(replace(remark, id=60 + n, text=f"点评{n}") for n in range(6)))

    def one_more(request: Request) -> Response | None:
        if request.first("tid") != "11":
            return None
        whole = place._site.answer(request)
        bar = b'<div class="pg"><strong>1</strong><a class="nxt" href="?mod=viewthread&tid=11&page=9">n</a></div>'
        counted = whole.body.replace(b'<span class="xi1">5</span>', b'<span class="xi1">11</span>')
        return replace(whole, body=counted.replace(b"</body>", bar + b"</body>"))

    place.instead = one_more
    assert place.sweep().end["status"] == "ok"
    assert place.sweep().records == {}


@pytest.mark.parametrize(
    "body",
    [
        '<div id="threadlist"><ul><li><a href="forum.php?mod=viewthread&tid=9">题</a></li></ul></div>',
        '<div id="threadlist"><table></table></div>',
    ],
    ids=["other-lines", "no-lines"],
)
def test_a_list_without_lines_where_threads_were_is_a_new_template(place: Place, body: str) -> None:
    """The frame of the list alone is no quiet board."""
    place.sweep()
    place.instead = lambda request: page(body) if request.first("mod") == "forumdisplay" else None
    end = place.sweep().end
    assert end["status"] == "partial"
    assert "版块列表页" in end["cause"]


def test_an_emptied_board_that_says_so_is_no_fault(place: Place) -> None:
    """Where the site itself says that a board has no threads any more, that is no new template."""
    place.sweep()
    place.forum = replace(place.forum, threads=tuple(t for t in place.forum.threads if t.fid != 4))
    assert place.sweep().end["status"] == "ok"


def test_a_program_that_breaks_on_one_page_does_not_end_the_sweep(place: Place) -> None:
    """X3.5 says "come back in an hour" with the page of its own error: one thread is a gap, the others are read."""
    broken = page("<h1>Discuz! System Error</h1>", 503, "bbs.test - System Error", Retry_After="3600")
    place.instead = lambda request: broken if is_third_thread_page(request) else None
    result = place.sweep()
    assert {"t11", "t100"} <= set(result.records)
    assert result.end["status"] == "partial"
    assert "论坛程序或数据库出错" in result.end["cause"]
    assert place.pauses == []


def test_boards_below_are_read_although_the_list_above_breaks_off(place: Place) -> None:
    """A fault on page 2 of a board does not hide the boards that page 1 named."""
    below = (
        '<table class="fl_tb"><tr><td><h2><a href="forum.php?mod=forumdisplay&amp;fid=2">下</a></h2></td></tr></table>'
    )

    def answer(request: Request) -> Response | None:
        if request.path == "/forum.php" and not request.query:
            return page(
                '<table class="fl_tb"><tr><td><a href="forum.php?mod=forumdisplay&fid=4">上</a></td></tr></table>'
            )
        if is_second_list_page(request):
            return page("", 500)
        if request.first("fid") == "4":
            whole = place._site.answer(request)
            return replace(whole, body=whole.body.replace(b'<div id="ct">', f'<div id="ct">{below}'.encode()))
        return None

    place.instead = answer
    assert "t11" in place.sweep().records


# One forum with a different disaster in every second thread: each is answered on the wire as it would be met.
PACKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"


def disaster(name: str, whole: Response, over: Event) -> Any:
    """What is sent in the place of ``whole``."""
    if name == "hang":
        over.wait(30)
    if name == "cut":
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90000\r\n\r\n" + whole.body
    if name == "cut-packed":
        packed = gzip.compress(whole.body)
        return PACKED % (len(packed) - 200) + packed[:-200]
    if name == "zeros":
        packed = gzip.compress(bytes(50_000_000), 9)
        return PACKED % len(packed) + packed
    if name == "inside":
        return page("", 302, Location="http://169.254.169.254/latest/")
    return None


def test_disasters_on_the_wire_each_cost_one_page(place: Place, make_source: Any, serve_wild: ServeWild) -> None:
    """Reset, hang, cut answers, 50 MB of zeros and a redirect inside: the rest is read, each is named, none deletes."""
    names = {"100": "reset", "102": "hang", "104": "cut", "106": "cut-packed", "108": "zeros", "112": "inside"}
    over = Event()

    def answer(request: Request) -> Any:
        name = names.get(request.first("tid"))
        whole = place.answer(request)
        return disaster(name, whole, over) if name else whole

    url = serve_wild(answer)
    source: DiscuzSource = make_source(url, timeout_s=2, max_minutes=3)
    first = source.collect({}, NOW)
    over.set()
    names.clear()
    second = source.collect(first.memory, NOW)
    told = {post.id for post in first.observations}
    assert {"t10", "p1038", "t11", "t101", "t121"} <= told
    assert first.coverage.status == "partial"
    for words in (
        "6 个页面未能读取",
        "没有及时响应",
        "无法连接",
        "过大",
        "169.254.169.254",
        "不完整，中途断开（2 个）",
    ):
        assert words in (first.coverage.cause or "")
    assert {post.id for post in second.observations} == {"t100", "t102", "t104", "t106", "t108", "t112"}
    assert second.coverage.status == "ok"


def test_disasters_on_lists_cost_what_stands_on_them_alone(
    place: Place, make_source: Any, serve_wild: ServeWild
) -> None:
    """The same on pages of lists: the other boards are read, and the next sweep finds what these pages hid."""
    place.forum = replace(place.forum, boards=tuple(replace(board, readable=True) for board in place.forum.boards))
    kinds = {"2": "reset", "3": "cut-packed", "4": "zeros"}

    def answer(request: Request) -> Any:
        name = kinds.get(request.first("fid"))
        whole = place.answer(request)
        is_second = is_second_list_page(request) or request.first("fid") in ("2", "3")
        return disaster(name, whole, Event()) if name and is_second else whole

    url = serve_wild(answer)
    source: DiscuzSource = make_source(url, timeout_s=5, max_minutes=3)
    first = source.collect({}, NOW)
    kinds.clear()
    second = source.collect(first.memory, NOW)
    told, later = ({post.id for post in run.observations} for run in (first, second))
    assert {"t100", "t119"} <= told
    assert first.coverage.status == "partial"
    for words in ("无法连接网站或读取页面", "过大", "不完整"):
        assert words in (first.coverage.cause or "")
    assert {"t11", "t13", "t120", "t121"} <= later
    assert not told & later

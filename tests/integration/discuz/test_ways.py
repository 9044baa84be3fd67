"""The ways of reading a forum: its pages, its archiver, its mobile interface, its RSS, its rewritten addresses."""

from __future__ import annotations

from typing import Any

import pytest

from crawlers.spiders.faults import RobotsFault
from demo.httpd import Request, Response

Place = Any  # the fixture's class; tests are not importable


@pytest.fixture
def place(place: Place) -> Place:
    """The forum with its archiver switched on."""
    place.archiver = True
    return place


PERMISSION = "市民网张三 2026-02-01 邮件同意"


def page(body: str, title: str = "某站") -> Response:
    """A page that is none of the forum's."""
    return Response(200, f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode())


def template_changed(request: Request) -> Response | None:
    """Threads and lists in a template that nobody knows."""
    return page("<main>全新模板</main>", "新版") if request.first("mod") in ("viewthread", "forumdisplay") else None


def test_the_archiver_gives_words_authors_and_times(place: Place) -> None:
    """Every floor that shows words is told, with the id made of author and second, quotes cut out, nothing twice."""
    result = place.sweep(via="archiver")
    records = result.records
    queue = {r["text"]: r for r in records.values() if r["thread"] == "t11"}
    assert result.end["status"] == "ok"
    assert len(records) == 38 + 5 + 22
    assert set(queue) == {"排队太久了，x9#k才两个窗口", "我也是\n等了两小时", "匿名说一句", "[图片]", "回你"}
    assert queue["回你"]["published_at"] == "2026-03-16T00:00:07Z"
    assert queue["回你"]["author"] == {"name": "网友2005"}
    assert queue["回你"]["id"].startswith("11-a-")
    assert queue["回你"]["url"] == "http://bbs.test/forum.php?mod=viewthread&tid=11"
    assert queue["匿名说一句"]["author"] is None
    assert not any("forum.php" in url for url in result.asked)
    again = place.sweep(via="archiver")
    assert (again.records, again.end["status"]) == ({}, "quiet")


def test_the_archiver_tells_what_changed(place: Place) -> None:
    """New, edited and deleted posts of a forum that is read by its archiver alone."""
    place.sweep(via="archiver")
    place.reply(11, 2100, "新回复")
    place.edit_floor(10, 1010, body="改过了")
    place.remove(10, 1020)
    place.edit_floor(11, 2002, state="blocked")
    records = place.sweep(via="archiver").records
    assert sorted(r["text"] for r in records.values() if not r.get("deleted") and r["kind"] == "reply") == [
        "改过了",
        "新回复",
    ]
    assert sum(bool(r.get("deleted")) for r in records.values()) == 2
    assert place.sweep(via="archiver").records == {}


def test_a_new_template_is_read_by_the_archiver_meanwhile(place: Place) -> None:
    """Where pages are not understood, new posts come from the archiver: none is doubled or deleted, then or later."""
    place.sweep()
    place.reply(11, 2100, "新回复")
    place.reply(10, 1100, "倒闭是谣言")
    place.instead = template_changed
    blind = place.sweep()
    assert sorted(r["text"] for r in blind.records.values()) == ["倒闭是谣言", "新回复"]
    assert blind.end["status"] == "partial"
    assert "模板" in blind.end["cause"]
    assert "archiver" in blind.end["cause"]
    assert "新版" in blind.end["evidence"]
    assert place.sweep().records == {}
    place.instead = lambda _request: None
    mended = place.sweep()
    # The counters are seen again; the posts keep the ids that they got in the archiver.
    assert set(mended.records) <= {"t10", "t11"}
    assert mended.end["status"] == "ok"
    assert place.sweep().records == {}


def test_a_site_first_seen_through_the_archiver_is_not_doubled_by_its_pages(place: Place) -> None:
    """Switching from archiver to pages tells no post under a second id."""
    first = place.sweep(via="archiver").records
    second = place.sweep().records
    new = set(second) - set(first)
    assert all("-c-" in id_ for id_ in new)
    assert not any(r.get("deleted") for r in second.values())
    assert place.sweep().records == {}


def test_without_an_archiver_a_new_template_is_changed(place: Place) -> None:
    """Where the archiver is switched off too, the coverage says what it said: the template changed."""
    place.sweep()
    place.archiver = False
    place.instead = template_changed
    end = place.sweep().end
    assert end["status"] == "changed"
    assert "模板" in end["cause"]


def test_the_mobile_interface_gives_what_the_pages_give(place: Place) -> None:
    """The same ids, words, authors, times and counters: switching loses and doubles nothing."""
    first = place.sweep()
    result = place.sweep(via="mobile_api", permission=PERMISSION)
    assert (result.records, result.end["status"]) == ({}, "quiet")
    assert all("/api/mobile/" in url for url in result.asked)
    place.memory = place.memory.model_copy(update={"threads": {}, "boards": {}})
    anew = place.sweep(via="mobile_api", permission=PERMISSION)
    assert set(anew.records) == set(first.records)
    for id_, record in first.records.items():
        told = anew.records[id_]
        assert {k: told[k] for k in ("kind", "thread", "reply_to", "title", "text", "author", "url")} == {
            k: record[k] for k in ("kind", "thread", "reply_to", "title", "text", "author", "url")
        }
        if "-c-" not in id_:
            assert told["published_at"] == record["published_at"]


def test_the_mobile_interface_tells_gone_threads_and_boards(place: Place) -> None:
    """A thread that is not there any more is deleted, a board without permission refused."""
    place.sweep(via="mobile_api", permission=PERMISSION)
    place.remove(105)
    result = place.sweep(via="mobile_api", permission=PERMISSION)
    assert result.records["t105"]["deleted"]
    assert "fid=3" in result.end["evidence"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Response(200, b'{"error":"mobile_is_closed"}', "application/json"), "down"),
        (Response(200, b'{"error":"to_login"}', "application/json"), "login"),
        (Response(200, b'{"Version":"4","Variables":{"forum', "application/json"), "down"),
        (Response(503, b"busy"), "down"),
        (page('<div id="messagetext"><p>系统维护中</p></div>'), "down"),
        (page("<p>请完成验证</p>", "安全验证"), "blocked"),
        (page("<p>欢迎</p>"), "changed"),
        (Response(200, b'{"Version":"4","Variables":{}}', "application/json"), "changed"),
    ],
    ids=["closed", "login", "cut", "503", "maintenance", "captcha", "html", "empty"],
)
def test_a_mobile_interface_that_fails_says_why(place: Place, answer: Response, status: str) -> None:
    """Errors in HTTP 200, half an answer and pages in its place each have their own status."""
    place.instead = lambda _request: answer
    end = place.sweep(via="mobile_api", permission=PERMISSION).end
    assert end["status"] == status
    assert end["cause"]


RSS = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>市民网</title>{}</channel></rss>'
ITEM = "<item><title>要倒闭？</title><link>http://bbs.test/{}</link><description>摘要</description></item>"


@pytest.mark.parametrize("link", ["forum.php?mod=viewthread&amp;tid=10", "thread-10-1-1.html"])
def test_rss_finds_threads_where_the_list_is_refused(place: Place, link: str) -> None:
    """With rss the threads in the feed are read although their list is not; the list's fault stands."""

    def refuse(request: Request) -> Response | None:
        if request.first("mod") == "rss":
            return Response(200, RSS.format(ITEM.format(link)).encode(), "application/xml")
        return Response(403) if request.first("mod") == "forumdisplay" else None

    place.instead = refuse
    assert place.sweep().records == {}
    result = place.sweep(rss=True)
    assert "p1001" in result.records
    assert result.end["status"] == "partial"
    assert "拒绝访问" in result.end["cause"]


def test_an_empty_rss_is_not_quiet(place: Place) -> None:
    """The first visitor in an hour gets an empty feed: that says nothing, and the refused lists are told."""

    def refuse(request: Request) -> Response | None:
        if request.first("mod") == "rss":
            return Response(200, RSS.format("").encode(), "application/xml")
        return Response(403) if request.path == "/forum.php" else None

    place.instead = refuse
    end = place.sweep(rss=True).end
    assert end["status"] == "blocked"


def test_rewritten_addresses_are_asked_where_robots_txt_forbids_the_others(make_place: Any) -> None:
    """A site that keeps robots from forum.php but not from thread-10-1-1.html is read by the latter, now and later."""
    place = make_place("utf-8", rumour=38, rewritten=True)

    def robots(request: Request) -> Response | None:
        if request.first("mod") in ("viewthread", "forumdisplay"):
            raise RobotsFault(request.path)
        return None

    place.instead = robots
    result = place.sweep()
    assert {"t10", "p1038", "t11", "t100", "t121"} <= set(result.records)
    assert result.end["status"] == "ok"
    assert place.memory.rules == {"board": "forum-{id}-{page}.html", "thread": "thread-{id}-{page}-1.html"}
    place.reply(11, 2200, "又一条")
    assert set(place.sweep(revisit=[11]).records) == {"t11", "p2200"}


def test_without_rewritten_addresses_a_forbidden_site_is_blocked(place: Place) -> None:
    """Where the site has no other addresses, robots.txt is obeyed."""

    def robots(request: Request) -> Response | None:
        if request.first("mod"):
            raise RobotsFault(request.path)
        return None

    place.instead = robots
    end = place.sweep().end
    assert end["status"] == "blocked"
    assert "robots.txt" in end["cause"]

"""Sweeps over a forum that changes, read in this process: what is told, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from demo.httpd import Request, Response

Place = Any  # the fixture's class; tests are not importable


def html(body: str, status: int = 200, title: str = "某站") -> Response:
    """A page that is none of the forum's."""
    return Response(status, f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode())


def message(words: str) -> Response:
    """A message page, HTTP 200 as Discuz sends it."""
    return html(f'<div id="messagetext" class="alert_info"><p>{words}</p></div>', title="提示信息")


def test_first_sweep_tells_every_visible_post_once(place: Place) -> None:
    """Every floor and 点评 that a guest can see is told, none that he cannot."""
    result = place.sweep()
    rumour = {"t10", *(f"p{1000 + n}" for n in range(1, 39) if n != 5)}
    queue = {"t11", "p2001", "p2002", "p2004", "p2005"}
    chat = {f"t{100 + n}" for n in range(22)}
    told = {id_ for id_ in result.records if "-c-" not in id_}
    assert told == rumour | queue | chat
    assert sorted(r["text"] for id_, r in result.records.items() if "-c-" in id_) == [
        "加一",
        "同感 &lt;b&gt;&amp;amp;&lt;/b&gt;",
    ]
    assert result.end["status"] == "ok"
    assert result.end["expected"] == result.end["got"] == 38 + 6 + 22


def test_a_post_is_told_with_its_words_author_time_and_place(place: Place) -> None:
    """A reply that quotes carries its own words only, and hangs on the post it quotes."""
    records = place.sweep().records
    assert records["p2001"]["text"] == "我也是\n等了两小时"
    assert records["p2001"]["reply_to"] == "t11"
    assert records["p2005"]["reply_to"] == "p2001"
    assert records["p2001"]["author"] == {"name": "网友2001", "id": "2101"}
    assert records["p2001"]["published_at"] == "2026-03-15T20:00:07Z"
    assert records["p2001"]["thread"] == "t11"
    assert records["p2002"]["author"] is None
    assert records["t11"]["text"] == "排队太久了，才两个窗口"
    assert records["t11"]["title"] == "排队 &amp; 服务"
    assert records["t10"]["metrics"] == {"views": 15320, "comments": 37}
    remark = next(r for id_, r in records.items() if id_.startswith("2001-c-") and r["text"] == "加一")
    assert (remark["kind"], remark["reply_to"], remark["published_at"]) == (
        "comment",
        "p2001",
        "2026-02-14T01:00:00Z",
    )


def test_nothing_new_is_quiet_although_our_visits_raised_the_views(place: Place) -> None:
    """The second look at an unchanged site tells nothing."""
    place.sweep()
    result = place.sweep()
    assert result.records == {}
    assert result.end["status"] == "quiet"


def test_views_of_others_are_told_without_ours(place: Place) -> None:
    """Three visits of ours and five of others raise the views by five."""
    for _ in range(3):
        place.sweep()
    place.edit(11, views=326)
    records = place.sweep().records
    assert set(records) == {"t11"}
    assert records["t11"]["metrics"]["views"] == 326


def test_second_sweep_tells_exactly_what_changed(place: Place) -> None:
    """Added, edited, hidden and deleted posts are told as such, and nothing else."""
    place.sweep()
    place.reply(11, 2100, "新回复")
    place.edit_floor(10, 1010, body="改过的第10个回复")
    place.edit_floor(11, 2004, state="blocked")
    place.remove(10, 1020)
    place.remove(105)
    records = place.sweep().records
    assert {id_ for id_, r in records.items() if r.get("deleted")} == {"p2004", "p1020", "t105"}
    assert records["p2100"]["text"] == "新回复"
    assert records["p1010"]["text"] == "改过的第10个回复"
    # The two threads whose replies are more or fewer now tell their counters.
    assert set(records) == {"p2004", "p1020", "t105", "p2100", "p1010", "t11", "t10"}
    assert records["t10"]["metrics"]["comments"] == 36
    assert place.sweep().records == {}


def test_an_approved_floor_moves_the_pages_and_loses_nobody(place: Place) -> None:
    """A floor approved later shifts all pages behind it; only it is new, and none is deleted."""
    place.sweep()
    place.edit_floor(10, 1005, state="shown")
    records = place.sweep().records
    assert set(records) == {"p1005", "t10"}


def test_a_floor_deleted_between_two_requests_makes_no_other_post_vanish(place: Place) -> None:
    """A page boundary that moves while the thread is read is noticed, and the thread is read again."""
    place.sweep()
    place.reply(10, 1300, "挪动")
    asked = []

    def delete_once(request: Request) -> Response | None:
        if request.first("tid") == "10":
            asked.append(request.first("page"))
            if len(asked) == 3:
                place.remove(10, 1001)
        return None

    place.instead = delete_once
    records = place.sweep().records
    assert {id_ for id_, r in records.items() if r.get("deleted")} <= {"p1001"}
    assert asked.count("2") == 2
    place.instead = lambda _request: None
    place.sweep()
    assert place.memory.threads[10].posts["p1001"] == ""
    assert place.memory.threads[10].posts["p1011"] != ""


def test_a_hidden_post_that_comes_back_is_told_again(place: Place) -> None:
    """Unblocking a floor brings its words back."""
    place.sweep()
    place.edit_floor(11, 2003, state="shown")
    assert place.sweep().records["p2003"]["text"] == "骂人的话"


def test_a_thread_that_guests_may_not_read_any_more_is_gone(place: Place) -> None:
    """Read permission set later deletes all posts of the thread, 点评 too; taking it back tells them again."""
    place.sweep()
    place.edit(11, read_permission=10)
    first = place.sweep().records
    assert all(r["deleted"] for r in first.values())
    assert {"t11", "p2001", "p2002"} <= set(first)
    assert sum("-c-" in id_ for id_ in first) == 2
    assert place.sweep().records == {}
    place.edit(11, read_permission=0)
    assert set(place.sweep().records) == set(first)


@pytest.mark.parametrize(
    "answer",
    [
        html("维护", 503),
        html("<h1>Not Found</h1>", 404),
        html("WAF", 403),
        html("<p>全新模板</p>"),
        html('<div id="postlist"></div>'),
        message("抱歉，您尚未登录，没有权限访问该版块"),
        message("系统繁忙，请稍候"),
        html('<script>setTimeout("location.reload()",1001)</script>', title="页面重载开启"),
        html('<form><input name="answer"><input name="secqsubmit"></form>', title="3 + 4 = ?"),
        Response(302, headers=(("Location", "http://elsewhere.test/"),)),
        Response(302, headers=(("Location", "member.php?mod=logging&action=login"),)),
    ],
    ids=["503", "404", "403", "template", "empty", "login", "busy", "reload", "question", "moved", "to-login"],
)
def test_a_page_that_failed_never_deletes_a_post(place: Place, answer: Response) -> None:
    """Where threads cannot be read, nothing is told as deleted and the coverage says that we did not see."""
    place.sweep()
    before = place.memory.model_copy(deep=True)
    place.instead = lambda request: answer if request.first("mod") == "viewthread" else None
    result = place.sweep()
    assert result.records == {}
    assert result.end["status"] not in ("ok", "quiet")
    assert result.end["cause"]
    assert place.memory.threads == before.threads


def test_one_thread_that_fails_is_a_gap_and_the_others_are_read(place: Place) -> None:
    """A single broken thread makes the coverage partial, with its address as evidence."""
    place.instead = lambda request: html("", 500) if request.first("tid") == "11" else None
    result = place.sweep()
    assert result.end["status"] == "partial"
    assert "tid=11" in result.end["evidence"]
    assert "t10" in result.records
    place.instead = lambda _request: None
    assert "t11" in place.sweep().records


def test_a_thread_that_breaks_off_keeps_what_was_read_and_stays_due(place: Place) -> None:
    """Pages 1 to 3 of 4 are told; the next sweep reads the rest and deletes nothing."""
    place.instead = lambda request: html("", 500) if request.first("page") == "4" else None
    first = place.sweep()
    assert "p1012" in first.records
    assert "p1035" not in first.records
    place.instead = lambda _request: None
    second = place.sweep().records
    assert "p1035" in second
    assert not any(r.get("deleted") for r in second.values())


def test_a_counter_far_above_the_floors_is_said_once(place: Place) -> None:
    """A thread with clearly fewer floors than replies counted is named; an old gap is the site's own."""
    page = place.answer(Request("GET", "/forum.php", {"mod": ["viewthread"], "tid": ["101"]}, b"", {}))
    lying = page.body.decode().replace('<span class="xi1">0</span>', '<span class="xi1">40</span>').encode()
    place.instead = lambda request: replace(page, body=lying) if request.first("tid") == "101" else None
    result = place.sweep()
    assert result.end["status"] == "partial"
    assert "tid=101《闲聊1》1/41" in result.end["evidence"]
    assert place.sweep().end["status"] == "quiet"


def test_remarks_in_the_counter_of_replies_are_no_missing_floors(place: Place) -> None:
    """X3.4 and X3.5 count 点评 as replies; a thread full of them was read in full."""
    remarks = place.thread(11).floors[1].remarks
    many = tuple(replace(remarks[0], id=50 + n, text=f"点评{n}") for n in range(9))
    place.edit_floor(11, 2001, remarks=many)
    page = place.answer(Request("GET", "/forum.php", {"mod": ["viewthread"], "tid": ["11"]}, b"", {}))
    counting = page.body.decode().replace('<span class="xi1">5</span>', '<span class="xi1">14</span>').encode()
    assert counting != page.body
    place.instead = lambda request: replace(page, body=counting) if request.first("tid") == "11" else None
    end = place.sweep().end
    assert (end["status"], end["expected"]) == ("ok", end["got"])


def test_a_blocked_opening_post_still_has_its_counters(place: Place) -> None:
    """Title, views and replies of the thread are there for all to read, the words are not."""
    place.edit_floor(11, 2000, state="blocked")
    record = place.sweep().records["t11"]
    assert (record["title"], record["text"]) == ("排队 &amp; 服务", "")
    assert record["metrics"] == {"views": 321, "comments": 5}


def test_an_opening_post_in_pages_is_asked_for_whole(place: Place) -> None:
    """Where the site splits the opening post, all of it is told, for one request more."""

    def split(request: Request) -> Response | None:
        if request.first("tid") != "101":
            return None
        whole = request.first("cp") == "all"
        views = 12 if whole else 11
        words = "第一页<br>第二页" if whole else "第一页"
        rest = "" if whole else '<div id="threadpage"></div>'
        return html(
            f'<div id="postlist"><table><td class="pls"><div class="hm"><b class="xi1">{views}</b></div></td></table>'
            '<div id="post_4001"><em id="authorposton4001">发表于 2026-3-15 08:00:07</em>'
            f'<div id="postmessage_4001">{words}</div>{rest}</div></div>'
        )

    place.instead = split
    result = place.sweep()
    assert result.records["t101"]["text"] == "第一页\n第二页"
    assert result.records["t101"]["metrics"]["views"] == 11
    assert sum("tid=101" in url for url in result.asked) == 2


def test_a_site_that_counts_each_request_is_found_out(place: Place) -> None:
    """Where every page is a view (preventrefresh 0), our reading of a long thread is no growth."""
    for number in range(30):
        place.reply(101, 6000 + number, f"回复{number}")

    def counting(request: Request) -> Response | None:
        tid = int(request.first("tid", "0"))
        if f"viewid=tid_{tid}" in request.headers["cookie"]:  # no first page of a visit, which the site counts
            place.edit(tid, views=place.thread(tid).views + 1)
        return None

    place.instead = counting
    assert place.sweep().records["t101"]["metrics"]["views"] == 11
    for _ in range(2):
        assert "t101" not in place.sweep().records
    assert place.memory.each_request_counts


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (message("抱歉，本站点暂时关闭，详情请联系管理员"), "down"),
        (message("系统维护中"), "down"),
        (message("您需要先登录才能继续本操作"), "login"),
        (html("<p>欢迎</p>", title="全新改版"), "changed"),
        (html("<p>请完成验证</p>", title="安全验证"), "blocked"),
        (html("", title="bbs.test - Database Error"), "down"),
        (html("", 502), "down"),
        (html("", 403), "blocked"),
        (Response(302, headers=(("Location", "https://new.test/"),)), "changed"),
    ],
)
def test_a_front_page_that_is_none_says_why_we_are_blind(place: Place, answer: Response, status: str) -> None:
    """Closed, login, new template, error and refusal of the whole site have their own status."""
    place.instead = lambda _request: answer
    end = place.sweep().end
    assert end["status"] == status
    assert end["cause"]


def test_the_title_is_the_evidence_of_a_new_template(place: Place) -> None:
    """A page without a thread list where one must be is `changed`, and its title tells which it was."""
    place.instead = lambda request: html("", title="新版首页") if request.first("mod") == "forumdisplay" else None
    end = place.sweep().end
    assert end["status"] == "changed"
    assert "新版首页" in end["evidence"]


def test_a_board_that_closes_to_guests_is_partial(place: Place) -> None:
    """A board that was once read and is refused now is a gap; one that never was readable is none."""
    place.sweep()
    boards = tuple(replace(b, readable=False) if b.fid == 4 else b for b in place.forum.boards)
    place.forum = replace(place.forum, boards=boards)
    end = place.sweep().end
    assert end["status"] == "partial"
    assert "fid=4" in end["evidence"]


def test_all_boards_refused_means_login(place: Place) -> None:
    """A site whose boards are all for members is a matter of logging in."""
    place.forum = replace(place.forum, boards=tuple(replace(b, readable=False) for b in place.forum.boards))
    assert place.sweep().end["status"] == "login"


def test_only_configured_boards_are_read(place: Place) -> None:
    """With boards given, the index is not asked for and no other board is read."""
    result = place.sweep(boards=[4])
    assert {r["thread"] for r in result.records.values()} == {f"t{100 + n}" for n in range(22)} | {"t10"}
    assert not any(url.endswith("forum.php") for url in result.asked)


def test_a_revisit_reads_only_its_threads(place: Place) -> None:
    """Re-visiting a thread asks for no list, and tells its new reply."""
    place.sweep()
    place.reply(11, 2200, "又一条")
    result = place.sweep(revisit=[11])
    assert set(result.records) == {"t11", "p2200"}
    assert all("tid=11" in url for url in result.asked)


def test_lists_are_read_no_further_than_the_news(place: Place) -> None:
    """The second sweep of a board with two pages asks for the first page of each order only."""
    place.sweep()
    result = place.sweep(reread_days=0, reread_threads=0)
    assert [url for url in result.asked if "fid=4" in url and "page=2" in url] == []
    assert sum("viewthread" in url for url in result.asked) == 0


def test_a_large_site_is_listed_in_several_sweeps(place: Place) -> None:
    """Old lists may take half of the time: then threads are read, and the next sweep lists on."""

    def tick(request: Request) -> None:
        if request.first("mod") == "forumdisplay":
            place.now += timedelta(seconds=20)

    place.instead = tick
    first = place.sweep(max_minutes=1)
    assert first.end["status"] == "partial"
    assert first.end["evidence"] == "fid=4"
    assert {"t10", "t100"} <= set(first.records)
    assert "t121" not in first.records
    second = place.sweep(max_minutes=10)
    assert second.end["status"] == "ok"
    assert "t121" in second.records


def test_old_threads_take_turns(place: Place) -> None:
    """A budget of eight re-reads eight threads a sweep, the least recently visited first."""
    place.sweep()
    turns = []
    for hour in range(2, 5):
        place.now = place.now.replace(hour=hour)
        asked = place.sweep(reread_days=0, reread_threads=8).asked
        turns.append({url.partition("tid=")[2].partition("&")[0] for url in asked if "viewthread" in url})
    assert [len(turn) for turn in turns] == [8, 8, 8]
    assert len(set.union(*turns)) == 24

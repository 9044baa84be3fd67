"""Reading with the cookie of the bank's own account, and what a cookie that dies does and does not do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import Archive
from crawlers.spiders.source import DiscuzSource
from demo.forum import Site
from demo.httpd import Request, Response, serving

NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
Place = Any  # the fixture's class; tests are not importable
MakeSource = Callable[..., DiscuzSource]
COOKIE = "town_2132_auth=4d5eSECRETvalue%2Bx; town_2132_saltkey=SALTsalt99"
DEAD = "登录 Cookie 已失效，请重新取得"


@dataclass
class Club:
    """The place's forum, with board 3 for members. The cookie is good for so many pages (None: for ever)."""

    place: Any
    good_for: int | None = None
    tells_uid: bool = True
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._is_member = False
        self._site = Site(self._forum)

    def _forum(self) -> Any:
        boards = tuple(replace(board, readable=self._is_member or board.fid != 3) for board in self.place.forum.boards)
        return replace(self.place.forum, boards=boards)

    def answer(self, request: Request) -> Response:
        """The page as a member or a guest sees it."""
        cookie = request.headers.get("cookie", "")
        self.seen.append(cookie)
        alive = self.good_for is None or len(self.seen) <= self.good_for
        self._is_member = alive and "4d5eSECRETvalue%2Bx" in cookie
        answer = self._site.answer(request)
        script = f"<head><script>var discuz_uid = '{7 * self._is_member}';</script>" if self.tells_uid else "<head>"
        return replace(answer, body=answer.body.replace(b"<head>", script.encode()))


@pytest.fixture
def club(place: Place) -> Club:
    """A forum with a board for members, and a place that reads it as one."""
    made = Club(place)
    place.instead = made.answer
    place.cookie = COOKIE
    return made


def test_a_member_reads_what_guests_may_not(place: Place, club: Club) -> None:
    """With the account's cookie the members' board is read; without, it is not."""
    assert "t13" in place.sweep().records
    assert all("4d5eSECRETvalue%2Bx" in cookie for cookie in club.seen)
    place.cookie = None
    place.memory = type(place.memory)()
    assert "t13" not in place.sweep().records


def test_a_dead_cookie_is_noticed_on_the_first_page(place: Place, club: Club) -> None:
    """The first page shows a guest: the coverage says login, what guests may read is read, nothing is deleted."""
    place.sweep()
    place.reply(11, 2100, "新回复")
    club.good_for = 0
    result = place.sweep()
    assert set(result.records) == {"p2100"}
    assert result.end["status"] == "login"
    assert result.end["cause"].startswith(DEAD)
    assert club.seen[-1].find("SECRET") == -1


@pytest.mark.parametrize("pages", range(1, 38, 7))
def test_a_cookie_that_dies_in_the_middle_loses_and_doubles_nothing(place: Place, club: Club, pages: int) -> None:
    """Whenever it dies: what was read is kept, the rest comes with the next cookie, once, and nothing is deleted."""
    whole = set(place.sweep().records)
    place.memory = type(place.memory)()
    club.seen.clear()
    club.good_for = pages
    first = place.sweep()
    assert first.end["status"] == "login"
    assert DEAD in first.end["cause"]
    assert {"t10", "t11", "p1038"} <= set(first.records)
    club.good_for = None
    second = place.sweep()
    assert set(first.records) | set(second.records) == whole
    assert not set(first.records) & set(second.records)
    assert not any(r.get("deleted") for r in second.records.values())
    assert second.end["status"] == ("ok" if second.records else "quiet")


def test_what_a_guest_sees_differently_is_no_edit(place: Place, club: Club) -> None:
    """Words that are hidden from guests are not told as changed or gone while the cookie is dead."""
    place.sweep()
    club.good_for = 0
    place.edit_floor(11, 2000, body="游客只看见这些")
    place.edit_floor(11, 2004, state="blocked")
    result = place.sweep()
    assert result.records == {}
    club.good_for = None
    assert set(place.sweep().records) >= {"t11", "p2004"}


@pytest.mark.parametrize(
    "answer",
    [
        Response(302, headers=(("Location", "member.php?mod=logging&action=login"),)),
        Response(
            200,
            '<html><div id="messagetext"><p>您需要先登录才能继续本操作</p></div></html>'.encode(),
        ),
        Response(200, b"<html><div id='threadlist'></div></html>", headers=(("Set-Cookie", "town_2132_auth=deleted"),)),
    ],
    ids=["redirect", "message", "taken-back"],
)
def test_a_login_page_or_a_cookie_taken_back_means_the_same(place: Place, club: Club, answer: Response) -> None:
    """Where a page does not say whose it is, being asked to log in says that the cookie is dead."""
    club.tells_uid = False
    place.sweep()
    place.instead = lambda request: answer if request.first("fid") == "2" else club.answer(request)
    end = place.sweep().end
    assert end["status"] == "login"
    assert DEAD in end["cause"]


def test_the_archiver_asks_the_front_page_whose_cookie_it_is(place: Place, club: Club) -> None:
    """The light pages do not say it, so the forum's first page is looked at."""
    club.good_for = 0
    place.archiver = True
    place.instead = lambda request: None if request.path.startswith("/archiver/") else club.answer(request)
    result = place.sweep(via="archiver")
    assert result.end["status"] == "login"
    assert result.asked.count("http://bbs.test/forum.php") == 1
    assert "t10" in result.records


def test_the_mobile_interface_says_whose_cookie_it_is(place: Place) -> None:
    """``member_uid`` 0 in an answer means that the cookie is dead."""
    place.cookie = COOKIE
    end = place.sweep(via="mobile_api", permission="市民网张三 2026-02-01 邮件同意").end
    assert end["status"] == "login"


def test_a_configured_cookie_that_is_not_there_is_login(place: Place, make_source: MakeSource) -> None:
    """The public boards are read, and the coverage says that the cookie is missing."""
    with serving(place.answer) as url:
        result = make_source(url, cookie_env="BBS_COOKIE").collect({}, NOW)
    assert result.coverage.status == "login"
    assert "没有找到登录 Cookie，请设置 BBS_COOKIE" in (result.coverage.cause or "")
    assert "t10" in {post.id for post in result.observations}


def test_the_cookie_reaches_its_own_site_and_nothing_else(club: Club, make_source: MakeSource, tmp_path: Path) -> None:
    """It is in no command line, coverage, memory or kept page, and no other host gets it."""
    strangers: list[Request] = []
    archive = Archive(tmp_path / "kept")

    def stranger(request: Request) -> Response:
        strangers.append(request)
        return Response(200)

    with serving(stranger) as elsewhere:

        def answer(request: Request) -> Response:
            if request.first("tid") == "105":
                return Response(302, headers=(("Location", f"{elsewhere}/forum.php"),))
            whole = club.answer(request) if request.path != "/robots.txt" else Response(404)
            return replace(whole, body=whole.body.replace(b"</body>", b"4d5eSECRETvalue+x SALTsalt99</body>"))

        with serving(answer) as url:
            source = make_source(url, cookie=COOKIE, cookie_file="bbs.cookie", archive=archive)
            result = source.collect({}, NOW)
    pages = [archive.page(name) for name in archive.names()]
    assert "t13" in {post.id for post in result.observations}
    assert pages
    assert strangers == []
    told = json.dumps(dict(result.memory)) + str(result.coverage) + "".join(page.body.decode() for page in pages)
    assert "SECRET" not in told
    assert "SALTsalt99" not in told


def test_the_cookie_travels_on_standard_input_alone(make_source: MakeSource) -> None:
    """The child's command line and environment hold nothing of it; what the child complains of is masked."""
    script = (
        "import sys, os, json; sys.stdin.readline(); url, cookies = json.loads(sys.stdin.readline());"
        "held = 'SECRET' in ' '.join(sys.argv) + repr(dict(os.environ));"
        "sys.exit(f'{held} {cookies}')"
    )
    source = make_source(
        "http://bbs.test", command=(sys.executable, "-S", "-c", script), cookie=COOKIE, cookie_env="BBS_COOKIE"
    )
    evidence = source.collect({}, NOW).coverage.evidence
    assert evidence == "False town_2132_auth=***; town_2132_saltkey=***"


def test_each_new_post_names_the_page_that_shows_it(place: Place, tmp_path: Path) -> None:
    """Records carry the kept page of their floor; a page that brings nothing new is not kept."""
    place.archive = Archive(tmp_path / "kept")
    records = place.sweep().records
    for id_ in ("t10", "p1001", "p1038", "t11", "p2001"):
        page = place.archive.page(records[id_]["capture"])
        assert f'id="post_{id_[1:]}"'.encode() in page.body or id_.startswith("t")
        assert page.url.startswith("http://bbs.test/forum.php?mod=viewthread")
    assert records["p1001"]["capture"] != records["p1038"]["capture"]
    kept = len(list(place.archive.names()))
    place.sweep()
    assert len(list(place.archive.names())) == kept
    place.reply(10, 1100, "新的")
    new = place.sweep().records["p1100"]
    assert "新的".encode() in place.archive.page(new["capture"]).body
    assert len(list(place.archive.names())) <= kept + 2


def test_pictures_of_a_post_are_told_with_their_whole_address(place: Place) -> None:
    """Attachments give the full picture, smileys and the quoted post's pictures do not count."""
    body = (
        '操作截图<img src="static/image/smiley/default/mad.gif" smilieid="1" />'
        '<ignore_js_op><img id="aimg_5" src="static/image/common/none.gif" zoomfile="data/attachment/forum/5.jpg"'
        ' file="data/attachment/forum/5.jpg.thumb.jpg" /></ignore_js_op><img src="http://img.test/a.png" />'
    )
    place.reply(11, 2100, body, quote=("网友2000", "排队太久了"))
    record = place.sweep().records["p2100"]
    assert record["text"] == "操作截图"
    assert record["pictures"] == ["http://bbs.test/data/attachment/forum/5.jpg", "http://img.test/a.png"]


def test_pages_that_the_child_cannot_keep_are_counted(place: Place, make_source: MakeSource, tmp_path: Path) -> None:
    """The disk takes nothing: all posts come without pages, and the program's own archive knows how many it lacks."""
    (tmp_path / "kept").write_text("a file stands in the way", encoding="utf-8")
    archive = Archive(tmp_path / "kept")
    with serving(place.answer) as url:
        result = make_source(url, archive=archive).collect({}, NOW)
    assert result.coverage.status == "ok"
    assert {post.capture for post in result.observations} == {None}
    assert archive.unkept >= len({post.thread for post in result.observations})

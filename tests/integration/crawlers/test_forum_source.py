"""A bulletin board of no known make on loopback, which changes between sweeps and misbehaves as real ones do."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import ForumConfig
from crawlers.pollers.forum import ForumSource
from demo.httpd import Handler, Request, Response
from domain.clock import local
from domain.coverage import Collected

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
PER_PAGE = 3
FACTS: dict[str, Any] = {
    "name": "sqw",
    "kind": "forum",
    "delay_s": 0,
    "threads": {
        "each": "tr.topic",
        "link": "a.subject",
        "id_pattern": r"/t/(\d+)",
        "replies": ".replies",
        "views": ".views",
        "last": ".last",
        "next": "a.next",
    },
    "posts": {
        "each": "article",
        "id": "@id",
        "id_pattern": r"\d+",
        "title": "h1",
        "text": ".body",
        "author": ".who",
        "time": "time",
        "likes": ".likes",
        "drop": "blockquote",
        "next": "a.next",
    },
}


@dataclass(frozen=True)
class Post:
    """One post; ``text`` is HTML."""

    id: int
    text: str
    likes: int = 0


@dataclass
class Topic:
    """A thread; ``replies`` what the list says where it is not the truth, ``hidden``: the list leaves it out."""

    id: int
    title: str
    posts: list[Post]
    age: timedelta = timedelta(hours=2)
    views: int = 10
    replies: int | None = None
    hidden: bool = False


@dataclass
class Board:
    """The site. ``instead`` may answer a request in its place; ``asked`` are the paths that were asked for."""

    topics: list[Topic]
    charset: str = "utf-8"
    declared: bool = True
    row: str = "topic"
    body: str = "body"
    instead: Callable[[Request], Response | None] = lambda _request: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """The handler of the server."""
        self.asked.append(request.path)
        answer = self.instead(request)
        if answer:
            return answer
        number = int(request.first("page", "1"))
        if request.path == "/list":
            return self.page("百姓话题", self.listing(number))
        topic = next((topic for topic in self.topics if request.path == f"/t/{topic.id}"), None)
        if topic is None:
            return Response(404)
        topic.views += 1
        return self.page(topic.title, self.thread(topic, number))

    def page(self, title: str, body: str) -> Response:
        """A whole page in the site's charset."""
        text = f"<html><head><title>{title}</title></head><body><a href='/login'>登录</a>{body}</body></html>"
        kind = f"text/html; charset={self.charset}" if self.declared else "text/html"
        return Response(200, text.encode(self.charset), kind)

    def listing(self, number: int) -> str:
        """A page of the list."""
        shown = [topic for topic in self.topics if not topic.hidden]
        rows = "".join(
            f"<tr class='{self.row}'><td><a class='subject' href='/t/{topic.id}'>{html.escape(topic.title)}</a></td>"
            f"<td class='replies'>{len(topic.posts) - 1 if topic.replies is None else topic.replies}</td>"
            f"<td class='views'>{topic.views}</td><td class='last'>{local(NOW - topic.age):%Y-%m-%d %H:%M:%S}</td></tr>"
            for topic in shown[(number - 1) * PER_PAGE : number * PER_PAGE]
        )
        return f"<table>{rows}</table>" + self.bar("/list", number, len(shown))

    def thread(self, topic: Topic, number: int) -> str:
        """A page of a thread."""
        posts = "".join(
            f"<article id='post-{post.id}'><b class='who'>网友{post.id}</b><time>2026-03-15 20:{post.id % 60:02}</time>"
            f"<div class='{self.body}'>{post.text}</div><i class='likes'>赞 {post.likes}</i></article>"
            for post in topic.posts[(number - 1) * PER_PAGE : number * PER_PAGE]
        )
        return f"<h1>{html.escape(topic.title)}</h1>{posts}" + self.bar(f"/t/{topic.id}", number, len(topic.posts))

    def bar(self, path: str, number: int, count: int) -> str:
        """The link to the next page, where there is one."""
        return f"<a class='next' href='{path}?page={number + 1}'>下一页</a>" if count > number * PER_PAGE else ""


def board(**changes: Any) -> Board:
    """Two threads: one of five posts on two pages, and one of a post alone."""
    run = Topic(1, "青禾村镇银行 <挤兑>?", [Post(n, f"第{n}帖<br>取不出 3 &lt; 5 万") for n in range(11, 16)])
    return Board([run, Topic(2, "求推荐小区", [Post(21, "如题")], age=timedelta(days=1))], **changes)


def source(base: str, archive: Archive | None = None, **changes: Any) -> ForumSource:
    """The product's source for the board; its pauses are not slept."""
    config = ForumConfig.model_validate({**FACTS, "urls": [f"{base}/list"], **changes})
    return ForumSource(config, Manners(), Door(b"k"), archive=archive, sleep=lambda _: None)


def ids(collected: Collected) -> list[str]:
    """The ids of what was observed, in order."""
    return [seen.id for seen in collected.observations]


def gone(collected: Collected) -> set[str]:
    """The ids of what was told as deleted."""
    return {seen.id for seen in collected.observations if seen.deleted}


def first_sweep(serve: Serve, site: Board, **changes: Any) -> tuple[ForumSource, Collected]:
    """A source that has read the board once."""
    reader = source(serve(site), **changes)
    return reader, reader.collect({}, NOW)


def test_a_first_sweep_brings_every_post_of_every_thread(serve: Serve) -> None:
    """Roots carry title and counters, replies hang on them, and what was typed as < stays <."""
    _, collected = first_sweep(serve, board())
    assert collected.rejects == ()
    assert ids(collected) == ["t1", "p12", "p13", "p14", "p15", "t2"]
    root, reply = collected.observations[:2]
    assert (root.kind, root.thread, root.title) == ("thread", "t1", "青禾村镇银行 <挤兑>?")
    assert (root.metrics.comments, root.metrics.views, root.metrics.likes) == (4, 10, 0)
    assert (reply.kind, reply.thread, reply.reply_to, reply.platform) == ("reply", "t1", "t1", "forum")
    assert reply.text == "第12帖\n取不出 3 < 5 万"
    assert reply.published_at == datetime(2026, 3, 15, 12, 12, tzinfo=UTC)
    assert reply.author is not None
    assert reply.author.name == "网友12"
    assert (collected.coverage.status, collected.coverage.got, collected.coverage.expected) == ("ok", 6, 6)


def test_a_second_sweep_of_an_unchanged_board_is_quiet(serve: Serve) -> None:
    """Our own visits raise the site's view counters and are no news."""
    reader, first = first_sweep(serve, board())
    second = reader.collect(first.memory, NOW + timedelta(minutes=30))
    assert (second.coverage.status, ids(second)) == ("quiet", [])
    assert second.coverage.cause is None


def test_new_edited_liked_and_deleted_posts_are_told_and_nothing_else(serve: Serve) -> None:
    """No list shows an edit or a deletion: the active threads are read again, and the opening post's counter moves."""
    site = board()
    reader, first = first_sweep(serve, site)
    run = site.topics[0]
    del run.posts[2]
    run.posts[1] = replace(run.posts[1], text="改口了")
    run.posts[2] = replace(run.posts[2], likes=9)
    run.posts += [Post(16, "新回复"), Post(17, "又一条")]
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert set(ids(second)) == {"t1", "p12", "p13", "p14", "p16", "p17"}
    assert gone(second) == {"p13"}
    told = {seen.id: seen for seen in second.observations}
    assert (told["p12"].text, told["p14"].metrics.likes, told["t1"].metrics.comments) == ("改口了", 9, 5)
    assert reader.collect(second.memory, NOW + timedelta(hours=2)).coverage.status == "quiet"


def test_a_deleted_opening_post_is_told_and_the_next_post_does_not_become_the_root(serve: Serve) -> None:
    """The root is known by its own id and not by its place."""
    site = board()
    reader, first = first_sweep(serve, site)
    del site.topics[0].posts[0]
    second = reader.collect(first.memory, NOW)
    assert (gone(second), ids(second)) == ({"t1"}, ["t1"])


def test_a_post_that_slips_to_an_earlier_page_while_we_read_is_not_deleted(serve: Serve) -> None:
    """A post on page 1 goes between our reading of page 1 and of page 2, so that the first of page 2 passes us by."""
    site = board()
    reader, first = first_sweep(serve, site)
    run = site.topics[0]

    def slip(request: Request) -> None:
        if request.first("page") == "2" and run.posts[1].id == 12:
            del run.posts[1]

    site.instead = slip
    second = reader.collect(first.memory, NOW)
    assert gone(second) == set()
    site.instead = lambda _request: None
    assert gone(reader.collect(second.memory, NOW)) == {"p12"}


def test_a_page_that_fails_in_the_middle_deletes_nothing_and_the_thread_is_read_again(serve: Serve) -> None:
    """What was read before the fault is kept, the source is partial, and the next sweep brings the rest."""
    site = board()
    site.instead = lambda request: Response(503) if request.first("page") == "2" else None
    reader, first = first_sweep(serve, site)
    assert ids(first) == ["t1", "p12", "p13", "t2"]
    assert first.coverage.status == "partial"
    assert "主题 1" in (first.coverage.cause or "")
    site.instead = lambda _request: None
    second = reader.collect(first.memory, NOW)
    assert ids(second) == ["p14", "p15"]
    assert second.coverage.status == "ok"


def test_a_thread_that_the_site_no_longer_has_is_deleted_with_all_its_posts(serve: Serve) -> None:
    """404, and on no list any more."""
    site = board()
    reader, first = first_sweep(serve, site)
    del site.topics[1]
    second = reader.collect(first.memory, NOW)
    assert (gone(second), second.coverage.status) == ({"t2"}, "ok")
    assert reader.collect(second.memory, NOW).coverage.status == "quiet"


def test_a_404_of_a_thread_that_the_list_still_shows_deletes_nothing(serve: Serve) -> None:
    """A site whose addresses have changed answers so for every thread."""
    site = board()
    reader, first = first_sweep(serve, site)
    site.instead = lambda request: Response(404) if request.path.startswith("/t/") else None
    second = reader.collect(first.memory, NOW)
    assert (ids(second), second.coverage.status) == ([], "changed")
    assert "地址已不存在" in (second.coverage.cause or "")


def test_a_list_of_another_template_is_changed_with_title_and_selector(serve: Serve) -> None:
    """HTTP 200 without a row is no quiet board; what is remembered stays."""
    site = board()
    reader, first = first_sweep(serve, site)
    site.row = "card"
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, ids(second)) == ("changed", [])
    assert "百姓话题" in (second.coverage.evidence or "")
    assert "tr.topic" in (second.coverage.evidence or "")
    site.row = "topic"
    assert reader.collect(second.memory, NOW).coverage.status == "quiet"


def test_posts_whose_text_is_elsewhere_are_changed_with_field_and_selector_and_nothing_is_emptied(serve: Serve) -> None:
    """A field that is suddenly found nowhere is the template's doing and no edit."""
    site = board()
    reader, first = first_sweep(serve, site)
    site.body = "content"
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, ids(second), second.rejects) == ("changed", [], ())
    assert "字段 text（选择器 .body）" in (second.coverage.cause or "")


def test_a_login_page_with_200_is_login(serve: Serve) -> None:
    """Also where only the words tell it; a redirect to it is known by its address."""
    site = board()
    site.instead = lambda request: (
        site.page("提示信息", "<p>您尚未登录，请先登录</p>") if request.path == "/list" else None
    )
    assert first_sweep(serve, site)[1].coverage.status == "login"
    site.instead = lambda request: (
        Response(302, headers=(("Location", "/login?back=1"),)) if request.path == "/list" else None
    )
    assert first_sweep(serve, site)[1].coverage.status == "login"


def test_one_thread_for_members_leaves_the_source_partial(serve: Serve) -> None:
    """The other thread is read, and the cause names the one that was not."""
    site = board()
    site.instead = lambda request: Response(403) if request.path == "/t/2" else None
    _, first = first_sweep(serve, site)
    assert (first.coverage.status, len(first.observations)) == ("partial", 5)
    assert "主题 2" in (first.coverage.cause or "")


def test_what_robots_txt_forbids_is_not_asked_for(serve: Serve) -> None:
    """Neither the list nor any thread."""
    site = board()
    rules = Response(200, b"User-agent: *\nDisallow: /\n", "text/plain")
    site.instead = lambda request: rules if request.path == "/robots.txt" else None
    _, first = first_sweep(serve, site)
    assert first.coverage.status == "blocked"
    assert set(site.asked) == {"/robots.txt"}


def test_gbk_is_read_whether_it_is_declared_or_not(serve: Serve) -> None:
    """Old boards are in GBK, and not all of them say so."""
    for declared in (True, False):
        _, first = first_sweep(serve, board(charset="gbk", declared=declared))
        assert first.observations[0].title == "青禾村镇银行 <挤兑>?"
        assert first.observations[1].text.startswith("第12帖")


def test_a_thread_longer_than_the_limit_is_gone_on_with_and_then_followed_at_its_end(serve: Serve) -> None:
    """Each sweep reads two pages; no post is lost, none is told twice, none counts as deleted."""
    site = Board([Topic(1, "高楼", [Post(n, f"第{n}楼") for n in range(100, 115)])])
    reader, collected = first_sweep(serve, site, max_thread_pages=2)
    assert collected.coverage.status == "partial"
    seen = ids(collected)
    for _ in range(2):
        collected = reader.collect(collected.memory, NOW)
        seen += ids(collected)
    assert seen == ["t1", *(f"p{n}" for n in range(101, 115))]
    site.topics[0].posts.append(Post(115, "最新"))
    collected = reader.collect(collected.memory, NOW)
    assert (ids(collected)[-1], gone(collected)) == ("p115", set())


def test_a_revisit_reads_only_the_threads_that_it_names(serve: Serve) -> None:
    """The lists are not asked for, and counters of the list are left as they were."""
    site = board()
    reader, first = first_sweep(serve, site)
    site.asked.clear()
    site.topics[0].posts.append(Post(16, "新回复"))
    second = reader.collect(first.memory, NOW, ["t1"])
    assert set(site.asked) == {"/robots.txt", "/t/1"}
    assert "p16" in ids(second)
    assert second.coverage.status == "ok"


def test_a_list_that_has_moved_on_by_more_than_its_pages_declares_a_gap(serve: Serve) -> None:
    """Two polls must overlap; else threads may have come and gone in between."""
    site = board()
    reader, first = first_sweep(serve, site, max_pages=1)
    site.topics = [Topic(n, f"新帖{n}", [Post(n * 10, "新")]) for n in range(30, 35)] + site.topics
    second = reader.collect(first.memory, NOW)
    assert second.coverage.status == "partial"
    assert "可能漏抓" in (second.coverage.cause or "")
    assert len(second.observations) == PER_PAGE


def test_a_thread_that_always_stands_on_top_does_not_hide_a_gap(serve: Serve) -> None:
    """The rules of the board are known in every sweep."""
    site = board()
    reader, first = first_sweep(serve, site, max_pages=1)
    site.topics = [site.topics[0], *(Topic(n, f"新帖{n}", [Post(n * 10, "新")]) for n in range(30, 35)), site.topics[1]]
    assert "可能漏抓" in (reader.collect(first.memory, NOW).coverage.cause or "")
    assert reader.collect(first.memory, NOW).coverage.status == "partial"


def test_a_next_page_without_threads_is_told_once_and_then_the_end_of_the_list(serve: Serve) -> None:
    """Some sites show the link on their last page too; a new template looks the same at first sight."""
    site = board()
    more = "<a class='next' href='/list?page=9'>下一页</a>"
    site.instead = lambda request: (
        site.page("百姓话题", site.listing(1) + more) if request.path == "/list" and not request.first("page") else None
    )
    reader, first = first_sweep(serve, site)
    assert (first.coverage.status, first.coverage.got) == ("partial", 6)
    assert "第 2 页" in (first.coverage.cause or "")
    assert reader.collect(first.memory, NOW).coverage.status == "quiet"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><head><title>405</title></head><body>您的访问被阻断。</body></html>", "被防火墙挡住"),
        ("<html><script>var arg1='6FF0';function acw_sc__v2(){}</script></html>", "要求先通过验证"),
        ("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>", "是报错页面"),
        ("<html><head><title></title></head><body></body></html>", "什么也没有找到"),
    ],
)
def test_a_firewall_or_an_error_on_a_later_list_page_is_never_its_end(serve: Serve, page: str, words: str) -> None:
    """With HTTP 200 too, and however often it comes: the threads behind it were not seen."""
    site = board()
    more = "<a class='next' href='/list?page=2'>下一页</a>"

    def instead(request: Request) -> Response | None:
        if request.path != "/list":
            return None
        if request.first("page"):
            return Response(200, page.encode())
        return site.page("百姓话题", site.listing(1) + more)

    site.instead = instead
    reader, collected = first_sweep(serve, site)
    for _ in range(2):
        assert collected.coverage.status == "partial"
        assert words in (collected.coverage.cause or "")
        collected = reader.collect(collected.memory, NOW)


def test_a_listed_thread_that_was_never_there_is_told_once(serve: Serve) -> None:
    """404 from the first day on: it may be a dead link, or a thread that we are not shown."""
    site = board()
    site.instead = lambda request: Response(404) if request.path == "/t/2" else None
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "partial"
    assert "主题 2：地址已不存在" in (first.coverage.cause or "")
    second = reader.collect(first.memory, NOW)
    assert (ids(second), second.coverage.status) == ([], "quiet")
    site.instead = lambda _request: None
    assert ids(reader.collect(second.memory, NOW)) == ["t2"]


def test_a_list_whose_second_page_shows_the_first_is_told(serve: Serve) -> None:
    """What stands behind it is not seen, and that is no quiet."""
    site = board()
    more = "<a class='next' href='/list?page=2'>下一页</a>"
    site.instead = lambda request: site.page("百姓话题", site.listing(1) + more) if request.path == "/list" else None
    coverage = first_sweep(serve, site)[1].coverage
    assert coverage.status == "partial"
    assert "翻页不起作用，第 2 页与第 1 页相同" in (coverage.cause or "")


def test_a_page_that_is_cut_short_deletes_nothing(serve: Serve) -> None:
    """A server that dies in the middle of a page without a length leaves one that looks whole, with fewer posts."""
    site = board()
    reader, first = first_sweep(serve, site)
    whole = site.page("青禾村镇银行 &lt;挤兑&gt;?", site.thread(site.topics[0], 1)).body
    cut = Response(200, whole[: whole.index(b"post-12")])
    site.instead = lambda request: cut if request.path == "/t/1" else None
    for second in (reader.collect(first.memory, NOW), reader.collect(first.memory, NOW, ["t1"])):
        assert gone(second) == set()
        assert "网页不完整" in (second.coverage.cause or "")


def test_an_advertisement_between_the_posts_neither_is_a_post_nor_hides_a_deletion(serve: Serve) -> None:
    """It has neither id nor text."""
    site = board()
    advert = "<article id='ad'><a>贷款</a></article>"
    page = site.thread
    site.thread = lambda topic, number: page(topic, number) + advert  # type: ignore[method-assign]
    reader, first = first_sweep(serve, site)
    assert first.rejects == ()
    del site.topics[0].posts[4]
    assert gone(reader.collect(first.memory, NOW)) == {"p15"}


def test_a_site_that_fails_for_every_thread_is_left_alone_after_five(serve: Serve) -> None:
    """The cause says how many were not asked for, and all of them are still due."""
    site = Board([Topic(n, f"题{n}", [Post(n * 10, "文")]) for n in range(1, 10)])
    site.instead = lambda request: Response(403) if request.path.startswith("/t/") else None
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "blocked"
    assert "还有 4 个主题没有读" in (first.coverage.cause or "")
    assert sum(path.startswith("/t/") for path in site.asked) == 5
    site.instead = lambda _request: None
    assert len(reader.collect(first.memory, NOW).observations) == 9


def test_clearly_fewer_posts_than_the_list_says_are_told_once(serve: Serve) -> None:
    """A counter that includes what is not shown would else cry every day."""
    site = board()
    site.topics[0].replies = 30
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "partial"
    assert "网站说有 30 个回复，只读到 4 个" in (first.coverage.cause or "")
    assert reader.collect(first.memory, NOW).coverage.status == "quiet"


def test_pages_that_repeat_end_the_reading(serve: Serve) -> None:
    """A next link that always leads on must not be followed for ever."""
    site = board()

    def endless(request: Request) -> Response | None:
        if request.path != "/t/1":
            return None
        return site.page("环", site.thread(Topic(1, "环", [Post(11, "一")] * PER_PAGE * 9), 1))

    site.instead = endless
    _, first = first_sweep(serve, site)
    assert site.asked.count("/t/1") == 2
    assert "第 2 页与前面的页相同" in (first.coverage.cause or "")


def test_when_the_time_is_up_the_rest_is_left_for_the_next_sweep(serve: Serve) -> None:
    """Nothing was read, and the coverage says why."""
    _, first = first_sweep(serve, board(), max_minutes=1e-9)
    assert first.coverage.status == "partial"
    assert "时间上限" in (first.coverage.cause or "")


def test_pages_from_which_something_new_comes_are_kept_and_no_others(serve: Serve, tmp_path: Path) -> None:
    """Each post names the page that shows it, a page is kept once, and a quiet sweep keeps nothing."""
    site, archive = board(), Archive(tmp_path)
    reader = source(serve(site), archive)
    first = reader.collect({}, NOW)
    pages = {seen.id: archive.page(seen.capture or "") for seen in first.observations}
    assert [urlsplit(pages[id_].url).path for id_ in ("t1", "p13", "t2")] == ["/t/1", "/t/1", "/t/2"]
    assert [urlsplit(pages[id_].url).query for id_ in ("p13", "p14")] == ["", "page=2"]
    assert all(f"第{n}帖".encode() in pages[f"p{n}"].body for n in range(12, 16))
    assert len(list(archive.names())) == 3
    assert reader.collect(first.memory, NOW).coverage.status == "quiet"
    assert len(list(archive.names())) == 3


def test_a_page_that_shows_no_more_what_it_showed_is_kept_too(serve: Serve, tmp_path: Path) -> None:
    """Of a thread on one page its own shows the deletion; of a thread that is gone there is none."""
    site, archive = (
        Board([Topic(1, "题", [Post(11, "一"), Post(12, "二")]), Topic(2, "另", [Post(21, "三")])]),
        Archive(tmp_path),
    )
    reader = source(serve(site), archive)
    first = reader.collect({}, NOW)
    del site.topics[1]
    del site.topics[0].posts[1]
    second = reader.collect(first.memory, NOW)
    told = {seen.id: seen.capture for seen in second.observations if seen.deleted}
    page = archive.page(told["p12"] or "")
    assert ("一".encode() in page.body, "二".encode() in page.body, told["t2"]) == (True, False, None)


def test_a_disk_that_takes_no_page_costs_no_post(serve: Serve, tmp_path: Path) -> None:
    """The records come without a page, and the archive has counted what it could not keep."""
    (tmp_path / "evidence").write_text("a file stands in the way", encoding="utf-8")
    archive = Archive(tmp_path / "evidence")
    collected = source(serve(board()), archive).collect({}, NOW)
    assert (collected.coverage.status, len(collected.observations), archive.unkept) == ("ok", 6, 3)
    assert {seen.capture for seen in collected.observations} == {None}

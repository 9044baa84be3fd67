"""Tieba as a source, through the real aiotieba against a server that speaks its protocol."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.tieba import source as module
from demo.httpd import Response
from tests.integration.tieba.conftest import NOW, Comment, Post, Run, Tieba, Topic, ago, said

Sweep = Callable[..., Run]
LIST, THREAD, FLOOR, SEARCH = "f/frs/page", "f/pb/page", "f/pb/floor", "s/searchpost"


def test_posts_and_all_comments_come_home_once_with_their_parents_and_counters(tieba: Tieba, sweep: Sweep) -> None:
    """The comments that did not come with their post are asked for, and the next sweep finds nothing new."""
    run = sweep()
    seen = {post.id: post for post in run().observations}
    assert list(seen) == ["t101", "p1002", "c9000", "c9001", "c9002", "c9003", "c9004", "t102"]
    root, reply, comment = seen["t101"], seen["p1002"], seen["c9004"]
    assert (root.kind, root.title, root.text, root.thread) == ("thread", "青禾银行取不出钱", "排队两小时", "t101")
    assert (root.metrics.views, root.metrics.likes, root.metrics.comments, root.metrics.shares) == (50, 3, 6, 1)
    assert (reply.kind, reply.reply_to, reply.metrics.comments) == ("reply", "t101", 5)
    assert (comment.kind, comment.reply_to, comment.thread) == ("comment", "p1002", "t101")
    assert root.published_at == NOW - timedelta(hours=3)
    again = run()
    assert (again.observations, again.coverage.status, again.coverage.got, again.coverage.expected) == (
        (),
        "quiet",
        8,
        8,
    )
    assert [path for path, *_ in tieba.asked].count(FLOOR) == 1


def test_each_answer_that_brings_something_new_is_kept_as_it_came(sweep: Sweep, tmp_path: Path) -> None:
    """The evidence of a comment is the page of comments, byte for byte, and what brings nothing is not kept."""
    run = sweep()
    captures = {post.id: post.capture for post in run().observations}
    archive = Archive(tmp_path / "evidence")
    assert "我也取不出来 4".encode() in archive.page(captures["c9004"] or "").body
    assert captures["t101"] == captures["p1002"] != captures["c9004"]
    kept = list(archive.names())
    run()
    assert (list(archive.names()), len(kept)) == (kept, 3)


def test_growth_is_seen_in_counters_words_and_comments(tieba: Tieba, sweep: Sweep) -> None:
    """Likes, an edit, new comments beyond the first page of them and a new post become observations, nothing else."""
    run = sweep()
    run()
    topic = tieba.topics[0]
    topic.likes, topic.posts[1].text = 40, "顶一下（已解决）"
    topic.posts[1].comments += [Comment(9100 + number, f"新评论 {number}", at=ago(hours=1)) for number in range(8)]
    topic.posts.append(Post(1009, "什么时候开门", at=ago(minutes=5)))
    told = {post.id: post for post in run().observations}
    assert set(told) == {"t101", "p1002", "p1009", *(f"c{9100 + number}" for number in range(8))}
    assert (told["t101"].metrics.likes, told["t101"].metrics.comments) == (40, 15)
    assert told["p1002"].text == "顶一下（已解决）"


FAULTS = [
    (said(4011, "需要输入验证码"), "blocked", "4011"),
    (said(220034, "您的操作太频繁"), "blocked", "220034"),
    (said(4, "登录已失效，请重新登录"), "login", "登录"),
    (said(340001, "该吧不存在"), "changed", "没有这个吧"),
    (said(987654, "奇怪的事"), "changed", "987654：奇怪的事"),
    (said(2210002, "系统错误"), "down", "2210002"),
    (Response(403), "blocked", "HTTP 403"),
    (Response(503), "down", "HTTP 503"),
    (Response(302, headers=(("Location", "https://wappass.baidu.com/static/captcha/"),)), "blocked", "验证"),
    (Response(302, headers=(("Location", "https://passport.baidu.com/v2/"),)), "login", "登录"),
    (Response(302, headers=(("Location", "http://169.254.169.254/latest"),)), "changed", "别处"),
    (Response(200, "<html><title>百度安全验证</title><a>登录</a></html>".encode()), "blocked", "百度安全验证"),
    (Response(200, "<html><title>登录百度帐号</title></html>".encode()), "login", "登录百度帐号"),
    (Response(200, '{"error_code":"110003","error_msg":"安全验证"}'.encode()), "blocked", "110003"),
    (Response(200, b""), "changed", "没有这个吧"),
    (Response(200, b"\xff\xfe\x00garbage"), "changed", "不是贴吧接口的样子"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "status", "cause"), FAULTS)
def test_an_error_is_never_quiet_and_the_next_sweep_finds_everything(
    tieba: Tieba, sweep: Sweep, fault: Response, status: str, cause: str
) -> None:
    """Each way of not answering has its status and cause, and costs nothing but time."""
    run = sweep()
    tieba.faults[LIST, 0] = fault
    blind = run().coverage
    assert blind.status == status
    assert cause in f"{blind.cause} {blind.evidence}"
    tieba.faults.clear()
    assert len(run().observations) == 8


def test_an_empty_list_in_a_bar_that_has_threads_is_a_change_and_not_quiet(tieba: Tieba, sweep: Sweep) -> None:
    """Newer clients get the threads in another place of the message; a list without them says nothing."""
    tieba.topics, tieba.threads_in_bar = [], 5000
    coverage = sweep()().coverage
    assert (coverage.status, "吧里有 5000 个主题" in (coverage.cause or "")) == ("changed", True)


def test_a_bar_without_any_thread_is_quiet(tieba: Tieba, sweep: Sweep) -> None:
    """The bar says itself that there is nothing."""
    tieba.topics = []
    assert sweep()().coverage.status == "quiet"


def test_too_many_requests_are_waited_for_as_long_as_the_server_asks(tieba: Tieba, sweep: Sweep) -> None:
    """429 with Retry-After, then the answer: nothing is missing, and the pause was the server's."""
    tieba.faults[LIST, 0] = [Response(429, headers=(("Retry-After", "17"),))]
    run = sweep()
    assert run().coverage.status == "ok"
    assert 17.0 in run.pauses


def test_what_was_read_before_a_fault_is_kept_and_the_rest_comes_next_time(tieba: Tieba, sweep: Sweep) -> None:
    """A captcha in the middle of a thread ends the sweep; afterwards every post was told exactly once."""
    tieba.topics[0].posts += [Post(2000 + number, f"第 {number} 楼") for number in range(50)]
    tieba.faults[THREAD, 2] = said(4011, "需要输入验证码")
    run = sweep()
    first = run()
    assert first.coverage.status == "partial"
    assert "4011" in (first.coverage.cause or "")
    tieba.faults.clear()
    told = [post.id for post in (*first.observations, *run().observations)]
    assert len(told) == len(set(told)) == 58


def test_a_thread_that_the_server_says_is_deleted_is_told_so_with_all_its_posts(tieba: Tieba, sweep: Sweep) -> None:
    """One thread of two: that is believed."""
    run = sweep()
    run()
    tieba.gone.add(101)
    tieba.topics = [topic for topic in tieba.topics if topic.id != 101]
    gone = run()
    assert {post.id for post in gone.observations if post.deleted} == {
        "t101",
        "p1002",
        *(f"c{n}" for n in range(9000, 9005)),
    }
    assert gone.coverage.status == "ok"
    assert run().observations == ()


def test_a_hidden_thread_that_a_list_shows_is_asked_for_until_it_is_a_day_old(tieba: Tieba, sweep: Sweep) -> None:
    """It may only be waiting for its release; afterwards it is left alone until it moves, and blinds nothing."""
    tieba.topics += [Topic(500 + n, "审核中", [Post(9500 + n, "正文", at=ago(hours=20 * (n + 1)))]) for n in range(2)]
    tieba.gone |= {500, 501}
    run = sweep()
    run()
    assert [run().coverage.status for _ in range(2)] == ["quiet", "quiet"]
    asked = [subject for path, subject, _ in tieba.asked if path == THREAD]
    assert (asked.count(500), asked.count(501)) == (3, 1)
    tieba.gone.clear()
    assert {post.id for post in run().observations} == {"t500"}


def test_a_known_thread_that_is_said_to_be_deleted_while_a_list_shows_it_is_partial(tieba: Tieba, sweep: Sweep) -> None:
    """One of the two is wrong, so nothing is told as deleted."""
    run = sweep()
    run()
    tieba.gone.add(101)
    told = run()
    assert (told.observations, told.coverage.status) == ((), "partial")


def test_threads_that_are_all_said_to_be_deleted_at_once_are_not_believed(tieba: Tieba, sweep: Sweep) -> None:
    """A bar that is hidden from us says so of every thread."""
    tieba.topics += [Topic(200 + number, f"主题 {number}", [Post(3000 + number, "正文")]) for number in range(4)]
    run = sweep()
    run()
    tieba.gone |= {topic.id for topic in tieba.topics}
    told = run()
    assert told.observations == ()
    assert told.coverage.status not in ("ok", "quiet")
    tieba.gone.clear()
    assert run().coverage.status == "quiet"


def test_a_post_and_a_comment_that_were_removed_are_told_as_deleted(tieba: Tieba, sweep: Sweep) -> None:
    """They are missing from a whole reading of their thread."""
    tieba.topics[0].posts += [Post(1100, "会被删的"), Post(1101, "还在")]
    run = sweep()
    run()
    del tieba.topics[0].posts[2]
    del tieba.topics[0].posts[1].comments[3]
    assert {post.id for post in run().observations if post.deleted} == {"p1100", "c9003"}
    assert run().observations == ()


def test_many_posts_that_vanish_at_once_are_believed_only_the_second_time(tieba: Tieba, sweep: Sweep) -> None:
    """A server that shows half a thread for once has deleted nothing."""
    tieba.topics[0].posts += [Post(2000 + number, f"第 {number} 楼") for number in range(20)]
    run = sweep()
    run()
    kept, tieba.topics[0].posts = tieba.topics[0].posts, tieba.topics[0].posts[:2]
    doubtful = run()
    assert [post.id for post in doubtful.observations if post.deleted] == []
    assert (doubtful.coverage.status, "一下子不见了" in (doubtful.coverage.cause or "")) == ("partial", True)
    assert len([post for post in run().observations if post.deleted]) == 20
    tieba.topics[0].posts = kept
    assert len([post for post in run().observations if not post.deleted and post.id.startswith("p")]) == 20


@pytest.mark.parametrize(("replies", "status"), [(None, "ok"), (400, "partial")])
def test_a_server_that_repeats_its_last_page_and_says_there_is_more_is_left(
    tieba: Tieba, sweep: Sweep, replies: int | None, status: str
) -> None:
    """The reading ends at the first page without anything new, and says so where replies are missing."""
    tieba.lies, tieba.topics[0].replies = True, replies
    told = sweep(max_thread_pages=50)()
    assert len(told.observations) == 8
    assert (told.coverage.status, "与前面的页相同" in (told.coverage.cause or "")) == (status, status == "partial")
    assert len([page for path, _, page in tieba.asked if path == THREAD]) == 4


def test_a_thread_of_many_pages_is_gone_on_with_where_the_last_sweep_stopped(tieba: Tieba, sweep: Sweep) -> None:
    """Five pages at two a sweep; each post is told once, and its counters stay alive through the first page."""
    tieba.topics = [Topic(101, "长帖", [Post(5000 + number, f"第 {number} 楼") for number in range(150)])]
    run = sweep(max_thread_pages=2)
    told = [post.id for _ in range(3) for post in run().observations if post.id != "t101"]
    assert len(told) == len(set(told)) == 149
    tieba.topics[0].posts.append(Post(6000, "新来的", at=ago(minutes=1)))
    last = run()
    assert {post.id for post in last.observations} == {"t101", "p6000"}
    assert last.coverage.status == "ok"


def test_lists_that_do_not_reach_down_to_the_last_sweep_are_a_gap(tieba: Tieba, sweep: Sweep) -> None:
    """More new threads than the pages hold: told once for each list, and not again when the next sweep overlaps."""
    run = sweep(max_pages=1)
    run()
    tieba.page_size = 10
    tieba.topics += [Topic(300 + n, f"刷屏 {n}", [Post(7000 + n, "正文", at=ago(minutes=50 - n))]) for n in range(25)]
    gap = run().coverage
    assert (gap.status, (gap.cause or "").count("可能漏抓")) == ("partial", 2)
    assert run().coverage.status == "quiet"


def test_a_search_finds_what_no_list_shows_any_more(tieba: Tieba, sweep: Sweep) -> None:
    """A new reply in a thread far down is read with its thread; what is older than reread_days is passed over."""
    tieba.page_size = 1
    tieba.topics += [
        Topic(400, "旧主题", [Post(8000, "很久以前", at=ago(days=20)), Post(8001, "青禾银行系统崩了", at=ago(days=1))]),
        Topic(401, "更旧", [Post(8002, "青禾银行的旧事", at=ago(days=400))]),
    ]
    run = sweep(max_pages=1, search=["青禾银行"], reread_days=7)
    seen = {post.id for post in run().observations}
    assert seen & {"p8001", "t401"} == {"p8001"}
    before = len([path for path, tid, _ in tieba.asked if tid == 401])
    run()
    assert (before, len([path for path, tid, _ in tieba.asked if tid == 401])) == (0, 0)


def test_a_search_that_is_refused_is_told_and_does_not_stop_the_lists(tieba: Tieba, sweep: Sweep) -> None:
    """The error of the search's JSON has a code of its own."""
    tieba.faults[SEARCH, 1] = Response(200, '{"error_code":"77","error_msg":"操作失败"}'.encode())
    told = sweep(search=["青禾"])()
    assert (len(told.observations), told.coverage.status) == (8, "partial")
    assert "错误 77：操作失败" in (told.coverage.cause or "")


def test_comments_that_cannot_be_read_leave_the_thread_due(tieba: Tieba, sweep: Sweep) -> None:
    """The posts go in, the comments that came with them too, and the others at the next sweep."""
    tieba.faults[FLOOR, 1] = said(987654, "奇怪的事")
    run = sweep()
    first = run()
    assert {post.id for post in first.observations} == {"t101", "p1002", "c9000", "c9001", "t102"}
    assert first.coverage.status == "partial"
    tieba.faults.clear()
    assert {post.id for post in run().observations} == {"c9002", "c9003", "c9004"}


def test_fewer_posts_than_the_site_says_are_told_once(tieba: Tieba, sweep: Sweep) -> None:
    """The site counts posts that it does not show; a shortage that stays the same is no news."""
    tieba.topics[1].replies = 40
    run = sweep()
    first = run().coverage
    assert (first.status, "贴吧说有 40 个回复，只读到 0 个" in (first.cause or "")) == ("partial", True)
    assert run().coverage.status == "quiet"


def test_neither_places_nor_addresses_of_people_come_in(tieba: Tieba, sweep: Sweep) -> None:
    """Who writes without an account is shown by his IP address: neither name, place nor id is kept."""
    tieba.topics[0].posts[0].user = 9
    run = sweep()
    told = repr(run().observations) + repr(run.memory)
    assert [word for word in ("113.13", "安徽", "tb.1.5", "tb.1.9") if word in told] == []


def test_pictures_emoticons_and_links_are_read_and_advertisements_are_not(tieba: Tieba, sweep: Sweep) -> None:
    """A post of one picture has a placeholder for words, and the picture's address beside it."""
    picture = {"type": 3, "origin_src": "https://tiebapic.example.com/a.jpg", "bsize": "100,200"}
    parts = ({"type": 2, "text": "image_emoticon1", "c": "怒"}, picture)
    tieba.topics[0].posts[0].parts = parts
    tieba.topics[1].posts[0] = Post(1003, "", parts=(picture,))
    seen = {post.id: post for post in sweep()().observations}
    assert (seen["t101"].text, seen["t101"].pictures) == ("排队两小时[怒]", ("https://tiebapic.example.com/a.jpg",))
    assert seen["t102"].text == "[图片]"


def test_a_revisit_reads_the_named_threads_alone(tieba: Tieba, sweep: Sweep) -> None:
    """No list is asked for, and what has changed in the thread is told."""
    run = sweep()
    run()
    tieba.asked.clear()
    tieba.topics[0].posts.append(Post(1010, "又来了"))
    told = run("t101")
    assert {post.id for post in told.observations} == {"t101", "p1010"}
    assert {(path, subject) for path, subject, _ in tieba.asked} == {(THREAD, 101)}


def test_an_answer_that_unpacks_without_end_is_not_taken_into_memory(tieba: Tieba, sweep: Sweep) -> None:
    """Fifty megabytes of zeros in fifty kilobytes: the reading stops at the limit."""
    bomb = gzip.compress(bytes(50_000_000))
    tieba.faults[LIST, 0] = Response(200, bomb, "application/octet-stream", (("Content-Encoding", "gzip"),))
    coverage = sweep(Manners(max_body_bytes=1_000_000))().coverage
    assert (coverage.status, "超过 1000 KB" in (coverage.cause or "")) == ("changed", True)


def test_a_server_that_is_not_there_is_down(sweep: Sweep) -> None:
    """Three tries, with pauses between them, and a cause in Chinese."""
    run = sweep(base_url="http://127.0.0.1:9")
    coverage = run().coverage
    assert (coverage.status, "连接不上" in (coverage.cause or "")) == ("down", True)
    assert run.pauses[:2] == [1.0, 4.0]


def test_without_the_optional_package_the_source_says_what_to_install(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down, with the command, and nothing was asked for."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    coverage = sweep()().coverage
    assert (coverage.status, "pip install 'yuqing[tieba]'" in (coverage.cause or "")) == ("down", True)


def test_nothing_is_written_to_the_results(tieba: Tieba, sweep: Sweep, capfd: pytest.CaptureFixture[str]) -> None:
    """aiotieba would print its warnings to stdout, where results go."""
    tieba.faults[LIST, 0] = said(987654, "奇怪的事")
    sweep()()
    assert capfd.readouterr().out == ""

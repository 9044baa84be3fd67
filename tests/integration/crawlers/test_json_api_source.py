"""Comment interfaces in the documented shapes, with errors in the middle of paging."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import JsonApiConfig
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.tokens import constant_token
from demo.comments import douyin_error, json_response, serve_comments
from demo.httpd import Handler, serving
from demo.httpd import Request as Asked
from demo.httpd import Response as Answer
from demo.town import Comment, Video
from domain.coverage import Collected

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
COMMENTS, REPLIES = "/api/apps/v1/item/list_comment/", "/api/apps/v1/item/list_comment_reply/"


def comment(number: int, *, under: int | None = None, likes: int = 0, text: str = "排了两小时") -> Comment:
    """A comment; later numbers are newer."""
    at = NOW - timedelta(minutes=1000 - number)
    return Comment(str(number), f"u{number}", f"用户{number}", text, at, likes, str(under) if under else None)


def video(*comments: Comment, platform: str = "douyin", number: str = "v1") -> Video:
    """A video with these comments."""
    return Video(number, platform, "排队视频", "清溪大喇叭", NOW - timedelta(days=1), "https://v.example/1", comments)


def source(
    base: str, platform: str = "douyin", token: str | None = None, archive: Archive | None = None, **changes: Any
) -> JsonApiSource:
    """The product's source for the town's interface; its pauses are not slept."""
    facts = {
        "name": "dy",
        "kind": "json_api",
        "platform": platform,
        "preset": platform,
        "base_url": base,
        "delay_s": 0,
        "targets": [{"id": "v1", "caption": "排队视频", "published_at": "2026-03-09T16:00:00"}],
        **changes,
    }
    config = JsonApiConfig.model_validate(facts)
    given = constant_token(token, config.token_env, config.token_file)
    plan = config.plan()
    return JsonApiSource(plan, Manners(), Door(b"k"), token=given, archive=archive, sleep=lambda _: None)


def ids(collected: Collected) -> list[str]:
    """The ids of what was observed, in order."""
    return [seen.id for seen in collected.observations]


class Fault:
    """A hook that answers instead of the town from the ``after``-th request of ``path`` on."""

    def __init__(self, path: str, answer: Answer, after: int = 0, times: int = 10**6) -> None:
        self.path = path
        self.answer = answer
        self.after = after
        self.times = times
        self.count = 0

    def __call__(self, request: Asked) -> Answer | None:
        if request.path != self.path:
            return None
        self.count += 1
        return self.answer if self.after < self.count <= self.after + self.times else None


@contextmanager
def small_pages(videos: list[Video], hook: Callable[[Asked], Answer | None] | None = None) -> Iterator[str]:
    """The town's interface, which gives two comments a page however many are asked for."""
    with serve_comments(videos) as inner:

        def site(request: Asked) -> Answer:
            instead = hook(request) if hook else None
            if instead:
                return instead
            query = {name: values[0] for name, values in request.query.items()} | {"count": "2"}
            found = httpx.get(f"{inner}{request.path}", params=query, trust_env=False)
            return Answer(found.status_code, found.content, "application/json")

        with serving(site) as base:
            yield base


def test_comments_and_replies_come_with_their_video() -> None:
    """The root stands first; comments hang on it, replies on their comment; counters and times are read."""
    town = [video(comment(1, likes=3), comment(2), comment(3, under=1), comment(4, under=3))]
    with serve_comments(town) as base:
        collected = source(base).collect({}, NOW)
    by_id = {seen.id: seen for seen in collected.observations}
    assert ids(collected)[0] == "v1"
    assert (by_id["v1"].kind, by_id["v1"].text, by_id["v1"].thread) == ("video", "排队视频", "v1")
    assert by_id["v1"].published_at == NOW - timedelta(days=1)
    assert (by_id["1"].kind, by_id["1"].thread, by_id["1"].reply_to) == ("comment", "v1", "v1")
    assert (by_id["1"].metrics.likes, by_id["1"].metrics.comments) == (3, 2)
    assert by_id["1"].published_at == NOW - timedelta(minutes=999)
    assert (by_id["3"].thread, by_id["3"].reply_to) == ("v1", "1")
    assert set(by_id) == {"v1", "1", "2", "3", "4"}
    assert (collected.coverage.status, collected.coverage.got) == ("ok", 4)


def test_kuaishou_is_read_to_no_more_and_counted() -> None:
    """Several pages of comments and of replies; the platform's own count is what was expected."""
    roots = [comment(number) for number in range(100, 145)]
    replies = [comment(number, under=100) for number in range(200, 225)]
    with serve_comments([video(*roots, *replies, platform="kuaishou")]) as base:
        collected = source(base, "kuaishou").collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.got, collected.coverage.expected) == ("ok", 70, 70)
    root = collected.observations[0]
    assert (root.id, root.metrics.comments) == ("v1", 70)
    assert collected.observations[1].author
    assert collected.observations[1].author.name == "用户100"
    assert len(set(ids(collected))) == 71


def test_all_pages_are_read() -> None:
    """Five comments on pages of two take three requests."""
    with small_pages([video(*(comment(number) for number in range(1, 6)))]) as base:
        collected = source(base).collect({}, NOW)
    assert ids(collected) == ["v1", "5", "4", "3", "2", "1"]
    assert collected.coverage.status == "ok"


def test_the_second_reading_tells_only_what_changed() -> None:
    """A new comment, a counter that moved and an edited text are observed; the rest is not told again."""
    town = [video(comment(1), comment(2), comment(3))]
    with serve_comments(town) as base:
        first = source(base).collect({}, NOW)
        quiet = source(base).collect(first.memory, NOW)
        town[0] = video(comment(1, text="改了"), comment(2, likes=9), comment(3), comment(4))
        second = source(base).collect(quiet.memory, NOW)
    assert (quiet.coverage.status, quiet.coverage.got, quiet.observations) == ("quiet", 3, ())
    assert sorted(ids(second)) == ["1", "2", "4"]


def test_a_page_of_known_comments_ends_the_reading() -> None:
    """Where the newest stand first, the second reading does not go through all pages again; a re-visit does."""
    count = Fault(COMMENTS, Answer(500), after=10**6)
    town = [video(*(comment(number) for number in range(1, 10)))]
    with small_pages(town, count) as base:
        first = source(base).collect({}, NOW)
        whole, count.count = count.count, 0
        town[0] = video(*town[0].comments, comment(50))
        second = source(base).collect(first.memory, NOW)
        early, count.count = count.count, 0
        source(base).collect(second.memory, NOW, revisit=["v1"])
    assert (whole, early, count.count) == (5, 2, 5)
    assert ids(second) == ["50"]
    assert second.coverage.got == 10


def test_after_an_unfinished_reading_all_pages_are_read_again() -> None:
    """What lies behind the page that failed is not forgotten because the first pages are known."""
    error = json_response(douyin_error(28003018, "请求过于频繁"))
    town = [video(*(comment(number) for number in range(1, 8)))]
    with small_pages(town, Fault(COMMENTS, error, after=2)) as base:
        first = source(base).collect({}, NOW)
    with small_pages(town) as base:
        second = source(base).collect(first.memory, NOW)
    assert (first.coverage.status, ids(first)) == ("partial", ["v1", "7", "6", "5", "4"])
    assert "第 3 页" in (first.coverage.cause or "")
    assert "请求过于频繁" in (first.coverage.cause or "")
    assert (second.coverage.status, ids(second)) == ("ok", ["3", "2", "1"])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (json_response(douyin_error(2100005, "参数不合法")), "参数不合法"),
        (json_response({"data": {"error_code": 0, "cursor": 2, "has_more": True, "list": []}}), "重复"),
        (json_response({"data": {"error_code": 0, "cursor": 9, "has_more": True, "list": None}}), "重复"),
        (json_response({"data": {"error_code": 0, "cursor": None, "has_more": True, "list": None}}), "没有给出"),
        (json_response({"data": {"error_code": 0}}), "接口可能改了"),
        (Answer(200, b'{"data": {"list": [{"comment_id": "1"'), "截断"),
        (Answer(200, b"<html>login</html>"), "网页"),
        (Answer(503), "HTTP 503"),
        (Answer(429, headers=(("Retry-After", "5"),)), "HTTP 429"),
    ],
)
def test_a_fault_in_the_middle_of_paging_keeps_what_was_read(answer: Answer, words: str) -> None:
    """The first page's comments come in, and the coverage says what happened on the second."""
    town = [video(*(comment(number) for number in range(1, 8)))]
    with small_pages(town, Fault(COMMENTS, answer, after=1)) as base:
        collected = source(base).collect({}, NOW)
    assert ids(collected) == ["v1", "7", "6"]
    assert (collected.coverage.status, collected.coverage.got) == ("partial", 2)
    assert words in (collected.coverage.cause or "")
    assert "页" in (collected.coverage.cause or "")


def test_pages_that_come_again_end_the_reading() -> None:
    """An interface that gives its first page for ever under new cursors is stopped."""
    cursors = iter(range(1, 10**6))

    def circle(request: Asked) -> Answer | None:
        if request.path != COMMENTS:
            return None
        item = {"comment_id": "1", "comment_user_id": "u", "content": "x", "create_time": 1773100800}
        return json_response({"data": {"error_code": 0, "cursor": next(cursors), "has_more": True, "list": [item]}})

    with serve_comments([video(comment(1))], circle) as base:
        collected = source(base).collect({}, NOW)
    assert ids(collected) == ["v1", "1"]
    assert "与前面的页重复" in (collected.coverage.cause or "")


def test_an_interface_that_is_busy_once_is_asked_again() -> None:
    """Busy, and half an answer, pass with a second request."""
    for answer in (json_response(douyin_error(2100004, "系统繁忙")), Answer(200, b'{"data": {')):
        with serve_comments([video(comment(1))], Fault(COMMENTS, answer, times=1)) as base:
            collected = source(base).collect({}, NOW)
        assert (collected.coverage.status, ids(collected)) == ("ok", ["v1", "1"])


def test_replies_that_fail_are_asked_for_again_next_time() -> None:
    """The comment itself comes in; its replies are not lost although it is known."""
    town = [video(comment(1), comment(2, under=1))]
    with serve_comments(town, Fault(REPLIES, Answer(500))) as base:
        first = source(base).collect({}, NOW)
    with serve_comments(town) as base:
        second = source(base).collect(first.memory, NOW)
    assert (first.coverage.status, ids(first)) == ("partial", ["v1", "1"])
    assert "评论 1 的回复" in (first.coverage.cause or "")
    assert "2" in ids(second)
    assert second.coverage.status == "ok"


def test_replies_that_are_suddenly_none_are_told_and_asked_for_once_more() -> None:
    """An empty list with a good code is no error, but the comment says that it has replies."""
    town = [video(comment(1), comment(2, under=1), comment(3, under=1))]
    empty = json_response({"data": {"error_code": 0, "cursor": 0, "has_more": False, "list": None}})
    with serve_comments(town, Fault(REPLIES, empty)) as base:
        first = source(base).collect({}, NOW)
        hidden_for_good = source(base).collect(first.memory, NOW)
        third = source(base).collect(hidden_for_good.memory, NOW)
    with serve_comments(town) as base:
        healed = source(base).collect(first.memory, NOW)
    assert (first.coverage.status, ids(first)) == ("partial", ["v1", "1"])
    assert "评论 1 说有 2 条回复，只读到 0 条" in (first.coverage.cause or "")
    assert {"2", "3"} <= set(ids(healed))
    assert hidden_for_good.coverage.status == "ok"
    assert (third.coverage.status, ids(third)) == ("quiet", [])


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("<html><title>安全验证</title><p>拖动滑块</p></html>", "blocked"),
        ("<html><title>系统维护</title><p>系统维护中</p></html>", "down"),
        ("<html><title>统一登录</title></html>", "login"),
        ("<html><title>应用</title><div id=app></div></html>", "changed"),
    ],
)
def test_a_page_in_the_place_of_an_answer_is_known_for_what_it_is(serve: Serve, page: str, status: str) -> None:
    """A gateway's captcha is no login, and its notice of maintenance no new shape."""
    base = serve(lambda _: Answer(200, page.encode()))
    coverage = source(base).collect({}, NOW).coverage
    assert (coverage.status, "不是 JSON" in (coverage.cause or "")) == (status, True)


def test_an_expired_token_ends_the_run_at_once() -> None:
    """The other videos would only meet the same error; the coverage says that somebody has to log in."""
    hook = Fault(COMMENTS, json_response(douyin_error(28001008, "access_token过期")))
    targets = [{"id": f"v{number}", "caption": "x"} for number in range(1, 5)]
    with serve_comments([video(comment(1))], hook) as base:
        collected = source(base, targets=targets).collect({}, NOW)
    assert hook.count == 1
    assert (collected.coverage.status, collected.coverage.got) == ("login", 0)
    assert "其余 3 个视频没有再读" in (collected.coverage.cause or "")


def test_a_video_that_is_gone_does_not_stop_the_others() -> None:
    """One target fails, the next is read; the run is partial."""
    targets = [{"id": "gone", "caption": "没了"}, {"id": "v1", "caption": "在"}]
    with serve_comments([video(comment(1))]) as base:
        collected = source(base, targets=targets).collect({}, NOW)
    assert "1" in ids(collected)
    assert collected.coverage.status == "partial"
    assert "视频 gone" in (collected.coverage.cause or "")


def test_a_missing_token_is_told_before_anything_is_asked() -> None:
    """A source whose token is named but not there says which name to set."""
    collected = source("http://127.0.0.1:1", token_env="DOUYIN_TOKEN").collect({"targets": {"v1": {}}}, NOW)
    assert collected.coverage.status == "login"
    assert "DOUYIN_TOKEN" in (collected.coverage.cause or "")
    assert collected.memory == {"targets": {"v1": {}}}


def test_the_token_goes_into_its_header_and_into_no_cause() -> None:
    """Douyin's access-token is sent with each request, and an error does not tell it."""
    seen: list[Asked] = []

    def hook(request: Asked) -> Answer | None:
        seen.append(request)
        return Answer(500)

    with serve_comments([video(comment(1))], hook) as base:
        collected = source(base, token="act.secret", params={"open_id": "o1"}).collect({}, NOW)
    assert seen[0].headers["access-token"] == "act.secret"
    assert (seen[0].first("open_id"), seen[0].first("item_id"), seen[0].first("count")) == ("o1", "v1", "50")
    assert "secret" not in str(collected.coverage)


def test_videos_may_be_discovered() -> None:
    """The interface's own list gives the roots with their counters; a configured caption wins over its own."""
    town = [video(comment(1)), video(comment(2), number="v2")]
    targets = [{"id": "v1", "caption": "我行写的标题"}]
    with serve_comments(town) as base:
        collected = source(base, discover=True, targets=targets).collect({}, NOW)
    roots = {seen.id: seen for seen in collected.observations if seen.kind == "video"}
    assert {seen.text for seen in roots.values()} == {"我行写的标题", "排队视频"}
    assert roots["v2"].url == "https://v.example/1"
    assert (collected.coverage.got, collected.coverage.expected) == (2, 2)


def test_fewer_comments_than_the_platform_counts_are_told() -> None:
    """A list that ends before the platform's own count is not whole."""
    answer = {"result": 1, "commentCountV2": 50, "pcursorV2": "no_more", "rootCommentsV2": []}
    hook = Fault("/rest/v/photo/comment/list", json_response(answer))
    with serve_comments([video(platform="kuaishou")], hook) as base:
        collected = source(base, "kuaishou").collect({}, NOW)
    assert collected.coverage.status == "partial"
    assert collected.coverage.cause == "视频 v1 接口说有 50 条，只读到 0 条"


def test_the_limit_of_pages_is_told() -> None:
    """What lies behind it has not been seen."""
    with small_pages([video(*(comment(number) for number in range(1, 8)))]) as base:
        collected = source(base, max_pages=2).collect({}, NOW)
    assert len(collected.observations) == 5
    assert collected.coverage.status == "partial"
    assert "页数上限 2" in (collected.coverage.cause or "")


def test_odd_comments_are_refused_and_counted() -> None:
    """One comment without an id or without words stops nobody."""
    good = {"comment_id": "1", "comment_user_id": "u", "content": "好", "create_time": 1773100800}
    items = [good, {**good, "comment_id": None}, {**good, "comment_id": "2", "content": ""}, "x"]
    answer = json_response({"data": {"error_code": 0, "has_more": False, "list": items}})
    with serve_comments([], Fault(COMMENTS, answer)) as base:
        collected = source(base).collect({}, NOW)
    assert ids(collected) == ["v1", "1"]
    assert [reject.reason for reject in collected.rejects] == ["missing_id", "missing_text", "missing_id"]


def test_an_interface_of_ones_own_needs_only_a_description(serve: Serve) -> None:
    """A vendor's shape: a form, pages by number, the token in the query, no envelope."""
    description = {
        "base_url": "https://unused.example",
        "token_param": "key",
        "comments": {
            "path": "/v1/{target}/comments",
            "method": "POST",
            "send": "form",
            "params": {"n": "{size}"},
            "page_size": 1,
            "items": "result.0.rows",
            "cursor": {"param": "page", "path": "next", "first": 1},
            "fields": {"id": "cid", "text": "body.text", "published_at": "time", "author_name": "by"},
        },
    }
    pages = {"1": ("a", 2), "2": ("b", None)}
    asked: list[Asked] = []

    def site(request: Asked) -> Answer:
        asked.append(request)
        number = dict(pair.split("=") for pair in request.body.decode().split("&"))["page"]
        key, following = pages[number]
        row = {"cid": key, "body": {"text": "好"}, "time": "2026-03-10 08:00:00", "by": "老王"}
        return json_response({"result": [{"rows": [row]}], "next": following})

    collected = source(serve(site), "kuaishou", token="t", preset=None, description=description).collect({}, NOW)
    assert ids(collected) == ["v1", "a", "b"]
    assert (asked[0].path, asked[0].query, asked[0].body) == ("/v1/v1/comments", {"key": ["t"]}, b"n=1&page=1")
    assert collected.observations[1].published_at == NOW - timedelta(hours=8)
    json.dumps(collected.memory)


def deleted(collected: Collected) -> list[str]:
    """The ids of what was told as deleted, in order."""
    return sorted(seen.id for seen in collected.observations if seen.deleted)


def test_what_is_gone_from_a_whole_list_is_told_once() -> None:
    """Kuaishou's shape has a total: comment and replies are gone when it agrees, and come back when seen again."""
    first_town = [video(comment(1), comment(2), comment(3, under=2), platform="kuaishou")]
    with serve_comments(first_town) as base:
        before = source(base, "kuaishou").collect({}, NOW)
        first_town[0] = video(comment(1), platform="kuaishou")
        gone = source(base, "kuaishou").collect(before.memory, NOW)
        quiet = source(base, "kuaishou").collect(gone.memory, NOW)
        first_town[0] = video(comment(1), comment(2), platform="kuaishou")
        back = source(base, "kuaishou").collect(quiet.memory, NOW)
    assert (deleted(gone), gone.coverage.status, gone.coverage.got) == (["2", "3"], "ok", 1)
    assert quiet.observations == ()
    assert {seen.id: seen.deleted for seen in back.observations} == {"v1": False, "2": False}


def test_a_reply_that_is_gone_is_told() -> None:
    """The comment's own count of replies agrees with the list of them."""
    town = [video(comment(1), comment(2, under=1), comment(3, under=1))]
    with serve_comments(town) as base:
        before = source(base).collect({}, NOW)
        town[0] = video(comment(1), comment(3, under=1))
        one_less = source(base).collect(before.memory, NOW)
        town[0] = video(comment(1))
        none_left = source(base).collect(one_less.memory, NOW)
    assert (deleted(one_less), deleted(none_left)) == (["2"], ["3"])


def test_without_a_total_a_comment_has_to_be_missing_twice_and_never_all() -> None:
    """An interface that says no total may hide comments for a moment; a list that is suddenly empty is not believed."""
    town = [video(*(comment(number) for number in range(1, 6)))]
    with serve_comments(town) as base:
        before = source(base).collect({}, NOW)
        town[0] = video(*(comment(number) for number in range(1, 5)))
        once = source(base).collect(before.memory, NOW, revisit=["v1"])
        twice = source(base).collect(once.memory, NOW, revisit=["v1"])
        town[0] = video()
        empty = source(base).collect(twice.memory, NOW, revisit=["v1"])
        still = source(base).collect(empty.memory, NOW, revisit=["v1"])
    assert (deleted(once), deleted(twice)) == ([], ["5"])
    assert (deleted(empty), deleted(still)) == ([], [])
    assert (empty.coverage.status, still.coverage.status) == ("partial", "partial")
    assert "4 条评论都不见了" in (empty.coverage.cause or "")


def test_a_reading_that_breaks_off_deletes_nothing() -> None:
    """What lies behind a fault, or behind a page of known comments, is not gone."""
    town = [video(*(comment(number) for number in range(1, 8)))]
    with small_pages(town) as base:
        before = source(base).collect({}, NOW)
    town[0] = video(*(comment(number) for number in range(2, 8)))
    with small_pages(town, Fault(COMMENTS, Answer(503), after=1)) as base:
        broken = source(base).collect(before.memory, NOW, revisit=["v1"])
    with small_pages(town) as base:
        early = source(base).collect(before.memory, NOW)
    assert (deleted(broken), broken.coverage.status) == ([], "partial")
    assert (deleted(early), early.coverage.status) == ([], "quiet")


def test_each_page_with_news_is_kept_once_and_named(tmp_path: Path) -> None:
    """Records name the answer they came in; one that brought nothing new is not kept."""
    town = [video(*(comment(number) for number in range(1, 6)))]
    archive = Archive(tmp_path)
    with small_pages(town) as base:
        first = source(base, archive=archive).collect({}, NOW)
        kept = len(list(tmp_path.rglob("*.gz")))
        second = source(base, archive=archive).collect(first.memory, NOW, revisit=["v1"])
    by_id = {seen.id: seen.capture for seen in first.observations}
    assert (kept, len({by_id[str(number)] for number in range(1, 6)})) == (3, 3)
    assert by_id["5"] == by_id["4"] != by_id["3"]
    assert (second.coverage.status, len(list(tmp_path.rglob("*.gz")))) == ("quiet", 3)


def test_a_token_in_an_answer_is_not_kept(serve: Serve, tmp_path: Path) -> None:
    """Some interfaces write the whole next address, with the token, into every page."""
    item = {"comment_id": "1", "comment_user_id": "u", "content": "好", "create_time": 1773100800}
    page = {"error_code": 0, "cursor": 0, "has_more": False, "list": [item], "next": "?token=act.secret-token"}
    base = serve(lambda _: json_response({"data": page}))
    collected = source(base, token="act.secret-token", archive=Archive(tmp_path)).collect({}, NOW)
    (path,) = tmp_path.rglob("*.gz")
    assert collected.observations[1].capture
    assert b"comment_id" in gzip.decompress(path.read_bytes())
    assert b"act.secret-token" not in gzip.decompress(path.read_bytes())


def test_pictures_of_comments_and_covers_of_videos_are_named(serve: Serve) -> None:
    """A path may go through a list; what is no address is left out."""
    fields = {"id": "cid", "text": "text", "pictures": ["image_list.*.origin_url.url_list.0", "sticker"]}
    shown = [{"origin_url": {"url_list": ["https://p.example/a.jpg", "https://p.example/b.jpg"]}}, {"origin_url": None}]
    rows = [
        {"cid": 1, "text": "截图", "image_list": shown, "sticker": "x"},
        {"cid": 2, "text": "无图", "image_list": None},
    ]
    description = {
        "base_url": "https://unused.example",
        "comments": {"path": "/c", "items": "rows", "fields": fields},
        "videos": {"path": "/v", "items": "videos", "fields": {"id": "id", "text": "t", "pictures": "cover"}},
    }
    videos = [{"id": "v1", "t": "标题", "cover": "https://p.example/cover.jpg"}]
    base = serve(lambda request: json_response({"rows": rows} if request.path == "/c" else {"videos": videos}))
    config = {"preset": None, "description": description, "targets": [], "discover": True}
    collected = source(base, "douyin", **config).collect({}, NOW)
    pictures = {seen.id: seen.pictures for seen in collected.observations}
    assert pictures == {"v1": ("https://p.example/cover.jpg",), "1": ("https://p.example/a.jpg",), "2": ()}


def test_a_note_of_an_older_version_counts_as_none() -> None:
    """It does not tell replies from comments, and nothing must be called deleted for that."""
    with serve_comments([video(comment(1), comment(2, under=1))]) as base:
        collected = source(base).collect({"targets": {"v1": {"known": {"9": "x"}, "complete": True}}}, NOW)
    assert (ids(collected), deleted(collected)) == (["v1", "1", "2"], [])

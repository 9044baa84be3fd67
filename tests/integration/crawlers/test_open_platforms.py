"""The bank's own accounts on WeChat, Douyin and Kuaishou, against servers that behave as the platforms document it."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.accounts import make_keeper, outlooks
from app.starting import write_starting_folder
from config.settings import Settings, load_settings
from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.open_config import (
    DouyinOpenConfig,
    KuaishouOpenConfig,
    OpenConfig,
    WechatAccountConfig,
    load_token_life,
)
from crawlers.pollers.token_file import TokenFile
from crawlers.pollers.tokens import Account, TokenKeeper
from demo.comments import douyin_error, json_response
from demo.httpd import Handler, Request, Response
from domain.coverage import Collected

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
SECRETS = {"id": "app-id-123", "secret": "very-secret-secret", "refresh_token": "refresh-number-0"}
ARTICLE = {"title": "春节营业安排", "msg_data_id": 2247484001}


def source(config: OpenConfig, folder: Path, archive: Archive | None = None, now: datetime = NOW) -> JsonApiSource:
    """The product's source with its keeper; its pauses are not slept."""
    account = Account(SECRETS, {part: part.upper() for part in SECRETS})
    life = load_token_life(config.life)
    base = config.interface().base_url
    file = TokenFile(folder / "tokens", config.token_name)
    keeper = TokenKeeper(life, base, lambda: account, file, Manners(), clock=lambda: now, sleep=lambda _: None)
    plan = config.plan(SECRETS["id"])
    return JsonApiSource(plan, Manners(), Door(b"k"), token=keeper, archive=archive, sleep=lambda _: None)


def wechat(base: str, **changes: Any) -> WechatAccountConfig:
    """The bank's 公众号 with one article."""
    credentials = {"id": "app-id-123", "secret_env": "WX_SECRET"}
    common = {"name": "gzh", "kind": "wechat_account", "base_url": base, "delay_s": 0, "credentials": credentials}
    return WechatAccountConfig.model_validate({**common, "articles": [ARTICLE], "account": "青禾农商银行", **changes})


def video_config(model: type[OpenConfig], base: str, **changes: Any) -> Any:
    """The bank's account on Douyin or Kuaishou."""
    credentials = {"id_env": "APP", "secret_env": "SECRET", "refresh_token_file": "refresh.token"}
    common = {"name": "own", "base_url": base, "delay_s": 0, "credentials": credentials}
    return model.model_validate({**common, **changes})


def douyin(base: str, **changes: Any) -> DouyinOpenConfig:
    """The bank's Douyin account."""
    found = video_config(DouyinOpenConfig, base, kind="douyin_open", open_id="open-1", **changes)
    assert isinstance(found, DouyinOpenConfig)
    return found


def kuaishou(base: str) -> KuaishouOpenConfig:
    """The bank's Kuaishou account."""
    found = video_config(KuaishouOpenConfig, base, kind="kuaishou_open")
    assert isinstance(found, KuaishouOpenConfig)
    return found


def said(number: int, **changes: Any) -> dict[str, Any]:
    """A reader's comment as WeChat gives it."""
    at = 1773100800 + number
    words = {"content": f"取钱排了两小时 {number}", "create_time": at, "comment_type": 0}
    return {"user_comment_id": number, "openid": f"o{number}", **words, **changes}


class Wechat:
    """Token, comments by offset, published articles; a token can be made to die at one request."""

    def __init__(self, comments: dict[tuple[int, int], list[dict[str, Any]]]) -> None:
        self.comments = comments
        self.published: list[dict[str, Any]] = []
        self.given = 0
        self.dies_at: set[int] = set()
        self.instead: dict[int, Response | dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: Request) -> Response:
        asked = json.loads(request.body)
        if request.path == "/cgi-bin/stable_token":
            self.given += 1
            return json_response({"access_token": f"wx-token-number-{self.given}", "expires_in": 7200})
        self.asked.append((request.path, asked))
        number = len(self.asked)
        if number in self.dies_at:
            self.given += 1  # as if another system had forced a new one
        token = request.first("access_token")
        if token != f"wx-token-number-{self.given}":
            return json_response({"errcode": 42001, "errmsg": f"access_token expired {token}"})
        if number in self.instead:
            answer = self.instead[number]
            return answer if isinstance(answer, Response) else json_response(answer)
        return json_response(self._page(request.path, asked))

    def _page(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path == "/cgi-bin/freepublish/batchget":
            items = self.published[asked["offset"] :][: asked["count"]]
            return {"total_count": len(self.published), "item_count": len(items), "item": items}
        assert path == "/cgi-bin/comment/list"
        found = self.comments.get((asked["msg_data_id"], asked["index"]))
        if found is None:
            return {"errcode": 88001, "errmsg": "msg_data is not exists", "total": 0, "comment": []}
        if asked["count"] >= 50:
            return {"errcode": 88010, "errmsg": "count range error"}
        page = found[asked["begin"] :][: asked["count"]]
        return {"errcode": 0, "errmsg": "ok", "total": len(found), "comment": page}


def ids(collected: Collected) -> list[str]:
    """The ids of what was observed, in order."""
    return [seen.id for seen in collected.observations]


def gone(collected: Collected) -> list[str]:
    """The ids of what was told as deleted."""
    return [seen.id for seen in collected.observations if seen.deleted]


def test_comments_hang_on_the_article_and_the_accounts_answer_on_them(serve: Serve, tmp_path: Path) -> None:
    """An article is a root; a reader who is not on WeChat has no id; the account's own answer is a record too."""
    answered = said(1, reply={"content": "谢谢，已增开窗口", "create_time": 1773104400})
    stranger = {name: value for name, value in said(2).items() if name != "openid"}
    town = Wechat({(2247484001, 0): [answered, stranger]})
    collected = source(wechat(serve(town)), tmp_path).collect({}, NOW)
    assert collected.coverage.status == "ok"
    root, first, reply, second = collected.observations
    assert (root.id, root.kind, root.title, root.platform) == ("2247484001_0", "article", "春节营业安排", "wechat")
    assert (root.metrics.comments, root.author and root.author.name) == (2, "青禾农商银行")
    assert (first.id, first.kind, first.thread, first.reply_to) == ("2247484001_0-1", "comment", root.id, root.id)
    assert first.published_at == datetime(2026, 3, 10, 0, 0, 1, tzinfo=UTC)
    assert (reply.id, reply.reply_to, reply.text) == ("2247484001_0-1-reply", first.id, "谢谢，已增开窗口")
    assert reply.author
    assert reply.author.name == "青禾农商银行"
    assert (second.text, second.author) == ("取钱排了两小时 2", None)
    assert (collected.coverage.got, collected.coverage.expected) == (2, 2)


def test_all_pages_are_read_and_nothing_is_told_twice(serve: Serve, tmp_path: Path) -> None:
    """Fewer than fifty at a time, by offset, until the total is reached; the second run is quiet."""
    town = Wechat({(2247484001, 0): [said(number) for number in range(120)]})
    config = wechat(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    second = source(config, tmp_path).collect(first.memory, NOW)
    assert [asked["begin"] for _, asked in town.asked[:3]] == [0, 49, 98]
    assert len(first.observations) == 121
    assert (second.coverage.status, second.coverage.got, second.observations) == ("quiet", 120, ())
    assert town.given == 1


def test_a_token_that_dies_in_the_middle_of_paging_costs_nothing(serve: Serve, tmp_path: Path) -> None:
    """The page that was refused is asked for again with a new token, once."""
    town = Wechat({(2247484001, 0): [said(number) for number in range(120)]})
    town.dies_at = {2}
    collected = source(wechat(serve(town)), tmp_path).collect({}, NOW)
    assert [asked["begin"] for _, asked in town.asked] == [0, 49, 49, 98]
    assert (collected.coverage.status, len(collected.observations)) == ("ok", 121)


def test_an_interface_that_refuses_every_token_is_not_asked_for_ever(serve: Serve, tmp_path: Path) -> None:
    """Two refusals in a row are a login that is lacking."""
    town = Wechat({(2247484001, 0): [said(1)], (2247484002, 0): [said(2)]})
    town.dies_at = set(range(100))
    articles = [ARTICLE, {"title": "二", "msg_data_id": 2247484002}]
    collected = source(wechat(serve(town), articles=articles), tmp_path).collect({}, NOW)
    assert len(town.asked) == 2
    assert collected.coverage.status == "login"
    assert "42001" in (collected.coverage.cause or "")
    assert "wx-token" not in str(collected.coverage)


def test_a_deleted_comment_is_told_once_and_may_come_back(serve: Serve, tmp_path: Path) -> None:
    """A whole list whose total agrees shows what is gone, also the account's answer that was taken back."""
    answer = {"content": "谢谢", "create_time": 1773104400}
    town = Wechat({(2247484001, 0): [said(1, reply=answer), said(2, reply=answer), said(3)]})
    config, article = wechat(serve(town)), "2247484001_0"
    first = source(config, tmp_path).collect({}, NOW)
    town.comments[2247484001, 0] = [said(2), said(3)]
    second = source(config, tmp_path).collect(json.loads(json.dumps(first.memory)), NOW)
    third = source(config, tmp_path).collect(second.memory, NOW)
    town.comments[2247484001, 0] = [said(1), said(2), said(3)]
    fourth = source(config, tmp_path).collect(third.memory, NOW)
    assert gone(second) == [f"{article}-2-reply", f"{article}-1", f"{article}-1-reply"]
    assert (gone(third), third.coverage.status, third.coverage.got) == ([], "quiet", 2)
    back = {seen.id: seen.deleted for seen in fourth.observations}
    assert back == {article: False, f"{article}-1": False}


def test_comments_that_a_list_only_hides_are_not_deleted(serve: Serve, tmp_path: Path) -> None:
    """Where the total still counts what the list does not show, nothing was deleted, and not all was seen."""
    town = Wechat({(2247484001, 0): [said(1), said(2), said(3)]})
    config = wechat(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.instead = {2: {"errcode": 0, "total": 3, "comment": [said(1)]}, 3: {"errcode": 0, "total": 3, "comment": []}}
    second = source(config, tmp_path).collect(first.memory, NOW)
    third = source(config, tmp_path).collect(second.memory, NOW)
    assert (gone(second), second.coverage.status, second.coverage.got) == ([], "partial", 1)
    assert "接口说有 3 条，只读到 1 条" in (second.coverage.cause or "")
    assert (gone(third), third.coverage.status, third.coverage.got) == ([], "quiet", 3)


def test_an_empty_list_that_hides_its_comments_is_not_quiet(serve: Serve, tmp_path: Path) -> None:
    """The platform was seen to answer with total 0 and the true number under another name."""
    town = Wechat({})
    town.instead = {1: {"errcode": 0, "errmsg": "ok", "comment": [], "total": 0, "comment_cnt": 182}}
    collected = source(wechat(serve(town)), tmp_path).collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.expected) == ("partial", 182)
    assert "接口说有 182 条，只读到 0 条" in (collected.coverage.cause or "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"errcode": 45009, "errmsg": "reach max api daily quota limit"}, "今天的调用次数已用完"),
        ({"errcode": 48001, "errmsg": "api unauthorized"}, "没有这个接口的权限"),
        ({"errcode": -1, "errmsg": "system error"}, "system error"),
        ({"errcode": 99999, "errmsg": "?"}, "99999"),
        ({"errcode": 0}, "接口可能改了"),
        (Response(429, headers=(("Retry-After", "7"),)), "HTTP 429"),
        (Response(503), "HTTP 503"),
        (Response(200, b'{"errcode": 0, "total": 120, "comment": [{"user_com'), "截断"),
        (Response(200, b"<html><title>\xe7\x99\xbb\xe5\xbd\x95</title></html>"), "网页"),
        (Response(200, b""), "空的"),
    ],
)
def test_a_fault_in_the_middle_keeps_what_was_read(
    serve: Serve, tmp_path: Path, answer: Response | dict[str, Any], words: str
) -> None:
    """The first page's comments come in, the cause names what happened, and the next run brings the rest."""
    town = Wechat({(2247484001, 0): [said(number) for number in range(120)]})
    town.instead = dict.fromkeys(range(2, 20), answer)
    config = wechat(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.instead = {}
    second = source(config, tmp_path).collect(first.memory, NOW)
    assert (first.coverage.status, len(first.observations), first.coverage.got) == ("partial", 50, 49)
    assert words in (first.coverage.cause or "")
    assert (second.coverage.status, gone(second)) == ("ok", [])
    assert sorted({*ids(first), *ids(second)}) == sorted({"2247484001_0", *(f"2247484001_0-{n}" for n in range(120))})
    assert not set(ids(first)[1:]) & set(ids(second))


def test_a_connection_that_is_reset_is_told(serve_raw: Callable[..., str], tmp_path: Path) -> None:
    """No token is had, so nothing else is asked."""
    collected = source(wechat(serve_raw([None])), tmp_path).collect({"targets": {"a": {}}}, NOW)
    assert collected.coverage.status == "down"
    assert collected.memory == {"targets": {"a": {}}}


def test_an_article_that_is_not_there_does_not_stop_the_others(serve: Serve, tmp_path: Path) -> None:
    """A wrong number is told with the article and what to look at."""
    town = Wechat({(2247484002, 1): [said(5)]})
    address = "https://mp.weixin.qq.com/s?__biz=Mz&amp;mid=2247484002&amp;idx=2&amp;sn=1"
    articles = [ARTICLE, {"title": "第二篇", "url": address}]
    collected = source(wechat(serve(town), articles=articles), tmp_path).collect({}, NOW)
    assert ids(collected) == ["2247484001_0", "2247484002_1", "2247484002_1-5"]
    assert collected.coverage.status == "partial"
    assert "文章 2247484001_0 第 1 页：接口报错 88001" in (collected.coverage.cause or "")


def test_published_articles_are_found_but_their_comments_are_not_asked_for(serve: Serve, tmp_path: Path) -> None:
    """article_id addresses no comments; deleted articles are left out, and a configured one comes once."""
    address = "http://mp.weixin.qq.com/s?__biz=Mz&mid=2247484001&idx=1&sn=1"
    news = [
        {"title": "利率调整", "content": "<p>自三月起</p>", "url": "http://mp.weixin.qq.com/s/a", "is_deleted": False},
        {"title": "旧闻", "content": "x", "url": "http://mp.weixin.qq.com/s/b", "is_deleted": True},
        {"title": "春节营业安排", "content": "y", "url": address, "is_deleted": False},
    ]
    town = Wechat({(2247484001, 0): [said(1)]})
    town.published = [{"article_id": "art-1", "update_time": 1773100800, "content": {"news_item": news}}]
    config = wechat(serve(town), discover=True, articles=[{**ARTICLE, "url": address}])
    collected = source(config, tmp_path).collect({}, NOW)
    assert ids(collected) == ["art-1_0", "2247484001_0", "2247484001_0-1"]
    found = collected.observations[0]
    assert (found.kind, found.title, found.text) == ("article", "利率调整", "自三月起")
    assert [path for path, _ in town.asked] == ["/cgi-bin/freepublish/batchget", "/cgi-bin/comment/list"]
    assert collected.coverage.status == "ok"


def test_pages_with_news_are_kept_and_show_no_token(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is new names the page that it stands on; a quiet run keeps none; the token is on no page and in no log."""
    caplog.set_level(logging.DEBUG)
    town = Wechat({(2247484001, 0): [said(number) for number in range(60)]})
    town.instead = {}
    config, folder = wechat(serve(town)), tmp_path / "evidence"
    first = source(config, tmp_path, Archive(folder)).collect({}, NOW)
    pages = list(folder.rglob("*.warc.gz"))
    town.comments[2247484001, 0].append(said(60, content="wx-token-number-1 在这里"))
    second = source(config, tmp_path, Archive(folder)).collect(first.memory, NOW)
    third = source(config, tmp_path, Archive(folder)).collect(second.memory, NOW)
    assert (len(pages), len({seen.capture for seen in first.observations})) == (2, 2)
    assert (len(list(folder.rglob("*.warc.gz"))), third.coverage.status) == (3, "quiet")
    assert ids(second) == ["2247484001_0", "2247484001_0-60"]
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in folder.rglob("*.warc.gz"))
    assert b"/cgi-bin/comment/list" in kept
    assert b"wx-token" not in kept
    assert "wx-token" not in caplog.text
    assert "very-secret" not in caplog.text


class Douyin:
    """Own videos, comments and replies in pages of two; every request must bear the token that the disk holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.videos: list[dict[str, Any]] = []
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.given = 0
        self.asked: list[Request] = []
        self.instead: dict[int, dict[str, Any]] = {}
        self.prefix = "/api/apps/v1/item"
        self.dead = False

    def __call__(self, request: Request) -> Response:
        if request.path == "/oauth/refresh_token/":
            return json_response(self._token(parse_qs(request.body.decode())))
        self.asked.append(request)
        held = json.loads((self.folder / "tokens" / "own.json").read_text())
        assert request.headers["access-token"] == held["access_token"]
        assert request.first("open_id") == "open-1"
        if len(self.asked) in self.instead:
            return json_response(self.instead.pop(len(self.asked)))
        if request.headers["access-token"] != f"act.number-{self.given}":
            return json_response({"data": {}, "extra": douyin_error(28001008, "access_token过期")["extra"]})
        return json_response(self._page(self._list(request), request))

    def _token(self, form: dict[str, list[str]]) -> dict[str, Any]:
        assert form["refresh_token"] == ["refresh-number-0"]
        if self.dead:
            return {"data": {"error_code": 10010, "description": "refresh_token过期"}, "message": "error"}
        self.given += 1
        tokens = {"access_token": f"act.number-{self.given}", "refresh_token": "refresh-number-0"}
        return {"data": {**tokens, "expires_in": "1296000", "refresh_expires_in": "2592000", "error_code": 0}}

    def _list(self, request: Request) -> list[dict[str, Any]]:
        if request.path == "/video/list/":
            return self.videos
        replies = request.path.endswith(("list_comment_reply/", "/reply/list/"))
        known = {f"{self.prefix}/list_comment/", f"{self.prefix}/list_comment_reply/"}
        assert request.path in known or request.path in ("/video/comment/list/", "/video/comment/reply/list/")
        key = request.first("comment_id") if replies else request.first("item_id")
        return self.comments.get(key, [])

    def _page(self, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        start = int(request.first("cursor", "0"))
        good = {"error_code": 0, "description": ""}
        page = {"cursor": start + 2, "has_more": start + 2 < len(items), "list": items[start : start + 2]}
        return {"data": {**good, **page}, "extra": {**good, "logid": "1", "now": 1773100800}}


def video(number: int, comments: int = 0) -> dict[str, Any]:
    """A video of the bank's own as Douyin lists it."""
    words = {"title": f"活动 {number}", "share_url": f"https://v.example/{number}", "create_time": 1773000000 + number}
    counts = {"comment_count": comments, "digg_count": 5, "play_count": 900, "share_count": 1}
    return {"item_id": f"@v{number}/+=", **words, "cover": f"https://p.example/{number}.jpg", "statistics": counts}


def remark(number: int, replies: int = 0, **changes: Any) -> dict[str, Any]:
    """A comment as Douyin gives it."""
    words = {"content": f"评论 {number}", "create_time": 1773100800 + number, "digg_count": 0, "top": False}
    keys = {"comment_id": f"@c{number}", "comment_user_id": f"u{number}"}
    return {**keys, **words, "reply_comment_total": replies, **changes}


def test_douyins_own_videos_and_their_comments_are_read(serve: Serve, tmp_path: Path) -> None:
    """Videos come with counters and cover; ids with special characters arrive; replies hang on their comment."""
    town = Douyin(tmp_path)
    town.videos = [video(1, comments=4), video(2), video(3)]
    town.comments = {"@v1/+=": [remark(3), remark(2, replies=1), remark(1)], "@c2": [remark(9)]}
    collected = source(douyin(serve(town)), tmp_path).collect({}, NOW)
    by_id = {seen.id: seen for seen in collected.observations}
    assert collected.coverage.status == "ok"
    assert by_id["@v1/+="].pictures == ("https://p.example/1.jpg",)
    metrics = by_id["@v1/+="].metrics
    assert (metrics.views, metrics.likes, metrics.comments, metrics.shares) == (900, 5, 4, 1)
    assert (by_id["@c9"].reply_to, by_id["@c9"].thread) == ("@c2", "@v1/+=")
    assert set(by_id) == {"@v1/+=", "@v2/+=", "@v3/+=", "@c1", "@c2", "@c3", "@c9"}


@pytest.mark.parametrize("code", [10008, 2190002, 2190008, 28001003, 28001008])
def test_douyins_token_that_dies_within_a_run_is_refreshed_once(serve: Serve, tmp_path: Path, code: int) -> None:
    """Expired or not valid any more; the page is asked for again with the token that is already on the disk."""
    town = Douyin(tmp_path)
    town.videos = [video(1, comments=5)]
    town.comments = {"@v1/+=": [remark(number) for number in (5, 4, 3, 2, 1)]}
    expired = {"data": {"error_code": 0}, "extra": {"error_code": code, "description": "access_token过期"}}
    town.instead = {3: expired}
    collected = source(douyin(serve(town)), tmp_path).collect({}, NOW)
    assert (collected.coverage.status, town.given) == ("ok", 2)
    assert ids(collected) == ["@v1/+=", "@c5", "@c4", "@c3", "@c2", "@c1"]


def test_an_authorisation_that_ended_wants_a_person(serve: Serve, tmp_path: Path) -> None:
    """The run ends at once, says to authorise again and where the new token belongs, and shows no token."""
    town = Douyin(tmp_path)
    town.videos = [video(1), video(2)]
    config = douyin(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.dead, town.given = True, 7
    second = source(config, tmp_path).collect(first.memory, NOW)
    assert second.coverage.status == "login"
    assert "请重新授权，把新的 refresh_token 放进 REFRESH_TOKEN" in (second.coverage.cause or "")
    assert second.memory == first.memory
    assert "act.number" not in str(second)


def test_the_enterprise_interface_lies_elsewhere(serve: Serve, tmp_path: Path) -> None:
    """The older grant has other addresses and no order that may be relied on, so that it is always read whole."""
    town = Douyin(tmp_path)
    town.prefix = "/nowhere"
    town.comments = {"v7": [remark(1, replies=1)], "@c1": [remark(2)]}
    targets = [{"id": "v7", "caption": "我行视频"}]
    config = douyin(serve(town), grant="enterprise", videos="listed", targets=targets)
    collected = source(config, tmp_path).collect({}, NOW)
    assert ids(collected) == ["v7", "@c1", "@c2"]
    assert [request.path for request in town.asked] == ["/video/comment/list/", "/video/comment/reply/list/"]
    assert "sort_type" not in town.asked[0].query


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (28001056, "off", "已下线"),
        (28003018, "blocked", "28003018"),
        (2190004, "blocked", "没有申请到这项能力"),
        (28001012, "login", "请重新授权"),
        (2100004, "down", "2100004"),
        (424242, "changed", "424242"),
    ],
)
def test_douyins_errors_in_http_200_are_told_apart(
    serve: Serve, tmp_path: Path, code: int, status: str, words: str
) -> None:
    """Each error has its status and its words; none looks like a video without comments."""
    town = Douyin(tmp_path)
    town.instead = {number: douyin_error(code, "不行") for number in range(1, 9)}
    collected = source(douyin(serve(town)), tmp_path).collect({}, NOW)
    assert collected.coverage.status == status
    assert words in (collected.coverage.cause or "")


def test_douyins_deletions_show_when_the_whole_list_is_read(serve: Serve, tmp_path: Path) -> None:
    """A newest-first list is left early as a rule; a re-visit reads it all, and the video's count has to agree."""
    town = Douyin(tmp_path)
    town.videos = [video(1, comments=6)]
    town.comments = {"@v1/+=": [remark(number) for number in (5, 4, 3, 2, 1)], "@c5": [remark(6)]}
    town.comments["@v1/+="][0]["reply_comment_total"] = 1
    config = douyin(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.comments["@v1/+="].pop()
    town.comments["@v1/+="].pop(0)
    hidden = source(config, tmp_path).collect(first.memory, NOW, revisit=["@v1/+="])
    town.videos = [video(1, comments=3)]
    told = source(config, tmp_path).collect(hidden.memory, NOW, revisit=["@v1/+="])
    after = source(config, tmp_path).collect(told.memory, NOW, revisit=["@v1/+="])
    assert gone(hidden) == []
    assert sorted(gone(told)) == ["@c1", "@c5", "@c6"]
    assert (gone(after), after.coverage.got) == ([], 3)


class Kuaishou:
    """The account's own videos, newest first; the next page begins after the video that the cursor names."""

    def __init__(self) -> None:
        self.videos: list[dict[str, Any]] = []
        self.asked: list[Request] = []
        self.dead = False

    def __call__(self, request: Request) -> Response:
        if request.path == "/oauth2/refresh_token":
            if self.dead:
                return json_response({"result": 100200113, "error_msg": "refresh_token expired"})
            pair = {"access_token": "ks-access-number-1", "refresh_token": "ks-refresh-number-1"}
            lives = {"expires_in": 172800, "refresh_token_expires_in": 15552000}
            return json_response({"result": 1, **pair, **lives, "open_id": "o", "scopes": ["user_video_info"]})
        self.asked.append(request)
        if request.first("access_token") != "ks-access-number-1" or request.first("app_id") != SECRETS["id"]:
            return json_response({"result": 100200101, "error_msg": "invalid client"})
        keys = [shown["photo_id"] for shown in self.videos]
        cursor = request.first("cursor")
        start = keys.index(cursor) + 1 if cursor else 0
        page = self.videos[start : start + int(request.first("count"))]
        return json_response({"result": 1, "video_list": page})


def photo(number: int, **changes: Any) -> dict[str, Any]:
    """A video as Kuaishou lists it."""
    counts = {"like_count": number, "comment_count": 2, "view_count": 100 * number}
    facts = {"photo_id": f"3x{number}", "caption": f"网点活动 {number}", "create_time": 1773100800000 + number}
    links = {"cover": f"https://p.example/{number}.jpg", "play_url": "https://v.example/1.mp4"}
    return {**facts, **links, **counts, **changes}


def test_kuaishous_own_videos_are_a_series_of_counters(serve: Serve, tmp_path: Path) -> None:
    """All pages are read, only what moved is told again, and nobody is asked for comments."""
    town = Kuaishou()
    town.videos = [photo(number) for number in range(120, 0, -1)] + [photo(0, caption="")]
    config = kuaishou(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.videos[0] = photo(120, comment_count=77)
    second = source(config, tmp_path).collect(first.memory, NOW)
    assert [request.first("cursor") for request in town.asked[:4]] == ["", "3x71", "3x21", "3x0"]
    assert {request.path for request in town.asked} == {"/openapi/photo/list"}
    assert (first.coverage.status, first.coverage.got, len(first.observations)) == ("ok", 121, 121)
    newest = first.observations[0]
    assert (newest.kind, newest.text, newest.thread) == ("video", "网点活动 120", "3x120")
    assert newest.published_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert (newest.metrics.views, newest.metrics.comments, newest.pictures) == (
        12000,
        2,
        ("https://p.example/120.jpg",),
    )
    assert [(seen.id, seen.metrics.comments) for seen in second.observations] == [("3x120", 77)]
    assert first.rejects == ()


def test_a_block_on_the_second_page_costs_none_of_the_videos_of_the_first(serve: Serve, tmp_path: Path) -> None:
    """Their counters were read, and nothing more is asked for."""
    town = Kuaishou()
    town.videos = [photo(number) for number in range(120, 0, -1)]
    blocked = json_response({"result": 100200106, "error_msg": "no scope"})
    site: Handler = lambda request: blocked if request.first("cursor") else town(request)  # noqa: E731
    collected = source(kuaishou(serve(site)), tmp_path).collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.got, len(collected.observations)) == ("partial", 50, 50)
    assert "没有再读" not in (collected.coverage.cause or "")


def test_a_block_under_one_video_leaves_the_others_with_what_the_list_says(serve: Serve, tmp_path: Path) -> None:
    """Captions and counters of the other videos are told today, their comments another day."""
    town = Douyin(tmp_path)
    town.videos = [video(1, comments=1), video(2), video(3)]
    town.comments = {"@v1/+=": [remark(1)]}
    town.instead = {3: douyin_error(28003018, "太频繁")}
    first = source(douyin(serve(town)), tmp_path).collect({}, NOW)
    assert (first.coverage.status, ids(first)) == ("blocked", ["@v1/+=", "@v2/+=", "@v3/+="])
    assert "其余 2 个视频没有再读" in (first.coverage.cause or "")
    assert ids(source(douyin(serve(town)), tmp_path).collect(first.memory, NOW)) == ["@c1"]


def test_an_authorisation_that_is_ending_is_told_while_all_is_still_seen(serve: Serve, tmp_path: Path) -> None:
    """The source stays as well as it is; the evidence says until when, and what a person has to do."""
    town = Kuaishou()
    town.videos = [photo(1)]
    config = kuaishou(serve(town))
    first = source(config, tmp_path).collect({}, NOW)
    town.dead = True
    later = NOW + timedelta(hours=47, minutes=30)
    second = source(config, tmp_path, now=later).collect(first.memory, later)
    third = source(config, tmp_path, now=later + timedelta(hours=1)).collect(second.memory, later)
    assert (first.coverage.evidence, second.coverage.status, second.coverage.cause) == (None, "quiet", None)
    evidence = second.coverage.evidence or ""
    assert "refresh_token 已过期；请重新授权，把新的 refresh_token 放进 REFRESH_TOKEN" in evidence
    assert "现有令牌用到 2026-03-12 16:00" in evidence
    assert (third.coverage.status, third.coverage.got) == ("login", 0)


def test_the_wiring_finds_the_secrets_and_the_check_up_speaks_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> None:
    """Secrets come from the environment or from files beside the configuration; refreshed tokens lie in tokens/."""
    write_starting_folder(tmp_path / "conf")
    base = serve(Wechat({(2247484001, 0): [said(1)]}))
    (tmp_path / "conf" / "sources.yaml").write_text(
        f"sources:\n  - {{name: gzh, kind: wechat_account, base_url: '{base}', delay_s: 0,\n"
        "     credentials: {id: app-id-123, secret_env: WX_SECRET, name: shared},\n"
        "     articles: [{title: 营业安排, msg_data_id: 2247484001}]}\n"
        "  - {name: ks, kind: kuaishou_open, credentials: {id: a, secret_file: ks.secret, refresh_token_env: KS_R}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("WX_SECRET", "very-secret-secret")
    settings: Settings = load_settings(tmp_path / "conf")
    before = outlooks(settings)
    make_keeper(settings.sources.sources[0], settings).current()  # type: ignore[arg-type]
    assert before[0] == ("gzh", True, "还没有取过令牌，第一次巡检时会取")
    assert before[1] == ("ks", False, "没有应用的密钥，请设置 ks.secret")
    assert outlooks(settings)[0][2].startswith("令牌到 ")
    assert (tmp_path / "conf" / "tokens" / "shared.json").exists()

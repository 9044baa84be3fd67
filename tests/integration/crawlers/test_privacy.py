"""What every kind of source and the import leave in the store: no number, no avatar, no place, no platform id."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.importing import import_file
from app.starting import write_starting_folder
from app.wiring import make_door
from config.settings import load_settings
from crawlers.config import Manners
from crawlers.door import LONGEST_NAME, Door
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.imports.folder import folder_source
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig, NewsConfig
from crawlers.pollers.feed import FeedSource
from crawlers.pollers.forum import ForumSource
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.news import NewsSource
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.source import DiscuzSource
from demo.forum import Site
from demo.httpd import Handler
from demo.httpd import Response as Answer
from demo.town import Board, Floor, Forum, Thread
from domain.coverage import Collected
from domain.posts import Observation
from storage.store import open_store

Serve = Callable[[Handler], str]
Kind = Callable[[Serve, Path], Collected]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
PHONE, CARD, PERSON = "13812345678", "6222021234567890128", "11010519491231002X"
SECRETS = (PHONE, CARD, PERSON, "face.jpg", "衢州", "u-7788", "sec_uid", "个性签名")
SAYING = f"找我{PHONE}，卡{CARD}，身份证{PERSON}"
MASKED = f"找我138******78，卡{'*' * 19}，身份证{'*' * 18}"
PERSONAL = {
    "avatar": "https://a.example/face.jpg",
    "ip_label": "浙江衢州",
    "signature": "个性签名",
    "sec_uid": "sec_uid",
}


def door() -> Door:
    """The door as the configuration makes it by default."""
    return Door(b"k")


def feed(serve: Serve, _folder: Path) -> Collected:
    """A JSON Feed whose entries and authors say more than they should; one is a bridge's failure."""
    author = {"name": f"王经理{PHONE}", "url": "https://a.example/u-7788", **PERSONAL}
    whole = {"id": "1", "title": SAYING, "content_html": f"<p>{SAYING}</p>", "authors": [author], "_x": PERSONAL}
    broken = {"id": "2", "title": SAYING, "content_html": f"<p>获取全文失败{PHONE}</p>", **PERSONAL}
    nameless = {"id": "", "title": SAYING, "content_html": SAYING, **PERSONAL}
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [whole, broken, nameless]})
    base = serve(lambda _: Answer(200, body.encode(), "application/feed+json"))
    config = FeedConfig.model_validate(
        {"name": "s", "kind": "feed", "platform": "wechat", "url": f"{base}/f", "delay_s": 0}
    )
    return FeedSource(config, Manners(), door(), sleep=lambda _: None).collect({}, NOW)


def news(serve: Serve, _folder: Path) -> Collected:
    """An article of a paper, with numbers in title, text and source, and the face of its author beside it."""
    body = f"<p>储户说：{SAYING}</p>" + "<p>柜台办理业务要等很久，希望银行增加窗口，记者已向银行转达。</p>" * 3
    face = f"<div class='side'><img src='{PERSONAL['avatar']}'>{PERSONAL['signature']}</div>"
    head = f"<title>{SAYING}</title></head><body>{face}<h1>{SAYING}</h1><i>作者：王大明 来源：王{PHONE}</i>"
    page = f"<html><head>{head}<div class='article'>{body}</div></body></html>"
    listing = "<html><a href='/a/20260310/1.html'>读者来电反映柜台排队</a></html>"
    base = serve(lambda asked: Answer(200, (listing if asked.path == "/" else page).encode()))
    config = NewsConfig.model_validate({"name": "s", "kind": "news", "urls": [f"{base}/"], "delay_s": 0})
    return NewsSource(config, Manners(obey_robots=False), door(), sleep=lambda _: None).collect({}, NOW)


def json_api(serve: Serve, _folder: Path) -> Collected:
    """A comment interface in the shape of Douyin's, with all that such answers carry of a person."""
    good = {"comment_id": "c1", "content": SAYING, "create_time": int(NOW.timestamp()) - 60, "digg_count": -5}
    author = {"comment_user_id": "u-7788", "open_id": "u-7788", "nick_name": f"王{PHONE}", "user": PERSONAL}
    bad = {"content": SAYING}
    data = {"error_code": 0, "list": [{**item, **author, **PERSONAL} for item in (good, bad)], "has_more": False}
    base = serve(lambda _: Answer(200, json.dumps({"data": data}).encode(), "application/json"))
    facts = {"name": "s", "kind": "json_api", "platform": "douyin", "preset": "douyin", "base_url": base, "delay_s": 0}
    config = JsonApiConfig.model_validate({**facts, "targets": [{"id": "v1", "caption": SAYING}]})
    return JsonApiSource(config.plan(), Manners(), door(), sleep=lambda _: None).collect({}, NOW)


def discuz(serve: Serve, _folder: Path) -> Collected:
    """A forum whose pages show a face and a place beside each post."""
    beside = '<img src="uc/face.jpg" class="avatar" /><p>来自 浙江衢州</p><dl class="pil"><dt>个性签名</dt></dl>'
    floor = Floor(pid=1, at=NOW - timedelta(hours=2), body=SAYING, author="王经理", uid=7788)
    forum = Forum("市民网", "utf-8", (Board(2, "市民论坛"),), (Thread(10, 2, SAYING, 3, (floor,)),), NOW)
    site = Site(lambda: forum)

    def answer(request: Any) -> Answer:
        page = site.answer(request)
        return replace(
            page, body=page.body.replace(b'class="pls cl favatar">', b'class="pls cl favatar">' + beside.encode())
        )

    base = serve(answer)
    config = DiscuzConfig.model_validate({"kind": "discuz", "name": "s", "url": base, "delay_s": 0, "max_minutes": 1})
    return DiscuzSource(config, Manners(request_timeout_s=5), door()).collect({}, NOW)


def forum(serve: Serve, _folder: Path) -> Collected:
    """A board that is read by selectors, with a face and a place in each post."""
    face = '<img class="avatar" src="/face.jpg"/><i class="place">浙江衢州</i><a href="/u-7788">个性签名</a>'
    post = f'<article id="p1">{face}<b class="who">王{PHONE}</b><time>2026-03-10 15:00</time><p>{SAYING}</p></article>'
    pages = {
        "/list": '<table><tr><td><a href="/t/1">' + SAYING + "</a></td></tr></table>",
        "/t/1": f"<h1>{SAYING}</h1>{post}",
    }

    def answer(request: Any) -> Answer:
        page = pages.get(request.path)
        return Answer(200, f"<html><body>{page}</body></html>".encode()) if page else Answer(404)

    facts = {
        "threads": {"each": "tr", "link": "a", "id_pattern": r"/t/(\d+)"},
        "posts": {"each": "article", "id": "@id", "title": "h1", "text": "p", "author": ".who", "time": "time"},
    }
    config = ForumConfig.model_validate(
        {"name": "s", "kind": "forum", "delay_s": 0, "urls": [f"{serve(answer)}/list"], **facts}
    )
    return ForumSource(config, Manners(), door(), sleep=lambda _: None).collect({}, NOW)


def mediacrawler(_serve: Serve, folder: Path) -> Collected:
    """A file that MediaCrawler wrote when it still kept all it saw of a person."""
    exports = folder / "douyin" / "jsonl"
    exports.mkdir(parents=True)
    row = {"aweme_id": "1", "title": SAYING, "desc": SAYING, "create_time": 1773100800, "user_id": "u-7788"}
    person = {"nickname": f"王{PHONE}", "ip_location": "浙江衢州", "user_signature": "个性签名", **PERSONAL}
    rows = ({**row, **person}, {**row, **person, "aweme_id": ""})
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in rows)
    (exports / "search_contents_2026-03-10.jsonl").write_text(text, encoding="utf-8")
    config = MediaCrawlerConfig.model_validate({"name": "s", "kind": "mediacrawler", "folder": "."})
    return folder_source(config, folder, door()).collect({}, NOW)


def files(_serve: Serve, folder: Path) -> Collected:
    """A vendor's table with columns about the person that nobody maps."""
    columns = {
        "id": "编号",
        "text": "正文",
        "title": "标题",
        "author_name": "作者",
        "author_id": "用户",
        "published_at": "时间",
    }
    rows = [f"{number},{SAYING},{SAYING},王{PHONE},u-7788,2026-03-10 15:00,浙江衢州,face.jpg" for number in ("1", "")]
    folder.mkdir()
    table = "\n".join(["编号,正文,标题,作者,用户,时间,属地,头像", *rows])
    (folder / "a.csv").write_text(table, encoding="utf-8")
    config = FilesConfig.model_validate({"name": "s", "kind": "files", "folder": ".", "columns": columns})
    return folder_source(config, folder, door()).collect({}, NOW)


def stored(path: Path) -> str:
    """All that stands in the store, in every column of every table, and in the bytes of the file."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - names of ours
    return f"{rows}{path.read_bytes().decode('utf-8', 'replace')}"


def post_saying(observations: tuple[Observation, ...]) -> Observation:
    """The post of a person that held the numbers."""
    return next(seen for seen in observations if MASKED in seen.text and seen.author)


@pytest.mark.parametrize("kind", [feed, news, json_api, discuz, forum, mediacrawler, files])
def test_no_source_leaves_a_persons_data_in_the_store(kind: Kind, serve: Serve, tmp_path: Path) -> None:
    """Posts and refusals are stored with masked numbers; avatars, places and ids never come so far."""
    collected = kind(serve, tmp_path / "files")
    seen = post_saying(collected.observations)
    assert seen.author
    assert len(seen.author.name or "") <= LONGEST_NAME
    assert len(seen.author.key or "") == 16
    path = tmp_path / "yuqing.db"
    store = open_store(f"sqlite:///{path}")
    store.save_collected(collected, None)
    edited = replace(seen, text=f"{seen.text}。", observed_at=NOW + timedelta(hours=1))
    store.save_collected(replace(collected, observations=(edited,)), None)
    store.close()
    assert MASKED in stored(path)
    assert [secret for secret in SECRETS if secret in stored(path)] == []


@pytest.mark.parametrize(("kind", "refused"), [(feed, 2), (json_api, 1), (mediacrawler, 1), (files, 1)])
def test_refused_records_are_masked_too(kind: Kind, refused: int, serve: Serve, tmp_path: Path) -> None:
    """What is kept to understand a refusal tells no number."""
    rejects = kind(serve, tmp_path / "files").rejects
    assert len(rejects) == refused
    assert [reject for reject in rejects if PHONE in f"{reject.raw}{reject.detail}"] == []


def test_an_import_leaves_none_either(tmp_path: Path) -> None:
    """Records of any origin come in by the same door."""
    record: Mapping[str, Any] = {
        "source": "s",
        "id": "1",
        "text": SAYING,
        "title": SAYING,
        "observed_at": "2026-03-10T08:00:00Z",
        "author": {"id": "u-7788", "name": f"王{PHONE}", **PERSONAL},
        **PERSONAL,
    }
    bad = [{**record, "id": None}, {**record, "observed_at": f"昨天{PHONE}"}, {**record, "text": [SAYING]}]
    file = tmp_path / "posts.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in (record, *bad)), encoding="utf-8")
    path = tmp_path / "yuqing.db"
    store = open_store(f"sqlite:///{path}")
    count = import_file(file, store, door(), NOW)
    store.close()
    assert (count.new, count.refused) == (1, 3)
    assert MASKED in stored(path)
    assert [secret for secret in SECRETS if secret in stored(path)] == []


@pytest.mark.parametrize(("setting", "text"), [("true", MASKED), ("false", SAYING)])
def test_the_configuration_switches_masking(tmp_path: Path, setting: str, text: str) -> None:
    """``mask_numbers`` of yuqing.yaml decides, and it is on in a new folder."""
    write_starting_folder(tmp_path)
    main = tmp_path / "yuqing.yaml"
    assert "mask_numbers: true" in main.read_text(encoding="utf-8")
    main.write_text(main.read_text(encoding="utf-8").replace("mask_numbers: true", f"mask_numbers: {setting}"), "utf-8")
    record = {"source": "s", "id": "1", "text": SAYING, "observed_at": "2026-03-10T08:00:00Z"}
    assert make_door(load_settings(tmp_path)).admit(record).text == text

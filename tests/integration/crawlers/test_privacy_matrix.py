"""What own accounts, workbooks and words found by hand leave in the store; test_privacy.py holds the other kinds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from app.cli import main
from app.starting import write_starting_folder
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.imports.config import FilesConfig
from crawlers.imports.folder import folder_source
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.open_config import DouyinOpenConfig, OpenConfig, WechatAccountConfig, load_token_life
from crawlers.pollers.token_file import TokenFile
from crawlers.pollers.tokens import Account, TokenKeeper
from demo.httpd import Handler, Request, Response
from domain.coverage import Collected
from storage.store import open_store

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
PHONE, CARD, PERSON = "13812345678", "6222021234567890128", "11010519491231002X"
SAYING = f"找我{PHONE}，卡{CARD}，身份证{PERSON}"
MASKED = f"找我138******78，卡{'*' * 19}，身份证{'*' * 18}"
SECRETS = (PHONE, CARD, PERSON, "face.jpg", "衢州", "openid-7788", "sec-7788", "very-secret", "个性签名")
PERSONAL = {
    "avatar": "https://a.example/face.jpg",
    "ip_label": "浙江衢州",
    "sec_uid": "sec-7788",
    "signature": "个性签名",
}
ACCOUNT = {"id": "app-1", "secret": "very-secret", "refresh_token": "very-secret-refresh"}


def answered(body: dict[str, Any]) -> Response:
    """A JSON answer."""
    return Response(200, json.dumps(body, ensure_ascii=False).encode(), "application/json")


def own(config: OpenConfig, base: str, folder: Path) -> Collected:
    """One reading of an own account."""
    account = Account(ACCOUNT, {part: part.upper() for part in ACCOUNT})
    file, life = TokenFile(folder / "tokens", config.token_name), load_token_life(config.life)
    keeper = TokenKeeper(life, base, lambda: account, file, Manners(), clock=lambda: NOW, sleep=lambda _: None)
    source = JsonApiSource(config.plan("app-1"), Manners(), Door(b"k"), token=keeper, sleep=lambda _: None)
    return source.collect({}, NOW)


def wechat(serve: Serve, folder: Path) -> Collected:
    """A reader's comment under an article, with all that might stand beside it."""
    comment = {"user_comment_id": 1, "openid": "openid-7788", "content": SAYING, "create_time": 1773100800, **PERSONAL}

    def site(request: Request) -> Response:
        if "token" in request.path:
            return answered({"access_token": "very-secret-token", "expires_in": 7200})
        return answered({"errcode": 0, "errmsg": "ok", "total": 1, "comment": [{**comment, "comment_type": 0}]})

    base = serve(site)
    facts = {"name": "s", "kind": "wechat_account", "base_url": base, "delay_s": 0}
    facts |= {"credentials": {"id": "app-1", "secret_env": "X"}, "articles": [{"title": "通知", "msg_data_id": 1}]}
    return own(WechatAccountConfig.model_validate(facts), base, folder)


def douyin(serve: Serve, folder: Path) -> Collected:
    """A comment under an own video."""
    video = {"item_id": "v1", "title": SAYING, "cover": "https://a.example/c.png", "create_time": 1773100800}
    counts = {"statistics": {"comment_count": 1, "digg_count": 1, "play_count": 1, "share_count": 0}}
    comment = {"comment_id": "c1", "comment_user_id": "openid-7788", "content": SAYING, "create_time": 1773100800}

    def site(request: Request) -> Response:
        if "refresh_token" in request.path:
            tokens = {"access_token": "very-secret-token", "refresh_token": "very-secret-refresh"}
            return answered({"data": {**tokens, "expires_in": 1000, "refresh_expires_in": 1000, "error_code": 0}})
        found = [{**video, **counts}] if request.path == "/video/list/" else [{**comment, **PERSONAL, "digg_count": 0}]
        return answered({"data": {"error_code": 0, "list": found, "has_more": False, "cursor": 1}})

    base = serve(site)
    credentials = {"id_env": "A", "secret_env": "B", "refresh_token_file": "c"}
    facts = {"name": "s", "kind": "douyin_open", "open_id": "openid-7788", "base_url": base, "delay_s": 0}
    return own(DouyinOpenConfig.model_validate({**facts, "credentials": credentials}), base, folder)


def workbook(_serve: Serve, folder: Path) -> Collected:
    """A vendor's workbook with columns about the person; numbers as numbers too."""
    folder.mkdir()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["编号", "正文", "作者", "用户", "时间", "属地", "头像", "手机"])
    sheet.append(["1", SAYING, f"王{PHONE}", "openid-7788", "2026-03-10 15:00", "浙江衢州", "face.jpg", int(PHONE)])
    book.save(folder / "a.xlsx")
    columns = {"id": "编号", "text": "正文", "author_name": "作者", "author_id": "用户", "published_at": "时间"}
    facts = {"name": "s", "kind": "files", "folder": ".", "format": "xlsx", "columns": columns}
    return folder_source(FilesConfig.model_validate(facts), folder, Door(b"k")).collect({}, NOW)


def stored(path: Path) -> str:
    """Every column of every table, and the bytes of the file."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - our own names
    return f"{rows}{path.read_bytes().decode('utf-8', 'replace')}"


@pytest.mark.parametrize("kind", [wechat, douyin, workbook])
def test_no_source_leaves_a_persons_data_in_the_store(
    kind: Callable[[Serve, Path], Collected], serve: Serve, tmp_path: Path
) -> None:
    """Numbers are masked, ids are hashed, what else is known of a person and every secret stays outside."""
    collected = kind(serve, tmp_path / "files")
    assert collected.coverage.status == "ok", collected.coverage.cause
    assert any(MASKED in seen.text for seen in collected.observations)
    store = open_store(f"sqlite:///{tmp_path / 'yuqing.db'}")
    store.save_collected(collected, None)
    store.close()
    assert MASKED in stored(tmp_path / "yuqing.db")
    assert [secret for secret in SECRETS if secret in stored(tmp_path / "yuqing.db")] == []


def test_words_found_by_hand_are_masked_too(tmp_path: Path) -> None:
    """What a person pastes is held to the same."""
    write_starting_folder(tmp_path / "conf")
    done = CliRunner().invoke(main, ["add", "--text", SAYING, "--title", SAYING, "--config", str(tmp_path / "conf")])
    assert done.exit_code == 0, done.output
    path = tmp_path / "conf" / "yuqing.db"
    assert MASKED in stored(path)
    assert [secret for secret in SECRETS if secret in stored(path)] == []

"""``-v`` as the bank's staff use it: a real sweep in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.starting import write_starting_folder
from demo.forum import Site
from demo.httpd import Request, Response, serving
from demo.town import Board, Floor, Forum, Thread

NOW = datetime(2026, 3, 16, 1, tzinfo=UTC)
FLOORS = (Floor(pid=1, at=NOW, body="排队太久", author="楼主某某", uid=7788),)
FORUM = Forum("市民网", "utf-8", (Board(2, "市民"),), (Thread(10, 2, "排队", 3, FLOORS),), NOW)
COMMENT = {
    "comment_id": "c1",
    "comment_user_id": "u-7788",
    "content": "青禾村镇银行取钱排队两小时",
    "create_time": 1773500000,
}


def site(request: Request) -> Response:
    """A forum, and a comment interface that wants a token."""
    if request.path.startswith("/api/"):
        data = {"error_code": 0, "list": [COMMENT], "has_more": False, "cursor": 1}
        return Response(200, json.dumps({"data": data}).encode(), "application/json")
    return Site(lambda: FORUM).answer(request)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of `yuqing init`, with nobody to write to."""
    write_starting_folder(tmp_path / "conf")
    (tmp_path / "conf" / "alerts.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "conf" / "dy.token").write_text("very-secret-token", encoding="utf-8")
    return tmp_path / "conf"


def sweep(folder: Path, base: str, *before: str, behind: tuple[str, ...] = ()) -> str:
    """What a sweep says on stderr."""
    target = {"id": "v1", "caption": "青禾村镇银行的视频"}
    api = {"name": "dy", "kind": "json_api", "platform": "douyin", "preset": "douyin", "base_url": base, "delay_s": 0}
    sources = [
        {"name": "bbs", "kind": "discuz", "url": f"{base}/", "delay_s": 0},
        {**api, "token_file": "dy.token", "targets": [target]},
    ]
    (folder / "sources.yaml").write_text(json.dumps({"sources": sources}), encoding="utf-8")
    program = [sys.executable, "-c", "from app.cli import main; main()"]
    at = ["--at", NOW.isoformat(), "--config", str(folder)]
    done = subprocess.run([*program, *before, "sweep", *at, *behind], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_each_decision_is_explained_and_no_secret_told(folder: Path) -> None:
    """Also what the crawling process decides; neither tokens nor queries nor authors' ids are among it."""
    with serving(site) as base:
        said = sweep(folder, base, "-v")
    assert "［bbs］ 主题 10：没有读过，读" in said
    assert "［bbs］ 结果 ok：看到 1 条" in said
    assert f"［dy］ GET {base}/api/apps/v1/item/list_comment/：HTTP 200" in said
    assert "归并 事件" in said
    assert "研判 事件" in said
    assert [word for word in ("very-secret-token", "u-7788", "7788", "tid=", "cursor=") if word in said] == []


def test_the_option_may_stand_behind_the_command(folder: Path) -> None:
    """Said twice, wherever, it tells the details."""
    with serving(site) as base:
        assert "［bbs］ 主题 10" in sweep(folder, base, "-v", behind=("-v",))


def test_without_it_nothing_is_explained(folder: Path) -> None:
    """Progress alone."""
    with serving(site) as base:
        said = sweep(folder, base)
    assert "主题" not in said
    assert "HTTP" not in said

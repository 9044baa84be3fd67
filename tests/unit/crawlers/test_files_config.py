"""The facts of folders of files, and rows of a vendor's tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from crawlers.imports.config import FilesConfig
from crawlers.parse.columns import mapped_record

SEEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
COLUMNS = {"id": "编号", "text": "正文"}


def files(**changes: Any) -> FilesConfig:
    """A source with these changes."""
    return FilesConfig.model_validate({"name": "v", "kind": "files", "folder": "v", "columns": COLUMNS, **changes})


def mapped(row: dict[str, Any], zone: str = "Asia/Shanghai", **columns: str) -> dict[str, Any]:
    """The record of a row with these columns mapped, and the id."""
    return mapped_record({"编号": "1", **row}, {"id": "编号", **columns}, {}, ZoneInfo(zone), SEEN)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"columns": {"text": "正文"}}, "columns 里应有 id"),
        ({"columns": {"id": "编号"}}, "text 或 title"),
        ({"columns": {**COLUMNS, "作者": "作者"}}, "author_name"),
        ({"constants": {"platform": "myspace"}}, "douyin"),
        ({"constants": {"kind": "帖子"}}, "thread"),
        ({"constants": {"text": "无"}}, "同时写在"),
        ({"encoding": "utf-99"}, "没有这种编码"),
        ({"encoding": "base64"}, "没有这种编码"),
        ({"timezone": "Asia/Qinghe"}, "没有这个时区"),
        ({"glob": "../*.csv"}, "文件夹之内"),
        ({"glob": "/etc/*"}, "文件夹之内"),
        ({"glob": "a**"}, "文件夹之内"),
        ({"format": "xls"}, "csv"),
        ({"sheet": "明细"}, "只用于 format: xlsx"),
        ({"format": "xlsx", "header_row": 0}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_source_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    """What is wrong is said, and nothing outside the folder can be named."""
    with pytest.raises(ValidationError, match=words):
        files(**changes)


def test_the_files_follow_the_format_unless_they_are_named() -> None:
    """CSV is what vendors send."""
    assert files().pattern == "*.csv"
    assert files(format="jsonl").pattern == "*.jsonl"
    assert files(glob="**/*.txt").pattern == "**/*.txt"


@pytest.mark.parametrize(
    ("shown", "platform"),
    [("weibo", "weibo"), ("微博", "weibo"), (" 公众号 ", "wechat"), ("火星", "other"), ("", None)],
)
def test_a_platform_is_known_by_its_names(shown: str, platform: str | None) -> None:
    """Vendors write platforms in Chinese; one that we have no name for is another one."""
    assert mapped({"平台": shown}, platform="平台")["platform"] == platform


@pytest.mark.parametrize(
    ("shown", "zone", "moment"),
    [
        ("2026-03-10 08:00", "Asia/Shanghai", "2026-03-10T00:00:00Z"),
        ("2026-03-10 08:00", "UTC", "2026-03-10T08:00:00Z"),
        ("2026-03-10T08:00:00+08:00", "UTC", "2026-03-10T00:00:00Z"),
        ("2026年3月10日 08:00", "UTC", "2026-03-10T08:00:00Z"),
        ("20260310", "Asia/Shanghai", "2026-03-09T16:00:00Z"),
        ("1773100800000", "Asia/Shanghai", "2026-03-10T00:00:00Z"),
        (1773100800, "Asia/Shanghai", "2026-03-10T00:00:00Z"),
        ("上周", "Asia/Shanghai", "上周"),
        ("", "Asia/Shanghai", ""),
    ],
)
def test_a_time_without_a_zone_is_in_the_configured_one(shown: object, zone: str, moment: str) -> None:
    """A time that says its zone keeps it; what is no time is left for the door to refuse."""
    assert mapped({"时间": shown}, zone, published_at="时间")["published_at"] == moment


def test_a_row_becomes_a_record() -> None:
    """Author, counters and words come from the columns, the rest is unknown."""
    row = {"正文": "排队", "作者": "老王", "粉丝": "1.2万", "赞": "35", "评": "-"}
    seen = mapped(row, text="正文", author_name="作者", followers="粉丝", likes="赞", comments="评")
    assert (seen["id"], seen["text"], seen["observed_at"]) == ("1", "排队", "2026-03-10T09:00:00Z")
    assert seen["author"] == {"id": None, "name": "老王", "followers": 12_000}
    assert {name: count for name, count in seen["metrics"].items() if count is not None} == {"likes": 35}
    assert mapped({})["author"] is None

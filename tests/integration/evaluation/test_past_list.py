"""Lists of past incidents as banks keep them: real CSV and XLSX files, with the rows that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from domain.alerts import Level
from domain.errors import ConfigError
from evaluation.past_list import PastIncident, Refusal, read_past

EIGHT = datetime(2026, 3, 16, 0, 30, tzinfo=UTC)
"""08:30 in Asia/Shanghai."""


def csv_file(path: Path, *lines: str, encoding: str = "utf-8-sig") -> Path:
    """A CSV file."""
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def book(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """A workbook of one sheet."""
    made = Workbook()
    for row in rows:
        made.worksheets[0].append(list(row))
    made.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_in_the_encodings_that_excel_writes(tmp_path: Path, encoding: str) -> None:
    """Keywords by any of the usual marks, the first post as a link or as source and id, the level as a word."""
    file = csv_file(
        tmp_path / "a.csv",
        "名称,发现时间,关键词,首帖链接,来源:编号,级别",
        '挤兑传言,2026-03-16 08:30,"取不出、排队；城关,柜台",https://bbs.example/t1,bbs:t1,红',
        "短信费,2026年3月16日 8:30,,bbs：t2,,",
        encoding=encoding,
    )
    found = read_past(file)
    words = ("取不出", "排队", "城关", "柜台")
    assert found.incidents == (
        PastIncident(2, "挤兑传言", EIGHT, words, "https://bbs.example/t1", ("bbs", "t1"), Level.RED),
        PastIncident(3, "短信费", EIGHT, post=("bbs", "t2")),
    )
    assert found.refused == ()


def test_english_headers_in_any_order(tmp_path: Path) -> None:
    """Only title and noticed_at must be there; other columns are passed over."""
    file = csv_file(tmp_path / "a.csv", "noticed_at,remark,Title,level", "2026-03-16T00:30:00Z,x,Queue,orange")
    assert read_past(file).incidents == (PastIncident(2, "Queue", EIGHT, level=Level.ORANGE),)


def test_bad_rows_are_refused_with_number_and_reason_and_the_others_are_used(tmp_path: Path) -> None:
    """Empty rows are none."""
    file = csv_file(
        tmp_path / "a.csv",
        "名称,发现时间,首帖,级别",
        "排队,2026-03-16 08:30,,",
        ",2026-03-16 08:30,,",
        "短信费,,,",
        "短信费,前天,,",
        "短信费,2026-03-16,bbs,",
        "短信费,2026-03-16,,紫",
        ",,,",
        "短信费,2026-03-16,,,多一列",
    )
    found = read_past(file)
    assert [item.row for item in found.incidents] == [2]
    assert [refusal.row for refusal in found.refused] == [3, 4, 5, 6, 7, 9]
    reasons = " ".join(refusal.reason for refusal in found.refused)
    for words in ("没有名称", "没有发现时间", "“前天”看不懂", "“bbs”既不是", "“紫”不认识", "列数多于表头"):
        assert words in reasons


def test_a_workbook_with_a_title_above_and_dates_of_excel(tmp_path: Path) -> None:
    """The header is found below the title; a date may be a date, a number of days, or words."""
    file = book(
        tmp_path / "a.xlsx",
        [
            ("2026 年舆情事件台账",),
            (),
            ("序号", "标题", "发现时间", "关键词"),
            (1, "排队", datetime(2026, 3, 16, 8, 30), "排队、窗口"),  # noqa: DTZ001 - as Excel has it
            (2, "短信费", 46097.354166667, None),
            (3, "吞利息", "2026-03-16 08:30", None),
            (None, None, None, None),
            (4, None, "2026-03-16", None),
        ],
    )
    found = read_past(file)
    assert [(item.row, item.title, item.noticed_at) for item in found.incidents] == [
        (4, "排队", EIGHT),
        (5, "短信费", EIGHT),
        (6, "吞利息", EIGHT),
    ]
    assert found.refused == (Refusal(8, "没有名称"),)


def test_a_file_without_the_columns_is_refused_as_a_whole(tmp_path: Path) -> None:
    """What is missing, and what is there."""
    for file in (
        csv_file(tmp_path / "a.csv", "名称,时间", "排队,2026-03-16"),
        book(tmp_path / "a.xlsx", [("名称", "时间"), ("排队", "2026-03-16")]),
    ):
        with pytest.raises(ConfigError, match=r"没有这些列：发现时间或noticed_at；有的是：名称、时间"):
            read_past(file)


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    """Another kind of file, an empty one, and one that only claims to be a workbook."""
    fake = tmp_path / "fake.xlsx"
    fake.write_bytes(b"PK\x03\x04 not a workbook")
    for file, said in (
        (csv_file(tmp_path / "a.txt", "x"), "应为 .csv 或 .xlsx"),
        (csv_file(tmp_path / "a.csv", "名称,发现时间"), "没有一行事件"),
        (book(tmp_path / "e.xlsx", []), "没有一行事件|是空的"),
        (fake, "不是完整的 XLSX"),
    ):
        with pytest.raises(ConfigError, match=said):
            read_past(file)

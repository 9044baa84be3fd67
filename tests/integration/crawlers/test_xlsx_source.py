"""A vendor's workbooks in a watched folder: real XLSX, written by openpyxl, and files that only claim to be one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from crawlers.door import Door
from crawlers.imports import sheets
from crawlers.imports.config import FilesConfig
from crawlers.imports.folder import FolderSource, folder_source
from domain.coverage import Collected

NOW = datetime(2026, 3, 16, tzinfo=UTC)
HEADER = ("编号", "标题", "正文", "发布时间", "点赞数", "平台")
COLUMNS = {
    "id": "编号", "title": "标题", "text": "正文", "published_at": "发布时间", "likes": "点赞数", "platform": "平台",
}  # fmt: skip
ROW = ("a1", "排队", "青禾银行排队两小时", datetime(2026, 3, 15, 8, 30), "1.2万", "微博")  # noqa: DTZ001 - as Excel has it


def vendor(folder: Path, **changes: Any) -> FolderSource:
    """The folder as a source."""
    facts = {"name": "v", "kind": "files", "folder": str(folder), "format": "xlsx", "columns": COLUMNS, **changes}
    return folder_source(FilesConfig.model_validate(facts), folder, Door(b"k"))


def write(path: Path, rows: Sequence[Sequence[Any]], finish: Callable[[Worksheet], object] = lambda _: None) -> Path:
    """A workbook of one sheet; ``finish`` changes what it likes before it is saved."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    finish(sheet)
    book.save(path)
    return path


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Change the XML of all sheets of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, body in parts.items():
            book.writestr(name, body.replace(old, new) if "worksheets" in name else body)


def read(folder: Path, **changes: Any) -> Collected:
    """One look into the folder."""
    return vendor(folder, **changes).collect({}, NOW)


def test_rows_come_in_with_dates_of_the_zone_and_counts(tmp_path: Path) -> None:
    """A date of Excel has no zone: it is the vendor's."""
    write(tmp_path / "a.xlsx", [HEADER, ROW])
    told = read(tmp_path)
    (post,) = told.observations
    assert (post.id, post.title, post.text, post.platform) == ("a1", "排队", "青禾银行排队两小时", "weibo")
    assert post.published_at == datetime(2026, 3, 15, 0, 30, tzinfo=UTC)
    assert post.metrics.likes == 12_000
    assert told.coverage.status == "ok"


def test_each_workbook_is_read_once(tmp_path: Path) -> None:
    """As for every file: the content counts and not the name; a lock file of Excel is none."""
    path = write(tmp_path / "a.xlsx", [HEADER, ROW])
    (tmp_path / "~$a.xlsx").write_bytes(b"lock")
    first = read(tmp_path)
    path.rename(tmp_path / "b.xlsx")
    again = vendor(tmp_path).collect(first.memory, NOW)
    assert (len(first.observations), again.observations, again.coverage.status) == (1, (), "quiet")


def test_titles_above_empty_rows_and_sums_below_are_passed_over(tmp_path: Path) -> None:
    """Vendors put a merged title over the header, gaps between days, and the number of posts at the end."""

    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:F1")
        sheet.merge_cells("A7:F7")

    rows = [("青禾银行舆情日报",), (), HEADER, ROW, (), ("a2", *ROW[1:]), ("共 2 条",)]
    write(tmp_path / "a.xlsx", rows, merge)
    told = read(tmp_path)
    assert [post.id for post in told.observations] == ["a1", "a2"]
    assert (told.rejects, told.coverage.status) == ((), "ok")


def test_a_cell_that_stretches_over_several_rows_holds_for_all_of_them(tmp_path: Path) -> None:
    """One platform for three posts, written once."""
    rows = [HEADER, ROW, ("a2", *ROW[1:5], None), ("a3", *ROW[1:5], None)]
    write(tmp_path / "a.xlsx", rows, lambda sheet: sheet.merge_cells("F2:F4"))
    assert [post.platform for post in read(tmp_path).observations] == ["weibo"] * 3


def test_the_address_behind_a_title_is_the_url(tmp_path: Path) -> None:
    """The cell shows the title and links to the post; with no number of its own the link is the id too."""

    def link(sheet: Worksheet) -> None:
        sheet["B2"].hyperlink = "https://weibo.example.com/1"
        sheet["B3"].hyperlink = "javascript:alert(1)"

    write(tmp_path / "a.xlsx", [HEADER, ROW, ("a2", "没有链接的", *ROW[2:])], link)
    own = read(tmp_path, columns={**COLUMNS, "url": "标题"}).observations
    assert [(post.id, post.title, post.url) for post in own] == [
        ("a1", "排队", "https://weibo.example.com/1"),
        ("a2", "没有链接的", None),
    ]
    linked = read(tmp_path, columns={**COLUMNS, "id": "标题", "url": "标题"}).observations
    assert [post.id for post in linked] == ["https://weibo.example.com/1", "没有链接的"]


@pytest.mark.parametrize("number", [123456789, 123456789.0])
def test_numbers_become_ids_without_point_or_power(tmp_path: Path, number: float) -> None:
    """Excel knows no whole numbers; an id has no decimal point."""
    write(tmp_path / "a.xlsx", [HEADER, (number, *ROW[1:])])
    assert [post.id for post in read(tmp_path).observations] == ["123456789"]


def test_a_long_number_that_the_file_has_in_full_is_taken_to_the_last_digit(tmp_path: Path) -> None:
    """Programs of vendors write what Excel itself cannot."""
    write(tmp_path / "a.xlsx", [HEADER, (123456789, *ROW[1:])])
    rewrite(tmp_path / "a.xlsx", b"<v>123456789</v>", b"<v>7301234567890123457</v>")
    assert [post.id for post in read(tmp_path).observations] == ["7301234567890123457"]


@pytest.mark.parametrize("number", [7.3012345678901e18, 7301234567890123457, b"<v>7301234567890120000</v>"])
def test_a_number_that_has_lost_digits_is_refused_and_not_guessed(tmp_path: Path, number: Any) -> None:
    """Two posts whose numbers differ in the last digits would become one."""
    raw = isinstance(number, bytes)
    write(tmp_path / "a.xlsx", [HEADER, (123456789 if raw else number, *ROW[1:]), ROW])
    rewrite(tmp_path / "a.xlsx", b"<v>123456789</v>", number if raw else b"")
    told = read(tmp_path)
    assert [post.id for post in told.observations] == ["a1"]
    assert [(reject.reason, reject.line) for reject in told.rejects] == [("lost_digits", 2)]
    assert "文本格式" in (told.coverage.cause or "")


def test_dates_without_their_format_and_of_days_alone_are_dates(tmp_path: Path) -> None:
    """46096.375 is what Excel keeps of the morning of 15 March 2026."""
    rows = [HEADER, ("a1", *ROW[1:3], 46096.375, *ROW[4:]), ("a2", *ROW[1:3], date(2026, 3, 15), *ROW[4:])]
    write(tmp_path / "a.xlsx", rows)
    seen = [post.published_at for post in read(tmp_path).observations]
    assert seen == [datetime(2026, 3, 15, 1, 0, tzinfo=UTC), datetime(2026, 3, 14, 16, 0, tzinfo=UTC)]


def test_cells_with_errors_and_numbers_in_texts_do_not_stop_a_row(tmp_path: Path) -> None:
    """#N/A is nothing, and a text of digits is a text."""
    write(tmp_path / "a.xlsx", [HEADER, ("a1", "#N/A", 110, ROW[3], "#DIV/0!", None)])
    (post,) = read(tmp_path).observations
    assert (post.title, post.text, post.metrics.likes) == (None, "110", None)


def test_a_sheet_is_taken_by_its_name_and_a_header_by_its_row(tmp_path: Path) -> None:
    """The first sheet is a cover; without a name it is the one that is read, and lacks the columns."""

    def second(sheet: Worksheet) -> None:
        other = sheet.parent.create_sheet("明细")
        for row in ([*HEADER[:5], "来源"], HEADER, ROW):
            other.append(list(row))

    write(tmp_path / "a.xlsx", [("封面",)], second)
    named = read(tmp_path, sheet="明细", header_row=2)
    assert [post.id for post in named.observations] == ["a1"]
    cause = read(tmp_path).coverage.cause or ""
    assert cause.endswith("没有这些列：编号、标题、正文、发布时间、点赞数、平台；最像表头的第 1 行有：封面")
    assert "有的是：Sheet、明细" in (read(tmp_path, sheet="没有").coverage.cause or "")


def test_a_header_that_lacks_a_column_is_told_with_what_is_there(tmp_path: Path) -> None:
    """The vendor has renamed a column: half a record would hide that."""
    write(tmp_path / "a.xlsx", [("日报",), ("编号", "题目", *HEADER[2:]), ROW])
    told = read(tmp_path).coverage
    assert told.status == "partial"
    assert "没有这些列：标题；最像表头的第 2 行有：编号、题目" in (told.cause or "")


def a_bomb(path: Path) -> None:
    """A workbook whose one sheet unpacks to far more than is let in."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)


def cut_short(path: Path) -> None:
    """Half a workbook."""
    whole = write(path, [HEADER, ROW]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def without_sheets(path: Path) -> None:
    """A packed folder that is no workbook."""
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("readme.txt", "not a table")


def old(path: Path) -> None:
    """What begins as Excel 97 files do."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def locked(path: Path) -> None:
    """A workbook with a password lies in the same shell as Excel 97 files."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (a_bomb, "解开后有 3 MB"),
        (cut_short, "可能还没有传完"),
        (without_sheets, "不是表格"),
        (old, "另存为 .xlsx"),
        (locked, "打开密码"),
        (lambda path: path.write_bytes(b""), "可能还没有传完"),
        (lambda path: path.write_text("编号,标题\n", encoding="utf-8"), "不是完整的 XLSX"),
    ],
)
def test_a_file_that_is_no_readable_workbook_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object], words: str
) -> None:
    """Partial, with the file and the cause, and it is tried again at the next run."""
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED", 2_000_000)
    spoil(tmp_path / "坏的.xlsx")
    write(tmp_path / "好的.xlsx", [HEADER, ROW])
    told = read(tmp_path)
    assert [post.id for post in told.observations] == ["a1"]
    assert (told.coverage.status, list(told.memory["files"])) == ("partial", ["好的.xlsx"])
    assert (told.coverage.cause or "").startswith("坏的.xlsx")
    assert words in (told.coverage.cause or "")


@pytest.mark.parametrize("lie", [(b'ref="A1:F2"', b'ref="A1:XFD1048576"'), (b'<row r="3"', b'<row r="999999999"')])
def test_a_sheet_that_lies_about_its_size_is_read_in_no_time(tmp_path: Path, lie: tuple[bytes, bytes]) -> None:
    """The size in the file is not believed, and a row number beyond Excel's last one ends the reading."""
    write(tmp_path / "a.xlsx", [HEADER, ROW, ("a2", *ROW[1:])])
    rewrite(tmp_path / "a.xlsx", *lie)
    assert read(tmp_path).observations[0].id == "a1"

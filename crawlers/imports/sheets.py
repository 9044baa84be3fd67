"""XLSX tables: which row is the header, and what the cells of the others say, by the fields of the configuration."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from crawlers.imports.config import FilesConfig
from crawlers.imports.rows import Row
from crawlers.imports.sheet_marks import Marks, read_marks
from domain.errors import RecordError, SourceError

# A workbook is a packed folder of XML, and its texts are read in one piece.
LARGEST_UNPACKED = 200_000_000
MOST_PARTS = 5_000
LAST_ROW = 1_048_576
HEADER_WITHIN = 30
# Excel keeps 15 digits of a number and writes zeros, or a power of ten, for the rest.
_EXACT_DIGITS = 15
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_IDS = ("id", "thread", "reply_to", "author_id")
_TIMES = ("published_at", "observed_at")
_COUNTS = ("followers", "views", "likes", "comments", "shares", "favorites")
# Days since 1900 from 1954 to 2119: a date whose cell is not marked as one. No count of seconds is so small.
_SERIALS = (20_000, 80_000)


class _Header(NamedTuple):
    """The header's row, and the column number (from 1) of each field."""

    row: int
    columns: dict[str, int]


def read_sheet(path: Path, config: FilesConfig) -> Iterator[Row]:
    """The rows below the header, keyed by our fields; empty rows, and titles across several columns, are passed over.

    SourceError ``partial`` where the file is no readable workbook, is locked, too large once unpacked, or lacks a
    column. What stood before a fault has been given by then.
    """
    with path.open("rb") as file, readable_book(path):
        check_book(path, file)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = _sheet(path, book, config.sheet)
        marks = read_marks(file, sheet._worksheet_path)
        sheet.reset_dimensions()  # what the file says of its own size may be wrong
        rows = _numbered(path, sheet.iter_rows())
        header = _header(path, sheet.title, rows, config)
        for number, cells in rows:
            if cells and (fields := _fields(number, cells, header.columns, marks)):
                yield _row(number, fields, config.zone, book.epoch)


@contextmanager
def readable_book(path: Path) -> Iterator[None]:
    """What goes wrong inside a workbook becomes a SourceError ``partial`` that names it."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ParseError, InvalidFileException) as error:
        raise SourceError("partial", f"{path.name} 不是完整的 XLSX，可能还没有传完（{str(error)[:100]}）") from None
    except (KeyError, IndexError, TypeError, AttributeError, NotImplementedError, OverflowError, RuntimeError) as error:
        # openpyxl says in these ways that a part is missing or is not what it should be.
        reason = f"{type(error).__name__}: {str(error)[:100]}"
        raise SourceError("partial", f"{path.name} 的内容已损坏，或不是表格（{reason}）") from None


def check_book(path: Path, file: BinaryIO) -> None:
    """Refuse what is no XLSX, with the reason, and what would fill the memory."""
    head = file.read(len(_OLD_EXCEL))
    if head == _OLD_EXCEL:
        locked = _ENCRYPTED in file.read(10_000_000)
        what = "加了打开密码，请去掉密码" if locked else "是旧版 Excel（.xls），请另存为 .xlsx"
        raise SourceError("partial", f"{path.name} {what}")
    file.seek(0)
    parts = zipfile.ZipFile(file).infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > LARGEST_UNPACKED or len(parts) > MOST_PARTS:
        size = f"解开后有 {unpacked // 1_000_000} MB、{len(parts)} 个部分"
        raise SourceError("partial", f"{path.name} {size}，太大了，请拆小或另存为 CSV")
    file.seek(0)


def _sheet(path: Path, book: Any, name: str | None) -> Any:
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    if name is None and sheets:
        return sheets[0]
    found = next((sheet for sheet in book.worksheets if sheet.title.strip() == name), None)
    if found is None:
        there = "、".join(sheet.title for sheet in book.worksheets) or "（没有）"
        raise SourceError("partial", f"{path.name} 里没有工作表“{name or ''}”，有的是：{there}")
    return found


def _numbered(path: Path, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for number, cells in enumerate(rows, start=1):
        if number > LAST_ROW:
            raise SourceError("partial", f"{path.name} 的行号超过 {LAST_ROW}，后面的没有读")
        yield number, cells


def _header(path: Path, title: str, rows: Iterator[tuple[int, tuple[Any, ...]]], config: FilesConfig) -> _Header:
    """The first row that has every column (vendors put a title above), or the row that the configuration names."""
    wanted = {field: _plain(column) for field, column in config.columns.items()}
    only = None if config.header_row == "auto" else config.header_row
    nearest: tuple[int, list[str]] = (0, [])
    for number, cells in rows:
        names = [_plain(cell.value) for cell in cells]
        if number == only or (only is None and set(wanted.values()) <= set(names)):
            nearest = number, names
            break
        if only is None and any(names) and (not nearest[1] or _hits(names, wanted) > _hits(nearest[1], wanted)):
            nearest = number, names
        if number == (only or HEADER_WITHIN):
            break
    number, names = nearest
    missing = [column for column in wanted.values() if column not in names]
    if missing:
        there = "、".join(filter(None, names)) or "（空）"
        told = f"{path.name} 的工作表“{title}”里没有这些列：{'、'.join(missing)}"
        raise SourceError("partial", f"{told}；最像表头的第 {number} 行有：{there[:300]}")
    return _Header(number, {field: names.index(column) + 1 for field, column in wanted.items()})


def _hits(names: list[str], wanted: Mapping[Any, str]) -> int:
    return len(set(names) & set(wanted.values()))


def _plain(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _fields(number: int, cells: tuple[Any, ...], columns: Mapping[str, int], marks: Marks) -> dict[str, Any]:
    """What the cells of one row hold, by our fields, the address behind a cell as its ``url``; nothing where the row
    is none of a post.
    """
    own = {column: _content(cells, column) for column in columns.values()}
    if marks.is_title(number, own) or all(value is None for value in own.values()):
        return {}
    found = {field: marks.filled(number, column, own[column]) for field, column in columns.items()}
    link = marks.links.get((number, columns.get("url", 0)))
    if link and found["url"] is not None:
        found["url"] = link
        if columns["id"] == columns["url"]:
            found["id"] = link
    return found


def _content(cells: tuple[Any, ...], column: int) -> Any:
    cell = cells[column - 1] if column <= len(cells) else None
    empty = cell is None or cell.data_type == "e" or (isinstance(cell.value, str) and not cell.value.strip())
    return None if cell is None or empty else cell.value


def _row(number: int, fields: Mapping[str, Any], zone: tzinfo, epoch: datetime) -> Row:
    try:
        return Row(number, {field: _value(field, value, zone, epoch) for field, value in fields.items()})
    except RecordError as error:
        return Row(number, error)


def _value(field: str, value: Any, zone: tzinfo, epoch: datetime) -> Any:
    """As the door and `crawlers.parse.columns` want it; RecordError where Excel has lost digits of a number."""
    if value is None or isinstance(value, str):
        return value
    if field in _TIMES and not isinstance(value, bool):
        return moment_of_cell(value, zone, epoch)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, bool) else _number(field, value)


def _number(field: str, value: float) -> Any:
    if field in _COUNTS:
        return value
    if field in _IDS and _lost(value):
        raise RecordError(
            "lost_digits", f"{field} 是数字 {value}，Excel 只存得下 {_EXACT_DIGITS} 位，请让对方把这一列设为文本格式"
        )
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e300 else str(value)


def _lost(value: int | float) -> bool:
    if abs(value) < 10**_EXACT_DIGITS:
        return False
    digits = str(value)
    return isinstance(value, float) or not digits[_EXACT_DIGITS:].strip("0")


def moment_of_cell(value: Any, zone: tzinfo, epoch: datetime) -> Any:
    """A date of a cell as ISO 8601 in ``zone``, also one that is kept as a number of days; anything else as it is."""
    if isinstance(value, int | float) and _SERIALS[0] <= value <= _SERIALS[1]:
        value = from_excel(value, epoch)
    if isinstance(value, datetime):
        # Excel counts in days, and a second of them is rarely whole.
        whole = datetime.fromtimestamp(round(value.replace(tzinfo=zone).timestamp()), zone)
        return whole.isoformat()
    return value.isoformat() if isinstance(value, date | time) else value

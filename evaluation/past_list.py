"""A list of past incidents with the time at which people noticed them: CSV or XLSX, headers in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from alerts.levels import LEVELS
from crawlers.imports.rows import Row, read_rows, readable
from crawlers.imports.sheets import check_book, moment_of_cell, readable_book
from crawlers.parse.dates import parse_time
from domain.alerts import Level
from domain.clock import SHANGHAI
from domain.errors import ConfigError, RecordError, SourceError

HEADERS = {
    "title": ("名称", "标题", "事件", "title"),
    "noticed_at": ("发现时间", "noticed_at"),
    "keywords": ("关键词", "keywords"),
    "url": ("首帖链接", "链接", "url"),
    "post": ("来源:编号", "首帖编号", "首帖", "post"),
    "level": ("级别", "level"),
}
"""What a column may be called, by what it holds; the first two must be there."""

NEEDED = ("title", "noticed_at")
ENCODINGS = ("utf-8-sig", "gb18030")
HEADER_WITHIN = 30
_LEVELS = {word: level for level in LEVELS for word in (level.code, level.label, level.label.removesuffix("色"))}
_BETWEEN = re.compile(r"[、；;，,]")


@dataclass(frozen=True, slots=True)
class PastIncident:
    """One row: what happened, when people noticed, and how it can be known again.

    ``post`` (source and id) and ``url`` name its first post; ``level`` is what it should have been told as.
    """

    row: int
    title: str
    noticed_at: datetime
    keywords: tuple[str, ...] = ()
    url: str | None = None
    post: tuple[str, str] | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be used, and why in Chinese."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class PastList:
    """The rows of one file, and those that were refused; ``name`` is the file's."""

    name: str
    incidents: tuple[PastIncident, ...]
    refused: tuple[Refusal, ...]


def read_past(path: Path) -> PastList:
    """Read the list. ConfigError where the file as a whole cannot be used: unreadable, or without the columns."""
    readers: Mapping[str, Callable[[Path], list[Row]]] = {".csv": _csv, ".xlsx": _xlsx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError([f"{path.name}: 以往事件的清单应为 .csv 或 .xlsx"])
    try:
        rows = reader(path)
    except SourceError as error:
        raise ConfigError([f"{path.name}: {error.cause}"]) from None
    if not rows:
        raise ConfigError([f"{path.name}: 清单里没有一行事件"])
    incidents: list[PastIncident] = []
    refused: list[Refusal] = []
    for row in rows:
        try:
            incidents += _incident(row)
        except RecordError as error:
            refused.append(Refusal(row.line, error.detail))
    return PastList(path.name, tuple(incidents), tuple(refused))


def _incident(row: Row) -> Iterator[PastIncident]:
    """The incident of a row; nothing of an empty one."""
    if isinstance(row.fields, RecordError):
        raise row.fields
    cells = {name: _words(value) for name, value in row.fields.items()}
    if not any(cells.values()):
        return
    if not cells["title"]:
        raise RecordError("missing_title", "没有名称")
    url, post = _first_post(cells.get("url", ""), cells.get("post", ""))
    keywords = tuple(filter(None, (word.strip() for word in _BETWEEN.split(cells.get("keywords", "")))))
    noticed_at = _moment(row.fields["noticed_at"])
    yield PastIncident(row.line, cells["title"], noticed_at, keywords, url, post, _level(cells.get("level", "")))


def _words(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _moment(value: Any) -> datetime:
    """A day without an hour is its beginning."""
    words = _words(value)
    if not words:
        raise RecordError("missing_time", "没有发现时间")
    moment = parse_time(words)
    if moment is None:
        raise RecordError("bad_time", f"发现时间“{words}”看不懂，应写成 2026-03-16 08:30")
    return moment


def _first_post(url: str, post: str) -> tuple[str | None, tuple[str, str] | None]:
    """The link and the post, whichever column each stands in."""
    link: str | None = None
    named: tuple[str, str] | None = None
    for value in filter(None, (url, post)):
        source, colon, identity = (part.strip() for part in value.replace("：", ":").partition(":"))
        if value.lower().startswith(("http://", "https://")):
            link = value
        elif colon and source and identity:
            named = source, identity
        else:
            raise RecordError("bad_post", f"首帖“{value}”既不是 http 开头的链接，也不是 来源:编号")
    return link, named


def _level(word: str) -> Level | None:
    if not word:
        return None
    if word.lower() not in _LEVELS:
        raise RecordError("bad_level", f"级别“{word}”不认识，应为 红、橙、黄、蓝（或 red、orange、yellow、blue）")
    return _LEVELS[word.lower()]


def _columns(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Which of these headers holds what; ConfigError where one that must be there is not."""
    plain = {name: _plain(name) for name in names}
    found = {
        field: name
        for field, words in HEADERS.items()
        for word in reversed(words)
        for name in names
        if plain[name] == _plain(word)
    }
    missing = [HEADERS[field] for field in NEEDED if field not in found]
    if missing:
        wanted = "；".join("或".join(words) for words in missing)
        there = "、".join(filter(None, names)) or "（空）"
        raise ConfigError([f"{path.name}: 没有这些列：{wanted}；有的是：{there[:300]}"])
    return found


def _plain(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).lower()


def _csv(path: Path) -> list[Row]:
    with readable(path):
        rows = _decoded(path)
    named = next((row.fields for row in rows if isinstance(row.fields, Mapping)), None)
    if named is None:
        return rows
    columns = _columns(path, list(named))
    return [
        row._replace(fields={field: row.fields.get(name) for field, name in columns.items()})
        if isinstance(row.fields, Mapping)
        else row
        for row in rows
    ]


def _decoded(path: Path) -> list[Row]:
    """What Excel saves as CSV in Chinese is GB 18030; everything else writes UTF-8."""
    for encoding in ENCODINGS[:-1]:
        try:
            return list(read_rows(path, "csv", encoding))
        except UnicodeError:
            continue
    return list(read_rows(path, "csv", ENCODINGS[-1]))


def _xlsx(path: Path) -> list[Row]:
    """The first visible sheet; the header is the first row that has the columns that must be there."""
    with path.open("rb") as file, readable_book(path):
        check_book(path, file)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            raise SourceError("partial", "没有工作表")
        sheets[0].reset_dimensions()  # what the file says of its own size may be wrong
        table = [(number, list(cells)) for number, cells in enumerate(sheets[0].iter_rows(values_only=True), start=1)]
        epoch = book.epoch
    return list(_below_header(path, table, epoch))


def _below_header(path: Path, table: Sequence[tuple[int, list[Any]]], epoch: datetime) -> Iterator[Row]:
    header, columns = _header(path, table)
    for number, cells in table:
        if number > header:
            fields = {field: cells[place] if place < len(cells) else None for field, place in columns.items()}
            yield Row(number, {**fields, "noticed_at": moment_of_cell(fields["noticed_at"], SHANGHAI, epoch)})


def _header(path: Path, table: Sequence[tuple[int, list[Any]]]) -> tuple[int, dict[str, int]]:
    first: ConfigError | None = None
    for number, cells in table[:HEADER_WITHIN]:
        names = [_words(cell) for cell in cells]
        try:
            columns = _columns(path, names)
        except ConfigError as error:
            first = first or (error if any(names) else None)
            continue
        return number, {field: names.index(name) for field, name in columns.items()}
    raise first or ConfigError([f"{path.name}: 是空的"])

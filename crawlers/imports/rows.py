"""Files of rows: JSON Lines, a JSON list, CSV, and an SQLite database. What a row says is for others to know."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from crawlers.imports.posts import LONGEST_LINE, decoded, lines
from domain.errors import RecordError, SourceError

Form = Literal["jsonl", "json", "csv", "sqlite"]
# A JSON list is read in one piece.
LARGEST_JSON = 500_000_000
_BETWEEN = re.compile(r"[\s,]*")
_SQLITE = b"SQLite format 3\0"


class Row(NamedTuple):
    """One row: its line, or its number where there are no lines, from 1; its fields, or why there are none."""

    line: int
    fields: Mapping[str, Any] | RecordError
    table: str | None = None


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What goes wrong with a file as a whole becomes a SourceError ``partial`` that names it."""
    try:
        yield
    except UnicodeError as error:
        raise SourceError("partial", f"{path.name} 不是 {getattr(error, 'encoding', '')} 编码的文字") from None
    except OSError as error:
        raise SourceError("partial", f"{path.name} 读不了：{error.strerror or type(error).__name__}") from None
    except json.JSONDecodeError as error:
        raise SourceError("partial", f"{path.name} 在第 {error.lineno} 行中断，后面的读不了") from None
    except (csv.Error, sqlite3.Error, ValueError, RecursionError) as error:
        raise SourceError("partial", f"{path.name} 的内容已损坏或不完整（{str(error)[:100]}）") from None


def form_of(path: Path) -> Form:
    """How the file is written, by its beginning; a comma-separated one by its name."""
    with path.open("rb") as file:
        head = file.read(256)
    if head.startswith(_SQLITE):
        return "sqlite"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        return "json"
    return "csv" if path.suffix.lower() == ".csv" else "jsonl"


def read_rows(path: Path, form: Form, encoding: str = "utf-8-sig", tables: Collection[str] = ()) -> Iterator[Row]:
    """All rows in order. A fault of the whole file comes as it is (see `readable`), after the rows before it."""
    if form == "jsonl":
        return _json_lines(path)
    if form == "json":
        return _json_list(path)
    return _csv(path, encoding) if form == "csv" else _database(path, tables)


def _row(line: int, value: Any) -> Row:
    return Row(line, value if isinstance(value, Mapping) else RecordError("not_an_object", "应为一个 JSON 对象"))


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(lines(file), start=1):
            if not line.strip():
                continue
            try:
                row = _row(number, decoded(line))
            except RecordError as error:
                row = Row(number, error)
            yield row


def _json_list(path: Path) -> Iterator[Row]:
    """One element after another, so that a list that was cut short gives what it still has."""
    if path.stat().st_size > LARGEST_JSON:
        raise ValueError(f"超过 {LARGEST_JSON // 1_000_000} MB，请改存为 jsonl")
    text = path.read_text(encoding="utf-8-sig")
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    at, number = _after(text, text.index("[") + 1), 0
    while at < len(text) and text[at] != "]":
        value, at = decoder.raw_decode(text, at)
        at, number = _after(text, at), number + 1
        yield _row(number, value)
    if at == len(text):
        raise ValueError("列表没有结尾")


def _after(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _csv(path: Path, encoding: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.DictReader(file)
        reader.fieldnames = [name.strip().removeprefix("\ufeff") for name in reader.fieldnames or ()]
        short: Row | None = None
        for fields in reader:
            if short:
                yield short
            short = None
            if None in fields:
                yield Row(reader.line_num, RecordError("bad_row", "列数多于表头"))
            elif None in fields.values():
                short = Row(reader.line_num, fields)
            else:
                yield Row(reader.line_num, fields)
    # Fewer columns than the header has, and then the file ends: it was cut through its last row.
    if short:
        cut = RecordError("bad_row", "最后一行不完整，文件可能还没有传完")
        yield short if _ends_a_line(path) else Row(short.line, cut)


def _ends_a_line(path: Path) -> bool:
    """Whether the file ends with the end of a line, as one does that was written whole."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2))
        return b"\n" in (end := file.read()) or end.endswith(b"\r")


def _database(path: Path, tables: Collection[str]) -> Iterator[Row]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        there = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        wanted = [table for table in tables if table in there]
        if not wanted:
            raise ValueError("数据库里没有认识的表")
        for table in wanted:
            query = f'SELECT * FROM "{table}"'  # noqa: S608 - the names are the caller's own, not the file's
            for number, row in enumerate(connection.execute(query), start=1):
                yield Row(number, dict(row), table)

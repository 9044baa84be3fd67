"""Files that MediaCrawler wrote: jsonl, json, csv or SQLite, posts and comments of its seven platforms.

Only its files are read: its licence forbids commercial use, so it is neither shipped nor called
(docs/sources-files.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from crawlers.door import Door
from crawlers.imports.entries import Entry, admit, when_written
from crawlers.imports.posts import Batch
from crawlers.imports.rows import form_of, read_rows, readable
from crawlers.parse.mediacrawler import BY_TABLE, record, shape_of
from domain.errors import RecordError, SourceError
from domain.posts import Reject

_SUFFIXES = {".jsonl", ".json", ".csv", ".db", ".sqlite", ".sqlite3"}
_FORMS = {"jsonl", "json", "csv"}
_NAMED = re.compile(r"(?:^|_)(?:contents|comments|creators|contacts|dynamics)(?:_|\.)")
# Profiles of people, and counts of words: no posts. And what an earlier import left.
_PASSED_OVER = re.compile(r"(?:^|_)(?:creators?|contacts?|dynamics?|words?)(?:_|\.)|\.rejects\.jsonl$")


def find_exports(folder: Path) -> list[Path]:
    """The files under a folder that hold posts or comments, in order of their names. OSError where it is unreadable."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and not _PASSED_OVER.search(path.name) and path.is_file()
    )


def is_export(path: Path) -> bool:
    """Whether MediaCrawler wrote this file or folder, and not we an archive of observation records."""
    if path.is_dir() or _NAMED.search(path.name):
        return True
    form = form_of(path)
    return form != "jsonl" or _says_so(path)


def read_export(path: Path, now: datetime, source: str | None = None) -> Iterator[Entry]:
    """The rows of one file as records of ``source``, else of ``mediacrawler-PLATFORM``.

    SourceError ``partial`` where the file, or the rest of it, cannot be read or is none of MediaCrawler's.
    """
    if _PASSED_OVER.search(path.name):
        return
    folder = (path.parent.parent if path.parent.name in _FORMS else path.parent).name
    shape = None
    with readable(path):
        written = when_written(path, now)
        for row in read_rows(path, form_of(path), tables=BY_TABLE):
            if isinstance(row.fields, RecordError):
                yield Entry(row.line, row.fields)
                continue
            shape = BY_TABLE[row.table] if row.table else shape or shape_of(row.fields, folder)
            if shape is None:
                shown = "、".join(list(row.fields)[:6])
                raise SourceError("partial", f"{path.name} 认不出是 MediaCrawler 的哪种文件（列：{shown}）")
            name = source or f"mediacrawler-{shape.platform}"
            yield Entry(row.line, {"source": name, **record(row.fields, shape, written)})


def import_export(path: Path, door: Door, now: datetime, batch: int) -> Iterator[Batch]:
    """A file or a folder in batches. A file that cannot be read is one reject, and the others are read all the same.

    SourceError ``down`` for a folder without any file of MediaCrawler's.
    """
    files = find_exports(path) if path.is_dir() else [path]
    if not files:
        raise SourceError("down", f"{path} 里没有 MediaCrawler 的文件")
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            yield from admit(read_export(file, now), name, door, batch)
        except SourceError as error:
            yield Batch([], [Reject("", None, "unreadable_file", f"{name}：{error.cause}", "")])


def _says_so(path: Path) -> bool:
    """Whether the first line that can be read is a row of one of the tables."""
    for row in read_rows(path, "jsonl"):
        if isinstance(row.fields, Mapping):
            return "observed_at" not in row.fields and shape_of(row.fields) is not None
    return False

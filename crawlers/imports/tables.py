"""A vendor's CSV, XLSX or JSON Lines files, read by the columns that the configuration names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from crawlers.imports.config import FilesConfig
from crawlers.imports.entries import Entry, when_written
from crawlers.imports.rows import Row, read_rows, readable
from crawlers.imports.sheets import read_sheet
from crawlers.parse.columns import mapped_record
from domain.errors import RecordError, SourceError


def find_tables(folder: Path, pattern: str) -> list[Path]:
    """The files under a folder whose names fit, in order of their names. OSError where it is unreadable."""
    # While a workbook is open, Excel keeps a file beside it that is none.
    return sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith("~$"))


def read_table(path: Path, now: datetime, config: FilesConfig) -> Iterator[Entry]:
    """The rows of one file as records.

    SourceError ``partial`` where the file, or the rest of it, cannot be read, or its header lacks a column that the
    configuration names: it has changed, and half a record would hide that.
    """
    with readable(path):
        written = when_written(path, now)
        for row in _rows(path, config):
            if isinstance(row.fields, RecordError):
                yield Entry(row.line, row.fields)
                continue
            if config.format == "csv":
                _check_header(path, row, config)
            columns = {field: field for field in config.columns} if config.format == "xlsx" else config.columns
            record = mapped_record(row.fields, columns, config.constants, config.zone, written)
            yield Entry(row.line, {"source": config.name, **record})


def _rows(path: Path, config: FilesConfig) -> Iterator[Row]:
    return read_sheet(path, config) if config.format == "xlsx" else read_rows(path, config.format, config.encoding)


def _check_header(path: Path, row: Row, config: FilesConfig) -> None:
    there = set() if isinstance(row.fields, RecordError) else row.fields.keys()
    missing = [column for column in config.columns.values() if column not in there]
    if missing:
        raise SourceError("partial", f"{path.name} 里没有这些列：{'、'.join(missing)}；有的是：{'、'.join(there)}")

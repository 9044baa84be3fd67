"""Rows of files that are already in the words of docs/interfaces.md, and their way through the door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from crawlers.door import Door
from crawlers.imports.posts import Batch
from domain.errors import RecordError, SourceError
from domain.posts import Reject


class Entry(NamedTuple):
    """One row: its line or number from 1, and the record with its source, or why it says none."""

    line: int
    record: Mapping[str, Any] | RecordError


def admit(entries: Iterable[Entry], file: str, door: Door, batch: int) -> Iterator[Batch]:
    """What the rows of one file are, in batches of ``batch`` rows; a reject names ``file`` and line.

    A fault of the file (SourceError) goes on after the rows that stood before it.
    """
    part = Batch([], [])
    try:
        for entry in entries:
            _admit(entry, file, door, part)
            if len(part.observations) + len(part.rejects) == batch:
                yield part
                part = Batch([], [])
    except SourceError:
        yield part
        raise
    yield part


def when_written(path: Path, now: datetime) -> datetime:
    """When the file was last written: the time of observation of a row that does not say one. Never after ``now``."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)


def _admit(entry: Entry, file: str, door: Door, part: Batch) -> None:
    if isinstance(entry.record, RecordError):
        # What cannot be read may hold an author's id, so none of it is repeated.
        reject = Reject("", entry.line, entry.record.reason, f"{file}：{entry.record.detail}", "")
        part.rejects.append(reject)
        return
    observations, rejects = door.admit_all([entry.record], entry.record["source"])
    part.observations.extend(observations)
    part.rejects.extend(replace(reject, line=entry.line, detail=f"{file}：{reject.detail}") for reject in rejects)

"""Importing observation records, and what MediaCrawler wrote, into the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from crawlers.door import Door
from crawlers.imports.mediacrawler import import_export, is_export
from crawlers.imports.posts import Batch, read_posts, write_rejects
from domain.coverage import Collected, Coverage
from domain.posts import Reject
from pipeline.ports import Store

ACCOUNT = "import"
"""Whose coverage an import writes: never that of the sources in the file, which may be blind all the same."""

BATCH = 10_000


@dataclass(frozen=True)
class ImportCount:
    """What one file or folder brought."""

    observations: int
    new: int
    refused: int
    rejects_file: Path | None


def import_file(path: Path, store: Store, door: Door, now: datetime) -> ImportCount:
    """Good lines go into the store, bad ones into a rejects file beside the input; nothing stops at a bad line.

    A folder, or a file in MediaCrawler's form, is read as such; SourceError for a folder without any file of its.
    """
    # A folder such as "." has no name to put a rejects file beside.
    path = path.resolve() if path.is_dir() else path
    observations = new = 0
    rejects: list[Reject] = []
    for batch in _batches(path, door, now):
        rejects += batch.rejects
        observations += len(batch.observations)
        new += store.save_collected(_collected(batch, path, now), None)
    return ImportCount(observations, new, len(rejects), write_rejects(path, rejects))


def _batches(path: Path, door: Door, now: datetime) -> Iterator[Batch]:
    return import_export(path, door, now, BATCH) if is_export(path) else read_posts(path, door, BATCH)


def _collected(batch: Batch, path: Path, now: datetime) -> Collected:
    status = "partial" if batch.rejects else "ok"
    coverage = Coverage(ACCOUNT, now, now, status, len(batch.observations), evidence=f"导入文件 {path.name}")
    # The refused line itself holds the author's id: it stays in the file beside the input and out of the store.
    refused = tuple(replace(reject, source=reject.source or ACCOUNT, raw="") for reject in batch.rejects)
    return Collected(tuple(batch.observations), refused, coverage)

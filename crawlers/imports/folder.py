"""A watched folder as a source: files of MediaCrawler, or of a monitoring vendor."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from crawlers.door import Door
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.imports.entries import Entry, admit
from crawlers.imports.mediacrawler import find_exports, read_export
from crawlers.imports.rows import readable
from crawlers.imports.tables import find_tables, read_table
from domain.clock import to_utc
from domain.coverage import Collected, Coverage
from domain.errors import SourceError
from domain.posts import Observation, Reject

BATCH = 1_000
# All that one run brings home lies in memory; what is beyond this waits for the next run.
MOST_ROWS = 200_000
_SHOWN_CAUSES = 3

Find = Callable[[Path], list[Path]]
Read = Callable[[Path, datetime], Iterator[Entry]]


@dataclass
class _Reading:
    """What one look into the folder gave so far. ``files`` are the digests of files that were read, by name."""

    observations: list[Observation] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    waiting: int = 0

    @property
    def rows(self) -> int:
        return len(self.observations) + len(self.rejects)


class FolderSource:
    """Reads each file of a folder once; meets `pipeline.ports.Source`.

    Its memory is ``files``: the SHA-256 of the content of each file that was read, by its name in the folder. A file
    that grew has another, and is read again; the store knows what it has already. A file that cannot be read is not
    remembered, so it stays in the coverage until it is mended or gone.
    """

    def __init__(
        self, config: MediaCrawlerConfig | FilesConfig, folder: Path, door: Door, find: Find, read: Read
    ) -> None:
        self._config = config
        self._folder = folder
        self._door = door
        self._find = find
        self._read = read

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read the files that are new; with ``revisit`` only those threads in them, and the files stay new."""
        begun = time.monotonic()
        known: dict[str, str] = memory.get("files") or {}
        reading = _Reading()
        try:
            self._look(reading, known, to_utc(now), begun)
            status = "partial" if reading.causes else "ok" if reading.observations else "quiet"
        except SourceError as error:
            status, reading.causes, reading.files = error.status, [error.cause], known
        if revisit:
            reading.rejects.clear()
            reading.observations = [seen for seen in reading.observations if seen.thread in revisit]
        coverage = Coverage(
            source=self.name,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=time.monotonic() - begun),
            status=status,
            got=len(reading.observations),
            expected=None if revisit else reading.rows,
            cause=_told(reading.causes),
            evidence=str(self._folder) if reading.causes else None,
        )
        files = known if revisit else reading.files
        return Collected(tuple(reading.observations), tuple(reading.rejects), coverage, {"files": files})

    def _look(self, reading: _Reading, known: Mapping[str, str], now: datetime, begun: float) -> None:
        digests = set(known.values())
        deadline = begun + 60 * self._config.max_minutes
        for path in self._paths():
            name = path.relative_to(self._folder).as_posix()
            try:
                digest = _digest(path)
                if digest not in digests:
                    if reading.rows >= MOST_ROWS or time.monotonic() >= deadline:
                        reading.waiting += 1
                        continue
                    self._read_file(path, name, reading, now)
                digests.add(digest)
                reading.files[name] = digest
            except SourceError as error:
                reading.causes.append(error.cause)
        if reading.waiting:
            reading.causes.append(f"还有 {reading.waiting} 个文件留待下次读")

    def _paths(self) -> list[Path]:
        if not self._folder.is_dir():
            raise SourceError("down", f"没有这个文件夹：{self._folder}")
        try:
            return self._find(self._folder)
        except OSError as error:
            raise SourceError("down", f"文件夹读不了：{error.strerror}") from None

    def _read_file(self, path: Path, name: str, reading: _Reading, now: datetime) -> None:
        """What could be read before a fault is kept; the fault goes on."""
        before = len(reading.rejects)
        try:
            for batch in admit(self._read(path, now), name, self._door, BATCH):
                reading.observations += batch.observations
                reading.rejects += [replace(reject, source=self.name) for reject in batch.rejects]
        finally:
            refused = reading.rejects[before:]
            if refused:
                first = refused[0]
                reading.causes.append(f"{len(refused)} 行没有收下，第一处是第 {first.line} 行，{first.detail}")


def folder_source(config: MediaCrawlerConfig | FilesConfig, folder: Path, door: Door) -> FolderSource:
    """The source of a configuration; ``folder`` is its folder, made absolute."""
    if isinstance(config, FilesConfig):
        find = partial(find_tables, pattern=config.pattern)
        return FolderSource(config, folder, door, find, partial(read_table, config=config))
    return FolderSource(config, folder, door, find_exports, partial(read_export, source=config.name))


def _digest(path: Path) -> str:
    with readable(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(causes: list[str]) -> str | None:
    more = f"；等共 {len(causes)} 处" if len(causes) > _SHOWN_CAUSES else ""
    return "；".join(causes[:_SHOWN_CAUSES]) + more if causes else None

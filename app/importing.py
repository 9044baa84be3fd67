"""Importing files of observation records into the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawlers.imports.posts import read_posts, write_rejects

from crawlers.door import Door
from domain.coverage import Collected, Coverage
from domain.posts import Observation, Reject
from pipeline.ports import Store


@dataclass(frozen=True)
class ImportCount:
    """What one file brought."""

    observations: int
    new: int
    refused: int
    rejects_file: Path | None


def import_file(path: Path, store: Store, door: Door, now: datetime) -> ImportCount:
    """Good lines go into the store, bad ones into a rejects file beside the input; nothing stops at a bad line."""
    observations = new = 0
    rejects: list[Reject] = []
    for batch, refused in read_posts(path, door):
        rejects += refused
        observations += len(batch)
        for collected in _by_source(batch, refused, path, now):
            new += store.save_collected(collected, None)
    return ImportCount(observations, new, len(rejects), write_rejects(path, rejects) if rejects else None)


def _by_source(
    batch: Iterable[Observation], refused: Iterable[Reject], path: Path, now: datetime
) -> Iterable[Collected]:
    groups: defaultdict[str, list[Observation]] = defaultdict(list)
    bad: defaultdict[str, list[Reject]] = defaultdict(list)
    for observation in batch:
        groups[observation.source].append(observation)
    for reject in refused:
        bad[reject.source].append(reject)
    for source in sorted(groups.keys() | bad.keys()):
        got = len(groups[source])
        coverage = Coverage(source, now, now, "ok" if got else "partial", got, evidence=f"导入文件 {path.name}")
        yield Collected(tuple(groups[source]), tuple(bad[source]), coverage)

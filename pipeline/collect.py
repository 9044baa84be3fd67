"""Collecting: one source after another. A source that fails never stops the others; its failure is data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.alerts import Blind
from domain.coverage import SEEING, Collected, Coverage
from pipeline.parts import Parts
from pipeline.ports import Source


def collect_all(parts: Parts, run: int | None, revisit: Mapping[str, Collection[str]] | None = None) -> list[Coverage]:
    """Collect every source, or with ``revisit`` (source name → roots of threads) only those threads again."""
    sources = [source for source in parts.sources if revisit is None or source.name in revisit]
    parts.progress.stage("采集", len(sources))
    coverages = []
    for source in sources:
        collected = _collect(parts, source, revisit[source.name] if revisit else ())
        parts.store.save_collected(collected, run)
        coverages.append(collected.coverage)
        parts.progress.step()
    return coverages


def _collect(parts: Parts, source: Source, roots: Collection[str]) -> Collected:
    started = parts.clock()
    memory = parts.store.memory_of(source.name)
    try:
        return source.collect(memory, started, roots)
    except Exception as error:  # noqa: BLE001 - the edge of a source: whatever it was, the others go on
        cause = f"程序在采集这个来源时出错：{type(error).__name__}: {error}"
        coverage = Coverage(source.name, started, parts.clock(), "down", 0, cause=cause)
        return Collected((), (), coverage, memory)


def blind_now(parts: Parts) -> list[Blind]:
    """The sources in use that did not see everything the last time, by their labels; one out of use says nothing."""
    names = {source.name for source in parts.sources}
    blind = [item for item in parts.store.blind_sources(parts.clock()) if item.source in names]
    return [replace(item, source=parts.labels[item.source]) for item in blind]


def blind(coverages: list[Coverage]) -> list[Coverage]:
    """Those that did not see everything."""
    return [coverage for coverage in coverages if coverage.status not in SEEING]

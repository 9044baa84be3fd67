"""Collecting: some sources at a time. A source that fails never stops the others; its failure is data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.alerts import Blind
from domain.coverage import SEEING, Collected, Coverage
from pipeline.doubt import doubt
from pipeline.growth import note_visits
from pipeline.lanes import Job, in_lanes
from pipeline.parts import Parts
from pipeline.ports import Source

_LOG = logging.getLogger("yuqing.crawl")
# One odd post is refused now and then (nothing but a smiley); so many, and more than came in, are no chance.
_MOST_REFUSED = 5
_EVIDENCE = 200
_MOST_EXPECTED = 10**12


@dataclass(frozen=True)
class Round:
    """What is collected in one run: every source; only some (``names``); or with ``threads`` (source name → roots of
    threads) nothing but those threads again."""

    names: Collection[str] | None = None
    threads: Mapping[str, Collection[str]] | None = None

    def holds(self, source: str) -> bool:
        """Whether the source is asked at all."""
        wanted = self.names if self.threads is None else self.threads
        return wanted is None or source in wanted


def collect_all(parts: Parts, run: int | None, what: Round) -> list[Coverage]:
    """Collect what the round names; each source's history is heard on what it brings (`pipeline.doubt`).

    ``parts.parallel`` sites are read at once, each one's sources one after another, and what a source brings is saved
    as soon as it is there. The store is this thread's alone.
    """
    sources = [source for source in parts.sources if what.holds(source.name)]
    parts.progress.stage("采集", len(sources))
    coverages: dict[str, Coverage] = {}
    for name, collected in in_lanes([_job(parts, source, what) for source in sources], parts.parallel):
        kept = doubt(parts, collected) if what.threads is None else collected
        if what.threads is not None:
            note_visits(parts, name, what.threads[name])
        parts.store.save_collected(kept, run)
        coverages[name] = kept.coverage
        parts.progress.step()
    return [coverages[source.name] for source in sources]


def _job(parts: Parts, source: Source, what: Round) -> Job[tuple[str, Collected]]:
    roots = what.threads[source.name] if what.threads is not None else ()

    def begin() -> Callable[[], tuple[str, Collected]]:
        memory = parts.store.memory_of(source.name)
        return lambda: (source.name, _collect(parts, source, memory, roots))

    return Job(source.name, parts.sites.get(source.name, source.name), begin)


def _collect(parts: Parts, source: Source, memory: Mapping[str, Any], roots: Collection[str]) -> Collected:
    started = parts.clock()
    _LOG.info("开始%s", f"回访 {len(roots)} 个主题" if roots else "采集")
    try:
        collected = source.collect(memory, started, roots)
    except Exception as error:  # noqa: BLE001 - the edge of a source: whatever it was, the others go on
        cause = f"程序在采集这个来源时出错：{type(error).__name__}: {error}"
        coverage = Coverage(source.name, started, parts.clock(), "down", 0, cause=cause)
        collected = Collected((), (), coverage, memory)
    collected = understood(plausible(collected), memory)
    _tell(collected)
    return collected


def plausible(collected: Collected) -> Collected:
    """The same; where a site's counters promise more than any site has, nobody knows how many posts there should be."""
    expected = collected.coverage.expected
    if expected is None or 0 <= expected <= _MOST_EXPECTED:
        return collected
    return replace(collected, coverage=replace(collected.coverage, expected=None))


def understood(collected: Collected, before: Mapping[str, Any]) -> Collected:
    """The same, or ``changed`` where a source says that it saw and most of what it brought was refused at the door.

    Then its pages were not understood, whatever it thinks: it forgets this run (``before`` is its memory again), so
    that the next one asks for all of it anew. What came in is kept.
    """
    coverage, refused = collected.coverage, len(collected.rejects)
    if coverage.status not in SEEING or refused < _MOST_REFUSED or refused <= len(collected.observations):
        return collected
    first, brought = collected.rejects[0], refused + len(collected.observations)
    cause = f"读到的 {brought} 条里有 {refused} 条没有收下（{first.detail}），页面可能改版"
    coverage = replace(coverage, status="changed", cause=cause, evidence=coverage.evidence or first.raw[:_EVIDENCE])
    return replace(collected, coverage=coverage, memory=before)


def _tell(collected: Collected) -> None:
    """What the source brought, and why it did not see everything."""
    coverage = collected.coverage
    promised = f"（网站说有 {coverage.expected} 条）" if coverage.expected is not None else ""
    counts = f"看到 {coverage.got} 条{promised}，新的或变了的 {len(collected.observations)} 条"
    refused = f"，拒收 {len(collected.rejects)} 条" if collected.rejects else ""
    why = f"。原因：{coverage.cause}" if coverage.cause else ""
    _LOG.info("结果 %s：%s%s%s", coverage.status, counts, refused, why)


def blind_now(parts: Parts) -> list[Blind]:
    """The sources in use that did not see everything the last time, by their labels; one out of use says nothing."""
    names = {source.name for source in parts.sources}
    blind = [item for item in parts.store.blind_sources(parts.clock()) if item.source in names]
    return [replace(item, source=parts.labels[item.source]) for item in blind]


def blind(coverages: list[Coverage]) -> list[Coverage]:
    """Those that did not see everything."""
    return [coverage for coverage in coverages if coverage.status not in SEEING]

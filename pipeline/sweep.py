"""The day on one screen: collect, analyse, group, measure, alert, deliver, and the digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.coverage import Coverage
from pipeline.alert import raise_alerts
from pipeline.analyse import analyse
from pipeline.collect import blind, collect_all
from pipeline.deliver import DeliveryCount, deliver
from pipeline.digest import write_digests
from pipeline.group import group_new
from pipeline.measure import measure
from pipeline.parts import Parts

STALE_AFTER_S = 6 * 3600


@dataclass(frozen=True)
class SweepReport:
    """What one run did, and whether a person is needed."""

    coverages: tuple[Coverage, ...]
    readings: int
    memberships: int
    notices: int
    sent: int
    refused: int

    @property
    def attention(self) -> bool:
        """True where a source was blind or a mail could not be sent."""
        return bool(blind(list(self.coverages))) or self.refused > 0

    def summary(self) -> str:
        """One line in Chinese for the ledger and the terminal."""
        unseen = blind(list(self.coverages))
        sources = f"来源 {len(self.coverages)} 个" + (f"（{len(unseen)} 个未看全）" if unseen else "")
        mails = f"投递 {self.sent} 封" + (f"，{self.refused} 封未成功" if self.refused else "")
        return f"{sources}，研读 {self.readings} 条，归入事件 {self.memberships} 条，预警 {self.notices} 条，{mails}"


def sweep(parts: Parts) -> SweepReport | None:
    """The daily sweep. None where another sweep or re-visit is running."""
    return _in_ledger(parts, "sweep", _sweep)


def revisit(parts: Parts) -> SweepReport | None:
    """Read the threads of active incidents again, and go through the same stages. None as in `sweep`."""
    return _in_ledger(parts, "revisit", lambda parts, run: _stages(parts, run, _threads_to_revisit(parts)))


def look(parts: Parts) -> SweepReport | None:
    """Collect every source and go through the stages, without a digest: what a replay does between its sweeps."""
    return _in_ledger(parts, "revisit", lambda parts, run: _stages(parts, run, None))


def _in_ledger(parts: Parts, kind: str, work: Callable[[Parts, int], SweepReport]) -> SweepReport | None:
    run = parts.store.claim_run(kind, parts.clock(), STALE_AFTER_S)
    if run is None:
        return None
    try:
        report = work(parts, run)
    except Exception as error:
        parts.store.finish_run(run, parts.clock(), "failed", f"{type(error).__name__}: {error}")
        raise
    status = "attention" if report.attention else "done"
    parts.store.finish_run(run, parts.clock(), status, report.summary())
    return report


def _sweep(parts: Parts, run: int) -> SweepReport:
    report = _stages(parts, run, None)
    digests = write_digests(parts)
    count = deliver(parts) if digests else DeliveryCount()
    return replace(report, sent=report.sent + count.sent, refused=report.refused + count.refused)


def _stages(parts: Parts, run: int, threads: Mapping[str, Collection[str]] | None) -> SweepReport:
    coverages = collect_all(parts, run, threads)
    readings = analyse(parts)
    memberships = group_new(parts)
    measure(parts)
    notices = raise_alerts(parts)
    count = deliver(parts)
    return SweepReport(tuple(coverages), readings, memberships, notices, count.sent, count.refused)


def _threads_to_revisit(parts: Parts) -> dict[str, set[str]]:
    since = parts.clock() - timedelta(days=parts.revisit_days)
    threads: defaultdict[str, set[str]] = defaultdict(set)
    for bank in parts.banks:
        for incident, members, _last in parts.store.active_incidents(bank.name, since):
            if incident.last_post_at >= since:
                for member in members:
                    threads[member.post.source].add(member.post.thread)
    return dict(threads)

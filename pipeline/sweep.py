"""The day on one screen: collect, read pictures, read, read again, group, measure, alert, deliver, and the digest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from alerts.quiet import for_sweep
from domain.coverage import Coverage
from pipeline.alert import raise_alerts
from pipeline.analyse import analyse
from pipeline.bounces import read_bounces
from pipeline.collect import Round, blind, collect_all
from pipeline.deliver import DeliveryCount, deliver
from pipeline.digest import write_digests
from pipeline.evidence import prune_evidence, unkept
from pipeline.group import group_new
from pipeline.growth import blind_due, threads_due
from pipeline.measure import measure
from pipeline.outages import tell_of_sources
from pipeline.parts import Parts
from pipeline.pictures import read_pictures
from pipeline.reminding import is_due, remind_all, tell_due
from pipeline.second import SecondCount, reread
from pipeline.watchman import tell_of_runs

STALE_AFTER_S = 24 * 3600
"""A sweep of many polite sites may take most of a day; one whose process is gone is noticed at once."""


@dataclass(frozen=True)
class SweepReport:
    """What one run did, and whether a person is needed.

    ``unkept`` pages of evidence could not be kept; ``unpruned`` why those whose time is over could not be removed.
    ``pictures``: in so many were words found. ``second``: what came of reading again. ``trouble``: what else needs a
    person: what `Parts.trouble` says, and a mailbox of returned mail that cannot be read.
    """

    coverages: tuple[Coverage, ...]
    readings: int
    memberships: int
    notices: int
    sent: int
    refused: int
    unkept: int = 0
    unpruned: str | None = None
    pictures: int = 0
    trouble: str | None = None
    second: SecondCount = field(default_factory=SecondCount)

    @property
    def attention(self) -> bool:
        """True where a source was blind, a mail could not be sent, evidence was not kept or not removed, or trouble."""
        fault = self.refused > 0 or self.unkept > 0 or self.unpruned is not None or self.trouble is not None
        return fault or bool(blind(list(self.coverages)))

    def summary(self) -> str:
        """One line in Chinese for the ledger and the terminal."""
        unseen = blind(list(self.coverages))
        sources = f"来源 {len(self.coverages)} 个" + (f"（{len(unseen)} 个未看全）" if unseen else "")
        mails = f"投递 {self.sent} 封" + (f"，{self.refused} 封未成功" if self.refused else "")
        seen = f"，识图 {self.pictures} 张" if self.pictures else ""
        again = f"，{self.second.summary()}" if self.second.summary() else ""
        done = f"{sources}{seen}，研读 {self.readings} 条{again}，归入事件 {self.memberships} 条"
        done += f"，预警 {self.notices} 条，{mails}"
        done += f"，证据页没有保存 {self.unkept} 页" if self.unkept else ""
        return done + "".join(f"，{fault}" for fault in (self.unpruned, self.trouble) if fault)


def sweep(parts: Parts) -> SweepReport | None:
    """The daily sweep. None where another sweep or re-visit is running."""
    alerts = for_sweep(parts.alerts, parts.clock())
    return _in_ledger(replace(parts, alerts=alerts), "sweep", _sweep)


def revisit(parts: Parts) -> SweepReport | None:
    """One tick between sweeps: try blind sources again, and read the threads again that are due, with all stages.

    None where nothing was due (then the ledger has no run either), or as in `sweep`. Time alone can make a blindness
    worth a notice, end the wait of a mail, and make a reminder due, so these are looked at in any case.
    """
    tell_of_runs(parts)
    names, report = blind_due(parts), None
    if names:
        report = look(parts, names)
    threads = threads_due(parts)
    if threads:
        report = _in_ledger(parts, "revisit", lambda parts, run: _stages(parts, run, Round(threads=threads)))
    if report is None and is_due(parts):
        report = _in_ledger(parts, "revisit", _due)
    if report is None:
        tell_of_sources(parts)
        read_bounces(parts)
    return report


def look(parts: Parts, names: Collection[str] | None = None) -> SweepReport | None:
    """Collect every source, or those of ``names``, and go through the stages, without a digest.

    What a replay does between its sweeps, and how a blind source is tried again.
    """
    return _in_ledger(parts, "look", lambda parts, run: _stages(parts, run, Round(names)))


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
    report = _stages(parts, run, Round())
    digests = write_digests(parts)
    count = deliver(parts) if digests else DeliveryCount()
    sent, refused = report.sent + count.sent, report.refused + count.refused
    trouble = _joined(report.trouble, parts.heartbeat())
    return replace(report, sent=sent, refused=refused, unpruned=prune_evidence(parts), trouble=trouble)


def _joined(*said: str | None) -> str | None:
    return "，".join(words for words in said if words) or None


def _due(parts: Parts, _run: int) -> SweepReport:
    """What is told because time has passed, though nothing new was read."""
    notices = tell_due(parts)
    tell_of_sources(parts)
    trouble, count = read_bounces(parts), deliver(parts)
    return SweepReport((), 0, 0, notices, count.sent, count.refused, trouble=trouble)


def _stages(parts: Parts, run: int, what: Round) -> SweepReport:
    unkept_before = unkept(parts)
    coverages = collect_all(parts, run, what)
    pictures = read_pictures(parts)
    readings = analyse(parts)
    second = reread(parts)
    memberships = group_new(parts)
    measure(parts)
    notices = raise_alerts(parts) + remind_all(parts)
    tell_of_sources(parts)
    tell_of_runs(parts)
    trouble = _joined(parts.trouble(), read_bounces(parts))
    count = deliver(parts)
    lost = unkept(parts) - unkept_before
    done = (tuple(coverages), readings, memberships, notices, count.sent, count.refused, lost)
    return SweepReport(*done, pictures=pictures, trouble=trouble, second=second)

"""Reading again: posts in the grey zone go to the second reader, where one is set up; its verdict counts if it holds.

The first reading is stored before and stays stored. Nothing that happens to the second reader fails a sweep.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from domain.readings import Bank, Reading
from domain.second import Doubt, Doubtful, GreyZone, SecondOpinion, SecondOutcome
from pipeline.analyse import text_of
from pipeline.parts import Parts, SecondPlan

MOST_DOUBTFUL = 2000
"""So many are looked at in one run; how many of them are asked for is the plan's."""
_LOG = logging.getLogger("yuqing.second")


@dataclass(frozen=True)
class SecondCount:
    """What came of one run: opinions ``given``, among them those that ``changed`` the verdict; ``refused``, ``failed``.

    ``cause`` of the newest failure, or why nobody was asked.
    """

    given: int = 0
    changed: int = 0
    refused: int = 0
    failed: int = 0
    cause: str | None = None

    def summary(self) -> str:
        """In Chinese, for the line of the sweep; empty where nothing is to be told."""
        if not (self.given or self.refused or self.failed):
            return f"复读没有进行（{self.cause}）" if self.cause else ""
        told = f"复读 {self.given} 条" + (f"（改判 {self.changed} 条）" if self.changed else "")
        told += f"，拒收 {self.refused} 条" if self.refused else ""
        return told + (f"，未成 {self.failed} 条（{self.cause}）" if self.failed else "")


def reread(parts: Parts) -> SecondCount:
    """Have the posts in doubt read again, within the reader's bounds; the readings of the others stay as they are."""
    plan = parts.second
    if plan is None:
        return SecondCount()
    if trouble := plan.reader.trouble():
        _LOG.warning("复读没有进行：%s", trouble)
        return SecondCount(cause=trouble)
    parts.progress.stage("复读")
    waiting = [(bank, item) for bank in parts.banks for item in _doubtful(parts, plan, bank)]
    for bank, item in waiting:
        if item.opinion is not None:
            reading = combined(item.first, item.opinion, parts.analyser.bar)
            parts.store.save_readings(bank.name, [(item.post, reading)], parts.clock())
    return _asked(parts, plan, [pair for pair in waiting if pair[1].opinion is None][: plan.posts])


def combined(first: Reading, opinion: SecondOpinion, bar: float) -> Reading:
    """The reading that all later stages use: verdict, topics and words of the second reader, the rest of the first.

    ``negativity`` is kept on the verdict's side of the bar, so that "negative" and "at or over the bar" stay the same.
    Topics and evidence of the first reading stay where the second reader knows no topics, the severity where it says
    none (1 at least).
    """
    version = f"{first.version}+{opinion.reader}"
    if not opinion.negative:
        under = min(opinion.negativity, round(bar - 0.0001, 4))
        return Reading(first.about, (), negative=False, negativity=under, severity=0, evidence=(), version=version)
    told = opinion.topics is not None or not first.negative
    return Reading(
        about=first.about,
        topics=(opinion.topics or ()) if told else first.topics,
        negative=True,
        negativity=max(opinion.negativity, bar),
        severity=opinion.severity or max(1, first.severity),
        evidence=opinion.quotes if told else first.evidence,
        version=version,
    )


def _doubtful(parts: Parts, plan: SecondPlan, bank: Bank) -> list[Doubtful]:
    bar, since = parts.analyser.bar, parts.clock() - timedelta(days=plan.days)
    zone = GreyZone(parts.analyser.version, plan.reader.version, bar - plan.grey, bar + plan.grey, since)
    return parts.store.doubtful(bank.name, zone, MOST_DOUBTFUL)


def _asked(parts: Parts, plan: SecondPlan, waiting: list[tuple[Bank, Doubtful]]) -> SecondCount:
    counts: Counter[str] = Counter()
    cause = None
    doubts = [Doubt(text_of(item.post, item.parent, bank), item.first) for bank, item in waiting]
    # The reader may stop before the last one.
    for (bank, item), outcome in zip(waiting, plan.reader.reread(doubts), strict=False):
        changed = _keep(parts, plan, bank, item, outcome)
        counts.update({outcome.state: 1, "changed": int(changed)})
        cause = outcome.cause if outcome.state == "failed" else cause
        parts.progress.step()
    return SecondCount(counts["given"], counts["changed"], counts["refused"], counts["failed"], cause)


def _keep(parts: Parts, plan: SecondPlan, bank: Bank, item: Doubtful, outcome: SecondOutcome) -> bool:
    """Whether the verdict has changed."""
    reading = combined(item.first, outcome.opinion, parts.analyser.bar) if outcome.opinion else None
    parts.store.save_second(bank.name, item, plan.reader.version, outcome, reading, parts.clock())
    where = f"{item.post.source}/{item.post.id}"
    if reading is None:
        _LOG.info("复读 %s：%s", where, outcome.cause)
        return False
    verdict = {True: "负面", False: "非负面"}
    _LOG.info("复读 %s：初读%s，复读%s", where, verdict[item.first.negative], verdict[reading.negative])
    return reading.negative != item.first.negative

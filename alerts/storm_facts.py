"""What the one mail says into which a storm of alerts is folded, as plain words for the templates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.facts import kind_label
from alerts.source_facts import SourceFacts, SourceRow
from alerts.wording import clean, count, moment, safe_link, shortened
from domain.alerts import Briefing, Level

TITLE_CHARS = 40


def storm_facts(briefings: Sequence[Briefing], now: datetime) -> SourceFacts:
    """The folded alerts of one bank, the gravest first."""
    top = max(briefing.verdict.level for briefing in briefings)
    return SourceFacts(
        level=top.code,
        heading=f"{clean(briefings[0].incident.bank)}又有 {len(briefings)} 起事件要通报（{_levels(briefings)}）",
        lead="一小时里的黄色、橙色预警已经很多，超出的并成这一封；红色仍然单独发。每一起都算已经通报。",
        rows=tuple(map(_row, briefings)),
        tail="每小时单独发几封，由 alerts.yaml 的 storm.per_hour 决定。",
        at=moment(now),
        room="预警汇总",
    )


def _levels(briefings: Sequence[Briefing]) -> str:
    found = [briefing.verdict.level for briefing in briefings]
    return "、".join(f"{level.label} {found.count(level)}" for level in (Level.ORANGE, Level.YELLOW) if level in found)


def _row(briefing: Briefing) -> SourceRow:
    incident, snapshot, link = briefing.incident, briefing.snapshot, safe_link(briefing.link)
    figures = f"传播指数 {snapshot.index:.0f}，{count(snapshot.posts)} 帖/{count(snapshot.platforms)} 平台"
    lines = (
        ("为什么", briefing.decision.reason),
        ("情况", f"{figures}；最近一帖 {moment(snapshot.last_post_at)}"),
        ("编号", incident.id),
        *((("事件页面", link),) if link else ()),
    )
    label = f"{briefing.verdict.level.label}·{kind_label(briefing)}　{shortened(incident.title, TITLE_CHARS)}"
    return SourceRow(label, lines)

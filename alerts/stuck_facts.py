"""What a notice of letters that do not arrive says, as plain words for the templates. Pure; nothing here is mark-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.source_facts import SourceFacts, SourceRow
from alerts.wording import clean, moment, shortened
from domain.alerts import MAIL, Level
from domain.letters import Stuck, channel_of

STATES = {"failed": "已放弃", "bounced": "被退回", "queued": "还没送到，仍在重试"}
SUBJECT_NAMES = 3
CAUSE_CHARS = 160


def stuck_facts(stuck: Sequence[Stuck], instead: Mapping[int, str], now: datetime) -> SourceFacts:
    """Letters that do not arrive, contact by contact; ``instead``: who is written to in place of which letter."""
    letters: dict[str, list[Stuck]] = {}
    for item in stuck:
        letters.setdefault(item.recipient, []).append(item)
    names = "、".join([clean(name) for name in letters][:SUBJECT_NAMES])
    more = f"等 {len(letters)} 处" if len(letters) > SUBJECT_NAMES else ""
    return SourceFacts(
        level="yellow",
        heading=f"{names}{more}收不到通知（{_levels(stuck)}）",
        lead="下面的通知没有送到。没有送到的人不知道出了什么事。",
        rows=tuple(SourceRow(clean(name), _lines(name, items, instead)) for name, items in letters.items()),
        tail="同一处每天只通知一次。",
        at=moment(now),
        room="投递",
    )


def _lines(contact: str, items: Sequence[Stuck], instead: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    states = Counter(STATES[item.state] for item in items)
    others = dict.fromkeys(instead[item.key] for item in items if item.key in instead)
    mend = "核对收件地址和邮件服务器" if channel_of(contact) == MAIL else "核对 alerts.yaml 的 channels 里这个渠道"
    return (
        ("没有送到", _levels(items)),
        ("现在", "，".join(f"{state} {number} 封" for state, number in states.items())),
        ("原因", shortened(items[-1].cause, CAUSE_CHARS)),
        ("改送", "、".join(map(clean, others)) if others else "没有：alerts.yaml 的 fallback 里没有写，或已经送过"),
        ("怎么办", f"{mend}，再运行 yuqing doctor。"),
    )


def _levels(items: Sequence[Stuck]) -> str:
    counts = Counter(item.level for item in items)
    told = [f"{level.label if level is not Level.NONE else '其他'} {counts[level]} 封" for level in sorted(counts)]
    return "，".join(reversed(told))

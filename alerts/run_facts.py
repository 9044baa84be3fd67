"""What a notice of runs that did not do their work says, as plain words for the templates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alerts.source_facts import SourceFacts, SourceRow, length
from alerts.wording import count, moment, shortened
from domain.runs import RunTally, RunTrouble

KINDS = {"sweep": "巡检", "revisit": "回访", "look": "补看", "deliver": "投递"}
"""The kinds of run that people are told of."""

WHAT = {"failed": "巡检中断", "late": "巡检超时还没有结束", "missed": "巡检没有按时运行"}
ADVICE = {
    "failed": "按上面的原因处理；下一次巡检会把漏下的补上。着急就运行 yuqing sweep。",
    "late": "看看是不是有来源一直没有回应（yuqing sources），或者机器太慢；需要时重新启动 yuqing schedule。",
    "missed": "查看服务器当时是否关机，yuqing schedule（或计划任务）是否还在运行。",
}
_CAUSE_CHARS = 200


def run_facts(troubles: Sequence[RunTrouble], now: datetime) -> SourceFacts:
    """Sweeps that failed, hang or never began."""
    first = troubles[0]
    more = f"等 {len(troubles)} 次" if len(troubles) > 1 else ""
    return SourceFacts(
        level="yellow",
        heading=f"{WHAT[first.what]}（{moment(first.at)}）{more}",
        lead="这段时间没有人在看：没有消息不等于没有事。",
        rows=tuple(_row(trouble, now) for trouble in troubles),
        tail="每一次只通知一封。",
        at=moment(now),
        room="运行",
    )


def runs_told(tallies: Sequence[RunTally]) -> str:
    """Which runs ran, in a line: ``巡检 1 次，回访 48 次（其中 1 次失败）``; what nobody reads about is left out."""
    known = [tally for tally in tallies if tally.kind in KINDS]
    return "，".join(_tally(tally) for tally in sorted(known, key=lambda tally: list(KINDS).index(tally.kind)))


def _tally(tally: RunTally) -> str:
    whole = tally.done + tally.attention + tally.failed
    outcomes = ((tally.attention, "需人处理"), (tally.failed, "失败"))
    odd = [f"{count(number)} 次{name}" for number, name in outcomes if number]
    return f"{KINDS[tally.kind]} {count(whole)} 次" + (f"（其中 {'，'.join(odd)}）" if odd else "")


def _row(trouble: RunTrouble, now: datetime) -> SourceRow:
    return SourceRow(
        WHAT[trouble.what],
        (
            ("应在" if trouble.what == "missed" else "开始于", f"{moment(trouble.at)}，{length(now - trouble.at)}前"),
            ("原因", shortened(trouble.cause, _CAUSE_CHARS)),
            ("怎么办", ADVICE[trouble.what]),
        ),
    )

"""Past incidents against a replay, on paper: past.csv, past.md, and what stands under ``past`` in summary.json."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from alerts.config import AlertConfig
from domain.alerts import Level
from domain.clock import local
from domain.readings import Bank
from evaluation.past import ALERTED, OUTCOMES, Finding, look_for
from evaluation.past_list import PastList
from evaluation.replayed import names_of, read_replayed

COLUMNS = (
    "行", "名称", "人发现的时间", "结果", "提前小时", "事件", "事件标题", "凭什么认出", "首次预警", "最高级别",
    "应有级别", "没有预警的原因",
)  # fmt: skip


def report_past(url: str, out: Path, past: PastList, banks: Sequence[Bank], config: AlertConfig) -> dict[str, Any]:
    """Look for each past incident in the replay's store at ``url``, write the tables, and return the summary."""
    replayed, names = read_replayed(url, banks, config), names_of(banks)
    return write_past(out, past, [look_for(item, replayed, config, names) for item in past.incidents])


def write_past(out: Path, past: PastList, findings: Sequence[Finding]) -> dict[str, Any]:
    """Write past.csv (for Excel, with a byte order mark) and past.md into ``out``; returns the summary."""
    rows = [_row(finding) for finding in findings]
    with (out / "past.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([[_harmless(value) for value in row] for row in rows])
    summary = past_summary(past, findings)
    (out / "past.md").write_text("\n".join(_page(past, rows, summary)) + "\n", encoding="utf-8")
    return summary


def past_summary(past: PastList, findings: Sequence[Finding]) -> dict[str, Any]:
    """Counts, the share that was alerted, and the median lead in hours of these (None where there are none)."""
    counts = Counter(finding.kind for finding in findings)
    leads = [finding.lead_hours for finding in findings if finding.lead_hours is not None]
    return {
        "file": past.name,
        "incidents": len(findings),
        "refused": len(past.refused),
        "outcomes": {kind: counts[kind] for kind in OUTCOMES},
        "share_alerted": round(counts[ALERTED] / len(findings), 3) if findings else None,
        "alerted_before_noticed": sum(lead > 0 for lead in leads),
        "median_lead_hours": round(median(leads), 2) if leads else None,
    }


def told(summary: dict[str, Any]) -> str:
    """The summary in a line of Chinese."""
    outcomes = summary["outcomes"]
    line = f"以往事件 {summary['incidents']} 起：预警了 {outcomes[ALERTED]} 起"
    if outcomes[ALERTED]:
        first, lead = summary["alerted_before_noticed"], summary["median_lead_hours"]
        line += f"（其中 {first} 起早于人发现，提前小时数的中位数 {lead:g}）"
    missed = [f"{name} {outcomes[kind]} 起" for kind, name in OUTCOMES.items() if kind != ALERTED and outcomes[kind]]
    line += "".join(f"；{words}" for words in missed)
    return line + (f"；清单里有 {summary['refused']} 行没有用" if summary["refused"] else "")


def _row(finding: Finding) -> tuple[str, ...]:
    past, matter, first = finding.past, finding.matter, finding.first
    return (
        str(past.row),
        past.title,
        f"{local(past.noticed_at):%Y-%m-%d %H:%M}",
        OUTCOMES[finding.kind],
        "" if finding.lead_hours is None else f"{finding.lead_hours:g}",
        matter.incident.id if matter else "",
        matter.incident.title if matter else "",
        finding.how,
        f"{local(first.at):%Y-%m-%d %H:%M}" if first else "",
        finding.highest.label if finding.highest > Level.NONE else "",
        past.level.label if past.level else "",
        finding.reason,
    )


def _page(past: PastList, rows: Sequence[Sequence[str]], summary: dict[str, Any]) -> Iterator[str]:
    yield "# 以往事件与回看的对照"
    yield ""
    yield f"清单：{_cell(past.name)}。{told(summary)}。"
    yield ""
    yield "提前小时：首次预警早于人发现的小时数，负数是晚了。"
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|" + "---|" * len(COLUMNS)
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    if past.refused:
        yield ""
        yield "没有用的行："
        yield ""
        for refusal in past.refused:
            yield f"- 第 {refusal.row} 行：{_cell(refusal.reason)}"


def _cell(text: str) -> str:
    """Titles are strangers' words: nothing in them may end the cell, or become mark-up."""
    return "".join(f"\\{char}" if char in "\\|<>[]`*_" else char for char in " ".join(text.split()))


def _harmless(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe; a number stays one."""
    is_number = text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if text[:1] in tuple("=+-@\t\r\n＝＋－＠") and not is_number else text

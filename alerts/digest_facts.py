"""What the daily digest says, as plain words and numbers for the templates. Pure; nothing here is mark-up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from alerts.facts import Darkness, darkness
from alerts.run_facts import runs_told
from alerts.wording import clean, count, moment, shortened
from domain.alerts import Digest, DigestLine, Level
from domain.clock import local

MOST_LINES = 30
TITLE_CHARS = 40
SWEEP_IS_LATE = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Row:
    """One incident of the digest."""

    level: str
    label: str
    title: str
    new: bool
    figures: str
    last_post: str
    reference: str


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """All that the templates of the digest need."""

    bank: str
    day: str
    period: str
    level: str
    short: str
    verdict: str
    totals: str
    rows: tuple[Row, ...]
    unlisted: int
    sources_seen: int
    blind: tuple[Darkness, ...]
    runs: str
    calmed: tuple[str, ...]
    warnings: tuple[str, ...]


def digest_facts(digest: Digest) -> DigestFacts:
    """The digest in words."""
    top = max((line.level for line in digest.lines), default=Level.NONE)
    return DigestFacts(
        bank=clean(digest.bank),
        day=f"{local(digest.at):%Y-%m-%d}",
        period=f"{moment(digest.since)} 至 {moment(digest.at)}",
        level=top.code,
        short=_short(digest),
        verdict=_verdict(digest),
        totals=(
            f"采集 {count(digest.posts_collected)} 帖，与本行有关 {count(digest.posts_about)} 帖，"
            f"负面 {count(digest.posts_negative)} 帖"
        ),
        rows=tuple(map(_row, digest.lines[:MOST_LINES])),
        unlisted=max(len(digest.lines) - MOST_LINES, 0),
        sources_seen=digest.sources_seen,
        blind=darkness(digest.blind),
        runs=runs_told(digest.runs),
        calmed=tuple(f"{shortened(item.title, TITLE_CHARS)}（{item.id}）" for item in digest.calmed),
        warnings=tuple(_warnings(digest)),
    )


def _short(digest: Digest) -> str:
    """The subject's middle: never "nothing found" alone where something was not seen."""
    if digest.lines:
        levels = _levels(digest)
        found = f"{len(digest.lines)} 起事件" + (f"（{levels}）" if levels else "")
    elif digest.posts_negative:
        found = f"负面 {count(digest.posts_negative)} 帖，无事件"
    else:
        found = "未发现负面信息"
    if digest.blind:
        return f"{found}，但 {_sources(digest)} 个来源看不到"
    return found if digest.sources_seen else "没有看到任何来源"


def _verdict(digest: Digest) -> str:
    if not digest.sources_seen:
        return "没有任何来源被完整看到，这份日报不能说明有没有负面信息。"
    if digest.lines:
        levels = _levels(digest)
        told = f"{len(digest.lines)} 起事件有新动态" + (f"：{levels}。" if levels else "。")
    elif digest.posts_negative:
        told = f"有 {count(digest.posts_negative)} 帖负面信息，没有形成新的事件动态。"
    elif digest.blind:
        told = "在看得到的来源里没有发现负面信息。"
    else:
        return f"未发现负面信息，{digest.sources_seen} 个来源全部正常。"
    if digest.blind:
        return f"{told}但有 {_sources(digest)} 个来源看不到：没有消息不等于没有事。"
    return f"{told}{digest.sources_seen} 个来源全部正常。"


def _levels(digest: Digest) -> str:
    counts = Counter(line.level for line in digest.lines)
    return "，".join(f"{level.label} {counts[level]}" for level in sorted(counts, reverse=True) if level)


def _sources(digest: Digest) -> int:
    return len({item.source for item in digest.blind})


def _row(line: DigestLine) -> Row:
    snapshot = line.snapshot
    return Row(
        level=line.level.code,
        label=line.level.label if line.level else "无级别",
        title=shortened(line.incident.title, TITLE_CHARS),
        new=line.new,
        figures=f"指数 {snapshot.index:.0f}{_peak(line)}，{count(snapshot.posts)} 帖，"
        f"{count(snapshot.authors)} 名作者，{count(snapshot.platforms)} 个平台",
        last_post=moment(snapshot.last_post_at),
        reference=line.incident.id,
    )


def _peak(line: DigestLine) -> str:
    """The night's height, where it has become calmer since."""
    if line.peak is None or round(line.peak.index) <= round(line.snapshot.index):
        return ""
    return f"（{local(line.peak.at):%m-%d %H:%M} 最高 {line.peak.index:.0f}）"


def _warnings(digest: Digest) -> list[str]:
    warnings = []
    if digest.undelivered:
        warnings.append(f"有 {count(digest.undelivered)} 条通知没有送达，请检查邮件服务器、收件地址和渠道。")
    if digest.last_sweep_at is None:
        warnings.append("此前没有完成过的巡检，这是第一份日报。")
    elif digest.at - digest.last_sweep_at > SWEEP_IS_LATE:
        warnings.append(f"上一次巡检完成于 {moment(digest.last_sweep_at)}，中间漏了至少一天，期间的消息这次才看到。")
    return warnings

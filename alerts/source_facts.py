"""What a notice of blind sources says, as plain words for the templates. Pure; nothing here is mark-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.facts import EXCERPT_CHARS, STATUS_NAMES
from alerts.wording import clean, count, moment, shortened
from domain.coverage import Outage, Recovery

TRY = "yuqing sources try {name} --config 配置目录"
ADVICE = {
    "login": "登录已失效：请换上新的 Cookie 或令牌，再运行 " + TRY + " 核对。",
    "changed": "页面或接口变了：请运行 " + TRY + "，看哪一项找不到，再改 sources.yaml 里的写法。",
    "blocked": "对方拒绝访问：请把 delay_s 调大，或与站长联系说明用途；不要绕过验证码和限制。恢复与否可运行 "
    + TRY
    + " 看。",
    "down": "请先用浏览器打开这个地址：打得开，就检查本机的网络、代理和防火墙；打不开，就等对方恢复。",
    "off": "对方已停用或没有授权：不再需要就在 sources.yaml 里写 enabled: false。",
    "partial": "请按上面的原因处理；原因是“按以往应有……”的，请打开网站看是否真的没有新帖，再运行 " + TRY + " 核对。",
}
NETWORK = "所有来源都打不开，多半是本机网络"
SUBJECT_NAMES = 3
SUBJECT_CHARS = 20
LONG = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source of a notice, in pairs of label and words."""

    label: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """All that the templates of a notice to operations need. ``level`` only chooses the colour; ``room``: of what."""

    level: str
    heading: str
    lead: str
    rows: tuple[SourceRow, ...]
    tail: str
    at: str
    room: str = "来源"


def outage_facts(outages: Sequence[Outage], now: datetime, *, everything: bool) -> SourceFacts:
    """Sources that have been blind for too long, all dark or all partial; ``everything``: no source can be reached."""
    first = outages[0]
    lost = "看不到" if first.dark else "没看全"
    span = f"{'最久' if len(outages) > 1 else ''}已 {length(now - min(outage.since for outage in outages))}"
    heading = f"{_names(outages)}{lost}{'，' if len(outages) > 1 else ''}{span}"
    lead = "看不到的期间，没有消息不等于没有事。" if first.dark else "看到的可能不全，没有消息不等于没有事。"
    if everything:
        heading = f"{NETWORK}（{len(outages)} 个来源，{span}）"
        lead = f"{NETWORK}：请先检查本机能否上网、代理和防火墙。{lead}"
    return SourceFacts(
        level="yellow",
        heading=heading,
        lead=lead,
        rows=tuple(_outage(outage, now) for outage in outages),
        tail="这件事只通知这一次；又看到时再发一封。",
        at=moment(now),
    )


def recovery_facts(recoveries: Sequence[Recovery], now: datetime) -> SourceFacts:
    """Sources that see again."""
    first = recoveries[0]
    span = f"（中断 {length(first.until - first.since)}）" if len(recoveries) == 1 else ""
    return SourceFacts(
        level="none",
        heading=f"{_names(recoveries)}又看到了{span}",
        lead="之前通知过的来源已经恢复。",
        rows=tuple(map(_recovery, recoveries)),
        tail="没有补到的旧帖不会再补；时间长的中断，请打开网站翻看当时的帖子。",
        at=moment(now),
    )


def length(span: timedelta) -> str:
    """A length of time in words: minutes below an hour, hours below two days, then days."""
    if span < timedelta(hours=1):
        return f"{max(span // timedelta(minutes=1), 1)} 分钟"
    return f"{span // timedelta(hours=1)} 小时" if span < LONG else f"{span // timedelta(days=1)} 天"


def _names(items: Sequence[Outage] | Sequence[Recovery]) -> str:
    names = "、".join(shortened(item.label, SUBJECT_CHARS) for item in items[:SUBJECT_NAMES])
    return names if len(items) <= SUBJECT_NAMES else f"{names}等 {len(items)} 个来源"


def _outage(outage: Outage, now: datetime) -> SourceRow:
    lines = [
        ("状态", STATUS_NAMES.get(outage.status, outage.status)),
        ("起始", f"{moment(outage.since)}，已 {length(now - outage.since)}"),
        ("原因", shortened(outage.cause, EXCERPT_CHARS) or "没有说明"),
    ]
    if outage.evidence:
        lines.append(("依据", shortened(outage.evidence, EXCERPT_CHARS)))
    lines.append(("怎么办", ADVICE.get(outage.status, ADVICE["down"]).format(name=outage.source)))
    return SourceRow(clean(outage.label), tuple(lines))


def _recovery(recovery: Recovery) -> SourceRow:
    span = f"{moment(recovery.since)} 至 {moment(recovery.until)}，共 {length(recovery.until - recovery.since)}"
    now = "又能看到了" if recovery.status != "partial" else "能看到了，但仍没看全"
    caught = f"新帖 {count(recovery.new_posts)} 条"
    if not recovery.new_posts:
        caught = "没有新帖；如果平时有，请打开网站核对"
    return SourceRow(clean(recovery.label), (("中断", span), ("现在", now), ("补看到", caught)))

"""What an alert says, as plain words and numbers for the templates. Pure; nothing here is mark-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from alerts.curve import Curve, curve
from alerts.levels import LABELS, UNTOLD
from alerts.outlook_facts import outlook_lines
from alerts.wording import (
    clean,
    confidence,
    count,
    moment,
    part_name,
    safe_link,
    shortened,
    trend,
)
from domain.alerts import Blind, Briefing, Level
from domain.incidents import Member, Snapshot
from domain.posts import PICTURE_MARK, PLATFORM_NAMES, full_text

KINDS = {"new": "新增", "raised": "升级", "growth": "扩大", "reminder": "催办", "resolved": "解除"}
STATUS_NAMES = {
    "partial": "没看全", "blocked": "被拦截", "login": "要求登录", "changed": "页面变了", "down": "打不开",
    "off": "已停用",
}  # fmt: skip
"""`domain.coverage.STATUSES` that are ways of not seeing."""

TITLE_CHARS = 24
EXCERPT_CHARS = 120
NAME_CHARS = 30
PICTURE_SIGN = "［图中文字，机器识读］"
"""Says in a mail that what follows was read from a picture by a machine, which may err."""

BEFORE_EVIDENCE = 12
"""Characters of a picture's words that are shown before those that count."""

BAR_POINTS = 180

NOBODY_NAMED = "还没有一帖点名本行，请先核实说的是不是本行。"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: ``size`` in pixels."""

    label: str
    value: str
    size: int


@dataclass(frozen=True, slots=True)
class Ground:
    """One input of the rule that holds, with its minimum."""

    label: str
    value: str
    minimum: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the loudest posts."""

    place: str
    author: str
    at: str
    text: str
    counters: str
    link: str | None
    kept: str | None


@dataclass(frozen=True, slots=True)
class Darkness:
    """One source that could not be seen."""

    source: str
    since: str
    status: str
    cause: str


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that the templates of one alert need."""

    level: str
    label: str
    bank: str
    title: str
    short_title: str
    reference: str
    link: str | None
    topics: str
    first_seen: str
    last_post: str
    reason: str
    rule: str
    when: str
    grounds: tuple[Ground, ...]
    index: str
    moved: str
    heat: str
    severity: str
    confidence: str
    parts: tuple[Bar, ...]
    places: tuple[Bar, ...]
    posts: str
    spread: tuple[tuple[str, str], ...]
    curve: Curve | None
    loudest: tuple[Voice, ...]
    newest: tuple[Voice, ...]
    departments: str
    duties: tuple[tuple[str, str], ...]
    blind: tuple[Darkness, ...]
    measured_at: str
    platforms: str
    doubt: str


def alert_facts(briefing: Briefing) -> AlertFacts:
    """The briefing in words."""
    incident, snapshot, verdict = briefing.incident, briefing.snapshot, briefing.verdict
    resolved = briefing.decision.kind == "resolved"
    level, kind = Level.NONE if resolved else verdict.level, kind_label(briefing)
    return AlertFacts(
        level=level.code,
        label=f"{level.label}·{kind}" if level else kind,
        bank=clean(incident.bank),
        title=clean(incident.title),
        short_title=shortened(incident.title, TITLE_CHARS),
        reference=incident.id,
        link=safe_link(briefing.link),
        topics="、".join(map(clean, briefing.topic_labels)) or "未归类",
        first_seen=_first_seen(briefing),
        last_post=moment(snapshot.last_post_at),
        reason=briefing.decision.reason,
        rule=clean(verdict.rule.partition("/")[2]),
        when="现在" if briefing.peak.at == snapshot.at else f"{moment(briefing.peak.at)} 最高时",
        grounds=() if resolved else grounds(verdict.inputs),
        index=f"{snapshot.index:.0f}",
        moved=_moved(briefing),
        heat=f"{snapshot.heat:.0f}",
        severity=str(snapshot.severity),
        confidence=confidence(snapshot.confidence),
        parts=_bars([(part_name(key), value) for key, value in snapshot.parts.items()]),
        places=_bars([(_platform(key), value) for key, value in _ranked(briefing)]),
        posts=count(snapshot.posts),
        spread=_spread(snapshot) + outlook_lines(briefing.outlook, briefing.platforms_now, over=resolved),
        curve=curve(briefing.history),
        loudest=tuple(_voice(member, briefing) for member in briefing.loudest),
        newest=tuple(_voice(member, briefing) for member in briefing.newest),
        departments="、".join(map(clean, briefing.departments)) or "未指定",
        duties=tuple((duty.what, f"{moment(duty.due)} 前") for duty in briefing.duties),
        blind=darkness(briefing.blind),
        measured_at=moment(snapshot.at),
        platforms=count(snapshot.platforms),
        doubt="" if snapshot.named_posts else NOBODY_NAMED,
    )


def _moved(briefing: Briefing) -> str:
    """How far the index has moved since the last mail: ``↑12``; empty where it has not, or none was sent."""
    if briefing.told_index is None:
        return ""
    change = round(briefing.snapshot.index) - round(briefing.told_index)
    return f"{'↑' if change > 0 else '↓'}{abs(change)}" if change else ""


def kind_label(briefing: Briefing) -> str:
    """What kind of message it is; a first mail after an all-clear is 复燃."""
    decision = briefing.decision
    if decision.kind is None:
        raise ValueError("a decision that sends nothing has no message")
    return "复燃" if decision.kind == "new" and decision.state.sequence > 1 else KINDS[decision.kind]


def grounds(inputs: Mapping[str, float]) -> tuple[Ground, ...]:
    """The rule's figures with their minimums (`alerts.levels.judge`)."""
    return tuple(
        Ground(LABELS[metric], count(value), count(inputs[f"{metric}_min"]))
        for metric, value in inputs.items()
        if metric in LABELS and metric not in UNTOLD
    )


def darkness(blind: Sequence[Blind]) -> tuple[Darkness, ...]:
    """The blind sources in words."""
    return tuple(
        Darkness(
            clean(item.source),
            moment(item.since),
            STATUS_NAMES.get(item.status, item.status),
            shortened(item.cause, EXCERPT_CHARS),
        )
        for item in blind
    )


def _bars(values: Sequence[tuple[str, float]], full: int = BAR_POINTS) -> tuple[Bar, ...]:
    top = max((value for _, value in values), default=0) or 1
    return tuple(Bar(label, count(round(value, 1)), max(round(full * value / top), 1)) for label, value in values)


def _ranked(briefing: Briefing) -> list[tuple[str, int]]:
    return sorted(briefing.platforms.items(), key=lambda item: (-item[1], item[0]))


def _platform(code: str) -> str:
    return PLATFORM_NAMES.get(code, clean(code))


def _first_seen(briefing: Briefing) -> str:
    """When, on which platform and in which source."""
    first = briefing.first.post
    return f"{moment(first.moment)}，{_platform(first.platform)}（{clean(briefing.first_source)}）"


def _spread(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    posts, negative, today = map(count, (snapshot.posts, snapshot.negative_posts, snapshot.posts_24h))
    reach = f"大号 {count(snapshot.amplifiers)} 个，最大账号粉丝 {count(snapshot.followers_max)}"
    return (
        ("帖子", f"{posts} 帖，其中负面 {negative}；24 小时内 {today}"),
        ("作者", f"{count(snapshot.authors)} 名；24 小时内 {count(snapshot.authors_24h)} 名"),
        ("速度", trend(snapshot)),
        ("浏览", count(snapshot.views)),
        ("互动", f"{count(snapshot.engagement)}（点赞 + 2×评论 + 2×转发）"),
        ("转载", f"{count(snapshot.reprints)} 篇；{reach}"),
    )


def _voice(member: Member, briefing: Briefing) -> Voice:
    post, page = member.post, safe_link(briefing.link)
    place = f"{post.source}:{post.id}"
    known = (
        ("浏览", post.metrics.views), ("赞", post.metrics.likes), ("评论", post.metrics.comments),
        ("转发", post.metrics.shares), ("收藏", post.metrics.favorites),
    )  # fmt: skip
    name = post.author.name if post.author else None
    return Voice(
        place=_platform(post.platform),
        author=shortened(name, NAME_CHARS) if name else "匿名",
        at=moment(post.moment),
        text=_excerpt(member) or "（没有文字）",
        counters=" · ".join(f"{label} {count(value)}" for label, value in known if value is not None) or "没有计数",
        link=safe_link(post.url),
        kept=safe_link(f"{page}/kept?post={quote(place)}") if page and place in briefing.kept else None,
    )


def _excerpt(member: Member) -> str:
    """The beginning of the post; where words were read in its pictures, half of it and half of those that count."""
    post = member.post
    if not post.picture_text:
        return shortened(post.full_text, EXCERPT_CHARS)
    own = full_text(post.title, post.text)
    behind = len(own) + 1 + len(PICTURE_MARK)
    counting = min((item.start - behind for item in member.reading.evidence if item.start >= behind), default=0)
    first = max(0, counting - BEFORE_EVIDENCE) if counting + BEFORE_EVIDENCE > EXCERPT_CHARS // 2 else 0
    pictured = ("…" if first else "") + post.picture_text[first:]
    return f"{shortened(own, EXCERPT_CHARS // 2)}{PICTURE_SIGN}{shortened(pictured, EXCERPT_CHARS // 2)}"

"""What a duty officer is told of an incident's phase and of what is to come, in plain words. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from alerts.wording import clean, moment
from domain.alerts import Level
from domain.clock import local
from domain.posts import PLATFORM_NAMES
from domain.spread import EVERYWHERE, Expectation, Outlook, PlatformSpread

FEW_POSTS = 10
"""Under so many posts a forecast is vague because there are few; else because its range is wide."""

SOON_HOURS = 48.0
"""A doubling time beyond this is no news."""

MANY_REPEATED, MANY_BY_ONE, ENOUGH_POSTS = 0.3, 0.5, 6
"""From which shares on repeated texts, or one account's posts, are worth a word; from how many posts on they and the
doubling time are: two posts always double."""

_HOURS = "一两三四五六七八九十"

Pair = tuple[str, str]


def outlook_lines(
    outlook: Outlook | None, platforms: Sequence[PlatformSpread], *, over: bool = False
) -> tuple[Pair, ...]:
    """Label and text of each line; nothing where there is no outlook. ``over``: the all-clear needs no forecast."""
    if outlook is None:
        return ()
    lines = [("阶段", f"{outlook.mark.phase.label}，自 {moment(outlook.mark.at)} 起；{clean(outlook.mark.reason)}")]
    if not over:
        lines += _burst(outlook) + _growth(outlook)
    if len(outlook.jumps) > 1:
        lines.append(("先后出现", path(outlook.jumps)))
    return (*lines, *_warnings(platforms))


def path(jumps: Sequence[tuple[str, datetime]]) -> str:
    """``论坛 03-16 09:10 → 抖音 11:40``: the day is said where it changes."""
    told, day = [], None
    for platform, at in jumps:
        here = local(at)
        form = "%H:%M" if here.date() == day else "%m-%d %H:%M"
        told.append(f"{PLATFORM_NAMES.get(platform, clean(platform))} {here:{form}}")
        day = here.date()
    return " → ".join(told)


def _span(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest or hours > len(_HOURS):
        return f"{minutes} 分钟" if rest else f"{hours} 小时"
    return f"{_HOURS[hours - 1]}小时"


def _burst(outlook: Outlook) -> list[Pair]:
    surge = outlook.surge
    if not outlook.burst or surge is None:
        return []
    span = _span(surge.minutes)
    when = f"近{span}" if surge.at == outlook.at else f"{moment(surge.at)} 前的{span}"
    usual = f"约 {surge.expected:.1f} 帖" if surge.expected >= 0.05 else "不到 0.1 帖"
    return [("突增", f"平时这个钟点{usual}，{when} {surge.observed} 帖（{surge.authors} 名作者）")]


def _growth(outlook: Outlook) -> list[Pair]:
    said: list[str] = []
    if outlook.posts >= ENOUGH_POSTS and (outlook.doubling_hours or math.inf) <= SOON_HOURS:
        said.append(f"约 {outlook.doubling_hours:.1f} 小时翻一番")
    if outlook.expectation:
        said.append(_forecast(outlook.posts, outlook.expectation))
    return [("走势", "；".join(said))] if said else []


def _forecast(posts: int, expected: Expectation) -> str:
    low, high = math.floor(expected.low), math.ceil(expected.high)
    size = f"{low}～{high} 帖" if high > low else f"{low} 帖"
    if expected.is_vague:
        return f"{'样本太少' if posts < FEW_POSTS else '走势还不明朗'}，预测仅供参考：最终 {size}"
    return f"预计最终 {size}（八成把握）{_next(expected)}"


def _next(expected: Expectation) -> str:
    if expected.next_level is None or expected.next_chance is None:
        return ""
    chance = f"约 {expected.next_chance:.0%}" if expected.next_chance >= 0.01 else "不到 1%"
    return f"，达到{Level.of(expected.next_level).label}所需 {expected.next_size} 帖的机会{chance}"


def _warnings(platforms: Sequence[PlatformSpread]) -> list[Pair]:
    """Signs that a few make the noise."""
    everywhere = next((row for row in platforms if row.platform == EVERYWHERE), None)
    if everywhere is None or everywhere.posts < ENOUGH_POSTS:
        return []
    said: list[str] = []
    if everywhere.repeated_share >= MANY_REPEATED:
        said.append(f"{everywhere.repeated_share:.0%} 的帖子文字雷同，可能有人刷帖")
    if (everywhere.loudest_share or 0.0) >= MANY_BY_ONE:
        said.append(f"{everywhere.loudest_share:.0%} 的帖子出自同一个账号")
    return [("留意", "；".join(said))] if said else []

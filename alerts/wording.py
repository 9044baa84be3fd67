"""How things are put to a reader: cleaned user text, safe links, times, trends. Pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

from domain.clock import local
from domain.incidents import Snapshot

PART_NAMES = {
    "volume": "帖量", "authors": "作者", "platforms": "平台", "velocity": "速度", "reprints": "转载",
    "engagement": "互动", "views": "浏览", "amplifier": "大号",
}  # fmt: skip
"""The parts of the index (docs/spread-index.md)."""

LONGEST_LINK = 500
_JOINER = "\u200d"
"""Kept: it holds compound emoji together."""


def clean(text: str) -> str:
    """User text on one line, without control, format (bidi, zero-width) and unpaired surrogate characters."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    kept = (c for c in spaced if c == _JOINER or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(kept).split())


def shortened(text: str, limit: int) -> str:
    """Cleaned text of at most ``limit`` characters, with ``…`` where something was cut off."""
    whole = clean(text)
    return whole if len(whole) <= limit else f"{whole[: limit - 1].rstrip(_JOINER)}…"


def safe_link(url: str | None) -> str | None:
    """The address where it is a plain http or https one; None for anything else (``javascript:``, spaces, too long)."""
    if url is None or len(url) > LONGEST_LINK or clean(url) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def moment(at: datetime) -> str:
    """``2026-03-16 07:30`` on the clock of Asia/Shanghai."""
    return f"{local(at):%Y-%m-%d %H:%M}"


def trend(snapshot: Snapshot) -> str:
    """Velocity and acceleration in words."""
    if snapshot.velocity == 0 and snapshot.acceleration == 0:
        return "最近一小时没有新帖"
    change = snapshot.acceleration
    size = count(abs(change))
    direction = f"正在加快，比前一小时多 {size} 帖" if change > 0 else f"正在放缓，比前一小时少 {size} 帖"
    return f"最近一小时 {count(snapshot.velocity)} 帖，{direction if change else '与前一小时持平'}"


def confidence(value: float) -> str:
    """How much of the index is known, in words."""
    word = "高" if value >= 0.8 else "中" if value >= 0.5 else "低"
    return f"{word}（{value:.0%} 的构成有数据）"


def count(value: float | None) -> str:
    """A count with separators; 未知 where no source says."""
    if value is None:
        return "未知"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def part_name(key: str) -> str:
    """The Chinese name of a part of the index; a part that is new to this page keeps its key."""
    return PART_NAMES.get(key, key)

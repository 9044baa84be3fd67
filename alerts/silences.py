"""Silences: which of them cover an incident now, and how they are told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.actions import Matter, Silence
from domain.alerts import Level
from domain.clock import local
from domain.incidents import Incident
from domain.posts import PLATFORM_NAMES


def covering(silences: Iterable[Silence], incident: Incident, matter: Matter, now: datetime) -> tuple[Silence, ...]:
    """The silences that hold at ``now`` and match the incident, in the order in which they were set."""
    return tuple(item for item in silences if item.begin <= now < item.end and matches(item, incident, matter))


def matches(silence: Silence, incident: Incident, matter: Matter) -> bool:
    """Whether everything that the silence names fits the incident.

    A platform or a source fits only where all posts stand on it: what spreads to another place is not to be missed.
    """
    return all(
        (
            silence.bank in (None, incident.bank),
            silence.incident in (None, incident.id),
            silence.topic is None or silence.topic in incident.topics,
            silence.branch is None or silence.branch in matter.branches,
            silence.platform is None or matter.platforms == (silence.platform,),
            silence.source is None or matter.sources == (silence.source,),
            silence.words is None or silence.words in incident.title,
        )
    )


def hiding(silences: Sequence[Silence], level: Level) -> Silence | None:
    """The silence that hides mail of this level for the longest; None where it goes out."""
    return max((item for item in silences if item.max_level >= level), key=lambda item: item.end, default=None)


def told(silence: Silence) -> str:
    """A silence in a reason: ``3 号，王主任：正在处置；至 03-17 12:00``."""
    return f"{silence.key} 号，{silence.by}：{silence.reason}；至 {local(silence.end):%m-%d %H:%M}"


def scope(silence: Silence) -> str:
    """What it matches, in Chinese."""
    parts = (
        ("事件 {}", silence.incident), ("主题 {}", silence.topic), ("网点 {}", silence.branch),
        ("只在{}", PLATFORM_NAMES.get(silence.platform, silence.platform) if silence.platform else None),
        ("只在来源 {}", silence.source), ("标题含“{}”", silence.words), ("银行 {}", silence.bank),
    )  # fmt: skip
    return "，".join(words.format(value) for words, value in parts if value) or "所有事件"

"""The queue for review as staff see it: blocks to read, rows for a spreadsheet, records for programs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from app.review import Asked, Live
from domain.clock import local
from domain.posts import PLATFORM_NAMES

COLUMNS = (
    "source", "id", "bank", "why", "read", "parent", "text", "about", "negative", "topics", "severity", "note",
)  # fmt: skip
"""The last five are for the analyst to fill in: ``yuqing label --file`` reads them."""
BLANK = ("", "", "", "", "")
SHOWN = 300


def rows(asked: Sequence[Asked], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """One row for each post, by `COLUMNS`; ``names`` of topics by code."""
    return [
        (
            one.standing.post.source,
            one.standing.post.id,
            one.review.bank,
            one.review.reason,
            _read(one, names),
            one.standing.parent or "",
            one.standing.post.full_text,
            *BLANK,
        )
        for one in asked
    ]


def records(asked: Sequence[Asked], names: Mapping[str, str], folder: str) -> list[dict[str, Any]]:
    """The same for programs, with the command that confirms the reading."""
    fields = COLUMNS[: -len(BLANK)]
    return [
        {**dict(zip(fields, row, strict=False)), "sampled": one.review.sampled, "command": command(one, folder)}
        for one, row in zip(asked, rows(asked, names), strict=True)
    ]


def block(number: int, one: Asked, names: Mapping[str, str], folder: str, *, banks: bool) -> str:
    """One post to read, why it is asked, and the commands to answer with; ``banks``: more than one is watched."""
    post = one.standing.post
    when = f"{local(post.moment):%Y-%m-%d %H:%M}，{PLATFORM_NAMES[post.platform]}"
    bank = f"，{one.review.bank}" if banks else ""
    lines = [
        f"{number}. {post.source}:{post.id}（{when}{bank}）",
        *([f"   上文：{_cut(one.standing.parent)}"] if one.standing.parent else []),
        f"   原文：{_cut(post.full_text)}",
        f"   系统读出：{_read(one, names)}",
        f"   为什么问：{one.review.reason}",
        f"   认可：{command(one, folder, named=banks)}",
        f"   不认可：在上面的命令后加 {_corrections(one)}",
    ]
    return "\n".join(lines)


def command(one: Asked, folder: str, *, named: bool = True) -> str:
    """The command that confirms the reading."""
    post = one.standing.post
    bank = ["--bank", one.review.bank] if named else []
    words = ["yuqing", "label", f"{post.source}:{post.id}", *bank, "--by", "姓名", "--config", folder]
    return " ".join(map(shlex.quote, words))


def live_lines(live: Live) -> list[str]:
    """The honest figures in Chinese."""
    return [
        f"随机抽查 {live.drawn} 条（从系统认为说到本行的帖子里抽），已判 {live.judged} 条。",
        f"负面 精确率：{live.precision}",
        f"负面 召回率：{live.recall}",
        "方括号内是 95% 区间（Wilson）。没读出说到本行的帖子不在抽查之列，所以漏认本行的不算在召回率里。",
    ]


def _corrections(one: Asked) -> str:
    if _reading_negative(one):
        return "--not-negative（不是负面）、--not-about（不是说本行）或 --topic 主题（换主题，可写几个）"
    return "--negative（是负面，可再加 --topic 主题、--severity 1 至 3）或 --not-about（不是说本行）"


def _reading_negative(one: Asked) -> bool:
    return one.standing.reading is not None and one.standing.reading.negative


def _read(one: Asked, names: Mapping[str, str]) -> str:
    reading = one.standing.reading
    if reading is None or not reading.about:
        return "不是说本行"
    chance = f"负面程度 {reading.negativity:.2f}"
    if not reading.negative:
        return f"说到本行，不负面（{chance}）"
    topics = "、".join(names.get(code, code) for code in reading.topics) or "没有主题"
    return f"负面（{topics}，严重程度 {reading.severity}，{chance}）"


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…（共 {len(plain)} 字）"

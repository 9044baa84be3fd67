"""``yuqing explain``: which text and which bank are meant, and the answer as text or JSON (docs/interfaces.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from app.analyse import reading_fields
from app.explain_text import as_text
from app.wiring import make_analyser, open_settings_store
from config.settings import Settings, load_settings
from domain.readings import Bank, Reading, Text
from nlp.explain import Explanation
from nlp.explain import explain as explain_reading
from nlp.explain_bench import Part
from nlp.explain_flips import Flip
from nlp.lexicon import load_taxonomy
from pipeline.analyse import text_of

_DIGITS = 4


@dataclass(frozen=True)
class Asked:
    """What was typed; see the options of the command."""

    words: str | None
    bank: str | None = None
    aliases: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    parent: str | None = None
    platform: str | None = None
    post: str | None = None
    folder: Path | None = None


def explain_asked(asked: Asked, shape: str) -> str:
    """The explanation in the ``shape`` text or json; a click.UsageError where it is not clear what is meant."""
    _check(asked)
    settings = load_settings(asked.folder) if asked.folder else None
    bank = _bank(asked, settings)
    stored: Reading | None = None
    if asked.post is not None and settings is not None and bank is not None:
        text, stored = _stored(settings, asked.post, bank)
    else:
        text = Text(_words(asked.words or ""), asked.platform or "other", asked.parent, bank)
    explanation = explain_reading(make_analyser(settings), text)
    taxonomy = load_taxonomy(settings.taxonomy_override if settings else None)
    labels = {topic.code: topic.label for topic in taxonomy.topics}
    if shape == "text":
        return as_text(explanation, labels, stored)
    record = as_record(explanation, labels, stored)
    told = json.dumps(record, ensure_ascii=False, indent=1)
    # A lone surrogate cannot be written as UTF-8; escaped it survives.
    return told if _encodes(told) else json.dumps(record, indent=1)


def _encodes(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _check(asked: Asked) -> None:
    if (asked.words is None) == (asked.post is None):
        raise click.UsageError("请写明要说明的文字，或用 --post 来源:编号 指明库里的帖子（两者写一个）")
    if asked.post is not None and asked.folder is None:
        raise click.UsageError("说明库里的帖子要用 --config 写明配置目录")
    if asked.post is not None and (asked.parent is not None or asked.platform is not None):
        raise click.UsageError("库里的帖子，上文和平台以库里的为准，请去掉 --parent 和 --platform")
    if asked.bank is not None and len(asked.bank.strip()) < 2:
        raise click.UsageError(f"--bank 里的银行名称至少两个字，现在是“{asked.bank}”")
    if not asked.bank and not asked.folder and (asked.aliases or asked.branches):
        raise click.UsageError("写了 --alias 或 --branch，还要用 --bank 写明是哪家银行")


def _words(given: str) -> str:
    """The text, from the standard input where it is ``-``."""
    if given != "-":
        return given
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"标准输入不是 UTF-8 文字（第 {error.start + 1} 个字节），请先转成 UTF-8") from None


def _bank(asked: Asked, settings: Settings | None) -> Bank | None:
    if settings is None:
        return Bank(asked.bank.strip(), asked.aliases, (), asked.branches) if asked.bank else None
    banks = [config.bank() for config in settings.banks.banks]
    fitting = [bank for bank in banks if asked.bank is None or asked.bank.strip() in (bank.name, *bank.aliases)]
    if len(fitting) != 1:
        there = "、".join(bank.name for bank in banks)
        asks = "配置里有几家银行，请用 --bank 写明对照哪一家" if fitting else f"配置里没有“{asked.bank}”"
        raise click.UsageError(f"{asks}；banks.yaml 里有：{there}")
    (bank,) = fitting
    return replace(bank, aliases=(*bank.aliases, *asked.aliases), branches=(*bank.branches, *asked.branches))


def _stored(settings: Settings, post: str, bank: Bank) -> tuple[Text, Reading | None]:
    """A stored post as the sweep reads it, and the reading in the store."""
    source, _, identity = post.partition(":")
    if not source or not identity:
        raise click.UsageError(f"--post 应写成 来源:编号（yuqing search 的结果里有这两列），现在是“{post}”")
    store = open_settings_store(settings)
    try:
        standing = store.standing(source, identity, bank.name)
    finally:
        store.close()
    if standing is None:
        raise click.UsageError(f"库里没有来源 {source} 的帖子 {identity}；可以用 yuqing search 找它的来源和编号")
    return text_of(standing.post, standing.parent, bank), standing.reading


def as_record(explanation: Explanation, labels: dict[str, str], stored: Reading | None = None) -> dict[str, Any]:
    """The explanation as JSON has it."""
    text, reading = explanation.text, explanation.reading
    return {
        "text": text.text[: explanation.read],
        "characters": len(text.text),
        "read": explanation.read,
        "platform": text.platform,
        "bank": text.bank.name if text.bank else None,
        "parent": explanation.parent.text if explanation.parent else text.parent,
        "reading": {**reading_fields(reading), "version": reading.version},
        "stored": {**reading_fields(stored), "version": stored.version} if stored else None,
        "bar": round(explanation.bar, _DIGITS),
        "chances": {
            "negative": round(explanation.chances.negative, _DIGITS),
            "about": round(explanation.chances.about, _DIGITS),
            "topics": {code: round(chance, _DIGITS) for code, chance in explanation.chances.topics.items()},
        },
        "labels": {code: labels[code] for code in reading.topics},
        "seen": asdict(explanation.seen),
        "seen_in_parent": asdict(explanation.seen_in_parent) if explanation.seen_in_parent else None,
        "parts": [_part(part) for part in explanation.parts],
        "parent_weight": _part(explanation.parent) if explanation.parent else None,
        "flips": [_flip(flip) for flip in explanation.flips],
        "words": explanation.words,
        "variants": explanation.variants,
        "complete": explanation.complete,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        **_place(part),
        "weight": round(part.weight, _DIGITS),
        "points": part.points,
        "about": round(part.about, _DIGITS),
        "topics": {code: round(weight, _DIGITS) for code, weight in part.topics.items()},
        "without": _decided(part.without),
    }


def _flip(flip: Flip) -> dict[str, Any]:
    return {
        "kind": flip.kind,
        "changes": list(flip.changes),
        "left_out": _places(flip.parts),
        "text": flip.text.text,
        "parent": flip.text.parent,
        "reading": _decided(flip.reading),
    }


def _places(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [_place(part) for part in parts]


def _place(part: Part) -> dict[str, Any]:
    return {"start": part.start, "end": part.end, "text": part.text}


def _decided(reading: Reading) -> dict[str, Any]:
    fields = reading_fields(reading)
    return {name: fields[name] for name in ("about", "negative", "negativity", "topics")}

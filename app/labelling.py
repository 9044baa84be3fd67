"""``yuqing label``: what analysts say about posts, one by one or from a file. A label judges a text, never a person."""

from __future__ import annotations

import csv
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawlers.imports.posts import decoded, write_rejects
from domain.clock import local
from domain.errors import RecordError
from domain.feedback import KINDS, Judgement, Label, kind_of
from domain.posts import Reject
from nlp.lexicon import Taxonomy
from storage.store import SqlStore

COLUMNS = ("时间", "判定人", "帖子", "银行", "判定", "是本行", "负面", "主题", "严重程度", "备注", "原文")
LONGEST_NAME, LONGEST_NOTE, SHOWN = 40, 500, 40
_BETWEEN = re.compile(r"[,，、;；\s]+")
_WORDS = {"1": True, "true": True, "yes": True, "是": True, "0": False, "false": False, "no": False, "否": False}
_NONE = ("无", "-")


@dataclass(frozen=True, slots=True)
class Said:
    """What an analyst said of a post; None: not said. ``topics`` are codes or names, () means: none of them."""

    about: bool | None = None
    negative: bool | None = None
    topics: tuple[str, ...] | None = None
    severity: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing at all was said."""
        return self == Said()


@dataclass(frozen=True, slots=True)
class LabelCount:
    """How a file went; ``blank`` lines had no verdict in them."""

    kept: list[Label]
    blank: int
    rejects: list[Reject]
    rejects_file: Path | None


def complete(said: Said, read: Judgement) -> Judgement:
    """The full judgement: what was said, and for the rest what the reading has. RecordError for a contradiction.

    Topics or a severity mean that it is negative, and that means that it is about the bank.
    """
    negative = False if said.negative is None and said.severity == 0 else said.negative
    if said.topics or said.severity:
        if negative is False:
            raise RecordError("contradiction", "既说不负面（或严重程度 0），又写了主题或严重程度")
        negative = True
    if negative and said.severity == 0:
        raise RecordError("contradiction", "既说负面，又说严重程度 0")
    if negative and said.about is False:
        raise RecordError("contradiction", "既说不是本行，又说负面（或写了主题、严重程度）；负面只指对本行")
    about = read.about if said.about is None else said.about
    about = about or bool(negative)
    negative = about and (read.negative if negative is None else negative)
    if not negative:
        return Judgement(about, negative=False, topics=(), severity=0)
    topics = read.topics if said.topics is None else said.topics
    severity = said.severity or (read.severity if read.negative else None)
    return Judgement(about, negative=True, topics=topics, severity=severity)


@dataclass(frozen=True)
class Desk:
    """Where one analyst judges: the store, the taxonomy, the watched banks, the analyst's short name, the moment."""

    store: SqlStore
    taxonomy: Taxonomy
    banks: tuple[str, ...]
    by: str
    now: datetime

    def judge(self, source: str, post: str, bank: str | None, said: Said, note: str | None) -> Label:
        """The label of one post, not kept yet; RecordError says why there is none."""
        bank = self._bank(bank)
        standing = self.store.standing(source, post, bank)
        if standing is None:
            raise RecordError("no_such_post", f"库里没有帖子 {source}:{post}（来源和编号见 v_posts 的 source、id）")
        if standing.reading is None:
            raise RecordError("unread", f"帖子 {source}:{post} 还没有为“{bank}”研读过；请先运行 yuqing sweep")
        topics = None if said.topics is None else tuple(dict.fromkeys(map(self._code, said.topics)))
        read = Judgement.of(standing.reading)
        judgement = complete(Said(said.about, said.negative, topics, _severity(said.severity)), read)
        return Label(
            post=standing.post.key,
            source=source,
            id=post,
            bank=bank,
            platform=standing.post.platform,
            text=standing.post.full_text,
            parent=standing.parent,
            judgement=judgement,
            kind=kind_of(read, judgement),
            version=standing.reading.version,
            by=_short(self.by, "判定人", LONGEST_NAME) or "",
            at=self.now,
            note=_short(note, "备注", LONGEST_NOTE),
        )

    def _bank(self, name: str | None) -> str:
        if name is None and len(self.banks) == 1:
            return self.banks[0]
        if name not in self.banks:
            told = f"没有关注“{name}”" if name else "关注的银行不止一家，请写明是哪一家"
            raise RecordError("bad_bank", f"{told}；可选：{'、'.join(self.banks)}")
        return name

    def _code(self, topic: str) -> str:
        codes = {topic.code: topic.code for topic in self.taxonomy.topics}
        codes |= {topic.label: topic.code for topic in self.taxonomy.topics}
        if topic in codes:
            return codes[topic]
        near = difflib.get_close_matches(topic, codes, n=1, cutoff=0.5)
        hint = f"，是不是 “{near[0]}”？" if near else "；全部主题见 yuqing topics list"
        raise RecordError("bad_topic", f"没有主题 “{topic}”{hint}")


def _severity(value: int | None) -> int | None:
    if value is not None and value not in (0, 1, 2, 3):
        raise RecordError("bad_severity", f"严重程度应为 0 至 3，现在是 {value}")
    return value


def _short(text: str | None, what: str, longest: int) -> str | None:
    told = (text or "").strip()
    if len(told) > longest:
        raise RecordError("too_long", f"{what}太长（{len(told)} 字，最多 {longest} 字）")
    return told or None


def label_file(path: Path, desk: Desk) -> LabelCount:
    """Labels of a CSV or JSONL file: good lines are kept, bad ones go into a rejects file beside it.

    RecordError where nothing can be read (no UTF-8, no columns).
    """
    kept: list[Label] = []
    rejects: list[Reject] = []
    blank = 0
    for number, raw, record in _lines(path):
        try:
            if isinstance(record, RecordError):
                raise record
            said = said_of(record)
            if said.nothing:
                blank += 1
                continue
            source, post = (_text(record, name) or "" for name in ("source", "id"))
            kept.append(desk.judge(source, post, _text(record, "bank"), said, _text(record, "note")))
        except RecordError as error:
            rejects.append(Reject("", number, error.reason, error.detail, raw))
    desk.store.save_labels(kept)
    return LabelCount(kept, blank, rejects, write_rejects(path, rejects))


def _lines(path: Path) -> Iterator[tuple[int, str, Mapping[str, Any] | RecordError]]:
    """Line number, the line itself, and its fields or why there are none."""
    return _json_lines(path) if path.suffix == ".jsonl" else _csv_lines(path)


def _json_lines(path: Path) -> Iterator[tuple[int, str, Mapping[str, Any] | RecordError]]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        raw = line.decode("utf-8", "replace")
        try:
            record = decoded(line.removeprefix(b"\xef\xbb\xbf"))
        except RecordError as error:
            yield number, raw, error
            continue
        yield number, raw, record if isinstance(record, dict) else RecordError("bad_json", "不是 JSON 对象")


def _csv_lines(path: Path) -> Iterator[tuple[int, str, Mapping[str, Any] | RecordError]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RecordError("bad_csv", f"{path.name} 不是 UTF-8 编码；Excel 里请另存为“CSV UTF-8”") from None
    reader = csv.DictReader(text.splitlines(keepends=True))
    missing = [name for name in ("source", "id") if name not in (reader.fieldnames or ())]
    if missing:
        raise RecordError("bad_csv", f"{path.name} 第 1 行应是列名，缺少 {'、'.join(missing)}")
    for row in reader:
        yield reader.line_num, json.dumps(row, ensure_ascii=False, default=str), row


def said_of(record: Mapping[str, Any]) -> Said:
    """What a line says: an empty or missing field says nothing. RecordError for a value that is none."""
    severity = record.get("severity")
    if isinstance(severity, str):
        severity = severity.strip()
        if severity and not severity.isdecimal():
            raise RecordError("bad_severity", f"severity 应为 0 至 3，现在是 “{severity}”")
        severity = int(severity) if severity else None
    if severity is not None and (isinstance(severity, bool) or not isinstance(severity, int)):
        raise RecordError("bad_severity", f"severity 应为 0 至 3，现在是 {severity!r}")
    return Said(_truth(record, "about"), _truth(record, "negative"), _topics(record.get("topics")), severity)


def _truth(record: Mapping[str, Any], name: str) -> bool | None:
    value = record.get(name)
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word and word not in _WORDS:
        raise RecordError(f"bad_{name}", f"{name} 应为 1 或 0（是、否），现在是 “{value}”")
    return _WORDS[word] if word else None


def _topics(value: Any) -> tuple[str, ...] | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    parts = _BETWEEN.split(value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise RecordError("bad_topics", f"topics 应为主题的列表，或以逗号隔开的文字，现在是 {value!r}")
    return tuple(part for part in parts if part and part not in _NONE)


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return str(value).strip() or None if value is not None else None


def parse_address(address: str) -> tuple[str, str]:
    """Source and id of ``SOURCE:ID``; RecordError where it is none."""
    source, _, post = address.partition(":")
    if not source or not post:
        raise RecordError("bad_address", f"“{address}” 应写成 来源:编号，例如 bbs:12345")
    return source, post


def told(label: Label, taxonomy: Taxonomy) -> str:
    """A label in one line."""
    judged = label.judgement
    names = {topic.code: topic.label for topic in taxonomy.topics}
    topics = "、".join(names.get(code, code) for code in judged.topics) or "没有主题"
    grave = "" if judged.severity is None else f"，严重程度 {judged.severity}"
    verdict = f"负面（{topics}{grave}）" if judged.negative else "说到本行，不负面" if judged.about else "不是说本行"
    return f"{label.source}:{label.id} {KINDS[label.kind]}：{verdict}"


def labels_table(store: SqlStore, taxonomy: Taxonomy) -> list[tuple[str, ...]]:
    """The labels in effect, newest first, by `COLUMNS`."""
    names = {topic.code: topic.label for topic in taxonomy.topics}
    return [_table_row(label, names) for label in reversed(store.labels())]


def _table_row(label: Label, names: Mapping[str, str]) -> tuple[str, ...]:
    judged = label.judgement
    return (
        f"{local(label.at):%Y-%m-%d %H:%M}",
        label.by,
        f"{label.source}:{label.id}",
        label.bank,
        KINDS[label.kind],
        "是" if judged.about else "否",
        "是" if judged.negative else "否",
        "、".join(names.get(code, code) for code in judged.topics),
        "" if judged.severity is None else str(judged.severity),
        label.note or "",
        " ".join(label.text.split())[:SHOWN],
    )

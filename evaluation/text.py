"""How well posts are read, against labelled records. Scores know labels and readings alone.

A record must have ``id``, ``text``, ``watched`` (null: no bank is watched) and ``negative``. All else may be missing
or null; what no record has a label for is not measured, rather than measured as zero.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import RecordError
from domain.readings import Bank, Reading, Text
from evaluation.measures import (
    Bin,
    Bools,
    Figure,
    Floats,
    Measure,
    auc,
    average_precision,
    calibration_error,
    f1,
    macro_f1,
    measure,
    reliability,
    share,
)
from evaluation.slices import Share, length_band, shares
from nlp.analyser import Analyser

LABELS = frozenset({"about", "topics", "severity"})
"""The labels that a record may lack."""
_NEEDED = ("id", "text", "negative")
_WANTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "一段文字"),
    "watched": (lambda value: isinstance(value, str), "银行名称或 null"),
    "negative": (lambda value: isinstance(value, bool), " true 或 false"),
    "platform": (lambda value: isinstance(value, str), "一段文字"),
    "parent": (lambda value: isinstance(value, str), "一段文字或 null"),
    "about": (lambda value: isinstance(value, bool), " true 或 false"),
    "severity": (lambda value: type(value) is int and 0 <= value <= 3, " 0 至 3 的整数"),
    "aliases": (lambda value: _is_list_of_texts(value), "文字的列表"),
    "topics": (lambda value: _is_list_of_texts(value), "主题代码的列表"),
    "phenomena": (lambda value: _is_list_of_texts(value), "文字的列表"),
}
"""For each field that is read, what it must be where it is not null, and how that is told."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a careful analyst wrote down about it; ``given`` names the labels of `LABELS` that he gave."""

    id: str
    text: Text
    about: bool
    topics: frozenset[str]
    negative: bool
    severity: int
    phenomena: tuple[str, ...]
    given: frozenset[str] = LABELS


@dataclass(frozen=True, slots=True)
class TopicScore:
    """A topic's figures; ``records`` have it in the gold."""

    records: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class TextScore:
    """How a set of readings did. Each measure is 0..1; less is better for the calibration error alone.

    A measure that these records cannot tell is None. ``slices``: accuracy of ``negative``, by kind of slice
    (``phenomenon``, ``platform``, ``length``, ``place``) and name.
    """

    records: int
    negatives: int
    negative_precision: Measure | None
    negative_recall: Measure | None
    negative_f1: Measure | None
    negative_auc: Measure | None
    negative_ap: Measure | None
    topics_micro_f1: Measure | None
    topics_macro_f1: Measure | None
    about_accuracy: Measure | None
    severity_within_one: Measure | None
    calibration_error: Measure | None
    slices: Mapping[str, Mapping[str, Share]]
    by_topic: Mapping[str, TopicScore]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Gold and said values as arrays, one row a record; rows without a label count nowhere."""

    negative: Bools
    said_negative: Bools
    negativity: Floats
    topics: Bools
    said_topics: Bools
    about_known: Bools
    about_right: Bools
    severity_known: Bools
    severity_near: Bools


def load_labelled(path: Path) -> list[Labelled]:
    """Labelled records of a JSONL file; RecordError names the line and what is wrong with it."""
    return [labelled(record, number) for number, record in json_lines(path)]


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number and record of each line that is not empty; RecordError for what is not an object in UTF-8."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise RecordError("bad_encoding", "不是 UTF-8 编码，请另存为 UTF-8 的 JSONL") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise bad_label(number, f"不是 JSON（{error}）") from error
            if not isinstance(record, dict):
                raise bad_label(number, "应为一个 JSON 对象 {…}")
            yield number, record


def bad_label(number: int, problem: str) -> RecordError:
    """The error for a line of a labelled file."""
    return RecordError("bad_label", f"第 {number} 行不是标注记录：{problem}")


def labelled(record: Mapping[str, Any], number: int) -> Labelled:
    """A record of our own form; ``number`` is its line, for the error."""
    said = {name: value for name, value in record.items() if value is not None}
    for name in _NEEDED:
        if name not in said:
            raise bad_label(number, f"缺少 {name}")
    if "watched" not in record:
        raise bad_label(number, "缺少 watched（没有指定银行时写 null）")
    for name, (fits, wanted) in _WANTED.items():
        if name in said and not fits(said[name]):
            raise bad_label(number, f"{name} 应为{wanted}，现在是 {said[name]!r}")
    bank = Bank(said["watched"], tuple(said.get("aliases", ()))) if said.get("watched") else None
    return Labelled(
        id=str(said["id"]),
        text=Text(said["text"], said.get("platform", "other"), said.get("parent"), bank),
        about=said.get("about", True),
        topics=frozenset(said.get("topics", ())),
        negative=said["negative"],
        severity=said.get("severity", 0),
        phenomena=tuple(said.get("phenomena", ())),
        given=LABELS & said.keys(),
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def score(records: Sequence[Labelled], readings: Sequence[Reading]) -> TextScore:
    """The figures of a set of readings, with intervals. Topics that neither side has do not count.

    ValueError where there are no records.
    """
    if not records:
        raise ValueError("nothing to score")
    codes = sorted({code for record in records for code in record.topics} | _said_codes(records, readings))
    columns = _columns(records, readings, codes)
    found = measure(_figures(columns), len(records))
    return TextScore(
        records=len(records),
        negatives=int(columns.negative.sum()),
        **{name: found.get(name) for name in MEASURES},
        slices=_slices(records, columns),
        by_topic={code: _topic_score(columns.topics[:, i], columns.said_topics[:, i]) for i, code in enumerate(codes)},
        reliability=reliability(columns.negative, columns.negativity),
    )


def _said_codes(records: Sequence[Labelled], readings: Sequence[Reading]) -> set[str]:
    """Topics that were read in records with a label for topics."""
    pairs = zip(records, readings, strict=True)
    return {code for record, reading in pairs if "topics" in record.given for code in reading.topics}


def _columns(records: Sequence[Labelled], readings: Sequence[Reading], codes: Sequence[str]) -> _Columns:
    pairs = list(zip(records, readings, strict=True))

    def column(value: Callable[[Labelled, Reading], bool]) -> Bools:
        return np.array([value(record, reading) for record, reading in pairs], dtype=bool)

    def table(value: Callable[[Labelled, Reading], set[str] | frozenset[str]]) -> Bools:
        rows = [value(record, reading) if "topics" in record.given else () for record, reading in pairs]
        return np.array([[code in row for code in codes] for row in rows], dtype=bool).reshape(len(pairs), len(codes))

    return _Columns(
        negative=column(lambda record, _: record.negative),
        said_negative=column(lambda _, reading: reading.negative),
        negativity=np.array([reading.negativity for reading in readings], dtype=np.float64),
        topics=table(lambda record, _: record.topics),
        said_topics=table(lambda _, reading: frozenset(reading.topics)),
        about_known=column(lambda record, _: "about" in record.given),
        about_right=column(lambda record, reading: "about" in record.given and record.about == reading.about),
        severity_known=column(lambda record, _: "severity" in record.given),
        severity_near=column(
            lambda record, reading: "severity" in record.given and abs(record.severity - reading.severity) <= 1
        ),
    )


def _figures(columns: _Columns) -> dict[str, Figure]:
    """The figures that these records can tell."""
    gold, said, negativity = columns.negative, columns.said_negative, columns.negativity
    figures = {
        "negative_auc": auc(gold, negativity),
        "calibration_error": calibration_error(gold, negativity),
    }
    if gold.any():
        figures |= {
            "negative_precision": share(gold & said, said),
            "negative_recall": share(gold & said, gold),
            "negative_f1": f1(gold, said),
            "negative_ap": average_precision(gold, negativity),
        }
    if columns.topics.any():
        figures["topics_micro_f1"] = f1(columns.topics, columns.said_topics)
        figures["topics_macro_f1"] = macro_f1(columns.topics, columns.said_topics)
    if columns.about_known.any():
        figures["about_accuracy"] = share(columns.about_right, columns.about_known)
    if columns.severity_known.any():
        figures["severity_within_one"] = share(columns.severity_near, columns.severity_known)
    return figures


MEASURES = (
    "negative_precision",
    "negative_recall",
    "negative_f1",
    "negative_auc",
    "negative_ap",
    "topics_micro_f1",
    "topics_macro_f1",
    "about_accuracy",
    "severity_within_one",
    "calibration_error",
)
"""The measures of `TextScore`, in the order in which they are told."""


def _topic_score(gold: Bools, said: Bools) -> TopicScore:
    both, golds, saids = int((gold & said).sum()), int(gold.sum()), int(said.sum())
    return TopicScore(golds, both / saids if saids else 0.0, both / golds if golds else 0.0, 2 * both / (golds + saids))


def _slices(records: Sequence[Labelled], columns: _Columns) -> dict[str, dict[str, Share]]:
    right = (columns.negative == columns.said_negative).tolist()
    kinds: Mapping[str, Callable[[Labelled], Sequence[str]]] = {
        "phenomenon": lambda record: record.phenomena,
        "platform": lambda record: (record.text.platform,),
        "length": lambda record: (length_band(record.text.text),),
        "place": lambda record: ("reply" if record.text.parent else "root",),
    }
    return {kind: shares(zip(map(names, records), right, strict=True)) for kind, names in kinds.items()}


def read_all(analyser: Analyser, records: Sequence[Labelled]) -> list[Reading]:
    """The analyser's readings of labelled records."""
    return analyser.read([record.text for record in records])

"""Scores of the text stage are what their definitions say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import RecordError
from domain.readings import Bank, Reading, Text
from evaluation.text import Labelled, TopicScore, load_labelled, score


def labelled(number: int, topics: tuple[str, ...], severity: int) -> Labelled:
    """A record that is about the bank; negative where it has a severity."""
    text = Text("青石岭银行", "forum", None, Bank("青石岭银行"))
    return Labelled(str(number), text, True, frozenset(topics), severity > 0, severity, ("plain",))  # noqa: FBT003


def said(negativity: float, topics: tuple[str, ...] = (), severity: int = 0) -> Reading:
    """A reading that is negative from one half on."""
    return Reading(
        about=True, topics=topics, negative=negativity >= 0.5, negativity=negativity, severity=severity, evidence=(),
        version="t",
    )  # fmt: skip


def test_a_perfect_reading_scores_one() -> None:
    """With every answer right, all figures are 1 and the calibration error is 0."""
    gold = [labelled(1, ("app_fault",), 2), labelled(2, (), 0), labelled(3, ("queue_slow",), 1), labelled(4, (), 0)]
    got = score(gold, [said(1, ("app_fault",), 2), said(0), said(1, ("queue_slow",), 1), said(0)])
    assert got.negative_f1.value == got.negative_auc.value == got.topics_micro_f1.value == 1
    assert got.topics_macro_f1.value == got.about_accuracy.value == got.severity_within_one.value == 1
    assert got.calibration_error.value == 0
    assert (got.negative_ap.value, got.negatives) == (1, 2)
    assert (got.slices["phenomenon"]["plain"].records, got.slices["phenomenon"]["plain"].value) == (4, 1)


def test_figures_follow_their_definitions() -> None:
    """One right, one missed, one false: precision and recall one half; ties count half in the AUC."""
    gold = [labelled(1, ("app_fault",), 2), labelled(2, ("app_fault",), 3), labelled(3, (), 0), labelled(4, (), 0)]
    got = score(gold, [said(0.8, ("app_fault",), 2), said(0.2), said(0.8, ("queue_slow",), 1), said(0.2)])
    assert got.negative_precision.value == got.negative_recall.value == got.negative_f1.value == 0.5
    assert got.negative_auc.value == 0.5
    assert got.topics_micro_f1.value == 0.5
    assert got.topics_macro_f1.value == pytest.approx(2 / 3)
    assert got.severity_within_one.value == 0.75
    assert got.calibration_error.value == pytest.approx(0.3)


def test_intervals_hold_the_figure_and_are_repeatable() -> None:
    """The 95 % interval surrounds the figure and is the same each time."""
    gold = [labelled(i, ("app_fault",) if i % 2 else (), i % 2) for i in range(60)]
    got = [said(0.9 if (i % 2) ^ (i % 7 == 0) else 0.1, severity=i % 2) for i in range(60)]
    first, again = score(gold, got), score(gold, got)
    assert first == again
    assert first.negative_f1.low <= first.negative_f1.value <= first.negative_f1.high


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "1", "text": "无标注"}', "缺少 negative"),
        ('{"id": "1", "text": "好", "negative": false}', "缺少 watched（没有指定银行时写 null）"),
        (
            '{"id": "1", "text": "好", "watched": null, "negative": "false"}',
            "negative 应为 true 或 false，现在是 'false'",
        ),
        ('{"id": "1", "text": "好", "watched": null, "negative": true, "severity": 4}', "severity 应为 0 至 3 的整数"),
        ('{"id": "1", "text": "好", "watched": null, "negative": true, "topics": "app"}', "topics 应为主题代码的列表"),
        ("[1]", "应为一个 JSON 对象"),
        ("{", "不是 JSON"),
    ],
)
def test_a_line_that_is_no_record_is_told(tmp_path: Path, line: str, problem: str) -> None:
    """The error names the line, the field, what stands there and what should."""
    path = tmp_path / "data.jsonl"
    path.write_text(f'{{"id": "0", "text": "", "watched": null, "negative": false}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(RecordError, match=f"第 3 行不是标注记录：{re.escape(problem)}"):
        load_labelled(path)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    """A file that is not UTF-8 is an error that says so; a byte order mark is none."""
    path = tmp_path / "data.jsonl"
    line = '{"id": 7, "text": "排队", "watched": null, "negative": false}'
    path.write_text(line, encoding="utf-8-sig")
    assert load_labelled(path)[0].id == "7"
    path.write_text(line, encoding="gb18030")
    with pytest.raises(RecordError, match="UTF-8"):
        load_labelled(path)


def test_records_may_lack_labels(tmp_path: Path) -> None:
    """What is missing or null is not given; the rest is read, and no bank is watched where there is none."""
    path = tmp_path / "data.jsonl"
    record = {"id": "1", "text": "排队", "watched": None, "negative": True, "severity": None, "topics": []}
    path.write_text(json.dumps(record), encoding="utf-8")
    (found,) = load_labelled(path)
    assert found.given == {"topics"}
    assert found.text == Text("排队", "other", None, None)


def test_what_no_record_has_a_label_for_is_not_measured() -> None:
    """Without topics, about and severity, and with all alike, what cannot be told is None."""
    bare = [replace(labelled(number, (), 1), given=frozenset()) for number in range(3)]
    got = score(bare, [said(0.9, ("app_fault",), 1), said(0.9), said(0.2)])
    assert got.negative_recall is not None
    assert got.negative_recall.value == pytest.approx(2 / 3)
    assert got.topics_micro_f1 is got.topics_macro_f1 is got.about_accuracy is got.severity_within_one is None
    assert got.negative_auc is None
    assert got.by_topic == {}
    with pytest.raises(ValueError, match="nothing"):
        score([], [])


def test_a_label_counts_only_where_it_is_given() -> None:
    """In a mixed file, records without topics and about count for negative, and not for topics and about."""
    whole = labelled(1, ("app_fault",), 2)
    bare = replace(labelled(2, (), 1), about=False, given=frozenset({"severity"}))
    got = score([whole, bare], [said(0.9, ("app_fault",), 2), said(0.9, ("queue_slow",), 3)])
    assert (got.topics_micro_f1.value, got.about_accuracy.value, got.severity_within_one.value) == (1, 1, 0.5)
    assert got.by_topic.keys() == {"app_fault"}


def test_a_topic_that_is_only_said_counts_against_us() -> None:
    """A topic that no record has lowers the micro-F1 and has a row of its own."""
    gold = [labelled(1, ("app_fault",), 2), labelled(2, (), 0)]
    got = score(gold, [said(0.9, ("app_fault", "queue_slow"), 2), said(0)])
    assert got.topics_micro_f1.value == pytest.approx(2 / 3)
    assert got.by_topic["queue_slow"] == TopicScore(0, 0, 0, 0)


def test_accuracy_is_told_by_slice() -> None:
    """By phenomenon, platform, length and place in the thread, each with its number of records."""
    reply = labelled(2, (), 1)
    reply = replace(reply, text=replace(reply.text, parent="利息怎么算的", text="字" * 30), phenomena=("sarcasm",))
    got = score([labelled(1, (), 1), reply], [said(0.9), said(0.1)])
    told = {kind: {name: (one.right, one.records) for name, one in found.items()} for kind, found in got.slices.items()}
    assert told == {
        "phenomenon": {"plain": (1, 1), "sarcasm": (0, 1)},
        "platform": {"forum": (1, 2)},
        "length": {"000-010": (1, 1), "021-040": (0, 1)},
        "place": {"root": (1, 1), "reply": (0, 1)},
    }
    assert [(one.low, one.records) for one in got.reliability] == [(0.1, 1), (0.9, 1)]

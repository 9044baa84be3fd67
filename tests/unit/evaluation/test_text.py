"""Scores of the text stage are what their definitions say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors import RecordError
from domain.readings import Bank, Reading, Text
from evaluation.text import Labelled, keyword_baseline, load_labelled, report, score, snownlp_baseline


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
    assert got.by_phenomenon == {"plain": (4, 1.0)}


def test_figures_follow_their_definitions() -> None:
    """One right, one missed, one false: precision and recall one half; ties count half in the AUC."""
    gold = [labelled(1, ("app_fault",), 2), labelled(2, ("app_fault",), 3), labelled(3, (), 0), labelled(4, (), 0)]
    got = score(gold, [said(0.8, ("app_fault",), 2), said(0.2), said(0.8, ("queue_slow",), 1), said(0.2)])
    assert got.negative_precision.value == got.negative_recall.value == got.negative_f1.value == 0.5
    assert got.negative_auc.value == 0.5
    assert got.topics_micro_f1.value == pytest.approx(2 / 3)
    assert got.severity_within_one.value == 0.75
    assert got.calibration_error.value == pytest.approx(0.3)


def test_intervals_hold_the_figure_and_are_repeatable() -> None:
    """The 95 % interval surrounds the figure and is the same each time."""
    gold = [labelled(i, ("app_fault",) if i % 2 else (), i % 2) for i in range(60)]
    got = [said(0.9 if (i % 2) ^ (i % 7 == 0) else 0.1, severity=i % 2) for i in range(60)]
    first, again = score(gold, got), score(gold, got)
    assert first == again
    assert first.negative_f1.low <= first.negative_f1.value <= first.negative_f1.high


def test_a_line_without_labels_is_told(tmp_path: Path) -> None:
    """The error names the line."""
    path = tmp_path / "data.jsonl"
    path.write_text('{"id": "1", "text": "无标注"}\n', encoding="utf-8")
    with pytest.raises(RecordError, match="第 1 行"):
        load_labelled(path)


def test_baselines_read_and_the_report_shows_all_three(tmp_path: Path) -> None:
    """The report has our figures with intervals beside SnowNLP's and the keywords'."""
    record = {
        "id": "1", "platform": "forum", "watched": "青石岭银行", "aliases": [], "parent": None,
        "text": "青石岭银行手机银行天天闪退", "about": True, "topics": ["app_fault"], "negative": True, "severity": 1,
        "phenomena": ["plain"],
    }  # fmt: skip
    calm = record | {"id": "2", "text": "青石岭银行几点开门", "topics": [], "negative": False, "severity": 0}
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (record, calm)), encoding="utf-8")
    records = load_labelled(path)
    assert keyword_baseline(records)[0].topics == ("app_fault",)
    assert 0 <= snownlp_baseline(records)[0].negativity <= 1
    text = report(path)
    assert "指标\t本系统\t\tSnowNLP\t关键词" in text
    assert "手机银行故障\t1" in text

"""A whole evaluation, as people and machines read it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.errors import RecordError
from evaluation import report as module
from evaluation.baselines import BASELINES
from evaluation.public import load
from evaluation.report import MISREAD_COLUMNS, Report, as_json, as_markdown, evaluate, misread, sections
from nlp.analyser import load_analyser

BANK = "青石岭银行"
POST = {
    "id": "1", "platform": "forum", "watched": BANK, "aliases": [], "parent": None, "about": True,
    "text": f"{BANK}手机银行天天闪退，气死人了", "topics": ["app_fault"], "negative": True, "severity": 1,
    "phenomena": ["plain"],
}  # fmt: skip
CALM = POST | {
    "id": "2", "text": f"{BANK}几点开门", "topics": [], "negative": False, "severity": 0, "parent": "去存钱",
    "phenomena": ["question", "a|b"],
}  # fmt: skip
WRONG = CALM | {"id": "3", "negative": True, "topics": ["queue_slow"], "severity": 1, "about": True}


def reported(folder: Path, *rows: dict[str, Any], names: tuple[str, ...] = ("keywords",)) -> Report:
    """The report on a file of the rows."""
    path = folder / "data.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return evaluate(path, load_analyser(), names)


def test_people_read_tables(tmp_path: Path) -> None:
    """In Chinese: the figures beside the baseline's, the slices, the topics by their labels, the calibration."""
    tables = dict(sections(reported(tmp_path, POST, CALM), "zh"))
    figures = {row[0]: row[1:] for row in tables[("指标", "本系统", "关键词")]}
    assert figures["负面 F1"] == ("1.000 [1.000, 1.000]", "1.000")
    assert figures["严重程度 相差不超过一级"][1] == "–"
    assert {row[:3] for row in next(rows for columns, rows in tables.items() if columns[0] == "主帖或回复")} == {
        ("主帖", "1", "1.00"), ("回复", "1", "1.00"),
    }  # fmt: skip
    assert tables[("主题", "条数", "精确率", "召回率", "F1")] == [("手机银行故障", "1", "1.00", "1.00", "1.00")]
    assert [columns[0] for columns in tables][-1] == "负面程度"


def test_slices_of_one_name_are_not_told(tmp_path: Path) -> None:
    """Where all records are of one platform, there is no table of platforms."""
    assert "平台" not in [columns[0] for columns, _ in sections(reported(tmp_path, POST, CALM), "zh")]


def test_documents_take_markdown(tmp_path: Path) -> None:
    """In English, with codes, and with every bar inside a cell escaped."""
    text = as_markdown(reported(tmp_path, POST, CALM))
    assert text.startswith("`data.jsonl`: 2 records, 1 negative, reader ")
    assert (
        "| measure | ours | keywords |\n|---|---|---|\n| negative, precision | 1.000 [1.000, 1.000] | 1.000 |" in text
    )
    assert "| app_fault | 1 | 1.00 | 1.00 | 1.00 |" in text
    assert "| a\\|b | 1 |" in text


def test_machines_read_plain_values(tmp_path: Path) -> None:
    """What the records cannot tell is null, and a baseline has only the measures it can be held to."""
    bare = {"id": "9", "text": "闪退", "watched": None, "negative": True}
    found = json.loads(json.dumps(as_json(reported(tmp_path, POST, CALM | {"severity": None}, bare))))
    assert found["records"] == 3
    assert found["measures"]["about_accuracy"]["value"] == 1
    assert "about_accuracy" not in found["baselines"]["keywords"]
    assert found["slices"]["place"]["reply"]["records"] == 1
    assert found["topics"]["app_fault"]["records"] == 1
    assert sum(one["records"] for one in found["reliability"]) == 3
    assert as_json(reported(tmp_path, bare))["measures"]["topics_micro_f1"] is None


def test_a_baseline_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a column that says so, is null for machines, and stops nothing."""
    missing = replace(BASELINES[0], package="no_such_package")
    monkeypatch.setattr(module, "BASELINES", (missing,))
    told: list[str] = []
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(POST), encoding="utf-8")
    found = evaluate(path, load_analyser(), [missing.name], say=told.append)
    assert told == ["关键词：未安装 no_such_package，略过"]
    assert as_json(found)["baselines"] == {"keywords": None}
    assert next(sections(found, "zh"))[1][0][2] == "未安装"


def test_what_was_read_wrongly_is_listed(tmp_path: Path) -> None:
    """Each such record with what is wrong about it, gold and said, and none of the others."""
    rows = [dict(zip(MISREAD_COLUMNS, row, strict=True)) for row in misread(reported(tmp_path, POST, CALM, WRONG))]
    assert [(row["id"], row["wrong"], row["gold"], row["said"]) for row in rows] == [("3", "negative topics", 1, 0)]
    assert (rows[0]["gold_topics"], rows[0]["said_topics"], rows[0]["parent"]) == ("queue_slow", "", "去存钱")
    assert (rows[0]["phenomena"], rows[0]["file"]) == ("question a|b", "data.jsonl")


def test_twins_of_the_training_part_do_not_count(tmp_path: Path) -> None:
    """They are left out and counted; where none is left, that is an error."""
    path, known = tmp_path / "test.jsonl", tmp_path / "known.jsonl"
    path.write_text("\n".join(map(json.dumps, (POST, CALM))), encoding="utf-8")
    known.write_text(json.dumps(POST), encoding="utf-8")
    found = evaluate(path, load_analyser(), (), known=load(known))
    assert (found.ours.records, found.left_out) == (1, 1)
    assert "1 left out" in as_markdown(found)
    with pytest.raises(RecordError, match="没有可以评的"):
        evaluate(known, load_analyser(), (), known=load(known))

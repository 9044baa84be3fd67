"""``yuqing evaluate`` as a user runs it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main

LINES = (
    '{"id": "1", "text": "手机银行天天闪退，垃圾银行", "watched": null, "negative": true}',
    '{"id": "2", "text": "=HYPERLINK(1)今天几点开门", "watched": null, "negative": true}',
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A file of two labelled posts, the second of which nobody would read as negative."""
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def test_several_files_are_evaluated(data: Path) -> None:
    """Each has its tables, and JSON has a list with an entry for each; steps go to stderr."""
    other = data.with_name("other.jsonl")
    other.write_text(LINES[0], encoding="utf-8")
    said = CliRunner().invoke(main, ["evaluate", str(data), str(other), "--baselines", "keywords"])
    assert said.exit_code == 0
    assert "data.jsonl：2 条，其中负面 2 条" in said.stdout
    assert "other.jsonl：1 条" in said.stdout
    assert "负面 F1" in said.stdout
    assert said.stderr == "关键词：正在读 2 条\n关键词：正在读 1 条\n"
    found = CliRunner().invoke(main, ["evaluate", str(data), str(other), "--baselines", "none", "--format", "json"])
    assert [one["records"] for one in json.loads(found.stdout)] == [2, 1]


def test_errors_go_to_a_file_that_a_spreadsheet_may_open(data: Path) -> None:
    """What was read wrongly is written as CSV, and a post that looks like a formula is made harmless."""
    out = data.with_name("errors.csv")
    said = CliRunner().invoke(main, ["evaluate", str(data), "--baselines", "none", "--errors", str(out)])
    assert said.exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["wrong"], row["text"]) for row in rows] == [("2", "negative", "'=HYPERLINK(1)今天几点开门")]


def test_mistakes_are_told(data: Path) -> None:
    """A baseline or a folder that is not there ends with 2, a bad line with 1, and all say what to mend."""
    run = CliRunner().invoke
    wrong = run(main, ["evaluate", str(data), "--baselines", "keywords,bert"])
    assert (wrong.exit_code, "没有“bert”，可选 all、none、cheap、keywords" in wrong.stderr) == (2, True)
    nowhere = run(main, ["evaluate", str(data), "--errors", str(data.with_name("no") / "e.csv")])
    assert (nowhere.exit_code, "请先建好" in nowhere.stderr) == (2, True)
    data.write_text("{}", encoding="utf-8")
    bad = run(main, ["evaluate", str(data)])
    assert (bad.exit_code, "data.jsonl 第 1 行不是标注记录：缺少 id" in bad.stderr) == (1, True)

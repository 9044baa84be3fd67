"""`yuqing topics` as a bank's clerk runs it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """\
topics:
  - code: parking
    label: 停车难
    line: 服务
    department: 安保部
    complaint: {reason: [facility]}
    terms: [停车位不够]
    examples:
      - {is: true, text: "去{bank}办事停车位不够，被贴了罚单，气死人"}
      - {is: false, text: "{bank}的停车位不够吗？"}
"""


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A starting folder."""
    folder = tmp_path / "conf"
    assert yuqing("init", folder).returncode == 0
    return folder


def test_the_shipped_examples_are_told_but_are_no_fault_of_the_banks(folder: Path) -> None:
    """Status 0 without a file of one's own; with --all every shipped one that is read wrongly counts."""
    done = yuqing("topics", "check", "--config", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "没有 topics.yaml" in done.stdout
    assert "没有要改的。" in done.stdout
    everything = yuqing("topics", "check", "--all")
    assert everything.returncode == (1 if "✗" in everything.stdout else 0)
    assert "“飞单” 在 误导销售、员工违规 里都有" in everything.stdout


def test_a_banks_examples_decide_on_the_status(folder: Path) -> None:
    """All right: 0. After a word was taken out that an example needs: 1, with the example, its place, and advice."""
    own = folder / "topics.yaml"
    own.write_text(GOOD, encoding="utf-8")
    good = yuqing("topics", "check", "--config", folder)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "本行的 topics.yaml：例句 2 条，读对 2 条" in good.stdout
    own.write_text(GOOD.replace("[停车位不够]", "[车位太少]"), encoding="utf-8")
    done = yuqing("topics", "check", "--config", folder)
    assert done.returncode == 1
    assert f"✗ {own.resolve()}:9:9 停车难：该读出，没有读出" in done.stdout
    assert "要改的：读错的例句 1 条，写法有误 0 处。" in done.stdout


def test_a_file_that_cannot_be_read_ends_with_2(folder: Path) -> None:
    """File, line and column, and nothing is read."""
    (folder / "topics.yaml").write_text(GOOD.replace("[facility]", "[facilty]"), encoding="utf-8")
    done = yuqing("topics", "check", "--config", folder)
    assert done.returncode == 2
    assert "topics.yaml:6:26: reason 里没有 facilty 这一类" in done.stderr
    assert done.stdout == ""


def test_the_list_shows_departments_and_complaint_classes(folder: Path) -> None:
    """The same rows as table, CSV with Chinese heads and JSON with plain keys; guesses are marked."""
    (folder / "topics.yaml").write_text(GOOD + "complaint_codes: {loan: B甲}\n", encoding="utf-8")
    rows = json.loads(yuqing("topics", "list", "--config", folder, "--format", "json").stdout)
    by_code = {row["code"]: row for row in rows}
    assert len(rows) == 25
    assert by_code["parking"]["department"] == "安保部"
    assert by_code["loan_hard"]["business"] == "B甲 贷款"
    assert by_code["deposit_rate_low"]["reason"] == "定价收费（存疑）；产品收益（存疑）"
    sheet = list(csv.reader(io.StringIO(yuqing("topics", "list", "--format", "csv").stdout)))
    assert sheet[0][:4] == ["代码", "主题", "条线", "部门"]
    assert len(sheet) == 25
    assert "吞利息" in yuqing("topics", "list").stdout

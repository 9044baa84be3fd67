"""The command line for real: each call is a process, as a bank would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting folder as ``yuqing init`` writes it."""
    folder = tmp_path_factory.mktemp("conf") / "qinghe"
    assert yuqing("init", folder).returncode == 0
    return folder


def test_a_first_sweep_of_the_starting_folder_is_done_and_says_that_nobody_is_written_to(folder: Path) -> None:
    """Nothing is switched on yet: status 0, a summary on stdout, a reminder on stderr."""
    done = yuqing("sweep", "--config", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("巡检完成：来源 0 个")
    assert "红色、橙色、黄色、日报没有收件人" in done.stderr
    alerts = folder / "alerts.yaml"
    before = alerts.read_text(encoding="utf-8")
    alerts.write_text(before.replace("  yellow: []  ", "  yellow: [zhiban@bank.example]  ", 1), encoding="utf-8")
    assert "提醒：日报没有收件人" in yuqing("sweep", "--config", folder).stderr
    alerts.write_text(before, encoding="utf-8")


def test_a_wrong_configuration_ends_with_2_and_names_the_place(folder: Path, tmp_path: Path) -> None:
    """File, line and column stand in the message, and nothing was run."""
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.glob("*.yaml"):
        (broken / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (broken / "banks.yaml").write_text("banks:\n  - name: 青禾村镇银行\n    aliasses: [青禾]\n", encoding="utf-8")
    done = yuqing("sweep", "--config", broken)
    assert done.returncode == 2
    assert "banks.yaml:3:5" in done.stderr
    assert "aliases" in done.stderr
    assert not (broken / "yuqing.db").exists()


def test_import_query_and_search_work_on_one_store(folder: Path, tmp_path: Path) -> None:
    """A file goes in, its bad line is told with status 1, and the rest is found by SQL and by its words."""
    file = tmp_path / "posts.jsonl"
    good = {"source": "bbs", "id": "t1", "text": "排队两小时", "observed_at": "2026-03-16T08:00:00+08:00"}
    file.write_text(json.dumps(good, ensure_ascii=False) + "\n{\n", encoding="utf-8")
    done = yuqing("import", "posts", file, "--config", folder)
    assert done.returncode == 1
    assert "拒收 1 行" in done.stdout
    rows = yuqing("query", "SELECT source, id, text FROM v_posts", "--config", folder, "--format", "json")
    assert json.loads(rows.stdout) == [{"source": "bbs", "id": "t1", "text": "排队两小时"}]
    assert "排队两小时" in yuqing("search", "排队", "--config", folder).stdout


def test_a_query_that_writes_is_refused(folder: Path) -> None:
    """Analysts read; nothing they type changes the store."""
    done = yuqing("query", "DELETE FROM posts", "--config", folder)
    assert done.returncode == 1
    assert "未能完成" in done.stderr


def test_sources_are_listed_with_their_state(folder: Path) -> None:
    """What is switched off says so; nothing is fetched for a look at the list."""
    done = yuqing("sources", "list", "--config", folder)
    assert done.returncode == 0
    assert "青禾市民网" in done.stdout
    assert done.stdout.count("停用") >= 3


def test_doctor_names_what_is_missing(folder: Path) -> None:
    """Without recipients and without a reachable relay a person is needed, and the file to mend is named."""
    done = yuqing("doctor", "--config", folder)
    assert done.returncode == 1
    assert "✗ 收件人" in done.stdout
    assert "alerts.yaml" in done.stdout


def test_analyse_keeps_order_and_skips_a_bad_line_with_its_number(tmp_path: Path) -> None:
    """One record out for each good one in; the evidence points into the text as published."""
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    bank = {"platform": "forum", "watched": "青禾村镇银行", "aliases": ["青禾银行"], "parent": None}
    texts = {"a": "青禾银行贷款利率太高了，吃人", "b": "今天天气不错"}
    lines = [json.dumps({"id": key, "text": text, **bank}, ensure_ascii=False) for key, text in texts.items()]
    file.write_text("\n".join([lines[0], "{broken", lines[1]]) + "\n", encoding="utf-8")
    done = yuqing("analyse", "--input", file, "--output", out)
    assert done.returncode == 1
    assert "2" in done.stderr
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b"]
    assert answers[0]["negative"] is True
    assert "loan_rate_high" in answers[0]["topics"]
    assert answers[1] == {**answers[1], "about": False, "negative": False, "topics": [], "severity": 0}
    for piece in answers[0]["evidence"]:
        assert texts["a"][piece["start"] : piece["end"]] == piece["text"]

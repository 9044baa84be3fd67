"""`yuqing analyse`: one record out for each record in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.analyse import analyse_file, parse_record
from domain.errors import RecordError
from domain.readings import Evidence, Reading, Text


class Echo:
    """An analyser that remembers what it was asked and marks the first character."""

    version = "echo"

    def __init__(self) -> None:
        self.seen: list[Text] = []

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading for each text."""
        self.seen += texts
        return [
            Reading(
                about=True, topics=(), negative=bool(text.text), negativity=0.5, severity=1,
                evidence=(Evidence(None, 0, 1, text.text[:1]),), version="echo",
            )
            for text in texts
        ]  # fmt: skip


def run(tmp_path: Path, lines: list[str], analyser: Echo) -> tuple[list[dict[str, Any]], list[str]]:
    """Output records and problems."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    count = analyse_file(source, target, analyser)
    out = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert count.done == len(out)
    return out, count.problems


def test_records_come_out_in_order_with_all_fields(tmp_path: Path) -> None:
    """Order, ids and fields are those of the contract, over more than one batch."""
    lines = [json.dumps({"id": i, "text": f"第{i}条", "watched": None, "extra": 1}) for i in range(2500)]
    out, problems = run(tmp_path, lines, Echo())
    assert [one["id"] for one in out] == list(range(2500))
    assert set(out[0]) == {"id", "about", "topics", "negative", "negativity", "severity", "evidence"}
    assert out[0]["evidence"] == [{"topic": None, "start": 0, "end": 1, "text": "第"}]
    assert problems == []


def test_bad_lines_are_told_by_number_and_good_ones_kept(tmp_path: Path) -> None:
    """Each bad line is one line in Chinese with its number; the others are read."""
    good = json.dumps(
        {"id": "a", "text": "好", "watched": "东山银行", "aliases": ["东山"], "parent": "帖", "platform": "weibo"}
    )
    analyser = Echo()
    out, problems = run(tmp_path, ["{坏", good, '{"id": 1}', '{"id": 2, "text": 3}', "[]", ""], analyser)
    assert [one["id"] for one in out] == ["a"]
    assert [problem.split("：")[0] for problem in problems] == ["第 1 行", "第 3 行", "第 4 行", "第 5 行"]
    assert analyser.seen[0].parent == "帖"
    assert analyser.seen[0].bank is not None
    assert analyser.seen[0].bank.aliases == ("东山",)


def test_a_lone_surrogate_survives(tmp_path: Path) -> None:
    """Text that is no valid UTF-8 comes out as it went in."""
    out, _ = run(tmp_path, ['{"id": "s", "text": "\\ud83d坏"}'], Echo())
    assert out[0]["evidence"][0]["text"] == "\ud83d"


@pytest.mark.parametrize(
    "line", ['{"id": 1, "text": "a", "watched": "b", "aliases": "c"}', '{"id": 1, "text": "a", "parent": 5}']
)
def test_fields_of_the_wrong_kind_are_refused(line: str) -> None:
    """A field of the wrong kind is told by its name."""
    with pytest.raises(RecordError, match="应是文字"):
        parse_record(line)

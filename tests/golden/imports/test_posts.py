"""Observation records from a file: the good lines come in, the bad ones are kept with their numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from crawlers.door import Door
from crawlers.imports import posts
from crawlers.imports.posts import read_posts, rejects_path, write_rejects

HERE = Path(__file__).parent
DOOR = Door(b"k")
GOOD = '{"source":"s","id":"%d","text":"存款","observed_at":"2026-03-02T08:00:00+08:00"}'


def read(path: Path, batch: int = 1000) -> tuple[list[str], list[tuple[int | None, str]]]:
    """The ids that came in, and line and reason of what was refused."""
    batches = list(read_posts(path, DOOR, batch))
    ids = [seen.id for part in batches for seen in part.observations]
    return ids, [(reject.line, reject.reason) for part in batches for reject in part.rejects]


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_an_archive_comes_in_without_its_bad_lines(batch: int) -> None:
    """The six bad lines of the archive are refused for the reasons that its gold file gives, in batches of any size."""
    ids, rejects = read(HERE / "archive.jsonl", batch)
    gold = json.loads((HERE / "rejects.json").read_text(encoding="utf-8"))
    assert rejects == [(entry["line"], entry["reason"]) for entry in gold]
    assert len(ids) == 7


def test_refused_lines_are_kept_beside_the_input(tmp_path: Path) -> None:
    """The rejects file has number, reason, a sentence in Chinese and the line; a later import replaces it."""
    path = tmp_path / "archive.jsonl"
    shutil.copy(HERE / "archive.jsonl", path)
    rejects = [reject for part in read_posts(path, DOOR) for reject in part.rejects]
    target = write_rejects(path, rejects)
    assert target == tmp_path / "archive.rejects.jsonl" == rejects_path(path)
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [line["reason"] for line in lines] == [reject.reason for reject in rejects]
    assert lines[1]["detail"] == "缺少 id"
    assert lines[0]["raw"].startswith('{"source"')
    assert write_rejects(path, []) is None
    assert not target.exists()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[1, 2]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"{", "bad_json"),
        (b"\xff\xfe{}", "bad_json"),
        (b'{"source":"s","id":"1","text":"x","observed_at":"2026-03-02","metrics":{"views":NaN}}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b"1" * 5000, "bad_json"),
    ],
)
def test_a_broken_line_stops_nobody(tmp_path: Path, line: bytes, reason: str) -> None:
    """Whatever a line holds, those before and after it come in, and its number is right."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (GOOD % 1).encode() + b"\r\n\n" + line + b"\n" + (GOOD % 2).encode())
    assert read(path) == (["1", "2"], [(3, reason)])


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a line beyond the bound only the beginning is read, and the count of lines goes on rightly."""
    monkeypatch.setattr(posts, "LONGEST_LINE", 200)
    path = tmp_path / "in.jsonl"
    path.write_text("x" * 1000 + "\n" + GOOD % 1 + "\n" + "y" * 200 + "\n", encoding="utf-8")
    assert read(path) == (["1"], [(1, "bad_json"), (3, "bad_json")])
    path.write_text(GOOD % 1 + "\n" + "字" * 100 + "\n", encoding="utf-8")
    [reject] = [reject for part in read_posts(path, DOOR) for reject in part.rejects]
    assert "这一行超过" in reject.detail


def test_batches_come_as_the_file_is_read(tmp_path: Path) -> None:
    """Each batch holds its own lines and nothing of the others."""
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(GOOD % number for number in range(25)), encoding="utf-8")
    batches = list(read_posts(path, DOOR, 10))
    assert [len(part.observations) for part in batches] == [10, 10, 5]
    assert [seen.id for seen in batches[2].observations] == ["20", "21", "22", "23", "24"]

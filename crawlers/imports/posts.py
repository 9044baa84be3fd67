"""Observation records from a JSONL file (docs/interfaces.md), in batches: a million lines never lie in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from crawlers.door import LONGEST_RAW, Door
from domain.errors import RecordError
from domain.posts import Observation, Reject

BATCH = 1_000
# A line is one post; whatever is longer is not JSONL, and must not fill the memory.
LONGEST_LINE = 8_000_000


class Batch(NamedTuple):
    """Some lines of the file: what could be read in them, and what was refused and why."""

    observations: list[Observation]
    rejects: list[Reject]


def read_posts(path: Path, door: Door, batch: int = BATCH) -> Iterator[Batch]:
    """The file's records in batches of ``batch`` records; line numbers count from 1, blank lines are passed over.

    A missing or unreadable file raises OSError.
    """
    with path.open("rb") as file:
        part = Batch([], [])
        for number, line in enumerate(lines(file), start=1):
            if line.strip():
                _read_line(line, number, door, part)
            if len(part.observations) + len(part.rejects) == batch:
                yield part
                part = Batch([], [])
        if part.observations or part.rejects:
            yield part


def rejects_path(path: Path) -> Path:
    """Where the refused lines of ``path`` are kept: ``NAME.rejects.jsonl`` beside it."""
    return path.with_name(f"{path.stem}.rejects.jsonl")


def write_rejects(path: Path, rejects: Iterable[Reject]) -> Path | None:
    """Keep refused lines beside the input; returns the file, or None where nothing was refused.

    A file of an earlier import of the same input is replaced, or removed where nothing is refused any more.
    """
    target = rejects_path(path)
    count = 0
    with target.open("w", encoding="utf-8", errors="replace") as file:
        for reject in rejects:
            file.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")
            count += 1
    if not count:
        target.unlink()
    return target if count else None


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines at most `LONGEST_LINE` long; of a longer one only the beginning, which cannot be read, comes out."""
    first = True
    while line := file.readline(LONGEST_LINE):
        rest = line
        while rest and not rest.endswith(b"\n") and len(rest) == LONGEST_LINE:
            rest = file.readline(LONGEST_LINE)
        yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False


def _read_line(line: bytes, number: int, door: Door, part: Batch) -> None:
    record: Any = None
    try:
        record = decoded(line)
        part.observations.append(door.admit(record))
    except RecordError as error:
        source = record.get("source") if isinstance(record, dict) else None
        raw = line.decode("utf-8", "replace").strip()[:LONGEST_RAW]
        name = source if isinstance(source, str) else ""
        part.rejects.append(Reject(name, number, error.reason, error.detail, raw))


def decoded(line: bytes) -> Any:
    """The JSON value of one line; RecordError ``bad_json`` with what is wrong."""
    if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
        raise RecordError("bad_json", f"这一行超过 {LONGEST_LINE // 1_000_000} MB，没有读")
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise RecordError("bad_json", "不是 UTF-8 编码") from None
    except json.JSONDecodeError as error:
        raise RecordError("bad_json", f"不是 JSON：第 {error.pos + 1} 个字符处有误") from None
    except (ValueError, RecursionError):
        raise RecordError("bad_json", "不是 JSON：数字过长、不是数字，或嵌套过深") from None


def _no_constant(name: str) -> float:
    raise ValueError(name)

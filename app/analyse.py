"""`yuqing analyse`: the text stage alone, from one JSONL file to another, line by line (docs/interfaces.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from domain.errors import RecordError
from domain.readings import Bank, Reading, Text
from pipeline.ports import Analyser

BATCH = 8192


@dataclass(slots=True)
class AnalyseCount:
    """How a file went: records that were read, and one line in Chinese for each line that was not."""

    done: int = 0
    problems: list[str] = field(default_factory=list)


def analyse_file(source: Path, target: Path, analyser: Analyser) -> AnalyseCount:
    """Read every record of ``source`` and write its reading to ``target``, in the same order.

    A bad line is left out and told in the count. Only a batch is held in memory.
    """
    count = AnalyseCount()
    with source.open("rb") as lines, target.open("w", encoding="utf-8") as out:
        records = _records(lines, count)
        while batch := list(islice(records, BATCH)):
            _write(out, batch, analyser.read([text for _, text in batch]))
            count.done += len(batch)
    return count


def _write(out: IO[str], batch: Sequence[tuple[Any, Text]], readings: Sequence[Reading]) -> None:
    for (identity, _), reading in zip(batch, readings, strict=True):
        line = json.dumps({"id": identity, **reading_fields(reading)}, ensure_ascii=False)
        # A lone surrogate cannot be written as UTF-8; escaped it survives.
        out.write((line if _encodes(line) else json.dumps(json.loads(line))) + "\n")


def _encodes(line: str) -> bool:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def reading_fields(reading: Reading) -> dict[str, Any]:
    """A reading as the contract writes it."""
    return {
        "about": reading.about,
        "topics": list(reading.topics),
        "negative": reading.negative,
        "negativity": reading.negativity,
        "severity": reading.severity,
        "evidence": [
            {"topic": one.topic, "start": one.start, "end": one.end, "text": one.text} for one in reading.evidence
        ],
    }


def _records(lines: Iterable[bytes], count: AnalyseCount) -> Iterator[tuple[Any, Text]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield parse_record(line)
        except RecordError as error:
            count.problems.append(f"第 {number} 行：{error.detail}")


def parse_record(line: bytes | str) -> tuple[Any, Text]:
    """The id and the text of one line; RecordError where it cannot be read."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError("bad_json", f"不是合法的 JSON（{error}）") from error
    if not isinstance(record, dict):
        raise RecordError("bad_json", "不是 JSON 对象")
    for name in ("id", "text"):
        if name not in record:
            raise RecordError(f"missing_{name}", f"缺少 {name}")
    return record["id"], Text(
        text=_string(record, "text"),
        platform=_string(record, "platform") if record.get("platform") is not None else "other",
        parent=_string(record, "parent") if record.get("parent") is not None else None,
        bank=_bank(record),
    )


def _string(record: dict[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        raise RecordError(f"bad_{name}", f"{name} 应是文字，现在是 {json.dumps(value, ensure_ascii=False)[:40]}")
    return value


def _bank(record: dict[str, Any]) -> Bank | None:
    if record.get("watched") is None:
        return None
    aliases = record.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise RecordError("bad_aliases", "aliases 应是文字的列表")
    return Bank(_string(record, "watched"), tuple(aliases))

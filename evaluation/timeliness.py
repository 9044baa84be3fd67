"""How well a replay alerts, against what a careful duty officer would want.

``python -m evaluation.timeliness GOLD OUT`` prints the score.

``GOLD`` is a folder with gold.jsonl (source, id, incident of each post) and incidents_gold.json (``expected`` of each
incident: ``max_level``, ``must_alert_by``, ``must_not_alert``); ``OUT`` is what ``yuqing backtest`` wrote.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.alerts import Level

Record = Mapping[str, Any]


@dataclass(frozen=True)
class AlertScore:
    """Counts of incidents: ``wanted`` are those with a time by which they must be mailed at their level.

    An alert that was folded into a storm's mail was told like any other; such a mail is one of the ``mails``.
    """

    wanted: int
    on_time: int
    right_level: int
    quiet_wanted: int
    false_alarms: int
    stray_alerts: int
    alerted: int
    mails: int


def score_alerts(gold: Path, out: Path) -> AlertScore:
    """Score one replay; an incident of ours counts for the gold incident of most of its posts."""
    notices = [notice for notice in _lines(out / "notices.jsonl") if notice["incident"]]
    told: defaultdict[str | None, list[Record]] = defaultdict(list)
    meant = _meant(gold, out)
    for notice in notices:
        told[meant[notice["incident"]]].append(notice)
    expected = {item["id"]: item["expected"] for item in json.loads((gold / "incidents_gold.json").read_text("utf-8"))}
    wanted = {name: item for name, item in expected.items() if item["must_alert_by"]}
    quiet = [name for name, item in expected.items() if item["must_not_alert"]]
    return AlertScore(
        wanted=len(wanted),
        on_time=sum(_on_time(told[name], item) for name, item in wanted.items()),
        right_level=sum(_highest(told[name]) == _mailed(item["max_level"]) for name, item in expected.items()),
        quiet_wanted=len(quiet),
        false_alarms=sum(_highest(told[name]) >= Level.YELLOW for name in quiet),
        stray_alerts=sum(notice["kind"] != "resolved" for notice in told[None]),
        alerted=len({notice["incident"] for notice in notices}),
        mails=len({(notice["at"], notice["subject"]) for notice in notices}),
    )


def _meant(gold: Path, out: Path) -> dict[str, str | None]:
    post = {(line["source"], line["id"]): line["incident"] for line in _lines(gold / "gold.jsonl")}
    return {
        incident["id"]: Counter(post[source, name] for source, name in incident["posts"]).most_common(1)[0][0]
        for incident in _lines(out / "incidents.jsonl")
    }


def _alerts(notices: Sequence[Record]) -> list[Record]:
    return [notice for notice in notices if notice["kind"] != "resolved"]


def _highest(notices: Sequence[Record]) -> Level:
    return max((Level.of(notice["level"]) for notice in _alerts(notices)), default=Level.NONE)


def _mailed(level: str) -> Level:
    """Blue and none are never mailed."""
    return Level.of(level) if Level.of(level) >= Level.YELLOW else Level.NONE


def _on_time(notices: Sequence[Record], expected: Record) -> bool:
    by, level = datetime.fromisoformat(expected["must_alert_by"]), Level.of(expected["max_level"])
    return any(
        Level.of(notice["level"]) >= level and datetime.fromisoformat(notice["at"]) <= by for notice in _alerts(notices)
    )


def _lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    print(score_alerts(Path(sys.argv[1]), Path(sys.argv[2])))

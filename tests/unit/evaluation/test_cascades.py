"""The scorers of bursts and forecasts, on cascades that are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from evaluation.cascades import Cascade, background, false_alarms, load_cascades, main, thinned
from evaluation.forecasting import score_forecasts
from incidents.burst import BurstConfig
from incidents.forecast import load_model, reactions_to_come

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def cascade(posts: int, seconds: float) -> Cascade:
    """Posts at even distances, each by another author."""
    times = tuple(START + timedelta(seconds=seconds * number) for number in range(posts))
    return Cascade(times, tuple(str(number) for number in range(posts)))


def write(path: Path, starts: list[int]) -> Path:
    """A file of cascades of thirty reposts each."""
    lines = [json.dumps({"at": at, "events": [[60 * n, n, 0] for n in range(1, 31)]}) for at in starts]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_cascades_come_oldest_first(tmp_path: Path) -> None:
    """The file's order does not matter; the post itself is the first event."""
    found = load_cascades(write(tmp_path / "c.jsonl", [2_000_000, 1_000_000]))
    assert [one.times[0].timestamp() for one in found] == [1_000_000, 2_000_000]
    assert [len(one.times) for one in found] == [31, 31]


def test_thinning_keeps_the_first_post_and_about_the_size() -> None:
    """A thinned cascade is a part of the whole with about the wanted posts."""
    whole = cascade(2000, 10)
    small = thinned(whole, 100, np.random.default_rng(0))
    assert small.times[0] == whole.times[0]
    assert set(small.times) <= set(whole.times)
    assert len(small.times) == pytest.approx(100, abs=30)


def test_a_background_has_its_rate() -> None:
    """Over many weeks the posts an hour come to the wanted rate."""
    stream = background(START, START + timedelta(days=100), 0.5, np.random.default_rng(0))
    assert len(stream.times) / 2400 == pytest.approx(0.5, rel=0.1)


def test_a_detector_that_is_too_keen_gives_more_false_alarms() -> None:
    """With a thousandfold budget the same backgrounds raise more alarms."""
    strict, keen = (
        sum(false_alarms([1.0], 6, BurstConfig(alarms_a_week=budget), 0).values()) for budget in (0.25, 250)
    )
    assert strict < keen


def test_forecasts_of_what_is_over_are_exact() -> None:
    """A cascade that ended within half an hour is known after a day, by every method's count."""
    ended = cascade(60, 20)
    scores = [score for score in score_forecasts([(ended.times, ended.authors)], load_model()) if score.age_hours == 24]
    assert scores[0].ours < 0.1
    assert scores[0].covered == 1.0


def test_reactions_to_come_fade() -> None:
    """The older the same posts are, the less is still to come of them."""
    hours = np.array([0.0, 0.1, 0.2])
    left = [reactions_to_come(hours, age) for age in (0.2, 1, 10, 100)]
    assert left == sorted(left, reverse=True)


def test_the_scores_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command reads a file and prints JSON."""
    path = write(tmp_path / "c.jsonl", [1_300_000_000])
    monkeypatch.setattr("sys.argv", ["cascades", str(path), "--only", "forecasts"])
    assert main() == 0
    printed = json.loads(capsys.readouterr().out)
    assert {score["age_hours"] for score in printed["forecasts"]} == {0.5, 1.0, 3.0, 6.0, 24.0}

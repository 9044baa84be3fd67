"""The streams that grouping and alerts are scored on."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from evaluation.grouping import analysed_readings, evaluate, read_stream
from training.marked import stream_folders

FITTED_ON = Path(str(files("training"))) / "streams"
KEPT_APART = Path(str(files("evaluation"))) / "data" / "streams"
HARD = [KEPT_APART / name for name in "qrxy"]
ORDINARY = [KEPT_APART / name for name in ("ae", "af", "ag", "ah", "aq", "ar", "as", "at")]


def test_no_stream_is_left_out() -> None:
    """Whoever adds one that nothing is fitted on says here what is asked of it."""
    assert {*HARD, *ORDINARY} == {hint.parent for hint in KEPT_APART.glob("*/config_hint.json")}


@pytest.mark.parametrize("folder", [*stream_folders(FITTED_ON), *HARD, *ORDINARY], ids=lambda path: path.name)
def test_a_stream_is_whole(folder: Path) -> None:
    """Every post of the archive is taken in and labelled, and no label names an incident that is not described."""
    stream = read_stream(folder)
    assert stream.posts.keys() == stream.gold.keys()
    described = {incident["id"] for incident in stream.incidents}
    assert {line["incident"] for line in stream.gold.values()} - {None} == described
    assert {incident["twin_of"] for incident in stream.incidents} - {None} <= described


@pytest.mark.parametrize("folder", ORDINARY, ids=lambda path: path.name)
def test_ordinary_streams_that_nothing_is_fitted_on_are_grouped(folder: Path) -> None:
    """What is asked of another bank's stream, and more; of fifteen pairs of twins one may be put together."""
    stream = read_stream(folder)
    score = evaluate(stream, analysed_readings(stream), hours=1)
    assert score.precision >= 0.90
    assert score.f1 >= 0.85
    assert score.adjusted_rand >= 0.85
    assert score.cross_platform_recall >= 0.80
    assert len(score.twins_merged) <= 1


@pytest.mark.parametrize("folder", HARD, ids=lambda path: path.name)
def test_hard_streams_that_nothing_is_fitted_on_are_grouped(folder: Path) -> None:
    """A matter told in other words by others is mostly found again, and hardly anything strange is put beside it."""
    stream = read_stream(folder)
    score = evaluate(stream, analysed_readings(stream), hours=1)
    assert score.precision >= 0.85
    assert score.f1 >= 0.70
    assert score.adjusted_rand >= 0.70
    assert score.cross_platform_recall >= 0.50
    assert not score.twins_merged

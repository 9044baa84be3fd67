"""Fitting the model, on a small part of the training data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.train import FOLDS, load_records, train

FOLDER = Path(__file__).parents[3] / "training"


def small(tmp_path: Path) -> Path:
    """A folder with every thirtieth line of the plain training texts."""
    lines = (FOLDER / "plain.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "plain.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_training_again_gives_the_same_arrays(tmp_path: Path) -> None:
    """The same data give the same model to the last bit."""
    first, again = train(small(tmp_path)), train(small(tmp_path))
    assert first.keys() == again.keys()
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_contrast_pairs_share_a_fold() -> None:
    """The two texts of a pair in part10 are in one group, and so in one fold."""
    records, groups = load_records(FOLDER)
    numbers = [i for i, record in enumerate(records) if record["id"].startswith("t10") and len(record["id"]) == 7]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(pairs) > 300
    assert all(groups[first] == groups[second] for first, second in pairs)
    assert FOLDS > 1

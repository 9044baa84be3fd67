"""Fitting what grouping judges by."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from evaluation.grouping import analysed_readings, read_stream
from incidents.likeness import FEATURES, Judge
from training.likeness import Choices, Marked, fit, main, start
from trees.tables import Tables

STREAM = Path(str(files("training"))) / "streams" / "b"


def test_what_is_fitted_knows_what_it_was_shown_and_is_the_same_again() -> None:
    """Rows whose topic agrees were right: the trees say so, and a second fit gives the same bytes."""
    rng = np.random.default_rng(0)
    rows = rng.random((600, len(FEATURES)))
    right = rows[:, FEATURES.index("topic")] > 0.7
    arrays, again = (fit([Choices(rows, right)]) for _ in range(2))
    logits = Tables(arrays, "same").predict(rows)
    assert np.mean((logits > 0) == right) > 0.95
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


def test_more_in_common_never_makes_it_less_likely() -> None:
    """Not even where the rows that it was shown say so."""
    rng = np.random.default_rng(0)
    rows = rng.random((600, len(FEATURES)))
    column = FEATURES.index("closest")
    arrays = fit([Choices(rows, rows[:, column] < 0.5)])
    less, more = rows.copy(), rows.copy()
    less[:, column], more[:, column] = 0.1, 0.9
    judge = Tables(arrays, "same")
    assert (judge.predict(more) >= judge.predict(less)).all()


def test_a_folder_without_streams_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says where it looked and for what, and writes nothing."""
    out = tmp_path / "likeness.npz"
    monkeypatch.setattr("sys.argv", ["likeness", "--data", str(tmp_path), "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"{tmp_path / 'streams'} holds 0 marked streams" in capsys.readouterr().err
    assert not out.exists()


def test_a_stream_teaches_what_belongs_together() -> None:
    """What is heard while it is grouped by hand makes trees that group it better."""
    stream = read_stream(STREAM)
    marked = Marked(stream, analysed_readings(stream))
    met = marked.listen(start)
    assert met.rows.shape == (len(met.right), len(FEATURES))
    assert 0 < met.right.sum() < len(met.right)
    by_hand, fitted = marked.score(Judge(start)), marked.score(Judge(Tables(fit([met]), "same").predict))
    assert fitted.f1 > by_hand.f1

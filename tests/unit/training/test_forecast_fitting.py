"""Fitting the forecast: the point's quantile, repeatable, packed as it is walked."""

from __future__ import annotations

import numpy as np
import pytest

from training.forecast import fit
from training.trees import pack_trees
from trees.forest import Forest

DICE = np.random.default_rng(0)
SEEN = DICE.normal(size=(600, 2)).astype(np.float32)
GROWTH = np.exp(SEEN[:, 0] / 2 + DICE.normal(size=600))


def test_a_forest_says_the_quantile_that_it_is_asked_for() -> None:
    """About 40 of 100 growths lie below the forest of the quantile 0.4; it is packed as it is; again it is the same."""
    fitted, again = (fit(SEEN, GROWTH, np.ones(600), 0.4) for _ in range(2))
    said = fitted.predict(SEEN)
    forest = Forest(pack_trees(fitted, "center", np.int8, np.uint8), "center")
    assert np.mean(said > GROWTH) == pytest.approx(0.4, abs=0.05)
    assert np.array_equal(said, again.predict(SEEN))
    assert forest.predict(SEEN[:20]).tolist() == pytest.approx(said[:20].tolist(), abs=1e-4)

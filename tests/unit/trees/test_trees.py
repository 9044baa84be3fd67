"""Trees that are packed as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from trees.forest import Forest
from trees.tables import Tables

ARRAYS = {
    "f_feature": np.array([[0, 0, 0], [1, 0, 0]], dtype=np.int16),
    "f_threshold": np.array([[0.5, 0, 0], [2, 0, 0]], dtype=np.float32),
    "f_children": np.array([[[1, 2], [1, 1], [2, 2]], [[1, 2], [1, 1], [2, 2]]], dtype=np.int16),
    "f_value": np.array([[0, -1, 1], [0, -10, 10]], dtype=np.float32),
    "f_base": np.array(0.25),
    "f_depth": np.array(1),
}


@pytest.mark.parametrize("kind", [Forest, Tables])
def test_trees_are_read_as_they_say(kind: type[Forest | Tables]) -> None:
    """One split on one feature, a leaf on each side, and the base added, by either way of reading."""
    rows = np.array([[0, 0], [1, 3], [0.5, 3]])
    assert kind(ARRAYS, "f").predict(rows).tolist() == [-10.75, 11.25, 9.25]
    assert kind(ARRAYS, "f").predict(rows[:0]).tolist() == []


def test_tables_are_for_small_trees() -> None:
    """A tree of nine questions would need a table of 512 answers: it is turned away by its name."""
    width = 19
    children = np.tile(np.arange(width)[:, None], (1, 1, 2))
    children[0, :9] = [(place + 1, place + 10) for place in range(9)]
    deep = {"g_feature": np.zeros((1, width)), "g_threshold": np.zeros((1, width)), "g_children": children,
            "g_value": np.zeros((1, width)), "g_base": np.array(0.0), "g_depth": np.array(9)}  # fmt: skip
    with pytest.raises(ValueError, match="g: a tree has more than 8 inner nodes"):
        Tables(deep, "g")

"""Boosted trees of any size, followed question by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt


class Forest:
    """Boosted trees as padded arrays; a leaf points to itself."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> None:
        feature, children = arrays[f"{name}_feature"], arrays[f"{name}_children"].astype(np.intp)
        # All trees in one row of nodes: a look-up by one number takes half the time of one by tree and node.
        self._roots = np.arange(len(feature)) * feature.shape[1]
        self._feature = feature.astype(np.intp).ravel()
        self._threshold = arrays[f"{name}_threshold"].ravel()
        # Left and right of each node side by side, likewise: the way down is twice the node, and one for the right.
        self._children = (children + self._roots[:, None, None]).ravel()
        self._value = arrays[f"{name}_value"].ravel()
        self._base, self._depth = float(arrays[f"{name}_base"]), int(arrays[f"{name}_depth"])

    def predict(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The sum of what every tree says of each row of features."""
        node = np.broadcast_to(self._roots, (len(rows), len(self._roots)))
        begins = (np.arange(len(rows)) * rows.shape[1])[:, None]
        figures = np.ascontiguousarray(rows, dtype=np.float32).ravel()
        for _ in range(self._depth):
            right = figures[self._feature[node] + begins] > self._threshold[node]
            node = self._children[2 * node + right]
        said: npt.NDArray[np.float64] = self._value[node].sum(axis=1, dtype=np.float64)
        return said + self._base

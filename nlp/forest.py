"""Boosted trees as plain arrays: the second stage, which weighs what the linear heads say against the cues.

A linear head cannot know that praise means the opposite beside a grievance; a small tree can. Fitting is in
``tools/train.py``; this only walks the trees, all of a batch at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Forest:
    """Trees laid end to end, each padded to the same number of nodes; a leaf points to itself."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> None:
        feature, children = arrays[f"{name}_feature"], arrays[f"{name}_children"].astype(np.int32)
        trees, width = feature.shape
        offset = (np.arange(trees, dtype=np.int32) * width)[:, None]
        self._roots = offset[:, 0]
        self._feature = feature.astype(np.int32).ravel()
        self._threshold: Floats = arrays[f"{name}_threshold"].ravel()
        self._left, self._right = ((children[:, :, side] + offset).ravel() for side in (0, 1))
        self._value: Floats = arrays[f"{name}_value"].ravel()
        self._base = float(arrays[f"{name}_base"])
        self._depth = int(arrays[f"{name}_depth"])

    def score(self, features: Floats) -> Floats:
        """Logit for each row of features (rows by features)."""
        flat = np.ascontiguousarray(features).ravel()
        begins = (np.arange(len(features), dtype=np.int32) * features.shape[1])[:, None]
        node = np.broadcast_to(self._roots, (len(features), len(self._roots)))
        for _ in range(self._depth):
            right = flat.take(self._feature.take(node) + begins) > self._threshold.take(node)
            node = np.where(right, self._right.take(node), self._left.take(node))
        return np.asarray(self._value.take(node).sum(axis=1) + self._base, dtype=np.float32)

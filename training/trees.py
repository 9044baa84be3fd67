"""Fitted boosted trees as plain arrays, so that reading them needs numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def pack_trees(
    fitted: Any, name: str, feature_type: type[np.integer[Any]], node_type: type[np.integer[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """The trees of scikit-learn's HistGradientBoosting, each padded to the same number of nodes.

    Keys: ``NAME_feature``, ``NAME_threshold``, ``NAME_value`` (trees by nodes), ``NAME_children`` (with left and right
    as last axis; a leaf points to itself), ``NAME_base``, ``NAME_depth``. The types must hold the number of features
    and of nodes.
    """
    trees = [predictors[0].nodes for predictors in fitted._predictors]
    width = max(len(nodes) for nodes in trees)
    feature = np.zeros((len(trees), width), dtype=feature_type)
    threshold = np.zeros((len(trees), width), dtype=np.float32)
    children = np.tile(np.arange(width, dtype=node_type)[:, None], (len(trees), 1, 2))
    value = np.zeros((len(trees), width), dtype=np.float32)
    for row, nodes in enumerate(trees):
        inner = np.flatnonzero(nodes["is_leaf"] == 0)
        feature[row, inner] = nodes["feature_idx"][inner]
        threshold[row, inner] = nodes["num_threshold"][inner]
        children[row, inner, 0], children[row, inner, 1] = nodes["left"][inner], nodes["right"][inner]
        value[row, : len(nodes)] = nodes["value"]
    return {
        f"{name}_feature": feature,
        f"{name}_threshold": threshold,
        f"{name}_children": children,
        f"{name}_value": value,
        f"{name}_base": np.array(float(np.ravel(fitted._baseline_prediction)[0])),
        f"{name}_depth": np.array(max(int(nodes["depth"].max()) for nodes in trees)),
    }

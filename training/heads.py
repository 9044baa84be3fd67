"""Linear heads over n-grams and cues: fitting, held-out logits, and weights in small types."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from nlp.sentiment import Tables
from nlp.table import pack_words
from training.corpus import FOLDS, Arrays, Floats, Targets, Vocabulary


@dataclass(frozen=True, slots=True)
class Tuning:
    """Of a head: the inverse strength of regularisation, and how loud the parent's n-grams and the cues are beside the
    text's n-grams. Chosen by cross-validation."""

    cost: float
    parent: float
    cues: float


TUNING = {
    "negative": Tuning(60.0, 0.2, 0.04),
    "about": Tuning(16.0, 0.5, 0.1),
    "severe2": Tuning(12.0, 0.5, 0.1),
    "severe3": Tuning(12.0, 0.5, 0.1),
}
TOPICS = Tuning(60.0, 0.8, 0.07)


def fit_head(matrix: csr_matrix, target: Floats, cost: float) -> Floats:
    """Weights of one head, the bias last."""
    fitted = LogisticRegression(
        C=cost, solver="liblinear", intercept_scaling=5.0, max_iter=100, random_state=0, tol=1e-4
    ).fit(matrix, target)
    return np.concatenate([fitted.coef_[0], fitted.intercept_])


def fit_parts(parts: Sequence[csr_matrix], rows: npt.NDArray[np.bool_], target: Floats, head: str) -> Floats:
    """Weights of one head for text, parent and cues side by side, the bias last, fitted on some of the rows."""
    tuning = TUNING.get(head, TOPICS)
    loudness = (1.0, tuning.parent, tuning.cues)
    matrix = hstack([part[rows] * loud for part, loud in zip(parts, loudness, strict=True)], format="csr")
    weights = fit_head(matrix, target[rows], tuning.cost)
    weights[:-1] *= np.repeat(loudness, [part.shape[1] for part in parts])
    return weights


def out_of_fold(parts: Sequence[csr_matrix], targets: Targets, folds: npt.NDArray[np.int64]) -> list[Floats]:
    """What each part of the input adds to every head's logit for every record, from heads that did not see its fold."""
    borders = np.cumsum([part.shape[1] for part in parts])[:-1]
    shares = [np.zeros((len(folds), len(targets))) for _ in parts]
    for fold in range(FOLDS):
        held = folds == fold
        for column, (head, (target, rows)) in enumerate(targets.items()):
            weights = fit_parts(parts, rows & ~held, target, head)
            for share, part, some in zip(shares, parts, np.split(weights[:-1], borders), strict=True):
                share[held, column] = part[held] @ some
            shares[-1][held, column] += weights[-1]
        print(f"fold {fold + 1} of {FOLDS}", file=sys.stderr)
    return shares


def quantise(weights: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights (features by heads) as int8 with one scale a head."""
    scale = np.abs(weights).max(axis=0) / 127
    return np.rint(weights / scale).astype(np.int8), scale.astype(np.float32)


def pack(text: Vocabulary, parent: Vocabulary, names: Sequence[str], weights: Floats, tables: Tables) -> Arrays:
    """Weights by their part of the input, in small types."""
    first, second = len(text.buckets), len(text.buckets) + len(parent.buckets)
    text_weights, text_scale = quantise(weights[:first])
    parent_weights, parent_scale = quantise(weights[first:second])
    return {
        "text_buckets": text.buckets.astype(np.uint32),
        "text_idf": text.idf.astype(np.float16),
        "text_weights": text_weights,
        "text_scale": text_scale,
        "parent_buckets": parent.buckets.astype(np.uint32),
        "parent_idf": parent.idf.astype(np.float16),
        "parent_weights": parent_weights,
        "parent_scale": parent_scale,
        "cue_names": pack_words(names),
        "cue_weights": weights[second:-1].astype(np.float32),
        "bias": weights[-1].astype(np.float32),
        "snow_words": pack_words(list(tables)),
        "snow_weights": np.array(list(tables.values()), dtype=np.float16),
    }

"""Fits the experts for texts without a watched bank and writes ``nlp/data/open.npz``.

``python -m training.open FOLDER``: FOLDER has ``bank_reviews.jsonl`` (CCF BDCI 2021, opinions on banks' products) and
``finnsp_train.jsonl`` (FinNSP of BBT-FinCUGE). Neither states a licence, so they are not shipped; only what is fitted
on them is. No fold holds a near-duplicate of a text of another one. About a minute on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nlp.clusters import cluster_folds
from nlp.lexicon import load_taxonomy
from nlp.open import KINDS, PREFIX, join_open, mix
from nlp.sentiment import compile_tables
from nlp.table import TEXT_BITS, pack_words
from training.corpus import FOLDS, Arrays, Floats, Inputs, known_cues, learn_vocabulary, load_records, prepare
from training.heads import fit_head, quantise
from training.marked import Record
from training.npz import write_npz
from training.stage import fit_forest, forest_out_of_fold
from training.text import FOLDER
from training.trees import pack_trees

OPEN = FOLDER.parent / "nlp" / "data" / "open.npz"
COST = {"opinion": 20.0, "news": 10.0}
LIKENESS_COST = 10.0
LEAST = 3
"""An n-gram is kept where at least so many texts have it."""
LEAN = {"opinion": 2.0, "news": 0.0}
"""Added to a text's likeness to a kind: what may be an opinion from a collection is no complaint from a county."""

Rows = npt.NDArray[np.bool_]


def load_public(folder: Path) -> dict[str, list[tuple[str, bool]]]:
    """Text and label (negative or not) of each record, by kind."""
    reviews, news = folder / "bank_reviews.jsonl", folder / "finnsp_train.jsonl"
    return {
        "opinion": _read(reviews, lambda record: (record["text"], record["label"] == "negative")),
        "news": _read(news, lambda record: (record["text"], bool(record["negative"]))),
    }


def _read(path: Path, pair: Callable[[Record], tuple[str, bool]]) -> list[tuple[str, bool]]:
    return [pair(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def fit(public: dict[str, list[tuple[str, bool]]], own: list[str]) -> Arrays:
    """The arrays of the experts; ``own`` are our own texts, which look like neither kind."""
    texts = [text for kind in KINDS for text, _ in public[kind]]
    negative = np.array([float(said) for kind in KINDS for _, said in public[kind]] + [0.0] * len(own))
    kinds = np.repeat([*range(len(KINDS)), -1], [len(public[kind]) for kind in KINDS] + [len(own)])
    inputs = _opened([*texts, *own])
    folds = np.array(cluster_folds([*texts, *own], FOLDS, 0))
    vocabulary = learn_vocabulary(inputs.texts, TEXT_BITS, LEAST)
    matrix = vocabulary.matrix(inputs.texts)
    columns = known_cues(inputs)
    cues = inputs.cues[:, columns]
    everything = np.ones(len(kinds), dtype=bool)
    tasks: list[tuple[Floats, Rows, float]] = [
        *((negative, kinds == number, COST[kind]) for number, kind in enumerate(KINDS)),
        *(((kinds == number).astype(float), everything, LIKENESS_COST) for number in range(len(KINDS))),
    ]
    weights = np.stack([fit_head(matrix[rows], target[rows], cost) for target, rows, cost in tasks], axis=1)
    held = np.stack([_held(matrix, task, folds) for task in tasks], axis=1)
    lean = np.array([0.0] * len(KINDS) + [LEAN[kind] for kind in KINDS])
    small, scale = quantise(weights[:-1])
    arrays, experts = _experts(held, cues, negative, kinds, folds)
    _report(experts, held[:, len(KINDS) :] + lean[len(KINDS) :], negative, kinds)
    arrays |= {
        "buckets": vocabulary.buckets.astype(np.uint32),
        "idf": vocabulary.idf.astype(np.float16),
        "weights": small,
        "scale": scale,
        "bias": (weights[-1] + lean).astype(np.float32),
        "cue_names": pack_words([inputs.names[column] for column in columns]),
    }
    return {f"{PREFIX}{name}": array for name, array in arrays.items()}


def _opened(texts: list[str]) -> Inputs:
    records: list[Record] = [
        {"text": text, "watched": None, "aliases": [], "parent": None, "platform": "other"} for text in texts
    ]
    return prepare(records, np.arange(len(texts)), load_taxonomy(), compile_tables())


def _held(matrix: Any, task: tuple[Floats, Rows, float], folds: npt.NDArray[np.int64]) -> Floats:
    """Logits of a head for every text, from the texts of other folds."""
    target, rows, cost = task
    logits = np.zeros(len(target))
    for fold in range(FOLDS):
        use = rows & (folds != fold)
        weights = fit_head(matrix[use], target[use], cost)
        logits[folds == fold] = matrix[folds == fold] @ weights[:-1] + weights[-1]
    return logits


def _experts(
    held: Floats, cues: Floats, negative: Floats, kinds: npt.NDArray[np.int64], folds: npt.NDArray[np.int64]
) -> tuple[Arrays, Floats]:
    """Forest and calibration of each kind, and what experts that did not see a text say of those of their kind."""
    arrays: Arrays = {}
    slopes, shifts, said = [], [], np.zeros((len(KINDS), len(kinds)))
    for number, kind in enumerate(KINDS):
        rows = kinds == number
        features = np.ascontiguousarray(join_open(held[rows, number], cues[rows].T).T)
        arrays |= pack_trees(fit_forest(features, negative[rows]), kind, np.int16, np.int16)
        logits = forest_out_of_fold(features, negative[rows], folds[rows])
        fitted = LogisticRegression(C=100.0).fit(logits[:, None], negative[rows])
        slopes.append(float(fitted.coef_[0, 0]))
        shifts.append(float(fitted.intercept_[0]))
        said[number, rows] = 1 / (1 + np.exp(-(logits * slopes[-1] + shifts[-1])))
    return arrays | {"slope": np.array(slopes, np.float32), "shift": np.array(shifts, np.float32)}, said


def _report(experts: Floats, likeness: Floats, negative: Floats, kinds: npt.NDArray[np.int64]) -> None:
    """Held-out scores of each kind, to stderr, with nothing known of what the other experts would say."""
    for number, kind in enumerate(KINDS):
        rows = kinds == number
        chances = mix(experts[:, rows], likeness[rows].T, np.full(int(rows.sum()), negative[rows].mean()))
        bars = np.arange(0.2, 0.6, 0.05)
        gold = negative[rows]
        f1 = [2 * gold[chances >= bar].sum() / ((chances >= bar).sum() + gold.sum()) for bar in bars]
        alone, mixed = (average_precision_score(gold, one) for one in (experts[number, rows], chances))
        print(f"{kind}: AP {alone:.3f}, mixed {mixed:.3f}, F1 by bar {np.round(f1, 3).tolist()}", file=sys.stderr)


def main() -> int:
    """Fit and write."""
    parser = argparse.ArgumentParser(description="Fit the experts for texts without a watched bank.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=OPEN)
    arguments = parser.parse_args()
    records, _ = load_records(FOLDER)
    own = [record["text"] for record in records if record["about"] and not record["parent"]]
    with threadpool_limits(1):
        arrays = fit(load_public(arguments.folder), own)
    write_npz(arguments.out, arrays)
    print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fits the text stage's model from ``training/*.jsonl`` and writes ``nlp/data/model.npz``.

``python -m tools.train`` takes a few minutes on two cores. Seeds are fixed and no clock enters the file, so the same
data, packages and Python give the same bytes; another patch release of Python may write other zip headers around the
same arrays. Nothing of ``evaluation/data`` is read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from domain.readings import Bank
from nlp.cues import Describer
from nlp.grams import grams
from nlp.joined import Joined, join
from nlp.lexicon import Taxonomy, load_taxonomy
from nlp.model import PARENT_BITS, TEXT_BITS, join_features, pack_words
from nlp.pages import Opener
from nlp.sentiment import Tables, compile_tables
from nlp.target import NOBODY
from tools.trees import pack_trees

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "nlp" / "data" / "model.npz"
FOLDS = 5
PARENT_WEIGHT, CUE_WEIGHT = 0.5, 0.1
"""How loud the parent's n-grams and the cues are beside the text's n-grams; chosen by cross-validation."""
COST = {"negative": 10.0, "about": 16.0, "severe2": 4.0, "severe3": 4.0}
TOPIC_COST = 16.0
CUE_MINIMUM = 3
"""A cue is kept where at least so many texts show it."""

Floats = npt.NDArray[np.float64]
Record = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]
Targets = dict[str, tuple[Floats, npt.NDArray[np.bool_]]]
"""For each head the 0/1 target of every record, and the records that it is fitted on."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Training texts as the model sees them: masked, with cues (texts by ``names``), and the fold of each."""

    texts: Joined
    parents: Joined
    cues: Floats
    names: list[str]
    folds: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Buckets seen in at least two texts, in rising order, and their inverse document frequency."""

    bits: int
    buckets: npt.NDArray[np.int64]
    idf: Floats

    def matrix(self, texts: Joined) -> csr_matrix:
        """Rows of unit length: idf of each known bucket in the text."""
        rows, buckets = grams(texts, self.bits)
        columns = np.clip(np.searchsorted(self.buckets, buckets), 0, len(self.buckets) - 1)
        known = self.buckets[columns] == buckets
        rows, columns = rows[known], columns[known]
        return normalize(csr_matrix((self.idf[columns], (rows, columns)), shape=(len(texts), len(self.buckets))))


def learn_vocabulary(texts: Joined, bits: int) -> Vocabulary:
    """The buckets of a set of texts."""
    _, buckets = grams(texts, bits)
    unique, counts = np.unique(buckets, return_counts=True)
    kept = counts >= 2
    idf = np.log((1 + len(texts)) / (1 + counts[kept])) + 1
    return Vocabulary(bits, unique[kept], idf.astype(np.float16).astype(np.float64))


def load_records(folder: Path) -> tuple[list[Record], npt.NDArray[np.int64]]:
    """All training records in order of file name, and a group for each: contrast pairs (part10) share one."""
    records: list[Record] = []
    groups: list[int] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            paired = path.stem == "part10" and number % 2 == 1
            groups.append(groups[-1] if paired else len(groups))
            records.append(json.loads(line))
    return records, np.array(groups)


def prepare(records: Sequence[Record], groups: npt.NDArray[np.int64], taxonomy: Taxonomy, tables: Tables) -> Inputs:
    """Read every record as the analyser would."""
    opener = Opener(taxonomy, tables)
    banks = [Bank(record["watched"], tuple(record["aliases"])) for record in records]
    asked = {key: number for number, key in enumerate(dict.fromkeys(_parents(records, banks)))}
    texts = opener.open([record["text"] for record in records], banks)
    parents = opener.open([text for text, _ in asked], [bank for _, bank in asked])
    parent = np.array([asked[key] if key[0] else -1 for key in zip(_texts_of_parents(records), banks, strict=True)])
    platforms = [record["platform"] for record in records]
    describer = Describer(opener, sorted(set(platforms)))
    masked = parents.masked.joined
    of_group = np.random.default_rng(0).integers(FOLDS, size=len(records))
    return Inputs(
        texts.masked.joined,
        Joined.of(join([masked.row(number) if number >= 0 else NOBODY for number in parent.tolist()])),
        describer.describe(texts, parents, parent, platforms).T,
        describer.names,
        of_group[groups],
    )


def _texts_of_parents(records: Sequence[Record]) -> list[str]:
    return [record["parent"] or "" for record in records]


def _parents(records: Sequence[Record], banks: Sequence[Bank]) -> list[tuple[str, Bank]]:
    """What is answered, each with the bank as seen from which it is read."""
    return [(text, bank) for text, bank in zip(_texts_of_parents(records), banks, strict=True) if text]


def known_cues(inputs: Inputs) -> list[int]:
    """The columns that enough texts show, in alphabetical order of their names."""
    counts = np.count_nonzero(inputs.cues, axis=0)
    return sorted(np.flatnonzero(counts >= CUE_MINIMUM).tolist(), key=inputs.names.__getitem__)


def labels(records: Sequence[Record], codes: Sequence[str]) -> Targets:
    """For each head the 0/1 target, and the records that it is fitted on."""
    negative = np.array([record["negative"] for record in records])
    severity = np.array([record["severity"] for record in records])
    everything = np.ones(len(records), dtype=bool)
    targets: Targets = {
        "negative": (negative.astype(float), everything),
        "about": (np.array([record["about"] for record in records]).astype(float), everything),
        "severe2": ((severity >= 2).astype(float), negative),
        "severe3": ((severity >= 3).astype(float), negative),
    }
    for code in codes:
        targets[code] = (np.array([code in record["topics"] for record in records]).astype(float), negative)
    return targets


def fit_head(matrix: csr_matrix, target: Floats, cost: float) -> Floats:
    """Weights of one head, the bias last."""
    fitted = LogisticRegression(
        C=cost, solver="liblinear", intercept_scaling=5.0, max_iter=100, random_state=0, tol=1e-4
    ).fit(matrix, target)
    return np.concatenate([fitted.coef_[0], fitted.intercept_])


def cost_of(head: str) -> float:
    """The inverse strength of regularisation of a head."""
    return COST.get(head, TOPIC_COST)


def out_of_fold(parts: Sequence[csr_matrix], targets: Targets, folds: npt.NDArray[np.int64]) -> list[Floats]:
    """What each part of the input adds to every head's logit for every record, from heads that did not see its fold."""
    matrix = hstack(parts, format="csr")
    borders = np.cumsum([part.shape[1] for part in parts])[:-1]
    shares = [np.zeros((matrix.shape[0], len(targets))) for _ in parts]
    for fold in range(FOLDS):
        held = folds == fold
        for column, (head, (target, rows)) in enumerate(targets.items()):
            use = rows & ~held
            weights = fit_head(matrix[use], target[use], cost_of(head))
            for share, part, some in zip(shares, parts, np.split(weights[:-1], borders), strict=True):
                share[held, column] = part[held] @ some
            shares[-1][held, column] += weights[-1]
        print(f"fold {fold + 1} of {FOLDS}", file=sys.stderr)
    return shares


def fit_forest(features: npt.NDArray[Any], target: Floats) -> HistGradientBoostingClassifier:
    """150 trees of at most eight leaves."""
    return HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    ).fit(features, target)


def forest_out_of_fold(features: npt.NDArray[Any], target: Floats, folds: npt.NDArray[np.int64]) -> Floats:
    """Logits of forests that did not see a record's fold."""
    logits = np.zeros(len(features))
    for fold in range(FOLDS):
        held = folds == fold
        logits[held] = fit_forest(features[~held], target[~held]).decision_function(features[held])
    return logits


def calibrate(logits: Floats, targets: Targets) -> tuple[Floats, Floats]:
    """Slope and shift of each head by Platt's method on held-out logits."""
    fitted = [
        LogisticRegression(C=100.0).fit(logits[rows, column : column + 1], target[rows])
        for column, (target, rows) in enumerate(targets.values())
    ]
    return np.array([float(one.coef_[0, 0]) for one in fitted]), np.array([float(one.intercept_[0]) for one in fitted])


def choose_bar(chances: Floats, gold: Floats) -> float:
    """The negativity from which a text is called negative, by F1 on held-out records."""
    bars = np.arange(0.3, 0.6, 0.01)
    scores = [2 * (gold[chances >= bar]).sum() / ((chances >= bar).sum() + gold.sum()) for bar in bars]
    return round(float(bars[int(np.argmax(scores))]), 2)


def choose_thresholds(
    chances: Floats, gold: npt.NDArray[np.bool_], negative: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """One threshold for all topics and a lower one for the likeliest alone, by micro-F1 on held-out records.

    One pair for all, because 150 examples a topic are too few to choose 24.
    """
    best, pair = -1.0, (0.5, 0.5)
    top = chances == chances.max(axis=1, keepdims=True)
    for bar in np.arange(0.2, 0.6, 0.02):
        for low in np.arange(0.06, bar + 0.01, 0.02):
            chosen = ((chances >= bar) | (top & (chances >= low))) & negative[:, None]
            score = 2 * (chosen & gold).sum() / (chosen.sum() + gold.sum())
            if score > best:
                best, pair = score, (float(bar), float(low))
    print(f"topics held out: micro-F1 {best:.3f} at {pair[0]:.2f}/{pair[1]:.2f}", file=sys.stderr)
    return pair


def quantise(weights: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights (features by heads) as int8 with one scale a head."""
    scale = np.abs(weights).max(axis=0) / 127
    return np.rint(weights / scale).astype(np.int8), scale.astype(np.float32)


def report(chances: Floats, bar: float, targets: Targets) -> None:
    """Held-out accuracy of the single decisions, to stderr."""
    for column, (head, limit) in enumerate((("negative", bar), ("about", 0.5))):
        target, said = targets[head][0] > 0, chances[:, column] >= limit
        score = 2 * (said & target).sum() / (said.sum() + target.sum())
        auc = roc_auc_score(target, chances[:, column])
        print(f"{head}: F1 {score:.3f}, accuracy {(said == target).mean():.3f}, AUC {auc:.3f}", file=sys.stderr)


def train(folder: Path) -> Arrays:
    """The arrays of the model's file."""
    taxonomy, tables = load_taxonomy(), compile_tables()
    codes = [topic.code for topic in taxonomy.topics]
    records, groups = load_records(folder)
    inputs = prepare(records, groups, taxonomy, tables)
    targets = labels(records, codes)
    text, parent = learn_vocabulary(inputs.texts, TEXT_BITS), learn_vocabulary(inputs.parents, PARENT_BITS)
    columns = known_cues(inputs)
    names = [inputs.names[column] for column in columns]
    cues = csr_matrix(inputs.cues[:, columns])
    parts = [text.matrix(inputs.texts), parent.matrix(inputs.parents) * PARENT_WEIGHT, cues * CUE_WEIGHT]
    gold = np.array([[code in record["topics"] for code in codes] for record in records])
    second = second_stage(parts, cues.toarray(), targets, gold, inputs.folds)
    matrix = hstack(parts, format="csr")
    weights = np.stack(
        [fit_head(matrix[rows], target[rows], cost_of(head)) for head, (target, rows) in targets.items()], axis=1
    )
    return pack(text, parent, names, weights, tables) | second | {"heads": pack_words(list(targets))}


def second_stage(
    parts: Sequence[csr_matrix],
    cues: npt.NDArray[Any],
    targets: Targets,
    gold: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int64],
) -> Arrays:
    """Forests, calibration and thresholds, all from what held-out heads say."""
    shares = out_of_fold(parts, targets, folds)
    held = np.asarray(sum(shares))
    features = np.ascontiguousarray(join_features(tuple(shares), held, cues.T).T)
    arrays: Arrays = {}
    for column, head in enumerate(("negative", "about")):
        target = targets[head][0]
        held[:, column] = forest_out_of_fold(features, target, folds)
        arrays |= pack_trees(fit_forest(features, target), head, np.int16, np.int16)
    slope, shift = calibrate(held, targets)
    chances = 1 / (1 + np.exp(-(held * slope + shift)))
    bar = choose_bar(chances[:, 0], targets["negative"][0])
    report(chances, bar, targets)
    threshold, fallback = choose_thresholds(chances[:, 4:], gold, chances[:, 0] >= bar)
    return arrays | {
        "slope": slope.astype(np.float32),
        "shift": shift.astype(np.float32),
        "bar": np.array(bar),
        "thresholds": np.full(gold.shape[1], threshold, dtype=np.float32),
        "fallback": np.array(fallback),
    }


def pack(text: Vocabulary, parent: Vocabulary, names: Sequence[str], weights: Floats, tables: Tables) -> Arrays:
    """Weights by their part of the input, in small types, with the loudness of each part multiplied in."""
    first, second = len(text.buckets), len(text.buckets) + len(parent.buckets)
    text_weights, text_scale = quantise(weights[:first])
    parent_weights, parent_scale = quantise(weights[first:second] * PARENT_WEIGHT)
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
        "cue_weights": (weights[second:-1] * CUE_WEIGHT).astype(np.float32),
        "bias": weights[-1].astype(np.float32),
        "snow_words": pack_words(list(tables)),
        "snow_weights": np.array(list(tables.values()), dtype=np.float16),
    }


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Fit the text stage's model.")
    parser.add_argument("--data", type=Path, default=ROOT / "training")
    parser.add_argument("--out", type=Path, default=MODEL)
    arguments = parser.parse_args()
    # One thread: sums are added in one order, and nothing spins while another process works.
    with threadpool_limits(1):
        arrays = train(arguments.data)
    np.savez_compressed(arguments.out, **arrays)  # type: ignore[arg-type]
    print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

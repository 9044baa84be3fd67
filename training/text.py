"""Fits the text stage's model from ``training/*.jsonl`` and writes ``nlp/data/model.npz``.

``python -m training.text`` takes a few minutes on two cores. Seeds are fixed and no clock enters the file, so the same
data, packages and Python give the same bytes; another patch release of Python may write other zip headers around the
same arrays. Nothing of ``evaluation/data`` is read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nlp.lexicon import load_taxonomy
from nlp.model import PARENT_BITS, TEXT_BITS, pack_words
from nlp.sentiment import compile_tables
from training.corpus import Arrays, known_cues, labels, learn_vocabulary, load_records, prepare
from training.heads import CUE_WEIGHT, PARENT_WEIGHT, cost_of, fit_head, pack
from training.stage import second_stage

FOLDER = Path(__file__).resolve().parent
MODEL = FOLDER.parent / "nlp" / "data" / "model.npz"


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


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Fit the text stage's model.")
    parser.add_argument("--data", type=Path, default=FOLDER)
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

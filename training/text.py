"""Fits the text stage's model from ``training/*.jsonl`` and the marked streams; writes ``nlp/data/model.npz``.

``python -m training.text`` takes eight minutes on one core. Seeds are fixed and no clock enters the file, so the same
data and packages give the same bytes. Nothing of ``evaluation/data`` is read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from nlp.lexicon import load_taxonomy
from nlp.sentiment import compile_tables
from nlp.table import PARENT_BITS, TEXT_BITS, pack_words
from training.corpus import Arrays, known_cues, labels, learn_vocabulary, load_records, prepare
from training.heads import fit_parts, pack
from training.marked import Record
from training.npz import write_npz
from training.stage import second_stage

FOLDER = Path(__file__).resolve().parent
MODEL = FOLDER.parent / "nlp" / "data" / "model.npz"

LEAST = 4
"""What stands in fewer texts, or parents, is not kept: the file stays small, and reads no worse without it."""


def fit(records: Sequence[Record], groups: npt.NDArray[np.int64]) -> Arrays:
    """The arrays of the model's file, from labelled records; those of one group share a fold."""
    taxonomy, tables = load_taxonomy(), compile_tables()
    codes = [topic.code for topic in taxonomy.topics]
    inputs = prepare(records, groups, taxonomy, tables)
    targets = labels(records, codes)
    text = learn_vocabulary(inputs.texts, TEXT_BITS, LEAST)
    parent = learn_vocabulary(inputs.answered, PARENT_BITS, LEAST)
    columns = known_cues(inputs)
    names = [inputs.names[column] for column in columns]
    cues = csr_matrix(inputs.cues[:, columns])
    parts = [text.matrix(inputs.texts), parent.matrix(inputs.parents), cues]
    gold = np.array([[code in record["topics"] for code in codes] for record in records])
    second = second_stage(parts, cues.toarray(), targets, gold, inputs.folds)
    weights = np.stack([fit_parts(parts, rows, target, head) for head, (target, rows) in targets.items()], axis=1)
    return pack(text, parent, names, weights, tables) | second | {"heads": pack_words(list(targets))}


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Fit the text stage's model.")
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=MODEL)
    arguments = parser.parse_args()
    # One thread: sums are added in one order, and nothing spins while another process works.
    with threadpool_limits(1):
        arrays = fit(*load_records(arguments.data))
    write_npz(arguments.out, arrays)
    print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

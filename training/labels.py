"""Fitting with what a bank's analysts said: the shipped texts, and each label as several records.

A label weighs `WEIGHT` texts, because it is of the stream that the model will read and the shipped texts are not; more
would let a handful of labels outvote the thousands beside them (docs/feedback.md has the trials).
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from training.corpus import load_records
from training.marked import Record
from training.npz import write_npz
from training.open import OPEN
from training.text import fit

WEIGHT = 3


@dataclass(frozen=True, slots=True)
class Task:
    """One fit: the texts in ``folder``, and labels with the near-duplicate cluster of each, which share a fold."""

    folder: Path
    labels: Sequence[Record]
    clusters: Sequence[int]


def fit_all(tasks: Sequence[Task], workers: int) -> Iterator[bytes]:
    """The model file of each task, in order; ``workers`` at once, each in a process of its own (1: in this one)."""
    if workers == 1:
        yield from map(fit_file, tasks)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _end_with_parent) as pool:
        yield from pool.map(fit_file, tasks)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for ever."""
    Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def fit_file(task: Task) -> bytes:
    """The bytes of the model's file; the same texts and labels in the same order give the same."""
    records, groups = load_records(task.folder)
    of_labels = np.repeat(np.array(task.clusters, dtype=np.int64), WEIGHT) + len(records)
    repeated = [label for label in task.labels for _ in range(WEIGHT)]
    # One thread: sums are added in one order, and nothing spins while another process works.
    with threadpool_limits(1), contextlib.redirect_stderr(io.StringIO()), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        fitted = fit([*records, *repeated], np.concatenate([groups, of_labels]))
        # What is fitted on texts that are not shipped stays as it is.
        with np.load(OPEN, allow_pickle=False) as experts:
            write_npz(path, dict(experts) | fitted)
        return path.read_bytes()

"""Fits what grouping judges by from marked streams and writes ``incidents/data/likeness.npz`` (decision 0023).

``python -m training.likeness`` takes a quarter of an hour on two cores, nearly all of it for two text stages: each half
of the streams is read by one that is fitted without it, because what a stage was fitted on it reads better than what it
will meet (decision 0024). The streams arrive hour by hour; of each post that has to be placed it is noted what it has
in common with each incident at hand, and which of them is truly its own. The second round listens to grouping by the
trees of the first, because what is met depends on what was decided before (Ross, Gordon, Bagnell 2011). Seeds are
fixed, so the same data, code and packages give the same bytes. ``--halves`` scores the streams of each half by what is
fitted on the other, text stage and trees.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from domain.incidents import ReadPost
from domain.readings import Reading
from evaluation.grouping import GroupingScore, Key, Stream, analysed_readings, arrive, read_stream, score_stream
from incidents.config import GroupingConfig
from incidents.likeness import FEATURES, Floats, Judge, Reach
from nlp.analyser import Analyser
from nlp.lexicon import load_taxonomy
from nlp.model import Model
from training.corpus import STREAMS, load_records
from training.marked import stream_folders
from training.npz import write_npz
from training.text import FOLDER
from training.text import fit as fit_text
from training.trees import pack_trees
from trees.tables import Tables

MODEL = FOLDER.parent / "incidents" / "data" / "likeness.npz"

HOURS = 1
"""A stream arrives in batches of so many hours."""
EAGER = GroupingConfig(join_score=0.35, own_score=0.35, quiet_score=0.35)
"""Low bars while it is listened to, so that more of what may belong together is met in incidents."""
FAR = Reach(words=6, topic=8, branch=4, author=4)
"""More incidents are compared than later, for the same reason."""
START = {
    "words": 10.0, "topic": 4.0, "days": -0.15, "branches": 2.0, "people": 1.5, "amounts": 0.5, "author": 2.0,
}  # fmt: skip
START_BASE = -5.0
"""What the first round is grouped by: by hand, and roughly."""

AGREEING = {
    "words", "closest", "topic", "branches", "products", "amounts", "people", "roles", "event_days", "author", "voice",
    "story", "pointed",
}  # fmt: skip
"""More of these never makes it less likely."""

Arrays = dict[str, npt.NDArray[Any]]


def start(rows: Floats) -> Floats:
    """The logits of the first round."""
    return np.asarray(rows @ [START.get(name, 0.0) for name in FEATURES] + START_BASE)


@dataclass(frozen=True, slots=True)
class Choices:
    """What was met: rows of `FEATURES`, and which of them were of one matter."""

    rows: Floats
    right: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Marked:
    """A stream with its readings."""

    stream: Stream
    readings: Mapping[Key, Reading]

    def score(self, judge: Judge) -> GroupingScore:
        """How well it is grouped by this judge."""
        return score_stream(self.stream, arrive(self.stream, self.readings, GroupingConfig(), HOURS, judge))

    def listen(self, logits: Callable[[Floats], npt.NDArray[np.floating[Any]]]) -> Choices:
        """What is met when it is grouped by these logits.

        An incident of ours is truly what most of its posts are of.
        """
        truth = {key: line["incident"] for key, line in self.stream.gold.items()}
        heard: list[tuple[str | None, Sequence[str], Floats]] = []

        def hear(item: ReadPost, incidents: Sequence[str], rows: Floats) -> None:
            heard.append((truth[item.post.source, item.post.id], incidents, rows))

        homes = arrive(self.stream, self.readings, EAGER, HOURS, Judge(logits, hear, FAR))
        held: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
        for key, home in homes.items():
            held[home][truth[key]] += 1
        meant = {home: counts.most_common(1)[0][0] for home, counts in held.items()}
        right = [own is not None and meant[one] == own for own, incidents, _rows in heard for one in incidents]
        return Choices(np.concatenate([rows for _own, _incidents, rows in heard]), np.array(right))


def train(marked: Sequence[Marked]) -> Arrays:
    """The trees by what is met in these streams."""
    met = [one.listen(start) for one in marked]
    first = Tables(fit(met), "same")
    return fit([*met, *(one.listen(first.predict) for one in marked)])


def fit(met: Sequence[Choices]) -> Arrays:
    """200 trees of at most eight leaves, which rise with what agrees."""
    fitted = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.07,
        max_leaf_nodes=8,
        max_depth=5,
        min_samples_leaf=20,
        l2_regularization=5.0,
        monotonic_cst=[int(name in AGREEING) for name in FEATURES],
        early_stopping=False,
        random_state=0,
    ).fit(
        np.concatenate([one.rows for one in met]).astype(np.float32),
        np.concatenate([one.right for one in met]),
    )
    return pack_trees(fitted, "same", np.uint8, np.uint8)


def fit_reader(data: Path, without: Collection[str]) -> Analyser:
    """A text stage fitted without some of the streams."""
    with threadpool_limits(1), contextlib.redirect_stderr(io.StringIO()):
        return Analyser(load_taxonomy(), Model(fit_text(*load_records(data, without)), "held out"))


def read_apart(data: Path, folders: Sequence[Path]) -> list[list[Marked]]:
    """The streams in two halves, by turns, each read by a text stage that is fitted without it."""
    halves = [folders[0::2], folders[1::2]]
    with ProcessPoolExecutor(len(halves)) as pool:
        return list(pool.map(_read_half, [data] * len(halves), halves))


def _read_half(data: Path, half: Sequence[Path]) -> list[Marked]:
    reader = fit_reader(data, {folder.name for folder in half})
    streams = [read_stream(folder) for folder in half]
    return [Marked(stream, analysed_readings(stream, reader)) for stream in streams]


def main() -> int:
    """Train and write, or score."""
    parser = argparse.ArgumentParser(description="Fit what grouping judges by.")
    parser.add_argument("--data", type=Path, default=FOLDER, help="texts, and marked streams under streams/")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--halves", action="store_true", help="write nothing, score each half by the other")
    arguments = parser.parse_args()
    folders = stream_folders(arguments.data / STREAMS)
    if len(folders) < 2:
        place = arguments.data / STREAMS
        parser.error(f"{place} holds {len(folders)} marked streams, two are needed (training/streams/README.md)")
    halves = read_apart(arguments.data, folders)
    with threadpool_limits(1):
        if arguments.halves:
            _score(halves)
        else:
            write_npz(arguments.out, train([one for half in halves for one in half]))
    return 0


def _score(halves: Sequence[Sequence[Marked]]) -> None:
    for half, other in zip(halves, reversed(halves), strict=True):
        judge = Judge(Tables(train(other), "same").predict)
        for one in half:
            score = one.score(judge)
            figures = (score.precision, score.recall, score.f1, score.adjusted_rand, score.cross_platform_recall)
            said = " ".join(f"{figure:.3f}" for figure in figures)
            print(one.stream.bank.name, said, f"{len(score.twins_merged)} of {score.twins}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

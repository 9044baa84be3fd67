"""Fits what grouping judges by from marked streams and writes ``incidents/data/likeness.npz`` (decision 0023).

``python -m training.likeness`` takes a minute on one core. The streams arrive hour by hour, read by the shipped text
stage; of each post that has to be placed it is noted what it has in common with each incident at hand, and which of
them is truly its own. The second round listens to grouping by the trees of the first, because what is met depends on
what was decided before (Ross, Gordon, Bagnell 2011). Seeds are fixed, so the same data and packages give the same
bytes. ``--held-out`` scores each stream by what is fitted on all others, and takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
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
from incidents.likeness import FEATURES, Floats, Judge
from incidents.trees import Forest
from training.npz import write_npz
from training.trees import pack_trees

ROOT = Path(__file__).resolve().parent
STREAMS = ROOT / "streams"
MODEL = ROOT.parent / "incidents" / "data" / "likeness.npz"

HOURS = 1
"""A stream arrives in batches of so many hours."""
EAGER = GroupingConfig(join_score=0.35, quiet_score=0.35)
"""Low bars while it is listened to, so that more of what may belong together is met in incidents."""
START = {
    "words": 10.0, "topic": 4.0, "days": -0.15, "branches": 2.0, "people": 1.5, "amounts": 0.5, "author": 2.0,
}  # fmt: skip
START_BASE = -5.0
"""What the first round is grouped by: by hand, and roughly."""

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

    def listen(self, logits: Callable[[Floats], Floats]) -> Choices:
        """What is met when it is grouped by these logits.

        An incident of ours is truly what most of its posts are of.
        """
        truth = {key: line["incident"] for key, line in self.stream.gold.items()}
        heard: list[tuple[str | None, Sequence[str], Floats]] = []

        def hear(item: ReadPost, incidents: Sequence[str], rows: Floats) -> None:
            heard.append((truth[item.post.source, item.post.id], incidents, rows))

        homes = arrive(self.stream, self.readings, EAGER, HOURS, Judge(logits, hear))
        held: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
        for key, home in homes.items():
            held[home][truth[key]] += 1
        meant = {home: counts.most_common(1)[0][0] for home, counts in held.items()}
        right = [own is not None and meant[one] == own for own, incidents, _rows in heard for one in incidents]
        return Choices(np.concatenate([rows for _own, _incidents, rows in heard]), np.array(right))


def train(marked: Sequence[Marked]) -> Arrays:
    """The trees by what is met in these streams."""
    met = [one.listen(start) for one in marked]
    first = Forest(fit(met), "same")
    return fit([*met, *(one.listen(first.predict) for one in marked)])


def fit(met: Sequence[Choices]) -> Arrays:
    """200 trees of at most eight leaves."""
    fitted = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.07,
        max_leaf_nodes=8,
        max_depth=5,
        min_samples_leaf=20,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    ).fit(
        np.concatenate([one.rows for one in met]).astype(np.float32),
        np.concatenate([one.right for one in met]),
    )
    return pack_trees(fitted, "same", np.uint8, np.uint8)


def main() -> int:
    """Train and write, or score."""
    parser = argparse.ArgumentParser(description="Fit what grouping judges by.")
    parser.add_argument("--streams", type=Path, default=STREAMS)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    folders = sorted(hint.parent for hint in arguments.streams.glob("*/config_hint.json"))
    if not folders:
        parser.error(
            f"{arguments.streams} holds no marked stream: no folder with config_hint.json (training/streams/README.md)"
        )
    streams = {folder.name: read_stream(folder) for folder in folders}
    marked = {name: Marked(stream, analysed_readings(stream)) for name, stream in streams.items()}
    with threadpool_limits(1):
        if arguments.held_out:
            _held_out(marked)
        else:
            write_npz(arguments.out, train(list(marked.values())))
    return 0


def _held_out(marked: Mapping[str, Marked]) -> None:
    for name, one in marked.items():
        others = [other for other in marked.values() if other is not one]
        score = one.score(Judge(Forest(train(others), "same").predict))
        figures = (score.precision, score.recall, score.f1, score.adjusted_rand, score.cross_platform_recall)
        print(name, *(f"{figure:.3f}" for figure in figures), f"{len(score.twins_merged)} of {score.twins}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

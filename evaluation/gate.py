"""Whether a new model is taken: not worse on the frozen sets, and better on what the analysts said. Pure.

Two traps are closed here. Labels are mostly errors of the model in use, so a candidate is scored on each label by a fit
that has seen neither it nor its near twins. And a tolerance at each training would let accuracy drift down step by
step, so a candidate is held against the better of the model in use and the shipped one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.readings import Reading
from evaluation.measures import RESAMPLES, SEED
from evaluation.text import Labelled, score

FROZEN = {
    "negative_f1": "负面 F1",
    "negative_auc": "负面 AUC",
    "topics_micro_f1": "主题微平均 F1",
    "about_accuracy": "是否本行准确率",
}
"""The figures on the frozen sets (attributes of `evaluation.text.TextScore`), with their names in Chinese."""
FEEDBACK = "feedback"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did: the figures on the frozen sets, and a score 0..1 for each label."""

    frozen: Mapping[str, float]
    feedback: Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """Taken or not, why (in Chinese), and for each figure what the model in use and the candidate reach."""

    taken: bool
    reason: str
    scores: Mapping[str, tuple[float, float]]


def frozen_figures(records: Sequence[Labelled], readings: Sequence[Reading]) -> dict[str, float]:
    """The figures of `FROZEN` on labelled records."""
    measured = score(records, readings)
    return {name: round(getattr(measured, name).value, 6) for name in FROZEN}


def feedback_scores(records: Sequence[Labelled], readings: Sequence[Reading]) -> Floats:
    """How right each reading is, 0..1: a third each for about, for negative, and for the topics.

    The topics' third is what both name over what either names (Jaccard); 1 where neither names any.
    """
    return np.array([_rightness(record, reading) for record, reading in zip(records, readings, strict=True)])


def _rightness(record: Labelled, reading: Reading) -> float:
    said = frozenset(reading.topics)
    either = record.topics | said
    topics = len(record.topics & said) / len(either) if either else 1.0
    return ((record.about == reading.about) + (record.negative == reading.negative) + topics) / 3


def decide(
    present: Trial, shipped: Mapping[str, float], candidate: Trial, clusters: Sequence[int], tolerance: float
) -> Outcome:
    """The outcome for a ``candidate`` beside the model in use.

    ``shipped``: that model's figures on the frozen sets. ``clusters``: the near-duplicate cluster of each label, so
    that the interval of the gain takes twins as one. ``tolerance`` is absolute, 0..1.
    """
    bars = {name: max(present.frozen[name], shipped[name]) for name in FROZEN}
    scores = {name: (bars[name], candidate.frozen[name]) for name in FROZEN}
    before, after = float(present.feedback.mean()), float(candidate.feedback.mean())
    scores[FEEDBACK] = (round(before, 6), round(after, 6))
    worse = [name for name in FROZEN if candidate.frozen[name] < bars[name] - tolerance]
    low, high = _interval(candidate.feedback - present.feedback, clusters)
    gain = f"判定上的得分 {before:.3f} → {after:.3f}（变化的 95% 区间 {low:+.3f} 至 {high:+.3f}）"
    if worse:
        told = "，".join(f"{FROZEN[name]} {bars[name]:.3f} → {candidate.frozen[name]:.3f}" for name in worse)
        return Outcome(taken=False, reason=f"固定测试集上变差：{told}（容许 {tolerance:g}）；{gain}", scores=scores)
    if after <= before:
        return Outcome(taken=False, reason=f"没有变好：{gain}", scores=scores)
    return Outcome(taken=True, reason=f"固定测试集上没有变差；{gain}", scores=scores)


def _interval(gains: Floats, clusters: Sequence[int]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean gain, over clusters."""
    numbers = np.unique(np.array(clusters), return_inverse=True)[1]
    sums, sizes = np.bincount(numbers, gains), np.bincount(numbers)
    picks = np.random.default_rng(SEED).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)

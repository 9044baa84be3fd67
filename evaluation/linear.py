"""What a plain linear model makes of the texts: the line that anything more elaborate has to leave behind.

Logistic regression on character 1- to 4-gram TF-IDF of parent and text, one for negative, one for about, one a topic.
Needs scikit-learn, which is not among the packages that run; fitting on 6,700 posts takes some 16 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from domain.errors import RecordError
from domain.readings import Reading
from evaluation.measures import Bools, Floats
from evaluation.text import Labelled

COST = 4.0
"""Inverse strength of regularisation; from 1 to 30 the scores hardly move."""
FOLDS = 5


class LinearReader:
    """Fitted on labelled records. Its bar for negative is the one with the best F1 on folds held out of them.

    RecordError where there are too few records of either kind to hold any out.
    """

    def __init__(self, known: Sequence[Labelled]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        negative = np.array([record.negative for record in known])
        if min(negative.sum(), (~negative).sum()) < FOLDS:
            raise RecordError("too_few", f"训练部分的负面和非负面各要至少 {FOLDS} 条，才能训练字符 LR")
        self._grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
        matrix = self._grams.fit_transform(map(_joined, known))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        held_out = cross_val_predict(_regression(), matrix, negative, cv=folds, method="predict_proba")[:, 1]
        self._bar = best_bar(negative, held_out)
        self._negative = _regression().fit(matrix, negative)
        about = np.array([record.about for record in known])
        self._about = _fit(matrix, about, _given(known, "about"))
        # A topic is in one text of thirty: without weights no chance would reach one half.
        self._topics = {
            code: _fit(
                matrix, np.array([code in record.topics for record in known]), _given(known, "topics"), "balanced"
            )
            for code in sorted({code for record in known for code in record.topics})
        }

    def read(self, records: Sequence[Labelled]) -> list[Reading]:
        """A reading for each record; a topic or about is said from a chance of one half on."""
        matrix = self._grams.transform(map(_joined, records))
        negativity = self._negative.predict_proba(matrix)[:, 1].tolist()
        about = self._about.predict(matrix).tolist() if self._about else [True] * len(records)
        said = {code: head.predict(matrix) for code, head in self._topics.items() if head}
        return [
            Reading(
                about=about[row],
                topics=tuple(code for code, rows in said.items() if rows[row]),
                negative=negativity[row] >= self._bar,
                negativity=negativity[row],
                severity=int(negativity[row] >= self._bar),
                evidence=(),
                version="-",
            )
            for row in range(len(records))
        ]


def best_bar(gold: Bools, chance: Floats) -> float:
    """The chance from which saying negative has the best F1, midway to the next lower one."""
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(gold[order])
    best = int((2 * right / (np.arange(1, len(gold) + 1) + gold.sum())).argmax())
    return float(chance[order[best : best + 2]].mean())


def _given(known: Sequence[Labelled], label: str) -> Bools:
    return np.array([label in record.given for record in known])


def _fit(matrix: Any, gold: Bools, rows: Bools, class_weight: str | None = None) -> Any:
    """None where the records say of all the same, or nothing."""
    if len(np.unique(gold[rows])) < 2:
        return None
    return _regression(class_weight=class_weight).fit(matrix[rows], gold[rows])


def _joined(record: Labelled) -> str:
    return f"{record.text.parent or ''}\n{record.text.text}"


def _regression(**options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    # The dual problem gives the same weights in a quarter of the time: there are far more n-grams than texts.
    return LogisticRegression(C=COST, solver="liblinear", dual=True, random_state=0, **options)

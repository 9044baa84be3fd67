"""The fitted part, in one file of plain arrays: linear heads over character n-grams and cues, and trees over the heads.

Heads: ``negative``, ``about``, ``severe2`` and ``severe3`` (at least so severe, given that it is negative), and one a
topic (given that it is negative). All heads are computed in one gather of a table. Two small forests then weigh all
heads and cues together for ``negative`` and ``about``. Fitting is in ``training/text.py``; only numpy is needed here.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.joined import Bools, Ints, Joined, join
from nlp.open import OpenReader
from nlp.table import Floats, Grams, Table, unpack_words
from nlp.target import NOBODY
from trees.tables import Tables

Arrays = Mapping[str, npt.NDArray[Any]]
_BLOCK = 256
"""Texts whose cues are turned over at once, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of a batch: one row a text.

    ``negative``, ``about`` (0 where it was not asked) and ``topics`` (given that it is negative) are probabilities;
    ``severity`` is the expected one, 0..3.
    """

    negative: Floats
    about: Floats
    severity: Floats
    topics: Floats

    def with_negative(self, rows: Ints, chances: Floats) -> Scores:
        """The same with other chances that some texts are negative: what is surer is graver, what is less sure is still
        as grave as its words say."""
        negative, severity = self.negative.copy(), self.severity.copy()
        severity[rows] *= np.maximum(1, chances / negative[rows])
        negative[rows] = chances
        return replace(self, negative=negative, severity=severity)


class Model:
    """Reads masked texts, masked parents and cues. ``digest`` names the exact file.

    ``bar`` is the negativity from which a text counts as negative, ``thresholds`` the same for each topic; where none
    is over its threshold, the likeliest topic is taken from ``fallback`` on.
    """

    def __init__(self, arrays: Arrays, digest: str) -> None:
        self.digest = digest
        self.heads = unpack_words(arrays["heads"])
        self.topics = self.heads[4:]
        self.cues = unpack_words(arrays["cue_names"])
        self.sentiment = dict(zip(unpack_words(arrays["snow_words"]), arrays["snow_weights"].tolist(), strict=True))
        self.bar, self.fallback = float(arrays["bar"]), float(arrays["fallback"])
        self.thresholds: Floats = arrays["thresholds"]
        self.text, self._parent = (
            Table(*(arrays[f"{part}_{name}"] for name in ("buckets", "idf", "weights", "scale")))
            for part in ("text", "parent")
        )
        self._nobody = self._parent.score(self._parent.look_up(Joined.of(join([NOBODY]))))
        self._cue_weights, self._bias = arrays["cue_weights"], arrays["bias"]
        self._forests = Tables(arrays, "negative"), Tables(arrays, "about")
        self._slope, self._shift = arrays["slope"], arrays["shift"]
        self._arrays = arrays

    @cached_property
    def _open(self) -> OpenReader:
        """Built where it is needed first: its table is the largest, and whoever watches a bank never asks it."""
        return OpenReader(self._arrays, self.cues)

    def read(self, texts: Grams, parents: Joined, parent: Ints, seen: Floats, about: Bools, free: Bools) -> Scores:
        """Scores of a batch, each text for itself: what else is in the batch does not matter.

        ``parent``: for each text its masked parent's number, -1 for none; ``seen``: `cues` by texts; ``about``: whether
        it is asked for; ``free``: no bank is watched.
        """
        of_parents = np.concatenate([self._parent.score(self._parent.look_up(parents)), self._nobody])
        parts = self.text.score(texts), of_parents[parent], self._of_cues(seen)
        logits = np.asarray(parts[0] + parts[1] + parts[2], dtype=np.float32)
        features = join_features(parts, logits, seen)
        logits[:, 0] = self._forests[0].predict(features.T)
        logits[about, 1] = self._forests[1].predict(features.T[about])
        chance = np.asarray(1 / (1 + np.exp(-np.clip(logits * self._slope + self._shift, -30, 30))), dtype=np.float32)
        if free.any():
            rows = np.flatnonzero(free)
            some = Joined.of(join([texts.joined.row(row) for row in rows.tolist()]))
            chance[rows, 0] = self._open.chances(some, seen[:, rows], chance[rows, 0])
        severity = chance[:, 0] * (1 + chance[:, 2] + chance[:, 3])
        return Scores(chance[:, 0], np.where(about, chance[:, 1], np.float32(0)), severity, chance[:, 4:])

    def _of_cues(self, seen: Floats) -> Floats:
        """The cues' share of the logits. One small product a text: a large one would add in an order that depends on
        where in the batch a text stands."""
        parts = [
            np.matmul(np.ascontiguousarray(seen[:, start : start + _BLOCK].T)[:, None, :], self._cue_weights)[:, 0]
            for start in range(0, seen.shape[1], _BLOCK)
        ]
        return np.asarray(np.concatenate([np.zeros((0, len(self.heads)), dtype=np.float32), *parts]) + self._bias)


def join_features(parts: Sequence[npt.NDArray[Any]], logits: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Floats:
    """What the forests see, one column a text.

    For negativity the share of text, parent and cues; the logits of all heads; the cues (already one column a text).
    """
    shares = np.stack([part[:, 0] for part in parts])
    return np.concatenate([shares, logits.T, seen]).astype(np.float32, copy=False)


def load_model() -> Model:
    """The shipped model: what is fitted on our texts, and the experts for texts without a watched bank."""
    data = files("nlp") / "data"
    return read_model((data / "model.npz").read_bytes(), (data / "open.npz").read_bytes())


def read_model(*raw: bytes) -> Model:
    """The model of the bytes of its files; KeyError where they lack an array that this version of the program reads."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    digest = hashlib.sha256()
    for part in raw:
        digest.update(part)
        with np.load(io.BytesIO(part), allow_pickle=False) as held:
            arrays |= dict(held)
    return Model(arrays, digest.hexdigest())

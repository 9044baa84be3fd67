"""Texts where no bank is watched: short opinions on banks, and finance news, each read by an expert of its own.

Such texts come from collections that are not about one county's bank, and their words mean other things there. Each
expert is one linear head over character n-grams and a small forest over that head and the cues. A third and a fourth
head tell how much a text looks like the one or the other kind; what looks like neither is left to the main model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.joined import Joined
from nlp.table import Floats, Table, unpack_words
from trees.tables import Tables

KINDS = ("opinion", "news")
"""Short opinions on banks, cards and loans; news and posts about finance."""
PREFIX = "open_"
"""Of the names of its arrays in the model's file."""


class OpenReader:
    """Reads masked texts; ``cues`` are the names of the rows that `chances` is given as ``seen``."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], cues: Sequence[str]) -> None:
        self._table = Table(*(arrays[f"{PREFIX}{name}"] for name in ("buckets", "idf", "weights", "scale")))
        self._bias = arrays[f"{PREFIX}bias"]
        places = {cue: place for place, cue in enumerate(cues)}
        known = unpack_words(arrays[f"{PREFIX}cue_names"])
        self._cues = np.array([places.get(cue, len(cues)) for cue in known])
        self._forests = [Tables(arrays, f"{PREFIX}{kind}") for kind in KINDS]
        self._slope, self._shift = arrays[f"{PREFIX}slope"], arrays[f"{PREFIX}shift"]

    def chances(self, texts: Joined, seen: Floats, others: Floats) -> Floats:
        """The chance that each text is negative; ``seen``: cues by texts, ``others``: what the main model says."""
        heads = self._table.score(self._table.look_up(texts)) + self._bias
        nothing = np.zeros((1, len(texts)), dtype=np.float32)
        own = np.concatenate([seen, nothing])[self._cues]
        experts = [
            forest.predict(join_open(heads[:, kind], own).T) * self._slope[kind] + self._shift[kind]
            for kind, forest in enumerate(self._forests)
        ]
        return mix(_chance(np.stack(experts)), heads[:, len(KINDS) :].T, others)


def join_open(head: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Floats:
    """What an expert's forest sees, one column a text: its head's logit and the cues."""
    return np.concatenate([head[None, :], seen]).astype(np.float32, copy=False)


def mix(experts: npt.NDArray[Any], kinds: npt.NDArray[Any], others: npt.NDArray[Any]) -> Floats:
    """Chances of the experts (kinds by texts), weighed by how much a text looks like their kind (logits).

    What no kind claims is the main model's share.
    """
    likeness = _chance(kinds)
    rest = np.maximum(0, 1 - likeness.sum(axis=0))
    told = (likeness * experts).sum(axis=0) + rest * others
    return np.asarray(told / (likeness.sum(axis=0) + rest), dtype=np.float32)


def _chance(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))

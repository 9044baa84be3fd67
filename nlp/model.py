"""The fitted part, in one file of plain arrays: linear heads over character n-grams and cues, and trees over the heads.

Heads: ``negative``, ``about``, ``severe2`` and ``severe3`` (at least so severe, given that it is negative), and one a
topic (given that it is negative). All heads are computed in one gather of a table. Two small forests then weigh all
heads and cues together for ``negative`` and ``about``. Fitting is in ``tools/train.py``; only numpy is needed here.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.forest import Forest
from nlp.grams import grams, places

TEXT_BITS, PARENT_BITS = 22, 20
CHUNK = 256

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


class Table:
    """n-gram buckets that the model knows, with their weight in each head (int8, one scale a head)."""

    def __init__(
        self, buckets: npt.NDArray[Any], idf: npt.NDArray[Any], weights: npt.NDArray[Any], scale: Floats
    ) -> None:
        self.bits = TEXT_BITS if buckets.size and buckets[-1] >= 1 << PARENT_BITS else PARENT_BITS
        self._slots = np.zeros(1 << self.bits, dtype=np.int32)
        self._slots[buckets] = np.arange(1, len(buckets) + 1, dtype=np.int32)
        self._idf = idf.astype(np.float32)
        self._weights, self._scale = weights, scale

    def score(self, texts: Sequence[str]) -> Floats:
        """Logits of each head (columns) for each text (rows). A text's n-grams weigh idf over their Euclidean norm."""
        rows, buckets = grams(texts, self.bits)
        slots = self._slots[buckets]
        rows, slots = rows[slots > 0], slots[slots > 0] - 1
        values = self._idf[slots]
        norms = np.sqrt(np.bincount(rows, values.astype(np.float64) ** 2, minlength=len(texts))).astype(np.float32)
        out = np.zeros((len(texts), self._weights.shape[1]), dtype=np.float32)
        if len(rows):
            begins = np.flatnonzero(np.diff(rows, prepend=-1))
            weighed = self._weights[slots] * (values / norms[rows])[:, None]
            out[rows[begins]] = np.add.reduceat(weighed, begins, axis=0)
        return out * self._scale

    def strongest(self, text: str, heads: Sequence[int], width: int) -> list[tuple[int, int]]:
        """For each head the stretch of at most ``width`` characters that speaks most for it; the text is not empty."""
        starts, ends, buckets = places(text, self.bits)
        slots = self._slots[buckets]
        starts, ends, slots = starts[slots > 0], ends[slots > 0], slots[slots > 0] - 1
        weights = self._weights[slots][:, list(heads)] * (self._idf[slots] / (ends - starts))[:, None]
        return [self._window(starts, ends, weights[:, column], len(text), width) for column in range(len(heads))]

    @staticmethod
    def _window(
        starts: npt.NDArray[Any], ends: npt.NDArray[Any], weights: npt.NDArray[Any], length: int, width: int
    ) -> tuple[int, int]:
        """Each n-gram's weight is spread over its characters; the window of the largest sum, idle ends cut off."""
        change = np.bincount(starts, weights, length + 1) - np.bincount(ends, weights, length + 1)
        share = np.cumsum(change)[:length]
        start = int(np.argmax(np.convolve(share, np.ones(min(width, length)), mode="valid")))
        speaking = np.flatnonzero(share[start : start + width] > 1e-9)
        if not len(speaking):
            return start, min(start + width, length)
        return start + int(speaking[0]), start + int(speaking[-1]) + 1


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of a batch: one row a text.

    ``negative``, ``about`` and ``topics`` (given that it is negative) are probabilities; ``severity`` is the expected
    one, 0..3.
    """

    negative: Floats
    about: Floats
    severity: Floats
    topics: Floats


class Model:
    """Reads masked texts, masked parents and cues. ``digest`` names the exact file.

    ``bar`` is the negativity from which a text counts as negative, ``thresholds`` the same for each topic; where none
    is over its threshold, the likeliest topic is taken from ``fallback`` on.
    """

    def __init__(self, arrays: Arrays, digest: str) -> None:
        self.digest = digest
        self.heads = _words(arrays["heads"])
        self.topics = self.heads[4:]
        self.sentiment = dict(zip(_words(arrays["snow_words"]), arrays["snow_weights"].tolist(), strict=True))
        self.bar, self.fallback = float(arrays["bar"]), float(arrays["fallback"])
        self.thresholds: Floats = arrays["thresholds"]
        self._text, self._parent = (
            Table(*(arrays[f"{part}_{name}"] for name in ("buckets", "idf", "weights", "scale")))
            for part in ("text", "parent")
        )
        self._cues = {name: column for column, name in enumerate(_words(arrays["cue_names"]))}
        self._cue_weights, self._bias = arrays["cue_weights"], arrays["bias"]
        self._forests = Forest(arrays, "negative"), Forest(arrays, "about")
        self._slope, self._shift = arrays["slope"], arrays["shift"]

    def read(self, texts: Sequence[str], parents: Sequence[str], cues: Sequence[Mapping[str, float]]) -> Scores:
        """Scores of a batch. Each text is scored alone: what else is in the batch does not matter."""
        parts = [
            self._chances(texts[start : start + CHUNK], parents[start : start + CHUNK], cues[start : start + CHUNK])
            for start in range(0, len(texts), CHUNK)
        ]
        chance = np.concatenate(parts) if parts else np.zeros((0, len(self.heads)), dtype=np.float32)
        severity = chance[:, 0] * (1 + chance[:, 2] + chance[:, 3])
        return Scores(chance[:, 0], chance[:, 1], severity, chance[:, 4:])

    def _chances(self, texts: Sequence[str], parents: Sequence[str], cues: Sequence[Mapping[str, float]]) -> Floats:
        seen = self._seen(cues)
        parts = self._text.score(texts), self._parent.score(parents), seen @ self._cue_weights + self._bias
        logits = np.asarray(parts[0] + parts[1] + parts[2], dtype=np.float32)
        features = join_features(parts, logits, seen)
        logits[:, 0], logits[:, 1] = (forest.score(features) for forest in self._forests)
        return np.asarray(1 / (1 + np.exp(-np.clip(logits * self._slope + self._shift, -30, 30))), dtype=np.float32)

    def _seen(self, cues: Sequence[Mapping[str, float]]) -> Floats:
        """Cues as a matrix; those that the model does not know are left out."""
        seen = np.zeros((len(cues), len(self._cues)), dtype=np.float32)
        for row, values in enumerate(cues):
            for name, value in values.items():
                column = self._cues.get(name)
                if column is not None:
                    seen[row, column] = value
        return seen

    def strongest(self, text: str, heads: Sequence[str], width: int = 12) -> list[tuple[int, int]]:
        """For each head the stretch of a masked text that speaks most for it."""
        return self._text.strongest(text, [self.heads.index(head) for head in heads], width)


def join_features(parts: Sequence[npt.NDArray[Any]], logits: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Floats:
    """What the forests see: for negativity the share of text, parent and cues; the logits of all heads; the cues."""
    shares = np.stack([part[:, 0] for part in parts], axis=1)
    return np.concatenate([shares, logits, seen], axis=1).astype(np.float32)


def _words(packed: npt.NDArray[Any]) -> list[str]:
    """Words that were kept as UTF-8 bytes with line feeds between."""
    return packed.tobytes().decode("utf-8").split("\n")


def pack_words(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """The opposite of what reading does; no word may hold a line feed."""
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)


def load_model() -> Model:
    """The shipped model."""
    raw = (files("nlp") / "data" / "model.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return Model({name: arrays[name] for name in arrays.files}, hashlib.sha256(raw).hexdigest())

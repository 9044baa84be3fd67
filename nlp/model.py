"""The fitted part: linear heads over character n-grams and cues, in one file of plain arrays.

Heads: ``negative``, ``about``, ``severe2`` and ``severe3`` (at least so severe, given that it is negative), and one a
topic (given that it is negative). All heads are computed in one gather of a table. Fitting is in ``tools/train.py``;
only numpy is needed here.
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

    def strongest(self, text: str, head: int, width: int) -> tuple[int, int]:
        """The stretch of at most ``width`` characters that speaks most for a head."""
        share = np.zeros(len(text) + 1)
        for start, end, bucket in places(text, self.bits):
            if slot := int(self._slots[bucket]):
                share[start:end] += self._idf[slot - 1] * float(self._weights[slot - 1, head]) / (end - start)
        span = min(width, len(text))
        sums = np.convolve(share[: len(text)], np.ones(span), mode="valid")
        start = int(np.argmax(sums))
        end = start + span
        while start < end - 1 and share[start] <= 0:
            start += 1
        while end > start + 1 and share[end - 1] <= 0:
            end -= 1
        return start, end


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of a batch, as probabilities: one row a text; ``topics`` are given that it is negative."""

    negative: Floats
    about: Floats
    severity: Floats
    topics: Floats


class Model:
    """Reads masked texts, masked parents and cues. ``digest`` names the exact file."""

    def __init__(self, arrays: Arrays, digest: str) -> None:
        self.digest = digest
        self.heads = _words(arrays["heads"])
        self.topics = self.heads[4:]
        self.sentiment = dict(zip(_words(arrays["snow_words"]), arrays["snow_weights"].tolist(), strict=True))
        self._text = Table(arrays["text_buckets"], arrays["text_idf"], arrays["text_weights"], arrays["text_scale"])
        self._parent = Table(
            arrays["parent_buckets"], arrays["parent_idf"], arrays["parent_weights"], arrays["parent_scale"]
        )
        self._cues = {name: row for row, name in enumerate(_words(arrays["cue_names"]))}
        self._cue_weights, self._bias = arrays["cue_weights"], arrays["bias"]
        self._slope, self._shift = arrays["slope"], arrays["shift"]
        self.thresholds: Floats = arrays["thresholds"]
        self.fallback = float(arrays["fallback"])

    def logits(self, texts: Sequence[str], parents: Sequence[str], cues: Sequence[Mapping[str, float]]) -> Floats:
        """Calibrated logits, one row a text, one column a head. Each text is scored alone: batches do not matter."""
        parts = [
            self._raw(texts[start : start + CHUNK], parents[start : start + CHUNK], cues[start : start + CHUNK])
            for start in range(0, len(texts), CHUNK)
        ]
        raw = np.concatenate(parts) if parts else np.zeros((0, len(self.heads)), dtype=np.float32)
        return np.asarray(raw * self._slope + self._shift, dtype=np.float32)

    def _raw(self, texts: Sequence[str], parents: Sequence[str], cues: Sequence[Mapping[str, float]]) -> Floats:
        seen = np.zeros((len(texts), len(self._cues)), dtype=np.float32)
        for row, values in enumerate(cues):
            for name, value in values.items():
                column = self._cues.get(name)
                if column is not None:
                    seen[row, column] = value
        total = self._text.score(texts) + self._parent.score(parents) + seen @ self._cue_weights + self._bias
        return np.asarray(total, dtype=np.float32)

    def read(self, texts: Sequence[str], parents: Sequence[str], cues: Sequence[Mapping[str, float]]) -> Scores:
        """Probabilities for a batch; ``severity`` is the expected severity, 0..3."""
        chance = _sigmoid(self.logits(texts, parents, cues))
        severity = chance[:, 0] * (1 + chance[:, 2] + chance[:, 3])
        return Scores(chance[:, 0], chance[:, 1], severity, chance[:, 4:])

    def strongest(self, text: str, head: str, width: int = 12) -> tuple[int, int]:
        """The stretch of a masked text that speaks most for a head."""
        return self._text.strongest(text, self.heads.index(head), width)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


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

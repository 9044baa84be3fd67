"""The fitted part, in one file of plain arrays: linear heads over character n-grams and cues, and trees over the heads.

Heads: ``negative``, ``about``, ``severe2`` and ``severe3`` (at least so severe, given that it is negative), and one a
topic (given that it is negative). All heads are computed in one gather of a table. Two small forests then weigh all
heads and cues together for ``negative`` and ``about``. Fitting is in ``training/text.py``; only numpy is needed here.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.forest import Forest
from nlp.grams import runs
from nlp.joined import Bools, Ints, Joined, join
from nlp.target import NOBODY

TEXT_BITS, PARENT_BITS = 22, 20
_BLOCK = 4096
"""n-grams whose weights are gathered at once, so that they stay in the processor's cache."""

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of masked texts that a table knows.

    ``slots``, for n from 1: for each place the number (from 1) of the n-gram that begins there, 0 for an unknown one.
    """

    joined: Joined
    slots: tuple[npt.NDArray[np.int32], ...]


class Table:
    """n-gram buckets that the model knows, with their weight in each head (int8, one scale a head)."""

    def __init__(
        self, buckets: npt.NDArray[Any], idf: npt.NDArray[Any], weights: npt.NDArray[Any], scale: Floats
    ) -> None:
        self.bits = TEXT_BITS if buckets.size and buckets[-1] >= 1 << PARENT_BITS else PARENT_BITS
        self._slots = np.zeros(1 << self.bits, dtype=np.int32)
        self._slots[buckets] = np.arange(1, len(buckets) + 1, dtype=np.int32)
        self.idf = idf.astype(np.float32)
        self.heads, self._scale = weights.shape[1], scale
        # A row of 32 bytes is half a cache line.
        self.weights = np.zeros((len(weights), -(-self.heads // 32) * 32), dtype=np.int8)
        self.weights[:, : self.heads] = weights

    def look_up(self, joined: Joined) -> Grams:
        """The known n-grams of texts."""
        found = []
        for buckets, beyond in runs(joined, self.bits):
            slots = self._slots.take(buckets)
            slots[beyond] = 0
            found.append(slots)
        return Grams(joined, tuple(found))

    def score(self, grams: Grams) -> Floats:
        """Logits of each head (columns) for each text (rows). A text's n-grams weigh idf over their Euclidean norm."""
        out = np.zeros((len(grams.joined), self.weights.shape[1]), dtype=np.float32)
        rows, slots = self._each_once(grams)
        values = self.idf.take(slots)
        squares = np.bincount(rows, values.astype(np.float64) ** 2, minlength=len(out))
        values /= np.sqrt(squares).astype(np.float32).take(rows)
        begins = np.searchsorted(rows, np.arange(len(out) + 1)).tolist()
        for first, last in _blocks(begins):
            start = begins[first]
            weights = self.weights.take(slots[start : begins[last]], axis=0).astype(np.float32)
            for row in range(first, last):
                low, high = begins[row], begins[row + 1]
                if low < high:
                    np.dot(values[low:high], weights[low - start : high - start], out=out[row])
        return out[:, : self.heads] * self._scale

    def _each_once(self, grams: Grams) -> tuple[Ints, Ints]:
        """Text number and slot (from 0) of each known n-gram of each text, in order."""
        shift = len(self.idf).bit_length()
        # Half as many bytes are sorted twice as fast.
        kind = np.uint64 if len(grams.joined) << shift >= 1 << 32 else np.uint32
        rows = np.left_shift(grams.joined.rows.astype(kind), shift, dtype=kind)
        keys = [np.zeros(0, dtype=kind)]
        for slots in grams.slots:
            places = np.flatnonzero(slots)
            keys.append(rows.take(places) | slots.take(places).astype(kind))
        ordered = np.sort(np.concatenate(keys)).astype(np.int64)
        unique = ordered[np.diff(ordered, prepend=-1) > 0]
        return unique >> shift, (unique & ((1 << shift) - 1)) - 1


def _blocks(begins: list[int]) -> Iterator[tuple[int, int]]:
    """Rows (first, behind the last) whose n-grams are gathered together: at least one row, else at most `_BLOCK`."""
    first = 0
    for row in range(1, len(begins)):
        if row == len(begins) - 1 or begins[row + 1] - begins[first] > _BLOCK:
            yield first, row
            first = row


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


class Model:
    """Reads masked texts, masked parents and cues. ``digest`` names the exact file.

    ``bar`` is the negativity from which a text counts as negative, ``thresholds`` the same for each topic; where none
    is over its threshold, the likeliest topic is taken from ``fallback`` on.
    """

    def __init__(self, arrays: Arrays, digest: str) -> None:
        self.digest = digest
        self.heads = _words(arrays["heads"])
        self.topics = self.heads[4:]
        self.cues = _words(arrays["cue_names"])
        self.sentiment = dict(zip(_words(arrays["snow_words"]), arrays["snow_weights"].tolist(), strict=True))
        self.bar, self.fallback = float(arrays["bar"]), float(arrays["fallback"])
        self.thresholds: Floats = arrays["thresholds"]
        self.text, self._parent = (
            Table(*(arrays[f"{part}_{name}"] for name in ("buckets", "idf", "weights", "scale")))
            for part in ("text", "parent")
        )
        self._nobody = self._parent.score(self._parent.look_up(Joined.of(join([NOBODY]))))
        self._cue_weights, self._bias = arrays["cue_weights"], arrays["bias"]
        self._forests = Forest(arrays, "negative"), Forest(arrays, "about")
        self._slope, self._shift = arrays["slope"], arrays["shift"]

    def read(self, texts: Grams, parents: Joined, parent: Ints, seen: Floats, about: Bools) -> Scores:
        """Scores of a batch, each text for itself: what else is in the batch does not matter.

        ``parent``: for each text its masked parent's number, -1 for none; ``seen``: `cues` by texts; ``about``: whether
        it is asked for.
        """
        of_parents = np.concatenate([self._parent.score(self._parent.look_up(parents)), self._nobody])
        parts = self.text.score(texts), of_parents[parent], self._of_cues(seen)
        logits = np.asarray(parts[0] + parts[1] + parts[2], dtype=np.float32)
        features = join_features(parts, logits, seen)
        logits[:, 0] = self._forests[0].score(features)
        logits[about, 1] = self._forests[1].score(features[:, about])
        chance = np.asarray(1 / (1 + np.exp(-np.clip(logits * self._slope + self._shift, -30, 30))), dtype=np.float32)
        severity = chance[:, 0] * (1 + chance[:, 2] + chance[:, 3])
        return Scores(chance[:, 0], np.where(about, chance[:, 1], np.float32(0)), severity, chance[:, 4:])

    def _of_cues(self, seen: Floats) -> Floats:
        """The cues' share of the logits. One small product a text: a large one would add in an order that depends on
        where in the batch a text stands."""
        rows = np.ascontiguousarray(seen.T)
        return np.asarray(np.matmul(rows[:, None, :], self._cue_weights)[:, 0] + self._bias)


def join_features(parts: Sequence[npt.NDArray[Any]], logits: npt.NDArray[Any], seen: npt.NDArray[Any]) -> Floats:
    """What the forests see, one column a text.

    For negativity the share of text, parent and cues; the logits of all heads; the cues (already one column a text).
    """
    shares = np.stack([part[:, 0] for part in parts])
    return np.concatenate([shares, logits.T, seen]).astype(np.float32, copy=False)


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

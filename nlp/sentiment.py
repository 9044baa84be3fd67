"""SnowNLP's sentiment, as one cue among others.

The package takes six seconds and 450 MB to import, because it loads its own segmenter and tagger. Its Bayes tables
are all that is of use here: `compile_tables` reads them from the package's data file without importing it, when the
model is trained, and they are kept in the model's file as one weight a word.
"""

from __future__ import annotations

import gzip
import importlib.util
import marshal
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

Tables = dict[str, float]
"""Word → log P(word | positive) - log P(word | negative)."""


def compile_tables() -> Tables:
    """The weights of SnowNLP's shipped sentiment model, without its stop words (they weigh nothing there either)."""
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("snownlp")
    folder = Path(spec.origin).parent
    data = marshal.loads(gzip.decompress((folder / "sentiment" / "sentiment.marshal.3").read_bytes()))
    stop = set((folder / "normal" / "stopwords.txt").read_text(encoding="utf-8").split())
    positive, negative = data["d"]["pos"], data["d"]["neg"]
    return {
        word: _log_probability(positive, word) - _log_probability(negative, word)
        for word in sorted(positive["d"].keys() | negative["d"].keys())
        if word not in stop and word.strip()
    }


def _log_probability(side: Mapping[str, Any], word: str) -> float:
    """Log probability of a word as SnowNLP's AddOneProb has it (``none`` for a word that it never saw)."""
    return math.log(side["d"].get(word, side["none"]) / side["total"])


class Sentiment:
    """Scores a text by the words of the tables, taken longest first from the left."""

    def __init__(self, tables: Mapping[str, float]) -> None:
        self._weights = list(tables.values())
        self._matcher = AhoCorasick(list(tables), matchkind=MatchKind.LeftmostLongest)

    def score(self, text: str) -> float:
        """Sum of the weights in logits: above 0 positive, below 0 negative, 0 where no word is known."""
        return sum(self._weights[index] for index, _, _ in self._matcher.find_matches_as_indexes(text))

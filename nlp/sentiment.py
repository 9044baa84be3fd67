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

import numpy as np

from nlp.joined import Floats, Ints, Joined
from nlp.trie import Found
from nlp.vocabulary import Vocabulary

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


def sentiment(joined: Joined, found: Found, vocabulary: Vocabulary) -> Floats:
    """For each text the sum of the weights of its words, in logits: above 0 positive, 0 where no word is known.

    Words are taken longest first from the left, none overlapping.
    """
    known = np.flatnonzero(vocabulary.weighed.take(found.words))
    starts = found.starts.take(known)
    after, word = np.arange(1, len(joined.codes) + 1), np.full(len(joined.codes), vocabulary.nothing, dtype=np.int32)
    # Found by rising length: the longest is written last.
    after[starts], word[starts] = found.ends.take(known), found.words.take(known)
    taken = _leftmost(after)
    sums = np.bincount(joined.rows.take(taken), vocabulary.weights.take(word.take(taken)), minlength=len(joined))
    return sums.astype(np.float64, copy=False)


def _leftmost(after: Ints) -> Ints:
    """Where one stands when going from the first character on by steps (``after``: the place that each leads to).

    A place that nothing reaches across is stood on in any case, so all stretches between such places are gone at once.
    """
    firm = np.ones(len(after), dtype=np.bool_)
    firm[1:] = np.maximum.accumulate(after[:-1]) <= np.arange(1, len(after))
    taken = firm.copy()
    places = after[firm]
    while len(places):
        places = places[places < len(after)]
        places = places[~firm.take(places)]
        taken[places] = True
        places = after.take(places)
    return np.flatnonzero(taken)

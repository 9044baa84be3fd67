"""Fitting the model: repeatable, and packed as it is walked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from nlp.grams import grams
from nlp.joined import Joined, join
from training.corpus import learn_vocabulary, load_records
from training.heads import fit_head, quantise
from training.stage import fit_forest
from training.trees import pack_trees
from trees.tables import Tables


def joined(*texts: str) -> Joined:
    """Texts side by side."""
    return Joined.of(join(texts))


FOLDER = Path(__file__).parents[3] / "training"
RNG = np.random.default_rng(1)
FEATURES = RNG.normal(size=(600, 5)).astype(np.float32)
TARGET = ((FEATURES[:, 0] > 0) ^ (FEATURES[:, 1] > 0.3)).astype(float)


def test_fitting_again_gives_the_same_numbers() -> None:
    """The same data give the same head and the same trees to the last bit."""
    matrix = csr_matrix(FEATURES)
    assert np.array_equal(fit_head(matrix, TARGET, 4.0), fit_head(matrix, TARGET, 4.0))
    first, again = (pack_trees(fit_forest(FEATURES, TARGET), "f", np.int16, np.int16) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_packed_trees_say_what_the_fitted_ones_say() -> None:
    """Walking the packed arrays gives the logits of the library that fitted them."""
    fitted = fit_forest(FEATURES, TARGET)
    said = Tables(pack_trees(fitted, "f", np.int16, np.int16), "f").predict(FEATURES)
    assert np.allclose(said, fitted.decision_function(FEATURES), atol=1e-4)


def test_vocabulary_knows_what_two_texts_share() -> None:
    """Only n-grams of at least two texts are kept, and rows have unit length."""
    vocabulary = learn_vocabulary(joined("利息少了", "利息没了", "排队"), 20)
    shared = set(grams(joined("利息少了"), 20)[1]) & set(grams(joined("利息没了"), 20)[1])
    assert shared <= set(vocabulary.buckets.tolist())
    matrix = vocabulary.matrix(joined("利息少了", "排队了"))
    assert np.isclose(np.square(matrix.toarray()).sum(axis=1), [1, 1]).all()
    assert matrix.shape == (2, len(vocabulary.buckets))


def test_weights_keep_their_size_in_one_byte() -> None:
    """Quantised weights are within half a step of the fitted ones."""
    weights = RNG.normal(size=(50, 3))
    small, scale = quantise(weights)
    assert np.abs(small * scale - weights).max() <= scale.max() / 2 + 1e-6


def test_contrast_pairs_share_a_group() -> None:
    """The two texts of a pair in part10 are in one group, and so in one fold."""
    records, groups = load_records(FOLDER)
    numbers = [i for i, record in enumerate(records) if record["id"].startswith("t10") and len(record["id"]) == 7]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(pairs) > 300
    assert all(groups[first] == groups[second] for first, second in pairs)

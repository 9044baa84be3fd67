"""n-grams, trees, sentiment and the shipped model."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.forest import Forest
from nlp.grams import grams, places
from nlp.model import Model, load_model
from nlp.segment import is_a_piece, words
from nlp.sentiment import Sentiment, compile_tables
from nlp.target import NOBODY

MODEL = load_model()


@given(st.lists(st.text(max_size=20), max_size=6))
def test_grams_of_a_batch_are_those_of_each_text(texts: list[str]) -> None:
    """What else is in a batch does not change a text's n-grams, and each is told once."""
    rows, buckets = grams(texts, 20)
    for number, text in enumerate(texts):
        alone = grams([text], 20)[1]
        assert np.array_equal(buckets[rows == number], alone)
        assert len(set(alone.tolist())) == len(alone)


@given(st.text(min_size=1, max_size=30))
def test_gram_places_lie_in_the_text(text: str) -> None:
    """Every n-gram's span is inside the text."""
    starts, ends, _ = places(text, 20)
    assert ((starts >= 0) & (starts < ends) & (ends <= len(text))).all()


def test_a_forest_is_walked_as_its_trees_say() -> None:
    """One split on one feature, a leaf on each side, and the base added."""
    arrays = {
        "f_feature": np.array([[0, 0, 0], [1, 0, 0]], dtype=np.int16),
        "f_threshold": np.array([[0.5, 0, 0], [2, 0, 0]], dtype=np.float32),
        "f_children": np.array([[[1, 2], [1, 1], [2, 2]], [[1, 2], [1, 1], [2, 2]]], dtype=np.int16),
        "f_value": np.array([[0, -1, 1], [0, -10, 10]], dtype=np.float32),
        "f_base": np.array(0.25),
        "f_depth": np.array(1),
    }
    said = Forest(arrays, "f").score(np.array([[0, 0], [1, 3], [0.5, 3]], dtype=np.float32))
    assert said.tolist() == [-10.75, 11.25, 9.25]


def test_scores_do_not_depend_on_the_batch() -> None:
    """A text scores the same alone and among others."""
    texts = ["利息少了三百", "服务很好", "", "\ue000取不出钱" * 30]
    together = MODEL.read(texts, [NOBODY] * 4, [{}] * 4)
    for row, text in enumerate(texts):
        alone = MODEL.read([text], [NOBODY], [{}])
        assert abs(float(alone.negative[0] - together.negative[row])) < 1e-5


def test_strongest_words_are_those_that_speak() -> None:
    """The stretch that speaks most for a topic holds its word."""
    text = "今天天气不错我去了一趟县里结果手机银行一直闪退然后回家吃饭"
    ((start, end),) = MODEL.strongest(text, ["app_fault"])
    assert "闪退" in text[start:end]
    assert end - start <= 12


def test_model_is_plain_arrays_of_known_size() -> None:
    """24 topic heads after the four others; nothing in the file is a pickle."""
    assert isinstance(MODEL, Model)
    assert len(MODEL.topics) == 24
    assert 0.3 <= MODEL.bar <= 0.6


def test_sentiment_is_snownlps_without_its_package() -> None:
    """The compiled tables are those of the installed package, and praise scores above abuse."""
    tables = compile_tables()
    assert MODEL.sentiment.keys() == tables.keys()
    assert max(abs(MODEL.sentiment[word] - weight) for word, weight in tables.items()) < 0.01
    sentiment = Sentiment(MODEL.sentiment)
    assert sentiment.score("服务很好很满意") > 0 > sentiment.score("垃圾，态度恶劣")


def test_reading_does_not_import_the_heavy_packages() -> None:
    """Neither snownlp nor scikit-learn is imported by the text stage."""
    heavy = "{'snownlp', 'sklearn', 'scipy'}"
    code = f"import sys, nlp.analyser as a; a.load_analyser(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_words_know_the_domain_and_their_borders() -> None:
    """The tokenizer knows 续贷; 服务差 is a piece in 服务差不多, and 贷款利率高 is none after 银行."""
    assert "续贷" in words("今天去办续贷")
    assert is_a_piece("服务差不多", 0, 3)
    assert is_a_piece("垃圾分类", 0, 2)
    assert not is_a_piece("服务差得很", 0, 3)
    assert not is_a_piece("东山银行贷款利率高", 4, 9)

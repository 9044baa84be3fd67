"""n-grams, trees, sentiment and the shipped model."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.evidence import WIDTH, strongest
from nlp.grams import grams
from nlp.joined import Joined, join
from nlp.lexicon import load_taxonomy
from nlp.model import Model, Scores, load_model
from nlp.pages import Opener
from nlp.sentiment import compile_tables

MODEL = load_model()


def joined(texts: list[str]) -> Joined:
    """Texts side by side."""
    return Joined.of(join(texts))


def strongest_of(texts: list[str], head: str = "negative") -> list[tuple[int, int]]:
    """The stretch of each text that speaks most for a head."""
    rows = np.arange(len(texts))
    heads = np.full_like(rows, MODEL.heads.index(head))
    starts, ends = strongest(MODEL.text.look_up(joined(texts)), MODEL.text, rows, heads)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def scores(texts: list[str]) -> Scores:
    """Scores of masked texts without parents and cues."""
    seen = np.zeros((len(MODEL.cues), len(texts)), dtype=np.float32)
    nobody, yes = np.full(len(texts), -1), np.ones(len(texts), dtype=np.bool_)
    return MODEL.read(MODEL.text.look_up(joined(texts)), joined([]), nobody, seen, yes, ~yes)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_grams_of_a_batch_are_those_of_each_text(texts: list[str]) -> None:
    """What else is in a batch does not change a text's n-grams, and each is told once."""
    rows, buckets = grams(joined(texts), 20)
    for number, text in enumerate(texts):
        alone = grams(joined([text]), 20)[1]
        assert np.array_equal(buckets[rows == number], alone)
        assert len(set(alone.tolist())) == len(alone)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
def test_strongest_stretches_lie_in_their_texts(texts: list[str]) -> None:
    """For every text there is a stretch inside it, and it does not depend on the other texts."""
    spans = strongest_of(texts)
    for text, (start, end) in zip(texts, spans, strict=True):
        assert 0 <= start < end <= min(len(text), start + WIDTH)
        assert strongest_of([text]) == [(start, end)]


@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["利息少了三百", "\ue000取不出钱" * 30])), max_size=8))
def test_scores_do_not_depend_on_the_batch(texts: list[str]) -> None:
    """A text scores the same to the last bit alone and among others."""
    together = scores(texts)
    for row, text in enumerate(texts):
        alone = scores([text])
        assert (alone.negative[0], alone.about[0]) == (together.negative[row], together.about[row])
        assert np.array_equal(alone.topics[0], together.topics[row])


def test_strongest_words_are_those_that_speak() -> None:
    """The stretch that speaks most for a topic holds its word."""
    text = "今天天气不错我去了一趟县里结果手机银行一直闪退然后回家吃饭"
    ((start, end),) = strongest_of([text], "app_fault")
    assert "闪退" in text[start:end]
    assert end - start <= WIDTH


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
    opener = Opener(load_taxonomy(), MODEL.sentiment)
    praise, abuse = opener.open(["服务很好很满意", "垃圾，态度恶劣"], [None, None]).sentiment
    assert praise > 0 > abuse


def test_reading_does_not_import_the_heavy_packages() -> None:
    """Neither snownlp nor scikit-learn is imported by the text stage."""
    heavy = "{'snownlp', 'sklearn', 'scipy'}"
    code = f"import sys, nlp.analyser as a; a.load_analyser(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

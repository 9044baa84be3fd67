"""Near-duplicates are told, and never stand on both sides of a split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from nlp.clusters import cluster_folds, clusters, nearest

NOTICE = "关于某某银行理财产品逾期兑付的情况说明，请各位投资人耐心等待"
TEXTS = [NOTICE, "今天天气不错", NOTICE + "！！", "柜台排队两个小时", "好", NOTICE.replace("某某", "青石"), "", "好"]


def test_near_texts_share_a_cluster() -> None:
    """The notice, its reworded copies and the same single word are together; all else, and the empty text, is alone."""
    assert clusters(TEXTS) == [0, 1, 0, 2, 3, 0, 4, 3]


def test_nearness_is_a_chain() -> None:
    """Two texts that are near the same third one share its cluster, though they are not near each other."""
    ends = ["一二三四五六七八九十", "六七八九十甲乙丙丁戊"]
    assert nearest([ends[0]], [ends[1]])[0] < 0.5
    assert clusters([*ends, "一二三四五六七八九十甲乙丙丁戊"]) == [0, 0, 0]


def test_the_cosine_is_that_of_gram_counts() -> None:
    """Without spaces and case, it is the cosine over character 3- to 5-grams with the ends marked."""
    texts = ["利息太高利息太高", "利息 太高了吧", "排队两小时App闪退", "app闪退"]
    marked = [f"^{''.join(text.lower().split())}$" for text in texts]
    grams = normalize(CountVectorizer(analyzer="char", ngram_range=(3, 5)).fit_transform(marked))
    wanted = (grams[:2] @ grams[2:].T).toarray().max(axis=1), (grams[:1] @ grams[1:].T).toarray().max(axis=1)
    assert nearest(texts[:2], texts[2:]) == pytest.approx(wanted[0])
    assert nearest(texts[:1], texts[1:]) == pytest.approx(wanted[1])


def test_nothing_is_near_where_there_is_nothing() -> None:
    """No texts, no others, no folds: empty answers, zero nearness, and an error that names the number."""
    assert clusters([]) == cluster_folds([], 3, 0) == nearest([], TEXTS) == []
    assert nearest(["好"], []) == [0.0]
    with pytest.raises(ValueError, match="folds: 0"):
        cluster_folds(TEXTS, 0, 0)


@given(st.lists(st.text(alphabet="利息太高好 \ud800", max_size=12), max_size=12), st.integers(1, 4), st.integers(0, 9))
def test_no_text_is_near_one_in_another_fold(texts: list[str], folds: int, seed: int) -> None:
    """Whatever the texts, each fold is clean of the others, and the same seed deals the same folds."""
    dealt = np.array(cluster_folds(texts, folds, seed), dtype=int)
    assert dealt.tolist() == cluster_folds(texts, folds, seed)
    for fold in range(folds):
        inside = [text for text, where in zip(texts, dealt, strict=True) if where == fold]
        outside = [text for text, where in zip(texts, dealt, strict=True) if where != fold]
        assert all(value < 0.5 + 1e-9 for value in nearest(inside, outside))


def test_folds_are_even_and_depend_on_the_seed() -> None:
    """Texts that are all different fall into folds of nearly one size, otherwise for another seed."""
    texts = [f"{number:05d}"[::-1] * 2 for number in range(0, 50000, 1009)]
    first, second = cluster_folds(texts, 4, 1), cluster_folds(texts, 4, 2)
    assert max(np.bincount(first)) - min(np.bincount(first)) <= 1
    assert first != second

"""What the incidents' texts have in common with another in words."""

from __future__ import annotations

import pytest

from incidents.gallery import Words


def test_a_text_is_compared_with_all_texts_together_and_with_the_nearest() -> None:
    """Two texts of an incident make one sum; the nearest of them counts by itself."""
    words = Words()
    words.add("a", {"利息": 1.0})
    words.add("a", {"存单": 1.0})
    words.add("b", {"排队": 1.0})
    near = words.look({"利息": 0.6, "排队": 0.8})
    assert words.of("a", near) == pytest.approx((0.6 / 2**0.5, 0.6))
    assert words.of("b", near) == pytest.approx((0.8, 0.8))
    assert words.nearest(near, 1) == ["b"]
    assert sorted(words.nearest(near, 5)) == ["a", "b"]


def test_who_shares_no_word_is_near_to_nobody() -> None:
    """Neither an unknown word, nor a text without words, nor an incident without texts."""
    words = Words()
    words.add("a", {"利息": 1.0})
    words.add("silent", {})
    for vector in ({"停车": 1.0}, {}):
        near = words.look(vector)
        assert words.nearest(near, 5) == []
        assert words.of("a", near) == words.of("silent", near) == (0.0, 0.0)
    assert words.of("unheard", words.look({"利息": 1.0})) == (0.0, 0.0)

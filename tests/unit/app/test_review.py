"""What is worth asking an analyst, and how sure the live figures are."""

from __future__ import annotations

import pytest

from app.review import Share, weigh
from domain.readings import Reading
from nlp.analyser import Chances

BAR = 0.4


def doubt(
    negative: float = 0.05, about: float = 1.0, topics: dict[str, float] | None = None, *, claims: bool = False,
    near: float = 0.0, reach: float = 0.0,
) -> float:  # fmt: skip
    """How much the label of a post with these chances would teach."""
    chances = Chances(negative, about, topics or {"run": 0.9, "queue_slow": 0.1})
    read = Reading(True, ("run",) if negative >= BAR else (), negative >= BAR, negative, 0, (), "t")  # noqa: FBT003
    return weigh(read, chances, BAR, claims=claims, near=near, reach=reach).value


def test_nothing_is_asked_where_nothing_is_doubtful() -> None:
    """Far from every decision, with rules and model agreed, a label teaches nothing."""
    assert doubt(0.02) == 0
    assert doubt(0.98, claims=True) == 0


@pytest.mark.parametrize(
    "doubtful",
    [doubt(0.38), doubt(0.05, about=0.5), doubt(0.98, topics={"run": 0.4, "queue_slow": 0.38}, claims=True)],
)
def test_each_decision_that_is_near_is_asked_about(doubtful: float) -> None:
    """Negativity near its bar, the bank in doubt, two topics equally likely."""
    assert doubtful > 0.5


def test_disagreement_of_rules_and_model_adds_to_doubt() -> None:
    """Even where the model is sure."""
    assert doubt(0.02, claims=True) > 0.4
    assert doubt(0.38, claims=True) > doubt(0.38)


def test_what_is_new_and_loud_comes_first() -> None:
    """A post like one that was judged teaches less, one that many see is worth more."""
    assert doubt(0.38, near=0.9) < doubt(0.38, near=0.1)
    assert doubt(0.38, reach=1000) > doubt(0.38)


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Figures of Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263 and 0 of 20."""
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert "没有" in str(Share(0, 0))

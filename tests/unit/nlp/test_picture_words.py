"""Words read from pictures, behind the text that they belong to."""

from __future__ import annotations

import numpy as np
import pytest

from domain.posts import PICTURE_MARK, full_text
from domain.readings import Bank, Text
from nlp.analyser import Analyser, load_analyser
from nlp.normalise import normal_form, normalise

BANK = Bank("桐花村镇银行", ("桐花银行",))


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    """The shipped text stage."""
    return load_analyser(None)


def test_the_mark_ends_what_the_author_wrote_and_says_nothing_itself() -> None:
    """It becomes the end of a sentence; spans behind it still point into the text as it was handed over."""
    text = full_text(None, "看图", "转账失败")
    normals = normalise([text])
    assert normal_form(text) == "看图\n。转账失败"
    start = normals.joined.starts + normal_form(text).index("转账")
    (low,), (high,) = normals.spans(np.array([0]), start, start + 4)
    assert text[low:high] == "转账失败"
    assert normal_form(f"这里{PICTURE_MARK}不是") == "这里[图中文字]不是"


def test_a_screenshot_says_what_its_post_does_not(analyser: Analyser) -> None:
    """Bank and matter may stand in the picture alone, and the evidence points at them."""
    text = full_text(None, "大家看看", "桐花村镇银行\n系统繁忙，转账失败")
    [reading] = analyser.read([Text(text, "forum", None, BANK)])
    assert reading.about
    assert reading.negative
    assert reading.topics == ("app_fault",)
    assert [text[item.start : item.end] for item in reading.evidence] == ["系统繁忙", "转账失败"]


def test_a_negation_in_the_text_does_not_reach_into_the_picture(analyser: Analyser) -> None:
    """“没有” at the end of a post does not deny what the screen says."""
    text = full_text(None, "桐花银行手机银行现在没有", "转账失败")
    [reading] = analyser.read([Text(text, "forum", None, BANK)])
    assert [item.text for item in reading.evidence] == ["转账失败"]

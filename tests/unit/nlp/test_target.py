"""Whose name stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.readings import Bank
from nlp.normalise import normalise
from nlp.target import BARE, OTHER, OWN, TRAP, Mentions, look

BANK = Bank("青石岭村镇银行", ("青石岭银行", "青岭行"), ("青石岭大道",), ("河口支行",))


def seen(text: str) -> Mentions:
    """The names in a text."""
    return look(normalise(text).text, BANK)


def test_name_alias_and_branch_are_the_bank() -> None:
    """Full name, alias and branch are masked alike."""
    for text in ("青石岭村镇银行真快", "青岭行真快", "河口支行真快"):
        assert seen(text).masked == f"{OWN}真快"


def test_a_bare_place_name_is_told_apart() -> None:
    """The place that the bank is called after is a mention of another kind."""
    assert seen("青石岭下雪了").masked == f"{BARE}下雪了"
    assert seen("青石岭银行下班了").masked == f"{OWN}下班了"


def test_a_name_that_must_not_match_does_not() -> None:
    """Names that the bank lists as traps are no mention."""
    mentions = seen("青石岭大道堵车")
    assert not mentions.own
    assert not mentions.bare
    assert mentions.masked.startswith(TRAP)


def test_hidden_names_are_found() -> None:
    """One character in letters or as a picture does not hide the bank; signs between do not either."""
    for text in ("qing石岭yh要完", "青🗿岭银行要完", "青.石.岭.银.行要完"):
        assert seen(text).own


def test_other_banks_are_found_and_plain_banking_words_are_not() -> None:
    """云水信用社 and 工行 are other banks; 手机银行 and 这家银行 are none."""
    assert len(seen("云水信用社和工行都去过").other) == 2
    assert not seen("这家银行的手机银行不错").other
    assert OTHER in seen("还是工行好").masked


@given(st.text(max_size=60))
def test_places_lead_back_into_the_text(text: str) -> None:
    """Every position of the masked text stands somewhere in the text, in order."""
    mentions = look(text, BANK)
    places = [mentions.place(i) for i in range(len(mentions.masked))]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


def test_without_a_bank_whoever_is_named_is_meant() -> None:
    """With no bank watched, a named bank counts as it, and a text without a name as if it were named."""
    assert look("青石岭银行真慢", None).masked == f"{OWN}真慢"
    assert look("又闪退", None).masked == f"{OWN}又闪退"


LOCAL = Bank("清水湾村镇银行", ("清水湾银行",), (), ("柳树支行", "石桥分理处"), "清水湾县")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("清水湾的灯会人真多，挤死我了", False),
        ("清水湾县的路又堵了", False),
        ("清水湾这边取款机吞了我的卡，存折也取不出", True),
        ("柳树支行今天只开一个窗口", True),
        ("石桥银行的柜员态度不行", True),
        ("石桥镇今天赶集", False),
        ("石桥那个网点排队两小时", True),
        ("清水湾县邮储的网点排队两小时", False),
    ],
)
def test_a_place_stands_for_the_bank_only_where_banking_is_spoken_of(text: str, named: bool) -> None:
    """A bank called after its county is not meant by the county's name, nor a branch by its town's, in daily life."""
    assert look(normalise(text).text, LOCAL).named is named

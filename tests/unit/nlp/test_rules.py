"""What words mean together: topic, negation, question, condition, another bank."""

from __future__ import annotations

import pytest

from domain.readings import Bank
from nlp.lexicon import load_taxonomy
from nlp.pages import Opener
from nlp.rules import ASKED, CLAIMED, ELSEWHERE, NEGATED, SUPPOSED

BANK = Bank("东山村镇银行", ("东山银行",))
OPENER = Opener(load_taxonomy(), {})


def said(text: str, status: int = CLAIMED) -> set[str]:
    """The topics that are said so in a text, as seen from 东山村镇银行."""
    row = OPENER.open([text], [BANK]).signs.said[status, 0]
    return {code for code, one in zip(OPENER.vocabulary.topics, row, strict=True) if one}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("定期到期利息少了八十块", "interest_swallowed"),
        ("存款利率太低了，不如放余额宝", "deposit_rate_low"),
        ("取不出钱，说没有现金", "withdrawal_hard"),
        ("听说要倒闭了，赶紧取", "bank_run_rumor"),
        ("经营贷利率太高了吃不消", "loan_rate_high"),
        ("贷款被拒，说没关系不行", "loan_hard"),
        ("贷款还清三个月了房本还没给", "collateral_slow"),
        ("续贷材料交了两个月没动静", "renewal_slow"),
        ("催收把电话打到我单位", "collection_abuse"),
        ("征信上多了一笔莫名其妙的逾期", "credit_record"),
        ("每月偷偷扣短信费", "fees_unfair"),
        ("存款变保险了", "mis_selling"),
        ("手机银行又闪退", "app_fault"),
        ("一天限额五百，转账都不够", "transfer_limit"),
        ("卡被冻结，只收不付", "account_restricted"),
        ("柜员翻白眼，服务差", "service_bad"),
        ("排队三个小时就开一个窗口", "queue_slow"),
        ("九十岁奶奶被抬进去做人脸", "elderly_unfriendly"),
        ("网点让我找客服，客服让我找总行，互相踢皮球", "buck_passing"),
        ("信贷员收回扣", "staff_misconduct"),
        ("个人信息泄露，天天接推销电话", "privacy_leak"),
        ("因违规被罚款四十万元", "penalty_news"),
        ("明早八点门口集合拉横幅", "group_event"),
        ("坑害百姓的黑心银行", "smear_general"),
    ],
)
def test_each_topic_is_recognised(text: str, topic: str) -> None:
    """A plain complaint is claimed under its topic."""
    assert topic in said(text)


def test_a_high_deposit_rate_is_no_loan_complaint() -> None:
    """利率高 needs its object: on deposits it is no complaint."""
    assert "loan_rate_high" not in said("东山银行存款利率高，划算")
    assert "loan_rate_high" in said("东山银行贷款利率高")


@pytest.mark.parametrize("text", ["东山银行的服务差不多就行", "贷款难道不用还吗"])
def test_a_piece_of_another_word_is_no_hit(text: str) -> None:
    """服务差 in 服务差不多 and 贷款难 in 贷款难道 are not words of their own."""
    assert not said(text)


@pytest.mark.parametrize(
    ("text", "topic", "status"),
    [
        ("没有吞利息，是我提前支取", "interest_swallowed", NEGATED),
        ("东山银行服务不差", "service_bad", NEGATED),
        ("东山银行贷款利率高吗", "loan_rate_high", ASKED),
        ("要是服务差我就走", "service_bad", SUPPOSED),
        ("工行服务差", "service_bad", ELSEWHERE),
    ],
)
def test_status_follows_from_what_stands_round_a_hit(text: str, topic: str, status: int) -> None:
    """Denied, asked, supposed and other banks' complaints are not claimed."""
    assert topic in said(text, status)
    assert topic not in said(text)


def test_a_double_negation_is_a_claim() -> None:
    """不是不慢 says that it is slow."""
    assert "renewal_slow" in said("续贷不是不慢，续贷是非常慢")


def test_a_rhetorical_question_is_a_claim() -> None:
    """这叫服务？ is no question."""
    assert "service_bad" in said("这叫服务？")


def test_words_of_a_rule_must_stand_close_in_one_sentence() -> None:
    """Words in different sentences do not make a rule."""
    assert "loan_rate_high" not in said("我办了贷款。今天天气好。利率的事不懂。楼很高")

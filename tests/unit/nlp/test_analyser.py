"""Readings end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import Bank, Reading, Text
from nlp.analyser import Analyser, load_analyser

BANK = Bank("青石岭村镇银行", ("青石岭银行", "青石岭村行"))
ANALYSER = load_analyser()


def read(text: str, parent: str | None = None, bank: Bank | None = BANK) -> Reading:
    """The reading of one forum post."""
    return ANALYSER.read([Text(text, "forum", parent, bank)])[0]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("青石岭银行把我定期的利息少算了三百多，问就说系统算的", "interest_swallowed"),
        ("青石岭银行手机银行天天闪退，登录十次九次失败", "app_fault"),
        ("青石岭村行每个月偷偷扣我三块钱短信费，从来没开通过", "fees_unfair"),
        ("在青石岭银行排队三个小时，六个窗口只开一个", "queue_slow"),
        ("青石岭银行的催收半夜打电话到我父母家骂人", "collection_abuse"),
        ("青石岭银行要倒闭了，大家赶紧去取钱", "bank_run_rumor"),
    ],
)
def test_complaints_are_negative_with_their_topic(text: str, topic: str) -> None:
    """A plain complaint about the bank is negative, has its topic, a severity and evidence."""
    reading = read(text)
    assert reading.about
    assert reading.negative
    assert topic in reading.topics
    assert reading.severity >= 1
    assert {one.topic for one in reading.evidence} == set(reading.topics)


@pytest.mark.parametrize(
    "text",
    [
        "请问青石岭银行周六上班吗",
        "青石岭银行的柜员很热情，十分钟就办好了，谢谢",
        "青石岭银行存款利率高，划算",
        "青石岭银行关于调整营业时间的公告，敬请谅解",
        "青石岭银行没有吞利息，是我自己提前支取，别瞎传",
    ],
)
def test_questions_praise_notices_and_denials_are_not(text: str) -> None:
    """What accuses nobody has no topics, no severity and no evidence."""
    reading = read(text)
    assert not reading.negative
    assert (reading.topics, reading.severity, reading.evidence) == ((), 0, ())


def test_another_bank_and_a_landmark_are_not_about_it() -> None:
    """A complaint about another bank, and a shop beside the bank, are not about the watched bank."""
    assert not read("云水信用社的柜员态度恶劣，再也不去了").about
    assert not read("青石岭银行门口那家奶茶店关门了").about


def test_a_reply_is_about_what_its_parent_is_about() -> None:
    """A reply without a name counts by its parent."""
    assert read("我的也少了，一样", "青石岭银行到期利息少了两百多").about


def test_what_complains_of_nobody_leans_to_a_topic() -> None:
    """A complaint without the bank's name has no topics of ours, but it is known of which it would be."""
    unnamed = read("说好永久免费的收款码，这个月又扣我手续费，扣完退，退完再扣")
    assert (unnamed.about, unnamed.negative) == (False, False)
    assert (unnamed.topics, unnamed.leaning) == ((), ("fees_unfair",))
    assert read("青石岭银行要倒闭了，大家赶紧去取钱").leaning == ()


def test_a_complaint_about_banking_without_any_name_says_how_grave_it_would_be() -> None:
    """Not where another bank stands in it or in what it answers, not of other trades, and not of calm talk."""
    unnamed = read("我爸存折上一万八千块，银行让我证明爷爷奶奶已经不在了，跑了五趟取不出来")
    assert unnamed.unnamed >= 2
    assert unnamed.charges == unnamed.leaning
    assert (unnamed.severity, unnamed.gravity) == (0, unnamed.unnamed)
    assert read("跑了五趟取不出来，让我证明爷爷奶奶不在了", "云水信用社取钱要公证").unnamed == 0
    assert read("外卖送了两个小时，态度恶劣，再也不点了").unnamed == 0
    assert read("请问存折满了去哪里换").unnamed == 0
    assert not read("[图片]", "我爸存折上一万八千块，银行让我证明爷爷奶奶已经不在了，跑了五趟取不出来").complains
    assert not read(" ", "我爸存折上一万八千块，银行让我证明爷爷奶奶已经不在了，跑了五趟取不出来").complains
    named = read("青石岭银行让我证明爷爷奶奶已经不在了，跑了五趟取不出来")
    assert (named.unnamed, named.gravity) == (0, named.severity)


def test_inside_an_incident_a_complaint_needs_no_name() -> None:
    """It complains where it is negative, or would be if it said of whom it speaks; calm talk of the bank does not."""
    unnamed = Reading(about=False, topics=(), negative=False, negativity=0.6, severity=0, evidence=(), version="t")
    assert unnamed.complains
    assert not replace(unnamed, negativity=0.4).complains
    assert not replace(unnamed, about=True).complains
    assert replace(unnamed, about=True, negative=True).complains


def test_a_collected_post_is_read_by_its_place_too() -> None:
    """The same words are likelier a complaint below one, and as a first post; a text picked out has no such place."""
    said = Text("我等了四十天", "forum", "青石岭银行续贷拖了两个月，天天说在审批，坑人", BANK)
    calm = replace(said, parent="青石岭银行开展金融知识进校园活动，同学们很开心")
    first = Text("青石岭银行的存单到期了，我等了四十天", "forum", None, BANK)
    texts = [said, calm, first]
    alone = [reading.negativity for reading in ANALYSER.read(texts)]
    placed = [reading.negativity for reading in ANALYSER.read([replace(text, collected=True) for text in texts])]
    assert placed[0] > alone[0]
    assert placed[1] < alone[1]
    assert placed[2] > alone[2]


def test_without_a_watched_bank_every_text_is_about_it() -> None:
    """With nobody watched, about is always true, and a complaint without a name is a complaint."""
    assert read("今天天气不错", bank=None).about
    reading = read("手机银行又闪退，登录不上，气死人", bank=None)
    assert reading.negative
    assert reading.topics == ("app_fault",)


PIECES = ["青石岭银行", "利*息少了", "🏦", "坑人", "\ud83d", "ﷺ", "ＬＪ", "\x00", "。"]
ODD = ["", " \n", "\ud800" * 5, "😡" * 10_000, "青石岭银行坑人！" * 30_000, "\x00\x01\x02", "a" * 300_000]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=10).map("".join))
def test_evidence_stands_in_the_text_as_published(text: str) -> None:
    """Whatever the text, each piece of evidence is exactly what stands there."""
    reading = read(text)
    assert all(text[one.start : one.end] == one.text and one.start < one.end for one in reading.evidence)
    assert 0 <= reading.negativity <= 1
    assert reading.negative or not (reading.topics or reading.severity or reading.evidence)


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_read(text: str) -> None:
    """Empty, huge, control characters, surrogates, emoji: a reading, never an error."""
    assert 0 <= read(text, parent=text).negativity <= 1


def test_a_banks_own_topic_is_read_by_its_words(tmp_path: Path) -> None:
    """A topic that the model never saw is found by the bank's own words."""
    path = tmp_path / "topics.yaml"
    path.write_text("topics:\n  - {code: parking, label: 停车难, terms: [停车位]}\n", encoding="utf-8")
    own = load_analyser(path)
    reading = own.read([Text("青石岭银行太坑人了，停车位都没有，垃圾银行", "forum", None, BANK)])[0]
    assert "parking" in reading.topics
    assert own.version != ANALYSER.version


OTHER = Bank("东山农商银行", ("东山银行",), (), ("河口支行",), "东山县")
TEXTS = st.one_of(
    st.sampled_from(
        [*ODD[:4], "青石岭银行的利息少了三百，问就说系统算的", "服务差不多", "\x1e", "\ue010\ue000\x1e利息少了"]
    ),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=10).map("".join),
)
POSTS = st.builds(
    Text,
    TEXTS,
    st.sampled_from(["forum", "weibo", "nowhere"]),
    st.none() | TEXTS,
    st.sampled_from([None, BANK, OTHER]),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(POSTS, max_size=8))
def test_readings_do_not_depend_on_the_batch(posts: list[Text]) -> None:
    """Read together or alone, in any order, a text has the same reading, whatever its neighbours hold."""
    together = ANALYSER.read(posts)
    assert [ANALYSER.read([post])[0] for post in posts] == together
    assert ANALYSER.read(posts[::-1]) == together[::-1]


def test_many_texts_are_read_in_several_batches() -> None:
    """Where texts fill more than one batch, each still has its own reading, in order."""
    texts = [Text(f"青石岭银行{word}", "weibo", None, BANK) for word in ("真慢", "很好", "利息呢", "在哪")] * 1500
    together = ANALYSER.read(texts)
    assert [ANALYSER.read([text])[0] for text in texts[:4]] == together[:4]
    assert together[:4] == together[-4:]


def test_version_is_stable() -> None:
    """The same rules and model have the same version."""
    assert isinstance(ANALYSER, Analyser)
    assert load_analyser().version == ANALYSER.version

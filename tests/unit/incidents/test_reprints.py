"""Which text repeats which."""

from __future__ import annotations

from incidents.config import GroupingConfig
from incidents.reprints import find_originals

CONFIG = GroupingConfig()
NEWS = (
    "记者昨日从县公安局获悉，该行一名客户经理因涉嫌挪用储户存款已被立案侦查。经初步核查，涉及储户十一户，"
    "金额一百二十余万元。该行表示已成立专班登记核实，并将配合公安机关追赃挽损。"
)


def test_half_of_a_text_with_its_own_head_and_tail_is_a_reprint_of_it() -> None:
    """A shortened copy between other words finds its original, with the share of it that stands there."""
    cut = "朋友圈都在转。" + NEWS[:60] + "大家怎么看这件事？"
    found = find_originals([(1, NEWS)], [(2, cut)], CONFIG)
    assert found[2].key == 1
    assert 0.5 <= found[2].containment < 1


def test_a_text_that_credits_its_source_may_be_cut_and_reworded_further() -> None:
    """转自 lowers what has to stand in both; the same words without it are no reprint."""
    reworded = "县里有个客户经理因涉嫌挪用储户存款已被立案侦查，涉及十一户一百二十万，大家存钱多留个心眼看清单子。"
    assert 2 in find_originals([(1, NEWS)], [(2, "转自青莲日报：" + reworded)], CONFIG)
    assert find_originals([(1, NEWS)], [(2, reworded)], CONFIG) == {}


def test_a_copy_of_a_copy_hangs_on_what_it_repeats_best() -> None:
    """The parent is the best-containing earlier text, the earliest of equals; later texts are no parents."""
    found = find_originals([], [(1, NEWS), (2, NEWS), (3, NEWS[:50] + "现场来了两辆车，围了不少人。")], CONFIG)
    assert (found[2].key, found[3].key) == (1, 1)
    assert 1 not in found


def test_short_texts_are_reprints_only_where_they_are_identical_and_mean_something() -> None:
    """顶 and 我也是 repeat nobody; a whole short sentence said again word for word does."""
    texts = [(1, "我也是"), (2, "我也是"), (3, "青莲湖黑心银行坑老百姓钱"), (4, "青莲湖黑心银行，坑老百姓钱！")]
    assert find_originals([], texts, CONFIG).keys() == {4}


def test_two_matters_of_one_kind_in_other_words_are_no_reprints() -> None:
    """Like complaints share words, not sentences."""
    texts = [
        (1, "我爸在城南支行存的五万三年定期，去年底到期没人通知，自动转存按活期算，利息少了一大截。"),
        (2, "桥头支行二十万大额存单到期被默认转成一年期，柜台说系统默认，利息差四千多找谁说理去。"),
    ]
    assert find_originals([], texts, CONFIG) == {}


def test_clauses_that_stand_under_many_texts_do_not_make_reprints() -> None:
    """A common footer is ignored once it has been seen often."""
    footer = "免责声明：本文观点仅代表作者本人，本平台仅提供信息存储空间服务，如有问题请联系管理员处理。"
    heads = (
        "今天赶集人真多路都堵了",
        "高铁站听说七月能通车",
        "县医院新楼快要封顶了",
        "樱花开了周末去拍照吧",
        "夜市又回来了烤鱼五折",
    )
    texts = [(number, head + "。" + footer) for number, head in enumerate(heads)]
    assert find_originals([], texts, GroupingConfig(boilerplate_documents=5)) == {}
    assert find_originals([], texts, GroupingConfig(boilerplate_documents=6)) != {}

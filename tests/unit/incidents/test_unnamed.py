"""Complaints that do not say of which bank, and what else finds its incident without many words in common."""

from __future__ import annotations

from functools import partial

from domain.incidents import Grouping
from domain.readings import Bank
from incidents.config import GroupingConfig
from incidents.grouping import group
from tests.unit.incidents.conftest import Say
from tests.unit.incidents.test_likeness import CONFIG, homes, together


def test_a_grievance_that_names_nobody_opens_an_incident_of_its_own(bank: Bank, say: Say) -> None:
    """With its replies, and with the topics that it leans to; a grumble and a reply open none."""
    unnamed = partial(say, about=False, negativity=0.9, leaning=("account_restricted",), unnamed=2)
    root = unnamed("我的卡又被停了，货款两万一冻着，供货商天天催")
    below = say("我的也是", hours=1, thread=root.post.id, about=False)
    outcome = group(bank, [], [root, below], CONFIG)
    assert together(outcome, root, below)
    assert outcome.incidents[0].topics == ("account_restricted",)
    assert outcome.memberships[0].reason.startswith("新事件（没有点名哪家银行）")
    grumble = partial(unnamed, unnamed=1)("卡又不能用", hours=2)
    assert group(bank, [], [grumble], CONFIG) == Grouping((), ())
    calm = say("说说你们的卡", about=False)
    reply = unnamed("我的卡也被停了，货款两万一冻着", hours=1, thread=calm.post.id)
    assert group(bank, [], [calm, reply], CONFIG) == Grouping((), ())


def test_what_opens_an_incident_unnamed_can_be_set(bank: Bank, say: Say) -> None:
    """Three who complain below one another are enough, however mildly; ``unnamed_opens`` 1 opens none at all."""
    root = say(
        "我的卡又被停了，货款两万一冻着", about=False, negativity=0.99, leaning=("account_restricted",), unnamed=3
    )
    assert group(bank, [], [root], GroupingConfig(unnamed_opens=1.0)) == Grouping((), ())
    assert len(group(bank, [], [root], CONFIG).incidents) == 1
    mild = partial(say, about=False, negativity=0.6, leaning=("queue_slow",), unnamed=1)
    first = mild("换个社保卡排了一上午，六个窗口开两个")
    two = [first, mild("我也是", hours=1, thread=first.post.id)]
    three = [*two, mild("白跑一趟", hours=2, thread=first.post.id)]
    assert group(bank, [], two, CONFIG) == Grouping((), ())
    assert together(group(bank, [], three, CONFIG), *three)
    assert group(bank, [], three, GroupingConfig(unnamed_opens=1.0)) == Grouping((), ())


def test_a_named_complaint_of_the_same_batch_comes_first(bank: Bank, say: Say) -> None:
    """What names nobody joins what was said of the bank an hour later, and opens nothing beside it."""
    unnamed = say(
        "卡被停了，工地上刚下来饭卡都冲不了", about=False, negativity=0.9, leaning=("account_restricted",), unnamed=2
    )
    named = say("青莲湖银行把工地上的人的卡都停了，饭卡冲不了", "account_restricted", hours=1)
    outcome = group(bank, [], [unnamed, named], CONFIG)
    assert together(outcome, unnamed, named)
    assert len(outcome.incidents) == 1


def test_what_shows_no_sign_of_the_bank_has_to_be_surer(bank: Bank, say: Say) -> None:
    """People queue in hospitals too: a calm post that names neither bank nor branch joins nothing by its topic."""
    first = say("城南支行窗口只开一个，两小时没动", "queue_slow")
    told = partial(say, hours=3, platform="douyin", about=False, leaning=("queue_slow",))
    here, nowhere = told("城南那个窗口，柜台前站到下午"), told("柜台前站到下午")
    assert together(group(bank, [], [first, here], CONFIG), first, here)
    assert not together(group(bank, [], [first, nowhere], CONFIG), first, nowhere)


def test_what_the_bank_says_of_a_branch_joins_what_was_said_of_it(bank: Bank, say: Say) -> None:
    """An apology is told in other words than the complaint; branch and coins tell which it answers."""
    scene = say("城南支行拒收包子铺的硬币，一袋子推翻在地，两口子蹲着捡", "service_bad")
    answer = partial(say, "关于城南支行拒收硬币的致歉信：对此造成的不便深表歉意", negative=False, platform="wechat")
    plain = partial(say, "城南支行周六照常营业，欢迎光临", negative=False, platform="wechat")
    soon, other = answer(hours=40), plain(hours=40)
    assert together(group(bank, [], [scene, soon], CONFIG), scene, soon)
    assert not together(group(bank, [], [scene, other], CONFIG), scene, other)


def test_who_told_a_story_may_go_on_with_it(bank: Bank, say: Say) -> None:
    """后续 by the same author belongs to what he told before; by another, or without such a word, it is nothing."""
    told = say("青莲湖银行的抵押登记拖了三个月，证一直压着", "collateral_slow", author="k1")
    goes_on = say("后续：抵押登记的证拿到了，谢谢大家", hours=30, about=False, author="k1")
    stranger = say("后续：票终于抢到了，感谢各位", hours=61, about=False, author="k2")
    chatter = say("河边的柳树发芽了", hours=62, about=False, author="k1")
    outcome = group(bank, [], [told, goes_on, stranger, chatter], CONFIG)
    assert together(outcome, told, goes_on)
    assert not {stranger.post.key, chatter.post.key} & homes(outcome).keys()


def test_the_banks_own_account_is_no_common_author(bank: Bank, say: Say) -> None:
    """It speaks to every matter; that it spoke before says nothing of which."""
    rumour = say("青莲湖银行要倒了，桥头支行取不出钱", "bank_run_rumor", severity=3)
    denial = say(
        "关于网传青莲湖银行取不出钱的声明", hours=2, negative=False, name=bank.name, source="wx", platform="wechat"
    )
    notice = say("桥头支行国庆营业时间：一日至三日休息", hours=5, negative=False, name=bank.name, source="wx")
    outcome = group(bank, [], [rumour, denial, notice], CONFIG)
    assert together(outcome, rumour, denial)
    assert notice.post.key not in homes(outcome)

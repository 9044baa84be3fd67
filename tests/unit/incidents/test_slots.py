"""What a text pins a matter down with."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.readings import Bank
from incidents.slots import credited, is_advert, is_general, local_names, names_another_bank, read_slots
from incidents.text import normalise

NOW = datetime(2026, 4, 9, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("我爸在城南支行存的5万", {"城南"}),
        ("城南白鹭路那个网点，柳塘分理处也一样", {"柳塘"}),
        ("桥头那边的青莲湖银行", {"桥头"}),
        ("双河镇好几户都被贷款", {"双河"}),
        ("我在这个网点排了两小时", set()),
        ("青莲湖村镇银行到底管不管", set()),
        ("他说我们是村镇银行，成本高", set()),
        ("现场有镇干部在做工作", set()),
        ("周末分理处不开门", set()),
    ],
)
def test_places_are_branches_by_name_or_stem_and_townships(bank: Bank, text: str, places: set[str]) -> None:
    """A full branch name wins over a bare place; words such as 这个网点 name no place, nor does the bank's name."""
    assert read_slots(normalise(text), bank, NOW).branches == places


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("存的5万", {50_000}),
        ("三万八货款", {38_000}),
        ("六万一千元", {61_000}),
        ("罚款55万元", {550_000}),
        ("２０万存单差４千多", {200_000, 4_000}),
        ("两千三一个月", {2_300}),
        ("短信费两块", set()),
        ("4月27日7时20分，排了三十多个人", set()),
        ("尾号3391", set()),
    ],
)
def test_amounts_are_read_in_digits_and_in_words(bank: Bank, text: str, amounts: set[int]) -> None:
    """Sums from a thousand yuan up, exact to the yuan; numbers of other things are none."""
    assert read_slots(normalise(text), bank, NOW).amounts == amounts


def test_days_are_explicit_or_counted_back_and_never_in_the_future(bank: Bank) -> None:
    """3月28号 is this year's, 12月1日 last year's, 昨天 the day before on the wall clock of Shanghai."""
    slots = read_slots(normalise("3月28号到期，12月1日存的，昨天去问，2月30日没有这天"), bank, NOW)
    assert slots.days == {date(2026, 3, 28), date(2025, 12, 1), date(2026, 4, 8)}


def test_people_roles_products_and_platforms_are_named(bank: Bank) -> None:
    """吴某, 姓何的 are people by surname; 客户经理 is a role; 抖音 says where else it is talked of."""
    slots = read_slots(normalise("抖音上那个客户经理吴某，还有信贷员姓何的，卖的是理财，总经理不管"), bank, NOW)
    assert slots.people == {"吴", "何"}
    assert slots.roles == {"客户经理"}
    assert slots.products == {"理财"}
    assert slots.points_at == {"douyin"}


@pytest.mark.parametrize(
    ("text", "sells"),
    [("全额退保加我v，不成功不收费", True), ("当天下款，微信：dk8820", True), ("+1", False), ("加油，楼主", False)],
)
def test_advertisements_are_told_by_how_they_ask_to_be_reached(text: str, sells: bool) -> None:
    """An offer gives a contact or a promise; encouragement does not."""
    assert is_advert(normalise(text)) is sells


def test_names_that_every_text_may_hold_include_the_short_ones(bank: Bank) -> None:
    """The bank's bare name and the branches' stems say nothing about the matter."""
    assert {"青莲湖", "城南", "青莲"} <= set(local_names(bank))


def test_document_numbers_hashtags_and_quoted_sentences_pin_a_matter_down(bank: Bank) -> None:
    """A hashtag or a quotation counts where it says more than a name; brackets and spaces do not matter."""
    text = "#青莲湖银行# 沅银罚决字〔2026〕12号 #八旬老人被抬进银行# 行长说“本金一分不会少大家放心”，“好”"
    slots = read_slots(normalise(text), bank, NOW)
    assert slots.numbers == {"202612号"}
    assert slots.tags == {"八旬老人被抬进银行"}
    assert slots.quotes == {"本金一分不会少大家放心"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("据@青莲生活圈 报道，桥头支行", {"青莲生活圈"}),
        ("转自“青莲日报”公众号：记者从县里获悉", {"青莲日报"}),
        ("来源：青莲网", {"青莲网"}),
        ("我来自青莲", set()),
    ],
)
def test_the_accounts_that_a_text_gives_as_its_source_are_read(text: str, names: set[str]) -> None:
    """@name, 转自, 来源: and 据 … 报道 point at whom it was taken from."""
    assert credited(text) == names


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("柳溪农商行的主任跑了", True),
        ("信用社也一样", True),
        ("江口村镇银行的app难用", True),
        ("工行排队", True),
        ("青莲湖村镇银行和这家银行的手机银行", False),
        ("把钱存银行，银行说没有", False),
        ("青莲县一家村镇银行，人民银行已介入", False),
    ],
)
def test_another_banks_name_is_told_from_a_bank_without_a_name(bank: Bank, text: str, another: bool) -> None:
    """这家银行, 存银行 and 人民银行 are no other bank; a name before 银行 is one, and a kind that ours is not."""
    assert names_another_bank(normalise(text), bank) is another


def test_places_are_not_cut_out_of_other_words(bank: Bank) -> None:
    """人民银行县支行, 我行各网点 and 一家村镇银行 name no branch."""
    text = "人民银行县支行通报：我行各网点正常，网传一家村镇银行出事"
    assert read_slots(normalise(text), bank, NOW).branches == set()


def test_a_branch_of_three_characters_is_one_place() -> None:
    """蔡家坡支行 is not also 家坡."""
    bank = Bank("青莲湖村镇银行", ("青莲湖银行",), (), ("蔡家坡支行",), "青莲县")
    assert read_slots(normalise("蔡家坡支行的窗口，蔡家坡镇的人都晓得"), bank, NOW).branches == {"蔡家坡"}


@pytest.mark.parametrize(
    ("text", "general"),
    [
        ("会议强调，要落实无还本续贷政策，提高抵押登记效率", True),
        ("关于防范冒充银行客服的风险提示", True),
        ("开了个会，续贷还是没批", False),
        ("转存到期也不提示", False),
    ],
)
def test_policies_and_advice_are_nobodys_matter(text: str, general: bool) -> None:
    """A report of a meeting and advice to all have the topics of complaints and are none."""
    assert is_general(normalise(text)) is general


@pytest.mark.parametrize(
    ("text", "another"),
    [("农商行的取款机又吞卡了", False), ("我在上坑农商行排队", False), ("邮储的取款机又吞卡了", True)],
)
def test_a_rural_commercial_bank_is_called_by_its_kind(text: str, another: bool) -> None:
    """农商行 alone, or behind a place of ours, is ours where a 农村商业银行 is watched."""
    ours = Bank("白岩农村商业银行", ("白岩农商",), (), ("上坑支行",), "白岩县")
    assert names_another_bank(normalise(text), ours) is another

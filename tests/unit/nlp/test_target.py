"""Whose name stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.banking import names_no_bank, speaks_of_banking
from domain.readings import Bank
from nlp.lexicon import load_taxonomy
from nlp.normalise import normal_form
from nlp.pages import Opener
from nlp.target import BARE, OTHER, OWN, TRAP

BANK = Bank("青石岭村镇银行", ("青石岭银行", "青岭行"), ("青石岭大道",), ("河口支行",))
OPENER = Opener(load_taxonomy(), {})


def masked(text: str, bank: Bank | None = BANK) -> str:
    """The normal form of a text with its names masked."""
    return OPENER.open([text], [bank]).masked.joined.row(0)


def test_name_alias_and_branch_are_the_bank() -> None:
    """Full name, alias and branch are masked alike."""
    for text in ("青石岭村镇银行真快", "青岭行真快", "河口支行真快"):
        assert masked(text) == f"{OWN}真快"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("河口村行取不出钱", f"{OWN}取不出钱"),
        ("河口村镇银行取不出钱", f"{OWN}取不出钱"),
        ("青石县村行取不出钱", f"{OWN}取不出钱"),
        ("青石村镇银行取不出钱", f"{OWN}取不出钱"),
        ("村行又扣费了", f"{OWN}又扣费了"),
        ("河口农商行取不出钱", f"{OTHER}取不出钱"),
        ("东山村行取不出钱", f"{OTHER}取不出钱"),
        ("我们村行不行", "我们村行不行"),
        ("山村行路难", "山村行路难"),
    ],
)
def test_the_banks_type_with_a_place_of_ours_is_the_bank(text: str, seen: str) -> None:
    """A branch's town or the county before 村行 is no other bank, and 村行 alone is the one that is watched."""
    assert masked(text, Bank("青石岭村镇银行", ("青石岭银行",), (), ("河口支行",), "青石县")) == seen


def test_a_commercial_bank_is_not_called_a_village_bank() -> None:
    """What is called after a place of ours, but is of another type, is another bank."""
    bank = Bank("东山农商银行", ("东山银行",), (), ("河口支行",), "东山县")
    assert masked("河口信用社排队", bank) == f"{OWN}排队"
    assert masked("河口村行排队", bank) == f"{OTHER}排队"
    assert masked("村行又扣费了", bank) == "村行又扣费了"


def test_a_bare_place_name_is_told_apart() -> None:
    """The place that the bank is called after is a mention of another kind."""
    assert masked("青石岭下雪了") == f"{BARE}下雪了"
    assert masked("青石岭银行下班了") == f"{OWN}下班了"


def test_a_name_that_must_not_match_does_not() -> None:
    """Names that the bank lists as traps are no mention."""
    assert masked("青石岭大道堵车") == f"{TRAP}堵车"


def test_hidden_names_are_found() -> None:
    """One character in letters or as a picture does not hide the bank; signs between do not either."""
    for text in ("qing石岭yh要完", "青🗿岭银行要完", "青.石.岭.银.行要完"):
        assert masked(text).startswith(OWN)


def test_other_banks_are_found_and_plain_banking_words_are_not() -> None:
    """云水信用社 and 工行 are other banks; 手机银行 and 这家银行 are none."""
    assert masked("云水信用社和工行都去过") == f"{OTHER}和{OTHER}都去过"
    assert masked("这家银行的手机银行不错") == "这家银行的手机银行不错"
    assert masked("还是工行好") == f"还是{OTHER}好"


@given(st.text(max_size=60), st.sampled_from([BANK, None]))
def test_places_lead_back_into_the_text(text: str, bank: Bank | None) -> None:
    """Every position of the masked text stands somewhere in the text, in order."""
    pages = OPENER.open([text, "青石岭银行"], [bank, bank])
    places = pages.masked.places.tolist()
    assert places == sorted(places)
    assert len(places) == len(pages.masked.joined.codes)
    assert 0 <= places[0] <= places[-1] < len(pages.joined.codes)


def test_without_a_bank_whoever_is_named_is_meant() -> None:
    """With no bank watched, a named bank counts as it, and a text without a name as if it were named."""
    assert masked("青石岭银行真慢", None) == f"{OWN}真慢"
    assert masked("又闪退", None) == f"{OWN}又闪退"


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
        ("柳树那台取款机又黑屏了", True),
        ("柳树的信贷员在村群里点名", True),
        ("石桥就一个窗口，发养老金的老人排到门外", True),
        ("石桥卫生院的窗口坐着打毛线的", False),
    ],
)
def test_a_place_stands_for_the_bank_only_where_banking_is_spoken_of(text: str, named: bool) -> None:
    """A bank called after its county is not meant by the county's name, nor a branch by its town's, in daily life."""
    assert bool(OPENER.open([text], [LOCAL]).mentions.named[0]) is named


RIVER = Bank("白沙河村镇银行", ("白沙河银行",))


@pytest.mark.parametrize(
    ("text", "bank", "named"),
    [
        ("晚上去白沙河吹吹风", RIVER, False),
        ("白沙河给我批的贷款八个点", RIVER, True),
        ("白沙河真坑人", Bank("白沙河村镇银行", ("白沙河",)), True),
        ("当时银行大厅坐着个穿西装的，石桥的人都看见了", LOCAL, True),
        ("清水湾县数十户村民聚集在当地一村镇银行网点前", LOCAL, True),
    ],
)
def test_a_stem_alone_is_a_river_unless_banking_is_spoken_of(text: str, bank: Bank, named: bool) -> None:
    """One that the configuration gives as an alias is the bank's; words such as 当时银行 name no other bank."""
    assert bool(OPENER.open([text], [bank]).mentions.named[0]) is named


def test_the_town_of_a_branch_stands_for_the_bank_where_nothing_else_names_it() -> None:
    """The model then reads it as it reads the bank's own name; beside that name it stays a place."""
    assert masked("柳树的存折丢了去挂失", LOCAL) == f"{OWN}的存折丢了去挂失"
    assert masked("清水湾银行柳树那台取款机", LOCAL) == f"{OWN}柳树那台取款机"


@pytest.mark.parametrize(
    ("text", "banking"),
    [
        ("我的卡又被停了，工资到账也取不了", True),
        ("茶农贷七厘二算不算高", True),
        ("收款喇叭一个月扣九块九", True),
        ("停车卡丢了", False),
        ("网贷害人", False),
        ("排队买票排了一上午", False),
        ("卡车堵在路上", False),
    ],
)
def test_banking_is_known_by_one_word_of_the_trade_or_two_half_ones(text: str, *, banking: bool) -> None:
    """What makes a complaint without a name one about a bank, and a town its branch there."""
    assert speaks_of_banking(normal_form(text)) is banking


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("隔壁石翁县农商行那个主任进去了", f"隔壁石翁县{OTHER}那个主任进去了"),
        ("农商又不是第一回", f"{OTHER}又不是第一回"),
        ("存在曲河农商的定期", f"{OTHER}的定期"),
        ("县农村商业银行倒了", f"县{OTHER}倒了"),
        ("当年农信社也抬过匾", f"{OTHER}也抬过匾"),
        ("农商户进城卖菜", "农商户进城卖菜"),
        ("惠农信贷三天到账", "惠农信贷三天到账"),
    ],
)
def test_a_rural_bank_needs_no_name(text: str, seen: str) -> None:
    """农商行 and 信用社 are somebody else also where nothing but 县 stands before them; 农商户 are merchants."""
    assert masked(text) == seen


def test_the_countys_rural_bank_is_another_one() -> None:
    """A village bank is often called after the county, and so is the rural commercial bank beside it."""
    bank = Bank("章瑞赣橙村镇银行", ("章瑞村行", "章瑞银行"), (), ("城北支行",), "章瑞县")
    assert masked("章瑞农商行的柜员挪了三百万", bank) == f"{OTHER}的柜员挪了三百万"
    assert masked("章瑞信用社和章瑞村镇银行", bank) == f"{OTHER}和{OWN}"
    assert masked("章瑞的银行", bank) == f"{BARE}的银行"
    rural = Bank("章瑞农商银行", ("章瑞农商",), (), (), "章瑞县")
    assert masked("章瑞村镇银行和章瑞农商行", rural) == f"{OTHER}和{OWN}"


def test_a_rural_bank_without_a_name_may_be_the_one_that_is_watched() -> None:
    """Where a 农商行 is watched, 农商行 alone names nobody else."""
    bank = Bank("东山农商银行", ("东山农商",), (), ("河口支行",), "东山县")
    assert masked("农商行的取款机又吞卡了", bank) == "农商行的取款机又吞卡了"
    assert masked("县农商行的取款机又吞卡了", bank) == "县农商行的取款机又吞卡了"


@pytest.mark.parametrize(
    ("before", "kind", "nobody"),
    [
        ("打", "银行", True),
        ("涉事", "银行", True),
        ("某", "村镇银行", True),
        ("上个月", "银行", True),
        ("手机", "银行", True),
        ("人民路", "银行", True),
        ("沐州", "银行", False),
        ("邻县云岭", "村镇银行", False),
        ("隔壁", "农商行", False),
    ],
)
def test_a_word_before_a_bank_is_its_name_or_none(before: str, kind: str, *, nobody: bool) -> None:
    """打银行客服 and 涉事银行 are no other banks, 沐州银行 is one; 农商行 is somebody, whatever stands before it."""
    assert names_no_bank(before, kind) is nobody

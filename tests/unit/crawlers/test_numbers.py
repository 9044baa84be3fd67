"""Numbers that name a person or an account are masked, and no others."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.parse.numbers import mask

HAN = st.text(alphabet="存取钱难我的卡号是电话，。！？的了在一二三万\n", max_size=12)
WIDE = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=30)


def luhn(body: str) -> str:
    """The body with the check digit that makes it valid."""
    for check in "0123456789":
        total = sum(
            int(digit) if at % 2 == 0 else sum(divmod(2 * int(digit), 10))
            for at, digit in enumerate(reversed(body + check))
        )
        if total % 10 == 0:
            return body + check
    raise AssertionError(body)


@st.composite
def mobiles(draw: st.DrawFn) -> str:
    """A mobile number as people write it."""
    number = draw(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
    prefix = draw(st.sampled_from(["", "", "+86", "86", "0086", "+86 ", "(+86)", "0", "a"]))
    sep = draw(st.sampled_from(["", "-", " ", "－", "　", " - ", "."]))
    cuts = draw(st.sampled_from([(3, 7), (4, 7), (4, 8), (3, 6)]))
    grouped = sep.join((number[: cuts[0]], number[cuts[0] : cuts[1]], number[cuts[1] :]))
    return prefix + draw(st.sampled_from([grouped, grouped.translate(WIDE), " ".join(number), number]))


@st.composite
def id_cards(draw: st.DrawFn) -> str:
    """An 18-character number with its check character, or a 15-digit one of a real province."""
    born = draw(st.dates(date(1920, 1, 1), date(2015, 12, 31)))
    place = draw(st.sampled_from(["110105", "330802", "440301", "510107", "650104"]))
    order = draw(st.from_regex(r"[0-9]{3}", fullmatch=True))
    if draw(st.booleans()) and born.year < 2000:
        return f"{place}{born:%y%m%d}{order}"
    body = f"{place}{born:%Y%m%d}{order}"
    check = "10X98765432"[sum(pow(2, 17 - at, 11) * int(digit) for at, digit in enumerate(body)) % 11]
    whole = body + draw(st.sampled_from([check, check.lower()]))
    spaced = f"{whole[:6]} {whole[6:14]} {whole[14:]}"
    return draw(st.sampled_from([whole, spaced, whole.translate(WIDE)]))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A bank card's number, in one piece or in fours."""
    prefix, length = draw(st.sampled_from([("62", 16), ("62", 19), ("4", 16), ("53", 16), ("9558", 19), ("60", 18)]))
    rest = draw(st.from_regex(rf"[0-9]{{{length - len(prefix) - 1}}}", fullmatch=True))
    number = luhn(prefix + rest)
    fours = [number[at : at + 4] for at in range(0, length, 4)]
    return draw(st.sampled_from([number, " ".join(fours), "-".join(fours), number.translate(WIDE)]))


def digits(text: str) -> int:
    """How many digits are still to be read."""
    return sum(mark.isdecimal() for mark in text)


@given(before=HAN, number=mobiles(), after=HAN)
def test_a_mobile_number_is_masked_wherever_it_stands(before: str, number: str, after: str) -> None:
    """Six digits go, three at its head and two at its tail stay, and every offset too."""
    masked = mask(before + number + after)
    assert masked[: len(before)] == before
    assert masked[len(masked) - len(after) :] == after
    assert len(masked) == len(before + number + after)
    assert digits(masked) == digits(number) - 6
    assert mask(masked) == masked


@given(before=HAN, number=st.one_of(id_cards(), cards()), after=HAN)
def test_a_card_number_is_masked_whole(before: str, number: str, after: str) -> None:
    """Of ID cards and bank cards nothing but the length stays."""
    masked = mask(before + number + after)
    assert len(masked) == len(before + number + after)
    assert (masked[: len(before)], digits(masked)) == (before, 0)
    assert masked.endswith(after)
    assert not set("xXｘＸ") & set(masked)


@given(first=st.one_of(mobiles(), id_cards(), cards()), second=st.one_of(mobiles(), id_cards(), cards()), gap=HAN)
def test_two_numbers_in_one_text_are_both_masked(first: str, second: str, gap: str) -> None:
    """One number does not hide another."""
    assert mask(f"{first}；{gap}；{second}") == f"{mask(first)}；{gap}；{mask(second)}"
    assert mask(first) != first


@given(numbers=st.lists(st.integers(0, 10**10 - 1), max_size=5), words=HAN)
@example(numbers=[200000, 12345, 95588, 1773100800], words="元")
def test_short_numbers_stay(numbers: list[int], words: str) -> None:
    """Amounts, years, hotlines, QQ numbers and post ids of up to ten digits are no one's number."""
    text = f"，{words}，".join(map(str, numbers))
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "存了200000元，12345和95588都打过",
        "2026年3月16日 08:30:15 到 2026-03-16 15:30，共 1,380,000.00 元",
        "2026-03-16 2026-03-17 2026-03-18",
        "QQ群 1234567890，帖子 tid=1500012345",
        "贷款13800000000元，贴现15912345678.90，¥13812345678",
        "涨了 150.12345678%",
        "订单 2026031612345678901234567890",
        "毫秒 1773100800123，微秒 1773100800123456",
        "座机 0570-8812345，400-885-6666",
        "https://weibo.com/1234567890/4111111111111111",
        "卡号 6222021234567890123 末位不对",
        "身份证 110105194912310021 校验不对",
        "身份证 11010519491331002X 没有十三月",
        "2110 1949 0022 × 15",
        "13812345678901",
        "iPhone 12X 和 15 Pro",
        "",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    """What has another length, a wrong check digit, no such date, or is an amount is left."""
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打13812345678找我", "打138******78找我"),
        ("+86 138-1234-5678", "+86 138-****-**78"),
        ("8613812345678", "86138******78"),
        ("１３８１２３４５６７８", "１３８******７８"),
        ("13812345678元旦有空", "138******78元旦有空"),
        ("身份证11010519491231002X。", "身份证******************。"),
        ("卡 4111 1111 1111 1111", "卡 **** **** **** ****"),
        ("https://a.example/?tel=13812345678", "https://a.example/?tel=138******78"),
    ],
)
def test_what_a_masked_number_looks_like(text: str, masked: str) -> None:
    """Enough of a phone number stays to tell two apart; separators and prefixes stay."""
    assert mask(text) == masked


@given(st.text(alphabet="0123456789xX -.元%１９*", max_size=60))
def test_masking_changes_digits_alone(text: str) -> None:
    """Whatever stands there, only digits and check characters become stars."""
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(
        old == new or (new == "*" and (old.isdecimal() or old in "xX")) for old, new in zip(text, masked, strict=True)
    )


@given(DIGITS)
def test_a_number_inside_a_longer_one_is_not_masked(text: str) -> None:
    """Digits that run on belong to one number: what is longer than every kind stays whole."""
    if len(text) > 19:
        assert mask(text) == text

"""At which branches an incident is."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.incidents import Member
from domain.posts import Post
from domain.readings import Bank, Reading
from incidents.branches import branches_of

AT = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
BANK = Bank("青禾村镇银行", ("青禾银行",), (), ("城关支行", "河湾支行", "柳林分理处"), "青禾县")
READING = Reading(about=True, topics=(), negative=True, negativity=0.9, severity=2, evidence=(), version="t")


def members(*texts: str) -> list[Member]:
    """Posts with these texts."""
    posts = [Post(n, "bbs", "forum", f"p{n}", "reply", "p0", text, AT, AT) for n, text in enumerate(texts)]
    return [Member(post, READING, "thread") for post in posts]


def test_branches_are_found_by_name_or_place_the_most_named_first() -> None:
    """柳林 alone means the 分理处 there; a full name in a post hides bare places in it."""
    told = members("河湾支行又排队", "河湾那边就一个窗口", "柳林也是", "气死了", "河湾支行离城关近，结果更慢")
    assert branches_of(told, BANK) == ("河湾支行",)
    assert branches_of(members("柳林分理处关门了", "柳林的人呢", "城关支行也关了"), BANK) == ("柳林分理处", "城关支行")


def test_a_branch_that_is_only_compared_with_does_not_count() -> None:
    """One of four posts that name a branch names another one."""
    told = members("河湾支行排队", "河湾支行没人管", "河湾支行三小时", "城关支行就不会这样")
    assert branches_of(told, BANK) == ("河湾支行",)


def test_no_branch_where_none_is_named_or_configured() -> None:
    """Then overrides and silences by branch do not match."""
    assert branches_of(members("排队三小时"), BANK) == ()
    assert branches_of(members("城关支行排队"), Bank("青禾村镇银行")) == ()

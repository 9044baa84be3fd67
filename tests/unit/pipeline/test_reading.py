"""What is read of a collected post."""

from __future__ import annotations

from dataclasses import replace

from domain.readings import Bank
from pipeline.analyse import text_of
from tests.unit.incidents.conftest import START, make_post

BANK = Bank("青石岭村镇银行")


def test_a_post_has_its_place_where_what_it_answers_is_known() -> None:
    """A first post has, and a reply with what it answers; not a reply to a post that was never seen."""
    first = make_post(1, "利息少了三百", START)
    reply = replace(first, thread="elsewhere")
    assert text_of(first, None, BANK).collected
    assert text_of(reply, "存单到期了", BANK).collected
    assert not text_of(reply, None, BANK).collected

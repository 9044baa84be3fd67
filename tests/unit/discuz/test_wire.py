"""What parent and fetching child say to one another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawlers.spiders.faults import Broken, Fault, RobotsFault
from crawlers.spiders.wire import Head, answer, asked, head_of, page_of, question, refused

NOW = datetime(2026, 3, 16, 1, tzinfo=UTC)
HEAD = Head(
    status=200, url="http://bbs.test/", headers={"content-type": "text/html; charset=gbk"}, cookies=["a=1", "b=2"],
    location=None, is_text=True, size=4,
)  # fmt: skip


def test_a_question_is_one_line_whatever_stands_in_it() -> None:
    """Line feeds and Chinese in an address or a cookie are kept, and end no line."""
    line = question("http://bbs.test/版块?a=\n", "k=v; 名=值")
    assert line.count(b"\n") == 1
    assert asked(line) == ("http://bbs.test/版块?a=\n", "k=v; 名=值")


def test_an_answer_becomes_a_page() -> None:
    """Its text is decoded as its header and bytes say; what is no text has none."""
    page = page_of(head_of(answer(HEAD)), "利息".encode("gbk"), NOW)
    assert (page.status, page.text, page.cookies, page.asked_at) == (200, "利息", ("a=1", "b=2"), NOW)
    assert page_of(head_of(answer(HEAD | {"is_text": False})), b"\x00\x01", NOW).text == ""


@pytest.mark.parametrize(
    "fault",
    [
        Broken("down", "网站没有及时响应", "http://bbs.test/ TimeoutError"),
        Fault("down", "网站的回答过大，没有读", "http://bbs.test/"),
        RobotsFault("http://bbs.test/"),
    ],
)
def test_a_fault_arrives_as_it_was(fault: Fault) -> None:
    """Its kind decides whether the page is asked for again."""
    with pytest.raises(type(fault)) as told:
        head_of(refused(fault))
    assert type(told.value) is type(fault)
    assert (told.value.status, told.value.cause, told.value.evidence) == (fault.status, fault.cause, fault.evidence)

"""What pages of the archiver and answers of the mobile interface say, in the shape of X3.4 and X3.5."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from crawlers.parse import discuz_api, discuz_archiver
from crawlers.parse.discuz_links import board_rule, thread_rule
from crawlers.parse.discuz_list import parse_index, parse_list
from crawlers.parse.discuz_member import shows_member
from crawlers.parse.discuz_page import UnrecognisedError
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.cookies import Jar

NOW = datetime(2026, 11, 23, 8, 30, 5, tzinfo=UTC)
BASE = "http://bbs.test/"


def archiver(content: str) -> str:
    """A page of the archiver."""
    return (
        "<html><head><title>题目 - Powered by Discuz! Archiver</title></head><body>"
        f'<div id="nav"><a href="./">论坛</a></div><div id="content">{content}</div>'
        '<div id="end">查看完整版本: <a href="../forum.php"><strong>存单 &amp; 利率</strong></a></div></body></html>'
    )


def test_floors_of_the_archiver_have_words_author_and_second() -> None:
    """A name like a date is no time; quotes, edit notes and smileys' codes go; a blocked post has no words."""
    page = discuz_archiver.parse_thread(
        archiver(
            '<p class="author"><strong>2024-1-1哥</strong> 发表于 '
            '<span title="2026-11-23 11:41:37">5&nbsp;小时前</span></p>'
            "<h3></h3> 本帖最后由 2024-1-1哥 于 2026-11-23 12:00 编辑 <br />\n<br />\n"
            "存单 &lt;3%&gt;{:4_86:}<br />\n取不出"
            '<p class="author"><strong><i>Anonymous</i></strong> 发表于 2026-5-7 16:41:37</p>'
            "<h3>回复标题</h3>2024-1-1哥 发表于 2026-11-23 11:41<br />\n存单 &lt;3%&gt;<br />\n<br />\n"
            "不是这样<br />\n要预约"
            '<p class="author"><strong>骂人者</strong> 发表于 2026-5-7 16:41:38</p>'
            '<div class="page">页: <strong>[1]</strong> <a href="?tid-5.html&amp;page=2">2</a></div>'
        ),
        1,
        NOW,
    )
    first, second, third = page.floors
    assert (page.subject, page.next_page, page.replies) == ("存单 & 利率", 2, None)
    assert (first.author, first.text, first.edited, first.opening) == ("2024-1-1哥", "存单 <3%>\n取不出", True, True)
    assert first.at is not None
    assert first.at.at == datetime(2026, 11, 23, 3, 41, 37, tzinfo=UTC)
    assert (second.author, second.text, second.opening) == (None, "回复标题\n不是这样\n要预约", False)
    assert (third.hidden, third.text) == (True, "")
    assert len({floor.stamp for floor in page.floors}) == 3
    assert {floor.pid for floor in page.floors} == {None}


def test_floors_of_an_archiver_without_headings_have_words() -> None:
    """A template that leaves the headings out is no thread of blocked posts; those have a notice or nothing."""
    head = '<p class="author"><strong>阿明</strong> 发表于 2026-5-7 16:41:3{}</p>'
    words = ("\n取不出钱<br />\n排队", "*** 价格 ***<br />没变", "**** 作者被禁止或删除 内容自动屏蔽 ****", "\n")
    floors = "".join(head.format(number) + body for number, body in enumerate(words))
    page = discuz_archiver.parse_thread(archiver(floors + '<div class="page"></div>'), 1, NOW)
    assert [floor.text for floor in page.floors] == ["取不出钱\n排队", "*** 价格 ***\n没变", "", ""]
    assert [floor.hidden for floor in page.floors] == [False, False, True, True]


@pytest.mark.parametrize(("replies", "posts", "following"), [("-3", 2, 2), ("9" * 25, 1, None), ("1", 2, None)])
def test_a_counter_that_cannot_be_does_not_end_a_thread(replies: str, posts: int, following: int | None) -> None:
    """What stands on the next pages would look deleted; a full page may have one behind it."""
    listed = [
        {"pid": str(n), "first": "0", "message": "取不出\0钱", "dbdateline": "1795422630"} for n in range(1, posts + 1)
    ]
    variables = {"thread": {"tid": "5", "replies": replies}, "ppp": "2", "postlist": listed}
    answer = discuz_api.read_answer(json.dumps({"Variables": variables}, ensure_ascii=False).replace("\\u0000", "\0"))
    page = discuz_api.parse_thread(answer, 1, NOW)
    assert page.next_page == following
    assert page.floors[0].text == "取不出钱"


def test_a_list_of_the_archiver_gives_threads_boards_and_the_next_page() -> None:
    """Replies stand in brackets behind the title, which may have brackets of its own."""
    page = discuz_archiver.parse_list(
        archiver(
            '<ul><li><a href="?fid-7.html">子版块</a></li></ul><ul type="1"><li><a href="?tid-12.html">停业了(1)</a>'
            ' (27篇回复)</li><li><a href="?tid-13.html">好</a> (0 replies)</li></ul><div class="page">页:'
            '<a href="?fid-2.html&page=1">1</a> <strong>[2]</strong> <a href="?fid-2.html&page=3">3</a></div>'
        )
    )
    assert [(entry.tid, entry.subject, entry.replies) for entry in page.entries] == [
        (12, "停业了(1)", 27),
        (13, "好", 0),
    ]
    assert (page.boards, page.next_page) == ((7,), 3)


def test_a_switched_off_archiver_is_unrecognised_with_its_words() -> None:
    """The archiver's own notice is the evidence."""
    for parse in (
        discuz_archiver.parse_index,
        discuz_archiver.parse_list,
        lambda h: discuz_archiver.parse_thread(h, 1, NOW),
    ):
        with pytest.raises(UnrecognisedError, match="Archiver 功能尚未开启"):
            parse(archiver("抱歉，论坛 Archiver 功能尚未开启"))


def answer(variables: dict[str, Any], **more: Any) -> discuz_api.Json:
    """An answer of the mobile interface, as it is read."""
    return discuz_api.read_answer(json.dumps({"Version": "4", "Charset": "UTF-8", "Variables": variables, **more}))


POST = {
    "pid": "501", "tid": "5", "first": "1", "author": "老李", "authorid": "9", "dbdateline": "1795491697",
    "message": '存单<br />\n取不出<img src="http://bbs.test/static/image/smiley/default/mad.gif" />'
    '<div class="img"><img src="data/attachment/forum/a.jpg" attach="501" /></div>',
}  # fmt: skip


def test_a_thread_of_the_mobile_interface() -> None:
    """Strings become numbers; anonymous and blocked posts, quotes, pictures and 点评 are those of the pages."""
    link = "forum.php?mod=redirect&amp;goto=findpost&amp;pid=501&amp;ptid=5"
    quoted = f'<div class="reply_wrap"><a href="{link}">老李</a>存单</div>'
    read = discuz_api.parse_thread(
        answer(
            {
                "thread": {"tid": "5", "subject": "存单 &amp; 利率", "views": "15342", "replies": "27"},
                "postlist": [
                    POST,
                    {**POST, "pid": "502", "first": "0", "anonymous": "1", "authorid": "0", "message": f"{quoted}不是"},
                    {**POST, "pid": "503", "first": "0", "status": "1", "message": "提示: <em>该帖被屏蔽</em>"},
                    {"author": "没有编号"},
                ],
                "comments": {
                    "501": [
                        {
                            "id": "3",
                            "author": "小王",
                            "authorid": "12",
                            "dateline": "昨天&nbsp;10:05",
                            "comment": "同感",
                        }
                    ]
                },
                "commentcount": {"501": "7"},
                "ppp": "10",
            }
        ),
        2,
        NOW,
        BASE,
    )
    first, second, third = read.floors
    assert (read.subject, read.views, read.replies, read.next_page) == ("存单 & 利率", 15342, 27, 3)
    assert (first.pid, first.opening, first.author, first.uid, first.text) == (501, True, "老李", 9, "存单\n取不出")
    assert first.at is not None
    assert first.at.at == datetime.fromtimestamp(1795491697, UTC)
    assert first.pictures == ("http://bbs.test/data/attachment/forum/a.jpg",)
    assert (second.author, second.uid, second.text, second.quoted) == (None, None, "不是", 501)
    assert (third.hidden, third.text) == (True, "")
    assert [(remark.author, remark.text) for remark in first.remarks] == [("小王", "同感")]
    assert first.remarks_cut
    assert (
        discuz_api.parse_thread(
            answer({"thread": {}, "postlist": [{**POST, "message": "利率 &amp;lt;3%&amp;gt; &amp;amp; 取不出"}]}),
            1,
            NOW,
        )
        .floors[0]
        .text
        == "利率 <3%> & 取不出"
    )
    assert first.remarks[0].at is not None
    assert first.remarks[0].at.at == datetime(2026, 11, 22, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("thread_nonexistence", "抱歉，指定的主题不存在", "nonexistent"),
        ("viewperm_login_nopermission//1", "您还没有登录", "login"),
        ("thread_nopermission", "本帖要求阅读权限高于 50", "read_permission"),
        ("forum_nopermission", "", "no_permission"),
        ("board_closed", "", "closed"),
        ("custom", "系统维护中", "closed"),
        ("what_is_this", "", "other"),
    ],
)
def test_messages_of_the_mobile_interface_are_told_by_their_names(name: str, words: str, kind: str) -> None:
    """An error comes with HTTP 200 and a name; where that says nothing, its words do."""
    message = discuz_api.answer_message(answer({}, Message={"messageval": name, "messagestr": words}))
    assert message is not None
    assert message.kind == kind
    assert message.words


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"a":1}', '{"Variables":{"thread":'])
def test_what_is_no_answer_is_unrecognised(text: str) -> None:
    """Pages, other JSON and half an answer."""
    with pytest.raises(UnrecognisedError):
        discuz_api.read_answer(text)


@pytest.mark.parametrize("wrong", [None, "x", 5, [], {}, {"1": "x"}, [None], -1, "1e400", True])
def test_odd_answers_of_the_mobile_interface_never_crash(wrong: Any) -> None:
    """Every value may be of another kind than it was."""
    for name in ("thread", "postlist", "comments", "ppp", "commentcount"):
        variables = {"thread": {"replies": wrong}, "postlist": [{**POST, "message": wrong}], "comments": {"501": wrong}}
        read = discuz_api.parse_thread(answer({**variables, name: wrong}), 1, NOW)
        assert all(floor.pid == 501 for floor in read.floors)
    for name in ("forum", "forum_threadlist", "sublist", "tpp"):
        listed = discuz_api.parse_list(answer({"forum": {}, name: wrong}), 1)
        assert listed.entries == ()


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("<script>var STYLEID = '1', discuz_uid = '0', cookiepre = 'a'</script>", False),
        ("<script>var discuz_uid = '71'</script><a href='member.php?mod=logging&action=login'>", True),
        ('<a href="member.php?mod=logging&amp;action=logout&amp;formhash=1">退出</a>', True),
        ('<a href="member.php?mod=logging&amp;action=login">登录</a>', False),
        ('{"Variables":{"member_uid":"0"}}', False),
        ('{"Variables":{"member_uid":"12"}}', True),
        ("<p>存档</p>", None),
    ],
)
def test_a_page_says_for_whom_it_was_made(text: str, member: bool | None) -> None:
    """By the forum's own script variable, else by its links; a page of the archiver does not say."""
    assert shows_member(text) is member


def test_a_cookie_is_taken_as_it_is_copied() -> None:
    """With or without the header's name; what the site sets is merged, and taking back the login is noticed."""
    jar = Jar("Cookie: a_auth=x%2Fy12345678; a_saltkey=k\r\nEvil: 1; sid=1")
    assert jar.header() == "a_auth=x%2Fy12345678; sid=1"
    jar.take(["sid=2; path=/", "lastact=3; HttpOnly", "other_auth=deleted; expires=Thu"])
    assert jar.header() == "a_auth=x%2Fy12345678; sid=2; lastact=3"
    assert not jar.lost
    assert {"x%2Fy12345678", "x/y12345678", "x\\/y12345678"} <= jar.secrets()
    jar.take(["a_auth=deleted; expires=Thu, 01-Jan-1970"])
    assert jar.lost
    jar.forget()
    assert "sid" not in jar.header()


def test_addresses_of_a_sites_own_making_are_understood() -> None:
    """Another word before the numbers, other forms of the page bar, and boards without a known address."""
    index = '<table class="fl_tb"><tr><td><h2><a href="/bbs/b-21-1.html">乡镇</a></h2></td></tr></table>'
    listing = (
        '<div id="threadlist"><table><tbody id="normalthread_12"><tr><th><a class="s xst" href="t-12-1-1.html">题</a>'
        "</th></tr></tbody></table></div>"
        '<div class="pg"><strong>3</strong><a class="nxt" href="b-21-4.html">下一页</a></div>'
    )
    page = parse_list(listing, NOW)
    assert parse_index(index) == (21,)
    assert (page.entries[0].tid, page.entries[0].moved, page.next_page) == (12, False, 4)
    assert board_rule(index, BASE) == "/bbs/b-{id}-{page}.html"
    assert thread_rule(listing, BASE) == "t-{id}-{page}-1.html"
    assert thread_rule(listing.replace("t-12-1-1.html", "http://else.test/t-12-1-1.html"), BASE) is None
    assert thread_rule(listing.replace("t-12-1-1", f"{BASE}x/thread-12-1-1"), BASE) == "x/thread-{id}-{page}-1.html"


def test_the_mobile_interface_takes_a_written_permission() -> None:
    """Without a word on who allowed it and when, the configuration is refused and says what it needs."""
    facts = {"kind": "discuz", "name": "bbs", "url": BASE, "via": "mobile_api"}
    for permission in (None, "", "同意"):
        with pytest.raises(ValidationError, match="书面同意"):
            DiscuzConfig.model_validate({**facts, "permission": permission})
    assert DiscuzConfig.model_validate({**facts, "permission": "站长张三 2026-02-01 邮件同意"}).via == "mobile_api"

"""What single pages and parts of pages say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from crawlers.parse.charsets import decode_page
from crawlers.parse.discuz_body import read_body
from crawlers.parse.discuz_list import parse_index, parse_list
from crawlers.parse.discuz_message import parse_message
from crawlers.parse.discuz_page import UnrecognisedError, fid_of, pid_quoted, tid_of, uid_of
from crawlers.parse.discuz_thread import parse_thread

NOW = datetime(2026, 11, 23, 8, 30, 5, tzinfo=UTC)


def said(words: str) -> str:
    """A message page."""
    return (
        '<html><title>提示信息</title><div id="messagetext" class="alert_error">'
        f'<p>{words}</p><p class="alert_btnleft"><a href="member.php">请登录后继续</a></p></div></html>'
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("抱歉，指定的主题不存在或已被删除或正在被审核", "nonexistent"),
        ("抱歉，指定的版块不存在", "nonexistent"),
        ("抱歉，本帖要求阅读权限高于 50 才能浏览", "read_permission"),
        ("抱歉，您没有权限访问该版块", "no_permission"),
        ("抱歉，您需要升级您所在的用户组后才能访问该版块", "no_permission"),
        ("您需要满足以下条件才能访问这个版块", "no_permission"),
        ("抱歉，您尚未登录，没有权限访问该版块", "login"),
        ("您需要先登录才能继续本操作", "login"),
        ("抱歉，本站点暂时关闭，详情请联系管理员", "closed"),
        ("系统维护中", "closed"),
        ("您的操作太快，请稍候再试", "other"),
    ],
)
def test_a_message_page_is_told_by_its_words(words: str, kind: str) -> None:
    """Message pages come with HTTP 200; the words alone say what they mean."""
    message = parse_message(said(words))
    assert message is not None
    assert (message.kind, message.words, message.title) == (kind, words, "提示信息")


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<title>重载</title><script>function reload(){document.location.reload();}</script>", "reload"),
        ("<title>3 + 4 = ?</title><form><input name='answer'/><input name='secqsubmit'/></form>", "question"),
        ("<form><input type='password' name='pw'/></form>", "no_permission"),
        ("<title>bbs.test - Database Error</title><div id='container'><h1>Database Error</h1></div>", "broken"),
        ("<html><title>用户登录</title><body>统一身份认证</body></html>", "login"),
        ("<html><title>门户</title><body>您需要先登录才能继续</body></html>", "login"),
    ],
)
def test_pages_without_template_are_known(html: str, kind: str) -> None:
    """The CC defence, a password form, a portal's login and a forum out of order are told apart from ordinary pages."""
    message = parse_message(html)
    assert message is not None
    assert message.kind == kind


def test_an_ordinary_page_is_no_message() -> None:
    """A thread in which somebody writes of permissions and reloading is a thread."""
    html = '<div id="postlist">您没有权限访问该版块 location.reload()</div>'
    assert parse_message(html) is None
    # So is a forum's page in a new template, with its 请先登录 at the top.
    assert (
        parse_message("<html><title>题目 - Powered by Discuz!</title><body>请先登录 <p>正文</p></body></html>") is None
    )


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize("declared", ["header", "meta", "nowhere"])
def test_a_page_is_decoded_whoever_says_its_charset(charset: str, declared: str) -> None:
    """A page with few Chinese characters is no Cyrillic, even where nobody says what it is."""
    meta = f"<meta charset='{charset}'>" if declared == "meta" else ""
    words = f"<html><head>{meta}<title>开发区帖1</title></head><body>{'<p>x</p>' * 200}云在天边</body></html>"
    content_type = "text/html" + (f"; charset={charset}" if declared == "header" else "")
    assert decode_page(words.encode(charset), content_type) == words


@pytest.mark.parametrize(
    ("href", "tid"),
    [
        ("forum.php?mod=viewthread&tid=12&page=3", 12),
        ("forum.php?mod=viewthread&amp;tid=12", 12),
        ("http://bbs.test/thread-12-3-7.html", 12),
        ("forum.php?mod=forumdisplay&fid=2&typeid=9", None),
        (None, None),
    ],
)
def test_a_thread_is_known_by_its_address(href: str | None, tid: int | None) -> None:
    """Dynamic and rewritten addresses lead to the same thread, whatever page one came from."""
    assert tid_of(href) == tid


def test_other_addresses_are_read() -> None:
    """Boards, members and quoted posts in both forms."""
    assert fid_of("forum.php?mod=forumdisplay&fid=21&page=2") == fid_of("forum-21-2.html") == 21
    assert fid_of("forum.php?gid=1") is None
    assert uid_of("home.php?mod=space&uid=7") == uid_of("space-uid-7.html") == 7
    assert pid_quoted("forum.php?mod=redirect&goto=findpost&ptid=5&pid=31") == 31
    assert pid_quoted("forum.php?mod=redirect&goto=findpost&pid=31&ptid=5") == 31
    assert pid_quoted("forum.php?mod=viewthread&tid=5&pid=31") is None


@pytest.mark.parametrize("parse", [lambda h: parse_list(h, NOW), lambda h: parse_thread(h, NOW), parse_index])
def test_a_page_of_another_kind_is_unrecognised_with_its_title(parse) -> None:  # type: ignore[no-untyped-def]
    """A new template is not an empty forum."""
    with pytest.raises(UnrecognisedError, match="改版公告"):
        parse("<html><head><title>改版公告</title></head><body><p>欢迎</p></body></html>")


def test_a_board_that_only_holds_boards_is_no_new_template() -> None:
    """Without a thread list of its own it still leads to the boards below."""
    page = parse_list('<table class="fl_tb"><tr><td><a href="forum-5-1.html">五</a></td></tr></table>', NOW)
    assert (page.entries, page.boards) == ((), (5,))


def test_a_board_of_pictures_gives_its_threads() -> None:
    """The waterfall shows threads with their replies, without times."""
    page = parse_list(
        '<div id="threadlist"><ul id="waterfall"><li><div class="c"></div><h3 class="xw0">'
        '<a href="thread-9-1-1.html">随手拍</a></h3><div class="auth cl"><cite class="xg1 y">'
        '回复: <a href="thread-9-1-1.html">4</a></cite><a href="space-uid-3.html">小周</a></div></li></ul></div>',
        NOW,
    )
    entry = page.entries[0]
    assert (entry.tid, entry.subject, entry.author, entry.replies, entry.views, entry.last) == (
        9, "随手拍", "小周", 4, None, None,
    )  # fmt: skip


def test_a_bought_template_still_gives_author_and_time() -> None:
    """Without the classes of the default template the member's link and the post's time are found."""
    page = parse_thread(
        '<div id="postlist"><h2><span id="thread_subject">标题</span></h2><div id="post_7" class="comiis_vrx">'
        '<table id="pid7"><tbody><tr><td class="pls"><div><div class="avatar"><a href="space-uid-4.html"></a></div>'
        '<div class="pi"><div class="authi"><a href="space-uid-4.html">阿明</a></div></div></div></td>'
        '<td class="plc"><div class="pti"><div class="authi"><em id="authorposton7">\n<i></i>\n发表于\n'
        '2016-9-29 11:50:45</em><a href="thread-5-1-1.html" rel="nofollow">只看该作者</a></div></div>'
        '<div class="pcb"><table><tr><td class="t_f" id="postmessage_7">正文</td></tr></table></div></td></tr>'
        "</tbody></table></div></div>",
        NOW,
    )
    floor = page.floors[0]
    assert (page.subject, page.replies, floor.author, floor.uid, floor.text) == ("标题", None, "阿明", 4, "正文")
    assert floor.at is not None
    assert floor.at.at == datetime(2016, 9, 29, 3, 50, 45, tzinfo=UTC)


def test_with_the_left_column_shut_the_picture_tells_the_member() -> None:
    """A site that shows no names (close_leftinfo) still tells members apart; an anonymous floor stays anonymous."""
    page = parse_thread(
        '<div id="postlist"><div id="post_7"><table><tr><td class="plc"><div class="authi">'
        '<a href="home.php?mod=space&amp;uid=114" class="xi2 z avt"><img src="a.jpg"></a>'
        '<em id="authorposton7">发表于 2026-1-2 03:04:05</em><a href="forum.php?authorid=114">只看该作者</a></div>'
        '<div id="postmessage_7">说话</div></td></tr></table></div><div id="post_8"><table><tr><td class="plc">'
        '<div class="authi">匿名&nbsp;<em id="authorposton8">发表于 2026-1-2 03:04:06</em></div>'
        '<div id="postmessage_8">不说是谁</div></td></tr></table></div></div>',
        NOW,
    )
    assert [(floor.author, floor.uid) for floor in page.floors] == [(None, 114), (None, None)]


def test_an_opening_post_with_pages_of_its_own_is_marked() -> None:
    """What stands behind [page] is not on the page; the mark says that there is more."""
    page = parse_thread(
        '<div id="postlist"><div id="post_7"><div id="postmessage_7">第一页</div>'
        '<div id="threadpage"></div></div></div>',
        NOW,
    )
    assert page.split


def test_a_body_keeps_its_own_words_and_lines() -> None:
    """Quotes, notes and noise go; words, lines and entities stay."""
    node = etree.HTML(
        "<td><div class='quote'><blockquote>别人的话</blockquote></div><br/>第一行<br/>\n第二行"
        "<div class='blockcode'><div><ol><li>代码</li></ol></div><em>复制代码</em></div>"
        "尾&amp;巴<script>var a=1</script></td>"
    )
    body = read_body(node)
    assert body.text == "第一行\n第二行\n代码\n尾&巴"
    assert (body.edited, body.quoted_href) == (False, None)
    assert "别人的话" in etree.tostring(node, encoding="unicode")

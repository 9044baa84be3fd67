"""The HTML of the town's forums, with the ids and classes by which pages of Discuz! X are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape

from demo.town import Board, Floor, Forum, Remark, Thread
from domain.clock import local

ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /search.php
Disallow: /member.php
Disallow: /misc.php
Disallow: /forum.php?mod=redirect*
Disallow: /forum.php?mod=post*
Disallow: /*?mod=misc*
"""
_NUMBER_NAMES = ("楼主", "沙发", "板凳", "地板")
_TAGS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Links:
    """Addresses inside the site, dynamic or rewritten."""

    rewritten: bool

    def thread(self, tid: int, page: int = 1) -> str:
        """A page of a thread."""
        if self.rewritten:
            return f"thread-{tid}-{page}-1.html"
        return f"forum.php?mod=viewthread&amp;tid={tid}" + (f"&amp;page={page}" if page > 1 else "")

    def board(self, fid: int, page: int = 1) -> str:
        """A page of a board."""
        if self.rewritten:
            return f"forum-{fid}-{page}.html"
        return f"forum.php?mod=forumdisplay&amp;fid={fid}" + (f"&amp;page={page}" if page > 1 else "")

    def member(self, uid: int) -> str:
        """A member's space."""
        return f"space-uid-{uid}.html" if self.rewritten else f"home.php?mod=space&amp;uid={uid}"

    def post(self, tid: int, pid: int) -> str:
        """The address that finds a post; never rewritten."""
        return f"forum.php?mod=redirect&amp;goto=findpost&amp;ptid={tid}&amp;pid={pid}"


@dataclass(frozen=True)
class Shown:
    """A thread as guests see it: its approved floors and its views with their visits."""

    thread: Thread
    floors: tuple[Floor, ...]
    views: int

    @property
    def replies(self) -> int:
        """Blocked floors count, 点评 do not."""
        return len(self.floors) - 1


def clock(at: datetime, now: datetime, *, seconds: bool) -> str:
    """A time as Discuz prints it: in words with the exact time as title up to a week, then in figures."""
    moment, present = local(at), local(now)
    exact = f"{moment.year}-{moment.month}-{moment.day} {moment:%H:%M}" + (f":{moment:%S}" if seconds else "")
    words = _words(moment, present)
    return f'<span title="{exact}">{words}</span>' if words else exact


def _words(moment: datetime, present: datetime) -> str | None:
    age = int((present - moment).total_seconds())
    days = (present.date() - moment.date()).days
    if age < 0 or days > 7:
        return None
    if days == 0:
        return _age(age)
    if days <= 2:
        return f"{('昨天', '前天')[days - 1]}&nbsp;{moment:%H:%M}"
    return f"{days}&nbsp;天前"


def _age(seconds: int) -> str:
    if seconds > 3600:
        return f"{seconds // 3600}&nbsp;小时前"
    if seconds > 1800:
        return "半小时前"
    if seconds > 60:
        return f"{seconds // 60}&nbsp;分钟前"
    return f"{seconds}&nbsp;秒前" if seconds else "刚刚"


def _day(at: datetime, now: datetime) -> str:
    moment = local(at)
    exact = f"{moment.year}-{moment.month}-{moment.day}"
    words = _words(moment, local(now))
    return f'<span title="{exact}">{words}</span>' if words else f"<span>{exact}</span>"


def _frame(forum: Forum, title: str, content: str) -> str:
    name = escape(forum.name)
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="{forum.charset}" /><title>{escape(title)} - {name} '
        f'- Powered by Discuz!</title></head>\n<body id="nv_forum"><div id="hd">{name}</div>\n'
        f'<div id="wp" class="wp">{content}</div>\n<div id="ft">Powered by Discuz! X3.5</div></body></html>'
    )


def message_page(forum: Forum, words: str, *, error: bool = False) -> str:
    """A page that says something instead of showing it."""
    kind = "alert_error" if error else "alert_info"
    return _frame(forum, "提示信息", f'<div id="ct"><div id="messagetext" class="{kind}"><p>{words}</p></div></div>')


def index_page(forum: Forum, links: Links) -> str:
    """The board index."""
    names = (f'<a href="{links.board(board.fid)}">{escape(board.name)}</a>' for board in forum.boards)
    rows = "".join(f'<tr class="fl_row"><td><h2>{name}</h2></td></tr>' for name in names)
    return _frame(forum, forum.name, f'<div id="ct"><table class="fl_tb">{rows}</table></div>')


def _page_bar(page: int, pages: int, link: str) -> str:
    if pages < 2:
        return ""
    following = f'<a href="{link}" class="nxt">下一页</a>' if page < pages else ""
    return (
        f'<div class="pgs"><div class="pg"><strong>{page}</strong><label>'
        f'<span title="共 {pages} 页"> / {pages} 页</span></label>{following}</div></div>'
    )


def board_page(
    forum: Forum,
    links: Links,
    board: Board,
    threads: list[Shown],
    sticky: Shown | None,
    page: int,
    pages: int,
) -> str:
    """A page of a board's thread list."""
    lines = [_line(forum, links, shown, "normalthread") for shown in threads if shown != sticky]
    if sticky:
        lines.insert(0, _line(forum, links, sticky, "stickthread"))
    empty = "" if lines else '<tbody><tr><th><p class="emp">本版块还没有主题</p></th></tr></tbody>'
    table = f'<div id="threadlist"><table id="threadlisttableid">{"".join(lines)}{empty}</table></div>'
    bar = _page_bar(page, pages, links.board(board.fid, page + 1))
    return _frame(forum, board.name, f'<div id="ct">{table}{bar}</div>')


def _line(forum: Forum, links: Links, shown: Shown, kind: str) -> str:
    thread, first, last = shown.thread, shown.floors[0], shown.floors[-1]
    permission = f' - [阅读权限 <span class="xw1">{thread.read_permission}</span>]' if thread.read_permission else ""
    last_seen = clock(last.at, forum.now, seconds=False)
    return (
        f'<tbody id="{kind}_{thread.tid}"><tr><td class="icn"></td><th class="common">'
        f'<a href="{links.thread(thread.tid)}" class="s xst">{escape(thread.subject)}</a>{permission}</th>'
        f'<td class="by"><cite>{_member(links, first.author, first.uid)}</cite>'
        f"<em>{_day(first.at, forum.now)}</em></td>"
        f'<td class="num"><a href="{links.thread(thread.tid)}" class="xi2">{shown.replies}</a>'
        f"<em>{shown.views}</em></td>"
        f'<td class="by"><cite>{_member(links, last.author, last.uid)}</cite>'
        f'<em><a href="forum.php?mod=redirect&amp;tid={thread.tid}&amp;goto=lastpost">{last_seen}</a></em>'
        "</td></tr></tbody>"
    )


def _member(links: Links, name: str | None, uid: int, style: str = "") -> str:
    if name is None:
        return "匿名"
    return f'<a href="{links.member(uid)}"{style}>{escape(name)}</a>'


def thread_page(
    forum: Forum, links: Links, board: Board, shown: Shown, part: tuple[Floor, ...], page: int, pages: int
) -> str:
    """A page of a thread; the counters stand on the first one only."""
    counters = (
        f'<div class="hm ptn"><span class="xg1">查看:</span> <span class="xi1">{shown.views}</span>'
        f'<span class="pipe">|</span><span class="xg1">回复:</span> '
        f'<span class="xi1">{shown.replies}</span></div>'
        if page == 1
        else '<div id="tath" class="cl"></div>'
    )
    start = shown.floors.index(part[0])
    posts = "".join(_post(forum, links, shown, floor, start + n) for n, floor in enumerate(part))
    bar = _page_bar(page, pages, links.thread(shown.thread.tid, page + 1))
    subject = escape(shown.thread.subject)
    head = (
        f'<table><tr><td class="pls ptn pbn">{counters}</td><td class="plc ptm pbn"><h1 class="ts">'
        f'<span id="thread_subject">{subject}</span></h1></td></tr></table>'
    )
    content = f'<div id="ct"><div id="postlist" class="pl bm">{head}{posts}</div>{bar}</div>'
    return _frame(forum, f"{shown.thread.subject} - {board.name}", content)


def _post(forum: Forum, links: Links, shown: Shown, floor: Floor, number: int) -> str:
    tid = shown.thread.tid
    where = links.thread(tid) if number == 0 else links.post(tid, floor.pid)
    label = _NUMBER_NAMES[number] if number < len(_NUMBER_NAMES) else f"<em>{number + 1}</em><sup>#</sup>"
    member = _member(links, floor.author, floor.uid, ' class="xw1"')
    left = member if floor.author is None else f'<div class="authi">{member}</div>'
    posted = clock(floor.at, forum.now, seconds=True)
    return (
        f'<div id="post_{floor.pid}"><table id="pid{floor.pid}" class="plhin"><tr>'
        f'<td class="pls" rowspan="2"><div id="favatar{floor.pid}" class="pls cl favatar">'
        f'<div class="pi">{left}</div></div></td>'
        f'<td class="plc"><div class="pi"><strong>'
        f'<a href="{where}" id="postnum{floor.pid}">{label}</a></strong>'
        f'<div class="pti"><div class="authi">{"匿名&nbsp;" if floor.author is None else ""}'
        f'<em id="authorposton{floor.pid}">发表于 {posted}</em></div></div></div>'
        f'<div class="pct"><div class="pcb">{_body(links, shown, floor)}'
        f'<div id="comment_{floor.pid}" class="cm">{_remarks(forum, links, floor.remarks)}</div></div></div>'
        f'</td></tr><tr><td class="plc plm"><div class="sign">此人很懒</div></td></tr></table></div>'
    )


def _body(links: Links, shown: Shown, floor: Floor) -> str:
    if floor.state == "blocked":
        return '<div class="locked">提示: <em>该帖被管理员或版主屏蔽</em></div>'
    quote = _quote(links, shown, floor)
    return (
        f'<div class="t_fsz"><table><tr><td class="t_f" id="postmessage_{floor.pid}">\n{quote}{floor.body}'
        "</td></tr></table></div>"
    )


def _quote(links: Links, shown: Shown, floor: Floor) -> str:
    if floor.quote is None:
        return ""
    author, text = floor.quote
    earlier = [f for f in shown.floors if f.at <= floor.at and f is not floor and f.author == author]
    said = [f for f in earlier if text in _TAGS.sub("", f.body)] or earlier
    link = f'<a href="{links.post(shown.thread.tid, said[-1].pid)}">' if said else "<a>"
    return (
        f'<div class="quote"><blockquote><font size="2">{link}<font color="#999999">{escape(author)} 发表于 '
        f"{local(floor.at):%Y-%m-%d}</font></a></font><br />\n{escape(text)}</blockquote></div><br />\n"
    )


def _remarks(forum: Forum, links: Links, remarks: tuple[Remark, ...]) -> str:
    if not remarks:
        return ""
    style = ' class="xi2 xw1"'
    lines = "".join(
        f'<div class="pstl xs1 cl"><div class="psta vm">'
        f"{_member(links, remark.author, remark.uid, style)}</div>"
        f'<div class="psti">{escape(remark.text)}&nbsp;<span class="xg1">发表于 '
        f"{clock(remark.at, forum.now, seconds=False)}</span></div></div>"
        for remark in remarks
    )
    return f'<h3 class="psth xs1">点评</h3>{lines}'

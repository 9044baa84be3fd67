"""Pages on which a Discuz! X site says something instead of showing what was asked for. Pure.

Most of them come with HTTP 200, so that only their words tell "no permission" from "no posts".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from parsel import Selector

from crawlers.parse.discuz_page import page_title, text_of
from crawlers.parse.selected_faults import instead

MessageKind = Literal[
    "nonexistent", "read_permission", "no_permission", "login", "closed", "reload", "question", "broken", "other"
]

# Seen without parsing: nearly every page is one of these.
_ORDINARY = ('id="postlist"', 'id="threadlist"', 'class="fl_tb"')
# In this order: "尚未登录，没有权限访问" is a matter of logging in, not of the board.
_WORDS: tuple[tuple[MessageKind, re.Pattern[str]], ...] = (
    ("nonexistent", re.compile(r"(?:主题|话题|帖子|版块)[^。]{0,6}(?:不存在|已被删除|正在被审核)")),
    ("read_permission", re.compile(r"阅读权限")),
    ("login", re.compile(r"尚未登录|需要先?登录|请先?登录|请登录")),
    ("closed", re.compile(r"(?:站点|网站|论坛|本站)[^。]{0,12}(?:关闭|维护|升级|整改|停止)|系统维护|闭站")),
    ("no_permission", re.compile(r"没有权限|无权|用户组|访问条件|需要满足以下条件|禁止访问")),
)
_LONGEST_LOGIN = 5_000
_BROKEN = re.compile(r" - (?:System|Database) Error$")
_BROKEN_PAGE = re.compile(r"<title>[^<]* - (?:System|Database) Error\s*</title>")


@dataclass(frozen=True, slots=True)
class Message:
    """What the site said: ``kind``, the words themselves, and the page's title.

    ``nonexistent`` and the two permission kinds are about one thread or board; ``login`` and ``closed``
    may be about the whole site; ``reload`` and ``question`` are the CC defence; ``broken`` is an error of the
    forum's program or database, which X3.4 shows with HTTP 200; ``other`` is the rest.
    """

    kind: MessageKind
    words: str
    title: str


def parse_message(html: str) -> Message | None:
    """The message of a page, None where the page is an ordinary one."""
    if "messagetext" not in html and any(part in html for part in _ORDINARY):
        return None
    page = Selector(html)
    title = page_title(page)
    if said := page.css("#messagetext"):
        words = text_of(said.css("p:not(.alert_btnleft)")) or text_of(said)
        return Message(kind_of(words), words[:200], title)
    return _defence(page, html, title)


def is_out_of_order(html: str) -> bool:
    """Whether the page is the one that the forum's program shows where it breaks."""
    return bool(_BROKEN_PAGE.search(html[:2000]))


def kind_of(words: str) -> MessageKind:
    """What a message means, by its words."""
    return next((kind for kind, pattern in _WORDS if pattern.search(words)), "other")


def _defence(page: Selector, html: str, title: str) -> Message | None:
    """The CC defence (``attackevasive``) has no template: a script that reloads, or a question.

    A board behind a password shows its own form, and a forum out of order a page of its own.
    """
    if _BROKEN.search(title):
        return Message("broken", title, title)
    if page.css("input[name=secqsubmit]"):
        return Message("question", title, title)
    if page.css("input[type=password][name=pw]"):
        return Message("no_permission", "版块需要密码", title)
    if "location.reload()" in html and len(html) < 10_000:
        return Message("reload", title, title)
    return _foreign_login(page, html, title)


def _foreign_login(page: Selector, html: str, title: str) -> Message | None:
    """A login page that is none of the forum's own, such as a city portal's, which knows nothing of Discuz!."""
    if not html.lstrip().startswith("<") or "discuz" in html.lower():
        return None
    said = instead(title, text_of(page.css("body"))[:_LONGEST_LOGIN])
    return Message("login", said[1], title) if said and said[0] == "login" else None

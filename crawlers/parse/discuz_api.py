"""Answers of Discuz! X's interface for mobile programs (``api/mobile/``) → boards, thread entries and floors. Pure.

All numbers are strings, and what is empty is left out. The ids are those of the pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

from lxml import etree, html

from crawlers.parse.discuz_body import Body, read_body
from crawlers.parse.discuz_list import Entry, ListPage
from crawlers.parse.discuz_message import Message, MessageKind, kind_of
from crawlers.parse.discuz_page import UnrecognisedError, pid_quoted
from crawlers.parse.discuz_thread import Floor, Remark, ThreadPage, remarks_of
from crawlers.parse.forum_times import Moment, Precision, parse_time
from crawlers.parse.html import one_line
from crawlers.parse.pictures import picture_addresses

Json = Mapping[str, Any]
_KINDS: tuple[tuple[MessageKind, re.Pattern[str]], ...] = (
    ("nonexistent", re.compile(r"nonexistence|not_found|notexist")),
    ("login", re.compile(r"login|not_loggedin")),
    ("read_permission", re.compile(r"thread_nopermission|readperm")),
    ("no_permission", re.compile(r"nopermission|noperm|access_disallow|user_banned|forum_passwd|group_")),
    ("closed", re.compile(r"board_closed|mobile_is_closed|closed")),
)
# What stands in place of a post that guests may not read.
_HIDDEN = re.compile(r"^(?:提示[:：].{0,30}(?:屏蔽|禁止)|此帖仅作者可见|本帖为密码帖|(?:付费|售价)主题)")
_STATUS_BLOCKED = 1
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|nbsp|#0?39);")


def read_answer(text: str) -> Json:
    """The variables of an answer, and its message where it has one; `UnrecognisedError` where it is no answer."""
    try:
        answer = json.loads(text.replace("\0", ""))
    except ValueError:
        raise UnrecognisedError(f"不是 JSON：{one_line(text[:500])[:80]}") from None
    if not isinstance(answer, dict) or not ("Variables" in answer or "error" in answer):
        raise UnrecognisedError(f"没有 Variables：{text[:80]}")
    return answer


def answer_message(answer: Json) -> Message | None:
    """What the site says instead of giving what was asked for; None where it gives it."""
    if "error" in answer:
        return _message(str(answer["error"]), "")
    said = answer.get("Message")
    if not isinstance(said, dict):
        return None
    return _message(str(said.get("messageval") or ""), one_line(str(said.get("messagestr") or "")))


def _message(name: str, words: str) -> Message:
    kind = next((kind for kind, pattern in _KINDS if pattern.search(name)), None) or kind_of(words)
    return Message(kind, (words or name)[:200], name[:120])


def parse_index(answer: Json) -> tuple[int, ...]:
    """The boards, with those below them; `UnrecognisedError` where there are none."""
    boards = dict.fromkeys(_fids(_part(answer, "forumlist")))
    if not boards:
        raise UnrecognisedError("没有 forumlist")
    return tuple(boards)


def _fids(boards: list[Json]) -> Iterator[int]:
    for board in boards:
        if fid := _number(board.get("fid")):
            yield fid
        yield from _fids(_members(board.get("sublist")))


def parse_list(answer: Json, number: int) -> ListPage:
    """Page ``number`` of a board's threads."""
    variables = answer["Variables"]
    if "forum_threadlist" not in variables and "forum" not in variables:
        raise UnrecognisedError("没有 forum_threadlist")
    entries = tuple(entry for line in _part(answer, "forum_threadlist") if (entry := _entry(line)))
    total = _number(_dict(variables.get("forum")).get("threadcount"))
    boards = tuple(dict.fromkeys(_fids(_members(variables.get("sublist")))))
    return ListPage(entries, _following(number, _number(variables.get("tpp")), total), boards)


def _entry(line: Json) -> Entry | None:
    tid = _number(line.get("tid"))
    if not tid:
        return None
    uid = _number(line.get("authorid")) or None
    return Entry(
        tid=tid,
        subject=one_line(str(line.get("subject") or "")),
        author=one_line(str(line.get("author") or "")) or None if uid else None,
        uid=uid,
        replies=_number(line.get("replies")),
        views=_number(line.get("views")),
        posted=_epoch(line.get("dbdateline"), "day"),
        # The pages say it to the minute; it must be the same moment here.
        last=_epoch(line.get("dblastpost"), "minute"),
        sticky=bool(_number(line.get("displayorder"))),
    )


def parse_thread(answer: Json, number: int, now: datetime, base: str = "") -> ThreadPage:
    """Page ``number`` of a thread; `UnrecognisedError` where it has no list of posts. ``base``: the site's address."""
    variables = answer["Variables"]
    if "postlist" not in variables or "thread" not in variables:
        raise UnrecognisedError("没有 postlist")
    thread = _dict(variables["thread"])
    replies = _number(thread.get("replies"))
    posts = list(_part(answer, "postlist"))
    floors = (_floor(post, variables, now, base) for post in posts)
    size = _number(variables.get("ppp"))
    # Where the counter cannot be, a full page may have one behind it.
    total = replies + 1 if replies is not None else number * (size or 0) + (len(posts) >= (size or 0))
    return ThreadPage(
        subject=one_line(str(thread.get("subject") or "")),
        views=_number(thread.get("views")),
        replies=replies,
        floors=tuple(floor for floor in floors if floor),
        next_page=_following(number, size, total),
    )


def _following(number: int, size: int | None, total: int | None) -> int | None:
    return number + 1 if size and total and number * size < total else None


def _floor(post: Json, variables: Json, now: datetime, base: str) -> Floor | None:
    pid = _number(post.get("pid"))
    if not pid:
        return None
    opening = _number(post.get("first")) == 1
    author, uid = _author(post)
    body = _body(str(post.get("message") or ""), base)
    hidden = bool(_HIDDEN.match(body.text)) or bool((_number(post.get("status")) or 0) & _STATUS_BLOCKED)
    remarks = remarks_of(pid, _remarks(pid, variables, now))
    options = _options(variables) if opening else []
    attached = picture_addresses((f"{part['url']}{part.get('attachment') or ''}" for part in _pictures(post)), base)
    return Floor(
        pid=pid,
        opening=opening,
        author=author,
        uid=uid,
        at=_epoch(post.get("dbdateline"), "second"),
        text="" if hidden else "\n".join(part for part in (*options, body.text) if part),
        edited=body.edited,
        quoted=pid_quoted(body.quoted_href),
        hidden=hidden,
        remarks=remarks,
        remarks_cut=(_number(_dict(variables.get("commentcount")).get(str(pid))) or 0) > len(remarks),
        pictures=tuple(dict.fromkeys((*body.pictures, *attached))),
    )


def _author(post: Json) -> tuple[str | None, int | None]:
    """An anonymous post has the number 0, and a word for "anonymous" in place of the name."""
    uid = _number(post.get("authorid")) or None
    if uid is None or _number(post.get("anonymous")):
        return None, None
    return one_line(str(post.get("author") or "")) or None, uid


def _body(message: str, base: str) -> Body:
    """The words; X3.5 escapes them twice here, so that entities are left of the author's ``<`` and ``&``."""
    try:
        body = read_body(html.fragment_fromstring(message, create_parent="div"), base)
        return replace(body, text=_ENTITY.sub(lambda entity: unescape(entity[0]), body.text))
    except (etree.ParserError, ValueError):
        return Body(one_line(message), edited=False, quoted_href=None)


def _options(variables: Json) -> list[str]:
    """What was filled into the form of a classified thread."""
    options = _members(_dict(variables.get("threadsortshow")).get("optionlist"))
    lines = ((one_line(str(part.get(name) or "")) for name in ("title", "value", "unit")) for part in options)
    return [f"{title}:{value}{unit}" for title, value, unit in lines if value]


def _pictures(post: Json) -> list[Json]:
    return [part for part in _members(post.get("attachments")) if _number(part.get("attachimg")) and part.get("url")]


def _remarks(pid: int, variables: Json, now: datetime) -> Iterator[Remark]:
    for said in _members(_dict(variables.get("comments")).get(str(pid))):
        text = one_line(str(said.get("comment") or ""))
        uid = _number(said.get("authorid")) or None
        author = one_line(str(said.get("author") or "")) or None
        if text:
            yield Remark("", author, uid, parse_time(one_line(str(said.get("dateline") or "")), now), text)


def _part(answer: Json, name: str) -> list[Json]:
    return _members(answer["Variables"].get(name))


def _members(value: Any) -> list[Json]:
    """PHP writes a list with gaps as an object."""
    found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [member for member in found if isinstance(member, dict)]


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _epoch(value: Any, precision: Precision) -> Moment | None:
    seconds = _number(value)
    if not seconds or seconds > 4_102_444_800:  # the year 2100
        return None
    at = datetime.fromtimestamp(seconds, UTC)
    return Moment(at if precision == "second" else at.replace(second=0), precision)

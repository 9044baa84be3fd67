"""What it means where Tieba does not answer as it should: error codes and words, HTTP statuses, other pages. Pure.

The codes are those that public clients of the interface have met; it is documented nowhere. Code 4 is used for
deleted threads and for dead logins alike, so words count more than codes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from crawlers.tieba.answers import Answer
from domain.errors import SourceError

_GONE_CODES = {4, 28, 350008}
_BLOCKED_CODES = {4011, 220034, 230871}
_BUSY_CODES = {-65536, 11, 77, 110001, 1989005, 2210002}
_LOGIN = re.compile(r"登[录陆]|BDUSS|请先注册")
_BLOCKED = re.compile(r"验证码|安全验证|人机|频繁|封禁|captcha|wappass|访问异常|稍后再来", re.IGNORECASE)
_GONE = re.compile(r"(?:主题|贴子|帖子|内容|该贴|该帖)[^。，]{0,8}(?:不存在|删除|隐藏|无法访问)")
_BUSY = re.compile(r"繁忙|超时|系统错误|稍后(?:再|重)试|加载数据失败")
_NO_BAR = re.compile(r"(?:贴吧|该吧|本吧|吧名)[^。，]{0,8}(?:不存在|尚未建立|不开放|关闭|违反)")
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|meta)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]{0,100})", re.IGNORECASE)
_LOOKED_AT = 50_000
_SHOWN = 80


class TiebaError(SourceError):
    """An answer that is none. ``busy``: it may be better in a moment; ``wait_s`` is what the server asks for."""

    def __init__(
        self, status: str, cause: str, evidence: str, *, busy: bool = False, wait_s: float | None = None
    ) -> None:
        self.evidence = evidence
        self.busy = busy
        self.wait_s = wait_s
        super().__init__(status, cause)


class GoneError(TiebaError):
    """The server says that a thread or a post is not there (any more)."""


def server_fault(code: int, message: str) -> TiebaError:
    """What the server's own error means."""
    words = " ".join(message.split())[:_SHOWN]
    told = f"错误 {code}：{words or '没有说明'}"
    if _LOGIN.search(words):
        return TiebaError("login", f"贴吧要求登录（{told}）", told)
    if code in _BLOCKED_CODES or _BLOCKED.search(words):
        return TiebaError("blocked", f"贴吧拒绝了请求（{told}）", told)
    if _NO_BAR.search(words):
        return TiebaError("changed", f"没有这个吧，或它已关闭（{told}）", told)
    if code in _GONE_CODES or _GONE.search(words):
        return GoneError("changed", f"贴吧说：{words or '已不存在'}（错误 {code}）", told)
    if code in _BUSY_CODES or _BUSY.search(words):
        return TiebaError("down", f"贴吧服务器出错（{told}）", told, busy=True)
    return TiebaError("changed", f"贴吧报了不认识的错误（{told}）", told)


def status_fault(answer: Answer, wait_s: float | None) -> TiebaError:
    """What an HTTP status other than 200 means."""
    told = f"HTTP {answer.status}"
    location = answer.headers.get("location", "")
    if answer.status in (301, 302, 303, 307, 308):
        if _BLOCKED.search(location) or "verify" in location:
            return TiebaError("blocked", f"被转到验证页面（{told}）", told)
        if "passport" in location or "login" in location:
            return TiebaError("login", f"被转到登录页面（{told}）", told)
        return TiebaError("changed", f"接口被转到别处（{told}）", told)
    if answer.status == 429:
        return TiebaError("blocked", f"贴吧说请求太频繁（{told}）", told, busy=True, wait_s=wait_s)
    if answer.status in (401, 403):
        return TiebaError("blocked" if answer.status == 403 else "login", f"贴吧拒绝访问（{told}）", told)
    if answer.status >= 500:
        return TiebaError("down", f"贴吧服务器出错（{told}）", told, busy=True, wait_s=wait_s)
    return TiebaError("changed", f"接口地址不对或已变（{told}）", told)


def shape_fault(answer: Answer | None, error: Exception) -> TiebaError:
    """What stands in the place of an answer that could not be read."""
    body = answer.body[:_LOOKED_AT] if answer else b""
    if _MARKUP.search(body):
        return _page_fault(body.decode("utf-8", "replace"))
    told = _told(body)
    if told:
        return server_fault(*told)
    reason = f"{type(error).__name__}: {' '.join(str(error).split())[:_SHOWN]}"
    return TiebaError("changed", f"回答不是贴吧接口的样子（{reason}）", reason)


def _page_fault(page: str) -> TiebaError:
    match = _TITLE.search(page)
    title = " ".join(match.group(1).split()) if match else ""
    told = f"网页标题“{title or '无标题'}”"
    # A challenge offers the login beside itself, so it is looked for first.
    if _BLOCKED.search(page):
        return TiebaError("blocked", f"要求先通过验证（{told}）", told)
    if _LOGIN.search(page):
        return TiebaError("login", f"要求登录（{told}）", told)
    return TiebaError("changed", f"回答是网页而不是数据（{told}）", told)


def _told(body: bytes) -> tuple[int, str] | None:
    """The error of a JSON answer."""
    try:
        answer: Any = json.loads(body)
        code = next(int(answer[key]) for key in ("error_code", "errno", "no") if key in answer)
        message = next((answer[key] for key in ("error_msg", "errmsg", "error") if answer.get(key)), "")
    except (ValueError, TypeError, AttributeError, StopIteration, RecursionError):
        return None
    return (code, str(message)) if code else None

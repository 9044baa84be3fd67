"""Asks Tieba through aiotieba: one request at a time, each answer checked for its ``err``, as our own records.

Imported only where aiotieba is installed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

import aiohttp
import aiotieba
from aiotieba.exception import TiebaServerError
from aiotieba.logging import set_logger

from crawlers.config import Manners
from crawlers.http import BACK_OFF_S, LONGEST_RETRY_AFTER_S
from crawlers.pace import BudgetError, Pace
from crawlers.tieba.answers import Answer, CommentPage, ListPage, SearchPage, ThreadPage
from crawlers.tieba.convert import comment_page, list_page, search_page, thread_page
from crawlers.tieba.faults import TiebaError, server_fault, shape_fault
from crawlers.tieba.wire import BoundedNet, PlacedCore
from domain.clock import Clock
from domain.errors import SourceError

ADDRESS = "http://tiebac.baidu.com"
# As for the pages of the web: an answer may come in drops, but not for ever.
_PATIENCE = 4
_COMMENTS_WITH_A_POST = 10
_ORDERS = {"created": aiotieba.ThreadSortType.CREATE, "replied": aiotieba.ThreadSortType.REPLY}


class TiebaClient:
    """Bars, threads, comments and searches, page by page; use it as an asynchronous context manager.

    What cannot be read raises `SourceError`: TiebaError with the evidence, BudgetError where the ``deadline``
    (monotonic clock) has passed or the night's requests are used up. ``sleep`` waits so many seconds.
    """

    def __init__(
        self,
        manners: Manners,
        *,
        delay_s: float,
        deadline: float,
        base_url: str | None,
        sleep: Callable[[float], None],
        clock: Clock,
    ) -> None:
        self._manners = manners
        self._deadline = deadline
        self._base_url = base_url
        self._sleep = sleep
        self._clock = clock
        self._pace = Pace(manners, delay_s, sleep=sleep, clock=clock)
        self._stack = AsyncExitStack()
        self.requests = 0

    async def __aenter__(self) -> TiebaClient:
        # aiotieba logs to stdout, where results go, and with what was asked for.
        quiet = logging.getLogger("yuqing.aiotieba")
        quiet.disabled = True
        set_logger(quiet)
        each_s = self._manners.request_timeout_s
        timeout = aiotieba.TimeoutConfig(http_acquire_conn=each_s, http_read=each_s, http_connect=each_s)
        self._client = await self._stack.enter_async_context(aiotieba.Client(timeout=timeout))
        # There is no other way to aiotieba's network than by its private parts; so pyproject.toml holds its version.
        self._net = BoundedNet(self._client._http_core.net_core, self._manners, self._clock)
        core = PlacedCore(self._client.account, self._net, self._manners, self._base_url)
        self._client._http_core = core
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def threads(self, bar: str, page: int, order: str) -> ListPage:
        """A page of a bar's threads, newest first by ``order``: ``created`` or ``replied``."""
        found, answer = await self._ask(lambda: self._client.get_threads(bar, page, sort=_ORDERS[order]))
        if not found.forum.fid:
            told = f"{len(answer.body)} 字节，没有吧的信息"
            cause = "回答里没有这个吧（名称不写末尾的“吧”字），或接口已变"
            raise TiebaError("changed", cause, told)
        if page == 1 and not found.objs and found.forum.thread_num:
            told = f"吧里有 {found.forum.thread_num} 个主题，列表 0 项"
            raise TiebaError("changed", f"主题列表是空的，而{told}", told)
        return list_page(found)

    async def thread(self, tid: int, page: int) -> ThreadPage:
        """A page of a thread, oldest post first; GoneError where it is deleted or hidden."""
        ask: Callable[[], Awaitable[Any]] = lambda: self._client.get_posts(  # noqa: E731
            tid, page, with_comments=True, comment_sort_by_agree=False, comment_rn=_COMMENTS_WITH_A_POST
        )
        found, answer = await self._ask(ask)
        if found.thread.tid != tid or (page == 1 and not found.objs):
            told = f"问的是 {tid}，答的是 {found.thread.tid}，{len(found.objs)} 个帖子"
            raise TiebaError("changed", f"回答里没有这个主题的帖子（{told}）", told)
        return thread_page(found, answer)

    async def comments(self, tid: int, post: int, page: int) -> CommentPage:
        """A page of the comments under a post, oldest first; GoneError where the post is deleted."""
        found, answer = await self._ask(lambda: self._client.get_comments(tid, post, page))
        if not found.objs and found.thread.tid != tid:
            told = f"问的是 {tid}，答的是 {found.thread.tid}"
            raise TiebaError("changed", f"回答里没有这一楼的评论（{told}）", told)
        return comment_page(found, answer)

    async def search(self, bar: str, word: str, page: int) -> SearchPage:
        """A page of what a word finds in a bar, newest first."""
        newest = aiotieba.SearchInForumType.TIME
        found, _ = await self._ask(lambda: self._client.search_in_forum(bar, word, page, search_type=newest))
        return search_page(found)

    async def _ask(self, ask: Callable[[], Awaitable[Any]]) -> tuple[Any, Answer]:
        """What aiotieba gives, and the answer it was read from. What is busy is asked again, twice."""
        for pause in (*BACK_OFF_S, None):
            found, fault = await self._once(ask)
            if fault is None:
                assert self._net.last is not None
                return found, self._net.last
            wait = pause if fault.wait_s is None else max(fault.wait_s, BACK_OFF_S[0])
            if not fault.busy or pause is None or wait is None or wait > LONGEST_RETRY_AFTER_S:
                raise fault
            self._sleep(wait)
        raise AssertionError("the last pause is None")

    async def _once(self, ask: Callable[[], Awaitable[Any]]) -> tuple[Any, TiebaError | None]:
        if time.monotonic() > self._deadline:
            raise BudgetError("partial", "超过了这个来源的时间上限，后面的没有读")
        address = self._base_url or ADDRESS
        with self._pace.turn(address):
            self.requests += 1
            begun = time.monotonic()
            try:
                async with asyncio.timeout(_PATIENCE * self._manners.request_timeout_s):
                    found = await ask()
            except TimeoutError as late:
                return None, _fault(late, None)
        fault = _fault(found.err, self._net.last) if found.err is not None else None
        self._pace.heard(address, time.monotonic() - begun, well=fault is None)
        return found, fault


def _fault(error: Exception, answer: Answer | None) -> TiebaError:
    """What an error that aiotieba hands back means."""
    if isinstance(error, TiebaError):
        return error
    if isinstance(error, TiebaServerError):
        return server_fault(error.code, str(error.msg))
    if isinstance(error, SourceError):
        return TiebaError(error.status, error.cause, error.cause)
    if isinstance(error, aiohttp.ClientError | OSError) and answer is None:
        return TiebaError("down", _network_cause(error), f"{type(error).__name__}: {str(error)[:100]}", busy=True)
    return shape_fault(answer, error)


def _network_cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "连接或读取超时"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "回答不完整，或压缩内容损坏"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "连接中断"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "域名解析不了"
    return "连接不上" if isinstance(error, aiohttp.ClientConnectorError) else "连接中断"

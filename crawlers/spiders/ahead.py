"""One page asked for before it is wanted, so that the site makes it while the one before is being read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Ahead(Generic[Answer]):
    """Downloads one address after the other, never two at once.

    What goes wrong with a page that was asked for ahead is told to whoever wants it. One that nobody has wanted so far
    is kept: there is no second one, so a wrong guess is the last.
    """

    def __init__(self, download: Callable[[str, str], Awaitable[Answer]]) -> None:
        self._download = download
        self._url = ""
        self._asked: asyncio.Task[Answer] | None = None

    async def begin(self, url: str, cookies: str) -> None:
        """Ask for ``url``, if nothing is asked for; returns when the request is out, or waits for its turn."""
        if self._asked is None:
            self._url, self._asked = url, asyncio.ensure_future(self._download(url, cookies))
            await asyncio.sleep(0)  # the task's first step asks

    async def fetch(self, url: str, cookies: str) -> Answer:
        """The answer of ``url``; a page asked for ahead came with the cookies of that moment."""
        if self._asked and self._url == url:
            asked, self._asked = self._asked, None
            return await asked
        if self._asked:
            await asyncio.wait([self._asked])
        return await self._download(url, cookies)

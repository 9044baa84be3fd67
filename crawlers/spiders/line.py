"""The parent's end of the line to its fetching child: one page after the other, within the time of the run."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timedelta
from typing import IO

from crawlers.spiders.faults import OutOfRequests, OutOfTime
from crawlers.spiders.job import Job
from crawlers.spiders.site import Page
from crawlers.spiders.wire import head_of, page_of, question

_LOG = logging.getLogger("yuqing.crawl")
_LONGEST_HEAD = 1 << 20


class HungUpError(Exception):
    """The child is gone, or says what is no answer."""


class Line:
    """Gives `Site` its pages and its waiting. Leaves manners towards the site to the child (Scrapy)."""

    def __init__(self, job: Job, out: IO[bytes]) -> None:
        self._job = job
        self._out = out
        self._in = asyncio.StreamReader(_LONGEST_HEAD)
        self._at_night = 0
        self._started = time.monotonic()

    async def listen(self, source: IO[bytes]) -> asyncio.ReadTransport:
        """Begin to hear the child at its standard output, until what is returned is closed."""
        protocol = asyncio.StreamReaderProtocol(self._in)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, source)
        return transport

    def say(self, words: bytes) -> None:
        """Send a line to the child."""
        try:
            self._out.write(words)
            self._out.flush()
        except OSError as error:
            raise HungUpError(str(error)) from error

    def now(self) -> datetime:
        """The moment, by the clock of the run."""
        return self._job.now + timedelta(seconds=int(time.monotonic() - self._started))

    async def wait(self, seconds: float) -> None:
        """Pause; OutOfTime where the run would be over by then."""
        if seconds > self._left():
            raise OutOfTime
        await asyncio.sleep(seconds)

    async def download(self, url: str, cookies: str) -> Page:
        """One page, as the site gives it; raises Fault where it gives none."""
        asked_at = self.now()
        self._count_at_night(asked_at)
        left = self._left()
        if left <= 0:
            raise OutOfTime
        self.say(question(url, cookies))
        try:
            async with asyncio.timeout(left):
                page = await self._heard(asked_at)
        except TimeoutError as error:
            raise OutOfTime from error
        _LOG.info("GET %s：HTTP %s，%s 字节", url.partition("?")[0], page.status, len(page.body))
        return page

    async def _heard(self, asked_at: datetime) -> Page:
        try:
            head = head_of(await self._in.readuntil())
            body = await self._in.readexactly(head["size"])
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, KeyError, TypeError) as error:
            raise HungUpError(type(error).__name__) from error
        return page_of(head, body, asked_at)

    def _left(self) -> float:
        return self._started + self._job.config.max_minutes * 60 - time.monotonic()

    def _count_at_night(self, now: datetime) -> None:
        night = self._job.manners.night
        if night and night.holds(now):
            if self._at_night >= night.max_requests:
                raise OutOfRequests(night.spent)
            self._at_night += 1

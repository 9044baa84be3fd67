"""The Scrapy side of a Discuz! X sweep: one request at a time through Scrapy's downloader, and its settings.

The pages are awaited one by one (``engine.download_async``) instead of being scheduled: a thread that redirects to
itself is then no duplicate to be dropped in silence (scrapy#1225), and a thread's pages are read in one go, so that
the site counts one view for a visit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from crawlers.parse.discuz_page import decode_page
from crawlers.spiders.faults import Fault, OutOfTime
from crawlers.spiders.job import Job
from crawlers.spiders.site import Page, Site
from crawlers.spiders.sweep import Sweep

_RETRIES = 2
_SLOWEST_DELAY_S = 60.0
_LONGEST_CRAWL_DELAY_S = 30.0


class DiscuzSpider(Spider):
    """Runs one job; each item is a message of `Sweep.run`."""

    name = "discuz"

    def __init__(self, job: Job, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._job = job
        self._started = time.monotonic()
        self._cookies: dict[str, str] = {}
        self._pause_s = 0.0

    async def start(self) -> AsyncIterator[Any]:
        """The whole sweep."""
        self.crawler.signals.connect(self._read_robots, signal=signals.robots_parsed)
        site = Site(self._job.config.url, self._download, asyncio.sleep)
        sweep = Sweep(self._job.config, self._job.memory, site, self._now)
        async for message in sweep.run(self._job.revisit):
            yield message

    def _now(self) -> datetime:
        return self._job.now + timedelta(seconds=int(time.monotonic() - self._started))

    async def _download(self, url: str) -> Page:
        left = self._started + self._job.config.max_minutes * 60 - time.monotonic()
        try:
            async with asyncio.timeout(left):
                await asyncio.sleep(self._pause_s)
                response = await self._engine().download_async(Request(url, headers=self._sent()))
                return self._page(response)
        except TimeoutError as error:
            if time.monotonic() - self._started >= self._job.config.max_minutes * 60:
                raise OutOfTime from error
            raise Fault("down", "网站没有及时响应", f"{url} {error!r}") from error
        except IgnoreRequest as error:
            raise _ignored(error, url) from error
        except Exception as error:
            raise Fault("down", "无法连接网站或读取页面", f"{url} {type(error).__name__}: {error}") from error

    def _read_robots(self, robotparser: Any) -> None:
        """A longer Crawl-delay than our own is kept, up to half a minute; Scrapy itself ignores it."""
        asked = robotparser.rp.crawl_delay(self._job.manners.agent) or 0.0
        self._pause_s = max(0.0, min(asked, _LONGEST_CRAWL_DELAY_S) - self._job.config.delay_s)

    def _engine(self) -> Any:
        return self.crawler.engine

    def _sent(self) -> dict[str, str]:
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": jar} if jar else {}

    def _page(self, response: Response) -> Page:
        for line in response.headers.getlist("Set-Cookie"):
            name, _, value = line.decode("latin-1").partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
            if value.strip() == "deleted":  # PHP's way of taking a cookie back
                del self._cookies[name.strip()]
        location = response.headers.get("Location")
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        text = decode_page(response.body, kind) if isinstance(response, TextResponse) else ""
        return Page(response.status, text, location.decode("utf-8", "replace") if location else None)


def _ignored(error: IgnoreRequest, url: str) -> Fault:
    """Scrapy drops a request for robots.txt, and an answer that is (or unpacks) too large."""
    if "robots.txt" in str(error):
        return Fault("blocked", "网站的 robots.txt 不允许访问", url)
    return Fault("down", "网站的回答过大，没有读", f"{url} {error}")


def settings_for(job: Job) -> dict[str, Any]:
    """Scrapy's settings, each one on purpose: its defaults are those of a fast and impolite crawler."""
    delay = job.config.delay_s
    return {
        "USER_AGENT": job.manners.agent,
        "ROBOTSTXT_OBEY": job.manners.obey_robots,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": delay,
        "DOWNLOAD_DELAY_JITTER": 0.0,
        # Only ever raises the delay above ours, when the site answers slowly.
        "AUTOTHROTTLE_ENABLED": delay > 0,
        "AUTOTHROTTLE_START_DELAY": delay,
        "AUTOTHROTTLE_MAX_DELAY": max(delay, _SLOWEST_DELAY_S),
        "DOWNLOAD_TIMEOUT": job.manners.request_timeout_s,
        "DOWNLOAD_MAXSIZE": job.manners.max_body_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        # Nothing but the web: a redirect must not reach a file of this machine.
        "DOWNLOAD_HANDLERS": {"file": None, "ftp": None, "s3": None, "data": None},
        "RETRY_TIMES": _RETRIES,
        # Followed by `Site`, which knows a redirect to the login page from one to another host.
        "REDIRECT_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        # The CC defence and the view counter work by cookies; the spider keeps those of its one site itself,
        # for Scrapy's own jar fetches the list of public suffixes from the network.
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }

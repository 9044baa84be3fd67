"""The Scrapy side of a Discuz! X sweep: one request at a time through Scrapy's downloader, and its settings.

The pages are awaited one by one (``engine.download_async``) instead of being scheduled: a thread that redirects to
itself is then no duplicate to be dropped in silence (scrapy#1225), and a thread's pages are read in one go, so that
the site counts one view for a visit.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping
from typing import IO, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response, TextResponse
from scrapy.settings import default_settings as defaults

from crawlers.pace import LONGEST_CRAWL_DELAY_S, SLOWEST_DELAY_S
from crawlers.spiders.faults import Broken, Fault, RobotsFault
from crawlers.spiders.job import Job
from crawlers.spiders.wire import Head, answer, asked, refused

_MIDDLEWARES = (
    "RobotsTxtMiddleware",
    "DownloadTimeoutMiddleware",
    "DefaultHeadersMiddleware",
    "UserAgentMiddleware",
    "HttpCompressionMiddleware",
    "HttpProxyMiddleware",
)


class DiscuzSpider(Spider):
    """Fetches what it is asked for and says what came of it. Reads nothing out of the pages."""

    name = "discuz"

    def __init__(self, job: Job, questions: AsyncIterator[bytes], mouth: IO[bytes], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._job = job
        self._questions = questions
        self._mouth = mouth
        self._pause_s = 0.0

    async def start(self) -> AsyncIterator[Any]:
        """Answer each question, to the last one. Nothing goes Scrapy's way: it costs more than to read a post."""
        self.crawler.signals.connect(self._read_robots, signal=signals.robots_parsed)
        async for question in self._questions:
            self._mouth.writelines(await self._answered(*asked(question)))
            self._mouth.flush()
        self._leave()
        yield  # never reached: it makes this the generator that Scrapy wants

    @staticmethod
    def _leave() -> None:
        """Nobody asks any more, and nothing is to be saved. Scrapy's own way out waits for its next heartbeat (5 s)."""
        os._exit(0)

    async def _answered(self, url: str, cookies: str) -> tuple[bytes, ...]:
        request = Request(url, headers={"Cookie": cookies} if cookies else {}, meta=self._meta(url))
        try:
            if self._pause_s:
                await asyncio.sleep(self._pause_s)
            response = await self._engine().download_async(request)
        except IgnoreRequest as error:
            return (refused(_ignored(error, url)),)
        except Exception as error:  # noqa: BLE001 - at the edge of a request, where it becomes data
            return (refused(_broken(error, url)),)
        return answer(_head(response)), response.body

    def _meta(self, url: str) -> dict[str, Any]:
        """The site's written permission stands above its robots.txt, for the mobile interface alone."""
        interface = f"{urlsplit(self._job.config.url).path}api/mobile/"
        permitted = self._job.config.via == "mobile_api" and urlsplit(url).path.startswith(interface)
        return {"dont_obey_robotstxt": True} if permitted else {}

    def _read_robots(self, robotparser: Any) -> None:
        """A longer Crawl-delay than our own is kept, up to half a minute; Scrapy itself ignores it."""
        asked = robotparser.rp.crawl_delay(self._job.manners.agent) or 0.0
        self._pause_s = max(0.0, min(asked, LONGEST_CRAWL_DELAY_S) - _delay_s(self._job))

    def _engine(self) -> Any:
        return self.crawler.engine


def _head(response: Response) -> Head:
    # Scrapy's own look-up of a header spells its name anew each time.
    raw = {name.decode("latin-1").lower(): values for name, values in response.headers.items()}
    location = raw["location"][-1] if "location" in raw else None
    return Head(
        status=response.status,
        url=response.url,
        headers={name: b", ".join(values).decode("latin-1") for name, values in raw.items()},
        cookies=[line.decode("latin-1") for line in raw.get("set-cookie", ())],
        location=location.decode("utf-8", "replace") if location else None,
        is_text=isinstance(response, TextResponse),
        size=len(response.body),
    )


def _broken(error: Exception, url: str) -> Broken:
    late = DownloadTimeoutError | TimeoutError
    causes = ((late, "网站没有及时响应"), (ResponseDataLossError, "网页不完整，中途断开"))
    cause = next((words for kind, words in causes if isinstance(error, kind)), "无法连接网站或读取页面")
    return Broken("down", cause, f"{url} {type(error).__name__}: {error}")


def _ignored(error: IgnoreRequest, url: str) -> Fault:
    """Scrapy drops a request for robots.txt, and an answer that is (or unpacks) too large."""
    if "robots.txt" in str(error):
        return RobotsFault(url)
    return Fault("down", "网站的回答过大，没有读", f"{url} {error}")


def _delay_s(job: Job) -> float:
    """The pause between two requests; a job that begins by night is slow to its end."""
    night = job.manners.night
    return job.config.delay_s * (night.delay_factor if night and night.holds(job.now) else 1.0)


def _only(wanted: Collection[str], parts: Mapping[str, int]) -> dict[str, int]:
    return {name: order for name, order in parts.items() if name.rpartition(".")[2] in wanted}


def settings_for(job: Job) -> dict[str, Any]:
    """Scrapy's settings, each one on purpose: its defaults are those of a fast and impolite crawler."""
    delay = _delay_s(job)
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
        "AUTOTHROTTLE_MAX_DELAY": max(delay, SLOWEST_DELAY_S),
        "DOWNLOAD_TIMEOUT": job.manners.request_timeout_s,
        "DOWNLOAD_MAXSIZE": job.manners.max_body_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        # Nothing but the web: a redirect must not reach a file of this machine.
        "DOWNLOAD_HANDLERS": {"file": None, "ftp": None, "s3": None, "data": None},
        # Tried again by `Site`, which waits for as long as the site asks (Retry-After).
        "RETRY_ENABLED": False,
        # Followed by `Site`, which knows a redirect to the login page from one to another host.
        "REDIRECT_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        # The CC defence and the view counter work by cookies; the spider keeps those of its one site itself,
        # for Scrapy's own jar fetches the list of public suffixes from the network.
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        # Switched off or not, Scrapy loads all that is in its lists, with aiohttp and the list of public suffixes; and
        # what is switched on takes its time of each page.
        "EXTENSIONS_BASE": _only(["AutoThrottle"], defaults.EXTENSIONS_BASE),
        "DOWNLOADER_MIDDLEWARES_BASE": _only(_MIDDLEWARES, defaults.DOWNLOADER_MIDDLEWARES_BASE),
        # Nothing goes their way.
        "SPIDER_MIDDLEWARES_BASE": {},
        "LOG_LEVEL": "WARNING",
    }

"""A spider with nothing to it: asks for the addresses on its standard input, one after another, and drops the pages.

``python -m benchmarks.bare < addresses``; with ``--read`` it takes the posts from them by Scrapy's own selectors, as a
first tutorial would, and yields each. The manners are those of ours: one request at a time, no pause on loopback,
robots.txt obeyed.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response


class BareSpider(Spider):
    """Fetches and forgets."""

    name = "bare"

    def __init__(self, urls: list[str], *, reads: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._urls = urls
        self._reads = reads

    async def start(self) -> AsyncIterator[Any]:
        """A request for each address."""
        for url in self._urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response) -> Iterator[dict[str, str | None]]:
        """Each post of a thread, or nothing."""
        for post in response.css('#postlist > div[id^="post_"]') if self._reads else ():
            yield {
                "author": post.css(".authi a.xw1::text").get(),
                "at": post.css("em[id^=authorposton] span::attr(title)").get() or post.css("em::text").get(),
                "text": " ".join(post.css("td.t_f ::text").getall()),
            }


def main() -> None:
    """Fetch them all."""
    urls = sys.stdin.read().split()
    settings = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "WARNING",
    }
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, urls=urls, reads="--read" in sys.argv)
    process.start()


if __name__ == "__main__":
    main()

"""The child process of one crawl: ``python -m crawlers.spiders.child``, which fetches what it is asked for.

A job stands in the first line on its standard input, a page that is wanted in each other one (`crawlers.spiders.wire`);
the answers go to standard output, one after the other, and all else that is said to standard error. Scrapy lives and
dies with this process: its reactor, signals and memory. What is read out of the pages is the parent's matter, which
does it while the next page is on its way.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from typing import IO

from scrapy.crawler import AsyncCrawlerProcess

from crawlers.spiders.discuz import DiscuzSpider, settings_for
from crawlers.spiders.job import Job


def main() -> None:
    """Fetch until nothing more is asked for."""
    mouth = _take_stdout()
    # Unbuffered: what stands behind the job's line is left for the loop.
    ear = open(0, "rb", buffering=0)  # noqa: SIM115 - open until the process ends
    job = Job.model_validate_json(ear.readline())
    process = AsyncCrawlerProcess(settings_for(job))
    # Its handlers drop what is below LOG_LEVEL, each line of it only after it was made.
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    process.crawl(DiscuzSpider, job=job, questions=_lines(ear), mouth=mouth)
    process.start()


async def _lines(source: IO[bytes]) -> AsyncIterator[bytes]:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, source)
    while line := await reader.readline():
        yield line


def _take_stdout() -> IO[bytes]:
    """Standard output for ourselves alone: what any library prints goes to standard error."""
    mouth = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return mouth


if __name__ == "__main__":
    main()

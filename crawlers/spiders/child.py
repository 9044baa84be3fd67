"""The child process of one crawl: ``python -m crawlers.spiders.child`` with a job on standard input.

Writes one JSON object a line on standard output, as in `Sweep.run`; the last one is the end. All else that
is said goes to standard error. Scrapy lives and dies with this process: its reactor, signals and memory.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from pydantic_core import to_json
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawlers.spiders.discuz import DiscuzSpider, settings_for
from crawlers.spiders.job import Job
from crawlers.spiders.relay import speak_to_parent

_FLUSHED_EACH_S = 1.0
_BUFFERED = 1 << 18


def main() -> None:
    """Run the job on standard input to its end."""
    mouth = _take_stdout()
    job = Job.model_validate_json(sys.stdin.buffer.read())
    speak_to_parent(job.log_level)
    process = AsyncCrawlerProcess(settings_for(job))
    # Its handlers drop what is below LOG_LEVEL, each line of it only after it was made.
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    crawler = process.create_crawler(DiscuzSpider)
    say = _speaker(mouth)
    crawler.signals.connect(say, signal=signals.item_scraped, weak=False)
    process.crawl(crawler, job=job, tell=say)
    process.start()


def _speaker(mouth: BinaryIO) -> Callable[[dict[str, Any]], None]:
    due = 0.0

    def say(item: dict[str, Any]) -> None:
        nonlocal due
        mouth.write(to_json(item) + b"\n")
        # A thread's records are of use with its state alone, which follows them. To wake the parent for each thread
        # costs more than to read a post; what a killed child has not handed over is read again.
        if "record" not in item and time.monotonic() >= due:
            mouth.flush()
            due = time.monotonic() + _FLUSHED_EACH_S
        if "end" in item:
            mouth.flush()
            # All is said and nothing is to be saved. Scrapy's own way out waits for its next heartbeat (5 s)
            # and for requests that hang.
            os._exit(0)

    return say


def _take_stdout() -> BinaryIO:
    """Standard output for ourselves alone: what any library prints goes to standard error."""
    mouth = os.fdopen(os.dup(1), "wb", _BUFFERED)
    os.dup2(2, 1)
    return mouth


if __name__ == "__main__":
    main()

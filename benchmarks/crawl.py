"""Pages a second of our forum crawl beside a bare Scrapy spider's, and of the forum poller beside bare httpx.

``python -m benchmarks.crawl``. All read the same pages of one server on loopback in one run, one at a time and without
a pause. The server's own account counts, from the first request to the last, so nobody's start-up is in it; what a
start costs is told apart. Where a page takes no time to be made, the crawl is a race of processors, and whoever reads
what he fetches pays for it; a forum takes some tens of milliseconds for a page.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

import httpx

from benchmarks.site import NOW, Server, Visited, running
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import ForumConfig
from crawlers.pollers.forum import ForumSource
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.source import DiscuzSource

THREADS, ROUNDS, PAGE_TAKES_S = 120, 7, (0.005, 0.01, 0.03)


def ours(server: Server) -> tuple[Visited, float]:
    """Our whole crawl of the forum, as a sweep makes it: what the server saw, and seconds in all."""
    facts = {"kind": "discuz", "name": "bench", "url": server.url, "delay_s": 0, "max_minutes": 60}
    begun = time.monotonic()
    collected = DiscuzSource(DiscuzConfig.model_validate(facts), Manners(), Door(b"k")).collect({}, NOW)
    took = time.monotonic() - begun
    if collected.coverage.status != "ok":
        raise RuntimeError(f"the crawl ended {collected.coverage.status}: {collected.coverage.cause}")
    return server.visited(), took


def bare(server: Server, paths: list[str], *arguments: str) -> tuple[Visited, float]:
    """The bare spider on these pages."""
    urls = "\n".join(server.url + path for path in paths)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "benchmarks.bare", *arguments], input=urls.encode(), check=True)
    return server.visited(), time.monotonic() - begun


def poller(server: Server) -> Visited:
    """The forum poller on one board."""
    facts = {
        "threads": {"each": "tbody[id^=normalthread_]", "link": "a.xst", "id_pattern": r"tid=(\d+)", "next": "a.nxt"},
        "posts": {"each": "#postlist > div[id^=post_]", "id": "@id", "id_pattern": r"\d+", "title": "#thread_subject",
                  "text": "td.t_f", "author": ".authi a.xw1", "time": "em[id^=authorposton]"},
    }  # fmt: skip
    url = f"{server.url}/forum.php?mod=forumdisplay&fid=2"
    config = ForumConfig.model_validate(
        {"name": "bench", "kind": "forum", "delay_s": 0, "urls": [url], "max_pages": 100, **facts}
    )
    ForumSource(config, Manners(), Door(b"k")).collect({}, NOW)
    return server.visited()


def plain_httpx(server: Server, paths: list[str]) -> Visited:
    """httpx alone on these pages, on one connection."""
    with httpx.Client(trust_env=False) as client:
        for path in paths:
            client.get(server.url + path).raise_for_status()
    return server.visited()


def crawls(server: Server) -> None:
    """Ours and the bare spider, turn by turn, so that a busy machine is busy for all of them."""
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "reading": []}
    wholes: dict[str, list[float]] = {"ours": [], "bare": []}
    pages = 0
    for _ in range(ROUNDS):
        seen, took = ours(server)
        pages = len(seen.paths)
        rates["ours"].append(seen.rate)
        wholes["ours"].append(pages / took)
        again, took = bare(server, seen.paths)
        rates["bare"].append(again.rate)
        wholes["bare"].append(pages / took)
        rates["reading"].append(bare(server, seen.paths, "--read")[0].rate)
    for name, others in (("bare spider that drops the pages", "bare"), ("bare spider that reads the posts", "reading")):
        ratio = median(a / b for a, b in zip(rates["ours"], rates[others], strict=True))
        print(
            f"  {pages} pages: ours {median(rates['ours']):,.0f}/s, {name} {median(rates[others]):,.0f}/s, {ratio:.2f}"
        )
    print(f"  with start-up: ours {median(wholes['ours']):,.0f}/s, bare {median(wholes['bare']):,.0f}/s")


def main() -> None:
    """Measure and print."""
    with running(THREADS) as server:
        ours(server)  # the server makes its pages
        print("pages that take no time to be made:")
        crawls(server)
        seen = poller(server)
        theirs = plain_httpx(server, seen.paths)
        rates = f"poller {seen.rate:,.0f}/s, bare httpx {theirs.rate:,.0f}/s"
        print(f"  {len(seen.paths)} pages: {rates}, {seen.rate / theirs.rate:.2f}")
        for seconds in PAGE_TAKES_S:
            print(f"pages that take {1000 * seconds:.0f} ms to be made:")
            server.take(seconds)
            crawls(server)


if __name__ == "__main__":
    main()

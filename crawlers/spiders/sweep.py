"""The order in which a Discuz! X site is read: boards, lists, threads. Knows no Scrapy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime

from crawlers.archive import Archive
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.evidence import Keeper
from crawlers.spiders.faults import Fault, GaveUp, OutOfTime
from crawlers.spiders.listing import Listing
from crawlers.spiders.memory import Memory
from crawlers.spiders.pages import ApiPages, ArchiverPages, HtmlPages, Pages
from crawlers.spiders.plan import make_plan
from crawlers.spiders.run import Message, Run
from crawlers.spiders.site import Site
from crawlers.spiders.threads import Threads

_LOG = logging.getLogger("yuqing.crawl")


class Sweep:
    """One run over one site. Leaves fetching to ``site``, and keeping the memory to whom it tells.

    ``tell`` hears what is found, as it is found: ``{"record": observation}``; ``{"thread": (tid, state)}``,
    ``{"board": (fid, state)}``, ``{"each_request_counts": bool}``, ``{"closes": true}`` and ``{"rules": {…}}`` for the
    memory; at last ``{"end": …}`` with status, expected, got, cause and evidence. ``archive`` None: no pages are kept.
    """

    def __init__(
        self,
        config: DiscuzConfig,
        memory: Memory,
        site: Site,
        clock: Callable[[], datetime],
        tell: Callable[[Message], None],
        archive: Archive | None = None,
    ) -> None:
        self._rules = dict(memory.rules)
        self._run = Run(tell, config, memory, site, clock, *self._ways(config, site, clock))
        self._listing = Listing(self._run)
        self._keeper = Keeper(archive, site.jar.secrets)
        self._threads = Threads(self._run, self._keeper)

    def _ways(self, config: DiscuzConfig, site: Site, clock: Callable[[], datetime]) -> tuple[Pages, Pages | None]:
        """How the site is read, and how where that is not understood."""
        if config.via == "mobile_api":
            return ApiPages(site, clock), None
        if config.via == "archiver":
            return ArchiverPages(site, clock), None
        return HtmlPages(site, clock, self._rules), ArchiverPages(site, clock)

    async def run(self, revisit: Collection[int]) -> None:
        """The whole site; with ``revisit`` not empty only those threads are read."""
        halt: Fault | None = None
        try:
            await (self._threads.read(revisit) if revisit else self._everything())
        except Fault as fault:
            halt = fault
        if self._threads.hits_known:
            self._run.tell({"each_request_counts": self._run.memory.each_request_counts})
        if self._run.site.closes and not self._run.memory.closes:
            self._run.tell({"closes": True})
        if self._rules != self._run.memory.rules:
            self._run.tell({"rules": self._rules})
        self._run.tell({"end": asdict(self._run.tally.end(halt, self._run.site.signed_out))})

    async def _everything(self) -> None:
        try:
            await self._listing.read()
        except GaveUp as gave_up:
            if gave_up.status in ("blocked", "down"):
                raise
            # Lists that are not understood say nothing of the threads that are known.
        config = self._run.config
        plan = make_plan(
            self._run.memory.threads,
            self._run.entries,
            self._run.clock(),
            reread_days=config.reread_days,
            reread_threads=config.reread_threads,
        )
        left = len(self._run.memory.threads) - len(plan.must) - len(plan.again)
        _LOG.info("要读的主题 %s 个，再看一遍的 %s 个，这次不看的 %s 个", len(plan.must), len(plan.again), left)
        await self._threads.read(plan.must)
        try:
            await self._threads.read(plan.again)
        except OutOfTime:
            # All that is new was read; the least recently visited come first next time.
            return

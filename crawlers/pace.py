"""When a site may be asked again: our pause, its own wishes, how fast it answers, and the night. No I/O but waiting.

One request at a time and a pause between two hold for a site in the whole process: two sources on one host do not
ask twice as often.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from urllib.parse import urlsplit

from crawlers.config import Manners
from domain.clock import Clock
from domain.errors import SourceError

LONGEST_CRAWL_DELAY_S = 30.0
SLOWEST_DELAY_S = 60.0
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOG = logging.getLogger("yuqing.crawl")


class BudgetError(SourceError):
    """Nothing more may be asked for in this run: its requests or its time are used up. The next run goes on."""


class _Site:
    """One site as the whole process knows it: who is asking it, and when it was asked last (monotonic clock)."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.last: float | None = None


class Sites:
    """Every site that this process has asked. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, _Site] = {}

    def of(self, name: str) -> _Site:
        """The site of this name."""
        with self._lock:
            return self._known.setdefault(name, _Site())


SITES = Sites()


class Pace:
    """The pauses of one run of one source.

    A pause of ``delay_s`` is raised where the site answers slowly, as Scrapy's AutoThrottle does it with one request
    at a time; without a pause nothing is throttled. ``sleep`` waits so many seconds; ``clock`` tells day from night.
    """

    def __init__(
        self,
        manners: Manners,
        delay_s: float,
        *,
        sleep: Callable[[float], None],
        clock: Clock,
        sites: Sites = SITES,
    ) -> None:
        self._manners = manners
        self._delay_s = delay_s
        self._sleep = sleep
        self._clock = clock
        self._sites = sites
        self._least: dict[str, float] = {}
        self._present: dict[str, float] = {}
        self._at_night = 0

    @contextmanager
    def turn(self, url: str) -> Iterator[None]:
        """Wait until the site of ``url`` may be asked, and hold it until the answer is there.

        BudgetError where no more may be asked for tonight.
        """
        name = site_of(url)
        factor = self._night()
        site = self._sites.of(name)
        with site.lock:
            if site.last is not None:
                rest = site.last + self.delay_s(url) * factor - time.monotonic()
                if rest > 0:
                    _LOG.debug("等 %.1f 秒再问 %s", rest, name)
                    self._sleep(rest)
            site.last = time.monotonic()
            yield

    def delay_s(self, url: str) -> float:
        """The present pause between two requests to the site of ``url``, by day."""
        name = site_of(url)
        return self._present.get(name, self._floor(name))

    def wished(self, url: str, crawl_delay_s: float | None) -> None:
        """The Crawl-delay of the site's robots.txt; a longer one than half a minute is not believed."""
        if crawl_delay_s:
            self._least[site_of(url)] = min(crawl_delay_s, LONGEST_CRAWL_DELAY_S)

    def heard(self, url: str, latency_s: float, *, well: bool) -> None:
        """How long the site took to begin its answer; an error (not ``well``) never makes us faster."""
        if self._delay_s <= 0:
            return
        name, before = site_of(url), self.delay_s(url)
        after = max(latency_s, (before + latency_s) / 2)
        after = min(max(after, self._floor(name)), max(SLOWEST_DELAY_S, self._delay_s))
        if well or after > before:
            self._present[name] = after

    def _floor(self, name: str) -> float:
        return max(self._delay_s, self._least.get(name, 0.0))

    def _night(self) -> float:
        """How many times as long the pauses are now; counts the requests of the night."""
        night = self._manners.night
        if night is None or not night.holds(self._clock()):
            return 1.0
        if self._at_night >= night.max_requests:
            raise BudgetError("partial", night.spent)
        self._at_night += 1
        return night.delay_factor


def site_of(url: str) -> str:
    """Which site an address belongs to: its host, with the port where that is another than usual."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds for which a site asks us to stay away; None where it does not, or not in a way that can be read.

    A date counts from the site's own clock (its Date header), from ``now`` where it does not tell it.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+", value):
        return float(value[:12])
    until = _date(value)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("date", "")) or now)).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None

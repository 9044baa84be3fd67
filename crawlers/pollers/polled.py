"""What the sources that read pages have in common: what they are made with, and how they ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from crawlers.archive import Archive
from crawlers.config import Manners, SourceConfig
from crawlers.door import Door
from crawlers.http import HttpClient

Config = TypeVar("Config", bound=SourceConfig)


class Polled(Generic[Config]):
    """One source of one site; ``archive`` None: no pages are kept. How it collects is each kind's own."""

    def __init__(
        self,
        config: Config,
        manners: Manners,
        door: Door,
        *,
        archive: Archive | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._config = config
        self._manners = manners
        self._door = door
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def _client(self) -> HttpClient:
        delay_s = self._config.delay_s
        return HttpClient(self._manners, delay_s=delay_s, sleep=self._sleep, archive=self._archive)

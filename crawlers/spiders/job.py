"""What the parent hands to the child process, as one JSON object on its standard input."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from crawlers.config import Manners
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.memory import Memory


class Job(BaseModel):
    """One crawl: the site, our manners, what is remembered, the moment it begins, threads to re-visit (or all)."""

    model_config = ConfigDict(extra="forbid")

    config: DiscuzConfig
    manners: Manners
    memory: Memory
    now: datetime
    revisit: tuple[int, ...] = ()

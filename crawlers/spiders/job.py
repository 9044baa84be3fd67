"""What the parent hands to the child process, as one JSON object on its standard input."""

from __future__ import annotations

from datetime import datetime
from logging import WARNING
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from crawlers.config import Manners
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.memory import Memory


class Job(BaseModel):
    """One crawl: the site, our manners, what is remembered, the moment it begins, threads to re-visit (or all).

    ``cookie`` is that of the bank's account: None where none is configured, empty where it was not found. Pages are
    kept in the folder ``archive``, None: nowhere. ``log_level``: from which level on the parent passes our log on.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    config: DiscuzConfig
    manners: Manners
    memory: Memory
    now: datetime
    revisit: tuple[int, ...] = ()
    cookie: str | None = Field(default=None, repr=False)
    archive: Path | None = None
    log_level: int = WARNING

"""What the parent hands to the fetching child first, as one line of JSON on its standard input."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from crawlers.config import Manners
from crawlers.spiders.config import DiscuzConfig


class Job(BaseModel):
    """One crawl: the site, our manners, and the moment it begins."""

    model_config = ConfigDict(extra="forbid")

    config: DiscuzConfig
    manners: Manners
    now: datetime

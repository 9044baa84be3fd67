"""The facts of a Baidu Tieba source in ``sources.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crawlers.config import SourceConfig

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class TiebaConfig(SourceConfig):
    """Bars (without the closing 吧) and the words that are searched in each of them.

    ``max_pages`` of each thread list and of each search, and ``max_thread_pages`` of a thread and of the comments
    under a post, are read in one sweep. Threads active in the last ``reread_days`` are read again in every sweep,
    ``reread_threads`` of them at most; what a search finds that is older is passed over. ``base_url``: another address
    for the interface, such as the bank's own gateway.
    """

    kind: Literal["tieba"]
    bars: tuple[_Word, ...] = Field(min_length=1, max_length=50)
    search: tuple[_Word, ...] = Field(default=(), max_length=50)
    max_pages: int = Field(default=3, ge=1, le=100)
    max_thread_pages: int = Field(default=20, ge=1, le=1000)
    reread_days: int = Field(default=7, ge=0, le=3650)
    reread_threads: int = Field(default=50, ge=0, le=10_000)
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+/?$")

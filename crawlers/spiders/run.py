"""What the parts of one sweep share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawlers.parse.discuz_list import Entry
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.memory import Memory, ThreadState
from crawlers.spiders.pages import Pages
from crawlers.spiders.site import Site
from crawlers.spiders.tally import Tally

Message = dict[str, Any]
"""What is found, or is to be remembered: see `crawlers.spiders.sweep.Sweep`."""


@dataclass(slots=True)
class Run:
    """``second`` is read where ``pages`` are not understood; ``entries`` are the lines of the lists by thread.

    ``tell`` takes each message.
    """

    tell: Callable[[Message], None]
    config: DiscuzConfig
    memory: Memory
    site: Site
    clock: Callable[[], datetime]
    pages: Pages
    second: Pages | None
    tally: Tally = field(default_factory=Tally)
    entries: dict[int, Entry] = field(default_factory=dict)


def note(tid: int, state: ThreadState) -> Message:
    """The message that keeps a thread's state."""
    return {"thread": (tid, state)}

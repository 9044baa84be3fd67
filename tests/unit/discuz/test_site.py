"""What a site's redirects and reloads mean."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from crawlers.spiders.faults import Fault, Halt
from crawlers.spiders.site import Page, Site

BASE = "http://bbs.test/"


def test_a_thread_that_redirects_for_ever_is_a_fault_of_its_own() -> None:
    """It costs that page, and not the sweep; a site that wants reloads for ever is another matter."""

    async def download(url: str, _cookies: str) -> Page:
        return Page(302, "", location=url)

    async def pause(_seconds: float) -> None:
        return None

    site = Site(BASE, download, pause, lambda: datetime(2026, 3, 16, tzinfo=UTC))
    with pytest.raises(Fault) as caught:
        asyncio.run(site.html(f"{BASE}forum.php?mod=viewthread&tid=1"))
    assert (caught.value.status, isinstance(caught.value, Halt)) == ("blocked", False)

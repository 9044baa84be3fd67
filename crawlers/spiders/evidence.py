"""Pages of a thread → kept pages, for the records that come from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from crawlers import archive
from crawlers.spiders.site import Page

_MASK = b"***"


class Keeper:
    """Keeps each page once. ``store`` None: none is kept. ``secrets`` are masked: no cookie may lie in the archive."""

    def __init__(self, store: archive.Archive | None, secrets: Callable[[], Collection[str]]) -> None:
        self._store = store
        self._secrets = secrets

    def capture(self, records: Collection[dict[str, Any]], origin: Mapping[str, Page]) -> None:
        """Put the name of the kept page in the place of the floor's key in ``capture`` of each record."""
        names: dict[int, str | None] = {}
        for record in records:
            page = origin.get(record.pop("capture", None) or "")
            if page is not None and id(page) not in names:
                names[id(page)] = self._kept(page)
            record["capture"] = names.get(id(page))

    def _kept(self, page: Page) -> str | None:
        if self._store is None or page.asked_at is None:
            return None
        body = page.body
        for secret in sorted(self._secrets(), key=len, reverse=True):
            body = body.replace(secret.encode(), _MASK)
        kept = archive.Page(page.url, "GET", page.status, page.headers, body, page.asked_at)
        return self._store.keep(kept)

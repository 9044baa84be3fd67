"""Fetches the pages of a forum and reads them by its selectors; judging them is left to the caller."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable
from datetime import datetime
from urllib.parse import urlsplit

from crawlers.http import Ask, HttpClient, MissingError, Response, shown
from crawlers.parse.charsets import decode_page
from crawlers.parse.selected import ListPage, ThreadPage, read_list, read_thread
from crawlers.parse.selected_faults import GoneError
from crawlers.pollers.config import ForumConfig
from crawlers.pollers.forum_records import Record
from domain.errors import SourceError

_CLOSED = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
# Counters and scripts are often put behind the end.
_TAIL = 5_000
_HTML = "text/html, application/xhtml+xml, */*;q=0.5"


class TimeUpError(SourceError):
    """The source's time for one sweep is over."""


class ForumPages:
    """One page at a time, as a guest that obeys robots.txt; SourceError where there is none.

    ``now`` is what 昨天 counts from; ``deadline`` is on the monotonic clock. ``closes`` are the kinds of page, list and
    thread, that this site ends with ``</html>``, as those before showed: one that does not was cut short, and says
    nothing of what is gone. ``answer`` is the one from which the last page was read.
    """

    def __init__(
        self, client: HttpClient, config: ForumConfig, now: datetime, deadline: float, *, closes: Collection[str] = ()
    ) -> None:
        self._client = client
        self._config = config
        self._now = now
        self._deadline = deadline
        self.closes = set(closes)
        self.answer: Response | None = None
        self._own = {urlsplit(url).netloc for url in config.urls}

    def listing(self, url: str) -> ListPage:
        """A list page."""
        html, final = self._html(url)
        self._check_end("list", html, final)
        return read_list(html, final, self._config.threads, self._now)

    def thread(self, url: str) -> ThreadPage:
        """A page of a thread; GoneError where the site answers 404 or 410."""
        try:
            html, final = self._html(url)
        except MissingError as error:
            raise GoneError(error.status, error.cause) from None
        page = read_thread(html, final, self._config.posts, self._now)
        if page.items:  # a message in the thread's place may be of another template
            self._check_end("thread", html, final)
        return page

    def kept(self, records: Iterable[Record]) -> list[Record]:
        """The records with the name of the kept page that shows them in ``capture``, in place of its answer."""
        names: dict[int, str | None] = {}
        kept = []
        for record in records:
            page = record.pop("page")
            if page is not None and id(page) not in names:
                names[id(page)] = self._client.keep(page)
            kept.append({**record, "capture": names.get(id(page))})
        return kept

    def _html(self, url: str) -> tuple[str, str]:
        if time.monotonic() > self._deadline:
            raise TimeUpError("partial", "超过了这个来源的时间上限，后面的没有读")
        found = urlsplit(url).netloc not in self._own
        answer = self._client.request(Ask(url, headers={"Accept": _HTML}, found=found), robots=True)
        self.answer = answer
        return decode_page(answer.body, answer.content_type), answer.url

    def _check_end(self, kind: str, html: str, url: str) -> None:
        if _CLOSED.search(html[-_TAIL:]):
            self.closes.add(kind)
        elif kind in self.closes:
            raise SourceError("down", f"网页不完整，中途被截断（{shown(url)}）")

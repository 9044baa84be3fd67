"""Reads one paged list of a JSON interface to its end, or as far as it lets us, and says which."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlers.http import BACK_OFF_S, Ask, HttpClient
from crawlers.parse.description import Description, Listing
from crawlers.parse.json_items import (
    BusyError,
    Page,
    PageGuard,
    address,
    decode_answer,
    filled,
    item_id,
    read_page,
)
from domain.errors import SourceError


@dataclass
class ListReading:
    """The items of a list so far; ``fault`` why the rest was not read; ``total`` the interface's own count."""

    items: list[Any] = field(default_factory=list)
    total: int | None = None
    fault: SourceError | None = None


class PageReader:
    """Asks for page after page. ``params`` go with every request; ``deadline`` is on the monotonic clock."""

    def __init__(
        self,
        client: HttpClient,
        description: Description,
        *,
        params: Mapping[str, int | str],
        token: str | None,
        max_pages: int,
        deadline: float,
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._description = description
        self._params = params
        self._token = token
        self._max_pages = max_pages
        self._deadline = deadline
        self._sleep = sleep

    def read(
        self,
        listing: Listing,
        values: Mapping[str, str],
        enough: Callable[[Sequence[Any]], bool] | None = None,
    ) -> ListReading:
        """Every item of the list, until ``enough`` says so of a page. Faults end it, and what was read is kept."""
        reading = ListReading()
        cursor = listing.cursor.first if listing.cursor else None
        guard = PageGuard({str(cursor)})
        for number in range(1, self._max_pages + 1):
            try:
                page = self._page(listing, values, cursor)
            except SourceError as error:
                reading.fault = SourceError(error.status, f"第 {number} 页：{error.cause}")
                return reading
            reading.items += page.items
            reading.total = page.total if page.total is not None else reading.total
            objection = guard.objection(page, [item_id(item, listing) or "" for item in page.items])
            if objection:
                reading.fault = SourceError("changed", f"第 {number} 页{objection}")
            if objection or page.cursor is None or (enough and page.items and enough(page.items)):
                return reading
            cursor = page.cursor
        reading.fault = SourceError("partial", f"读到页数上限 {self._max_pages} 页，后面还有")
        return reading

    def _page(self, listing: Listing, values: Mapping[str, str], cursor: int | str | None) -> Page:
        for pause in (*BACK_OFF_S, None):
            if time.monotonic() > self._deadline:
                raise SourceError("partial", "超过了这个来源的时间上限，后面的没有读")
            try:
                answer = self._client.request(self._ask(listing, values, cursor))
                return read_page(decode_answer(answer.body), listing, self._description.error)
            except BusyError:
                if pause is None:
                    raise
                self._sleep(pause)
        raise AssertionError("the last pause is None")

    def _ask(self, listing: Listing, values: Mapping[str, str], cursor: int | str | None) -> Ask:
        known: dict[str, int | str] = {**values, "size": listing.page_size}
        params = {**filled(listing.params, known), **self._params}
        if listing.cursor and cursor is not None:
            params[listing.cursor.param] = cursor
        texts = {name: str(value) for name, value in params.items()}
        token = f"{self._description.token_prefix}{self._token}" if self._token else None
        header, param = self._description.token_header, self._description.token_param
        secret_query = {param: token} if token and param else {}
        return Ask(
            url=address(self._description, listing, known),
            method=listing.method,
            params=texts if listing.send == "query" else {},
            secret_params=secret_query,
            headers={"Accept": "application/json"},
            secret_headers={header: token} if token and header else {},
            json=params if listing.send == "json" else None,
            form=texts if listing.send == "form" else None,
        )

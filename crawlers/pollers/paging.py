"""Reads one paged list of a JSON interface to its end, or as far as it lets us, and says which."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crawlers.http import BACK_OFF_S, Ask, HttpClient, Response, UnauthorizedError
from crawlers.parse.description import Description, Listing
from crawlers.parse.json_items import (
    BusyError,
    ExpiredError,
    Page,
    PageGuard,
    address,
    decode_answer,
    filled,
    item_id,
    read_page,
)
from crawlers.pollers.tokens import Token, hidden
from domain.errors import SourceError

# An interface that refuses each new token would be asked for one on every page.
_MOST_REFUSALS = 3


class Sheet:
    """The answer that a page of items came in; it becomes evidence when something on it turns out to be new."""

    def __init__(self, client: HttpClient, answer: Response) -> None:
        self._client = client
        self._answer: Response | None = answer
        self._name: str | None = None

    def keep(self) -> str | None:
        """Keep the answer, once: the name of the kept page, None where none is kept."""
        if self._answer is not None:
            self._name, self._answer = self._client.keep(self._answer), None
        return self._name


@dataclass(frozen=True)
class Found:
    """One item of a list, and the answer that it came in."""

    item: Any
    sheet: Sheet


@dataclass
class ListReading:
    """The items of a list so far; ``fault`` why the rest was not read; ``total`` the interface's own count.

    ``whole``: the list was read to its end. ``last``: the last answer.
    """

    items: list[Found] = field(default_factory=list)
    total: int | None = None
    fault: SourceError | None = None
    whole: bool = False
    last: Sheet | None = None


class PageReader:
    """Asks for page after page. ``params`` go with every request; ``deadline`` is on the monotonic clock."""

    def __init__(
        self,
        client: HttpClient,
        description: Description,
        *,
        params: Mapping[str, int | str],
        token: Token | None,
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
        self._refusals = 0
        self._token_fault: SourceError | None = None

    @property
    def hopeless(self) -> bool:
        """Whether no token is to be had, so that asking for another list is of no use."""
        return self._token_fault is not None

    def read(
        self,
        listing: Listing,
        values: Mapping[str, int | str],
        enough: Callable[[Sequence[Any]], bool] | None = None,
    ) -> ListReading:
        """Every item of the list, until ``enough`` says so of a page. Faults end it, and what was read is kept."""
        reading = ListReading()
        cursor = listing.cursor.first if listing.cursor else None
        guard = PageGuard({str(cursor)})
        for number in range(1, self._max_pages + 1):
            try:
                page, reading.last = self._page(listing, values, cursor)
            except SourceError as error:
                reading.fault = SourceError(error.status, f"第 {number} 页：{self._hidden(error.cause)}")
                return reading
            reading.items += [Found(item, reading.last) for item in page.items]
            reading.total = page.total if page.total is not None else reading.total
            objection = guard.objection(page, [item_id(item, listing) or "" for item in page.items])
            if objection:
                reading.fault = SourceError("changed", f"第 {number} 页{objection}")
            reading.whole = not objection and page.cursor is None
            if objection or reading.whole or (enough and page.items and enough(page.items)):
                return reading
            cursor = page.cursor
        reading.fault = SourceError("partial", f"读到页数上限 {self._max_pages} 页，后面还有")
        return reading

    def _page(self, listing: Listing, values: Mapping[str, int | str], cursor: int | str | None) -> tuple[Page, Sheet]:
        for pause in (*BACK_OFF_S, None):
            if time.monotonic() > self._deadline:
                raise SourceError("partial", "超过了这个来源的时间上限，后面的没有读")
            try:
                return self._answered(listing, values, cursor)
            except BusyError:
                if pause is None:
                    raise
                self._sleep(pause)
        raise AssertionError("the last pause is None")

    def _answered(
        self, listing: Listing, values: Mapping[str, int | str], cursor: int | str | None
    ) -> tuple[Page, Sheet]:
        """One page; a token that is refused is replaced once."""
        token = self._had(lambda keeper: keeper.current())
        try:
            return self._asked(listing, values, cursor, token)
        except (ExpiredError, UnauthorizedError):
            if token is None or self._refusals >= _MOST_REFUSALS:
                raise
            self._refusals += 1
            another = self._had(lambda keeper: keeper.after(token))
            if another is None:
                raise
        return self._asked(listing, values, cursor, another)

    def _had(self, get: Callable[[Token], str | None]) -> str | None:
        """A token; what was in the way of one token is in the way of all of this run."""
        if self._token_fault:
            raise self._token_fault
        try:
            return get(self._token) if self._token else None
        except SourceError as error:
            self._token_fault = error
            raise

    def _asked(
        self, listing: Listing, values: Mapping[str, int | str], cursor: int | str | None, token: str | None
    ) -> tuple[Page, Sheet]:
        answer = self._client.request(self._ask(listing, values, cursor, token))
        page = read_page(decode_answer(answer.body), listing, self._description.error, cursor)
        return page, Sheet(self._client, self._shown(answer))

    def _shown(self, answer: Response) -> Response:
        """The answer as it may be kept: some interfaces write the token into the next page's address."""
        secrets = self._token.secrets() if self._token else ()
        text = answer.body.decode("utf-8", "surrogateescape")
        without = hidden(text, secrets)
        return answer if without == text else replace(answer, body=without.encode("utf-8", "surrogateescape"))

    def _hidden(self, cause: str) -> str:
        return hidden(cause, self._token.secrets() if self._token else ())

    def _ask(
        self, listing: Listing, values: Mapping[str, int | str], cursor: int | str | None, token: str | None
    ) -> Ask:
        known: dict[str, int | str] = {**values, "size": listing.page_size}
        params = {**filled(listing.params, known), **self._params}
        if listing.cursor and cursor is not None:
            params[listing.cursor.param] = cursor
        texts = {name: str(value) for name, value in params.items()}
        token = f"{self._description.token_prefix}{token}" if token else None
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

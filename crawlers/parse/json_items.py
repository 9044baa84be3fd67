"""One decoded answer of a paged JSON interface + its description → items, next cursor, error. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawlers.parse.counts import parse_count
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.description import Description, ErrorPath, Listing
from crawlers.parse.html import one_line
from domain.clock import iso
from domain.errors import SourceError

_COUNTERS = ("views", "likes", "comments", "shares", "favorites")
_PLACEHOLDER = re.compile(r"\{(target|comment|size)\}")
# A platform filters comments after it has cut the pages, so an empty page may stand in the middle of a list.
_MOST_EMPTY_PAGES = 2
_ABSENT = object()


class BusyError(SourceError):
    """The interface asks to be tried again at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``cursor`` asks for the next one, None on the last; ``total`` is the interface's own count.

    ``problem`` says, in Chinese, why there is no next one although there should be.
    """

    items: tuple[Any, ...]
    cursor: int | str | None
    total: int | None
    problem: str | None = None


def decode_answer(body: bytes) -> Any:
    """The decoded answer; SourceError ``login`` or ``changed`` for a web page, ``down`` for JSON that is cut short."""
    text = body.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _no_answer(text) from None


def _no_answer(text: str) -> SourceError:
    if text.startswith("<"):
        login = re.search(r"登录|验证码|captcha|login|passport", text[:20_000], re.IGNORECASE)
        cause = "接口返回的是网页，不是 JSON" + ("（要求登录或验证）" if login else "")
        return SourceError("login" if login else "changed", cause)
    return BusyError("down", "接口的回答不完整，JSON 中途被截断" if text else "接口的回答是空的")


def read_page(answer: Any, listing: Listing, error: ErrorPath | None) -> Page:
    """The page in an answer; SourceError for an answer that says it is an error, or that has another shape."""
    if error:
        check_error(answer, error)
    items = at_path(answer, listing.items)
    if items is _ABSENT:
        raise SourceError("changed", f"接口的回答里没有 {listing.items}，接口可能改了")
    if items is not None and not isinstance(items, list):
        raise SourceError("changed", f"接口的 {listing.items} 不是列表，接口可能改了")
    total = parse_count(_known(answer, listing.total))
    cursor, lost = _next_cursor(answer, listing)
    problem = f"说还有更多，却没有给出 {listing.cursor.path}" if lost and listing.cursor else None
    return Page(tuple(items or ()), cursor, total, problem)


def check_error(answer: Any, error: ErrorPath) -> None:
    """Raise what an answer with HTTP 200 says is wrong."""
    code = at_path(answer, error.path)
    if code is _ABSENT:
        raise SourceError("changed", f"接口的回答里没有 {error.path}，接口可能改了")
    if _among(code, error.ok):
        return
    message = one_line(str(_known(answer, error.message) or ""))[:80]
    cause = f"接口报错 {code}" + (f"：{message}" if message else "")
    status = next((name for known, name in error.statuses.items() if _among(code, (known,))), "changed")
    raise (BusyError if _among(code, error.busy) else SourceError)(status, cause)


def item_id(item: Any, listing: Listing) -> str | None:
    """The id of an item as text; None where it has none."""
    value = at_path(item, listing.fields.id)
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def item_record(item: Any, listing: Listing) -> dict[str, Any]:
    """What one item says, in the words of docs/interfaces.md; without source, kind, thread and observation time."""
    fields = listing.fields
    author = {"id": _text(item, fields.author_id), "name": _text(item, fields.author_name)}
    counters = {name: parse_count(_known(item, getattr(fields, name))) for name in _COUNTERS}
    return {
        "id": item_id(item, listing),
        "text": _known(item, fields.text),
        "title": _text(item, fields.title),
        "url": _text(item, fields.url),
        "author": author if any(author.values()) else None,
        "published_at": _time(_known(item, fields.published_at)),
        "reply_to": _parent(item, fields.reply_to),
        "metrics": {name: count for name, count in counters.items() if count is not None},
    }


def filled(params: Mapping[str, int | str], values: Mapping[str, int | str]) -> dict[str, int | str]:
    """Parameters with ``{target}``, ``{comment}`` and ``{size}`` filled in; a lone ``{size}`` stays a number."""
    return {name: _filled(value, values) for name, value in params.items()}


def address(description: Description, listing: Listing, values: Mapping[str, int | str]) -> str:
    """The whole address of a list."""
    return description.base_url.rstrip("/") + str(_filled(listing.path, values))


@dataclass
class PageGuard:
    """Notices a paging that goes in circles or nowhere; one for each reading of one list."""

    cursors: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    empty: int = 0

    def objection(self, page: Page, ids: Iterable[str]) -> str | None:
        """Why paging must not go on after ``page``, in Chinese; None where it may."""
        page_ids = set(ids)
        repeated = bool(page_ids) and page_ids <= self.ids
        self.ids |= page_ids
        self.empty = 0 if page.items else self.empty + 1
        if repeated:
            return "与前面的页重复"
        if page.cursor is None:
            return page.problem
        if str(page.cursor) in self.cursors:
            return f"游标 {str(page.cursor)[:40]} 重复出现"
        self.cursors.add(str(page.cursor))
        return "说还有更多，却没有内容" if self.empty > _MOST_EMPTY_PAGES else None


def at_path(data: Any, path: str) -> Any:
    """The value at a dotted path (keys, or indexes of lists); a marker that equals nothing where it is not there."""
    for step in path.split("."):
        if isinstance(data, Mapping) and step in data:
            data = data[step]
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return _ABSENT
    return data


def _known(data: Any, path: str | None) -> Any:
    value = at_path(data, path) if path else None
    return None if value is _ABSENT else value


def _next_cursor(answer: Any, listing: Listing) -> tuple[int | str | None, bool]:
    """The next cursor, and whether one is promised but not given."""
    if listing.cursor is None:
        return None, False
    cursor = _known(answer, listing.cursor.path)
    if listing.more and not _truth(_known(answer, listing.more)):
        return None, False
    if cursor in (None, "") or isinstance(cursor, bool) or not isinstance(cursor, int | str):
        return None, listing.more is not None
    return (None if _among(cursor, (listing.cursor.end,)) else cursor), False


def _truth(value: Any) -> bool:
    """has_more comes as true, 1, "1" or "true"."""
    return str(value).lower() in ("1", "true")


def _among(value: Any, known: Iterable[Any]) -> bool:
    """Codes come as numbers or as text."""
    return str(value) in {str(one) for one in known if one is not None}


def _text(item: Any, path: str | None) -> str | None:
    value = _known(item, path)
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def _parent(item: Any, path: str | None) -> str | None:
    """ "0" and nothing both say that it answers nobody."""
    value = _text(item, path)
    return None if value == "0" else value


def _time(value: Any) -> str | None:
    """A number since 1970 or a date as ISO 8601; other text goes to the door as it is, and is refused there."""
    moment = parse_epoch(value) or (parse_time(value) if isinstance(value, str) else None)
    if moment:
        return iso(moment)
    return value if isinstance(value, str) and value.strip("0") else None


def _filled(template: int | str, values: Mapping[str, int | str]) -> int | str:
    if not isinstance(template, str):
        return template
    lone = _PLACEHOLDER.fullmatch(template)
    if lone:
        return values[lone.group(1)]
    return _PLACEHOLDER.sub(lambda found: str(values[found.group(1)]), template)

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
from crawlers.parse.html import one_line, shown_words
from crawlers.parse.selected_faults import instead
from domain.clock import iso
from domain.errors import SourceError

_COUNTERS = ("views", "likes", "comments", "shares", "favorites")
_PLACEHOLDER = re.compile(r"\{(target|index|comment|size)\}")
_INDEX = re.compile(r"-?\d{1,6}")
# A platform filters comments after it has cut the pages, so an empty page may stand in the middle of a list.
_MOST_EMPTY_PAGES = 2
_ABSENT = object()
_LONGEST_PAGE = 20_000
_PAGE_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)
_LOGIN_WORDS = re.compile(r"登录|验证码|captcha|login|passport", re.IGNORECASE)


class BusyError(SourceError):
    """The interface asks to be tried again at once."""


class ExpiredError(SourceError):
    """The interface says that the token is not valid any more; another one may be."""


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
        head = text[:_LONGEST_PAGE]
        title = _PAGE_TITLE.search(head)
        found = instead(one_line(title.group(1)) if title else "", shown_words(head))
        if not found and _LOGIN_WORDS.search(head):
            found = "login", "要求登录或验证"
        status, told = found or ("changed", "")
        return SourceError(status, "接口返回的是网页，不是 JSON" + (f"（{told}）" if told else ""))
    return BusyError("down", "接口的回答不完整，JSON 中途被截断" if text else "接口的回答是空的")


def read_page(answer: Any, listing: Listing, error: ErrorPath | None, asked: int | str | None = None) -> Page:
    """The page in an answer to the cursor ``asked``; SourceError where it says it is an error or has another shape."""
    if error:
        check_error(answer, error)
    items = at_path(answer, listing.items)
    if items is _ABSENT:
        raise SourceError("changed", f"接口的回答里没有 {listing.items}，接口可能改了")
    if items is not None and not isinstance(items, list):
        raise SourceError("changed", f"接口的 {listing.items} 不是列表，接口可能改了")
    total = _total(answer, listing)
    if listing.cursor and listing.cursor.path is None:
        return Page(tuple(items or ()), _next_offset(asked, len(items or ()), total), total)
    cursor, lost = _next_cursor(answer, listing)
    problem = f"说还有更多，却没有给出 {listing.cursor.path}" if lost and listing.cursor else None
    return Page(tuple(items or ()), cursor, total, problem)


def check_error(answer: Any, error: ErrorPath) -> None:
    """Raise what an answer with HTTP 200 says is wrong."""
    codes = [code for code in (at_path(answer, path) for path in error.path) if code is not _ABSENT]
    if not codes and not (error.optional and isinstance(answer, Mapping)):
        raise SourceError("changed", f"接口的回答里没有 {'、'.join(error.path)}，接口可能改了")
    code = next((code for code in codes if not _among(code, error.ok)), _ABSENT)
    if code is not _ABSENT:
        raise _error_of(code, answer, error)


def _error_of(code: Any, answer: Any, error: ErrorPath) -> SourceError:
    said = next((str(words) for path in error.message if (words := _known(answer, path))), "")
    hint = next((words for known, words in error.hints.items() if _among(code, (known,))), None)
    parts = [part for part in (one_line(said)[:80], hint) if part]
    cause = f"接口报错 {one_line(str(code))[:40]}" + (f"：{'；'.join(parts)}" if parts else "")
    status = next((name for known, name in error.statuses.items() if _among(code, (known,))), "changed")
    if _among(code, error.busy):
        return BusyError(status, cause)
    return (ExpiredError if _among(code, error.expired) else SourceError)(status, cause)


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
        "pictures": [value for path in fields.pictures for value in _all_at(item, path) if isinstance(value, str)],
    }


def own_reply(item: Any, listing: Listing) -> dict[str, Any] | None:
    """The account's own answer inside a comment: its text and time; None where there is none."""
    where = listing.own_reply
    text = _known(item, where.text) if where else None
    if where is None or not isinstance(text, str) or not text.strip():
        return None
    return {"text": text, "published_at": _time(_known(item, where.published_at)), "metrics": {}, "pictures": []}


def filled(params: Mapping[str, int | str], values: Mapping[str, int | str]) -> dict[str, int | str]:
    """Parameters with ``{target}``, ``{comment}`` and the like filled in; a lone one that is a number stays one."""
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
        elif isinstance(data, list) and _INDEX.fullmatch(step) and -len(data) <= int(step) < len(data):
            data = data[int(step)]
        else:
            return _ABSENT
    return data


def _known(data: Any, path: str | None) -> Any:
    value = at_path(data, path) if path else None
    return None if value is _ABSENT else value


def _all_at(data: Any, path: str) -> list[Any]:
    """All values at a path in which ``*`` stands for every member of a list."""
    before, star, after = path.partition("*")
    if not star:
        return [_known(data, path)]
    members = _known(data, before.rstrip(".")) if before else data
    if not isinstance(members, list):
        return []
    return [value for member in members for value in (_all_at(member, after.lstrip(".")) if after else [member])]


def _total(answer: Any, listing: Listing) -> int | None:
    counts = [count for path in listing.total if (count := parse_count(_known(answer, path))) is not None]
    return next((count for count in counts if count), 0 if counts else None)


def _next_offset(asked: int | str | None, count: int, total: int | None) -> int | None:
    """The number of items before the next page; None after an empty page, and where the total is reached."""
    following = int(asked or 0) + count
    return following if count and (total is None or following < total) else None


def _next_cursor(answer: Any, listing: Listing) -> tuple[int | str | None, bool]:
    """The next cursor, and whether one is promised but not given."""
    if listing.cursor is None or listing.cursor.path is None:
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

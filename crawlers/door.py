"""The door: every record from outside passes here before it becomes an observation (docs/interfaces.md).

What is refused raises `RecordError` with a short code and a sentence in Chinese. Beyond the door times are
aware and in UTC, text is plain, nobody knows an author's id on the platform, and numbers that name a person or an
account are masked (docs/privacy.md).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from crawlers.parse.html import clean, html_to_text, one_line
from crawlers.parse.numbers import mask
from crawlers.parse.pictures import picture_addresses, pictures_in
from domain.clock import to_utc
from domain.errors import RecordError
from domain.posts import KINDS, PLATFORMS, Author, Metrics, Observation, Reject

LONGEST_TEXT = 100_000
LONGEST_TITLE = 500
LONGEST_NAME = 20
LONGEST_ID = 255
LONGEST_URL = 2_000
LONGEST_RAW = 500
MOST_PICTURES = 20
# Markup can be far longer than its text; beyond this nobody wrote it by hand.
_LONGEST_MARKUP = 20 * LONGEST_TEXT
# So much more than is kept is looked at, lest a cut make a number unrecognisable.
_SLACK = 100
_LARGEST_COUNT = 2**63 - 1
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


class _FaultError(ValueError):
    """What is wrong with one field; without a ``reason`` it is ``bad_`` and the field's name."""

    def __init__(self, detail: str, reason: str | None = None) -> None:
        self.detail = detail
        self.reason = reason
        super().__init__(detail)


class _MissingError(_FaultError):
    """The field is there, but empty."""


def _shown(value: object) -> str:
    text = clean(str(value)).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "…"


def _identifier(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise _FaultError(f"应为字符串，不是 {_shown(value)}")
    text = clean(value or "").strip()
    if not text:
        raise _MissingError("为空")
    if len(text) > LONGEST_ID:
        raise _FaultError(f"超过 {LONGEST_ID} 个字符")
    return text


def _optional_identifier(value: object) -> str | None:
    return None if value is None or value == "" else _identifier(value)


def _words(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _FaultError(f"应为文字，不是 {_shown(value)}")


def _moment(value: object) -> datetime:
    if value is None or value == "":
        raise _MissingError("为空")
    fault = _FaultError(f"不是 ISO 8601 时间：{_shown(value)}", "bad_time")
    if not isinstance(value, str):
        raise fault
    try:
        return to_utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError):
        raise fault from None


def _optional_moment(value: object) -> datetime | None:
    return None if value is None or value == "" else _moment(value)


def _count(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value > _LARGEST_COUNT:
        raise _FaultError(f"不是整数：{_shown(value)}", "bad_count")
    if value < 0:
        raise _FaultError(f"为负数：{_shown(value)}", "negative_count")
    return value


def _flag(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise _FaultError(f"应为 true 或 false，不是 {_shown(value)}")


def _optional_flag(value: object) -> bool | None:
    return None if value is None else _flag(value)


def _addresses(value: object) -> tuple[str, ...]:
    """Files from outside may have a field of this name with something else in it: that is left at the door."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _member(value: object, allowed: tuple[str, ...]) -> str | None:
    if value is None or value in allowed:
        return value
    raise _FaultError(f"{_shown(value)} 不在 {'、'.join(allowed)} 之中")


_Count = Annotated[int | None, BeforeValidator(_count)]
_Words = Annotated[str | None, BeforeValidator(_words)]
_OptionalId = Annotated[str | None, BeforeValidator(_optional_identifier)]


class _Part(BaseModel):
    """Fields that the contract does not know are left at the door."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _AuthorRecord(_Part):
    id: _OptionalId = None
    name: _Words = None
    followers: _Count = None
    verified: Annotated[bool | None, BeforeValidator(_optional_flag)] = None


class _MetricsRecord(_Part):
    views: _Count = None
    likes: _Count = None
    comments: _Count = None
    shares: _Count = None
    favorites: _Count = None


class _Record(_Part):
    """The contract's record. A lack has a meaning: no platform is ``other``, no thread is its own root."""

    source: Annotated[str, BeforeValidator(_identifier)]
    id: Annotated[str, BeforeValidator(_identifier)]
    observed_at: Annotated[datetime, BeforeValidator(_moment)]
    text: _Words = None
    title: _Words = None
    platform: Annotated[str | None, BeforeValidator(lambda value: _member(value, PLATFORMS))] = None
    kind: Annotated[str | None, BeforeValidator(lambda value: _member(value, KINDS))] = None
    thread: _OptionalId = None
    reply_to: _OptionalId = None
    url: _Words = None
    author: _AuthorRecord | None = None
    published_at: Annotated[datetime | None, BeforeValidator(_optional_moment)] = None
    metrics: _MetricsRecord | None = None
    deleted: Annotated[bool, BeforeValidator(_flag)] = False
    capture: _Words = None
    pictures: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()


class Door:
    """Turns records into observations, or refuses them. Files, pages and answers are read by others.

    ``mask_numbers``: phone, ID-card and bank-card numbers in titles, texts, names and refusals are masked.
    """

    def __init__(self, author_key: bytes, *, mask_numbers: bool = True) -> None:
        if not author_key:
            raise ValueError("the key for authors' ids must not be empty")
        self._author_key = author_key
        self._mask = mask if mask_numbers else str

    def admit(self, record: Mapping[str, Any], *, source: str | None = None) -> Observation:
        """The observation of one record; RecordError where it cannot be read.

        ``source`` given: a record without a source gets it, one of another source is refused.
        """
        try:
            return self._observation(self._parsed(record, source))
        except RecordError as error:
            raise RecordError(error.reason, self._mask(error.detail)) from None

    def _parsed(self, record: Mapping[str, Any], source: str | None) -> _Record:
        if not isinstance(record, Mapping):
            raise RecordError("not_an_object", f"应为一个 JSON 对象，不是 {_shown(record)}")
        if source is not None and record.get("source") in (None, ""):
            record = {**record, "source": source}
        try:
            parsed = _Record.model_validate(record)
        except ValidationError as error:
            raise _refusal(error) from None
        if source is not None and parsed.source != source:
            raise RecordError("bad_source", f"source 应为 {source}，不是 {_shown(parsed.source)}")
        return parsed

    def admit_all(self, records: Iterable[Mapping[str, Any]], source: str) -> tuple[list[Observation], list[Reject]]:
        """All that can be read, and a reject (without the author) for each that cannot, in order."""
        observations, rejects = [], []
        for record in records:
            try:
                observations.append(self.admit(record, source=source))
            except RecordError as error:
                rejects.append(self.refuse(source, error.reason, error.detail, record))
        return observations, rejects

    def refuse(self, source: str, reason: str, detail: str, record: object) -> Reject:
        """The note of a record that does not come in: masked as what does, and without the author."""
        if isinstance(record, Mapping):
            record = {key: value for key, value in record.items() if key != "author"}
            record |= {key: _plain(record[key]) for key in ("title", "text") if isinstance(record.get(key), str)}
        raw = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False, default=str)
        raw = self._mask(clean(raw)[: LONGEST_RAW + _SLACK])[:LONGEST_RAW]
        return Reject(source, None, reason, self._mask(detail), raw)

    def _observation(self, record: _Record) -> Observation:
        title = self._mask(one_line(record.title or "")[: LONGEST_TITLE + _SLACK])[:LONGEST_TITLE] or None
        platform = record.platform or "other"
        thread = record.thread or record.reply_to or record.id
        return Observation(
            source=record.source,
            platform=platform,
            id=record.id,
            kind=record.kind or ("thread" if thread == record.id else "reply"),
            thread=thread,
            text=self._text(record, title),
            observed_at=record.observed_at,
            title=title,
            reply_to=record.reply_to,
            url=_link(record.url),
            author=self._author(record.author, platform),
            published_at=_credible(record.published_at, record.observed_at),
            metrics=Metrics(**record.metrics.model_dump()) if record.metrics else Metrics(),
            deleted=record.deleted,
            capture=record.capture,
            pictures=_pictures(record),
        )

    def _author(self, author: _AuthorRecord | None, platform: str) -> Author | None:
        if author is None:
            return None
        name = one_line(author.name or "") or None
        known = f"id\0{author.id}" if author.id else f"name\0{name}" if name else None
        key = self._hash(f"{platform}\0{known}") if known else None
        found = Author(key, self._display(name) if name else None, author.followers, author.verified)
        return found if found != Author() else None

    def _display(self, name: str) -> str:
        """The name in short form; many an agent's name is his phone number."""
        name = self._mask(name)
        return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"

    def _text(self, record: _Record, title: str | None) -> str:
        text = self._mask(_plain(record.text or "")[: LONGEST_TEXT + _SLACK])[:LONGEST_TEXT]
        empty_is_allowed = record.deleted or (title is not None and record.text is not None)
        if not text and not empty_is_allowed:
            raise RecordError("missing_text", "缺少 text" if record.text is None else "text 为空")
        return text

    def _hash(self, text: str) -> str:
        return hmac.new(self._author_key, text.encode(), hashlib.sha256).hexdigest()[:16]


def _plain(text: str) -> str:
    return html_to_text(text[:_LONGEST_MARKUP])


def _pictures(record: _Record) -> tuple[str, ...]:
    """The record's own pictures and those in its mark-up, which goes next."""
    base = _link(record.url)
    shown = pictures_in((record.text or "")[:_LONGEST_MARKUP])
    return picture_addresses((*record.pictures, *shown), base)[:MOST_PICTURES]


def _link(url: str | None) -> str | None:
    """The address where it is one that may stand in a mail as a link."""
    url = clean(url or "").strip()
    return url if url.lower().startswith(("http://", "https://")) and len(url) <= LONGEST_URL else None


def _credible(published: datetime | None, observed: datetime) -> datetime | None:
    """Clocks of phones and the zero of epochs give times that nobody can have published at."""
    if published is None or not _EARLIEST <= published <= observed + timedelta(days=1):
        return None
    return published


def _refusal(error: ValidationError) -> RecordError:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    field = str(first["loc"][-1])
    fault = first["ctx"]["error"] if first["type"] == "value_error" else None
    if isinstance(fault, _MissingError) or first["type"] == "missing":
        return RecordError(f"missing_{field}", f"缺少 {path}")
    if isinstance(fault, _FaultError):
        return RecordError(fault.reason or f"bad_{field}", f"{path} {fault.detail}")
    return RecordError(f"bad_{field}", f"{path} 应为一个对象，不是 {_shown(first['input'])}")

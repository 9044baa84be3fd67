"""What a paged JSON interface for comments looks like, as data: models of presets and of ``description:``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Path = Annotated[str, Field(pattern=r"^[^.\s]+(?:\.[^.\s]+)*$")]
"""Keys and list indexes from the answer's root, joined by dots: ``data.list``."""


class Described(BaseModel):
    """An unknown key is an error, and a description does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorPath(Described):
    """Where an answer says that it is an error although HTTP says 200.

    ``ok`` are the good values at ``path``; ``statuses`` says what others mean (a status of
    `domain.coverage.STATUSES`; else ``changed``), ``busy`` which may be asked again at once.
    """

    path: Path
    ok: tuple[int | str, ...] = (0,)
    message: Path | None = None
    statuses: dict[int | str, Literal["login", "blocked", "changed", "down", "off"]] = Field(default_factory=dict)
    busy: tuple[int | str, ...] = ()


class Cursor(Described):
    """How the next page is asked for: the parameter, its ``first`` value, where the answer has the next one.

    ``end`` is the value that says there is no more.
    """

    param: str
    path: Path
    first: int | str = 0
    end: int | str | None = None


class FieldMap(Described):
    """Paths inside one item. What is not named stays unknown; ``comments`` counts the replies below it."""

    id: Path
    text: Path
    title: Path | None = None
    url: Path | None = None
    author_id: Path | None = None
    author_name: Path | None = None
    published_at: Path | None = None
    reply_to: Path | None = None
    views: Path | None = None
    likes: Path | None = None
    comments: Path | None = None
    shares: Path | None = None
    favorites: Path | None = None


class Listing(Described):
    """One paged list. In ``params`` and ``path`` ``{target}``, ``{comment}``, ``{size}`` are filled in.

    ``newest_first``: a page of known items ends an incremental reading. ``more`` is the path of has_more,
    ``total`` of the interface's own count.
    """

    path: str
    method: Literal["GET", "POST"] = "GET"
    send: Literal["query", "json", "form"] = "query"
    params: dict[str, int | str] = Field(default_factory=dict)
    items: Path
    fields: FieldMap
    cursor: Cursor | None = None
    more: Path | None = None
    total: Path | None = None
    page_size: int = Field(default=20, ge=1, le=1000)
    newest_first: bool = False


class Description(Described):
    """An interface: how it is signed, how it errs, and its lists of comments, of replies and of videos."""

    base_url: str = Field(pattern=r"^https?://")
    token_header: str | None = None
    token_param: str | None = None
    token_prefix: str = ""
    error: ErrorPath | None = None
    comments: Listing
    replies: Listing | None = None
    videos: Listing | None = None

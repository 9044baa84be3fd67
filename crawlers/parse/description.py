"""What a paged JSON interface for comments looks like, as data: models of presets and of ``description:``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Path = Annotated[str, Field(pattern=r"^[^.\s]+(?:\.[^.\s]+)*$")]
"""Keys and list indexes (``-1`` is the last) from the answer's root, joined by dots: ``data.list``."""

Paths = Annotated[tuple[Path, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
"""One path or several; each field says what several mean."""


class Described(BaseModel):
    """An unknown key is an error, and a description does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorPath(Described):
    """Where an answer says that it is an error although HTTP says 200.

    ``ok`` are the good values at every ``path``; one of the paths at least is in every answer, unless good answers
    bear no code (``optional``). ``statuses`` says what other values mean (a status of `domain.coverage.STATUSES`;
    else ``changed``) and ``hints``, in Chinese, what a person can do. ``busy`` values may be asked again at once,
    ``expired`` ones with a new token. ``message``: the first path where words stand.
    """

    path: Paths = Field(min_length=1)
    ok: tuple[int | str, ...] = (0,)
    message: Paths = ()
    statuses: dict[int | str, Literal["login", "blocked", "changed", "down", "off"]] = Field(default_factory=dict)
    hints: dict[int | str, str] = Field(default_factory=dict)
    busy: tuple[int | str, ...] = ()
    expired: tuple[int | str, ...] = ()
    optional: bool = False


class Cursor(Described):
    """How the next page is asked for: the parameter, its ``first`` value, where the answer has the next one.

    No ``path``: the parameter counts the items that stand before the page, and ``total`` or an empty page tells the
    end. ``end`` is the value that says there is no more; where ``first`` is null the first request goes without.
    """

    param: str
    path: Path | None = None
    first: int | str | None = 0
    end: int | str | None = None


class FieldMap(Described):
    """Paths inside one item. What is not named stays unknown; ``comments`` counts the replies below it.

    ``pictures``: addresses of its pictures or cover; the step ``*`` goes through a whole list.
    """

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
    pictures: Paths = ()


class OwnReply(Described):
    """Where the answer of the account itself stands inside a comment: its words and its time."""

    text: Path
    published_at: Path | None = None


class Listing(Described):
    """One paged list. In ``params`` and ``path`` ``{target}``, ``{index}``, ``{comment}``, ``{size}`` are filled in.

    ``newest_first``: a page of known items ends an incremental reading. ``more`` is the path of has_more,
    ``total`` of the interface's own count (of several, the first that is not 0). ``scoped_ids``: ids are unique only
    below one root, whose id is put before them.
    """

    path: str
    method: Literal["GET", "POST"] = "GET"
    send: Literal["query", "json", "form"] = "query"
    params: dict[str, int | str] = Field(default_factory=dict)
    items: Path
    fields: FieldMap
    cursor: Cursor | None = None
    more: Path | None = None
    total: Paths = ()
    page_size: int = Field(default=20, ge=1, le=1000)
    newest_first: bool = False
    scoped_ids: bool = False
    own_reply: OwnReply | None = None


class Description(Described):
    """An interface: how it is signed, how it errs, and its lists of comments, of replies and of videos.

    Without ``comments`` the videos are read for their counters alone.
    """

    base_url: str = Field(pattern=r"^https?://")
    token_header: str | None = None
    token_param: str | None = None
    token_prefix: str = ""
    error: ErrorPath | None = None
    comments: Listing | None = None
    replies: Listing | None = None
    videos: Listing | None = None

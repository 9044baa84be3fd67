"""The shape of ``demo/stories/*.yaml``: what may stand there, and what an error is told as."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from domain.clock import SHANGHAI

YEAR = 2026


class StoryError(ValueError):
    """A story cannot be read: the file, the place in it, and what is wrong."""


def _moment(value: object) -> datetime:
    """``03-05 09:12`` of the town's year, on the wall clock of Asia/Shanghai."""
    try:
        return datetime.strptime(f"{YEAR}-{value}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise ValueError(f"not a time like 03-05 09:12: {value}") from None


At = Annotated[datetime, BeforeValidator(_moment)]
Words = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemarkScript(_Part):
    """A 点评."""

    by: Words
    at: At
    text: Words


class FloorScript(_Part):
    """A floor. ``by`` null is anonymous; ``quote`` is the number of an earlier floor, the opening post being 1."""

    by: Words | None
    at: At
    text: Words
    quote: int | None = Field(default=None, ge=1)
    edited: At | None = None
    state: Literal["shown", "blocked", "unapproved"] = "shown"
    remarks: tuple[RemarkScript, ...] = ()


class ThreadScript(_Part):
    """A thread; its floors stand in the order of time."""

    board: int
    subject: Annotated[str, Field(min_length=1, max_length=80)]
    views: int = Field(ge=0)
    read_permission: int = Field(default=0, ge=0)
    floors: tuple[FloorScript, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> ThreadScript:
        for before, after in zip(self.floors, self.floors[1:], strict=False):
            if after.at < before.at:
                raise ValueError(f"the floor of {after.at:%m-%d %H:%M} stands after a later one")
        for number, floor in enumerate(self.floors, 1):
            if floor.quote is not None and (floor.quote >= number or not self.floors[floor.quote - 1].by):
                raise ValueError(f"floor {number} quotes floor {floor.quote}, not an earlier one with a name")
        return self


class BoardScript(_Part):
    """A board."""

    fid: int
    name: Words
    readable: bool = True


class ForumScript(_Part):
    """A forum with its boards and threads."""

    name: Words
    charset: Literal["gbk", "utf-8"]
    boards: tuple[BoardScript, ...] = Field(min_length=1)
    threads: tuple[ThreadScript, ...]

    @model_validator(mode="after")
    def _on_boards(self) -> ForumScript:
        known = {board.fid for board in self.boards}
        for thread in self.threads:
            if thread.board not in known:
                raise ValueError(f"“{thread.subject}” stands on board {thread.board}, which there is none of")
        return self


class ArticleScript(_Part):
    """An article; a line of ``text`` is a paragraph."""

    at: At
    title: Words
    text: Words


class FeedScript(_Part):
    """A feed; ``site`` is where its articles' addresses begin."""

    name: Words
    format: Literal["rss", "atom", "json"]
    title: Words
    author: Words
    site: Words
    articles: tuple[ArticleScript, ...]


class CommentScript(_Part):
    """A comment; ``to`` is the number of the earlier comment that it answers, the first being 1."""

    by: Words
    at: At
    text: Words
    likes: int = Field(ge=0)
    to: int | None = Field(default=None, ge=1)


class VideoScript(_Part):
    """A short video and its comments in the order of time."""

    platform: Literal["douyin", "kuaishou"]
    author: Words
    at: At
    caption: Words
    comments: tuple[CommentScript, ...]

    @model_validator(mode="after")
    def _in_order(self) -> VideoScript:
        moments = [self.at, *(comment.at for comment in self.comments)]
        if moments != sorted(moments):
            raise ValueError(f"the comments under “{self.caption}” are not in the order of time")
        for number, comment in enumerate(self.comments, 1):
            if comment.to is not None and comment.to >= number:
                raise ValueError(f"comment {number} answers comment {comment.to}, which is not an earlier one")
        return self


class FeedsScript(_Part):
    """feeds.yaml."""

    feeds: tuple[FeedScript, ...]


class VideosScript(_Part):
    """videos.yaml."""

    videos: tuple[VideoScript, ...]


Script = TypeVar("Script", bound=BaseModel)


def read_script(path: Path, shape: type[Script]) -> Script:
    """One file, checked; StoryError with a line for each fault."""
    try:
        return shape.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise StoryError(f"{path.name}: {error}") from None
    except ValidationError as error:
        faults = [f"{path.name}: {_place(fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        raise StoryError("\n".join(faults)) from None


def _place(steps: tuple[int | str, ...]) -> str:
    """``threads[3].floors[1].at``, counting from 1."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".") or "file"

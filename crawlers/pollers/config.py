"""The facts of feeds and of comment interfaces in ``sources.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crawlers.config import SourceConfig
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.description import Description
from crawlers.parse.selected import ListSelectors, PostSelectors
from domain.clock import iso
from domain.posts import PLATFORMS

_PRESETS = Path(__file__).parent / "presets"


def _a_platform(value: str) -> str:
    if value not in PLATFORMS:
        raise ValueError(f"应为 {'、'.join(PLATFORMS)} 之一")
    return value


class FeedConfig(SourceConfig):
    """An RSS, Atom or JSON feed. Its entries are articles, or news where the platform is ``news``."""

    kind: Literal["feed"]
    url: str = Field(pattern=r"^https?://\S+$")
    platform: str = "wechat"
    item_kind: Literal["article", "news"] | None = None

    _platform = field_validator("platform")(_a_platform)

    @property
    def entry_kind(self) -> str:
        """The kind of its observations."""
        return self.item_kind or ("news" if self.platform == "news" else "article")


class ForumConfig(SourceConfig):
    """Any other forum: the pages that list its threads, and the selectors that find things on its pages.

    ``max_pages`` list pages of each of ``urls``, and ``max_thread_pages`` of a thread, are read in one sweep. Threads
    active in the last ``reread_days`` are read again in every sweep, ``reread_threads`` of them at most.
    """

    kind: Literal["forum"]
    platform: str = "forum"
    urls: tuple[Annotated[str, Field(pattern=r"^https?://\S+$")], ...] = Field(min_length=1)
    threads: ListSelectors
    posts: PostSelectors
    max_pages: int = Field(default=5, ge=1, le=1000)
    max_thread_pages: int = Field(default=50, ge=1, le=1000)
    reread_days: int = Field(default=7, ge=0, le=3650)
    reread_threads: int = Field(default=100, ge=0, le=10_000)

    _platform = field_validator("platform")(_a_platform)


class Target(BaseModel):
    """A video whose comments are read. ``caption`` is the text of the root post."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=255, coerce_numbers_to_str=True)]
    caption: str = Field(min_length=1)
    url: str | None = None
    author: str | None = None
    published_at: Annotated[str, Field(coerce_numbers_to_str=True)] | None = None

    @field_validator("published_at")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        moment = (parse_epoch(value) or parse_time(value)) if value else None
        if value and not moment:
            raise ValueError('应为时间，例如 "2026-03-10T08:00:00"')
        return iso(moment) if moment else None


class JsonApiConfig(SourceConfig):
    """A paged JSON interface for comments: a ready ``preset``, or a ``description`` of one's own.

    ``base_url`` and ``params`` go over the preset's; the token is named (``token_env``, ``token_file``),
    never written here. ``discover``: the list of videos is asked for as well.
    """

    kind: Literal["json_api"]
    platform: str
    preset: Literal["douyin", "kuaishou"] | None = None
    description: Description | None = None
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    params: dict[str, int | str] = Field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    discover: bool = False
    token_env: str | None = None
    token_file: str | None = None
    max_pages: int = Field(default=50, ge=1, le=10_000)

    _platform = field_validator("platform")(_a_platform)

    @model_validator(mode="after")
    def _is_described(self) -> JsonApiConfig:
        if (self.preset is None) == (self.description is None):
            raise ValueError("preset 与 description 应写其中一个")
        if not self.targets and not self.discover:
            raise ValueError("targets 为空时应写 discover: true")
        if self.discover and self.interface().videos is None:
            raise ValueError("这个接口没有视频列表，不能用 discover，请写 targets")
        return self

    def interface(self) -> Description:
        """The description in force."""
        base = self.description or load_preset(self.preset or "")
        return base.model_copy(update={"base_url": self.base_url}) if self.base_url else base


@cache
def load_preset(name: str) -> Description:
    """A description that ships with the program."""
    text = (_PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    return Description.model_validate(yaml.safe_load(text))

"""The facts of feeds and of comment interfaces in ``sources.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crawlers.config import SourceConfig
from crawlers.parse.article_selectors import ArticleSelectors
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.description import Description
from crawlers.parse.news_list import LinkSelectors
from crawlers.parse.selected import ListSelectors, PostSelectors
from crawlers.pollers.plan import Plan, Root, video_root
from domain.clock import iso
from domain.posts import PLATFORMS

_PRESETS = Path(__file__).parent / "presets"


def _a_platform(value: str) -> str:
    if value not in PLATFORMS:
        raise ValueError(f"应为 {'、'.join(PLATFORMS)} 之一")
    return value


class FeedConfig(SourceConfig):
    """An RSS, Atom or JSON feed. Its entries are articles, or news where the platform is ``news``.

    ``full_text``: whether the articles' own pages are fetched, ``auto`` only where an entry has a digest alone; at most
    ``max_articles`` in one run. ``article``: selectors for these pages.
    """

    kind: Literal["feed"]
    url: str = Field(pattern=r"^https?://\S+$")
    platform: str = "wechat"
    item_kind: Literal["article", "news"] | None = None
    full_text: Literal["auto", "always", "never"] = "auto"
    max_articles: int = Field(default=30, ge=1, le=1000)
    article: ArticleSelectors | None = None

    _platform = field_validator("platform")(_a_platform)

    @property
    def entry_kind(self) -> str:
        """The kind of its observations."""
        return self.item_kind or ("news" if self.platform == "news" else "article")


class NewsConfig(SourceConfig):
    """A news site: the addresses at which its articles are found, by list pages, a sitemap or a feed.

    ``links`` says where they stand on list pages, ``article`` where things stand on theirs; both may be left out. In
    one sweep ``max_pages`` list pages or inner sitemaps of each address and ``max_articles`` articles are read; what a
    large sitemap dates before ``max_age_days`` is left. ``reread_articles`` of the last ``reread_days`` are read again.
    """

    kind: Literal["news"]
    platform: str = "news"
    item_kind: Literal["article", "news"] = "news"
    discovery: Literal["list", "sitemap", "feed"] = "list"
    urls: tuple[Annotated[str, Field(pattern=r"^https?://\S+$")], ...] = Field(min_length=1)
    links: LinkSelectors = LinkSelectors()
    article: ArticleSelectors | None = None
    max_pages: int = Field(default=3, ge=1, le=1000)
    max_articles: int = Field(default=100, ge=1, le=10_000)
    max_age_days: int = Field(default=30, ge=1, le=3650)
    reread_days: int = Field(default=3, ge=0, le=3650)
    reread_articles: int = Field(default=20, ge=0, le=10_000)

    _platform = field_validator("platform")(_a_platform)


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

    def root(self) -> Root:
        """The root of its thread."""
        record: dict[str, Any] = {
            "id": self.id,
            "text": self.caption,
            "title": None,
            "url": self.url,
            "author": {"name": self.author} if self.author else None,
            "published_at": self.published_at,
            "reply_to": None,
            "metrics": {},
            "pictures": [],
        }
        return video_root(record)


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
        if self.interface().comments is None and not self.discover:
            raise ValueError("description 里没有 comments，又没有 discover: true，什么也读不到")
        return self

    def interface(self) -> Description:
        """The description in force."""
        base = self.description or load_preset(self.preset or "")
        return base.model_copy(update={"base_url": self.base_url}) if self.base_url else base

    def plan(self) -> Plan:
        """What is read, and how."""
        return Plan(
            name=self.name,
            platform=self.platform,
            interface=self.interface(),
            delay_s=self.delay_s,
            max_minutes=self.max_minutes,
            max_pages=self.max_pages,
            params=self.params,
            targets=tuple(target.root() for target in self.targets),
            discover=self.discover,
        )


@cache
def load_preset(name: str) -> Description:
    """A description that ships with the program."""
    text = (_PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    return Description.model_validate(yaml.safe_load(text))

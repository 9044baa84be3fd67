"""The facts of the platforms' own interfaces in ``sources.yaml``: the bank's 公众号, its Douyin and Kuaishou videos."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from crawlers.config import SourceConfig, SourceName
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.description import Description, Listing
from crawlers.parse.token_life import TokenLife
from crawlers.parse.wechat import article_id, article_place, published_articles
from crawlers.pollers.config import Target, load_preset
from crawlers.pollers.plan import Plan, Root
from domain.clock import iso

_PRESETS = Path(__file__).parent / "presets"


class Credentials(BaseModel):
    """Where the account's secrets are: environment variables (``*_env``), or files in the configuration folder.

    ``id`` is AppID, client_key or app_id, which is no secret by itself. Refreshed tokens are kept in
    ``tokens/NAME.json``; ``name`` is the source's unless two sources share one account.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, coerce_numbers_to_str=True)] | None = None
    id_env: str | None = None
    id_file: str | None = None
    secret_env: str | None = None
    secret_file: str | None = None
    refresh_token_env: str | None = None
    refresh_token_file: str | None = None
    name: SourceName | None = None

    def named(self, part: str) -> str:
        """Where a part stands or should stand, as messages say it; empty where the configuration does not name it."""
        names = [getattr(self, f"{part}_env"), getattr(self, f"{part}_file")]
        if part == "id" and self.id:
            names = ["credentials.id"]
        return " 或 ".join(name for name in names if name)


class OpenConfig(SourceConfig):
    """What the three kinds share. ``base_url`` goes over the platform's: a proxy of the bank's own."""

    life: ClassVar[str]
    platform: ClassVar[str]

    credentials: Credentials
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    max_pages: int = Field(default=50, ge=1, le=10_000)

    @model_validator(mode="after")
    def _names_its_credentials(self) -> OpenConfig:
        missing = [part for part in self.token_life().needs if not self.credentials.named(part)]
        if missing:
            wanted = "、".join(f"{part}_env 或 {part}_file" for part in missing)
            raise ValueError(f"credentials 里还要写 {wanted}（密钥本身不写进这个文件）")
        return self

    @property
    def token_name(self) -> str:
        """The name of the file with the refreshed tokens."""
        return self.credentials.name or self.name

    def token_life(self) -> TokenLife:
        """How the platform gives and renews tokens."""
        return load_token_life(self.life)

    @abstractmethod
    def interface(self) -> Description:
        """The description in force."""

    @abstractmethod
    def plan(self, client_id: str | None) -> Plan:
        """What is read, and how. ``client_id``: the account's application, which some interfaces want to be told."""

    def _addressed(self, description: Description) -> Description:
        return description.model_copy(update={"base_url": self.base_url}) if self.base_url else description

    def _plan(self, **facts: Any) -> Plan:
        return Plan(
            name=self.name,
            platform=self.platform,
            interface=self.interface(),
            delay_s=self.delay_s,
            max_minutes=self.max_minutes,
            max_pages=self.max_pages,
            **facts,
        )


class Article(BaseModel):
    """One of the account's articles. ``msg_data_id`` and ``index`` (from 0) may also stand in a long ``url``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    msg_data_id: int | None = Field(default=None, ge=1)
    index: int | None = Field(default=None, ge=0, le=20)
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    published_at: Annotated[str, Field(coerce_numbers_to_str=True)] | None = None

    @field_validator("published_at")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        moment = (parse_epoch(value) or parse_time(value)) if value else None
        if value and not moment:
            raise ValueError('应为时间，例如 "2026-03-10T08:00:00"')
        return iso(moment) if moment else None

    @model_validator(mode="after")
    def _has_a_place(self) -> Article:
        if self.msg_data_id is None and not (self.url and article_place(self.url)):
            raise ValueError("应写 msg_data_id（群发返回的编号），或带有 mid= 的文章长地址；短地址里没有编号")
        return self

    def place(self) -> tuple[int, int]:
        """The number of the message, and the article's place in it from 0."""
        found = article_place(self.url) if self.url else None
        number, index = found or (0, 0)
        return self.msg_data_id or number, index if self.index is None else self.index

    def root(self, account: str | None) -> Root:
        """The root of its thread."""
        number, index = self.place()
        key = article_id(number, index)
        record: dict[str, Any] = {
            "id": key,
            "kind": "article",
            "thread": key,
            "text": "",
            "title": self.title,
            "url": self.url,
            "author": {"name": account} if account else None,
            "published_at": self.published_at,
            "reply_to": None,
            "metrics": {},
            "pictures": [],
        }
        return Root(record, {"target": number, "index": index})


class WechatAccountConfig(OpenConfig):
    """Comments under the articles of the bank's own 公众号. ``account`` is its name; ``discover`` reads published
    articles as well, whose comments the platform does not give.
    """

    life: ClassVar[str] = "wechat"
    platform: ClassVar[str] = "wechat"

    kind: Literal["wechat_account"]
    account: str | None = None
    articles: tuple[Article, ...] = ()
    discover: bool = False

    @model_validator(mode="after")
    def _has_something(self) -> WechatAccountConfig:
        if not self.articles and not self.discover:
            raise ValueError("articles 为空时应写 discover: true")
        places = [article.place() for article in self.articles]
        if len(set(places)) < len(places):
            raise ValueError("articles 里有两篇的 msg_data_id 与 index 相同")
        return self

    def interface(self) -> Description:
        """The description in force."""
        return self._addressed(load_preset("wechat_account"))

    def plan(self, client_id: str | None) -> Plan:  # noqa: ARG002 - the token says whose account it is
        """What is read, and how."""
        return self._plan(
            targets=tuple(article.root(self.account) for article in self.articles),
            discover=self.discover,
            account=self.account,
            noun="文章",
            roots_of=_article_roots,
        )


class DouyinOpenConfig(OpenConfig):
    """Comments under the bank's own Douyin videos. ``grant``: what the platform granted, a mini-app (``app``) or, long
    ago, an enterprise account. ``videos``: the account's ``own`` list, or only those ``listed`` under ``targets``.
    """

    life: ClassVar[str] = "douyin"
    platform: ClassVar[str] = "douyin"

    kind: Literal["douyin_open"]
    open_id: str = Field(min_length=1)
    grant: Literal["app", "enterprise"] = "app"
    videos: Literal["own", "listed"] = "own"
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _has_something(self) -> DouyinOpenConfig:
        if self.videos == "listed" and not self.targets:
            raise ValueError("videos: listed 时应在 targets 里列出视频")
        return self

    def interface(self) -> Description:
        """The description in force."""
        app = load_preset("douyin")
        return self._addressed(app if self.grant == "app" else _enterprise(app))

    def plan(self, client_id: str | None) -> Plan:  # noqa: ARG002 - the token says whose application it is
        """What is read, and how."""
        return self._plan(
            params={"open_id": self.open_id},
            targets=tuple(target.root() for target in self.targets),
            discover=self.videos == "own",
        )


class KuaishouOpenConfig(OpenConfig):
    """The bank's own Kuaishou videos and their counters. The platform grants no comments."""

    life: ClassVar[str] = "kuaishou"
    platform: ClassVar[str] = "kuaishou"

    kind: Literal["kuaishou_open"]

    def interface(self) -> Description:
        """The description in force."""
        return self._addressed(load_preset("kuaishou_open"))

    def plan(self, client_id: str | None) -> Plan:
        """What is read, and how."""
        return self._plan(params={"app_id": client_id or ""}, discover=True)


@cache
def load_token_life(name: str) -> TokenLife:
    """A platform's way with tokens, which ships with the program."""
    text = (_PRESETS / f"{name}_token.yaml").read_text(encoding="utf-8")
    return TokenLife.model_validate(yaml.safe_load(text))


def _article_roots(item: Any, listing: Listing) -> list[Root]:  # noqa: ARG001 - one shape for all lists
    records = published_articles(item)
    return [
        Root({**record, "kind": "article", "thread": record["id"]}, {"target": record["id"]}, asked=False)
        for record in records
    ]


def _enterprise(app: Description) -> Description:
    """The older interface for enterprise accounts: the same shape at other addresses.

    The order of its list is not documented, so it is always read whole.
    """
    moved: Mapping[str, Listing | None] = {
        "comments": _moved(app.comments, "/video/comment/list/"),
        "replies": _moved(app.replies, "/video/comment/reply/list/"),
    }
    return app.model_copy(update=dict(moved))


def _moved(listing: Listing | None, path: str) -> Listing | None:
    if listing is None:
        return None
    params = {name: value for name, value in listing.params.items() if name != "sort_type"}
    return listing.model_copy(update={"path": path, "params": params, "newest_first": False})

"""A Discuz! X forum in ``sources.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, model_validator

from crawlers.config import SourceConfig
from domain.posts import PLATFORMS

_SHORTEST_PERMISSION = 10


def _site(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("应为论坛首页的网址，例如 http://bbs.example.cn/")
    # Both the folder and any page in it are fine: http://host/bbs/forum.php → http://host/bbs/
    folder = parts.path if "." not in parts.path.rpartition("/")[2] else urljoin(parts.path, ".")
    return urlunsplit((parts.scheme, parts.netloc, folder.rstrip("/") + "/", "", ""))


def _platform(platform: str) -> str:
    if platform not in PLATFORMS:
        raise ValueError(f"应为 {'、'.join(PLATFORMS)} 之一")
    return platform


class DiscuzConfig(SourceConfig):
    """Which forum, which boards, and how much of it is read in one sweep.

    ``boards`` None: all boards on the index, with those below them. ``max_list_pages`` list pages of a
    board and order. Threads active in the last ``reread_days`` are read again in every sweep, and so are the
    ``reread_threads`` least recently visited of the others. The time for a sweep is ``max_minutes``.

    ``via``: its pages, its archiver, or its interface for mobile programs, which Discuz!'s robots.txt forbids, so
    that it takes the site's ``permission``. ``rss``: threads are looked for in the RSS where a list cannot be read.
    ``cookie_env`` and ``cookie_file`` name where the cookie of the bank's own account is; it is never written here.
    """

    kind: Literal["discuz"]
    platform: Annotated[str, AfterValidator(_platform)] = "forum"
    url: Annotated[str, AfterValidator(_site)]
    boards: tuple[Annotated[int, Field(gt=0)], ...] | None = Field(default=None, min_length=1)
    max_list_pages: int = Field(default=50, ge=1, le=1000)
    reread_days: int = Field(default=90, ge=0, le=3650)
    reread_threads: int = Field(default=500, ge=0, le=100_000)
    via: Literal["html", "archiver", "mobile_api"] = "html"
    permission: str | None = None
    rss: bool = False
    cookie_env: str | None = None
    cookie_file: str | None = None

    @model_validator(mode="after")
    def _is_permitted(self) -> DiscuzConfig:
        if self.via == "mobile_api" and len((self.permission or "").strip()) < _SHORTEST_PERMISSION:
            raise ValueError(
                "论坛的 robots.txt 不允许访问手机接口，via: mobile_api 须有网站的书面同意："
                '请写 permission: "何人、何时、以何种书面形式同意"'
            )
        return self

    @property
    def kept_in(self) -> str:
        """Where the account's cookie is to be found; empty where the forum is read as a guest."""
        return " 或 ".join(name for name in (self.cookie_env, self.cookie_file) if name)

"""Putting what a person found into the store, behind ``yuqing add``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime

import click

from app.wiring import make_archive, make_door, open_settings_store
from config.settings import Settings
from crawlers.http import HttpClient
from crawlers.paste.config import DEFAULT, PasteConfig
from crawlers.paste.found import Found, Given, read_page, take_words
from crawlers.paste.places import whole_address
from domain.clock import Clock, local, system_clock, to_utc
from domain.coverage import Collected, Coverage
from domain.errors import ConfigError, RecordError, SourceError, YuqingError
from domain.posts import PLATFORM_NAMES, Observation

_SHOWN = 60
_HINT = "请在浏览器里复制正文，再用 yuqing add --text 正文 --url 网址 录入"


@dataclass(frozen=True)
class Added:
    """What was stored, whether it is ``new``, and why its text may not be the whole or the right one."""

    post: Observation
    label: str
    new: bool
    doubt: str | None

    def lines(self) -> list[str]:
        """What the person is told."""
        post = self.post
        at = f"{local(post.published_at):%Y-%m-%d %H:%M}" if post.published_at else "不知道"
        words = " ".join(post.text.split())
        told = [
            f"已存入“{self.label}”：{post.title or '（没有标题）'}" + ("" if self.new else "（原来就有，已更新）"),
            f"  时间：{at}；平台：{PLATFORM_NAMES[post.platform]}",
            f"  正文：{words[:_SHOWN]}{'…' if len(words) > _SHOWN else ''}（共 {len(post.text)} 字）",
        ]
        return [*told, f"  请核对：{self.doubt}，不对就用 --text 重新录入"] if self.doubt else told


class AddError(YuqingError):
    """It cannot be added; the message says why, and what to do instead."""


def given(link: str | None, text: str | None, title: str | None, platform: str | None, at: datetime | None) -> Given:
    """What the person typed; UsageError where that is nothing, no web address, or a time to come."""
    url = whole_address(link) if link else None
    if link and url is None:
        raise click.UsageError(f"“{link}” 不是网址")
    words = sys.stdin.read() if text == "-" else text
    if text is not None and not (words or "").strip():
        raise click.UsageError("--text 里没有文字")
    if not url and not words:
        raise click.UsageError("请写明网址，或用 --text 写明文字")
    moment = to_utc(at) if at else None
    if moment and moment > system_clock():
        raise click.UsageError(f"发表时间 {local(moment):%Y-%m-%d %H:%M} 还没有到")
    return Given(url, words, title, platform, moment)


def paste_source(settings: Settings) -> PasteConfig:
    """The source that it counts as: the first of the kind in sources.yaml, or the one that needs no entry."""
    sources = settings.sources.sources
    own = [source for source in sources if isinstance(source, PasteConfig)]
    if not own and any(source.name == DEFAULT.name for source in sources):
        hint = f"名为 {DEFAULT.name} 的来源不是 paste 类；请给它改名，或另写一个 kind: paste 的来源"
        raise ConfigError([f"sources.yaml: {hint}"])
    return own[0] if own else DEFAULT


def add(settings: Settings, given: Given, clock: Clock = system_clock) -> Added:
    """Read and store it. AddError where the page cannot be read, or holds no words."""
    source, now = paste_source(settings), clock()
    try:
        found = take_words(given, now) if given.text else _fetched(settings, given, clock)
        post = make_door(settings).admit({**found.record, "source": source.name}, source=source.name)
    except SourceError as error:
        raise AddError(f"{error.cause}。{_HINT}") from None
    except RecordError as error:
        raise AddError(f"{error.detail}。{_HINT}") from None
    evidence = f"人工录入 {given.url or '文字'}"
    coverage = Coverage(source.name, now, now, "ok", 1, evidence=evidence)
    store = open_settings_store(settings)
    new = store.save_collected(Collected((post,), (), coverage), None)
    store.close()
    return Added(post, source.label or source.name, bool(new), found.doubt)


def _fetched(settings: Settings, given: Given, clock: Clock) -> Found:
    archive = make_archive(settings) if settings.main.evidence.enabled else None
    with HttpClient(settings.main.crawl, archive=archive, clock=clock) as client:
        return read_page(client, given, clock())

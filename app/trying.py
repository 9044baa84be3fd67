"""One look at a source behind ``yuqing sources try``: what its selectors find, field by field. Nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from app.tables import print_table
from app.wiring import Kit, make_door, make_source
from config.models import AnySource
from config.settings import Settings
from crawlers.http import HttpClient
from crawlers.parse.selected import Fill
from crawlers.parse.selected_faults import list_fault, thread_fault
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig, NewsConfig
from crawlers.pollers.forum_pages import ForumPages
from crawlers.pollers.open_config import OpenConfig
from crawlers.tieba.config import TiebaConfig
from domain.clock import local, system_clock
from domain.coverage import SEEING
from domain.errors import ConfigError, SourceError
from domain.posts import Observation

_SHOWN_RECORDS = 5
_FIELDS = {
    "each": "每一项", "link": "链接", "id": "编号", "title": "标题", "replies": "回复数", "views": "浏览数",
    "last": "最后回复", "text": "正文", "author": "作者", "time": "时间", "likes": "赞", "next": "下一页",
}  # fmt: skip


def try_one(settings: Settings, name: str) -> bool:
    """Look at the source once and print what is found; False where something that must be there is not."""
    config = next((source for source in settings.sources.sources if source.name == name), None)
    if config is None:
        known = "、".join(source.name for source in settings.sources.sources) or "（一个也没有）"
        raise ConfigError([f"sources.yaml: 没有名为 “{name}” 的来源，已有：{known}"])
    if isinstance(config, ForumConfig):
        return _try_forum(config, settings)
    if isinstance(config, TiebaConfig):
        return _try_records(config.model_copy(update={"max_pages": 1}), settings)
    if isinstance(config, NewsConfig):
        few = {"max_pages": 1, "max_articles": _SHOWN_RECORDS, "reread_articles": 0}
        return _try_records(config.model_copy(update=few), settings, sample=True)
    if isinstance(config, FeedConfig | JsonApiConfig | OpenConfig):
        return _try_records(config, settings)
    click.echo(f"{config.kind} 类来源不用试读：运行 yuqing doctor 体检，或 yuqing sweep 做一次巡检。", err=True)
    return False


def _try_forum(config: ForumConfig, settings: Settings) -> bool:
    """One list page, and one page of the first thread on it."""
    with HttpClient(settings.main.crawl, delay_s=config.delay_s) as client:
        pages = ForumPages(client, config, system_clock(), time.monotonic() + 60 * config.max_minutes)
        try:
            listing = pages.listing(config.urls[0])
            _print_fills(f"列表页 {config.urls[0]}（标题“{listing.title}”）", listing.fills)
            if fault := list_fault(listing):
                raise fault
            url = listing.entries[0].url
            thread = pages.thread(url)
            _print_fills(f"帖子页 {url}（标题“{thread.title}”）", thread.fills)
            if fault := thread_fault(thread):
                raise fault
        except SourceError as error:
            click.echo(f"没有读成（{error.status}）：{error.cause}", err=True)
            return False
    return True


def _print_fills(heading: str, fills: Sequence[Fill]) -> None:
    click.echo(heading)
    rows = [
        (_FIELDS[fill.field], fill.field, fill.selector, f"{fill.found}/{fill.of}", fill.example or "（没有找到）")
        for fill in fills
    ]
    print_table(("字段", "配置项", "选择器", "找到", "第一个例子"), rows, "table")


def _try_records(config: AnySource, settings: Settings, *, sample: bool = False) -> bool:
    """All that a first visit brings, of which the first records are shown; a ``sample`` need not be the whole."""
    source = make_source(config, Kit(settings, make_door(settings)))
    collected = source.collect({}, system_clock())
    coverage = collected.coverage
    rows = [_row(seen) for seen in collected.observations[:_SHOWN_RECORDS]]
    print_table(("时间", "编号", "种类", "标题", "正文", "链接"), rows, "table")
    click.echo(
        f"共 {len(collected.observations)} 条，拒收 {len(collected.rejects)} 条，以上是前 {len(rows)} 条；没有入库"
    )
    if coverage.status not in SEEING:
        click.echo(f"没有看全（{coverage.status}）：{coverage.cause}", err=True)
    return (coverage.status in SEEING or (sample and coverage.status == "partial")) and bool(rows)


def _row(seen: Observation) -> tuple[str | None, ...]:
    at = f"{local(seen.published_at):%Y-%m-%d %H:%M}" if seen.published_at else None
    text = " ".join(seen.text.split())
    return at, seen.id, seen.kind, seen.title, text if len(text) <= 60 else f"{text[:59]}…", seen.url

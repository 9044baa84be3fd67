"""The commands of incidents: ``yuqing incidents list|show|merge|split|detach|undo|corrections``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.options import CONFIG, SHAPE
from domain.alerts import Level
from domain.clock import local, system_clock

if TYPE_CHECKING:
    from app.correcting import Corrector
    from domain.corrections import Correction
    from storage.store import SqlStore

POSTS = click.argument("posts", nargs=-1, required=True, metavar="来源:编号…")
_COLUMNS = ("编号", "级别", "传播指数", "帖数", "平台", "首帖", "最近", "标题", "也许同", "已并入")
_LIST = (
    "SELECT id, level, spread_index, posts, platforms, opened_at, last_post_at, title, maybe_same_as, merged_into"
    " FROM v_incidents {} ORDER BY last_post_at DESC, id"
)


def add_incidents(main: click.Group) -> None:
    """Give ``main`` the commands."""

    @main.group()
    def incidents() -> None:
        """看事件由哪些帖子组成、为什么；合并、拆分、移出，并可撤销。"""

    for command in (list_incidents, show, merge, split, detach, undo, list_corrections):
        incidents.add_command(command)


def signed(command: Callable[..., Any]) -> Callable[..., Any]:
    """With ``--by`` and ``--reason``: no correction without a name and a reason."""
    command = click.option("--reason", required=True, help="为什么")(command)
    return click.option("--by", required=True, help="何人（姓名或简称）")(command)


def _open(folder: Path) -> tuple[SqlStore, Corrector]:
    from app.correcting import Corrector
    from app.wiring import open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    store = open_settings_store(settings)
    return store, Corrector(store, settings.main.mail.domain)


@click.command(name="list")
@click.option("--all", "everything", is_flag=True, help="连同已经结束的")
@CONFIG
@SHAPE
def list_incidents(everything: bool, folder: Path, shape: str) -> None:
    """列出事件，最近有动静的在前。"""
    from app.tables import print_table
    from app.wiring import open_settings_store
    from config.settings import load_settings
    from storage.query import run_query

    settings = load_settings(folder)
    open_settings_store(settings).close()
    _columns, rows = run_query(settings.store_url, _LIST.format("" if everything else "WHERE closed_at IS NULL"))
    print_table(_COLUMNS, [_told(row) for row in rows], shape)


def _told(row: Sequence[Any]) -> tuple[Any, ...]:
    """Level, index and times as staff read them."""
    key, level, index, posts, platforms, opened, last, *rest = row
    times = (f"{local(datetime.fromisoformat(at)):%Y-%m-%d %H:%M}" for at in (opened, last))
    return (key, Level.of(level).label, "" if index is None else round(index), posts, platforms, *times, *rest)


@click.command()
@click.argument("incident")
@CONFIG
@SHAPE
def show(incident: str, folder: Path, shape: str) -> None:
    """看事件 INCIDENT 的每一条帖子，以及它为什么归在这里。"""
    from app.correcting import MEMBER_COLUMNS, member_rows
    from app.tables import print_table

    store, corrector = _open(folder)
    matter = corrector.matter(incident)
    store.close()
    if shape == "table":
        told = matter.incident
        click.echo(f"{told.id}《{told.title}》　{told.bank}　始于 {local(told.opened_at):%Y-%m-%d %H:%M}")
        if told.merged_into:
            click.echo(f"已并入 {told.merged_into}")
        if told.maybe_same_as:
            click.echo(f"也许与 {told.maybe_same_as} 是同一件事：是就合并，见 yuqing incidents merge")
    print_table(MEMBER_COLUMNS, member_rows(matter), shape)


@click.command()
@click.argument("one")
@click.argument("other")
@signed
@CONFIG
def merge(one: str, other: str, by: str, reason: str, folder: Path) -> None:
    """两个事件 ONE、OTHER 是同一件事：后起的并入先起的。"""
    store, corrector = _open(folder)
    done = corrector.merge(one, other, by.strip(), reason.strip(), system_clock())
    click.echo(f"{done.incident} 的 {len(done.posts)} 帖已并入 {done.target}；{_undoing(done)}")
    store.close()


@click.command()
@click.argument("incident")
@POSTS
@signed
@CONFIG
def split(incident: str, posts: tuple[str, ...], by: str, reason: str, folder: Path) -> None:
    """把事件 INCIDENT 里的几帖（连同其下的回复）另立为一个事件。"""
    store, corrector = _open(folder)
    done = corrector.split(incident, posts, by.strip(), reason.strip(), system_clock())
    click.echo(f"{len(done.posts)} 帖已从 {done.incident} 拆出，新事件是 {done.target}；{_undoing(done)}")
    store.close()


@click.command()
@click.argument("incident")
@POSTS
@signed
@CONFIG
def detach(incident: str, posts: tuple[str, ...], by: str, reason: str, folder: Path) -> None:
    """把不相干的几帖（连同其下的回复）移出事件 INCIDENT，以后也不再归入。"""
    store, corrector = _open(folder)
    done = corrector.detach(incident, posts, by.strip(), reason.strip(), system_clock())
    click.echo(f"{len(done.posts)} 帖已移出 {done.incident}；{_undoing(done)}")
    store.close()


@click.command()
@click.argument("number", type=int)
@signed
@CONFIG
def undo(number: int, by: str, reason: str, folder: Path) -> None:
    """撤销编号为 NUMBER 的更正。"""
    store, corrector = _open(folder)
    undone = corrector.undo(number, by.strip(), reason.strip(), system_clock())
    click.echo(f"更正 {number} 已撤销，帖子回到 {undone.incident}。")
    store.close()


@click.command(name="corrections")
@CONFIG
@SHAPE
def list_corrections(folder: Path, shape: str) -> None:
    """列出全部更正：何人、何时、为什么，有没有撤销。"""
    from app.correcting import CORRECTION_COLUMNS, correction_rows
    from app.tables import print_table

    store, _corrector = _open(folder)
    print_table(CORRECTION_COLUMNS, correction_rows(store.corrections()), shape)
    store.close()


def _undoing(done: Correction) -> str:
    return f"传播指数和级别在下一次巡检时重算。撤销：yuqing incidents undo {done.key}"

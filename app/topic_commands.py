"""The commands ``yuqing topics …``: the taxonomy as a table, and its examples read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.topics_check import Judged
    from nlp.proofread import Fault

FOLDER = click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="配置目录（可选，用其中的 topics.yaml 和 banks.yaml）",
)


def add_topics(main: click.Group) -> None:
    """Give ``main`` the commands."""

    @main.group()
    def topics() -> None:
        """看主题表；检查主题、词和例句。"""

    @topics.command(name="list")
    @FOLDER
    @click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", help="输出格式")
    def list_topics(folder: Path | None, shape: str) -> None:
        """列出主题：代码、名称、条线、部门，对应的投诉分类（JR/T 0169-2018）和把握。"""
        from app.tables import print_table
        from app.topics import COLUMNS, NAMES, topics_table
        from config.settings import load_settings
        from nlp.lexicon import load_taxonomy

        taxonomy = load_taxonomy(load_settings(folder).taxonomy_override if folder else None)
        print_table(NAMES if shape == "json" else COLUMNS, topics_table(taxonomy.topics), shape)

    @topics.command(name="check")
    @FOLDER
    @click.option("--all", "everything", is_flag=True, help="内置的主题和例句也逐条列出，也算进结果")
    def check_topics(folder: Path | None, everything: bool) -> None:
        """用写在主题旁边的例句检查主题表，并校对写法；本行的 topics.yaml 有要改的，以状态 1 结束。"""
        sys.exit(_check(folder, everything=everything))


def _check(folder: Path | None, *, everything: bool) -> int:
    from app.topics_check import STAND_IN, judge, nameless
    from app.wiring import make_analyser
    from config.settings import load_settings
    from nlp.lexicon import build, load_books
    from nlp.proofread import proofread

    settings = load_settings(folder) if folder else None
    files = load_books(settings.taxonomy_override if settings else None)
    taxonomy = build(files)
    banks = [config.bank() for config in settings.banks.banks] if settings else [STAND_IN]
    judged = judge(files, taxonomy, make_analyser(settings), banks)
    names = {topic.code: topic.label for topic in taxonomy.topics}
    faults = [*proofread(files), *nameless(judged)]
    own = [one for one in judged if one.own]
    if any(file.own for file in files):
        click.echo(f"本行的 topics.yaml：{_summary(own)}")
        _print(own, names)
    elif folder:
        click.echo(f"{folder} 里没有 topics.yaml，用的是内置主题表。")
    shipped = [one for one in judged if not one.own]
    click.echo(f"内置主题：{_summary(shipped)}" + ("" if everything else "（只供参考；逐条看请加 --all）"))
    _print(shipped, names, details=everything)
    return _conclude([one for one in judged if one.own or everything], [f for f in faults if f.own or everything])


def _summary(judged: Sequence[Judged]) -> str:
    return f"例句 {len(judged)} 条，读对 {sum(one.right for one in judged)} 条"


def _print(judged: Sequence[Judged], names: dict[str, str], *, details: bool = True) -> None:
    from app.tables import print_table
    from app.topics_check import COLUMNS, tally, told

    if judged:
        print_table(COLUMNS, tally(judged), "table")
    for one in judged if details else ():
        if not one.right:
            click.echo("\n".join(told(one, names)))


def _conclude(judged: Sequence[Judged], faults: Sequence[Fault]) -> int:
    """Print the faults and what is to be done; the exit status."""
    for fault in sorted(faults, key=lambda fault: not fault.grave):
        click.echo(f"{'✗' if fault.grave else '提醒'} {fault.place} {fault.said}")
    wrong, grave = sum(not one.right for one in judged), sum(fault.grave for fault in faults)
    if wrong or grave:
        click.echo(f"要改的：读错的例句 {wrong} 条，写法有误 {grave} 处。")
        return 1
    click.echo("没有要改的。")
    return 0

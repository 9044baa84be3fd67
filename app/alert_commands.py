"""The commands of alerts: ``yuqing alerts list``, ``explain``, ``ack``, ``assign``, ``silence`` and so on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.options import CONFIG, SHAPE
from domain.alerts import Level
from domain.clock import system_clock, to_utc
from domain.posts import PLATFORMS

if TYPE_CHECKING:
    from config.settings import Settings
    from pipeline.acting import By
    from storage.store import SqlStore

BY = click.option("--by", "name", required=True, help="何人（姓名或简称）")
NOTE = click.option("--note", "words", help="备注")
INCIDENT = click.argument("incident")
MAILED = {level.code: level for level in (Level.YELLOW, Level.ORANGE, Level.RED)}


def add_alerts(main: click.Group) -> None:
    """Give ``main`` the commands."""

    @main.group()
    def alerts() -> None:
        """看预警、说明为什么；确认、标误报、交办，暂停和恢复通报。"""

    for command in (
        list_alerts, explain, ack, false_alarm, assign, note, silence, unsilence, list_silences, replay,
    ):  # fmt: skip
        alerts.add_command(command)


def _open(folder: Path) -> tuple[Settings, SqlStore]:
    from app.wiring import open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    return settings, open_settings_store(settings)


def _by(name: str) -> By:
    from pipeline.acting import By

    return By(name, system_clock())


@click.command(name="list")
@CONFIG
@SHAPE
def list_alerts(folder: Path, shape: str) -> None:
    """列出黄色以上、或通报过还没有解除的事件：谁确认了、交给谁、下次何时催办。"""
    from app.alerting import COLUMNS, AlertDesk
    from app.tables import print_table

    settings, store = _open(folder)
    rows = AlertDesk(settings, store, system_clock()).table()
    print_table(COLUMNS, rows, shape)
    if not rows:
        click.echo("现在没有黄色以上的事件。", err=True)


@click.command()
@INCIDENT
@CONFIG
def explain(incident: str, folder: Path) -> None:
    """说明事件 INCIDENT 为什么是这个级别、离上一级还差什么、为什么发了或没有发邮件。"""
    from app.alert_explain import explanation
    from app.alerting import AlertDesk

    settings, store = _open(folder)
    for line in explanation(AlertDesk(settings, store, system_clock()).known(incident)):
        click.echo(line)


@click.command()
@INCIDENT
@BY
@NOTE
@CONFIG
def ack(incident: str, name: str, words: str | None, folder: Path) -> None:
    """确认收到事件 INCIDENT 的预警：这一级不再催办；升级时照样通报。"""
    from pipeline.acting import acknowledge

    done = acknowledge(_open(folder)[1], incident, _by(name), words)
    click.echo(f"{done.by} 已确认事件 {done.incident} 的{done.level.label}预警，这一级不再催办；升级时照样通报。")


@click.command(name="false-alarm")
@INCIDENT
@BY
@NOTE
@CONFIG
def false_alarm(incident: str, name: str, words: str | None, folder: Path) -> None:
    """把事件 INCIDENT 标为误报：不再催办，扩大也不再通报，直到升到更高的级别。"""
    from pipeline.acting import false_alarm as mark

    done = mark(_open(folder)[1], incident, _by(name), words)
    click.echo(f"事件 {done.incident} 已标为误报（{done.level.label}）：不再催办，升到更高级别以前不再通报。")


@click.command()
@INCIDENT
@click.option("--to", required=True, help="交给哪个部门")
@BY
@CONFIG
def assign(incident: str, to: str, name: str, folder: Path) -> None:
    """把事件 INCIDENT 交给一个部门处理。交办不等于确认，催办照旧。"""
    from pipeline.acting import assign as give

    done = give(_open(folder)[1], incident, to, _by(name))
    click.echo(f"事件 {done.incident} 已交给 {done.detail}。")


@click.command()
@INCIDENT
@click.argument("words")
@BY
@CONFIG
def note(incident: str, words: str, name: str, folder: Path) -> None:
    """在事件 INCIDENT 上记一条备注 WORDS。"""
    from pipeline.acting import note as write

    done = write(_open(folder)[1], incident, words, _by(name))
    click.echo(f"已记在事件 {done.incident} 上。")


def _matcher(command: Callable[..., Any]) -> Callable[..., Any]:
    """With the options that say what a silence is for."""
    for option in (
        click.option("--words", help="标题里的词"),
        click.option("--source", help="只在这一个来源上的事件"),
        click.option("--platform", type=click.Choice(PLATFORMS), help="只在这一个平台上的事件"),
        click.option("--branch", help="网点，照 banks.yaml 里的写法"),
        click.option("--topic", help="主题代码"),
        click.option("--bank", help="哪家银行；不写是所有银行"),
        click.argument("incident", required=False),
    ):
        command = option(command)
    return command


@click.command()
@_matcher
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="几小时")
@click.option("--until", "moment", help="到何时，例如 2026-03-17T12:00")
@click.option("--max-level", type=click.Choice(list(MAILED)), help="暂停到哪一级；不写是事件现在的级别，或黄色")
@BY
@click.option("--reason", required=True, help="为什么")
@CONFIG
def silence(
    hours: float | None,
    moment: str | None,
    max_level: str | None,
    name: str,
    reason: str,
    folder: Path,
    **matcher: str | None,
) -> None:
    """暂停通报：事件 INCIDENT，或符合各项条件的所有事件。更高的级别照样通报；到期自动恢复。"""
    from alerts.silences import scope, told
    from pipeline.acting import Scope
    from pipeline.acting import silence as place

    settings, store = _open(folder)
    _check(settings, matcher)
    by = _by(name)
    placed = place(store, Scope(**matcher), _end(hours, moment, by.at), reason, by, MAILED.get(max_level or ""))
    click.echo(f"已暂停通报，最高到{placed.max_level.label}（{told(placed)}）。范围：{scope(placed)}。")
    if placed.max_level is Level.RED:
        click.echo("注意：连红色也不会发邮件。", err=True)


def _end(hours: float | None, moment: str | None, now: datetime) -> datetime:
    if (hours is None) == (moment is None):
        raise click.UsageError("请用 --hours 写明几小时，或用 --until 写明到何时（二者选一）")
    if hours is not None:
        return now + timedelta(hours=hours)
    try:
        return to_utc(datetime.fromisoformat(moment or ""))
    except ValueError:
        raise click.UsageError(f"“{moment}” 不是时间，应写成 2026-03-17T12:00") from None


def _check(settings: Settings, matcher: Mapping[str, str | None]) -> None:
    """What is not in the configuration matches nothing: a slip is said at once."""
    from nlp.lexicon import load_taxonomy

    banks = settings.banks.banks
    known = {
        "bank": [bank.name for bank in banks],
        "branch": [branch for bank in banks for branch in bank.branches],
        "source": [source.name for source in settings.sources.sources],
        "topic": [topic.code for topic in load_taxonomy(settings.taxonomy_override).topics],
    }
    for option, names in known.items():
        given = matcher[option]
        if given is not None and given not in names:
            raise click.UsageError(f"--{option} {given}：配置里没有；{_nearest(given, names)}")


def _nearest(given: str, names: Sequence[str]) -> str:
    near = get_close_matches(given, names, n=1, cutoff=0.5)
    return f"是不是 {near[0]}？" if near else f"可用的有：{'、'.join(names) or '（没有）'}"


@click.command()
@click.argument("number", type=int)
@BY
@CONFIG
def unsilence(number: int, name: str, folder: Path) -> None:
    """提前结束 NUMBER 号暂停通报；其间没有发、现在仍成立的会补发。"""
    from pipeline.acting import unsilence as lift

    lifted = lift(_open(folder)[1], number, _by(name))
    click.echo(f"{lifted.key} 号暂停通报已结束；其间没有发、现在仍成立的，下一次检查时补发。")


@click.command(name="silences")
@click.option("--all", "everything", is_flag=True, help="连同已经结束的")
@CONFIG
@SHAPE
def list_silences(everything: bool, folder: Path, shape: str) -> None:
    """列出暂停通报：范围、到何时、何人、为什么。"""
    from app.alerting import SILENCE_COLUMNS, AlertDesk
    from app.tables import print_table

    settings, store = _open(folder)
    print_table(SILENCE_COLUMNS, AlertDesk(settings, store, system_clock()).silences(everything=everything), shape)


@click.command()
@INCIDENT
@CONFIG
def replay(incident: str, folder: Path) -> None:
    """用当时的规则和数字把事件 INCIDENT 的每个决定重做一遍，看结果是否一样；不一样时退出码为 1。"""
    from app.alerting import AlertDesk

    settings, store = _open(folder)
    results = list(AlertDesk(settings, store, system_clock()).replay(incident))
    for same, told in results:
        click.echo(f"{'✓' if same else '✗'} {told}")
    different = sum(not same for same, _ in results)
    click.echo(f"共 {len(results)} 个决定，{f'{different} 个与记录不同' if different else '都与记录相同'}。")
    sys.exit(1 if different else 0)

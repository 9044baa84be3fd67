"""The commands that look back: ``yuqing backtest`` and ``yuqing whatif``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.options import CONFIG, FILE

if TYPE_CHECKING:
    from evaluation.past_list import PastList


def add_lookback(main: click.Group) -> None:
    """Give ``main`` the commands."""
    main.add_command(backtest)
    main.add_command(whatif)


@click.command()
@click.option("--input", "archive", required=True, type=FILE, help="观察记录（JSONL）")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="结果目录")
@click.option("--every", "minutes", default=60, show_default=True, type=click.IntRange(5, 1440), help="多少分钟看一次")
@click.option("--reminders", is_flag=True, help="把催办邮件也算上（回看里没有人确认，每一级都会催到底）")
@click.option("--past", "remembered", type=FILE, help="以往事件的清单（CSV 或 XLSX），看比人早多少、漏了哪些")
@CONFIG
def backtest(archive: Path, out: Path, minutes: int, reminders: bool, remembered: Path | None, folder: Path) -> None:
    """回看：按观察时间重放一份档案，看当时会归成哪些事件、发出哪些预警。"""
    from datetime import timedelta

    from app.backtest import run_backtest
    from config.settings import load_settings

    settings, past = load_settings(folder), _past(remembered)
    summary, refused = run_backtest(settings, archive, out, timedelta(minutes=minutes), reminders=reminders, past=past)
    click.echo(
        f"{summary['days']} 天：事件 {summary['incidents']} 起，预警邮件 {summary['alerts']} 封"
        f"（每天 {summary['alerts_a_day']:.2f} 封），涉及事件 {summary['alerted_incidents']} 起"
    )
    click.echo(f"明细在 {out}：incidents.jsonl、notices.jsonl、summary.json")
    if refused:
        click.echo(f"拒收 {refused} 行，原因在档案旁的 .rejects.jsonl", err=True)
    if past is not None:
        from evaluation.past_report import told

        click.echo(f"{told(summary['past'])}；逐起见 past.csv、past.md")


def _past(file: Path | None) -> PastList | None:
    """The list, before the long work begins; its bad rows are told at once."""
    if file is None:
        return None
    from evaluation.past_list import read_past

    past = read_past(file)
    for refusal in past.refused:
        click.echo(f"{file.name} 第 {refusal.row} 行没有用：{refusal.reason}", err=True)
    return past


@click.command()
@click.option(
    "--rule", "rules", multiple=True, metavar="规则", help='改什么，例如 "yellow: authors>=6"；可以写多次，依次生效'
)
@click.option("--alerts", type=FILE, help="另一份 alerts.yaml，代替现行的；--rule 在它上面改")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="回看库里最近多少天")
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", help="输出格式")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="另画一张图（PNG）")
@CONFIG
def whatif(
    rules: tuple[str, ...], alerts: Path | None, days: int, shape: str, picture: Path | None, folder: Path
) -> None:
    """假如门槛不同：用库里最近若干天的数据重判一遍，看哪些预警会多、会少、早了、晚了。不写库，不发信。

    规则写法：级别: 指标>=数字；级别/规则名: 指标>=数字；级别: off；cooldown_hours=6。详见 docs/looking-back.md。
    """
    from app.whatif import Asked, look_back, paint, tell
    from config.settings import load_settings

    comparison = look_back(load_settings(folder), Asked(rules, alerts, days))
    tell(comparison, shape)
    if picture is not None:
        paint(comparison, picture)
        click.echo(f"图在 {picture}", err=True)

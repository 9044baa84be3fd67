"""The command line. Progress goes to stderr, results to stdout.

Exit status: 0 done; 1 done but something needs a person; 2 bad arguments or configuration. The rooms are imported
inside the commands, so that ``yuqing --help`` is quick and no command pays for another's packages.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.alert_commands import add_alerts
from app.evaluate_command import add_evaluate
from app.explain_command import add_explain
from app.feedback_commands import add_feedback
from app.incident_commands import add_incidents
from app.lookback_commands import add_lookback
from app.options import CONFIG, FILE, Moment
from app.serve_command import add_serve
from app.topic_commands import add_topics
from app.verbose import verbosity_of, verbosity_option
from domain.clock import system_clock
from domain.errors import ConfigError, YuqingError
from domain.posts import PLATFORMS


class Commands(click.Group):
    """Turns the house's own errors into a message and an exit status; every command takes ``-v``."""

    group_class = type

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with ``-v`` among its options."""
        cmd.params.append(verbosity_option())
        super().add_command(cmd, name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a ConfigError ends with 2, every other error of ours with 1."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo("配置有误：\n" + "\n".join(f"  {line}" for line in error.problems), err=True)
            sys.exit(2)
        except YuqingError as error:
            click.echo(f"未能完成：{error}", err=True)
            sys.exit(1)


@click.group(cls=Commands, params=[verbosity_option()])
@click.version_option(package_name="yuqing", message="%(version)s")
def main() -> None:
    """舆情：为小银行采集、研读、归并、度量公开言论，并及时预警。"""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """在 FOLDER 生成一份带说明的配置目录。"""
    from app.starting import write_starting_folder

    for path in write_starting_folder(folder):
        click.echo(f"已生成 {path}")
    click.echo("接下来：改 banks.yaml 里的银行名称，改 sources.yaml 里的来源，填 yuqing.yaml 里的邮件服务器，")
    click.echo(f"然后运行 yuqing doctor --config {folder}")


@main.command()
@CONFIG
@click.option("--at", "moment", type=Moment(), help="把这一刻当作现在（回看和演示用）")
def sweep(folder: Path, moment: datetime | None) -> None:
    """做一次巡检：采集、研读、归并、度量、研判、投递、日报。"""
    from app.checkup import sent_to_nobody
    from app.progress import Bars
    from app.wiring import clock_at, make_parts
    from config.settings import load_settings
    from pipeline.collect import blind
    from pipeline.sweep import sweep as run_sweep

    settings = load_settings(folder)
    with Bars() as bars:
        report = run_sweep(make_parts(settings, bars, clock_at(moment)))
    if report is None:
        click.echo("另一次巡检正在进行，本次没有运行。", err=True)
        sys.exit(1)
    click.echo(f"巡检完成：{report.summary()}")
    for coverage in blind(list(report.coverages)):
        click.echo(f"  未看全：{coverage.source}（{coverage.status}）{coverage.cause or ''}")
    if nobody := sent_to_nobody(settings):
        click.echo(f"提醒：{nobody}没有收件人（alerts.yaml 的 recipients），写好了也没有寄给任何人。", err=True)
    sys.exit(1 if report.attention else 0)


@main.command()
@CONFIG
def schedule(folder: Path) -> None:
    """常驻运行：每日巡检、回访、投递。"""
    from config.settings import load_settings

    load_settings(folder)
    # The clock stands above the doors and nobody imports it, so this process becomes it.
    said = ["-v"] * verbosity_of(click.get_current_context())
    os.execv(sys.executable, [sys.executable, "-m", "scheduler", "--config", str(folder), *said])


@main.command(name="add")
@click.argument("link", metavar="[URL]", required=False)
@click.option("--text", help="复制下来的正文；写 - 则从标准输入读")
@click.option("--title", help="标题")
@click.option("--platform", type=click.Choice(PLATFORMS), help="哪个平台的；有链接时由链接判断")
@click.option("--url", help="正文所在的网页")
@click.option("--at", "moment", type=Moment(), help="什么时候发表的")
@CONFIG
def add_found(
    link: str | None,
    text: str | None,
    title: str | None,
    platform: str | None,
    url: str | None,
    moment: datetime | None,
    folder: Path,
) -> None:
    """录入人工发现的一个网页（URL），或复制下来的文字（--text）。短视频和要登录的网页请用 --text。"""
    from app.adding import add, given
    from config.settings import load_settings

    found = given(link or url, text, title, platform, moment)
    added = add(load_settings(folder), found)
    for line in added.lines():
        click.echo(line)
    click.echo(f"下一次巡检会研读它；现在就看：yuqing sweep --config {folder}")


@main.group(name="import")
def import_() -> None:
    """把文件里的记录导入库中。"""


@import_.command(name="posts")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@CONFIG
def import_posts(files: tuple[Path, ...], folder: Path) -> None:
    """导入观察记录（JSONL，见数据约定），或 MediaCrawler 写下的文件、文件夹。坏行另存为 .rejects.jsonl。"""
    from app.importing import import_file
    from app.wiring import make_door, open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    store, door = open_settings_store(settings), make_door(settings)
    refused = 0
    for file in files:
        count = import_file(file, store, door, system_clock())
        refused += count.refused
        name = file.name or file
        click.echo(f"{name}：读入 {count.observations} 条观察，新帖 {count.new} 条，拒收 {count.refused} 行")
        if count.rejects_file:
            click.echo(f"  拒收的行和原因在 {count.rejects_file}")
    sys.exit(1 if refused else 0)


@main.command()
@click.option("--input", "source", required=True, type=FILE, help="待研读的 JSONL")
@click.option("--output", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="结果 JSONL")
@click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="配置目录（可选，用其中的 topics.yaml）",
)
def analyse(source: Path, target: Path, folder: Path | None) -> None:
    """只做研读：逐条判断是否说到本行、说了什么、有多负面，并给出依据。"""
    from app.analyse import analyse_file
    from app.wiring import make_analyser
    from config.settings import load_settings

    count = analyse_file(source, target, make_analyser(load_settings(folder) if folder else None))
    for problem in count.problems:
        click.echo(problem, err=True)
    click.echo(f"已研读 {count.done} 条" + (f"，跳过坏行 {len(count.problems)} 行" if count.problems else ""))
    sys.exit(1 if count.problems else 0)


@main.command()
@click.argument("sql")
@CONFIG
@click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", help="输出格式")
def query(sql: str, folder: Path, shape: str) -> None:
    """对数据字典里的视图做只读查询。"""
    from app.tables import print_table
    from config.settings import load_settings
    from storage.query import run_query

    columns, rows = run_query(load_settings(folder).store_url, sql)
    print_table(columns, rows, shape)


@main.command()
@click.argument("words")
@CONFIG
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="最多几条")
def search(words: str, folder: Path, limit: int) -> None:
    """在全部帖子里找一段原文（新的在前）。"""
    from app.tables import print_table
    from app.wiring import open_settings_store
    from config.settings import load_settings
    from domain.clock import local

    found = open_settings_store(load_settings(folder)).search(words, limit)
    rows = [
        (f"{local(post.moment):%Y-%m-%d %H:%M}", post.source, post.id, post.full_text[:80], post.url) for post in found
    ]
    print_table(("时间", "来源", "编号", "原文", "链接"), rows, "table")
    if not found:
        click.echo("没有找到。", err=True)


@main.command()
@click.argument("incident")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="写到哪个目录（须是空的）")
@CONFIG
def evidence(incident: str, out: Path, folder: Path) -> None:
    """把事件 INCIDENT 依据的网页、清单、校验值和封面写进一个目录，供查阅和移交。"""
    from app.evidence import SUMS, write_evidence
    from app.evidence_cover import COVER
    from config.settings import load_settings

    export = write_evidence(load_settings(folder), incident, out, system_clock())
    click.echo(f"网页 {len(export.sheets)} 份，没有网页的帖子 {len(export.gaps)} 条；请先看 {out / COVER}")
    click.echo(f"{SUMS} 的 SHA-256（移交时请另行记下）：{export.seal}")
    for sheet in export.damaged:
        click.echo(f"  网页 {sheet.number:03}：{sheet.fault}", err=True)
    sys.exit(1 if export.damaged else 0)


@main.command()
@click.argument("incident", required=False)
@click.option("--by", help="谁设定或解除")
@click.option("--reason", help="为什么")
@click.option("--lift", "lifts", is_flag=True, help="解除")
@click.option("--number", type=int, help="解除哪一项（有几项时）")
@click.option("--list", "lists", is_flag=True, help="列出所有保全，包括已解除的")
@CONFIG
def hold(
    incident: str | None,
    by: str | None,
    reason: str | None,
    lifts: bool,
    number: int | None,
    lists: bool,
    folder: Path,
) -> None:
    """保全事件 INCIDENT 的证据：无论多久都不清理，直到有人解除。"""
    from app import holding
    from app.tables import print_table
    from app.wiring import open_settings_store
    from config.settings import load_settings

    store = open_settings_store(load_settings(folder))
    if lists:
        print_table(holding.COLUMNS, holding.table(store), "table")
    elif incident is None:
        raise click.UsageError("请写明事件编号，或用 --list 列出所有保全")
    elif lifts:
        lifted, others = holding.lift(store, incident, by, number, system_clock())
        after = f"另有 {others} 项保全仍有效" if others else "其网页从此按保存期清理"
        click.echo(f"已解除事件 {lifted.incident} 的保全（编号 {lifted.key}）；{after}。")
    else:
        placed = holding.place(store, incident, by, reason, system_clock())
        click.echo(f"已保全事件 {placed.incident}（编号 {placed.key}）：其网页不再清理，直到有人解除。")


@main.command()
@CONFIG
def doctor(folder: Path) -> None:
    """体检：配置、库、邮件、来源、时钟；有问题时说明怎样改。"""
    from app.checkup import checkup
    from config.settings import load_settings

    findings = checkup(load_settings(folder))
    for finding in findings:
        click.echo(f"{'✓' if finding.well else '✗'} {finding.subject}：{finding.detail}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)


@main.group(invoke_without_command=True)
@click.option("--config", "folder", type=click.Path(path_type=Path, file_okay=False), help="配置目录")
@click.pass_context
def sources(context: click.Context, folder: Path | None) -> None:
    """看来源：不带子命令时列出各来源的情况；或试读一个来源。"""
    if context.invoked_subcommand is None:
        if folder is None:
            raise click.UsageError("请写明配置目录：yuqing sources --config 目录")
        _print_sources(folder)


@sources.command(name="list")
@CONFIG
def list_sources(folder: Path) -> None:
    """列出每个来源：状态、上次看到、每日新帖、往常、从何时起看不到、下次何时看。"""
    _print_sources(folder)


def _print_sources(folder: Path) -> None:
    from app.sources_table import COLUMNS, sources_table
    from app.tables import print_table
    from app.wiring import open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    store = open_settings_store(settings)
    print_table(COLUMNS, sources_table(settings, store, system_clock()), "table")
    store.close()


@sources.command(name="try")
@click.argument("name")
@CONFIG
def try_source(name: str, folder: Path) -> None:
    """试读来源 NAME 的一页，逐项说明选择器找到了什么；什么都不入库。"""
    from app.trying import try_one
    from config.settings import load_settings

    sys.exit(0 if try_one(load_settings(folder), name) else 1)


add_topics(main)
add_explain(main)
add_evaluate(main)
add_feedback(main)
add_alerts(main)
add_incidents(main)
add_lookback(main)
add_serve(main)

"""The commands of feedback: ``yuqing label``, ``review``, ``train`` and ``model …``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.options import CONFIG, SHAPE
from domain.clock import local, system_clock
from domain.errors import RecordError

if TYPE_CHECKING:
    from app.labelling import Desk, Said
    from config.settings import Settings
    from domain.feedback import ModelRecord
    from nlp.lexicon import Taxonomy
    from storage.store import SqlStore

NO_TOPIC = "无"


def add_feedback(main: click.Group) -> None:
    """Give ``main`` the commands."""
    for command in (label, review, train):
        main.add_command(command)

    @main.group()
    def model() -> None:
        """看本行训练的模型，换回以前的，比较两个模型读出的不同。"""

    for command in (list_models, show_model, rollback, compare_models):
        model.add_command(command)


def _open(folder: Path) -> tuple[Settings, SqlStore]:
    from app.wiring import open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    return settings, open_settings_store(settings)


def _taxonomy(settings: Settings) -> Taxonomy:
    from nlp.lexicon import load_taxonomy

    return load_taxonomy(settings.taxonomy_override)


def _names(settings: Settings) -> dict[str, str]:
    return {topic.code: topic.label for topic in _taxonomy(settings).topics}


@click.command()
@click.argument("post", metavar="[来源:编号]", required=False)
@CONFIG
@click.option("--by", help="谁判的（姓名或简称）")
@click.option("--bank", help="哪家银行（只关注一家时不用写）")
@click.option("--about/--not-about", default=None, help="是／不是说本行")
@click.option("--negative/--not-negative", default=None, help="是／不是负面")
@click.option("--topic", "topics", multiple=True, help="抱怨的主题，代码或名称，可写几个；“无”表示没有主题")
@click.option("--severity", type=click.IntRange(1, 3), help="严重程度：1 抱怨，2 具体的事，3 损失资金、违法、聚集")
@click.option("--note", help="备注")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="一次记许多条：CSV 或 JSONL")
@click.option("--list", "lists", is_flag=True, help="列出现行的判定")
@SHAPE
def label(
    post: str | None,
    folder: Path,
    by: str | None,
    bank: str | None,
    about: bool | None,
    negative: bool | None,
    topics: tuple[str, ...],
    severity: int | None,
    note: str | None,
    file: Path | None,
    lists: bool,
    shape: str,
) -> None:
    """记下分析人员对帖子“来源:编号”的判定：读对了，还是误报、漏报、主题不对。没有写明的，按系统读出的算。"""
    from app.labelling import COLUMNS, Said, labels_table
    from app.tables import print_table

    settings, store = _open(folder)
    if lists:
        print_table(COLUMNS, labels_table(store, _taxonomy(settings)), shape)
        return
    if (post is None) == (file is None):
        raise click.UsageError("请写明一个帖子（来源:编号），或用 --file 给一个文件，或用 --list 列出")
    desk = _desk(settings, store, by)
    if file is not None:
        sys.exit(_label_file(file, desk))
    named = None if not topics else tuple(topic for topic in topics if topic != NO_TOPIC)
    _label_one(post or "", bank, Said(about, negative, named, severity), note, desk)


def _desk(settings: Settings, store: SqlStore, by: str | None) -> Desk:
    from app.labelling import Desk

    if not (by and by.strip()):
        raise click.UsageError("请用 --by 写明谁判的，例如 --by 王分析")
    banks = tuple(config.name for config in settings.banks.banks)
    return Desk(store, _taxonomy(settings), banks, by, system_clock())


def _label_one(post: str, bank: str | None, said: Said, note: str | None, desk: Desk) -> None:
    from app.labelling import parse_address, told

    try:
        made = desk.judge(*parse_address(post), bank, said, note)
    except RecordError as error:
        raise click.UsageError(error.detail) from None
    desk.store.save_labels([made])
    click.echo(f"已记下 {told(made, desk.taxonomy)}")


def _label_file(file: Path, desk: Desk) -> int:
    from app.labelling import label_file

    try:
        count = label_file(file, desk)
    except RecordError as error:
        raise click.UsageError(error.detail) from None
    blank = f"，没有填判定的 {count.blank} 行" if count.blank else ""
    click.echo(f"{file.name}：记下判定 {len(count.kept)} 条，拒收 {len(count.rejects)} 行{blank}")
    for reject in count.rejects[:5]:
        click.echo(f"  第 {reject.line} 行：{reject.detail}")
    if count.rejects:
        click.echo(f"  拒收的行和原因都在 {count.rejects_file}")
    return 1 if count.rejects else 0


@click.command()
@CONFIG
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 20), help="最多几条（每天最多 20 条）")
@click.option("--score", "scores", is_flag=True, help="不排队，只看随机抽查算出的准确率")
@SHAPE
def review(folder: Path, limit: int, scores: bool, shape: str) -> None:
    """列出最值得分析人员判的帖子，并写明怎样作答；csv 格式可以填好后交给 yuqing label --file。"""
    from app.review import Queue, live
    from app.review_table import COLUMNS, block, live_lines, records, rows
    from app.tables import print_table
    from app.wiring import make_analyser

    settings, store = _open(folder)
    if scores:
        click.echo("\n".join(live_lines(live(store))))
        return
    asked = Queue(settings, store, make_analyser(settings), system_clock()).fill(limit)
    names = _names(settings)
    if shape == "csv":
        print_table(COLUMNS, rows(asked, names), shape)
    elif shape == "json":
        click.echo(json.dumps(records(asked, names, str(folder)), ensure_ascii=False, indent=1))
    elif not asked:
        click.echo("没有要判的：今天的已经判完，或者近期没有拿不准的帖子。", err=True)
    for number, one in enumerate(asked, start=1) if shape == "table" else ():
        click.echo(block(number, one, names, str(folder), banks=len(settings.banks.banks) > 1))


@click.command()
@CONFIG
def train(folder: Path) -> None:
    """用积累的判定训练新模型；在固定测试集上不变差、在判定上变好，才采用。约二十分钟。"""
    from app import training
    from app.progress import Bars

    settings, store = _open(folder)
    with Bars() as bars:
        trained = training.train(settings, store, bars, system_clock)
    _print_record(trained.record)
    for version in trained.removed:
        click.echo(f"旧模型 {version} 的文件已删去（保留最近 {settings.main.feedback.keep_models} 个），换不回去了。")
    if trained.record.taken:
        click.echo(
            f"下一次巡检用它把库里的帖子重读一遍，以前的读法留着；看变化：yuqing model compare --config {folder}"
        )


def _print_record(record: ModelRecord) -> None:
    from app.tables import print_table
    from evaluation.gate import FEEDBACK, FROZEN

    taken = "采用" if record.taken else "没有采用，仍用原来的"
    click.echo(f"{record.version}（{local(record.trained_at):%Y-%m-%d %H:%M}，判定 {record.labels} 条）：{taken}")
    click.echo(f"原因：{record.reason}")
    titles = {**FROZEN, FEEDBACK: "判定上的得分"}
    figures = [(titles[name], f"{old:.4f}", f"{new:.4f}") for name, (old, new) in record.scores.items()]
    print_table(("指标", "原来", "新模型"), figures, "table")


@click.command(name="list")
@CONFIG
@SHAPE
def list_models(folder: Path, shape: str) -> None:
    """列出每次训练：采用没有、得分、现在用哪个。"""
    from app.models import COLUMNS, models_table
    from app.tables import print_table

    _settings, store = _open(folder)
    print_table(COLUMNS, models_table(store), shape)


@click.command(name="show")
@click.argument("version", required=False)
@CONFIG
def show_model(version: str | None, folder: Path) -> None:
    """看一次训练（默认正在使用的）的得分、原因和数据，以及换过哪些模型、抽查的准确率。"""
    from app.models import changes_lines, model_in_use, named, record_lines
    from app.review import live
    from app.review_table import live_lines

    settings, store = _open(folder)
    used = model_in_use(settings, store)
    wanted = version or used.name
    record = next((one for one in store.models() if one.version == wanted), None)
    if record is not None:
        _print_record(record)
        click.echo("\n".join(record_lines(record)))
    elif wanted != used.name:
        raise click.UsageError(f"没有训练过 {wanted}；见 yuqing model list")
    click.echo(f"正在使用：{named(used.name)}" + (f"（{used.problem}）" if used.problem else ""))
    click.echo("\n".join([*changes_lines(store), *live_lines(live(store))]))
    sys.exit(1 if used.problem else 0)


@click.command()
@click.argument("version", required=False)
@CONFIG
@click.option("--by", help="谁换的")
@click.option("--reason", help="为什么")
def rollback(version: str | None, folder: Path, by: str | None, reason: str | None) -> None:
    """换回前一个模型，或指定的 VERSION（内置模型写 shipped）。"""
    from app.models import named, roll_back

    settings, store = _open(folder)
    change = roll_back(settings, store, version, by, reason, system_clock())
    click.echo(f"从现在起用{named(change.version)}；下一次巡检用它重读。")


@click.command(name="compare")
@click.argument("old", required=False)
@click.argument("new", required=False)
@CONFIG
@click.option("--bank", help="哪家银行（只关注一家时不用写）")
@SHAPE
def compare_models(old: str | None, new: str | None, folder: Path, bank: str | None, shape: str) -> None:
    """比较两个模型在库里读出的不同：默认是最近一次重读前后的；也可以写模型或读法的版本。"""
    from app.comparing import COLUMNS, TOPIC_COLUMNS, compare, difference_rows, topic_rows
    from app.tables import print_table

    settings, store = _open(folder)
    banks = [config.name for config in settings.banks.banks]
    if bank not in banks and (bank or len(banks) > 1):
        raise click.UsageError(f"请用 --bank 写明哪一家：{'、'.join(banks)}")
    versions, total, differences = compare(settings, store, bank or banks[0], old, new)
    names = _names(settings)
    print_table(COLUMNS, difference_rows(differences, names), shape)
    if shape == "table":
        print_table(TOPIC_COLUMNS, topic_rows(differences, names), shape)
    told = f"{versions[0]} 和 {versions[1]} 都读过 {total} 条，读得不同的 {len(differences)} 条"
    click.echo(told, err=shape != "table")

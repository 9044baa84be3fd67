"""The command ``yuqing evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def add_evaluate(main: click.Group) -> None:
    """Give ``main`` the command."""

    @main.command()
    @click.argument("data", type=FILE, nargs=-1, required=True)
    @click.option(
        "--kind", type=click.Choice(["posts", "bank_reviews", "finnsp"]), help="标注文件的格式；不写则看它的字段"
    )
    @click.option(
        "--baselines",
        default="cheap",
        show_default=True,
        metavar="NAMES",
        help="与哪些现成做法比：cheap 关键词、jieba、cnsenti；all 再加 SnowNLP 和字符 LR（慢）；none；或逗号隔开的名字",
    )
    @click.option(
        "--format", "shape", type=click.Choice(["table", "json", "markdown"]), default="table", help="输出格式"
    )
    @click.option("--errors", type=click.Path(path_type=Path, dir_okay=False), help="把读错的写进这个 CSV 文件")
    @click.option(
        "--apart-from", "known", type=FILE, help="训练部分的标注文件：与其中任何一条相近的不计，字符 LR 改在它上面训练"
    )
    def evaluate(
        data: tuple[Path, ...], kind: str | None, baselines: str, shape: str, errors: Path | None, known: Path | None
    ) -> None:
        """用标注数据（一个或多个 JSONL 文件）给研读打分：各项指标（含 95% 区间）、分项准确率，并与现成做法对照。"""
        from app.evaluating import Order, run_evaluation

        run_evaluation(Order(data, kind, baselines, shape, errors, known))

"""``yuqing evaluate``: prints how labelled files are read, and writes down what was read wrongly."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from app.tables import harmless, print_table
from evaluation.baselines import BASELINES
from evaluation.public import load
from evaluation.report import MISREAD_COLUMNS, Report, as_json, as_markdown, evaluate, misread, sections
from nlp.analyser import load_analyser


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``baselines``: cheap, all, none or names with commas; ``known``: the training part."""

    files: Sequence[Path]
    kind: str | None
    baselines: str
    shape: str
    errors: Path | None
    known: Path | None


def run_evaluation(order: Order) -> None:
    """Results go to stdout, steps to stderr; click.BadParameter for a baseline or a folder that there is not."""
    names = _names(order.baselines)
    if order.errors and not order.errors.parent.is_dir():
        raise click.BadParameter(f"没有目录 {order.errors.parent}，请先建好", param_hint="--errors")
    known = load(order.known, order.kind) if order.known else []
    analyser = load_analyser()
    reports = [
        evaluate(path, analyser, names, kind=order.kind, known=known, say=lambda step: click.echo(step, err=True))
        for path in order.files
    ]
    if order.errors:
        _write_errors(reports, order.errors)
    if order.shape == "json":
        click.echo(json.dumps([as_json(report) for report in reports], ensure_ascii=False, indent=1))
    for report in reports:
        if order.shape == "markdown":
            click.echo(as_markdown(report) + "\n")
        elif order.shape == "table":
            _print_tables(report)


def _names(asked: str) -> list[str]:
    every = [baseline.name for baseline in BASELINES]
    sets = {"all": every, "none": [], "cheap": [baseline.name for baseline in BASELINES if baseline.cheap]}
    if asked in sets:
        return sets[asked]
    names = [name.strip() for name in asked.split(",")]
    for name in names:
        if name not in every:
            raise click.BadParameter(
                f"没有“{name}”，可选 {'、'.join((*sets, *every))}（几个名字用逗号隔开）", param_hint="--baselines"
            )
    return names


def _print_tables(report: Report) -> None:
    left_out = f"，另有 {report.left_out} 条与训练部分相近，不计" if report.left_out else ""
    click.echo(
        f"{report.file}：{report.ours.records} 条，其中负面 {report.ours.negatives} 条{left_out}；"
        f"规则与模型版本 {report.version}（方括号内为 95% 区间）"
    )
    sys.stdout.flush()
    for columns, rows in sections(report, "zh"):
        print_table(columns, rows, "table")


def _write_errors(reports: Sequence[Report], path: Path) -> None:
    rows = [row for report in reports for row in misread(report)]
    # With a byte order mark, without which spreadsheets take Chinese for something else.
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(MISREAD_COLUMNS)
        writer.writerows([harmless(value) for value in row] for row in rows)
    click.echo(f"读错的 {len(rows)} 条写入 {path}", err=True)

"""``yuqing whatif``: the rules that are asked about, the store that is read, and what is printed and drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from alerts.config import AlertConfig
from alerts.drawing import draw
from app.tables import print_table
from config.settings import Settings
from config.validation import read
from domain.errors import ConfigError
from evaluation.history import read_history
from evaluation.rule_changes import with_changes
from evaluation.whatif_picture import picture
from evaluation.whatif_report import COLUMNS, Comparison, as_record, compare, summary, table

ZOOM = 2.0


@dataclass(frozen=True)
class Asked:
    """What was typed: the rules in their order, or a whole other alerts.yaml to which they are applied."""

    rules: Sequence[str]
    alerts: Path | None
    days: int


def look_back(settings: Settings, asked: Asked) -> Comparison:
    """The present rules against those that are asked about; nothing is written, and nothing is sent."""
    if not asked.rules and asked.alerts is None:
        example = '例如 --rule "yellow: authors>=6"'
        raise click.UsageError(f"请用 --rule 写明改什么（{example}），或用 --alerts 给出另一份 alerts.yaml")
    present = settings.alerts
    other = with_changes(read(asked.alerts, AlertConfig) if asked.alerts else present, asked.rules)
    by_branch = any(item.branches for config in (present, other) for item in config.overrides)
    labels = {source.name: source.label or source.name for source in settings.sources.sources if source.enabled}
    banks = [config.bank() for config in settings.banks.banks] if by_branch else []
    return compare(read_history(settings.store_url, asked.days, labels, banks), present, other)


def tell(comparison: Comparison, shape: str) -> None:
    """The table, or JSON with everything, on stdout; beside CSV the line goes to stderr."""
    if shape == "json":
        click.echo(json.dumps(as_record(comparison), ensure_ascii=False, indent=1))
        return
    rows = table(comparison)
    if rows or shape == "csv":
        print_table(COLUMNS, rows, shape)
    click.echo(summary(comparison), err=shape == "csv")


def paint(comparison: Comparison, file: Path) -> None:
    """The picture as a PNG file; ConfigError where it cannot be written."""
    try:
        file.write_bytes(draw(picture(comparison), ZOOM))
    except OSError as error:
        raise ConfigError([f"{file}: 写不了图片：{error.strerror}"]) from None

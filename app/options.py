"""What the commands have in common: the configuration folder, the shape of a table, a file that is there, a moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

CONFIG = click.option(
    "--config", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="配置目录"
)
SHAPE = click.option("--format", "shape", type=click.Choice(["table", "csv", "json"]), default="table", help="输出格式")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment; without a zone it is Asia/Shanghai."""

    name = "时间"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The text as a datetime, or click's usage error."""
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” 不是时间，应写成 2026-03-16T07:30:00+08:00", param, ctx)

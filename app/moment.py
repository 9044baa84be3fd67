"""A moment on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment; without a zone it is Asia/Shanghai."""

    name = "时间"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The text as a datetime, or click's usage error."""
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” 不是时间，应写成 2026-03-16T07:30:00+08:00", param, ctx)

"""What ``-v`` says: each decision in a line on stderr, with the source that it is about. ``-vv`` says more.

The rooms write to loggers of the standard library (``yuqing.crawl``, ``yuqing.second``, ``yuqing.group``,
``yuqing.alert``, ``yuqing.deliver``); without ``-v`` nobody hears them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

ROOT = "yuqing"
LABELS = {
    "crawl": "采集",
    "second": "复读",
    "group": "归并",
    "alert": "研判",
    "deliver": "投递",
    "schedule": "服务",
    "model": "模型",
}


def speak(verbosity: int) -> None:
    """Let the loggers of the house be heard: 1 decisions, 2 details, 0 nothing."""
    if verbosity <= 0:
        return
    log = logging.getLogger(ROOT)
    log.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    log.propagate = False
    if not log.handlers:
        handler = _Stderr()
        handler.setFormatter(_Line())
        log.addHandler(handler)


def verbosity_of(ctx: click.Context) -> int:
    """How often ``-v`` was said, before and behind the command's name."""
    return int(ctx.meta.get(ROOT, 0))


def verbosity_option() -> click.Option:
    """``-v`` for a command: what is said with the program's name and with the command's adds up."""
    return click.Option(
        ["-v", "--verbose"],
        count=True,
        expose_value=False,
        callback=_heed,
        help="逐条说明每个决定及其理由（写到 stderr）；-vv 更细",
    )


def _heed(ctx: click.Context, _param: click.Parameter, count: int) -> None:
    ctx.meta[ROOT] = verbosity_of(ctx) + count
    speak(verbosity_of(ctx))


class _Stderr(logging.StreamHandler[Any]):
    """Writes to whatever stderr is at that moment: while bars are shown, their console puts the lines above them."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _Line(logging.Formatter):
    """Clock, room, source, message."""

    def format(self, record: logging.LogRecord) -> str:
        from pipeline.lanes import AT_WORK

        room = record.name.removeprefix(f"{ROOT}.")
        source = AT_WORK.get()
        where = f"［{source}］" if source and room == "crawl" else ""
        return f"{self.formatTime(record, '%H:%M:%S')} {LABELS.get(room, room)}{where} {record.getMessage()}"

"""The heartbeat: an address outside that is asked for after every sweep, so that somebody misses us where none is."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.channels.http import Line
from domain.errors import DeliveryError


@dataclass(frozen=True)
class Heartbeat:
    """Asks for one address by GET. What goes wrong is told, and holds nothing up."""

    line: Line

    def __call__(self) -> str | None:
        """None where it was answered with success, else what went wrong, in Chinese."""
        try:
            answer = self.line.visit()
        except DeliveryError as error:
            return f"心跳没有送到：{error.detail}"
        return None if answer.status < 300 else f"心跳没有送到：对方回答 {answer.status}"

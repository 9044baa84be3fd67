"""The models of ``alerts.yaml`` about people: who is reminded when, and how many mails one can take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from alerts.base_config import Strict
from alerts.routes_config import Contact
from domain.alerts import Level

Minutes = Annotated[int, Field(ge=1, le=10_080)]


class Reminders(Strict):
    """After how many minutes without an answer a mail of a level is followed by a reminder, rung by rung.

    The first rung goes to the first of ``contacts``, and so on; the last of them gets those that are left. Without
    contacts the readers of the level are reminded again.
    """

    enabled: bool = True
    red: tuple[Minutes, ...] = (15, 30, 60)
    orange: tuple[Minutes, ...] = (120,)
    yellow: tuple[Minutes, ...] = ()
    contacts: tuple[Contact, ...] = ()

    @field_validator("red", "orange", "yellow")
    @classmethod
    def _rising(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("各级催办的分钟数要从小到大，例如 [15, 30, 60]")
        return value

    def of(self, level: Level) -> tuple[int, ...]:
        """The minutes of a level's rungs; none below yellow, or where reminding is switched off."""
        rungs = {Level.RED: self.red, Level.ORANGE: self.orange, Level.YELLOW: self.yellow}
        return rungs.get(level, ()) if self.enabled else ()


class Storm(Strict):
    """More yellow and orange mails about one bank than ``per_hour`` are folded into one; 0: never."""

    per_hour: int = Field(default=10, ge=0, le=1000)

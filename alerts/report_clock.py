"""The report clock: who has to be told what by when, counted from the moment at which the level was reached. Pure.

The 2021 办法 on reputation risk of banks lets each bank set 路径和时限; the 指引 of 2009 asked for the regulator to be
told of a grave matter within 12 hours, which stays the default of the last step.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from alerts.base_config import Strict
from domain.alerts import Duty, Level


class Step(Strict):
    """One duty: ``what`` in Chinese, due so many ``minutes`` after the level was reached."""

    what: str = Field(min_length=1, max_length=40)
    minutes: int = Field(gt=0, le=60 * 24 * 30)


class ReportClock(Strict):
    """The duties of each mailed level (``report_clock:``); an empty list: none."""

    red: tuple[Step, ...] = (
        Step(what="行内报告", minutes=30),
        Step(what="首次报告", minutes=120),
        Step(what="书面报告", minutes=720),
    )
    orange: tuple[Step, ...] = (Step(what="行内报告", minutes=120),)
    yellow: tuple[Step, ...] = ()

    def duties(self, level: Level, since: datetime) -> tuple[Duty, ...]:
        """What is due by when, the earliest first, for a level that was reached at ``since``."""
        steps: tuple[Step, ...] = getattr(self, level.code) if level >= Level.YELLOW else ()
        due = (Duty(step.what, since + timedelta(minutes=step.minutes)) for step in steps)
        return tuple(sorted(due, key=lambda duty: duty.due))

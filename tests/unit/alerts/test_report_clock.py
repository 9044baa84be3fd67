"""Who has to be told what by when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from alerts.config import AlertConfig
from alerts.report_clock import ReportClock
from domain.alerts import Level


def test_red_is_told_inside_first_and_in_writing(noon: datetime) -> None:
    """By default 30 minutes, 2 hours and 12 hours after red was reached."""
    due = ReportClock().duties(Level.RED, noon)
    assert [(duty.due - noon) for duty in due] == [timedelta(minutes=m) for m in (30, 120, 720)]
    assert [duty.what for duty in due] == ["行内报告", "首次报告", "书面报告"]


@pytest.mark.parametrize("level", [Level.NONE, Level.BLUE, Level.YELLOW])
def test_nothing_is_due_where_nothing_is_asked_for(level: Level, noon: datetime) -> None:
    """Below orange the default clock asks for nothing."""
    assert ReportClock().duties(level, noon) == ()


def test_a_bank_sets_its_own_clock(noon: datetime) -> None:
    """Steps are told in order of time, however they are written; a step without time or name is refused."""
    told = {"yellow": [{"what": "书面说明", "minutes": 600}, {"what": "电话告知", "minutes": 60}]}
    config = AlertConfig.model_validate({"report_clock": told})
    assert [duty.what for duty in config.report_clock.duties(Level.YELLOW, noon)] == ["电话告知", "书面说明"]
    for wrong in ({"what": "", "minutes": 5}, {"what": "报告", "minutes": 0}, {"what": "报告"}):
        with pytest.raises(ValidationError):
            ReportClock.model_validate({"red": [wrong]})

"""The whole day on PostgreSQL: the same posts, incidents and mails as on SQLite."""

from __future__ import annotations

from nlp.analyser import load_analyser
from tests.acceptance.conftest import BANK, Day, Inbox, post_office
from tests.acceptance.test_the_day import a_dispute


def test_the_day_goes_the_same_on_postgresql(postgresql_url: str) -> None:
    """One incident, one alert and one digest; a second sweep adds nothing."""
    inbox = Inbox()
    with post_office(inbox) as port:
        day = Day(postgresql_url, inbox, port, load_analyser(None))
        a_dispute(day)
        day.at("09:00").sweep()
        day.at("09:20").sweep()
    inbox.expects(1, "新增")
    inbox.expects(1, "日报")
    inbox.expects(2)
    [(_incident, members, _snapshot)] = day.parts.store.active_incidents(BANK.name, day.parts.clock())
    assert len(members) == 5

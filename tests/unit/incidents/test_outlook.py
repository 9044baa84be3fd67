"""Burst, phase and forecast of an incident put together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from domain.incidents import Member
from domain.posts import Author
from domain.spread import Outlook, Phase
from incidents.outlook import Outlooks
from incidents.timeline import tracks
from tests.unit.incidents.test_spread import INCIDENT, at, member


def looked(members: Sequence[Member], *hours: float, before: Outlook | None = None) -> Outlook | None:
    """The outlook in the last of these hours."""
    return Outlooks().look(INCIDENT.id, tracks(members), [at(hour) for hour in hours], before, ("orange", 40))


def look(members: Sequence[Member], *hours: float, before: Outlook | None = None) -> Outlook:
    """The same where there must be one."""
    found = looked(members, *hours, before=before)
    assert found is not None
    return found


def quiet_then_loud(last: float = 48.0) -> list[Member]:
    """One post in twelve hours for two days, then seven accounts within forty minutes."""
    return [member(key, 12.0 * (key - 1)) for key in range(1, 5)] + [
        member(key, last + 0.1 * (key - 10)) for key in range(11, 18)
    ]


def test_a_burst_is_told_with_what_was_to_be_expected() -> None:
    """Seven posts in the hour where the own rhythm lets less than one expect: a burst, and the phase is 爆发."""
    found = look(quiet_then_loud(), 48.8)
    assert found.burst
    assert found.burst_at == at(48.8)
    assert found.surge is not None
    assert (found.surge.observed, found.surge.authors) == (7, 7)
    assert found.surge.expected < 1
    assert found.surge.chance < 1e-4
    assert found.mark.phase is Phase.OUTBREAK


def test_one_account_that_floods_is_no_burst() -> None:
    """There must be several people."""
    flood = [member(key, 48 + key / 20, author=Author(key="x")) for key in range(10, 20)]
    found = look([member(1), *flood], 49)
    assert (found.burst, found.surge, found.burst_at) == (False, None, None)


def test_a_daily_look_sees_the_burst_of_last_evening() -> None:
    """Looked at in the hours between as well, the burst is told though it is over by now."""
    found = look(quiet_then_loud(), 49, 60)
    assert found.burst
    assert found.burst_at == at(49)
    assert found.surge is not None
    assert found.surge.at == at(49)
    assert found.mark.phase is Phase.FALLING
    after = look(quiet_then_loud(), 61, before=found)
    assert (after.burst, after.surge, after.burst_at) == (False, None, at(49))


def test_going_on_from_the_last_outlook_gives_what_one_look_over_all_gives() -> None:
    """Looked at every hour, or once over all hours: the same phase, wave and forecast."""
    members = [*quiet_then_loud(), *(member(key, 100 + key / 50) for key in range(30, 45))]
    hours = [float(number) for number in range(1, 110)]
    step: Outlook | None = None
    for hour in hours:
        step = looked(members, hour, before=step) or step
    assert step is not None
    whole = look(members, *hours)
    assert (step.mark, step.expectation, step.burst_at) == (whole.mark, whole.expectation, whole.burst_at)
    assert step.mark.wave == 2


def test_the_way_over_the_platforms_is_told_in_order() -> None:
    """Each platform with the time of its first post; what comes later is not known yet."""
    members = [
        member(1),
        member(2, 2.5, platform="douyin"),
        member(3, 3, platform="douyin"),
        member(4, 9, platform="weibo"),
    ]
    assert look(members, 4).jumps == (("forum", at(0)), ("douyin", at(2.5)))


def test_few_posts_give_a_forecast_that_is_marked_as_vague() -> None:
    """Four posts: a range, low confidence, and a small chance to reach forty; two posts give none."""
    said = look([member(key, key / 4) for key in range(1, 5)], 2).expectation
    assert said is not None
    assert said.is_vague
    assert said.low <= said.final <= said.high
    assert (said.next_level, said.next_size) == ("orange", 40)
    assert said.next_chance is not None
    assert 0 <= said.next_chance < 0.5
    assert look([member(1), member(2, 1)], 2).expectation is None


def test_a_new_wave_is_forecast_from_its_own_posts() -> None:
    """After days of calm the forecast of the second wave does not fall below all posts so far."""
    members = [
        *(member(key, key / 10) for key in range(1, 21)),
        *(member(key, 100 + key / 50) for key in range(30, 45)),
    ]
    first = look(members, *range(1, 99))
    second = look(members, 101, before=first)
    assert second.mark.wave == 2
    assert second.expectation is not None
    assert second.expectation.low >= 35


def test_an_outlook_holds_for_an_hour_while_nobody_writes() -> None:
    """Looks a few minutes apart add nothing; a new post or a full hour does."""
    first = look([member(1)], 1)
    assert looked([member(1)], 1.9, before=first) is None
    assert look([member(1)], 2, before=first).at == at(2)
    assert look([member(1), member(2, 1.1)], 1.2, before=first).posts == 2


def test_a_calm_incident_needs_no_further_outlook_until_somebody_writes() -> None:
    """The calm is told once."""
    calm = look([member(1)], 30)
    assert calm.mark.phase is Phase.CALM
    assert looked([member(1)], 31, before=calm) is None
    assert look([member(1), member(2, 31.5)], 32, before=calm).posts == 2


def test_before_the_first_post_there_is_no_outlook() -> None:
    """Nothing has begun."""
    assert looked([member(1, 5)], 1) is None


@pytest.mark.parametrize(("watched", "bursting"), [(1, True), (100_000_000, False)])
def test_incidents_that_are_watched_together_share_the_false_alarms(watched: int, bursting: bool) -> None:
    """The more there are, the rarer a count has to be."""
    found = Outlooks(watched).look(INCIDENT.id, tracks(quiet_then_loud()), [at(48.8)])
    assert found is not None
    assert found.burst is bursting

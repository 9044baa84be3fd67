"""When a site may be asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest
from pydantic import ValidationError

from crawlers.config import Manners, Night
from crawlers.pace import BudgetError, Pace, Sites, retry_after, site_of

DAY, NIGHT = datetime(2026, 3, 16, 4, tzinfo=UTC), datetime(2026, 3, 16, 16, tzinfo=UTC)
A, B = "http://a.example/x", "http://b.example/x"


def pace(
    delay_s: float, sleeps: list[float], *, night: Night | None = None, now: datetime = DAY, sites: Sites | None = None
) -> Pace:
    """A pace whose pauses are noted and not slept."""
    manners = Manners(night=night)
    return Pace(manners, delay_s, sleep=sleeps.append, clock=lambda: now, sites=sites or Sites())


def ask(one: Pace, *urls: str) -> None:
    """Take a turn for each address."""
    for url in urls:
        with one.turn(url):
            pass


def test_each_site_has_its_own_pause() -> None:
    """Asking another host does not wait; asking the same one does, whichever scheme it has."""
    sleeps: list[float] = []
    ask(pace(30, sleeps), A, B, "https://A.example/y")
    assert len(sleeps) == 1
    assert sleeps[0] == pytest.approx(30, abs=1)


def test_two_sources_on_one_host_share_its_pause() -> None:
    """What another source asked a moment ago counts as if we had asked."""
    sleeps: list[float] = []
    sites = Sites()
    ask(pace(30, sleeps, sites=sites), A)
    ask(pace(10, sleeps, sites=sites), A)
    assert sleeps == [pytest.approx(10, abs=1)]


def test_a_site_answers_one_of_us_at_a_time() -> None:
    """While one source waits for its answer, another thread's turn does not begin."""
    sites, order = Sites(), []
    other = Thread(target=lambda: (ask(pace(0, [], sites=sites), A), order.append("second")))
    with pace(0, [], sites=sites).turn(A):
        other.start()
        other.join(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_slow_site_is_asked_more_slowly() -> None:
    """The pause follows the latency up at once, comes down by halves, and stays between ours and a minute."""
    one = pace(1, [])
    one.heard(A, 8.0, well=True)
    assert one.delay_s(A) == 8.0
    one.heard(A, 2.0, well=True)
    assert one.delay_s(A) == 5.0
    one.heard(A, 0.0, well=True)
    one.heard(A, 0.0, well=True)
    one.heard(A, 0.0, well=True)
    assert one.delay_s(A) == 1.0
    one.heard(A, 200.0, well=True)
    assert one.delay_s(A) == 60.0
    assert one.delay_s(B) == 1.0


def test_an_error_never_makes_us_faster() -> None:
    """Error pages come quickly; a slow one still makes us slower."""
    one = pace(1, [])
    one.heard(A, 8.0, well=True)
    one.heard(A, 0.1, well=False)
    assert one.delay_s(A) == 8.0
    one.heard(A, 9.0, well=False)
    assert one.delay_s(A) == 9.0


def test_without_a_pause_nothing_is_throttled() -> None:
    """A site of one's own, with a pause of 0, is read as fast as it answers."""
    one = pace(0, [])
    one.heard(A, 8.0, well=True)
    assert one.delay_s(A) == 0.0


@pytest.mark.parametrize(("wish", "delay_s"), [(None, 1.0), (0.5, 1.0), (12.0, 12.0), (3600.0, 30.0)])
def test_a_site_may_wish_for_a_longer_pause(wish: float | None, delay_s: float) -> None:
    """Crawl-delay raises the pause, never lowers it, and half a minute is the most."""
    one = pace(1, [])
    one.wished(A, wish)
    one.heard(A, 0.01, well=True)
    assert one.delay_s(A) == delay_s


def test_by_night_pauses_are_longer_and_requests_few() -> None:
    """Between the two hours each pause is three times as long, and after so many requests the run says until when."""
    sleeps: list[float] = []
    night = Night(max_requests=2)
    one = pace(10, sleeps, night=night, now=NIGHT)
    ask(one, A, A)
    assert sleeps == [pytest.approx(30, abs=1)]
    with pytest.raises(BudgetError, match="夜间限量") as caught:
        ask(one, A)
    assert (caught.value.status, "06:00" in caught.value.cause) == ("partial", True)
    by_day = pace(10, sleeps, night=night)
    ask(by_day, B, B, B)
    assert sleeps[1:] == [pytest.approx(10, abs=1)] * 2


@pytest.mark.parametrize(
    ("clock", "inside"), [("22:59", False), ("23:00", True), ("03:00", True), ("05:59", True), ("06:00", False)]
)
def test_the_night_is_that_of_beijing(clock: str, *, inside: bool) -> None:
    """The hours are told by the clock that the staff have on the wall, over midnight too."""
    moment = datetime.fromisoformat(f"2026-03-16T{clock}:00+08:00")
    assert Night().holds(moment.astimezone(UTC)) is inside
    assert Night.model_validate({"from": "01:00", "to": "05:00"}).holds(moment) is (clock == "03:00")


@pytest.mark.parametrize("night", [{"from": "23:00", "to": "23:00"}, {"from": "24:00"}, {"delay_factor": 0.5}])
def test_a_night_that_makes_no_sense_is_refused(night: dict[str, object]) -> None:
    """Without an end, without an hour, or faster than by day."""
    with pytest.raises(ValidationError):
        Manners.model_validate({"night": night})


def test_manners_survive_their_way_to_the_crawling_process() -> None:
    """What the configuration calls ``from`` comes back the same from JSON."""
    manners = Manners.model_validate({"night": {"from": "22:30", "to": "05:00"}})
    assert Manners.model_validate_json(manners.model_dump_json()) == manners


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://A.cn/x?y", "a.cn"),
        ("https://a.cn:443/", "a.cn"),
        ("http://u:p@a.cn:8080/", "a.cn:8080"),
        ("https://a.cn:80/", "a.cn:80"),
    ],
)
def test_a_site_is_a_host_and_an_unusual_port(url: str, site: str) -> None:
    """http and https of one host are one site."""
    assert site_of(url) == site


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "9" * 400}, 999999999999.0),
        ({"retry-after": "Mon, 16 Mar 2026 04:00:30 GMT", "date": "Mon, 16 Mar 2026 04:00:10 GMT"}, 20.0),
        ({"retry-after": "Mon, 16 Mar 2026 04:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 15 Mar 2026 04:00:30 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_how_long_a_site_asks_us_to_stay_away(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a date by the site's own clock, by ours where it tells none; nonsense is no wish."""
    assert retry_after(headers, DAY) == seconds

"""Posts in doubt are read again by a model in the bank's network; the day goes on, whatever becomes of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from demo.httpd import Request, Response, serving
from domain.readings import Reading, Text
from nlp.second.config import EndpointConfig
from nlp.second.endpoint import EndpointReader
from pipeline.parts import SecondPlan
from storage.query import run_query
from tests.acceptance.conftest import Day

Model = Callable[[str], Response]


class Unsure:
    """A first reader that takes every post for one about the bank, and is sure of none."""

    version = "rules-1"
    bar = 0.42

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Just under the bar."""
        return [
            Reading(
                about=True, topics=(), negative=False, negativity=0.4, severity=0, evidence=(), version=self.version
            )
            for _ in texts
        ]


@pytest.fixture
def serve() -> Iterator[Callable[[Model], str]]:
    """Start a service whose model answers a post; it stops when the test ends."""
    with ExitStack() as stack:

        def start(model: Model) -> str:
            def answer(request: Request) -> Response:
                return model(json.loads(json.loads(request.body)["messages"][1]["content"])["帖子"])

            return stack.enter_context(serving(answer)) + "/v1"

        yield start


def says(quote: str, *, negative: bool = True) -> Response:
    """A verdict with one quote."""
    answer = {
        "verdict": "负面" if negative else "非负面",
        "negativity": 0.9 if negative else 0.05,
        "severity": 2 if negative else 0,
        "findings": [{"topic": "queue_slow" if negative else None, "quote": quote}],
    }
    said = json.dumps(answer, ensure_ascii=False)
    return Response(200, json.dumps({"choices": [{"message": {"content": said}}]}).encode(), "application/json")


def with_second(day: Day, url: str, **settings: Any) -> Day:
    """The day with a second reader at ``url``."""
    config = EndpointConfig.model_validate({"kind": "endpoint", "url": url, "model": "m", **settings})
    topics = {code: topic.label for code, topic in day.parts.topics.items()}
    plan = SecondPlan(EndpointReader(config, topics), config.grey, config.days, config.max_posts)
    day.parts = replace(day.parts, second=plan, analyser=Unsure())
    return day


def written(day: Day) -> Day:
    """Three posts about the bank."""
    day.posts("青禾银行今天几点开门？")
    day.posts("青禾村镇银行的窗口又排到门外了")
    day.posts("青禾银行门口的花开了，带孩子去办了张卡")
    return day


def readings(day: Day) -> list[tuple[Any, ...]]:
    """Verdicts of the latest readings, in order of the posts."""
    sql = "SELECT id, about, negative, negativity, severity, topics, reading_version FROM v_posts ORDER BY id"
    return run_query(day.url, sql)[1]


def test_the_second_verdict_counts_and_the_first_is_kept(day: Day, serve: Callable[[Model], str]) -> None:
    """Grouping and mails rest on the second reading; the view shows both, and nothing is asked for twice."""
    asked: list[str] = []

    def model(post: str) -> Response:
        asked.append(post)
        return says(post[:6], negative="几点开门" in post)

    written(with_second(day, serve(model)))
    report = day.sweep()
    assert report is not None
    assert (report.second.given, report.second.failed) == (3, 0)
    assert "研读 3 条，复读 3 条（改判 1 条），归入事件" in report.summary()
    version = day.parts.analyser.version
    assert [(row[2], row[6].startswith(f"{version}+m@")) for row in readings(day)] == [(1, True), (0, True), (0, True)]
    shown = "SELECT first_version, negative, quotes, in_force FROM v_second_opinions ORDER BY id"
    assert run_query(day.url, shown)[1] == [
        (version, 1, "青禾银行今天", 1), (version, 0, "青禾村镇银行", 1), (version, 0, "青禾银行门口", 1)
    ]  # fmt: skip
    day.at("09:00").sweep()
    assert len(asked) == 3


def silent_port() -> socket.socket:
    """A listener that takes connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))


def troubles() -> dict[str, Callable[[Callable[[Model], str]], str]]:
    """Services that are of no use, by what is wrong with them."""
    return {
        "invents its quotes": lambda serve: serve(lambda _post: says("行长卷款跑路")),
        "fails": lambda serve: serve(lambda _post: Response(500)),
        "is busy": lambda serve: serve(lambda _post: Response(429, headers=(("Retry-After", "900"),))),
        "is another page": lambda serve: serve(lambda _post: Response(200, b"<html>hello</html>")),
    }


@pytest.mark.parametrize("trouble", troubles())
def test_a_service_that_is_of_no_use_changes_no_reading(day: Day, serve: Callable[[Model], str], trouble: str) -> None:
    """The readings are those of a day without it; the report says what happened, and calls nobody."""
    written(with_second(day, troubles()[trouble](serve)))
    report = day.sweep()
    assert report is not None
    assert report.second.given == 0
    assert report.second.refused + report.second.failed > 0
    assert not report.attention
    assert {row[6] for row in readings(day)} == {day.parts.analyser.version}


def test_a_service_that_hangs_holds_the_sweep_no_longer_than_it_may(day: Day) -> None:
    """Three short waits, then the day goes on with the first readings."""
    with silent_port() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        written(with_second(day, url, timeout_s=0.2, max_seconds=2))
        begun = time.monotonic()
        report = day.sweep()
        assert time.monotonic() - begun < 10
    assert report is not None
    assert (report.readings, report.second.failed) == (3, 3)
    assert "研读 3 条，复读 0 条，未成 3 条（" in report.summary()
    assert {row[6] for row in readings(day)} == {day.parts.analyser.version}


def test_what_no_time_was_left_for_is_taken_up_the_next_time(day: Day, serve: Callable[[Model], str]) -> None:
    """So many posts a run, the newest first; an opinion that comes late still changes what was grouped before."""
    with_second(day, serve(lambda post: says(post[:4])), max_posts=2)
    for minute in range(5):
        day.now = day.now.replace(minute=minute)
        day.posts(f"青禾银行的花开了{minute}朵")
    counts = []
    for hour in (9, 10, 11, 12):
        day.now = day.now.replace(hour=hour)
        report = day.sweep()
        assert report is not None
        counts.append(report.second.given)
    assert counts == [2, 2, 1, 0]
    assert [row[2] for row in readings(day)] == [1] * 5


def test_without_a_second_reader_nothing_of_it_is_told(day: Day) -> None:
    """Off by default: no stage, no word, no row."""
    report = written(day).sweep()
    assert report is not None
    assert "复读" not in report.summary()
    assert run_query(day.url, "SELECT count(*) FROM v_second_opinions")[1] == [(0,)]

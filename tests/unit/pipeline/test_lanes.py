"""Several jobs at a time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Event, Lock, current_thread, main_thread

import pytest

from pipeline.lanes import AT_WORK, Job, in_lanes


def job(name: str, work: Callable[[], str], lane: str | None = None) -> Job[str]:
    """A job in a lane of its own, or in the one named."""
    return Job(name, lane or name, lambda: work)


def test_jobs_of_different_lanes_go_side_by_side() -> None:
    """Two jobs that each wait for the other both come to their end."""
    both = Barrier(2, timeout=5)
    jobs = [job(name, lambda: str(both.wait() >= 0)) for name in ("a", "b")]
    assert list(in_lanes(jobs, 2)) == ["True", "True"]


def test_jobs_of_one_lane_follow_one_another() -> None:
    """However wide the road, the same lane holds one job at a time, in their order."""
    order: list[str] = []
    alone = Lock()

    def work(name: str) -> Callable[[], str]:
        def run() -> str:
            assert alone.acquire(blocking=False)
            order.append(name)
            alone.release()
            return name

        return run

    jobs = [job(name, work(name), lane="site") for name in "abcdef"]
    assert list(in_lanes(jobs, 4)) == order == list("abcdef")


def test_no_more_jobs_begin_than_there_is_room_for() -> None:
    """The third job begins when one of the two before it has ended."""
    begun: list[str] = []
    hold = Event()

    def begin(name: str) -> Callable[[], Callable[[], str]]:
        def prepare() -> Callable[[], str]:
            begun.append(name)
            return lambda: name if name == "a" else str(hold.wait(5))

        return prepare

    outcomes = in_lanes([Job(name, name, begin(name)) for name in "abc"], 2)
    assert next(outcomes) == "a"
    assert begun == ["a", "b"]
    hold.set()
    assert list(outcomes) == ["True", "True"]
    assert begun == ["a", "b", "c"]


def test_one_at_a_time_stays_in_order_and_in_the_callers_thread() -> None:
    """A replay is the same each time: no thread, no chance."""
    jobs = [job(str(number), lambda: str(current_thread() is main_thread())) for number in range(3)]
    assert list(in_lanes(jobs, 1)) == ["True"] * 3


@pytest.mark.parametrize("width", [1, 3])
def test_each_job_knows_its_name_and_an_error_comes_out(width: int) -> None:
    """Whoever writes a log sees whose work it is, and what a job raises is raised to whoever waits for it."""

    def fail() -> str:
        raise RuntimeError(AT_WORK.get())

    assert sorted(in_lanes([job("a", AT_WORK.get), job("b", AT_WORK.get)], width)) == ["a", "b"]
    with pytest.raises(RuntimeError, match="c"):
        list(in_lanes([job("c", fail), job("d", AT_WORK.get)], width))
    assert AT_WORK.get() == ""

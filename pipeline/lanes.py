"""Several jobs at a time: each waits for somebody else's server, and none of them touches the store.

Jobs of one lane (one site) follow one another; the lanes go side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

AT_WORK: ContextVar[str] = ContextVar("AT_WORK", default="")
"""The name of the job that this thread is at, for whoever writes a log."""


@dataclass(frozen=True)
class Job(Generic[T]):
    """``begin`` is called in the caller's thread when it is this job's turn, and gives what to run in another."""

    name: str
    lane: str
    begin: Callable[[], Callable[[], T]]


def in_lanes(jobs: Sequence[Job[T]], width: int) -> Iterator[T]:
    """What the jobs give, as they end; with a ``width`` of 1 in their order and in the caller's thread.

    An error of a job is raised here. Whoever stops listening leaves what runs to end by itself: the threads do not
    hold the program up.
    """
    if width <= 1 or len(jobs) <= 1:
        yield from (_named(job.name, job.begin()) for job in jobs)
        return
    waiting, running = list(jobs), dict[str, Job[T]]()
    ended: SimpleQueue[tuple[Job[T], Callable[[], T]]] = SimpleQueue()
    while waiting or running:
        for job in _next(waiting, running, width):
            waiting.remove(job)
            running[job.lane] = job
            Thread(target=_run, args=(job, job.begin(), ended), name=job.name, daemon=True).start()
        job, outcome = ended.get()
        del running[job.lane]
        yield outcome()


def _next(waiting: Sequence[Job[T]], running: dict[str, Job[T]], width: int) -> list[Job[T]]:
    """The jobs that may begin now: the first of each free lane, as long as there is room."""
    free: dict[str, Job[T]] = {}
    for job in waiting:
        if len(running) + len(free) < width and job.lane not in running:
            free.setdefault(job.lane, job)
    return list(free.values())


def _run(job: Job[T], work: Callable[[], T], ended: SimpleQueue[tuple[Job[T], Callable[[], T]]]) -> None:
    try:
        outcome = copy_context().run(_named, job.name, work)
    except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the outcome
        ended.put((job, _raiser(error)))
    else:
        ended.put((job, lambda: outcome))


def _named(name: str, work: Callable[[], T]) -> T:
    token = AT_WORK.set(name)
    try:
        return work()
    finally:
        AT_WORK.reset(token)


def _raiser(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail

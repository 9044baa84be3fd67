"""A Discuz! X forum as a source of the pipeline: reads what a child process fetches, and judges what comes of it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.cookies import Jar
from crawlers.spiders.job import Job
from crawlers.spiders.line import HungUpError, Line
from crawlers.spiders.memory import VERSION, Memory, recall
from crawlers.spiders.relay import Ear
from crawlers.spiders.run import Message
from crawlers.spiders.site import Site
from crawlers.spiders.sweep import Sweep
from domain.coverage import Collected, Coverage

_ROOT = Path(__file__).parents[2]
_CHILD = (sys.executable, "-m", "crawlers.spiders.child")
_LAST_WORDS = 400
_LAST_BREATH_S = 1.0
_PIPE_BYTES = 1 << 20
_CHILDREN: set[subprocess.Popen[bytes]] = set()


@dataclass
class _Told:
    """What a sweep told so far."""

    memory: Memory
    records: list[Mapping[str, Any]] = field(default_factory=list)
    end: Mapping[str, Any] | None = None

    def take(self, message: Message) -> None:
        """Take one message of `Sweep.run`."""
        ((kind, value),) = message.items()
        if kind == "record":
            self.records.append(value)
        elif kind == "thread":
            self.memory.threads[value[0]] = value[1]
        elif kind == "board":
            self.memory.boards[value[0]] = value[1]
        elif kind == "end":
            self.end = value
        else:
            setattr(self.memory, kind, value)


class DiscuzSource:
    """Meets `pipeline.ports.Source`. A child that hangs, dies or talks nonsense becomes coverage, with a cause.

    What was read before is kept, memory too: the next run goes on from there. ``cookie`` is that of the bank's own
    account at the forum, and reaches the child on its standard input alone; ``archive`` has the kept pages.
    ``command`` starts the child.
    """

    def __init__(
        self,
        config: DiscuzConfig,
        manners: Manners,
        door: Door,
        *,
        cookie: str | None = None,
        archive: Archive | None = None,
        command: Sequence[str] = _CHILD,
    ) -> None:
        self._cookie = cookie
        self._jar = Jar(cookie)
        self._archive = archive
        self._config = config
        self._manners = manners
        self._door = door
        self._command = command

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new and what changed; with ``revisit`` only those threads (ids such as ``t123``)."""
        started = time.monotonic()
        told = _Told(recall(memory))
        job = Job(config=self._config, manners=self._manners, now=now)
        failure = self._run(job, told, tuple(_tids(revisit)))
        observations, rejects = self._door.admit_all(told.records, self.name)
        finished = now + timedelta(seconds=int(time.monotonic() - started))
        coverage = self._coverage(told, failure, now, finished)
        note = told.memory.model_dump(mode="json", exclude_defaults=True) | {"version": VERSION}
        return Collected(tuple(observations), tuple(rejects), coverage, note)

    def _run(self, job: Job, told: _Told, revisit: Sequence[int]) -> tuple[str, str] | None:
        """Read the site; cause and evidence where that did not come to an end of its own."""
        with Ear(self._jar.masked) as ear:
            try:
                child = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=ear.pipe,
                    cwd=_ROOT,
                    start_new_session=True,
                )
            except OSError as error:
                return "采集子进程无法启动", str(error)
        _CHILDREN.add(child)
        why = ""
        try:
            asyncio.run(self._read(child, job, told, revisit))
        except HungUpError as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LAST_BREATH_S)
            code = "没有退出" if child.returncode is None else f"退出码 {child.returncode}"
            why = f"采集子进程异常（{code}，{error}）"
        finally:
            # All is said, or we are interrupted: we leave no crawler behind.
            _kill_group(child)
            child.communicate()
            _CHILDREN.discard(child)
        return (why, ear.words()[-_LAST_WORDS:]) if why else None

    async def _read(self, child: subprocess.Popen[bytes], job: Job, told: _Told, revisit: Sequence[int]) -> None:
        """One sweep, page by page. Its memory is a copy: ours is that of what was told."""
        if child.stdin is None or child.stdout is None:
            raise HungUpError("no pipes")
        _widen(child.stdout.fileno())
        memory, config = told.memory.model_copy(deep=True), self._config
        line = Line(job, child.stdin)
        line.say(job.model_dump_json().encode() + b"\n")
        transport = await line.listen(child.stdout)
        cookie = (self._cookie or "") if config.kept_in else None
        site = Site(
            config.url, line.download, line.wait, line.now, cookie=cookie, kept_in=config.kept_in, closes=memory.closes
        )
        with contextlib.closing(transport):
            await Sweep(config, memory, site, line.now, told.take, self._archive).run(revisit)

    def _coverage(
        self, told: _Told, failure: tuple[str, str] | None, started: datetime, finished: datetime
    ) -> Coverage:
        end = told.end or {"status": "down", "expected": None, "got": 0, "cause": None, "evidence": None}
        status, cause, evidence = end["status"], end["cause"], end["evidence"]
        if failure:
            cause, evidence = failure
            status = "partial" if told.records else "down"
        return Coverage(
            source=self.name,
            started_at=started,
            finished_at=finished,
            status=status,
            got=end["got"] or len(told.records),
            expected=end["expected"],
            cause=cause,
            evidence=self._jar.masked(evidence or "") or None,
        )


def _tids(roots: Collection[str]) -> list[int]:
    numbers = (root.removeprefix("t") for root in roots if root.startswith("t"))
    return [int(number) for number in numbers if number.isdecimal()]


@atexit.register
def _kill_children() -> None:
    """A program that is interrupted while its threads wait for crawlers takes these with it."""
    for child in list(_CHILDREN):
        _kill_group(child)


def _widen(pipe: int) -> None:
    """Let a whole page stand in the pipe while the one before is read, where the system can."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()

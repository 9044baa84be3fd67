"""A Discuz! X forum as a source of the pipeline: runs the crawl in a child process and judges what comes out."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.cookies import Jar
from crawlers.spiders.job import Job
from crawlers.spiders.memory import VERSION, BoardState, Memory, ThreadState, recall
from crawlers.spiders.relay import Ear, wanted_level
from domain.coverage import STATUSES, Collected, Coverage

_ROOT = Path(__file__).parents[2]
_CHILD = (sys.executable, "-m", "crawlers.spiders.child")
_LAST_WORDS = 400
_CHILDREN: set[subprocess.Popen[bytes]] = set()
# Sources of several sites run at once and count in one archive.
_COUNTING = Lock()


@dataclass
class _Heard:
    """What a child said, line by line."""

    memory: Memory
    records: list[Mapping[str, Any]] = field(default_factory=list)
    end: Mapping[str, Any] | None = None
    unkept: int = 0
    nonsense: int = 0

    def line(self, raw: bytes) -> None:
        """Take one line; what is no message of ours is counted."""
        try:
            self._message(json.loads(raw))
        except (ValueError, TypeError, KeyError):
            self.nonsense += 1

    def _message(self, message: Mapping[str, Any]) -> None:
        (kind, value), *_ = message.items()
        if kind == "record":
            self.records.append(dict(value))
        elif kind == "thread":
            self.memory.threads[int(value[0])] = ThreadState.model_validate(value[1])
        elif kind == "board":
            self.memory.boards[int(value[0])] = BoardState.model_validate(value[1])
        elif kind in ("each_request_counts", "closes"):
            setattr(self.memory, kind, bool(value))
        elif kind == "rules":
            self.memory.rules = {str(name): str(rule) for name, rule in value.items()}
        elif kind == "end" and value["status"] in STATUSES:
            self.unkept = int(value["unkept"])
            self.end = value
        else:
            raise ValueError(kind)


class DiscuzSource:
    """Meets `pipeline.ports.Source`. A child that hangs, dies or talks nonsense becomes coverage, with a cause.

    What it told before is kept, memory too: the next run goes on from there. ``cookie`` is that of the bank's own
    account at the forum, and reaches the child on its standard input alone; ``archive`` has the kept pages.
    ``command`` starts the child; ``grace_s`` is how long it may take beyond its own time to stop by itself.
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
        grace_s: float = 30.0,
    ) -> None:
        self._cookie = cookie
        self._jar = Jar(cookie)
        self._archive = archive
        self._config = config
        self._manners = manners
        self._door = door
        self._command = command
        self._grace_s = grace_s

    @property
    def name(self) -> str:
        """The source's name in the configuration."""
        return self._config.name

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new and what changed; with ``revisit`` only those threads (ids such as ``t123``)."""
        started = time.monotonic()
        remembered = recall(memory)
        job = Job(
            config=self._config,
            manners=self._manners,
            memory=remembered,
            now=now,
            revisit=tuple(_tids(revisit)),
            cookie=(self._cookie or "") if self._config.kept_in else None,
            archive=self._archive.folder.absolute() if self._archive else None,
            log_level=wanted_level(),
        )
        heard = _Heard(remembered)
        failure = self._run(job, heard)
        self._count_unkept(heard)
        observations, rejects = self._door.admit_all(heard.records, self.name)
        finished = now + timedelta(seconds=int(time.monotonic() - started))
        coverage = self._coverage(heard, failure, now, finished)
        note = heard.memory.model_dump(mode="json", exclude_defaults=True) | {"version": VERSION}
        return Collected(tuple(observations), tuple(rejects), coverage, note)

    def _run(self, job: Job, heard: _Heard) -> tuple[str, str] | None:
        """Run the child; cause and evidence where it did not come to an end of its own."""
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
        out, timed_out = self._listen(child, job.model_dump_json().encode())
        for raw in out.splitlines():
            heard.line(raw)
        words = ear.words()[-_LAST_WORDS:]
        if timed_out:
            return "采集超时，子进程已被终止", words
        if heard.end is None or child.returncode != 0 or heard.nonsense:
            return f"采集子进程异常（退出码 {child.returncode}，无法识别的输出 {heard.nonsense} 行）", words
        return None

    def _count_unkept(self, heard: _Heard) -> None:
        """Pages that the child's archive could not keep are missing in ours."""
        if self._archive and heard.unkept:
            with _COUNTING:
                self._archive.unkept += heard.unkept

    def _listen(self, child: subprocess.Popen[bytes], job: bytes) -> tuple[bytes, bool]:
        _CHILDREN.add(child)
        try:
            return child.communicate(job, timeout=self._config.max_minutes * 60 + self._grace_s)[0], False
        except subprocess.TimeoutExpired:
            _kill_group(child)
            return child.communicate()[0], True
        finally:
            # Interrupted ourselves, we leave no crawler behind.
            if child.poll() is None:
                _kill_group(child)
            _CHILDREN.discard(child)

    def _coverage(
        self, heard: _Heard, failure: tuple[str, str] | None, started: datetime, finished: datetime
    ) -> Coverage:
        end = heard.end or {"status": "down", "expected": None, "got": 0, "cause": None, "evidence": None}
        status, cause, evidence = end["status"], end["cause"], end["evidence"]
        if failure:
            cause, evidence = failure
            status = "partial" if heard.records else "down"
        return Coverage(
            source=self.name,
            started_at=started,
            finished_at=finished,
            status=status,
            got=end["got"] or len(heard.records),
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


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.kill()

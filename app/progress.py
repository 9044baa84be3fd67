"""Progress on stderr: bars on a terminal, one line a stage elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Bars:
    """Meets pipeline.ports.Progress. Use as a context manager; a finished stage keeps its bar."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console)
        self._task: TaskID | None = None
        self._total: int | None = None
        self._done = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage; the one before is complete."""
        self._finish()
        self._total, self._done = total, 0
        self._task = self._progress.add_task(name, total=total, count="")

    def step(self, done: int = 1) -> None:
        """So many more are done."""
        self._done += done
        if self._task is not None:
            count = str(self._done) if self._total is None else f"{self._done}/{self._total}"
            self._progress.update(self._task, completed=self._done, count=count)

    def _finish(self) -> None:
        if self._task is None:
            return
        full = max(self._done, 1)
        self._progress.update(self._task, total=full, completed=full, count=str(self._done))
        self._progress.stop_task(self._task)


class Silent:
    """Meets pipeline.ports.Progress and shows nothing (the long-running service)."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Nothing to show."""

    def step(self, done: int = 1) -> None:
        """Nothing to show."""

"""Progress on stderr: bars on a terminal, one line a stage elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Bars:
    """Meets pipeline.ports.Progress. Use as a context manager; a finished stage keeps its bar."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._task: TaskID | None = None
        self._known = True

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
        self._known = total is not None
        self._task = self._progress.add_task(name, total=total)

    def step(self, done: int = 1) -> None:
        """So many more are done."""
        if self._task is not None:
            self._progress.advance(self._task, done)

    def _finish(self) -> None:
        if self._task is None:
            return
        done = self._progress.tasks[-1].completed
        self._progress.update(self._task, total=max(done, 1), completed=max(done, 1) if not self._known else done)
        self._progress.stop_task(self._task)


class Silent:
    """Meets pipeline.ports.Progress and shows nothing (the long-running service)."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Nothing to show."""

    def step(self, done: int = 1) -> None:
        """Nothing to show."""

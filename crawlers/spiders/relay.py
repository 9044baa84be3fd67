"""What a child says on its standard error: lines of its log, which are ours to pass on, and its last words."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from types import TracebackType

_LOG = logging.getLogger("yuqing.crawl")
_MARK = "\x1e"
_PATIENCE_S = 10.0


def speak_to_parent(level: int) -> None:
    """In the child: let the house's loggers write marked lines on standard error, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Marked())
    house = logging.getLogger("yuqing")
    house.addHandler(handler)
    house.setLevel(level)
    house.propagate = False


def wanted_level() -> int:
    """In the parent: from which level on somebody listens."""
    return _LOG.getEffectiveLevel()


class Ear:
    """In the parent: a pipe for the child's standard error, heard line by line until it is closed.

    ``pipe`` is the end for the child, which has it once it has started; at the end of the block ours is closed.
    ``masked`` takes out of a line what nobody may hear.
    """

    def __init__(self, masked: Callable[[str], str]) -> None:
        self._masked = masked
        self._source, self.pipe = os.pipe()
        self._words: list[str] = []
        # The thread logs under the name of the source that this one is at.
        self._thread = Thread(target=copy_context().run, args=(self._listen,), daemon=True)

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.pipe)

    def words(self) -> str:
        """All that was no line of the log, on one line; waits until the child has closed its end."""
        self._thread.join(_PATIENCE_S)
        return " ".join(" ".join(self._words).split())

    def _listen(self) -> None:
        with os.fdopen(self._source, encoding="utf-8", errors="replace") as lines:
            for line in map(self._masked, lines):
                level, mark, message = line.partition(_MARK)
                if mark and level.isdecimal():
                    _LOG.log(int(level), "%s", message.strip())
                else:
                    self._words.append(line)


class _Marked(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelno}{_MARK}{' '.join(record.getMessage().split())}"

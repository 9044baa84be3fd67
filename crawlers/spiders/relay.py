"""What a child says on its standard error: its last words."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread
from types import TracebackType

_PATIENCE_S = 10.0


class Ear:
    """In the parent: a pipe for the child's standard error, heard until it is closed.

    ``pipe`` is the end for the child, which has it once it has started; at the end of the block ours is closed.
    ``masked`` takes out of a line what nobody may hear.
    """

    def __init__(self, masked: Callable[[str], str]) -> None:
        self._masked = masked
        self._source, self.pipe = os.pipe()
        self._words: list[str] = []
        self._thread = Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.pipe)

    def words(self) -> str:
        """All that was said, on one line; waits until the child has closed its end."""
        self._thread.join(_PATIENCE_S)
        return " ".join(" ".join(self._words).split())

    def _listen(self) -> None:
        with os.fdopen(self._source, encoding="utf-8", errors="replace") as lines:
            self._words += map(self._masked, lines)

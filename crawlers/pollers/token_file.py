"""Where refreshed tokens are kept: ``tokens/NAME.json`` in the configuration folder, for its owner alone.

A platform that gives a new refresh token takes the old one back, so a token that is lost needs a person: it is
on the disk before it is used, and of two processes only one refreshes.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import SourceError

_PATIENCE_S = 120.0
_STEP_S = 0.1
# More than the tokens need, in bytes.
_ROOM = 8_192


class Held(BaseModel):
    """The tokens of one account. ``seeds`` are digests of all credentials that a person gave, the newest last.

    ``access_due``: when the access token is to be refreshed, some time before it expires.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    seeds: tuple[str, ...] = ()
    access_token: str | None = None
    access_due: datetime | None = None
    access_expires: datetime | None = None
    refresh_token: str | None = None
    refresh_expires: datetime | None = None
    renewals: int = 0
    renewed_at: datetime | None = None


class TokenFile:
    """One such file. Reading gives an empty record where there is none, or where it cannot be understood."""

    def __init__(self, folder: Path, name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._path = folder / f"{name}.json"
        self._sleep = sleep

    @property
    def shown(self) -> str:
        """How messages call it."""
        return f"{self._path.parent.name}/{self._path.name}"

    def read(self) -> Held:
        """What is kept now; SourceError where the file may not be read."""
        try:
            return Held.model_validate_json(self._path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return Held()
        except OSError as error:
            raise SourceError("login", f"令牌文件 {self.shown} 读不了：{error.strerror}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the file against other processes and threads; SourceError where another one does not let go."""
        with self._told_faults():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(lock)
            yield
        finally:
            os.close(lock)

    def _take(self, lock: int) -> None:
        for _ in range(int(_PATIENCE_S / _STEP_S)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                self._sleep(_STEP_S)
        raise SourceError("down", f"另一个进程一直占着令牌文件 {self.shown}")

    def write(self, held: Held) -> None:
        """Replace what is kept, at once and durably; SourceError where that fails. Call it while it is `locked`."""
        with self._told_faults():
            self._draft(json.dumps(held.model_dump(mode="json", exclude_none=True), indent=1)).replace(self._path)
            self._sync_folder()

    def check(self) -> None:
        """SourceError where nothing could be written now; what is kept stays."""
        with self._told_faults():
            self._draft(" " * _ROOM).unlink()

    def _draft(self, text: str) -> Path:
        draft = self._path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        target = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(target, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return draft

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _told_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceError("down", f"令牌文件 {self.shown} 写不了：{error.strerror}") from None

"""Readers of pictures: the protocol, and the one that reads in a process of its own with RapidOCR (extra ``ocr``)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any, Protocol

from crawlers.pictures.child import framed
from crawlers.pictures.config import PicturesConfig
from domain.errors import SourceError
from domain.pictures import PictureText

PATIENCE_S = 120.0
"""One picture takes no longer; the process is ended then."""
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "crawlers.pictures.child")


class PictureError(SourceError):
    """A picture could not be read. ``state`` is ``refused`` or ``failed`` of `domain.pictures.PICTURE_STATES`."""

    def __init__(self, state: str, cause: str) -> None:
        self.state = state
        super().__init__("changed" if state == "refused" else "down", cause)


class PictureReader(Protocol):
    """Reads the words in one picture after another."""

    def read(self, body: bytes) -> PictureText:
        """The words in the picture; PictureError where it cannot be read."""
        ...

    def close(self) -> None:
        """Give back what reading needed."""
        ...


def is_available() -> bool:
    """Whether the optional extra ``ocr`` is installed. Imports nothing."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "PIL"))


class ChildReader:
    """Reads in a child process (`crawlers.pictures.child`), which begins with the first picture.

    A child that dies, or takes longer than ``patience_s`` over one picture, is ended; the next picture gets a new one.
    """

    def __init__(self, config: PicturesConfig, patience_s: float = PATIENCE_S) -> None:
        self._settings = config.model_dump(include={"threads", "min_confidence", "max_pixels"})
        self._patience_s = patience_s
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, body: bytes) -> PictureText:
        """As the protocol says."""
        answer = self._exchange(body)
        for state in ("refused", "failed"):
            if state in answer:
                raise PictureError(state, answer[state])
        return PictureText(answer["text"], answer["confidence"])

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _exchange(self, body: bytes) -> dict[str, Any]:
        child = self._child = self._child or self._start()
        timer = Timer(self._patience_s, child.kill)
        timer.start()
        try:
            line = _asked(child, body)
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self.close()
            raise PictureError("failed", f"识图进程中断或超过 {self._patience_s:.0f} 秒")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            child = subprocess.Popen(
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT
            )
        except OSError as error:
            raise PictureError("failed", f"识图进程无法启动：{error}") from None
        _said(child, json.dumps(self._settings).encode())
        return child


def _asked(child: subprocess.Popen[bytes], body: bytes) -> bytes:
    """The line that answers; without its end where the child is gone."""
    return child.stdout.readline() if _said(child, body) and child.stdout else b""


def _said(child: subprocess.Popen[bytes], body: bytes) -> bool:
    if child.stdin is None:
        return False
    try:
        child.stdin.write(framed(body))
        child.stdin.flush()
    except BrokenPipeError:
        return False
    return True

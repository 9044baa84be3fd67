"""The process in which pictures are unpacked and read: ``python -m crawlers.pictures.child``.

On standard input first the settings, then one picture after another, each with its length before it; on standard
output one line of JSON for each picture. Pictures come from strangers and the models need memory: what goes wrong here
ends this process and not the sweep, and everything is given back when it is done.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import IO, Any

HEAD = 4
"""Bytes of a length, big-endian."""
_MOST_MEMORY = 4 << 30
"""Bytes of address space; far more than reading takes (docs/pictures.md)."""


def main() -> None:
    """Answer until standard input ends."""
    mouth = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a library prints must not stand between the answers.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    settings = frame(sys.stdin.buffer)
    if settings is None:
        return
    from crawlers.pictures.engine import Engine
    from crawlers.pictures.image import RefusedError

    engine = Engine(**json.loads(settings))
    while (body := frame(sys.stdin.buffer)) is not None:
        try:
            text, confidence = engine.read(body)
            answer: dict[str, Any] = {"text": text, "confidence": confidence}
        except RefusedError as error:
            answer = {"refused": str(error)}
        except Exception as error:  # noqa: BLE001 - whatever a stranger's picture brings about, it is told and not raised
            answer = {"failed": f"识图出错：{type(error).__name__}: {error}"[:300]}
        mouth.write(json.dumps(answer) + "\n")
        mouth.flush()


def frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None at the end of the stream, also in the middle of a frame."""
    head = stream.read(HEAD)
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(head) == HEAD and len(body) == size else None


def framed(body: bytes) -> bytes:
    """A frame as `frame` reads it."""
    return len(body).to_bytes(HEAD, "big") + body


if __name__ == "__main__":
    main()

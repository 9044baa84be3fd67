"""Who holds a run: this process, and whether the one that holds another is still alive."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


def this_host() -> str:
    """The machine's name."""
    return socket.gethostname()


def this_process() -> str:
    """This process as ``pid:start``, which no later process repeats."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    # Asked at every run; by its number, since a fork is another process.
    return f"{pid}:{_started(pid)}"


def is_gone(host: str, process: str) -> bool:
    """True where the process is known to have ended; False where it lives, or is on another machine."""
    if host != this_host():
        return False
    pid, _, start = process.partition(":")
    if not _is_running(int(pid)):
        return True
    return _started(int(pid)) != start


def _is_running(pid: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    # Field 22 of /proc/PID/stat, clock ticks since boot (man 5 proc); the name before it may hold brackets.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "?"
    return stat.rpartition(")")[2].split()[19]

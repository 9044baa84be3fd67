"""Servers on loopback that misbehave as real ones do."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Thread

import pytest

from crawlers.pace import SITES
from demo.httpd import Handler, serving

NOTHING_THERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def raw_answers(answers: Sequence[bytes | None]) -> Iterator[str]:
    """One connection after another gets these bytes and is closed; None resets it. The last one is repeated."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                answer = answers[min(number, len(answers) - 1)]
                if answer is None:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    connection.sendall(answer)
                number += 1

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No site was asked before the test: the next server may get the port, and so the name, of an earlier one."""
    monkeypatch.setattr(SITES, "_known", {})


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], str]]:
    """Start a server for a handler; it stops when the test ends."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(serving(handler))


@pytest.fixture
def serve_raw() -> Iterator[Callable[[Sequence[bytes | None]], str]]:
    """Start a server that sends raw bytes; it stops when the test ends."""
    with ExitStack() as stack:
        yield lambda answers: stack.enter_context(raw_answers(answers))

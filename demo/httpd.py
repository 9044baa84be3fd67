"""A little HTTP server on loopback that turns a plain function into a site; the town is built on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked for. ``path`` is unquoted and without the query; header names are lower-case."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    headers: Mapping[str, str]

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, ``default`` where it is not given."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Response:
    """What is answered. A header name may stand several times in ``headers``."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())


Handler = Callable[[Request], Response]


def _request_class(handler: Handler) -> type[BaseHTTPRequestHandler]:
    class Site(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: two small ones wait 40 ms for the other side's acknowledgement.
        wbufsize = 65536
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            response = handler(
                Request(
                    method=self.command,
                    path=unquote(parts.path),
                    query=parse_qs(parts.query, keep_blank_values=True),
                    body=self.rfile.read(length) if length else b"",
                    headers={name.lower(): value for name, value in self.headers.items()},
                )
            )
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_POST = do_HEAD = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            """Silent: the caller prints its own progress."""

    return Site


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is its own affair."""


@contextmanager
def serving(handler: Handler, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve ``handler`` on a free port of ``host``; yields the base URL without a slash at its end.

    The handler is called from several threads at once.
    """
    server = _Server((host, 0), _request_class(handler))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

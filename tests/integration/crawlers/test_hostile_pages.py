"""Pages that want our memory, our time or the bank's own network."""

from __future__ import annotations

import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from crawlers.config import Manners
from crawlers.http import Ask, HttpClient, Response, _check_redirect
from demo.httpd import Handler
from demo.httpd import Response as Answer
from domain.errors import SourceError

Serve = Callable[[Handler], str]
ServeRaw = Callable[[Sequence[bytes | None]], str]
MANNERS = Manners(max_body_bytes=2_000_000, request_timeout_s=5)


def ask(url: str, names: dict[str, list[str]] | None = None, *, found: bool = False, **manners: object) -> Response:
    """One request; ``names`` is what the name server says, and 127.0.0.1 for all else."""
    known = names or {}
    kept = MANNERS.model_copy(update=manners)
    with HttpClient(kept, sleep=lambda _: None, resolve=lambda host: known.get(host, ["127.0.0.1"])) as client:
        return client.request(Ask(url, found=found))


def failure(url: str, names: dict[str, list[str]] | None = None, **facts: object) -> SourceError:
    """The error that a request ends in."""
    with pytest.raises(SourceError) as caught:
        ask(url, names, **facts)  # type: ignore[arg-type]
    return caught.value


def moved(target: str) -> Handler:
    """A site that sends everybody to ``target``."""
    return lambda _: Answer(302, headers=(("Location", target),))


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254"),
        ("http://localhost.localdomain/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f000001/", "127.0.0.1"),
        ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://intranet.evil.example/", "192.168.0.8"),
        ("http://many.evil.example/", "224.0.0.1"),
        ("//router.lan/admin", "10.0.0.1"),
        ("http://user@169.254.169.254/", "169.254.169.254"),
    ],
)
def test_no_redirect_leads_into_the_banks_network(serve: Serve, target: str, address: str) -> None:
    """However an address inside is written or named, it is refused before anything is sent."""
    host = target.split("//")[1].split("/")[0].rpartition("@")[2].strip("[]")
    error = failure(serve(moved(target)), {host: [address]})
    assert error.status == "changed"
    assert "内网" in error.cause


def test_a_name_that_changes_its_address_is_not_asked_twice(serve: Serve) -> None:
    """The check and the connection use one look-up: a name server cannot show one address and give another."""
    answers = iter([["10.0.0.1"], ["127.0.0.1"]])
    base = serve(moved("http://rebind.example/"))
    with HttpClient(
        MANNERS,
        sleep=lambda _: None,
        resolve=lambda host: next(answers) if host == "rebind.example" else ["127.0.0.1"],
    ) as client:
        for _ in range(2):
            with pytest.raises(SourceError, match="内网"):
                client.request(Ask(base))


def test_the_configured_host_may_lie_inside_and_so_may_allowed_ones(serve: Serve) -> None:
    """An intranet site is read where the configuration names it; what a page names is not, unless it is allowed."""
    port = serve(lambda request: Answer(200, request.headers["host"].encode())).rpartition(":")[2]
    inside = f"http://wiki.bank:{port}/"
    assert ask(inside).body == f"wiki.bank:{port}".encode()
    assert "内网" in failure(inside, found=True).cause
    assert ask(inside, found=True, allow_private_hosts=("wiki.bank",)).status == 200
    assert ask(serve(moved(inside)), allow_private_hosts=("wiki.bank",)).status == 200


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "ftp://x/", "javascript:alert(1)", "gopher://x/", "http:///"]
)
def test_a_redirect_to_what_is_no_web_address_is_refused(serve: Serve, target: str) -> None:
    """Only http and https are followed."""
    assert failure(serve(moved(target))).status == "changed"


def bomb(wbits: int, size: int = 50_000_000) -> bytes:
    """So many zeros, packed."""
    packer = zlib.compressobj(9, wbits=wbits)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))
    return packed + packer.flush()


def test_fifty_megabytes_of_gzip_zeros_stay_small(serve: Serve) -> None:
    """A bomb is left alone at the bound; memory stays near it."""
    packed = bomb(31)
    base = serve(lambda _: Answer(200, packed, headers=(("Content-Encoding", "gzip"),)))
    tracemalloc.start()
    try:
        error = failure(base)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "超过 2000 KB" in error.cause
    assert peak < 8_000_000


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "compress"])
def test_packing_that_is_not_bounded_is_not_unpacked(serve: Serve, encoding: str) -> None:
    """We ask for gzip alone; any other packing is refused whatever it holds."""
    base = serve(lambda _: Answer(200, bomb(15, 1_000_000), headers=(("Content-Encoding", encoding),)))
    error = failure(base)
    assert (error.status, encoding in error.cause) == ("changed", True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Bomb: 1\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Bomb: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
    ],
)
def test_headers_without_end_or_sense_end_the_answer(serve_raw: ServeRaw, head: bytes) -> None:
    """What the head of an answer may hold is bounded, and a failure of the source."""
    assert failure(serve_raw([head])).status == "down"


@contextmanager
def dripping(head: bytes) -> Iterator[str]:
    """A server that sends one byte after another, each well within the timeout, for ever."""
    over = Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(head)
                    while not over.wait(0.01):
                        connection.sendall(b"a")
            except OSError:
                continue

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"]
)
def test_an_answer_in_drops_is_given_up(head: bytes) -> None:
    """The whole of an answer has its time, its headers too, however lively the drops are."""
    with dripping(head) as url:
        error = failure(url, request_timeout_s=0.05)
    assert (error.status, error.cause[:7]) == ("down", "连接或读取超时")


def test_a_redirect_never_takes_encryption_away() -> None:
    """From https to http a token would go in the clear; the other way is what sites do."""
    with pytest.raises(SourceError, match="不加密"):
        _check_redirect("https://a.example/", "http://a.example/")
    _check_redirect("http://a.example/", "https://a.example/")

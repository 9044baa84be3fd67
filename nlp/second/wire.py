"""One bounded exchange with a service in the bank's own network: where it may lie, how long it may take.

Whatever hangs (the look-up of a name, a connection, an answer in drops, headers too) is left behind after the time
given: the exchange has a thread of its own, and nobody waits for it longer.
"""

from __future__ import annotations

import ipaddress
import json as jsonlib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread
from typing import Any, TypeVar

import httpx

from domain.errors import ReaderError

T = TypeVar("T")
Resolve = Callable[[str], Sequence[str]]
"""A host's name → its addresses; OSError or UnicodeError where it has none."""

INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""This machine, and the networks of RFC 1918 and RFC 4193: what a bank has inside."""

LONGEST_ANSWER = 1_000_000
"""Bytes."""


@dataclass(frozen=True)
class Place:
    """Where the service lies. ``key`` goes into the Authorization header; ``ca_file``: who signs its certificate."""

    url: str
    key: str | None = None
    ca_file: str | None = None
    allow_public: bool = False


@dataclass(frozen=True)
class Answer:
    """What was answered: status, lower-case header names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; ReaderError where it is none."""
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise ReaderError("failed", "回答的不是 JSON，请核对地址（写到 /v1 为止）") from None


def look_up(host: str) -> list[str]:
    """The addresses that the machine's resolver gives."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


def is_inside(address: str) -> bool:
    """Whether an address lies in `INSIDE`; IPv6 addresses that carry one of IPv4 do not."""
    plain = ipaddress.ip_address(address)
    return any(plain in network for network in INSIDE)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` gives or raises; ReaderError where that takes longer than ``seconds``."""
    done: Queue[tuple[T | None, Exception | None]] = Queue(1)

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:  # noqa: BLE001 - the edge of a request: it is raised again where it is waited for
            done.put((None, error))

    Thread(target=run, name="second-reader", daemon=True).start()
    try:
        result, error = done.get(timeout=max(seconds, 0.001))
    except Empty:
        raise ReaderError("failed", f"{seconds:.3g} 秒内没有答完") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # what `work` gave, None among it


class Wire:
    """Asks the service. Follows no redirects, uses no proxy of the environment, and never tells the key."""

    def __init__(self, place: Place, resolve: Resolve = look_up) -> None:
        self._place = place
        self._resolve = resolve
        self._context: ssl.SSLContext | None = None

    def get(self, path: str, seconds: float) -> Answer:
        """What stands at ``path``, whatever its status; ReaderError where nothing came within ``seconds``."""
        return self._ask("GET", path, None, seconds)

    def post(self, path: str, body: Mapping[str, Any], seconds: float) -> Answer:
        """The answer to a JSON body, whatever its status; ReaderError as for `get`."""
        return self._ask("POST", path, jsonlib.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), seconds)

    def _ask(self, method: str, path: str, body: bytes | None, seconds: float) -> Answer:
        try:
            client = httpx.Client(verify=self._certificates(), timeout=seconds, trust_env=False, follow_redirects=False)
        except OSError as error:
            raise ReaderError("failed", f"证书文件 ca_file 读不了：{error}", over=True) from None
        try:
            return within(seconds, lambda: self._exchange(client, method, path, body))
        except httpx.HTTPError as error:
            raise ReaderError("failed", _cause(error)) from None
        except httpx.InvalidURL:
            raise ReaderError("failed", f"地址 {self._place.url} 不对", over=True) from None
        finally:
            client.close()

    def _exchange(self, client: httpx.Client, method: str, path: str, body: bytes | None) -> Answer:
        url = httpx.URL(self._place.url + path)
        headers = {"Host": url.netloc.decode("ascii"), "Accept": "application/json", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if self._place.key:
            headers["Authorization"] = f"Bearer {self._place.key}"
        # Connected is to the address that was checked; the certificate is held against the name all the same.
        there = url.copy_with(host=self._address(url.host))
        names = {"sni_hostname": url.host}
        with client.stream(method, there, headers=headers, content=body, extensions=names) as answer:
            return Answer(answer.status_code, dict(answer.headers.items()), _bounded(answer))

    def _address(self, host: str) -> str:
        try:
            found = self._resolve(host)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise ReaderError("failed", f"域名 {host} 解析不了", over=True)
        outside = [] if self._place.allow_public else [address for address in found if not is_inside(address)]
        if outside:
            hint = "帖子不发到外面；如果确是本行网络，请设 allow_public: true"
            raise ReaderError("failed", f"{host} 的地址 {outside[0]} 不是内网地址，{hint}", over=True)
        return found[0]

    def _certificates(self) -> ssl.SSLContext:
        """Read once, for that takes longer than most exchanges."""
        if self._context is None:
            given = self._place.ca_file
            self._context = ssl.create_default_context(cafile=given) if given else httpx.create_ssl_context()
        return self._context


def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise ReaderError("failed", f"回答超过 {LONGEST_ANSWER // 1000} KB，已停止读取")
    return bytes(body)


def _cause(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "连接或读取超时"
    if "CERTIFICATE" in str(error).upper():
        return "对方的证书不可信；本行自建的证书机构请用 ca_file 指明"
    if isinstance(error, httpx.ConnectError):
        return "连接不上"
    return "连接中断"

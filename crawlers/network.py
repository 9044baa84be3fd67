"""Where a request may go: names are resolved here, once, and what is connected to is what was checked.

httpx would resolve a name again at each connection, so a check before the request could be told one address and the
request led to another. Here the check and the connection share one look-up.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import httpcore
import httpx

from domain.errors import SourceError

Resolve = Callable[[str], Sequence[str]]
"""A host's name → its addresses; OSError or UnicodeError where it has none."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def resolve(host: str) -> list[str]:
    """The addresses that the machine's resolver gives; also reads ``2130706433``, ``0x7f.1`` and their like."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


def is_public(address: str) -> bool:
    """Whether an address lies in the open network: not private, loopback, link-local, shared, multicast or reserved.

    IPv6 addresses that carry an IPv4 address (mapped, 6to4, NAT64) are as public as that one.
    """
    plain = ipaddress.ip_address(address)
    if isinstance(plain, ipaddress.IPv6Address):
        inner = _carried(plain)
        if inner:
            return is_public(str(inner))
        if plain.is_site_local:
            return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class Gate(httpcore.NetworkBackend):
    """Connects to public addresses, and to hosts that are trusted by name. Each name is looked up once.

    ``deadline`` (monotonic clock) ends whatever is still being read, headers included: an answer that arrives in
    drops keeps within every single timeout. A refused address raises SourceError.
    """

    def __init__(self, trusted: Iterable[str], resolve: Resolve = resolve) -> None:
        self.deadline = float("inf")
        self._trusted = {host.lower() for host in trusted}
        self._resolve = resolve
        self._known: dict[str, Sequence[str]] = {}
        self._backend = httpcore.SyncBackend()

    def trust(self, host: str) -> None:
        """The configuration named this host: it may lie in the bank's own network."""
        self._trusted.add(host.lower())

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """As httpcore wants it: the first of the host's addresses that answers."""
        failure: Exception = httpcore.ConnectError(f"getaddrinfo: no address of {host}")
        for address in self._addresses(host):
            try:
                stream = self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Timed(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str) -> Sequence[str]:
        if host not in self._known:
            try:
                self._known[host] = self._resolve(host)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"getaddrinfo: {error}") from error
        found = self._known[host]
        if host.lower() not in self._trusted and not all(map(is_public, found)):
            raise SourceError("changed", f"被引到内网或保留地址 {host}，已拒绝")
        return found


class _Timed(httpcore.NetworkStream):
    """A connection whose reading ends at the gate's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, gate: Gate) -> None:
        self._stream = stream
        self._gate = gate

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._gate.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer arrives too slowly")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, timeout), self._gate)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GatedTransport(httpx.HTTPTransport):
    """httpx's transport with our own way to the network."""

    def __init__(self, gate: Gate) -> None:
        context = _certificates()
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=gate)


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are believed: read once, for that takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)

"""Which addresses lie in the open network."""

from __future__ import annotations

import socket

import httpcore
import pytest

from crawlers.network import Gate, is_public, resolve
from domain.errors import SourceError


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_network(address: str) -> None:
    """Plain ones, and those of IPv6 that carry a public IPv4 address."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_no_page_may_lead_to(address: str) -> None:
    """Private, loopback, link-local, shared, multicast, reserved, and IPv6 around any of them."""
    assert not is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"])
def test_other_ways_to_write_an_address_are_read(host: str) -> None:
    """Decimal, octal and hexadecimal forms become the address that would be connected to."""
    assert resolve(host) == ["127.0.0.1"]


def test_one_address_inside_is_enough_to_refuse_a_host() -> None:
    """Which one of several would be connected to is not ours to hope for."""
    gate = Gate((), lambda _: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(SourceError, match="内网"):
        gate.connect_tcp("two.example", 80)


def test_a_name_is_looked_up_once_and_its_next_address_is_tried() -> None:
    """A second answer of the name server is never asked for; a dead address does not hide a living one."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer(host: str) -> list[str]:
            asked.append(host)
            return ["127.0.0.9", "127.0.0.1"]

        gate = Gate(["Intranet"], answer)
        for _ in range(2):
            gate.connect_tcp("intranet", port).close()
    assert asked == ["intranet"]


def test_a_name_without_an_address_is_a_failure_to_connect() -> None:
    """The client tries again and says that the name cannot be resolved."""

    def nothing(host: str) -> list[str]:
        raise socket.gaierror(-2, host)

    with pytest.raises(httpcore.ConnectError, match="getaddrinfo"):
        Gate((), nothing).connect_tcp("nobody.example", 80)

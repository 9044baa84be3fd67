"""The page that is asked for ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from crawlers.spiders.ahead import Ahead


class Net:
    """Answers ``A`` with ``a``, when it is let; notes what is asked for with which cookies, and how many at once."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.open = 0
        self.most = 0
        self.gate = asyncio.Event()

    async def download(self, url: str, cookies: str) -> str:
        """The answer in small letters; ``BAD`` cannot be reached."""
        self.asked.append((url, cookies))
        self.open += 1
        self.most = max(self.most, self.open)
        await self.gate.wait()
        self.open -= 1
        if url == "BAD":
            raise ConnectionError(url)
        return url.lower()


def run(scene: Callable[[Net, Ahead[str]], Coroutine[None, None, None]]) -> Net:
    """Play a scene and give the net."""

    async def play() -> Net:
        net = Net()
        await scene(net, Ahead(net.download))
        return net

    return asyncio.run(play())


def test_a_page_asked_for_ahead_is_fetched_once_with_the_cookies_of_then() -> None:
    """It is under way before it is wanted, and who wants it gets that answer."""

    async def scene(net: Net, ahead: Ahead[str]) -> None:
        await ahead.begin("A", "viewid=1")
        assert net.asked == [("A", "viewid=1")]
        net.gate.set()
        assert await ahead.fetch("A", "viewid=2") == "a"
        assert await ahead.fetch("A", "viewid=2") == "a"

    assert run(scene).asked == [("A", "viewid=1"), ("A", "viewid=2")]


def test_another_page_waits_its_turn_and_loses_nothing() -> None:
    """Never two requests at once; the page asked for ahead is still there afterwards, and no second one is."""

    async def scene(net: Net, ahead: Ahead[str]) -> None:
        await ahead.begin("A", "")
        asyncio.get_running_loop().call_soon(net.gate.set)
        assert await ahead.fetch("B", "") == "b"
        await ahead.begin("C", "")
        assert await ahead.fetch("A", "") == "a"

    net = run(scene)
    assert (net.asked, net.most) == ([("A", ""), ("B", "")], 1)


def test_what_goes_wrong_ahead_is_told_to_whoever_wants_the_page() -> None:
    """Another page is read undisturbed, and the broken one can be asked for again."""

    async def scene(net: Net, ahead: Ahead[str]) -> None:
        net.gate.set()
        await ahead.begin("BAD", "")
        assert await ahead.fetch("B", "") == "b"
        with pytest.raises(ConnectionError):
            await ahead.fetch("BAD", "")
        with pytest.raises(ConnectionError):
            await ahead.fetch("BAD", "")

    assert run(scene).asked == [("BAD", ""), ("B", ""), ("BAD", "")]

"""aiotieba's way to the network, made bounded: size, time, place, and the answer kept as it came.

Imported only where aiotieba is installed.
"""

from __future__ import annotations

from datetime import datetime

import aiohttp
import yarl
from aiotieba.core import Account, HttpCore, NetCore

from crawlers.config import Manners
from crawlers.pace import retry_after
from crawlers.tieba.answers import Answer
from crawlers.tieba.faults import TiebaError, status_fault
from domain.clock import Clock


class BoundedNet(NetCore):  # type: ignore[misc]  # aiotieba has no types
    """Sends one request at a time. ``last`` is the newest answer, None where there was none.

    A status other than 200, and a body larger than ``manners.max_body_bytes`` (also once unpacked), raise TiebaError.
    """

    def __init__(self, like: NetCore, manners: Manners, clock: Clock) -> None:
        super().__init__(like.connector, like.proxy, like.timeout)
        self._manners = manners
        self._clock = clock
        self.last: Answer | None = None

    async def send(self, request: aiohttp.ClientRequest, *_: object) -> bytes:
        """The unpacked body of the answer."""
        self.last, asked_at = None, self._clock()
        response = await self.req2res(request)
        try:
            body = await self._body(response)
        except BaseException:
            response.close()
            raise
        response.release()
        answer = _answer(request, response, body, asked_at)
        self.last = answer
        if answer.status != 200:
            raise status_fault(answer, retry_after(answer.headers, asked_at))
        return body

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._manners.max_body_bytes
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise TiebaError("changed", f"回答超过 {limit // 1000} KB，已停止读取", f"HTTP {response.status}")
        return bytes(body)


class PlacedCore(HttpCore):  # type: ignore[misc]
    """Builds the requests, for another place than Baidu's where ``base_url`` names one."""

    def __init__(self, account: Account, net: BoundedNet, manners: Manners, base_url: str | None) -> None:
        super().__init__(account, net)
        self._base = yarl.URL(base_url) if base_url else None
        for container in (self.app, self.app_proto):
            container.headers[aiohttp.hdrs.USER_AGENT] = manners.agent

    def pack_proto_request(self, url: yarl.URL, data: bytes) -> aiohttp.ClientRequest:
        """A request with a protobuf message."""
        request: aiohttp.ClientRequest = super().pack_proto_request(self._placed(url), data)
        return request

    def pack_form_request(self, url: yarl.URL, data: list[tuple[str, str]]) -> aiohttp.ClientRequest:
        """A request with a signed form."""
        request: aiohttp.ClientRequest = super().pack_form_request(self._placed(url), data)
        return request

    def _placed(self, url: yarl.URL) -> yarl.URL:
        return url if self._base is None else self._base.join(url.relative())


def _answer(
    request: aiohttp.ClientRequest, response: aiohttp.ClientResponse, body: bytes, asked_at: datetime
) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(str(request.url), response.status, headers, body, asked_at)

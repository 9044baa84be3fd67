"""One bounded POST to a robot or a program: what went wrong becomes a `DeliveryError`, and the address is never told.

The address of a robot holds its key, so causes name the channel and nothing of the address.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from domain.errors import DeliveryError

LONGEST_ANSWER = 64_000
"""Bytes; answers are a line or two."""

# httpx logs whole addresses, with the keys in them.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    """What was answered: status, lower-case header names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def members(self) -> Mapping[str, Any]:
        """The members of a JSON object; empty where the body is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Line:
    """How the other side is reached. ``name`` is the channel's, for people; ``url`` None: none is configured.

    Private addresses are as good as public ones: a bank's programs lie in its own network. No redirect is followed and
    no proxy of the environment used. ``proxy``, ``ca_file``, ``timeout_s`` as in `alerts.channels_config`.
    """

    name: str
    url: str | None
    timeout_s: float = 10.0
    ca_file: str | None = None
    proxy: str | None = None
    monotonic: Callable[[], float] = time.monotonic

    def post(self, body: bytes, headers: Mapping[str, str], params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a JSON body, whatever its status; DeliveryError where none came in time."""
        sent = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity", **headers}
        url = httpx.URL(self._address()).copy_merge_params(dict(params or {}))
        return self._ask("POST", url, sent, body)

    def visit(self) -> Answer:
        """The answer to a GET of the address, whatever its status; DeliveryError where none came in time."""
        return self._ask("GET", httpx.URL(self._address()), {}, b"")

    def greet(self) -> None:
        """Reach the host, with TLS where the address says so, without a message; DeliveryError where that fails."""
        parts = urlsplit(self._address())
        self._ask("HEAD", httpx.URL(f"{parts.scheme}://{parts.netloc}/"), {}, b"")

    def _address(self) -> str:
        """The address, looked at: `httpx` would tell of a bad one with the key in its message."""
        try:
            parts = urlsplit(self.url or "")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
            httpx.URL(self.url or "")
        except (ValueError, httpx.InvalidURL):
            usable = False
        if not self.url or not usable:
            what = "地址不是 http(s) 网址" if self.url else "没有地址"
            raise DeliveryError(None, f"渠道 {self.name} {what}，请核对 url_env 或 url_file", retry=True)
        return self.url

    def _ask(self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            with httpx.Client(
                verify=self._certificates(), proxy=self.proxy, timeout=self.timeout_s, trust_env=False
            ) as client:
                return self._exchange(client, method, url, headers, body)
        except httpx.HTTPError as error:
            raise DeliveryError(None, f"渠道 {self.name} {_cause(error)}", retry=True) from None

    def _exchange(
        self, client: httpx.Client, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        until = self.monotonic() + self.timeout_s
        with client.stream(method, url, headers=dict(headers), content=body) as answer:
            found = bytearray()
            for chunk in answer.iter_raw():
                found += chunk
                if len(found) > LONGEST_ANSWER or self.monotonic() > until:
                    raise DeliveryError(None, f"渠道 {self.name} 的回答没完没了，不知是否已收下", retry=True)
            return Answer(answer.status_code, dict(answer.headers.items()), bytes(found))

    def _certificates(self) -> ssl.SSLContext:
        if self.ca_file is None:
            return _usual_certificates()
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            cause = error.strerror or error
            raise DeliveryError(None, f"渠道 {self.name} 的证书文件 ca_file 读不了：{cause}", retry=True) from None


@lru_cache(maxsize=1)
def _usual_certificates() -> ssl.SSLContext:
    """Read once, for that takes longer than most exchanges."""
    return httpx.create_ssl_context()


def _cause(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "连接超时"
    if isinstance(error, httpx.TimeoutException):
        return "没有按时回答，不知是否已收下"
    if "CERTIFICATE" in str(error).upper():
        return "的证书不可信；本行自建的证书机构请用 ca_file 指明"
    if isinstance(error, httpx.ProxyError):
        return "的代理（proxy）不放行"
    if isinstance(error, httpx.ConnectError):
        return "连接不上"
    return "连接中断，不知是否已收下"

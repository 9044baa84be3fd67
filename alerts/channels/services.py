"""Services that have no channel of their own here, through apprise (optional extra ``apprise``): one URL says which."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING

from alerts.channels.chat import chat_text
from domain.alerts import Letter
from domain.errors import DeliveryError

if TYPE_CHECKING:
    from apprise import Apprise

MISSING = "没有安装 apprise，请在程序目录运行 .venv/bin/pip install '.[apprise]'"

LONGEST_TEXT = 2048
"""Bytes; a service that takes less gets the beginning."""


def is_available() -> bool:
    """Whether the optional extra ``apprise`` is installed. Imports nothing."""
    return find_spec("apprise") is not None


class Service:
    """Tells each letter to the service that ``url`` names (`alerts.channels.post.Channel`).

    apprise says only whether a message was taken, so everything that goes wrong is tried again.
    """

    def __init__(self, name: str, url: str | None, timeout_s: float = 10.0) -> None:
        self._name = name
        self._url = url
        self._timeout_s = timeout_s

    def send(self, letter: Letter) -> None:
        """Hand the message over; DeliveryError where it is not taken."""
        # "@all" and its like call everybody in many services, and users' words may hold it.
        text = chat_text(letter, LONGEST_TEXT).replace("@", "＠")
        if not self._service().notify(body=text, body_format="text"):
            raise DeliveryError(None, f"渠道 {self._name} 没有接受，或连接不上", retry=True)

    def greet(self) -> None:
        """DeliveryError where apprise is missing or does not know what the URL names. Nobody is asked."""
        self._service()

    def _service(self) -> Apprise:
        """Made for each message: those that are kept wait between messages, and the outbox does that already."""
        if not is_available():
            raise DeliveryError(None, f"渠道 {self._name} 用不了：{MISSING}", retry=True)
        import apprise

        # Its warnings hold parts of the URL, and with them keys.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        asset = apprise.AppriseAsset(http_redirects=False)
        service = apprise.Apprise.instantiate(self._url, asset=asset) if self._url else None
        if service is None:
            what = "的地址 apprise 看不懂" if self._url else "没有地址"
            raise DeliveryError(None, f"渠道 {self._name} {what}，请核对 url_env 或 url_file", retry=True)
        service.verify_certificate = True
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
        service.socket_connect_timeout = service.socket_read_timeout = self._timeout_s
        made = apprise.Apprise(asset=asset)
        made.add(service)
        return made

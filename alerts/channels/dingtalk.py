"""钉钉: a custom robot in a group. 20 messages a minute, else shut out for ten minutes; bodies of at most 20 KB."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from alerts.channels.chat import chat_text
from alerts.channels.http import Line
from alerts.channels.replies import Codes, must_be_taken
from domain.alerts import Letter
from domain.clock import Clock, system_clock

LONGEST_TEXT = 9000
"""Bytes; where every one of them had to be escaped the body would still be taken."""

SHUT_OUT_S = 600.0

CODES = Codes(
    "钉钉",
    code="errcode",
    words="errmsg",
    busy=frozenset({130101, 410100}),
    final=frozenset({400105, 430101, 430102, 430103, 430104, 460101}),
    hints={
        310000: "请核对加签密钥、本机时钟、关键词（可设“舆情”）和白名单",
        300001: "地址里的 access_token 不对",
        400101: "地址里的 access_token 不对",
        400102: "机器人已停用",
        400106: "机器人已不存在",
        400013: "群已解散",
    },
    wait_s=SHUT_OUT_S,
)


class DingtalkRobot:
    """Says each letter in the group (`alerts.channels.post.Channel`), signed where there is a secret."""

    def __init__(self, line: Line, secret: str | None, clock: Clock = system_clock) -> None:
        self.line = line
        self._secret = secret
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Hand the message to the group; DeliveryError where the platform does not take it."""
        now = self._clock()
        body = {"msgtype": "text", "text": {"content": chat_text(letter, LONGEST_TEXT)}}
        params = signature(self._secret, int(now.timestamp() * 1000)) if self._secret else {}
        answer = self.line.post(json.dumps(body, ensure_ascii=False).encode(), {}, params)
        must_be_taken(answer, CODES, now)


def signature(secret: str, milliseconds: int) -> dict[str, str]:
    """The parameters that sign a request: base64 of HMAC-SHA256 over ``timestamp LF secret`` with the secret as key."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": str(milliseconds), "sign": base64.b64encode(digest).decode()}

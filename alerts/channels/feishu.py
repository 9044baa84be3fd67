"""飞书: a custom robot in a group. 100 messages a minute and 5 a second; bodies of at most 20 KB."""

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

CODES = Codes(
    "飞书",
    code="code",
    words="msg",
    # 9499 means "Bad Request", and in older answers "too many request": `replies.TOO_FAST` tells them apart.
    busy=frozenset({11232, 230020}),
    final=frozenset({9499, 19036}),
    hints={
        19001: "机器人的地址不对，或机器人已被移出群",
        19021: "签名不对：请核对密钥和本机时钟",
        19022: "本机的出口地址不在机器人的白名单里",
        19024: "消息里没有机器人要的关键词（可设“舆情”）",
    },
)


class FeishuRobot:
    """Says each letter in the group (`alerts.channels.post.Channel`), signed where there is a secret."""

    def __init__(self, line: Line, secret: str | None, clock: Clock = system_clock) -> None:
        self.line = line
        self._secret = secret
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Hand the message to the group; DeliveryError where the platform does not take it."""
        now = self._clock()
        signed = signature(self._secret, int(now.timestamp())) if self._secret else {}
        body = {**signed, "msg_type": "text", "content": {"text": chat_text(letter, LONGEST_TEXT)}}
        answer = self.line.post(json.dumps(body, ensure_ascii=False).encode(), {})
        must_be_taken(answer, CODES, now)


def signature(secret: str, seconds: int) -> dict[str, str]:
    """The members that sign a body: base64 of HMAC-SHA256 over nothing with ``timestamp LF secret`` as key."""
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(seconds), "sign": base64.b64encode(digest).decode()}

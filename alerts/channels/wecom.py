"""企业微信: a robot in a group. 20 messages a minute, texts of at most 2048 bytes (document 91770 of its site)."""

from __future__ import annotations

import json

from alerts.channels.chat import chat_text
from alerts.channels.http import Line
from alerts.channels.replies import Codes, must_be_taken
from domain.alerts import Letter
from domain.clock import Clock, system_clock

LONGEST_TEXT = 2048
"""Bytes."""

CODES = Codes(
    "企业微信",
    code="errcode",
    words="errmsg",
    busy=frozenset({45009, 45033}),
    final=frozenset({40058, 40008}),
    hints={
        93000: "机器人的地址不对，或机器人已被移出群",
        93004: "机器人已停用",
        93008: "机器人不在群里",
        60020: "本机的出口地址不在机器人的白名单里",
    },
)


class WecomRobot:
    """Says each letter in the group (`alerts.channels.post.Channel`)."""

    def __init__(self, line: Line, clock: Clock = system_clock) -> None:
        self.line = line
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Hand the message to the group; DeliveryError where the platform does not take it."""
        body = {"msgtype": "text", "text": {"content": chat_text(letter, LONGEST_TEXT)}}
        answer = self.line.post(json.dumps(body, ensure_ascii=False).encode(), {})
        must_be_taken(answer, CODES, self._clock())

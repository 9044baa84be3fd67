"""A program of the bank's own: JSON, signed, with an id that is the same at every attempt (docs/channels.md)."""

from __future__ import annotations

import hashlib
import hmac
import json

from alerts.channels.http import Answer, Line
from alerts.channels.replies import A_MINUTE, asked_to_wait
from domain.alerts import Letter
from domain.clock import Clock, iso, system_clock
from domain.errors import DeliveryError

ALREADY_HAD = 409
"""The other side knows the id: it has the message."""

CONTENT = (400, 413, 415, 422)
"""Statuses that no later attempt with the same body will change."""


class Webhook:
    """Hands each letter to the program (`alerts.channels.post.Channel`)."""

    def __init__(self, line: Line, secret: str | None, clock: Clock = system_clock) -> None:
        self.line = line
        self._secret = secret
        self._clock = clock

    def send(self, letter: Letter) -> None:
        """Hand the message over; DeliveryError where it is not taken. Nothing is sent unsigned."""
        if not self._secret:
            raise DeliveryError(None, f"渠道 {self.line.name} 没有密钥，请核对 secret_env 或 secret_file", retry=True)
        body, stamp = payload(letter), str(int(self._clock().timestamp()))
        headers = {
            "X-Yuqing-Id": letter.message_id.strip("<>"),
            "X-Yuqing-Timestamp": stamp,
            "X-Yuqing-Signature": signature(self._secret, stamp, body),
        }
        self._must_be_taken(self.line.post(body, headers))

    def _must_be_taken(self, answer: Answer) -> None:
        status, name = answer.status, self.line.name
        if 200 <= status < 300 or status == ALREADY_HAD:
            return
        wait = asked_to_wait(answer, self._clock())
        if status == 429 or (status == 503 and wait):
            raise DeliveryError(status, f"渠道 {name} 说太忙（HTTP {status}）", retry=True, wait_s=wait or A_MINUTE)
        hint = "，请核对地址和密钥" if status in (401, 403, 404, 405) or 300 <= status < 400 else ""
        raise DeliveryError(status, f"渠道 {name} 没有接受（HTTP {status}）{hint}", retry=status not in CONTENT)


def payload(letter: Letter) -> bytes:
    """The body, UTF-8: the same bytes at every attempt."""
    message = letter.message
    body = {
        "id": letter.message_id.strip("<>"),
        "notice": letter.notice,
        "kind": letter.kind,
        "level": letter.level.code,
        "bank": letter.bank,
        "incident": letter.incident,
        "created_at": iso(letter.created_at),
        "subject": message.subject,
        "preface": letter.preface,
        "short": message.short,
        "text": message.text,
    }
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the hex HMAC-SHA256 over ``timestamp . body``."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()

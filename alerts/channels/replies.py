"""What an answer means: accepted, wait, mend the configuration, or never. Chat platforms answer HTTP 200 to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from alerts.channels.http import Answer
from domain.errors import DeliveryError

A_MINUTE = 60.0
LONGEST_WAIT_S = 3600.0
TOO_FAST = ("too many", "too fast", "frequency limit", "freq out of limit")
"""Words by which a platform says that it is asked too often, whatever the code."""


@dataclass(frozen=True)
class Codes:
    """The codes of a platform. ``code`` and ``words``: the names of the members of its answer that hold them.

    ``busy``: asked too often, leave it alone for ``wait_s``. ``final``: nothing will make it take this message.
    ``hints``: what a person should look at. Every other code is tried again.
    """

    platform: str
    code: str
    words: str
    busy: frozenset[int]
    final: frozenset[int]
    hints: Mapping[int, str] = field(default_factory=dict)
    wait_s: float = A_MINUTE


def must_be_taken(answer: Answer, codes: Codes, now: datetime) -> None:
    """Nothing where the platform took the message, else the `DeliveryError` that its code stands for."""
    members = answer.members()
    code, words = members.get(codes.code), str(members.get(codes.words, ""))[:200]
    if not isinstance(code, int):
        raise _no_platform(answer, codes, now)
    if code == 0 and answer.status == 200:
        return
    said = f"{codes.platform}没有接受：{code} {words}"
    if answer.status == 429 or code in codes.busy or any(sign in words.lower() for sign in TOO_FAST):
        raise DeliveryError(code, said, retry=True, wait_s=asked_to_wait(answer, now) or codes.wait_s)
    hint = f"；{codes.hints[code]}" if code in codes.hints else ""
    raise DeliveryError(code, f"{said}{hint}", retry=code not in codes.final)


def _no_platform(answer: Answer, codes: Codes, now: datetime) -> DeliveryError:
    """An answer without a code comes from something in between: a gateway, a proxy, a wrong address."""
    if answer.status == 429:
        wait = asked_to_wait(answer, now) or codes.wait_s
        return DeliveryError(429, f"{codes.platform}说太频繁（HTTP 429）", retry=True, wait_s=wait)
    if answer.status >= 500:
        return DeliveryError(answer.status, f"{codes.platform}出错（HTTP {answer.status}）", retry=True)
    told = f"回答不像{codes.platform}的（HTTP {answer.status}），请核对地址，或看是否被网关拦下"
    return DeliveryError(answer.status, told, retry=True)


def asked_to_wait(answer: Answer, now: datetime) -> float | None:
    """Seconds that ``Retry-After`` (RFC 9110, seconds or a date) or 飞书's reset header asks for, at most an hour."""
    asked = answer.headers.get("retry-after") or answer.headers.get("x-ogw-ratelimit-reset") or ""
    if asked.isdecimal():
        seconds = float(asked)
    else:
        try:
            seconds = (parsedate_to_datetime(asked) - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 1.0), LONGEST_WAIT_S)

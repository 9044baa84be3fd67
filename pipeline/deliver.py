"""Delivering: one worker at a time takes what is due from the outbox, sends it, and marks it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.backoff import asked_attempt, next_attempt
from domain.alerts import Letter
from domain.clock import local
from domain.errors import DeliveryError
from pipeline.dead_letters import pass_on
from pipeline.parts import Parts

QUICK_RETRIES_S = (2.0, 5.0)
"""Waits before the quick further tries inside one run; longer outages are left to `alerts.backoff`.

A channel with a quota gets none: each try may have been a message to the platform.
"""

MINUTE = timedelta(minutes=1)
SPACING = timedelta(seconds=0.25)
"""Between two messages to a channel with a quota: 飞书 takes five a second."""


LOGIN_REFUSED = 535
"""Trying a wrong password again within seconds may lock the account."""

STALE_AFTER_S = 600
_LOG = logging.getLogger("yuqing.deliver")


@dataclass(frozen=True)
class DeliveryCount:
    """What became of the letters that were due."""

    sent: int = 0
    refused: int = 0


def deliver(parts: Parts) -> DeliveryCount:
    """Send everything that is due. Nothing is done while another process delivers."""
    run = parts.store.claim_run("deliver", parts.clock(), STALE_AFTER_S)
    if run is None:
        return DeliveryCount()
    try:
        count = _empty_the_outbox(parts)
    except Exception as error:
        parts.store.finish_run(run, parts.clock(), "failed", f"{type(error).__name__}: {error}")
        raise
    status = "attention" if count.refused else "done"
    parts.store.finish_run(run, parts.clock(), status, f"已投递 {count.sent} 封，未成功 {count.refused} 封")
    return count


def _empty_the_outbox(parts: Parts) -> DeliveryCount:
    """What is passed on to somebody else is due at once."""
    parts.progress.stage("投递")
    sent = refused = 0
    while True:
        while letters := parts.store.due_letters(parts.clock(), 1):
            if _is_full(parts, letters[0].channel):
                continue
            accepted = _send(parts, letters[0])
            sent, refused = sent + accepted, refused + (not accepted)
            parts.progress.step()
        if not pass_on(parts):
            return DeliveryCount(sent, refused)


def _is_full(parts: Parts, channel: str) -> bool:
    """Whether the channel has had its messages of this minute; then what is due waits until there is room again.

    Every minute is looked at that ends now, so no clock of the platform can find more in any minute of its own.
    """
    quota, now = parts.quotas.get(channel), parts.clock()
    if quota is None:
        return False
    recent = parts.store.attempts_since(channel, now - MINUTE, now)
    if len(recent) < quota:
        if recent and now - recent[-1] < SPACING:
            parts.pause(SPACING.total_seconds())
        return False
    parts.store.hold_channel(channel, now, recent[-quota] + MINUTE)
    return True


def _send(parts: Parts, letter: Letter) -> bool:
    error = _try(parts, letter)
    for wait in QUICK_RETRIES_S if letter.channel not in parts.quotas else ():
        if error is None or not error.retry or error.code == LOGIN_REFUSED:
            break
        parts.pause(wait)
        error = _try(parts, letter)
    now = parts.clock()
    if error is None:
        parts.store.letter_sent(letter.key, now)
        _LOG.info("已送给 %s：%s", letter.recipient, letter.message.subject)
        return True
    again = _again(letter, error, now)
    parts.store.letter_failed(letter.key, now, error.code, error.detail, again, counts=error.wait_s is None)
    if error.wait_s is not None and again is not None:
        parts.store.hold_channel(letter.channel, now, again)
    after = f"{local(again):%m-%d %H:%M} 再试" if again else "不再试"
    _LOG.info("没有送给 %s：%s（%s）；%s", letter.recipient, letter.message.subject, error, after)
    return False


def _again(letter: Letter, error: DeliveryError, now: datetime) -> datetime | None:
    if error.wait_s is not None:
        return asked_attempt(error.wait_s, letter.created_at, now)
    return next_attempt(letter.attempts + 1, now) if error.retry else None


def _try(parts: Parts, letter: Letter) -> DeliveryError | None:
    try:
        parts.mailer.send(letter)
    except DeliveryError as error:
        return error
    return None

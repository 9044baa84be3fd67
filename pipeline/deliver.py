"""Delivering: one worker at a time takes what is due from the outbox, sends it, and marks it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from alerts.backoff import next_attempt
from domain.alerts import Letter
from domain.clock import local
from domain.errors import DeliveryError
from pipeline.parts import Parts

QUICK_RETRIES_S = (2.0, 5.0)
"""Waits before the quick further tries inside one run; longer outages are left to `alerts.backoff`."""

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
    parts.progress.stage("投递")
    sent = refused = 0
    while letters := parts.store.due_letters(parts.clock(), 1):
        accepted = _send(parts, letters[0])
        sent, refused = sent + accepted, refused + (not accepted)
        parts.progress.step()
    return DeliveryCount(sent, refused)


def _send(parts: Parts, letter: Letter) -> bool:
    error = _try(parts, letter)
    for wait in QUICK_RETRIES_S:
        if error is None or not error.retry or error.code == LOGIN_REFUSED:
            break
        parts.pause(wait)
        error = _try(parts, letter)
    now = parts.clock()
    if error is None:
        parts.store.letter_sent(letter.key, now)
        _LOG.info("已寄给 %s：%s", letter.recipient, letter.message.subject)
        return True
    again = next_attempt(letter.attempts + 1, now) if error.retry else None
    parts.store.letter_failed(letter.key, now, error.code, error.detail, again)
    after = f"{local(again):%m-%d %H:%M} 再试" if again else "不再试"
    _LOG.info("没有寄给 %s：%s（%s）；%s", letter.recipient, letter.message.subject, error, after)
    return False


def _try(parts: Parts, letter: Letter) -> DeliveryError | None:
    try:
        parts.mailer.send(letter)
    except DeliveryError as error:
        return error
    return None

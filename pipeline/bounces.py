"""Returned mail: each letter that came back is marked; delivering then passes it on."""

from __future__ import annotations

import logging

from domain.errors import BounceError
from pipeline.parts import Parts

_LOG = logging.getLogger("yuqing.deliver")


def read_bounces(parts: Parts) -> str | None:
    """Mark what came back. Why the mailbox could not be read, in Chinese; None where it could, or there is none."""
    if parts.bounces is None:
        return None
    try:
        for bounce in parts.bounces.read():
            if parts.store.letter_bounced(bounce, parts.clock()):
                _LOG.info("退信：%s %s", bounce.message_id, bounce.cause)
    except BounceError as error:
        _LOG.warning("退信信箱读不了：%s", error)
        return f"退信信箱读不了：{error}"
    return None

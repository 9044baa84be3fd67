"""Letters that do not arrive: others are written to in their place, and operations are told, once a day and contact."""

from __future__ import annotations

import logging
from datetime import timedelta

from alerts.fallback import stand_in, stuck_notices, told_as
from alerts.render import render_stuck
from pipeline.parts import Parts

_LOG = logging.getLogger("yuqing.deliver")


def pass_on(parts: Parts) -> int:
    """Deal with every letter that was given up, came back or is late; returns how many. Each is dealt with once."""
    now = parts.clock()
    stuck = parts.store.stuck_letters(now - timedelta(minutes=parts.alerts.fallback.after_minutes))
    if not stuck:
        return 0
    found = {item.key: other for item in stuck if (other := stand_in(item, parts.alerts))}
    instead = {key: other.recipient for key, other in found.items()}
    new = [item for item in stuck if not parts.store.has_notice(told_as(item.recipient, now))]
    notices = stuck_notices(new, render_stuck(new, instead, now), parts.alerts, now) if new else []
    keys = [item.key for item in stuck]
    parts.store.escalate(keys, list(found.values()), notices, parts.mail_domain, now)
    for item in stuck:
        _LOG.info(
            "没有送到 %s：%s（%s）；改送 %s", item.recipient, item.subject, item.cause, instead.get(item.key, "无")
        )
    return len(stuck)

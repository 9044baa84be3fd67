"""What the store of a replay holds, for `evaluation.past`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from alerts.config import AlertConfig
from domain.alerts import Level
from domain.posts import full_text
from domain.readings import Bank
from evaluation.history import folded_alerts, matters_of, records
from evaluation.past import Alert, Replayed, SeenPost

ALERTING = ("new", "raised", "growth")
"""The kinds of notice that alert; an all-clear, a reminder, a digest and a notice of a source do not."""

_POSTS = (
    "SELECT source, id, url, title, text, picture_text, published_at, first_seen_at, about, negative, negativity,"
    " incident FROM v_posts ORDER BY source, id, bank"
)
_ALERTS = "SELECT DISTINCT notice, created_at AS at, incident, kind, level FROM v_deliveries ORDER BY at, notice"


def read_replayed(url: str, banks: Sequence[Bank], config: AlertConfig) -> Replayed:
    """Posts, incidents and alerts of the store at ``url``."""
    by_branch = any(item.branches for item in config.overrides)
    matters = matters_of(url, None, banks if by_branch else ())
    posts = [_post(row) for row in records(url, _POSTS)]
    return Replayed(posts, {matter.incident.id: matter for matter in matters}, _alerts(url))


def names_of(banks: Sequence[Bank]) -> Collection[str]:
    """The names and aliases of the banks."""
    return {name for bank in banks for name in (bank.name, *bank.aliases)}


def _alerts(url: str) -> dict[str, list[Alert]]:
    found: defaultdict[str, list[Alert]] = defaultdict(list)
    for row in (*records(url, _ALERTS), *folded_alerts(url)):
        if row["incident"] and row["kind"] in ALERTING:
            found[row["incident"]].append(Alert(datetime.fromisoformat(row["at"]), Level.of(row["level"])))
    return {incident: sorted(alerts, key=lambda alert: alert.at) for incident, alerts in found.items()}


def _post(row: dict[str, Any]) -> SeenPost:
    return SeenPost(
        source=row["source"],
        id=row["id"],
        url=row["url"],
        text=full_text(row["title"], row["text"], row["picture_text"]),
        moment=datetime.fromisoformat(row["published_at"] or row["first_seen_at"]),
        about=bool(row["about"]),
        negative=bool(row["negative"]),
        negativity=row["negativity"] or 0.0,
        incident=row["incident"],
    )

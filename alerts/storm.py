"""Storm control: which mails go out on their own and which are folded into one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from domain.alerts import Briefing, Level

STORMING = ("new", "raised", "growth")
"""The kinds of mail that can storm; all-clears, reminders and everything red go out on their own."""


def fold(briefings: Sequence[Briefing], sent: int, per_hour: int) -> tuple[list[Briefing], list[Briefing]]:
    """Those that go out on their own, and those that are folded into one mail, the gravest first.

    ``sent``: how many yellow and orange ones have gone out in the last hour; ``per_hour`` 0: nothing is folded.
    """
    storming = sorted((item for item in briefings if _storms(item)), key=_weight)
    room = len(storming) if not per_hour else max(per_hour - sent, 0)
    folded = storming[room:]
    return [item for item in briefings if item not in folded], folded


def _storms(briefing: Briefing) -> bool:
    return briefing.decision.kind in STORMING and briefing.verdict.level < Level.RED


def _weight(briefing: Briefing) -> tuple[int, float, str]:
    return (-briefing.verdict.level, -briefing.peak.index, briefing.incident.id)

"""What an incident is about and how grave it is, of all that its posts complain of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from domain.readings import Reading

ENOUGH = 2
GRAVE = 3
"""A post of this severity speaks for two: a call to gather is not waited upon until somebody repeats it."""


def telling(complaints: Sequence[Reading]) -> tuple[str, ...]:
    """The topics of an incident, the most frequent first, of what was read in its negative posts.

    A topic counts where two posts complain of it, or a grave one, or half of them: one post of many, which may be
    misread or stray, does not make bank-run talk of a long queue.
    """
    counts, weights = Counter[str](), Counter[str]()
    for reading in complaints:
        counts.update(reading.topics)
        weights.update(dict.fromkeys(reading.topics, 2 if reading.severity >= GRAVE else 1))
    least = min(ENOUGH, len(complaints) / 2)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(topic for topic, _count in ranked if weights[topic] >= least)


def severity(readings: Iterable[Reading]) -> int:
    """The highest of its posts; 0 without complaints. Curses alone (骗子银行), however firm, are no grievance: 1."""
    return max((1 if _is_curse(reading) else reading.severity for reading in readings), default=0)


def _is_curse(reading: Reading) -> bool:
    return reading.severity < GRAVE and reading.topics == ("smear_general",)

"""What an incident is about and how grave it is, of all that its posts complain of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from domain.incidents import Member
from domain.readings import Reading
from incidents.praise import praises

ENOUGH = 2
ALARMS = ("bank_run_rumor", "group_event")
NEVER_MILD = (*ALARMS, "penalty_news")
"""By the annotation guide talk of a run and calls to gather have severity 3, a fine 2."""
FLOOD = 0.8
"""The share of the curses."""
GRAVE = 3
"""A post of this severity speaks for two: a call to gather is not waited upon until somebody repeats it."""


def telling(complaints: Sequence[Reading]) -> tuple[str, ...]:
    """The topics of an incident, the most frequent first, of what was read in its negative posts.

    A topic counts where two posts complain of it, or a grave one, or half of them: one post of many, which may be
    misread or stray, does not make bank-run talk of a long queue. Half is not enough for alarms (`ALARMS`), which are
    grave by their kind: a reading that finds one mild doubts itself, and one that is found milder still
    (`NEVER_MILD`) does not count at all.
    """
    counts, weights = Counter[str](), Counter[str]()
    for reading in complaints:
        charges = [topic for topic in reading.charges if topic not in NEVER_MILD or reading.gravity > 1]
        counts.update(charges)
        weights.update(dict.fromkeys(charges, 2 if reading.gravity >= GRAVE else 1))
    half = min(ENOUGH, len(complaints) / 2)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(topic for topic, _count in ranked if weights[topic] >= (ENOUGH if topic in ALARMS else half))


def severity(members: Collection[Member]) -> int:
    """The highest of its posts; 0 without complaints.

    What complains of nothing but the bank's badness (骗子银行), or of the rate of deposits where nobody promised
    another, is no grievance, however firm: 1. So is what is praised at least as often as it is complained of. What is
    grave stays so, whoever praises it; but curses are grave only where somebody gives a ground for them, or where they
    are not the flood of one or two accounts.
    """
    highest = max((1 if _is_grumble(member) else member.reading.gravity for member in members), default=0)
    if highest >= GRAVE:
        return 1 if _is_flooded(members) else highest
    return 1 if highest > 1 and _is_praised(members) else highest


_PROMISED = re.compile("[说讲]好|答应|承诺|保证|海报|宣传|锁定|当[时初][说讲]|原来[说讲]|[存办签]完.{0,6}[变写成]")


def _is_grumble(member: Member) -> bool:
    reading = member.reading
    if reading.gravity >= GRAVE:
        return False
    if reading.charges == ("deposit_rate_low",):
        return _PROMISED.search(member.post.full_text) is None
    return _is_curse(member)


def _is_flooded(members: Collection[Member]) -> bool:
    """Whether nothing is said but curses, and `FLOOD` of them by two accounts.

    What is grave without a topic is no curse.
    """
    cursing = [member for member in members if member.reading.charges or member.reading.gravity >= GRAVE]
    if not all(_is_curse(member) for member in cursing):
        return False
    authors = Counter(author.name or author.key for member in cursing if (author := member.post.author))
    return sum(count for _author, count in authors.most_common(2)) >= FLOOD * len(cursing)


_TAKE_OUT = re.compile("取|挪|提[现出钱款]|兑|转走|排队")


def _is_curse(member: Member) -> bool:
    """Whether it says no more than how bad the bank is: also that it will not last, while nobody is told to take money
    out."""
    charges = set(member.reading.charges)
    if charges == {"smear_general", "bank_run_rumor"}:
        return _TAKE_OUT.search(member.post.full_text) is None
    return charges == {"smear_general"}


def _is_praised(members: Collection[Member]) -> bool:
    complaints = sum(member.reading.complains for member in members)
    praise = sum(praises(member.post.full_text) for member in members if not member.reading.complains)
    return praise >= max(1, complaints)

"""What a message about an incident says, gathered from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from alerts.tickets import place
from domain.alerts import Blind, Briefing, Decision, Duty, Level, Verdict
from domain.incidents import Member, Snapshot
from pipeline.judging import Subject
from pipeline.parts import Parts

LOUDEST = 5
NEWEST = 3
MAIN_TOPICS = 4
"""How many of an incident's topics, the most frequent first, a mail names and calls departments for."""


def brief(
    parts: Parts, case: Subject, decision: Decision, peak: tuple[Verdict, Snapshot], blind: Sequence[Blind]
) -> Briefing:
    """What the message about a decision says; ``peak`` is the verdict that it rests on."""
    incident, members = case.incident, case.members
    topics = [parts.topics[code] for code in incident.topics[:MAIN_TOPICS] if code in parts.topics]
    loud = loudest(members)
    first = min(members, key=lambda member: (member.post.moment, member.post.key))
    return Briefing(
        incident=incident,
        snapshot=case.fresh[-1],
        peak=peak[1],
        verdict=peak[0],
        decision=decision,
        first=first,
        first_source=parts.labels.get(first.post.source, first.post.source),
        loudest=loud,
        newest=newest(members, loud),
        kept=frozenset(parts.store.kept_posts(incident.id)) if parts.page_url else frozenset(),
        history=tuple(parts.store.snapshots(incident.id, first.post.moment)),
        platforms=Counter(member.post.platform for member in members),
        topic_labels=tuple(topic.label for topic in topics),
        departments=tuple(dict.fromkeys(topic.department for topic in topics)),
        blind=tuple(blind),
        told_index=case.state.notified_index if case.state.notified else None,
        link=f"{parts.page_url.rstrip('/')}/t/{place(incident.id, peak[0].level)}" if parts.page_url else None,
        duties=_duties(parts, decision, peak[0].level),
        outlook=parts.store.last_outlooks([incident.id]).get(incident.id),
        platforms_now=tuple(parts.store.last_platforms([incident.id]).get(incident.id, {}).values()),
    )


def newest(members: Sequence[Member], but: Sequence[Member]) -> tuple[Member, ...]:
    """The latest visible posts that are not among ``but``, the newest first."""
    shown = {member.post.key for member in but}
    others = [member for member in members if member.post.key not in shown and not member.post.deleted]
    return tuple(sorted(others, key=lambda member: (member.post.moment, member.post.key), reverse=True)[:NEWEST])


def _duties(parts: Parts, decision: Decision, level: Level) -> tuple[Duty, ...]:
    """Counted from when the level was reached; after the all-clear nothing is due."""
    if decision.kind == "resolved":
        return ()
    return parts.alerts.report_clock.duties(level, decision.state.since or parts.clock())


def loudest(members: Sequence[Member]) -> tuple[Member, ...]:
    """The posts that a reader should see first: visible, negative, by engagement and reach, then the earliest."""

    def weight(member: Member) -> tuple[int, float]:
        metrics = member.post.metrics
        engagement = (metrics.likes or 0) + 2 * ((metrics.comments or 0) + (metrics.shares or 0))
        followers = (member.post.author.followers if member.post.author else None) or 0
        reach = engagement + (metrics.views or 0) // 50 + followers // 100
        return (reach, -member.post.moment.timestamp())

    visible = [member for member in members if member.reading.complains and not member.post.deleted]
    return tuple(sorted(visible, key=weight, reverse=True)[:LOUDEST])

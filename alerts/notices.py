"""From a decision to outbox rows: ids that never change, recipients by level, and when it may go out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from alerts.config import AlertConfig
from alerts.quiet import quiet_until
from alerts.reminders import contacts_of
from alerts.routes import matter_of, readers
from domain.alerts import AlertState, Briefing, Digest, Level, Message, Notice
from domain.clock import local
from domain.coverage import Outage
from domain.letters import OVER
from domain.runs import RunTrouble

STAMP = "%Y%m%d%H%M%S"


def alert_notice(
    briefing: Briefing, message: Message, config: AlertConfig, now: datetime, branches: Sequence[str] = ()
) -> Notice:
    """The notice of a decision to mail; ValueError where the decision sends nothing.

    An all-clear has the level none and goes to those who were told the highest level. ``branches``: those that the
    incident names, for the routes.
    """
    decision, incident = briefing.decision, briefing.incident
    if decision.kind is None:
        raise ValueError(f"the decision on {incident.id} sends nothing: {decision.reason}")
    return Notice(
        id=f"{incident.id}.{decision.state.sequence}",
        kind=decision.kind,
        level=Level.NONE if decision.kind == "resolved" else briefing.verdict.level,
        incident=incident.id,
        reason=decision.reason,
        recipients=readers(matter_of(briefing, branches), _readers(briefing), config),
        message=message,
        created_at=now,
        thread=incident.id,
    )


def reminder_notice(
    briefing: Briefing, message: Message, config: AlertConfig, now: datetime, before: int, told: Sequence[str]
) -> Notice:
    """The notice of a reminder, to the contacts of the rungs after ``before``: one for each rung, whoever asks.

    ``told`` are those who got the mail that nobody has answered.
    """
    decision, incident = briefing.decision, briefing.incident
    return Notice(
        id=f"{incident.id}.{decision.state.sequence}.r{decision.state.reminded}",
        kind="reminder",
        level=briefing.verdict.level,
        incident=incident.id,
        reason=decision.reason,
        recipients=contacts_of(config, told, before, decision.state.reminded),
        message=message,
        created_at=now,
        thread=incident.id,
    )


def storm_notice(briefings: Sequence[Briefing], message: Message, recipients: Sequence[str], now: datetime) -> Notice:
    """The notice into which these alerts of one bank are folded: the same ones make the same id."""
    told = [f"{briefing.incident.id}.{briefing.decision.state.sequence}" for briefing in briefings]
    return Notice(
        id=f"storm.{_hash(' '.join(sorted(told)))}",
        kind="digest",
        level=max(briefing.verdict.level for briefing in briefings),
        incident=None,
        reason=f"一小时里的预警太多，{len(told)} 起并成一封：{'、'.join(told)}。",
        recipients=tuple(dict.fromkeys(recipients)),
        message=message,
        created_at=now,
        thread=f"storm.{_hash(briefings[0].incident.bank)}",
    )


def digest_notice(digest: Digest, message: Message, config: AlertConfig) -> Notice:
    """The daily digest's notice: one for each bank and local day; ops read it too where something needs mending."""
    ailing = bool(digest.blind or digest.undelivered)
    people = (*config.recipients.digest, *(config.recipients.ops if ailing else ()))
    hold = quiet_until(config.quiet_hours, digest.at) if config.digest.hold_in_quiet_hours else None
    return Notice(
        id=f"digest.{_hash(digest.bank)}.{local(digest.at):%Y-%m-%d}",
        kind="digest",
        level=max((line.level for line in digest.lines), default=Level.NONE),
        incident=None,
        reason="每日日报，没有负面信息时也发。",
        recipients=tuple(dict.fromkeys(people)),
        message=message,
        created_at=digest.at,
        thread=f"digest.{_hash(digest.bank)}",
        not_before=hold,
    )


@dataclass(frozen=True, slots=True)
class Blindness:
    """One blindness of one source, as the id of its notice names it; ``dark``: nothing was seen."""

    source: str
    since: datetime
    dark: bool

    @property
    def notice(self) -> str:
        """The id of its notice: the same in every run, so that it is told once."""
        return f"source.{self.source}.{self.since.astimezone(UTC):{STAMP}}" + ("" if self.dark else ".partial")


def blindness_of(outage: Outage) -> Blindness:
    """The blindness that an outage shows."""
    return Blindness(outage.source, outage.since, outage.dark)


def blindness_told(notice: str) -> Blindness:
    """The blindness that the notice of this id tells of; names of sources have no dots. To the second."""
    _, source, stamp, *rest = notice.split(".")
    return Blindness(source, datetime.strptime(stamp, STAMP).replace(tzinfo=UTC), not rest)


def source_notices(outages: Sequence[Outage], message: Message, config: AlertConfig, now: datetime) -> list[Notice]:
    """One notice to those who look after the sources, and for each further source one to nobody: its mark in the
    outbox, so that it is not told again, and its end is."""
    ids = {blindness_of(outage).notice: None for outage in outages}
    names = "、".join(outage.label for outage in outages)
    return _of_sources(ids, f"看不到的时间超过了限度：{names}", message, config, now)


def merged_notice(gone: AlertState, told: Sequence[str], kept: str, message: Message, now: datetime) -> Notice:
    """The notice to those who were ``told`` of an incident that has been merged into ``kept``."""
    return Notice(
        id=f"{gone.incident}.{gone.sequence + 1}",
        kind="resolved",
        level=Level.NONE,
        incident=gone.incident,
        reason=f"已并入 {kept}。",
        recipients=tuple(told),
        message=message,
        created_at=now,
        thread=gone.incident,
    )


def run_notices(troubles: Sequence[RunTrouble], message: Message, config: AlertConfig, now: datetime) -> list[Notice]:
    """One notice to operations for runs that did not do their work, with marks for the further ones."""
    names = "；".join(f"{trouble.what} {local(trouble.at):%m-%d %H:%M}" for trouble in troubles)
    return _of_sources({trouble.notice: None for trouble in troubles}, f"运行有问题：{names}", message, config, now)


def recovery_notices(
    over: Mapping[Blindness, str], message: Message, config: AlertConfig, now: datetime
) -> list[Notice]:
    """The all-clear for what notices told, in the threads of these notices; marks as in `source_notices`."""
    ids = {blindness.notice + OVER: thread for blindness, thread in over.items()}
    return _of_sources(ids, "又看到了。", message, config, now)


def _of_sources(
    ids: Mapping[str, str | None], reason: str, message: Message, config: AlertConfig, now: datetime
) -> list[Notice]:
    first = next(iter(ids))
    return [
        Notice(
            id=notice,
            kind="source",
            level=Level.NONE,
            incident=None,
            reason=reason,
            recipients=config.recipients.for_sources() if notice == first else (),
            message=message,
            created_at=now,
            thread=thread or first,
            not_before=quiet_until(config.quiet_hours, now),
        )
        for notice, thread in ids.items()
    ]


def _readers(briefing: Briefing) -> Level:
    change = briefing.decision.change
    if briefing.decision.kind == "resolved" and change is not None:
        return Level(int(change.inputs["notified"]))
    return briefing.verdict.level


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]

"""Whether to tell, and why or why not. Pure: the same input gives the same decision.

`alerts.levels` says which level the figures give; this module keeps the level of an incident in time (it rises at
once and falls with hysteresis) and decides on mail. Writing and sending are the pipeline's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.config import AlertConfig, QuietHours
from alerts.levels import figure, judge
from domain.alerts import AlertState, Blind, Decision, Level, LevelChange, Verdict
from domain.clock import local
from domain.incidents import Incident, Snapshot

REASONS = {
    "first": "首次达到{level}。{why}",
    "reflare": "解除后再次达到{level}。{why}",
    "afterglow": "解除后又有动静，但 24 小时内只有 {authors} 名作者发帖，不足 {needed} 名，不重新通报。",
    "raised": "由{before}升为{level}。{why}",
    "growth": "{level}持续扩大：传播指数由 {was} 升至 {index}，距上次通报 {hours} 小时。{why}",
    "resolved": "已平息：最后一帖距今 {hours} 小时，热度已低于黄色门槛的 {percent}%。",
    "resolved_unsent": "已平息；这一轮没有发过邮件，不发解除通知。",
    "nothing": "没有达到任何级别。",
    "blue": "蓝色只列入清单和日报，不发邮件。",
    "below_notified": "曾按{notified}通报，现为{level}，不重复通报。",
    "no_growth": "{level}已通报过，传播指数没有明显扩大（上次 {was}，现在 {index}）。",
    "cooldown": "传播指数已明显扩大，但距上次通报只有 {hours} 小时，满 {cooldown} 小时再通报。",
    "frozen": "有来源看不到（{sources}），级别保持{level}，不降级也不解除。",
    "hysteresis": "略低于{level}门槛但仍在其 {percent}% 以上，级别保持{kept}。",
    "falling": "已低于{level}门槛的 {percent}%，持续满 {hold} 小时才降级。",
    "fallen": "由{before}降为{level}；降级不单独发邮件。",
    "waiting_quiet": "已降到黄色以下，最后一帖满 {quiet} 小时后发解除通知。",
}
"""Every outcome, in the words of the decision record and the mail; docs/alerts.md lists them."""

HELD = "现在是静默时段，{until} 送达。"


@dataclass(frozen=True, slots=True)
class _Case:
    """What one decision is made of."""

    incident: Incident
    state: AlertState
    peak: Verdict
    peak_snapshot: Snapshot
    verdict: Verdict
    snapshot: Snapshot
    config: AlertConfig
    now: datetime
    blind: Sequence[Blind]


def decide(
    incident: Incident,
    state: AlertState,
    peak: Verdict,
    peak_snapshot: Snapshot,
    now_verdict: Verdict,
    snapshot: Snapshot,
    config: AlertConfig,
    now: datetime,
    blind: Sequence[Blind],
) -> Decision:
    """What follows from the snapshots since the last decision.

    ``peak`` is the highest verdict among them, on ``peak_snapshot`` (a daily sweep must not miss the evening's peak);
    ``now_verdict`` that of the last one, ``snapshot``. Any ``blind`` source freezes the level on the way down.
    ``decided_at`` of the returned state is left as it was: the caller knows which snapshots it has judged.
    """
    case = _Case(incident, state, peak, peak_snapshot, now_verdict, snapshot, config, now, blind)
    if peak.level >= Level.YELLOW and peak.level > state.notified:
        return _mail_higher(case)
    if peak.level >= max(state.level, Level.YELLOW):
        return _told_before(case)
    if peak.level is Level.BLUE and state.notified is Level.NONE and state.level <= Level.BLUE:
        return _kept(case, _say("blue"))
    return _nothing(case) if state.level is Level.NONE else _on_the_way_down(case)


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """The end of the quiet hours that ``now`` lies in, aware; None outside them."""
    if not quiet.enabled:
        return None
    start, end = quiet.span()
    here = local(now)
    clock = here.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return None
    ends = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return ends if ends > here else ends + timedelta(days=1)


def _mail_higher(case: _Case) -> Decision:
    """A new highest level: it passes whatever else holds."""
    state, level = case.state, case.peak.level
    if state.notified > Level.NONE:
        return _mail(case, "raised", _say("raised", before=state.notified.label, level=level.label, why=_why(case)))
    if state.sequence and not _flares(case):
        authors, needed = case.peak_snapshot.authors_24h, _voices_needed(case)
        return _kept(case, _say("afterglow", authors=figure(authors), needed=figure(needed)))
    row = "reflare" if state.sequence else "first"
    return _mail(case, "new", _say(row, level=level.label, why=_why(case)))


def _told_before(case: _Case) -> Decision:
    """A mailed level that the incident has or comes back to: growth, or silence with a reason."""
    state, level = case.state, case.peak.level
    if level < state.notified:
        return _kept(case, _say("below_notified", notified=state.notified.label, level=level.label))
    was, index = _points(state.notified_index), _points(case.peak_snapshot.index)
    if not _grown(case):
        return _kept(case, _say("no_growth", level=level.label, was=was, index=index))
    hours, cooldown = _hours(case, state.notified_at), case.config.policy.cooldown_hours
    if hours < cooldown:
        return _kept(case, _say("cooldown", hours=_short(hours), cooldown=_short(cooldown)))
    values = {"was": was, "index": index, "hours": _short(hours), "why": _why(case)}
    return _mail(case, "growth", _say("growth", level=level.label, **values))


def _nothing(case: _Case) -> Decision:
    return Decision(case.state, None, _say("nothing"))


def _on_the_way_down(case: _Case) -> Decision:
    """The rules give less than the level: it is held by hysteresis or blindness, or falls.

    A mailed incident that has fallen rests at blue until it is below yellow for good.
    """
    state = case.state
    resting = state.level is Level.BLUE and state.notified > Level.NONE
    bar = Level.YELLOW if resting else state.level
    relaxed = _relaxed(case, case.snapshot)
    if relaxed >= bar:
        values = {"level": bar.label, "kept": state.level.label, "percent": _percent(case)}
        return _held(case, _say("hysteresis", **values))
    if case.blind:
        sources = "、".join(dict.fromkeys(item.source for item in case.blind))
        return _held(case, _say("frozen", sources=sources, level=state.level.label))
    hold, below_since = case.config.hysteresis.hold_hours, _below_since(case)
    if not resting and case.snapshot.at - below_since < timedelta(hours=hold):
        reason = _say("falling", level=state.level.label, percent=_percent(case), hold=_short(hold))
        return _held(case, reason, below_since)
    return _fall(case, relaxed)


def _fall(case: _Case, relaxed: Level) -> Decision:
    """Below for long enough. What was mailed stays blue until the all-clear, so that it is listed meanwhile."""
    state, policy = case.state, case.config.policy
    if state.notified is Level.NONE:
        return _silent_fall(case, relaxed, "fallen" if relaxed else "resolved_unsent")
    if relaxed >= Level.YELLOW:
        return _silent_fall(case, relaxed, "fallen")
    quiet = _hours(case, case.snapshot.last_post_at)
    rested = _hours(case, state.notified_at) >= policy.cooldown_hours
    if quiet >= policy.resolve_after_hours and rested:
        return _all_clear(case, quiet)
    if state.level > Level.BLUE:
        return _silent_fall(case, Level.BLUE, "fallen")
    return _held(case, _say("waiting_quiet", quiet=_short(policy.resolve_after_hours)))


def _mail(case: _Case, kind: str, reason: str) -> Decision:
    """Tell now, or at the end of the quiet hours."""
    level = case.peak.level
    until = None if case.config.quiet_hours.passes(level) else quiet_until(case.config.quiet_hours, case.now)
    state = replace(
        case.state,
        notified=max(level, case.state.notified),
        notified_at=case.now,
        notified_index=case.peak_snapshot.index,
        sequence=case.state.sequence + 1,
    )
    return _kept(replace(case, state=state), reason, kind=kind, hold_until=until)


def _kept(case: _Case, reason: str, kind: str | None = None, hold_until: datetime | None = None) -> Decision:
    """The peak's level is the incident's now, where it is higher."""
    state, level = case.state, case.peak.level
    text = reason + _until(hold_until)
    if level <= state.level:
        return Decision(replace(state, below_since=None), kind, text, None, hold_until)
    change = _change(case, level, case.peak, case.peak_snapshot)
    risen = replace(state, level=level, since=case.now, below_since=None)
    return Decision(risen, kind, text, change, hold_until)


def _held(case: _Case, reason: str, below_since: datetime | None = None) -> Decision:
    return Decision(replace(case.state, below_since=below_since), None, reason)


def _silent_fall(case: _Case, level: Level, row: str) -> Decision:
    reason = _say(row, before=case.state.level.label, level=level.label)
    change = replace(_change(case, level, case.verdict, case.snapshot), reason=reason)
    return Decision(replace(case.state, level=level, since=case.now, below_since=None), None, reason, change)


def _all_clear(case: _Case, quiet: float) -> Decision:
    """Told once; the state begins anew, so that a flare mails again in the same thread (``sequence`` goes on).

    The change's ``inputs`` keep under ``notified`` the highest level that was mailed: its readers get the all-clear.
    """
    reason = _say("resolved", hours=_short(quiet), percent=_percent(case))
    inputs = {"notified": float(case.state.notified), "quiet_hours": round(quiet, 1)}
    change = replace(
        _change(case, Level.NONE, case.verdict, case.snapshot), reason=reason, rule="resolved", inputs=inputs
    )
    until = quiet_until(case.config.quiet_hours, case.now)
    state = AlertState(
        incident=case.state.incident,
        since=case.now,
        notified_at=case.now,
        notified_index=case.snapshot.index,
        sequence=case.state.sequence + 1,
        decided_at=case.state.decided_at,
    )
    return Decision(state, "resolved", reason + _until(until), change, until)


def _change(case: _Case, after: Level, verdict: Verdict, snapshot: Snapshot) -> LevelChange:
    return LevelChange(
        incident=case.incident.id,
        at=case.now,
        before=case.state.level,
        after=after,
        rule=verdict.rule,
        reason=verdict.reason,
        index=snapshot.index,
        heat=snapshot.heat,
        inputs=verdict.inputs,
    )


def _below_since(case: _Case) -> datetime:
    """Since when the relaxed rules give less than the level, as far as the snapshots since the last decision show.

    Where even their peak gives less, all of them did. Where it does not, only the last one is known to.
    """
    if _relaxed(case, case.peak_snapshot) >= case.state.level:
        return case.snapshot.at
    return case.state.below_since or case.state.decided_at or case.snapshot.at


def _relaxed(case: _Case, snapshot: Snapshot) -> Level:
    return judge(snapshot, case.incident.topics, case.config, case.config.hysteresis.factor).level


def _grown(case: _Case) -> bool:
    was, policy = case.state.notified_index, case.config.policy
    return case.peak_snapshot.index >= min(was * policy.growth_factor, was + policy.growth_points)


def _flares(case: _Case) -> bool:
    """Whether an incident after its all-clear is alight again: people write anew, or the index has risen a lot.

    Its cumulative counts are still over the thresholds, so a late look at a counter would do otherwise.
    """
    snapshot, before = case.peak_snapshot, case.state.notified_index
    spoken = snapshot.posts_24h > 0 and snapshot.authors_24h >= _voices_needed(case)
    return spoken or snapshot.index >= before + case.config.policy.growth_points


def _voices_needed(case: _Case) -> int:
    return 1 if case.peak.level is Level.RED else case.config.policy.reflare_authors


def _hours(case: _Case, since: datetime | None) -> float:
    return (case.now - since) / timedelta(hours=1) if since is not None else float("inf")


def _why(case: _Case) -> str:
    late = case.now - case.peak_snapshot.at
    when = f"（{local(case.peak_snapshot.at):%m-%d %H:%M} 的数据）" if late >= timedelta(hours=1) else ""
    return f"{case.peak.reason}{when}。"


def _points(index: float) -> str:
    return figure(round(index))


def _until(hold: datetime | None) -> str:
    return HELD.format(until=f"{local(hold):%m-%d %H:%M}") if hold else ""


def _say(row: str, **values: str) -> str:
    return REASONS[row].format(**values)


def _percent(case: _Case) -> str:
    return figure(round(case.config.hysteresis.factor * 100))


def _short(hours: float) -> str:
    return figure(round(hours, 1))

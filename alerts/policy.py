"""Whether to tell, and why or why not. Pure: the same input gives the same decision.

`alerts.levels` says which level the figures give; this module keeps the level of an incident in time (it rises at
once and falls with hysteresis) and decides on mail. Writing and sending are the pipeline's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.answers import answer_to
from alerts.case import Case
from alerts.levels import figure, judge
from alerts.quiet import quiet_until
from alerts.reasons import say
from alerts.silences import hiding, told
from domain.alerts import AlertState, Decision, Level, LevelChange, Verdict
from domain.clock import local
from domain.incidents import Snapshot

WAITS = ("quiet", "silenced")
"""Outcomes by which a mail waits: it is told at the end of the quiet hours or of the silence."""

NIGHTLY = ("quiet", "waiting_morning")
"""Outcomes that the quiet hours are the cause of."""

A_DAY = timedelta(days=1)


def decide(case: Case) -> Decision:
    """What follows from the snapshots since the last decision.

    Any blind source freezes the level on the way down. ``decided_at`` of the returned state is left as it was: the
    caller knows which snapshots it has judged.
    """
    made = _decide(case)
    return replace(made, state=_noted(case, made))


def _decide(case: Case) -> Decision:
    state, peak = case.state, case.peak
    if peak.level >= Level.YELLOW and peak.level > state.notified:
        return _mail_higher(case)
    if peak.level >= max(state.level, Level.YELLOW):
        return _told_before(case)
    if peak.level is Level.BLUE and state.notified is Level.NONE and state.level <= Level.BLUE:
        return _kept(case, "blue", say("blue"))
    return _nothing(case) if state.level is Level.NONE else _on_the_way_down(case)


def _noted(case: Case, made: Decision) -> AlertState:
    """The state with the outcome; what waits no longer is taken from it, what still does gets its present end."""
    state = replace(made.state, row=made.row, reason=made.reason)
    if made.row in WAITS or state.waiting_since is None:
        return state
    if case.silences and state.level >= Level.YELLOW and made.kind is None:
        return replace(state, waiting_until=max(silence.end for silence in case.silences))
    return replace(state, waiting_since=None, waiting_until=None)


def _mail_higher(case: Case) -> Decision:
    """A new highest level: it passes whatever else holds."""
    state, level = case.state, case.peak.level
    if state.notified > Level.NONE:
        reason = say("raised", before=state.notified.label, level=level.label, why=_why(case))
        return _mail(case, "raised", "raised", reason)
    if state.sequence and not _flares(case):
        authors, needed = case.peak_snapshot.authors_24h, _voices_needed(case)
        return _kept(case, "afterglow", say("afterglow", authors=figure(authors), needed=figure(needed)))
    row = "reflare" if state.sequence else "first"
    return _mail(case, "new", row, say(row, level=level.label, why=_why(case)))


def _told_before(case: Case) -> Decision:
    """A mailed level that the incident has or comes back to: growth, or nothing with a reason."""
    state, level = case.state, case.peak.level
    if level < state.notified:
        reason = say("below_notified", notified=state.notified.label, level=level.label)
        return _kept(case, "below_notified", reason)
    was, index = _points(state.notified_index), _points(case.peak_snapshot.index)
    if not _grown(case):
        return _kept(case, "no_growth", say("no_growth", level=level.label, was=was, index=index))
    answer = answer_to(state, case.actions)
    if answer is not None and answer.kind == "false_alarm":
        return _kept(case, "muted", say("muted", by=answer.by, at=f"{local(answer.at):%m-%d %H:%M}"))
    hours, cooldown = _hours(case, state.notified_at), case.config.policy.cooldown_hours
    if hours < cooldown:
        return _kept(case, "cooldown", say("cooldown", hours=_short(hours), cooldown=_short(cooldown)))
    values = {"was": was, "index": index, "hours": _short(hours), "why": _why(case)}
    return _mail(case, "growth", "growth", say("growth", level=level.label, **values))


def _nothing(case: Case) -> Decision:
    return Decision(case.state, None, say("nothing"), row="nothing")


def _on_the_way_down(case: Case) -> Decision:
    """The rules give less than the level: it is held by hysteresis or blindness, or falls.

    A mailed incident that has fallen rests at blue until it is below yellow for good.
    """
    state = case.state
    resting = state.level is Level.BLUE and state.notified > Level.NONE
    bar = Level.YELLOW if resting else state.level
    relaxed = _relaxed(case, case.snapshot)
    if relaxed >= bar:
        values = {"level": bar.label, "kept": state.level.label, "percent": _percent(case)}
        return _held(case, "hysteresis", say("hysteresis", **values))
    if case.blind:
        sources = "、".join(dict.fromkeys(item.source for item in case.blind))
        return _held(case, "frozen", say("frozen", sources=sources, level=state.level.label))
    hold, below_since = case.config.hysteresis.hold_hours, _below_since(case)
    if not resting and case.snapshot.at - below_since < timedelta(hours=hold):
        reason = say("falling", level=state.level.label, percent=_percent(case), hold=_short(hold))
        return _held(case, "falling", reason, below_since)
    return _fall(case, relaxed)


def _fall(case: Case, relaxed: Level) -> Decision:
    """Below for long enough. What was mailed stays blue until the all-clear, so that it is listed meanwhile."""
    state, policy = case.state, case.config.policy
    if state.notified is Level.NONE:
        return _silent_fall(case, relaxed, "fallen" if relaxed else "resolved_unsent")
    if relaxed >= Level.YELLOW:
        return _silent_fall(case, relaxed, "fallen")
    quiet = _hours(case, case.snapshot.last_post_at)
    rested = _hours(case, state.notified_at) >= policy.cooldown_hours
    if quiet >= policy.resolve_after_hours and rested:
        return _over(case, quiet)
    if state.level > Level.BLUE:
        return _silent_fall(case, Level.BLUE, "fallen")
    return _held(case, "waiting_quiet", say("waiting_quiet", quiet=_short(policy.resolve_after_hours)))


def _mail(case: Case, kind: str, row: str, reason: str) -> Decision:
    """Tell now; or at the end of the quiet hours, or of a silence: until then nothing counts as told."""
    state, level = case.state, case.peak.level
    silence = hiding(case.silences, level)
    if silence is not None:
        return _waits(case, "silenced", say("silenced", why=reason, silence=told(silence)), silence.end)
    until = _morning(case)
    if until is not None and not case.config.quiet_hours.passes(level):
        return _waits(case, "quiet", say("quiet", why=reason, until=f"{local(until):%m-%d %H:%M}"), until)
    asks = level > state.notified
    state = replace(
        state,
        notified=max(level, state.notified),
        notified_at=case.now,
        notified_index=case.peak_snapshot.index,
        sequence=state.sequence + 1,
        asked_at=case.now if asks else state.asked_at,
        reminded=0 if asks else state.reminded,
    )
    return _kept(replace(case, state=state), row, reason, kind)


def _waits(case: Case, row: str, reason: str, until: datetime) -> Decision:
    since = case.state.waiting_since or case.peak_snapshot.at
    return _kept(replace(case, state=replace(case.state, waiting_since=since, waiting_until=until)), row, reason)


def _kept(case: Case, row: str, reason: str, kind: str | None = None) -> Decision:
    """The peak's level is the incident's now, where it is higher."""
    state, level = case.state, case.peak.level
    if level <= state.level:
        return Decision(replace(state, below_since=None), kind, reason, row=row)
    change = _change(case, level, case.peak, case.peak_snapshot)
    return Decision(replace(state, level=level, since=case.now, below_since=None), kind, reason, change, row)


def _held(case: Case, row: str, reason: str, below_since: datetime | None = None) -> Decision:
    return Decision(replace(case.state, below_since=below_since), None, reason, row=row)


def _silent_fall(case: Case, level: Level, row: str) -> Decision:
    reason = say(row, before=case.state.level.label, level=level.label)
    change = replace(_change(case, level, case.verdict, case.snapshot), reason=reason)
    return Decision(replace(case.state, level=level, since=case.now, below_since=None), None, reason, change, row)


def _over(case: Case, quiet: float) -> Decision:
    if case.state.notified < Level.of(case.config.policy.all_clear_from):
        return _quiet_end(case, quiet)
    return _not_yet(case) or _all_clear(case, quiet)


def _not_yet(case: Case) -> Decision | None:
    """The all-clear waits as well: for the morning, and for the end of a silence that hides what was mailed."""
    silence = hiding(case.silences, case.state.notified)
    if silence is not None:
        return _resting(case, "waiting_silence", say("waiting_silence", silence=told(silence)))
    until = _morning(case)
    if until is None:
        return None
    return _resting(case, "waiting_morning", say("waiting_morning", until=f"{local(until):%m-%d %H:%M}"))


def _morning(case: Case) -> datetime | None:
    """The end of the quiet hours that hold mail back; None where they do not.

    Nothing waits for a second night: what was held back in an earlier one, and that nobody has decided on by day, is
    told now.
    """
    state, until = case.state, quiet_until(case.config.quiet_hours, case.now)
    if until is None or state.row not in NIGHTLY or state.decided_at is None:
        return until
    return None if state.decided_at < until - A_DAY else until


def _resting(case: Case, row: str, reason: str) -> Decision:
    if case.state.level <= Level.BLUE:
        return _held(case, row, reason)
    return replace(_silent_fall(case, Level.BLUE, "fallen"), row=row, reason=reason)


def _all_clear(case: Case, quiet: float) -> Decision:
    """Told once; the state begins anew, so that a flare mails again in the same thread (``sequence`` goes on)."""
    reason = say("resolved", hours=_short(quiet), percent=_percent(case))
    state = replace(_anew(case), notified_at=case.now, sequence=case.state.sequence + 1)
    return Decision(state, "resolved", reason, _end(case, quiet, reason), "resolved")


def _quiet_end(case: Case, quiet: float) -> Decision:
    """The same without a mail, day or night: the digest says it."""
    reason = say("resolved_quietly", hours=_short(quiet), notified=case.state.notified.label)
    return Decision(_anew(case), None, reason, _end(case, quiet, reason), "resolved_quietly")


def _anew(case: Case) -> AlertState:
    state = case.state
    return AlertState(
        incident=state.incident,
        since=case.now,
        notified_at=state.notified_at,
        notified_index=case.snapshot.index,
        sequence=state.sequence,
        decided_at=state.decided_at,
    )


def _end(case: Case, quiet: float, reason: str) -> LevelChange:
    """Its ``inputs`` keep under ``notified`` the highest level that was mailed: its readers get the all-clear."""
    inputs = {"notified": float(case.state.notified), "quiet_hours": round(quiet, 1)}
    change = _change(case, Level.NONE, case.verdict, case.snapshot)
    return replace(change, reason=reason, rule="resolved", inputs=inputs)


def _change(case: Case, after: Level, verdict: Verdict, snapshot: Snapshot) -> LevelChange:
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


def _below_since(case: Case) -> datetime:
    """Since when the relaxed rules give less than the level, as far as the snapshots since the last decision show.

    Where even their peak gives less, all of them did. Where it does not, only the last one is known to.
    """
    if _relaxed(case, case.peak_snapshot) >= case.state.level:
        return case.snapshot.at
    return case.state.below_since or case.state.decided_at or case.snapshot.at


def _relaxed(case: Case, snapshot: Snapshot) -> Level:
    return judge(snapshot, case.incident.topics, case.config, case.config.hysteresis.factor).level


def _grown(case: Case) -> bool:
    was, policy = case.state.notified_index, case.config.policy
    return case.peak_snapshot.index >= min(was * policy.growth_factor, was + policy.growth_points)


def _flares(case: Case) -> bool:
    """Whether an incident after its all-clear is alight again: people write anew, or the index has risen a lot.

    Its cumulative counts are still over the thresholds, so a late look at a counter would do otherwise.
    """
    snapshot, before = case.peak_snapshot, case.state.notified_index
    spoken = snapshot.posts_24h > 0 and snapshot.authors_24h >= _voices_needed(case)
    return spoken or snapshot.index >= before + case.config.policy.growth_points


def _voices_needed(case: Case) -> int:
    return 1 if case.peak.level is Level.RED else case.config.policy.reflare_authors


def _hours(case: Case, since: datetime | None) -> float:
    return (case.now - since) / timedelta(hours=1) if since is not None else float("inf")


def _why(case: Case) -> str:
    late = case.now - case.peak_snapshot.at
    when = f"（{local(case.peak_snapshot.at):%m-%d %H:%M} 的数据）" if late >= timedelta(hours=1) else ""
    return f"{case.peak.reason}{when}。"


def _points(index: float) -> str:
    return figure(round(index))


def _percent(case: Case) -> str:
    return figure(round(case.config.hysteresis.factor * 100))


def _short(hours: float) -> str:
    return figure(round(hours, 1))

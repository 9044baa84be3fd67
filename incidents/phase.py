"""The phase of an incident: 潜伏, 上升, 爆发, 平台, 回落, 平息, from the times of its posts. See docs/forecast.md.

A wave goes through the phases forwards only; what flares again is a new wave. Going on needs a stretch of time, not one
quiet hour, so that a phase does not flicker.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from domain.spread import Course, Phase, PhaseMark
from incidents.burst import DIURNAL, exposure

_HOUR = timedelta(hours=1)
_PACE = 3 * _HOUR
_LEAST_EXPOSURE = 1.5
"""At night three hours count as one and a half: a post at four in the morning is no outbreak."""

_NEW_PEAK = 1.1
"""A pace that creeps up by less is no new peak."""
_AWAKE = 2
"""A single straggler does not wake a calm incident."""


class PhaseConfig(BaseModel):
    """The bars between phases (docs/forecast.md).

    ``rising_posts`` within three hours, more than in the three before, are a rise; ``outbreak_posts`` within one hour
    are an outbreak even where no burst is told. ``falling_share`` of the wave's peak, undercut for ``hold_hours``, is
    falling; no new peak for ``hold_hours`` is a plateau. No post for ``calm_hours`` is calm.
    ``flare_factor``: a falling wave flares where its pace is so many times its lowest since.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rising_posts: int = Field(default=4, ge=2)
    outbreak_posts: int = Field(default=10, ge=3)
    falling_share: float = Field(default=0.5, gt=0, lt=1)
    hold_hours: float = Field(default=3.0, ge=1)
    flare_factor: float = Field(default=2.0, gt=1)
    calm_hours: float = Field(default=24.0, ge=6)


@dataclass(frozen=True, slots=True)
class _Figures:
    """What one moment shows. ``pace``: posts an hour over three hours, set right for the time of day; ``lately``: posts
    within the hours of calm."""

    at: datetime
    last_hour: int
    three_hours: int
    three_before: int
    pace: float
    idle_hours: float
    lately: int
    burst: bool


def phases(
    times: Sequence[datetime],
    at: datetime,
    config: PhaseConfig,
    bursts: Sequence[datetime] = (),
    profile: Sequence[float] = DIURNAL,
) -> tuple[PhaseMark, ...]:
    """Each change of phase up to ``at``, the first post's included; empty before it.

    ``times`` rise; ``bursts`` are the moments at which `incidents.burst` told a burst, rising. It is looked at every
    hour after the first post, and at ``at``: what comes later never changes an earlier mark.
    """
    if not times or times[0] > at:
        return ()
    course = _begun(times[0])
    marks, moments = [course.mark], _whole_hours(times[0], at)
    if not moments or moments[-1] < at:
        moments.append(at)
    for state in _walk(course, moments, times, config, bursts, profile):
        if state.mark != marks[-1]:
            marks.append(state.mark)
    return tuple(marks)


def follow(
    times: Sequence[datetime],
    at: datetime,
    config: PhaseConfig,
    bursts: Sequence[datetime] = (),
    profile: Sequence[float] = DIURNAL,
    course: Course | None = None,
) -> tuple[Course, Course] | None:
    """The same hour by hour, but only since ``course`` (None: since the first post); None before the first post.

    Gives the course at the last whole hour, to go on from the next time, and the one at ``at``. ``bursts`` may leave
    out what is older than an hour before `Course.looked_at`. Posts that come to be known later than that do not change
    what was said before.
    """
    if not times or times[0] > at:
        return None
    begun = _begun(times[0])
    last, hours = course or begun, _whole_hours(course.looked_at if course else times[0], at)
    for state in _walk(last, hours, times, config, bursts, profile):
        last = state
    if last.looked_at == at and last != begun:
        return last, last
    (now,) = _walk(last, [at], times, config, bursts, profile)
    return last, now


def _begun(first: datetime) -> Course:
    return Course(first, PhaseMark(first, Phase.LATENT, 1, "首帖出现"), first, 0.0, first)


def _walk(
    course: Course,
    moments: Sequence[datetime],
    times: Sequence[datetime],
    config: PhaseConfig,
    bursts: Sequence[datetime],
    profile: Sequence[float],
) -> Iterator[Course]:
    for moment in moments:
        course = replace(_next(course, _figures(times, moment, config, bursts, profile), config), looked_at=moment)
        yield course


def phase(
    times: Sequence[datetime],
    at: datetime,
    config: PhaseConfig,
    bursts: Sequence[datetime] = (),
    profile: Sequence[float] = DIURNAL,
) -> PhaseMark | None:
    """The phase at ``at``; None before the first post. See `phases`."""
    found = phases(times, at, config, bursts, profile)
    return found[-1] if found else None


def _whole_hours(since: datetime, at: datetime) -> list[datetime]:
    return [since + number * _HOUR for number in range(1, (at - since) // _HOUR + 1)]


def _figures(
    times: Sequence[datetime], at: datetime, config: PhaseConfig, bursts: Sequence[datetime], profile: Sequence[float]
) -> _Figures:
    until = bisect_right(times, at)
    now, before = (bisect_right(times, at - span) for span in (_PACE, 2 * _PACE))
    return _Figures(
        at=at,
        last_hour=until - bisect_right(times, at - _HOUR),
        three_hours=until - now,
        three_before=now - before,
        pace=(until - now) / max(_LEAST_EXPOSURE, exposure(at - _PACE, at, profile)) if until > now else 0.0,
        idle_hours=(at - times[until - 1]) / _HOUR,
        lately=until - bisect_right(times, at - config.calm_hours * _HOUR),
        burst=bisect_right(bursts, at) > bisect_left(bursts, at - _HOUR),
    )


def _next(state: Course, seen: _Figures, config: PhaseConfig) -> Course:
    """The state after one more moment."""
    now = state.mark.phase
    if now is Phase.CALM:
        return _woken(state, seen, config) if seen.lately >= _AWAKE else state
    if seen.idle_hours >= config.calm_hours:
        return _moved(state, seen, Phase.CALM, f"已 {seen.idle_hours:.0f} 小时没有新帖")
    if now is Phase.FALLING:
        return _falling(state, seen, config)
    state = _measured(state, seen, config)
    return _ahead(state, seen, config)


def _measured(state: Course, seen: _Figures, config: PhaseConfig) -> Course:
    """The wave's peak, and since when its pace has been low."""
    if seen.pace > _NEW_PEAK * state.peak:
        state = replace(state, peak=seen.pace, peak_at=seen.at)
    low = seen.pace < config.falling_share * state.peak
    return replace(state, low_since=(state.low_since or seen.at) if low else None)


def _ahead(state: Course, seen: _Figures, config: PhaseConfig) -> Course:
    """Forward within a wave: to an outbreak or a rise at once, to the plateau and down only after a while."""
    now, hold = state.mark.phase, config.hold_hours * _HOUR
    if now < Phase.OUTBREAK and _outbreak(seen, config):
        return _moved(state, seen, Phase.OUTBREAK, _loud(seen))
    if now < Phase.RISING:
        return _moved(state, seen, Phase.RISING, _growing(seen)) if _rises(seen, config) else state
    if state.low_since and seen.at - state.low_since >= hold:
        reason = f"近 3 小时 {seen.three_hours} 帖，低于高峰的 {config.falling_share:.0%} 已 {config.hold_hours:g} 小时"
        return replace(_moved(state, seen, Phase.FALLING, reason), trough=seen.pace)
    steady = seen.at - state.peak_at >= hold and not _outbreak(seen, config)
    if now < Phase.PLATEAU and steady and not state.low_since:
        still = f"仍在高峰的 {config.falling_share:.0%} 以上"
        reason = f"近 3 小时 {seen.three_hours} 帖，{config.hold_hours:g} 小时内没有新高，{still}"
        return _moved(state, seen, Phase.PLATEAU, reason)
    return state


def _falling(state: Course, seen: _Figures, config: PhaseConfig) -> Course:
    """Down until it is calm, unless it flares: then a new wave."""
    if seen.pace >= config.flare_factor * state.trough and (_outbreak(seen, config) or _rises(seen, config)):
        return _woken(state, seen, config)
    return replace(state, trough=min(state.trough, seen.pace))


def _woken(state: Course, seen: _Figures, config: PhaseConfig) -> Course:
    """The first moment of a new wave."""
    wave = state.mark.wave + 1
    if _outbreak(seen, config):
        mark = PhaseMark(seen.at, Phase.OUTBREAK, wave, f"再起：{_loud(seen)}")
    elif _rises(seen, config):
        mark = PhaseMark(seen.at, Phase.RISING, wave, f"再起：{_growing(seen)}")
    else:
        mark = PhaseMark(seen.at, Phase.LATENT, wave, f"平息后又有 {seen.lately} 帖")
    wave_hours = _PACE if state.mark.phase is Phase.FALLING else config.calm_hours * _HOUR
    return Course(seen.at, mark, seen.at - wave_hours, seen.pace, seen.at)


def _outbreak(seen: _Figures, config: PhaseConfig) -> bool:
    return seen.burst or seen.last_hour >= config.outbreak_posts


def _rises(seen: _Figures, config: PhaseConfig) -> bool:
    return seen.three_hours >= config.rising_posts and seen.three_hours > seen.three_before


def _loud(seen: _Figures) -> str:
    return f"近 1 小时 {seen.last_hour} 帖{'，超出平时的节奏' if seen.burst else ''}"


def _growing(seen: _Figures) -> str:
    return f"近 3 小时 {seen.three_hours} 帖，之前 3 小时 {seen.three_before} 帖"


def _moved(state: Course, seen: _Figures, to: Phase, reason: str) -> Course:
    return replace(state, mark=PhaseMark(seen.at, to, state.mark.wave, reason))

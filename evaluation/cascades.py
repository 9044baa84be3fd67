"""How well bursts are found and final sizes forecast, against real reposting cascades.

``python -m evaluation.cascades FILE`` prints the scores as JSON. ``FILE``, plain or gzip, has a line for each cascade:
``at`` (seconds of the epoch) and ``events``, for each repost ``[seconds after it, user number, …]``. Use cascades that
are later than those that the forecast was fitted on; ``--later SHARE`` takes only the last share of the file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.forecasting import score_forecasts
from incidents.burst import DIURNAL, BurstConfig, Watch, own_profile, own_unrest
from incidents.forecast import Model, load_model

LOOK = timedelta(minutes=15)
WITHIN = timedelta(hours=24)
HISTORY = timedelta(days=14)
BASE_RATES = (0.05, 0.2, 1.0, 5.0)
"""Posts an hour of an incident before anything happens: a quiet one, a usual one, a busy one, a whole bank's stream."""
SIZES: tuple[int | None, ...] = (15, 48, 150, None)
"""A cascade is thinned at random to about so many posts; None: as it is."""
UNREST = 0.3
"""Squared coefficient of variation of the background's hourly rate: it is not a Poisson process."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """One post and its reposts: times rise, the first is the post's own; an author for each."""

    times: tuple[datetime, ...]
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BurstScore:
    """Bursts found in one kind of stream. ``found``: share within 24 hours; ``delay_minutes``: median of those found,
    from the cascade's first post; ``half_hour``: share of all found within 30 minutes; ``fourth_post``: share that has
    its fourth post within 30 minutes, which no detector can beat; ``alarms_a_week`` without a cascade."""

    base_rate: float
    size: int | None
    cascades: int
    posts: float
    found: float
    half_hour: float
    fourth_post: float
    delay_minutes: float
    alarms_a_week: float


def load_cascades(path: Path) -> list[Cascade]:
    """All cascades of a file, oldest first."""
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8").splitlines()
    return [_cascade(record) for record in sorted(map(json.loads, lines), key=lambda record: record["at"])]


def _cascade(record: dict[str, Any]) -> Cascade:
    start = datetime.fromtimestamp(record["at"], UTC)
    events = sorted(record["events"], key=lambda event: event[0])
    times = (start, *(start + timedelta(seconds=event[0]) for event in events))
    return Cascade(times, ("source", *(f"user {event[1]}" for event in events)))


def thinned(cascade: Cascade, size: int | None, dice: np.random.Generator) -> Cascade:
    """The cascade as a small place would see it: each repost is kept with the same chance, the post itself always."""
    if size is None or size >= len(cascade.times):
        return cascade
    kept = np.flatnonzero(dice.random(len(cascade.times)) < size / len(cascade.times))
    chosen = sorted({0, *kept.tolist()})
    return Cascade(tuple(cascade.times[i] for i in chosen), tuple(cascade.authors[i] for i in chosen))


def background(since: datetime, until: datetime, rate: float, dice: np.random.Generator) -> Cascade:
    """Posts at a mean ``rate`` an hour with the rhythm of the day and a rate that wanders from hour to hour."""
    hours = int((until - since) / timedelta(hours=1))
    local_hours = (since.hour + 8 + np.arange(hours)) % 24
    counts = dice.poisson(rate * np.array(DIURNAL)[local_hours] * dice.gamma(1 / UNREST, UNREST, hours))
    seconds = np.sort(np.repeat(np.arange(hours), counts) * 3600 + dice.random(int(counts.sum())) * 3600)
    times = (since, *(since + timedelta(seconds=float(second)) for second in seconds))
    return Cascade(times, tuple(f"local {number}" for number in dice.integers(0, 300, len(times))))


def false_alarms(
    rates: Iterable[float], weeks: int, config: BurstConfig, seed: int, *, own: bool = True
) -> dict[float, float]:
    """Alarms a week in streams without any cascade, looked at every quarter of an hour; one spell is one alarm.

    Each week is another incident's, after as much history as where a cascade is injected. ``own``: see `_watch`.
    """
    dice = np.random.default_rng(seed)
    return {rate: sum(_spells(rate, config, dice, own=own) for _ in range(weeks)) / weeks for rate in rates}


def _spells(rate: float, config: BurstConfig, dice: np.random.Generator, *, own: bool) -> int:
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    until = begin + timedelta(weeks=1)
    watch = _watch(background(begin - HISTORY, until, rate, dice), begin, config, own=own)
    spells, last = 0, begin - WITHIN
    for at in _looks(begin, until):
        if _bursting(watch, at):
            spells += at - last > 2 * LOOK
            last = at
    return spells


def _watch(stream: Cascade, at: datetime, config: BurstConfig, *, own: bool) -> Watch:
    """With the own rhythm and unrest as known at that moment, as incidents are looked at; else the shipped ones."""
    if not own:
        return Watch(stream.times, stream.authors, config)
    profile = own_profile(stream.times, at)
    unrest = own_unrest(stream.times, at, config, profile)
    return Watch(stream.times, stream.authors, config, profile, unrest=unrest)


def _looks(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since
    while at < until:
        at += LOOK
        yield at


def _bursting(watch: Watch, at: datetime) -> bool:
    found = watch.look(at)
    return found is not None and found.bursting


def score_bursts(
    cascades: Sequence[Cascade], config: BurstConfig, weeks: int = 52, seed: int = 0, *, own: bool = True
) -> list[BurstScore]:
    """Inject each cascade, at its own time of day, into backgrounds of each rate, and see when it is found."""
    alarms = false_alarms(BASE_RATES, weeks, config, seed, own=own)
    dice = np.random.default_rng(seed + 1)
    scores = []
    for rate in BASE_RATES:
        for size in SIZES:
            small = [thinned(cascade, size, dice) for cascade in cascades]
            delays = [_delay(cascade, rate, config, dice, own=own) for cascade in small]
            scores.append(_burst_score(rate, size, small, delays, alarms[rate]))
    return scores


def _delay(cascade: Cascade, rate: float, config: BurstConfig, dice: np.random.Generator, *, own: bool) -> float:
    """Minutes until it is found, infinite where it is not within a day. Looks do not know when it begins."""
    start = cascade.times[0]
    floor = start.replace(minute=0, second=0, microsecond=0)
    quiet = background(floor - HISTORY, floor + WITHIN, rate, dice)
    order = sorted([*zip(quiet.times, quiet.authors, strict=True), *zip(cascade.times, cascade.authors, strict=True)])
    times, authors = zip(*order, strict=True)
    watch = _watch(Cascade(times, authors), start, config, own=own)
    begin = start - LOOK * float(dice.random())
    for at in _looks(begin, start + WITHIN):
        if _bursting(watch, at):
            return (at - start) / timedelta(minutes=1)
    return float("inf")


def _burst_score(
    rate: float, size: int | None, cascades: Sequence[Cascade], delays: Sequence[float], alarms: float
) -> BurstScore:
    late = np.array(delays)
    found = late[np.isfinite(late)]
    return BurstScore(
        base_rate=rate,
        size=size,
        cascades=len(cascades),
        posts=float(np.median([len(cascade.times) for cascade in cascades])),
        found=round(len(found) / len(late), 3),
        half_hour=round(float(np.mean(late <= 30)), 3),
        fourth_post=round(float(np.mean([_after(cascade, 4) <= 30 for cascade in cascades])), 3),
        delay_minutes=round(float(np.median(found)), 1) if len(found) else float("inf"),
        alarms_a_week=round(alarms, 3),
    )


def _after(cascade: Cascade, number: int) -> float:
    """Minutes from the first post to the one of this number."""
    if len(cascade.times) < number:
        return float("inf")
    return (cascade.times[number - 1] - cascade.times[0]) / timedelta(minutes=1)


def main() -> int:
    """Read, score, print."""
    parser = argparse.ArgumentParser(description="Score bursts and forecasts against cascades.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--later", type=float, default=1.0, help="only the last share of the file, 0..1")
    parser.add_argument("--weeks", type=int, default=52, help="weeks of background in which false alarms are counted")
    parser.add_argument("--model", type=Path, help="another forecast.npz, fitted on the earlier share of the file")
    parser.add_argument("--shipped", action="store_true", help="the shipped rhythm and unrest for all")
    parser.add_argument("--only", choices=("forecasts", "bursts"))
    arguments = parser.parse_args()
    cascades = load_cascades(arguments.file)
    cascades = cascades[int(len(cascades) * (1 - arguments.later)) :]
    scores: dict[str, Any] = {}
    if arguments.only != "bursts":
        scores |= _forecasts(cascades, _model(arguments.model))
    if arguments.only != "forecasts":
        bursts = score_bursts(cascades, BurstConfig(), arguments.weeks, own=not arguments.shipped)
        scores["bursts"] = [asdict(score) for score in bursts]
    print(json.dumps(scores, indent=1))
    return 0


def _model(path: Path | None) -> Model:
    if path is None:
        return load_model()
    with np.load(path, allow_pickle=False) as arrays:
        return Model({name: arrays[name] for name in arrays.files})


def _forecasts(cascades: Sequence[Cascade], model: Model) -> dict[str, Any]:
    """Scores of the cascades as they are, and of each thinned to 15 to 150 posts, as a small place would see them."""
    dice = np.random.default_rng(2)
    sizes = np.exp(dice.uniform(np.log(15), np.log(150), len(cascades)))
    small = [thinned(cascade, int(size), dice) for cascade, size in zip(cascades, sizes, strict=True)]
    return {
        name: [
            asdict(score)
            for score in score_forecasts([(one.times, one.authors) for one in some], model, town=some is small)
        ]
        for name, some in (("forecasts", cascades), ("forecasts_thinned", small))
    }


if __name__ == "__main__":
    sys.exit(main())

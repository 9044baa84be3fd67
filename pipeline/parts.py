"""What the stages work with; put together once, in app/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from alerts.config import AlertConfig
from alerts.record import rule_set
from domain.actions import RuleSet
from domain.clock import Clock
from domain.readings import Bank, Topic
from incidents.burst import BurstConfig
from incidents.config import GroupingConfig, SpreadConfig
from incidents.notes import Notes
from incidents.phase import PhaseConfig
from incidents.spread import Measurers
from pipeline.ports import Analyser, Archive, Bounces, Mailer, Pictures, Progress, SecondReader, Source, Store
from pipeline.revisits import RevisitPlan
from pipeline.watch import Watch


@dataclass(frozen=True)
class Retention:
    """For how many days pages are kept that no incident rests on, and those that one does (after its end)."""

    days: int
    incident_days: int


def _none() -> None:
    """No trouble."""


@dataclass(frozen=True)
class SecondPlan:
    """Who reads again, and what: posts of the last ``days`` within ``grey`` of the bar, at most ``posts`` a run."""

    reader: SecondReader
    grey: float
    days: int
    posts: int


@dataclass(frozen=True)
class Parts:
    """Everything a stage may need. ``labels``: how mails call a source, by its name.

    ``blind_hours``: after how long a notice tells that the source of this name is blind, where that is not
    `alerts.config.SourceWatch`'s. ``revisits``: what is read again between sweeps. ``pause`` waits the given seconds
    (injected, so that tests never sleep). ``retention`` None: no kept page is removed.
    ``pictures`` None: words in pictures are not read. ``parallel`` sites are read at once; ``sites``: the site of a
    source, by its name, where another source may have the same. ``trouble`` tells, in Chinese, what else needs a person
    (a model that cannot be used), None where nothing does. ``second`` None: nothing is read a second time.
    ``quotas``: messages a minute that the channel of this name takes; one without takes any number. ``bounces`` None:
    nobody reads what comes back. ``notes``: what grouping read off posts, kept from batch to batch. ``measurers``: what
    measuring has put in order, kept from look to look; None: done anew each time, for a sweep a day they are not worth
    their memory. ``drawn``: mails carry their pictures.
    """

    store: Store
    sources: Sequence[Source]
    labels: Mapping[str, str]
    analyser: Analyser
    mailer: Mailer
    banks: Sequence[Bank]
    topics: Mapping[str, Topic]
    grouping: GroupingConfig
    spread: SpreadConfig
    alerts: AlertConfig
    mail_domain: str
    page_url: str | None
    clock: Clock
    pause: Callable[[float], None]
    progress: Progress
    archive: Archive | None = None
    retention: Retention | None = None
    bursts: BurstConfig = field(default_factory=BurstConfig)
    phases: PhaseConfig = field(default_factory=PhaseConfig)
    revisits: RevisitPlan = field(default_factory=RevisitPlan)
    blind_hours: Mapping[str, float] = field(default_factory=dict)
    pictures: Pictures | None = None
    second: SecondPlan | None = None
    parallel: int = 1
    sites: Mapping[str, str] = field(default_factory=dict)
    quotas: Mapping[str, int] = field(default_factory=dict)
    bounces: Bounces | None = None
    trouble: Callable[[], str | None] = _none
    notes: Notes = field(default_factory=Notes)
    measurers: Measurers | None = None
    drawn: bool = True
    watch: Watch | None = None
    heartbeat: Callable[[], str | None] = _none

    @cached_property
    def rules(self) -> RuleSet:
        """The rules that decide, and their version: the same at every look."""
        return rule_set(self.alerts)

"""What the stages work with; put together once, in app/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from alerts.config import AlertConfig
from domain.clock import Clock
from domain.readings import Bank, Topic
from incidents.config import GroupingConfig, SpreadConfig
from pipeline.ports import Analyser, Mailer, Progress, Source, Store


@dataclass(frozen=True)
class Parts:
    """Everything a stage may need. ``labels``: how mails call a source, by its name.

    ``revisit_days``: threads of incidents with a post in these days are read again between sweeps. ``pause`` waits the
    given seconds (injected, so that tests never sleep).
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
    revisit_days: int
    clock: Clock
    pause: Callable[[float], None]
    progress: Progress

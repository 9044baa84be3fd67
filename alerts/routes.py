"""Whom a matter is told to: the routes from the top, else the recipients. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.config import AlertConfig
from alerts.routes_config import Route
from domain.alerts import Briefing, Level


@dataclass(frozen=True, slots=True)
class Matter:
    """What routes ask of an incident: topic codes, the departments of its topics, branches that it names."""

    bank: str
    topics: Sequence[str] = ()
    departments: Sequence[str] = ()
    branches: Sequence[str] = ()


def matter_of(briefing: Briefing, branches: Sequence[str] = ()) -> Matter:
    """The matter of a briefing."""
    incident = briefing.incident
    return Matter(incident.bank, incident.topics, briefing.departments, branches)


def readers(matter: Matter, level: Level, config: AlertConfig) -> tuple[str, ...]:
    """The contacts for a matter at a level, without doubles.

    The first route that matches and has somebody for the level decides; one with ``continue`` adds its contacts and
    lets those after it be asked. Where none did, `Recipients` says.
    """
    found: list[str] = []
    for route in config.routes:
        contacts = route.to.at(level) if _matches(route, matter, level) else ()
        found += contacts
        if contacts and not route.goes_on:
            break
    return tuple(dict.fromkeys(found)) or config.recipients.of(level)


def _matches(route: Route, matter: Matter, level: Level) -> bool:
    wanted = (
        (route.topics, matter.topics),
        (route.departments, matter.departments),
        (route.branches, matter.branches),
    )
    return (
        route.bank in (None, matter.bank)
        and (route.level is None or level >= route.level)
        and all(not asked or set(asked) & set(had) for asked, had in wanted)
    )

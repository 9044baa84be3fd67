"""Evidence: which kept pages an incident rests on, and who forbade that they go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.alerts import LevelChange
from domain.incidents import Incident
from domain.posts import Post


@dataclass(frozen=True, slots=True)
class Capture:
    """A post as it was seen on a kept page: ``name`` is the page's (`crawlers.archive`).

    ``url`` is the post's own; ``deleted``: the page shows that the post was gone.
    """

    source: str
    id: str
    url: str | None
    observed_at: datetime
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on an incident: its pages stay, however old, until it is lifted. ``key`` is the store's number."""

    key: int
    incident: str
    placed_at: datetime
    placed_by: str
    reason: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is handed out about an incident: posts by moment, level changes and captures by time, holds as placed."""

    incident: Incident
    posts: tuple[Post, ...]
    changes: tuple[LevelChange, ...]
    captures: tuple[Capture, ...]
    holds: tuple[Hold, ...]

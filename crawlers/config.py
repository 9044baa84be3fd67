"""What every source has in common in ``sources.yaml``; each kind adds its own facts beside its code."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Manners(BaseModel):
    """How we behave towards a site, from ``crawl:`` in yuqing.yaml. Delays and times in seconds, sizes in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_agent: str = "yuqing/0.1 (public opinion monitoring of a bank)"
    contact: str = ""
    obey_robots: bool = True
    request_timeout_s: float = Field(default=20.0, gt=0, le=120)
    max_body_bytes: int = Field(default=10_000_000, gt=0)
    allow_private_hosts: tuple[str, ...] = ()

    @property
    def agent(self) -> str:
        """The User-Agent with the contact, so that a site's keeper can reach us."""
        return f"{self.user_agent} +{self.contact}" if self.contact else self.user_agent


class SourceConfig(BaseModel):
    """The facts that all kinds of source share. ``label`` is how mails call it (青禾市民网); else its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: SourceName
    label: str | None = None
    enabled: bool = True
    delay_s: float = Field(default=1.0, ge=0, le=60)
    max_minutes: float = Field(default=20.0, gt=0, le=240)

"""What every source has in common in ``sources.yaml``; each kind adds its own facts beside its code."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from domain.clock import local

_CLOCK = re.compile(r"^(?:[01]?\d|2[0-3]):[0-5]\d$")


def _clock(value: str) -> str:
    if not _CLOCK.match(value):
        raise ValueError('应为带引号的 "时:分"，例如 "23:00"')
    return value


ClockTime = Annotated[str, AfterValidator(_clock)]
SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Night(BaseModel):
    """The hours (Beijing time) in which sites are asked less: pauses are ``delay_factor`` times as long, and one run of
    one source sends ``max_requests`` requests at most. What is left over is read by day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: ClockTime = Field(default="23:00", alias="from")
    to: ClockTime = "06:00"
    delay_factor: float = Field(default=3.0, ge=1, le=20)
    max_requests: int = Field(default=300, ge=1, le=100_000)

    @model_validator(mode="after")
    def _has_an_end(self) -> Night:
        if _time(self.from_) == _time(self.to):
            raise ValueError("from 与 to 不能相同")
        return self

    def holds(self, now: datetime) -> bool:
        """Whether ``now`` (aware) lies in these hours."""
        start, end, clock = _time(self.from_), _time(self.to), local(now).time()
        return start <= clock < end if start < end else clock >= start or clock < end

    @property
    def spent(self) -> str:
        """The cause of a coverage that ended with the night's requests."""
        return f"夜间限量（每次 {self.max_requests} 个请求）已用完，其余 {self.to} 以后再读"


def _time(clock: str) -> time:
    hour, minute = clock.split(":")
    return time(int(hour), int(minute))


class Manners(BaseModel):
    """How we behave towards sites, from ``crawl:`` in yuqing.yaml. Delays and times in seconds, sizes in bytes.

    ``parallel`` sites are read at once; of one site never more than one page at a time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_agent: str = "yuqing/0.1 (public opinion monitoring of a bank)"
    contact: str = ""
    obey_robots: bool = True
    request_timeout_s: float = Field(default=20.0, gt=0, le=120)
    max_body_bytes: int = Field(default=16_000_000, gt=0)
    allow_private_hosts: tuple[str, ...] = ()
    night: Night | None = None
    parallel: int = Field(default=4, ge=1, le=32)

    @property
    def agent(self) -> str:
        """The User-Agent with the contact, so that a site's keeper can reach us."""
        return f"{self.user_agent} +{self.contact}" if self.contact else self.user_agent


class SourceConfig(BaseModel):
    """The facts that all kinds of source share. ``label`` is how mails call it (青禾市民网); else its name.

    ``blind_hours``: after so long a notice tells that it cannot be seen; None: as alerts.yaml says for all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: SourceName
    label: str | None = None
    enabled: bool = True
    delay_s: float = Field(default=1.0, ge=0, le=60)
    max_minutes: float = Field(default=20.0, gt=0, le=240)
    blind_hours: float | None = Field(default=None, ge=0, le=8760)

    @property
    def site(self) -> str:
        """Whom it asks: its host, or its kind where the configuration names none. Sources of one site are never read
        at the same time.
        """
        addresses = [getattr(self, name, None) for name in ("url", "base_url")] + list(getattr(self, "urls", ()))
        hosts = (urlsplit(address).hostname for address in addresses if address)
        return next((host for host in hosts if host), str(getattr(self, "kind", self.name)))

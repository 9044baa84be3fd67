"""The models of ``alerts.yaml``, and of ``mail:`` in ``yuqing.yaml``. Messages are in Chinese: staff read them."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from alerts.base_config import ADDRESS, Address, Strict
from alerts.channels_config import AnyChannel
from alerts.people_config import Reminders, Storm
from alerts.report_clock import ReportClock
from alerts.routes_config import ChannelName, Fallback, Recipients, Route, unknown
from alerts.rules_config import Hysteresis, Levels, Override, PolicyConfig, QuietHours

LONGEST_DOMAIN = 40
"""A Message-ID over 70 characters is folded by the mail library so that threading breaks; 40 leaves room."""


class DigestConfig(Strict):
    """``hold_in_quiet_hours``: a digest made at night (a sweep by hand) waits for the end of the quiet hours."""

    hold_in_quiet_hours: bool = True


class SourceWatch(Strict):
    """When those who look after the sources are written to, in hours of blindness; 0: at once.

    ``improbable``: a source that says that it saw is doubted where its history gives so few new posts a probability
    below this; 0 asks no history.
    """

    blind_hours: float = Field(default=6.0, ge=0, le=8760)
    partial_hours: float = Field(default=72.0, ge=0, le=8760)
    improbable: float = Field(default=0.001, ge=0, le=0.05)


class AlertConfig(Strict):
    """alerts.yaml."""

    levels: Levels = Levels()
    overrides: tuple[Override, ...] = ()
    hysteresis: Hysteresis = Hysteresis()
    policy: PolicyConfig = PolicyConfig()
    channels: dict[ChannelName, AnyChannel] = Field(default_factory=dict)
    recipients: Recipients = Recipients()
    routes: tuple[Route, ...] = ()
    fallback: Fallback = Fallback()
    quiet_hours: QuietHours = QuietHours()
    reminders: Reminders = Reminders()
    storm: Storm = Storm()
    digest: DigestConfig = DigestConfig()
    sources: SourceWatch = SourceWatch()
    report_clock: ReportClock = ReportClock()

    @field_validator("recipients", "routes", "fallback", "reminders")
    @classmethod
    def _contacts_that_can_be_reached(cls, value: Any, info: ValidationInfo) -> Any:
        known = info.data.get("channels")
        if known is not None and (lost := unknown(_named(value), known)):
            raise ValueError(f"“{'、'.join(lost)}”不是邮箱地址（name@example.com），channels 里也没有叫这个名字的渠道")
        return value


def _named(section: Recipients | Reminders | Fallback | tuple[Route, ...]) -> Iterable[str]:
    if isinstance(section, tuple):
        return (contact for route in section for contact in route.to.contacts())
    if isinstance(section, Fallback):
        return section.named()
    return section.contacts() if isinstance(section, Recipients) else section.contacts


class MailConfig(Strict):
    """How the relay is reached. The password is never here: it comes from the environment or a file.

    ``sender`` may carry a name: ``舆情监测 <yuqing@bank.example>``. ``domain`` stands in the Message-ID and must not
    change later; it is the sender's where it is not given. ``security`` has no default: nothing is downgraded silently.
    ``return_path`` gets what cannot be delivered (the sender, where it is not given). ``verp``: each letter has one of
    its own, which names it (`domain.letters.return_address`).
    """

    host: str = Field(min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    sender: str
    domain: str = Field(max_length=LONGEST_DOMAIN, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
    ca_file: str | None = None
    timeout_s: float = Field(default=30.0, gt=0, le=300)
    reply_to: Address | None = None
    return_path: Address | None = None
    verp: bool = False

    @property
    def sender_name(self) -> str:
        """The name part of ``sender``; empty where there is none."""
        return parseaddr(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """The address part of ``sender``."""
        return parseaddr(self.sender)[1]

    @model_validator(mode="before")
    @classmethod
    def _domain_of_the_sender(cls, data: Any) -> Any:
        if isinstance(data, dict) and "domain" not in data and isinstance(data.get("sender"), str):
            return {**data, "domain": parseaddr(data["sender"])[1].rpartition("@")[2]}
        return data

    @model_validator(mode="after")
    def _a_sender_with_an_address(self) -> MailConfig:
        if not ADDRESS.match(self.sender_address):
            raise ValueError("sender 里没有邮箱地址，应为 yuqing@bank.example 或 舆情监测 <yuqing@bank.example>")
        return self

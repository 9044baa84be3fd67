"""The models of ``alerts.yaml`` about who is written to: recipients, routes, and who stands in for whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from alerts.base_config import ADDRESS, Strict
from domain.alerts import MAIL, Level

CHANNEL_NAME = re.compile(r"^[\w-]{1,40}$")


def _contact(value: str) -> str:
    if "@" not in value and CHANNEL_NAME.match(value):
        return value
    if not ADDRESS.match(value) or len(value) > 254:
        raise ValueError("不是邮箱地址（name@example.com，只用英文字符），也不像 channels 里渠道的名字")
    return value


def _channel_name(value: str) -> str:
    if value == MAIL or not CHANNEL_NAME.match(value):
        raise ValueError(f"渠道的名字只能用文字、数字和 -，至多 40 个，且不能是 {MAIL}")
    return value


Contact = Annotated[str, AfterValidator(_contact)]
"""A mail address, or the name of a channel; `unknown` tells which names are none."""

ChannelName = Annotated[str, AfterValidator(_channel_name)]


def unknown(contacts: Iterable[str], channels: Iterable[str]) -> list[str]:
    """The contacts that are neither addresses nor in ``channels``."""
    return [name for name in dict.fromkeys(contacts) if "@" not in name and name not in set(channels)]


class Ladder(Strict):
    """Who is written to about a level. A level without contacts uses those of the next one below it."""

    red: tuple[Contact, ...] = ()
    orange: tuple[Contact, ...] = ()
    yellow: tuple[Contact, ...] = ()

    def at(self, level: Level) -> tuple[str, ...]:
        """The contacts for a level without doubles; empty where no rung at or below it has any."""
        rungs = {Level.RED: self.red, Level.ORANGE: self.orange, Level.YELLOW: self.yellow}
        found = next((contacts for rung, contacts in rungs.items() if rung <= level and contacts), ())
        return tuple(dict.fromkeys(found))

    def contacts(self) -> Iterator[str]:
        """Everyone who is named."""
        yield from (*self.red, *self.orange, *self.yellow)


class Recipients(Ladder):
    """Who is written to where no route says otherwise; below yellow those of the digest.

    ``ops`` get the notices of operations (blind sources, letters that do not arrive), and the digest on days when a
    source was blind or a letter was stuck.
    """

    digest: tuple[Contact, ...] = ()
    ops: tuple[Contact, ...] = ()

    def for_sources(self) -> tuple[str, ...]:
        """Who looks after the sources: ``ops``, else those of the digest, without doubles."""
        return tuple(dict.fromkeys(self.ops or self.digest))

    def of(self, level: Level) -> tuple[str, ...]:
        """The contacts for a level without doubles; those of the digest below yellow."""
        return self.at(level) or tuple(dict.fromkeys(self.digest))

    def contacts(self) -> Iterator[str]:
        """Everyone who is named."""
        yield from (*super().contacts(), *self.digest, *self.ops)


class Route(Strict):
    """Sends matters that meet all its conditions ``to`` others; a condition that is left out is met.

    ``level``: this one or higher. Of ``topics``, ``departments`` and ``branches`` one must be the matter's. A list as
    ``to`` is for all levels. ``continue``: the routes after it are looked at too.
    """

    bank: str | None = None
    level: Level | None = None
    topics: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    to: Ladder
    goes_on: bool = Field(default=False, alias="continue")

    @field_validator("level", mode="before")
    @classmethod
    def _a_mailed_level(cls, value: Any) -> Any:
        levels = {level.code: level for level in (Level.RED, Level.ORANGE, Level.YELLOW)}
        if value is not None and value not in levels:
            raise ValueError(f"应为 {'、'.join(levels)} 之一")
        return levels.get(value)

    @field_validator("to", mode="before")
    @classmethod
    def _one_list_for_all_levels(cls, value: Any) -> Any:
        return {"yellow": value} if isinstance(value, list) else value

    @field_validator("to")
    @classmethod
    def _somebody(cls, value: Ladder) -> Ladder:
        if not any(value.contacts()):
            raise ValueError("没有写发给谁")
        return value


class Fallback(Strict):
    """Who is written to where a letter does not arrive: it was given up, came back, or is ``after_minutes`` late.

    ``contacts`` names a stand-in for one contact, the levels one for everybody else.
    """

    red: Contact | None = None
    orange: Contact | None = None
    yellow: Contact | None = None
    contacts: dict[Contact, Contact] = Field(default_factory=dict)
    after_minutes: int = Field(default=15, ge=1, le=2880)

    def instead_of(self, contact: str, level: Level) -> str | None:
        """The stand-in for a contact, else the one for the level; None where nobody is named."""
        levels = {Level.RED: self.red, Level.ORANGE: self.orange, Level.YELLOW: self.yellow}
        return self.contacts.get(contact) or levels.get(level)

    def named(self) -> Iterator[str]:
        """Everyone who is named, on both sides."""
        yield from (name for name in (self.red, self.orange, self.yellow) if name)
        yield from (*self.contacts, *self.contacts.values())

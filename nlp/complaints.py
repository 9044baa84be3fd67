"""The industry's classification of complaints (JR/T 0169-2018), as far as public texts show it.

``data/complaint_codes.yaml`` has the classes of the three sides (channel A, business B, reason C) with the public texts
that name them. No public text that was found shows the numbers, so ``code`` is None; a bank that owns the standard
fills them in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.readings import ComplaintClass

Side = Literal["channel", "business", "reason"]
SIDES: Mapping[Side, str] = {"channel": "A", "business": "B", "reason": "C"}
"""The sides of the classification and their letters in the standard."""


class CodeSource(BaseModel):
    """A public text that names classes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    publisher: str
    year: int
    address: Annotated[str, Field(pattern="^https?://")]


class CodeEntry(BaseModel):
    """One class: ``code`` None where no public text shows it; ``under`` the class that it is part of."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Annotated[str, Field(pattern="^[a-z_]+$")]
    code: str | None
    sure: bool
    name: str
    under: str | None = None
    sources: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _sure_by_code(self) -> Self:
        """Only a number that a public text shows is sure."""
        if self.sure != (self.code is not None):
            raise ValueError(f"{self.key}: sure must be true where there is a code, and only there")
        return self


class CodeBook(BaseModel):
    """The whole classification."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    standard: str
    sources: dict[str, CodeSource]
    channel: list[CodeEntry]
    business: list[CodeEntry]
    reason: list[CodeEntry]

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        """Keys are unique over all sides; sources and upper classes exist."""
        keys = [entry.key for entry in self.entries()]
        unknown = [name for entry in self.entries() for name in entry.sources if name not in self.sources]
        lost = [entry.under for entry in self.entries() if entry.under is not None and entry.under not in keys]
        if len(set(keys)) != len(keys) or unknown or lost:
            raise ValueError(f"keys twice, or unknown sources {unknown} or upper classes {lost}")
        return self

    def entries(self) -> Iterator[CodeEntry]:
        """All classes, side by side."""
        for side in SIDES:
            yield from self.side(side)

    def side(self, side: Side) -> list[CodeEntry]:
        """The classes of one side."""
        return {"channel": self.channel, "business": self.business, "reason": self.reason}[side]

    def keys(self, side: Side) -> list[str]:
        """By what the classes of one side are called in topics.yaml."""
        return [entry.key for entry in self.side(side)]


@cache
def load_codes() -> CodeBook:
    """The shipped classification."""
    text = (files("nlp") / "data" / "complaint_codes.yaml").read_text(encoding="utf-8")
    return CodeBook.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))


def class_of(side: Side, key: str, numbers: Mapping[str, str], *, sure: bool) -> ComplaintClass:
    """The class of that key as a topic refers to it. ``numbers``: a bank's own codes."""
    entry = next(entry for entry in load_codes().side(side) if entry.key == key)
    return ComplaintClass(key, entry.name, numbers.get(key, entry.code), sure)

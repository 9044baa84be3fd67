"""The cookies of one site for one sweep: those of the bank's own account, and those that the forum sets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

_TAKEN_BACK = ("", "deleted")
# Shorter values are words of every page.
_SHORTEST_SECRET = 8


class Jar:
    """``given`` is a Cookie header's value as copied from a browser: ``name=value; name=value``.

    `lost`: the site took one of the given cookies back that bear the login.
    """

    def __init__(self, given: str | None = None) -> None:
        self._given = dict(_pairs((given or "").removeprefix("Cookie:")))
        self._values = dict(self._given)
        self.lost = False

    def header(self) -> str:
        """The value of the Cookie header, empty where there are none."""
        return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def take(self, lines: Iterable[str]) -> None:
        """Merge ``Set-Cookie`` lines. PHP takes a cookie back by the value ``deleted``."""
        for line in lines:
            for name, value in _pairs(line.partition(";")[0]):
                if value not in _TAKEN_BACK:
                    self._values[name] = value
                elif self._values.pop(name, None) and name in self._given and name.endswith("auth"):
                    self.lost = True

    def forget(self) -> None:
        """Go on as a guest."""
        for name in self._given:
            self._values.pop(name, None)

    def secrets(self) -> set[str]:
        """What may be written down nowhere: the values, also as they stand in a page or in JSON."""
        values = [value for jar in (self._given, self._values) for value in jar.values()]
        plain = {form for value in values for form in (value, unquote(value))}
        return {form for value in plain for form in (value, value.replace("/", "\\/")) if len(form) >= _SHORTEST_SECRET}

    def masked(self, text: str) -> str:
        """The text without the values; without short ones where they stand behind their name."""
        for secret in sorted(self.secrets(), key=len, reverse=True):
            text = text.replace(secret, "***")
        for jar in (self._given, self._values):
            for name, value in jar.items():
                text = text.replace(f"{name}={value}", f"{name}=***")
        return text


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, equals, value = part.strip().partition("=")
        # A line break would begin another header.
        if equals and name and not re.search(r"[\x00-\x20\x7f]", name + value.strip()):
            yield name.strip(), value.strip()

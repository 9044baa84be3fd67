"""How a platform gives and renews its tokens, as data, and what one of its answers grants. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from crawlers.parse.counts import parse_count
from crawlers.parse.description import Described, ErrorPath, Path
from crawlers.parse.json_items import at_path, check_error
from domain.errors import SourceError

# A token that is said to live longer was not meant so.
_LONGEST_LIFE_S = 5 * 365 * 86_400


class Exchange(Described):
    """One request for a token. In ``params`` the values ``{id}``, ``{secret}``, ``{refresh_token}`` are filled in;
    ``{force}`` is true where the platform must not give the token again that it gave last.
    """

    path: str
    method: Literal["GET", "POST"] = "POST"
    send: Literal["query", "json", "form"] = "form"
    params: dict[str, str]
    access_token: Path | None = None
    expires_in: Path | None = None
    refresh_token: Path | None = None
    refresh_expires_in: Path | None = None


class TokenLife(Described):
    """The life of a platform's tokens: how to refresh the access token, and to ``renew`` the refresh token itself.

    The access token is refreshed ``margin_s`` seconds ahead of its end. ``renewals``: how often the platform lets
    a refresh token be renewed before a person has to authorise again.
    """

    error: ErrorPath
    refresh: Exchange
    margin_s: int = Field(gt=0)
    renew: Exchange | None = None
    renewals: int = 0

    @property
    def needs(self) -> tuple[str, ...]:
        """Which of ``id``, ``secret``, ``refresh_token`` have to be known."""
        used = set(self.refresh.params.values())
        return tuple(name for name in ("id", "secret", "refresh_token") if f"{{{name}}}" in used)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an answer grants; lives in seconds from now, None where the platform does not say."""

    access_token: str | None = None
    access_s: int | None = None
    refresh_token: str | None = None
    refresh_s: int | None = None


def read_grant(answer: Any, exchange: Exchange, error: ErrorPath) -> Grant:
    """The tokens in an answer; SourceError where it says it is an error, or where a promised token is not in it."""
    check_error(answer, error)
    access, refresh = _token(answer, exchange.access_token), _token(answer, exchange.refresh_token)
    if exchange.access_token and not access:
        raise SourceError("changed", f"回答里没有 {exchange.access_token}，接口可能改了")
    access_s = _seconds(answer, exchange.expires_in)
    if access and access_s is None:
        raise SourceError("changed", f"回答里没有能用的 {exchange.expires_in}，接口可能改了")
    return Grant(access, access_s, refresh, _seconds(answer, exchange.refresh_expires_in))


def exchange_params(exchange: Exchange, values: Mapping[str, str], *, force: bool) -> dict[str, str | bool]:
    """The parameters of a request for a token."""
    known: dict[str, str | bool] = {"{force}": force, **{f"{{{name}}}": value for name, value in values.items()}}
    return {name: known.get(value, value) for name, value in exchange.params.items()}


def _token(answer: Any, path: str | None) -> str | None:
    value = at_path(answer, path) if path else None
    return value.strip() or None if isinstance(value, str) else None


def _seconds(answer: Any, path: str | None) -> int | None:
    """Platforms write 7200 and "7200"."""
    seconds = parse_count(at_path(answer, path)) if path else None
    return min(seconds, _LONGEST_LIFE_S) if seconds else None

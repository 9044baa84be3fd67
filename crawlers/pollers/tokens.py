"""Tokens of interfaces: a constant one, or one that a keeper refreshes ahead of its end and when it is refused.

Secrets come in from the wiring and leave only in requests: no cause, coverage or kept page shows one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from crawlers.config import Manners
from crawlers.http import Ask, HttpClient
from crawlers.parse.json_items import decode_answer
from crawlers.parse.token_life import Exchange, Grant, TokenLife, exchange_params, read_grant
from crawlers.pollers.token_file import Held, TokenFile
from domain.clock import Clock, local, system_clock
from domain.errors import SourceError

WARNING_TIME = timedelta(days=7)
"""So long before an authorisation ends for good, a person is told."""

_RENEW_AHEAD = timedelta(days=3)
# A platform that renews without moving the end must not use up its few renewals in one day.
_RENEWAL_REST = timedelta(days=20)
_PAUSE_AFTER_FAILURE = timedelta(minutes=10)
_MOST_SEEDS = 20
# Shorter ones are no real secrets, and words of an answer might be like them.
_SHORTEST_SECRET = 4
_PART_NAMES = {"id": "应用的编号", "secret": "应用的密钥", "refresh_token": "refresh_token"}


class Token(Protocol):
    """What a reader of an interface asks for."""

    def current(self) -> str:
        """The token for the next request; SourceError where there is none, with what a person has to do."""

    def after(self, refused: str) -> str | None:
        """Another token after the interface refused this one; None where there is no other; SourceError as above."""

    def warning(self) -> str | None:
        """What a person should know although all still works, in Chinese."""

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text


class ConstantToken:
    """A token that a person gave and nobody can refresh. ``named``: where it should stand."""

    def __init__(self, value: str | None, named: str) -> None:
        self._value = value
        self._named = named

    def current(self) -> str:
        """The token."""
        if self._value is None:
            raise SourceError("login", f"没有接口令牌，请设置 {self._named}")
        return self._value

    def after(self, refused: str) -> str | None:  # noqa: ARG002 - there is no other
        """None."""
        return None

    def warning(self) -> str | None:
        """None: nobody knows how long it lives."""
        return None

    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self._value,) if self._value else ()


def constant_token(value: str | None, *names: str | None) -> Token | None:
    """The token of an interface whose token stands under one of ``names``; None where it needs none."""
    named = " 或 ".join(name for name in names if name)
    return ConstantToken(value, named) if named or value else None


@dataclass(frozen=True)
class Account:
    """What a person gave for one account: ``values`` of ``id``, ``secret``, ``refresh_token``; ``named`` where each
    stands or should stand.
    """

    values: Mapping[str, str | None]
    named: Mapping[str, str]

    @property
    def seed(self) -> str:
        """Changes when a person gives other credentials."""
        parts = "\0".join(self.values.get(name) or "" for name in ("id", "secret", "refresh_token"))
        return hashlib.sha256(parts.encode()).hexdigest()[:16]


class TokenKeeper:
    """Gives the access token of one account and refreshes it; meets `Token`.

    What is refreshed is kept in ``file``. Credentials that the file has never seen win over what it holds: a person
    has authorised anew. ``account`` is asked for at every refresh, so that a running service finds new ones; it may
    raise SourceError. Safe for several processes and threads.
    """

    def __init__(
        self,
        life: TokenLife,
        base_url: str,
        account: Callable[[], Account],
        file: TokenFile,
        manners: Manners,
        *,
        clock: Clock = system_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._life = life
        self._base_url = base_url.rstrip("/")
        self._load = account
        self._account = Account({}, {})
        self._file = file
        self._manners = manners
        self._clock = clock
        self._sleep = sleep
        self._held: Held | None = None
        self._trouble: str | None = None
        self._rest_until: datetime | None = None

    def current(self) -> str:
        """The access token, refreshed where its end is near. One that still lives is given while refreshing fails."""
        held = self._held or self._read()
        if held.access_token and not self._due(held):
            return held.access_token
        resting = self._rest_until is not None and self._clock() < self._rest_until
        if resting and held.access_token and self._lives(held):
            return held.access_token
        return self._refreshed(None)

    def after(self, refused: str) -> str | None:
        """A new access token: another process's, or one that is asked for now."""
        return self._refreshed(refused)

    def warning(self) -> str | None:
        """That refreshing fails, or that the authorisation ends soon and cannot be renewed."""
        try:
            held = self._held or self._read()
        except SourceError as error:
            return error.cause
        if self._trouble:
            until = f"，现有令牌用到 {_day(held.access_expires)}" if held.access_expires else ""
            return f"令牌没能续期：{self._trouble}{until}"
        ends = held.refresh_expires
        left = ends - self._clock() if ends else WARNING_TIME * 2
        if left <= timedelta(0):
            return f"授权已于 {_day(ends)} 到期，{self._what_to_do()}"
        if self._renewable(held) or left > WARNING_TIME:
            return None
        return f"授权到 {_day(ends)} 为止，不能再自动续期，在此之前{self._what_to_do()}"

    def outlook(self) -> tuple[bool, str]:
        """Whether all is well with the account, and how it stands, in Chinese; the platform is not asked."""
        try:
            held = self._read()
            self._check_complete(held)
        except SourceError as error:
            return False, error.cause
        warning = self.warning()
        if warning:
            return False, warning
        if held.access_expires is None:
            return True, "还没有取过令牌，第一次巡检时会取"
        until = f"，授权到 {_day(held.refresh_expires)}" if held.refresh_expires else ""
        return True, f"令牌到 {_day(held.access_expires)}，会自动续期{until}"

    @property
    def client_id(self) -> str | None:
        """The application's id, where it is known."""
        try:
            return self._load().values.get("id")
        except SourceError:
            return None

    def secrets(self) -> tuple[str, ...]:
        """All tokens and keys, the newest first."""
        held = self._held or Held()
        given = [self._account.values.get("secret"), self._account.values.get("refresh_token")]
        return tuple(value for value in (held.access_token, held.refresh_token, *given) if value)

    def _read(self) -> Held:
        """What the file holds for these credentials; with new ones nothing but them."""
        self._account = self._load()
        held = self._file.read()
        seed, given = self._account.seed, self._account.values.get("refresh_token")
        if seed not in held.seeds and (given or not held.refresh_token):
            held = Held(seeds=(*held.seeds, seed)[-_MOST_SEEDS:], refresh_token=given)
        self._held = held
        return held

    def _refreshed(self, refused: str | None) -> str:
        with self._file.locked():
            held = self._read()
            if held.access_token and held.access_token != refused and not self._due(held):
                return held.access_token  # another process was quicker
            try:
                self._check_complete(held)
                held = self._renewed(held)
                held = self._exchanged(held, refused)
            except SourceError as error:
                return self._old_one(held, refused, error)
            self._trouble = self._rest_until = None
            return held.access_token or ""

    def _old_one(self, held: Held, refused: str | None, error: SourceError) -> str:
        """The token that still lives although no new one was got; what went wrong where there is none."""
        cause = hidden(error.cause, self.secrets())
        if error.status == "login" and "请" not in cause:
            cause = f"{cause}；{self._what_to_do()}"
        if refused is None and held.access_token and self._lives(held):
            self._trouble, self._rest_until = cause, self._clock() + _PAUSE_AFTER_FAILURE
            return held.access_token
        raise SourceError(error.status, f"令牌没能取得：{cause}") from None

    def _check_complete(self, held: Held) -> None:
        for part in self._life.needs:
            known = held.refresh_token if part == "refresh_token" else self._account.values.get(part)
            if not known:
                raise SourceError("login", f"没有{_PART_NAMES[part]}，请设置 {self._account.named[part]}")

    def _exchanged(self, held: Held, refused: str | None) -> Held:
        grant = self._ask(self._life.refresh, held, force=False)
        if refused is not None and grant.access_token == refused:
            grant = self._ask(self._life.refresh, held, force=True)
        return self._keep(held, grant)

    def _renewed(self, held: Held) -> Held:
        """With the refresh token renewed where its end is near; a platform that refuses is not asked again for it."""
        if self._life.renew is None or not self._ends_soon(held):
            return held
        try:
            grant = self._ask(self._life.renew, held, force=False)
        except SourceError as error:
            if error.status in ("login", "blocked"):
                return self._write(held.model_copy(update={"renewals": self._life.renewals}))
            if self._lives(held):
                raise
            return held  # the access token is needed now; there is time for another try
        done = {"renewals": held.renewals + 1, "renewed_at": self._clock(), "refresh_expires": None}
        return self._keep(held.model_copy(update=done), grant)

    def _ask(self, exchange: Exchange, held: Held, *, force: bool) -> Grant:
        values = {**self._account.values, "refresh_token": held.refresh_token}
        params = exchange_params(exchange, {name: value for name, value in values.items() if value}, force=force)
        texts = {name: str(value) for name, value in params.items()}
        ask = Ask(
            url=f"{self._base_url}{exchange.path}",
            method=exchange.method,
            headers={"Accept": "application/json"},
            secret_params=texts if exchange.send == "query" else {},
            json=params if exchange.send == "json" else None,
            form=texts if exchange.send == "form" else None,
        )
        self._file.check()  # a folder that cannot be written must show itself before the old token is spent
        # A client of its own, without an archive: no answer with tokens in it is ever kept.
        with HttpClient(self._manners, sleep=self._sleep) as client:
            answer = client.request(ask)
        return read_grant(decode_answer(answer.body), exchange, self._life.error)

    def _keep(self, held: Held, grant: Grant) -> Held:
        now = self._clock()
        changes: dict[str, object] = {}
        if grant.access_token and grant.access_s:
            margin_s = min(self._life.margin_s, grant.access_s // 10)
            expires = now + timedelta(seconds=grant.access_s)
            due = expires - timedelta(seconds=margin_s)
            changes |= {"access_token": grant.access_token, "access_expires": expires, "access_due": due}
        if grant.refresh_token:
            changes["refresh_token"] = grant.refresh_token
        if grant.refresh_s:
            changes["refresh_expires"] = now + timedelta(seconds=grant.refresh_s)
        return self._write(held.model_copy(update=changes))

    def _write(self, held: Held) -> Held:
        self._file.write(held)
        self._held = held
        return held

    def _due(self, held: Held) -> bool:
        return held.access_due is None or self._clock() >= held.access_due or self._ends_soon(held)

    def _ends_soon(self, held: Held) -> bool:
        """Whether the refresh token must be renewed now, and may be."""
        ends, done = held.refresh_expires, held.renewed_at
        if ends is None or not self._renewable(held) or (done and self._clock() - done < _RENEWAL_REST):
            return False
        return ends - self._clock() <= _RENEW_AHEAD

    def _lives(self, held: Held) -> bool:
        return held.access_expires is not None and self._clock() < held.access_expires

    def _renewable(self, held: Held) -> bool:
        return self._life.renew is not None and held.renewals < self._life.renewals

    def _what_to_do(self) -> str:
        if "refresh_token" not in self._life.needs:
            return f"请核对 {self._account.named.get('id')} 与 {self._account.named.get('secret')}"
        return f"请重新授权，把新的 refresh_token 放进 {self._account.named.get('refresh_token')}"


def _day(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else "？"

"""A small, bounded HTTP client for the pollers: polite, patient within limits, plain about what went wrong.

It knows nothing of feeds or comments. What cannot be fetched raises `SourceError` with a status of
`domain.coverage.STATUSES` and a cause in Chinese that names neither query nor token.
"""

from __future__ import annotations

import json as jsonlib
import logging
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx
from protego import Protego

from crawlers.archive import Archive, Page
from crawlers.config import Manners
from crawlers.network import Gate, GatedTransport, Resolve, resolve
from crawlers.pace import Pace, retry_after
from crawlers.parse.html import script_check
from domain.clock import Clock, system_clock
from domain.errors import SourceError

BACK_OFF_S = (1.0, 4.0)
LONGEST_RETRY_AFTER_S = 60.0
MOST_REDIRECTS = 5
# An answer may arrive in drops, each within the timeout; the whole must not take longer than this many timeouts.
_PATIENCE = 4
_LONGEST_ROBOTS = 500_000
_LONGEST_CHECK = 20_000
# With these firewalls answer a harmless GET; to a POST they may say that the address is wrong.
_FIREWALL = (405, 412)
_UNPACKED_AT_ONCE = 65_536
_LOG = logging.getLogger("yuqing.crawl")
# httpx logs whole addresses, with the tokens in their queries.
logging.getLogger("httpx").setLevel(logging.WARNING)
# The forum programs of this country have theirs in the query: member.php?mod=logging&action=login.
_LOGIN_ADDRESS = re.compile(r"^[^?]*(?:login|logon|signin|passport|oauth)|[?&]action=log(?:in|on)\b", re.IGNORECASE)
_CHALLENGE_ADDRESS = re.compile(r"captcha|verify", re.IGNORECASE)


class MissingError(SourceError):
    """The site says that there is nothing at the address (404 or 410)."""


class UnauthorizedError(SourceError):
    """The site wants a valid token or login (401)."""


@dataclass(frozen=True)
class Response:
    """What was answered (2xx or 304): the address in the end, lower-case header names, the unpacked body.

    ``url`` is without the secret parts of its query; ``asked_at`` is when the request was sent.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime
    method: str = "GET"

    @property
    def content_type(self) -> str:
        """The Content-Type header, empty where there is none."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True)
class Ask:
    """One request. ``secret_headers`` are not sent on to another host that it is redirected to.
    ``secret_params`` stand in the query and nowhere else.
    ``found``: the address stood in a page or an answer, not in the configuration; it must be a public one.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    secret_params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    found: bool = False

    def whole_url(self) -> str:
        """The address with the query."""
        params = {**self.params, **self.secret_params}
        return str(httpx.URL(self.url).copy_merge_params(params)) if params else self.url

    def content(self) -> tuple[bytes | None, dict[str, str]]:
        """The body and its Content-Type header."""
        if self.json is not None:
            body = jsonlib.dumps(self.json, ensure_ascii=False).encode()
            return body, {"content-type": "application/json; charset=utf-8"}
        if self.form is not None:
            body = str(httpx.QueryParams(dict(self.form))).encode()
            return body, {"content-type": "application/x-www-form-urlencoded"}
        return None, {}


def shown(url: str) -> str:
    """An address as it may be told: without user, query and fragment, where tokens stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class HttpClient:
    """Asks one site, with a pause of at least ``delay_s`` between two requests. Use it as a context manager.

    The pause grows where the site answers slowly or asks for it, and by night (`crawlers.pace`).
    Hosts that the configuration names may lie anywhere; what redirects and found addresses lead to must be public.
    """

    def __init__(
        self,
        manners: Manners,
        *,
        delay_s: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = resolve,
        archive: Archive | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._manners = manners
        self._sleep = sleep
        self._pace = Pace(manners, delay_s, sleep=sleep, clock=clock)
        self._robots: dict[str, Protego | None] = {}
        self._left_alone: dict[str, SourceError] = {}
        self._gate = Gate(manners.allow_private_hosts, resolve)
        self._client = httpx.Client(
            # gzip alone is unpacked here, so that a small answer cannot fill the memory
            headers={"User-Agent": manners.agent, "Accept-Encoding": "gzip"},
            timeout=manners.request_timeout_s,
            follow_redirects=False,
            trust_env=False,
            transport=GatedTransport(self._gate),
        )

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def request(self, ask: Ask, *, robots: bool = False) -> Response:
        """The answer, 2xx or 304; SourceError for all else. ``robots``: only where robots.txt allows it."""
        try:
            if not ask.found:
                self._gate.trust(httpx.URL(ask.url).raw_host.decode("ascii"))
            if robots and self._manners.obey_robots and not self._allowed(ask):
                raise SourceError("blocked", f"robots.txt 不允许读取 {shown(ask.url)}")
            return self._tried(ask)
        except (httpx.InvalidURL, ValueError) as error:
            raise SourceError("changed", f"地址不对：{error}") from None

    def keep(self, answer: Response) -> str | None:
        """Keep an answer as evidence: the name of the kept page, for ``capture`` of a record; None where none is kept.

        Call it for a page from which a new or changed record comes, and for no other.
        """
        if self._archive is None:
            return None
        page = Page(answer.url, answer.method, answer.status, answer.headers, answer.body, answer.asked_at)
        return self._archive.keep(page)

    def _tried(self, ask: Ask) -> Response:
        site = urlsplit(ask.url).netloc
        if site in self._left_alone:
            raise self._left_alone[site]
        told_to_wait = False
        failure = SourceError("down", "没有回答")
        for pause in (*BACK_OFF_S, None):
            try:
                answer = self._follow(ask)
            except (httpx.TransportError, httpx.DecodingError) as error:
                failure, wait = SourceError("down", f"{_transport_cause(error)}（{shown(ask.url)}）"), pause
            else:
                if answer.status != 429 and answer.status < 500:
                    return _judged(answer)
                failure, asked = _refusal(answer), retry_after(answer.headers, answer.asked_at)
                if asked is not None and (told_to_wait or asked > LONGEST_RETRY_AFTER_S):
                    # It is not asked again for the rest of this run.
                    self._left_alone[site] = SourceError(failure.status, f"{failure.cause}，要求 {asked:.0f} 秒后再来")
                    raise self._left_alone[site]
                told_to_wait = told_to_wait or asked is not None
                wait = pause if asked is None else max(asked, BACK_OFF_S[0])
            if pause is None or wait is None:
                break
            _LOG.info("%s；%.0f 秒后再试", failure.cause, wait)
            self._sleep(wait)
        raise failure

    def _follow(self, ask: Ask) -> Response:
        url, headers = ask.whole_url(), {**ask.headers, **ask.secret_headers}
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._once(ask, url, headers)
            target = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            if ask.method != "GET":
                raise SourceError("changed", f"接口被转到别处（HTTP {answer.status}，{shown(ask.url)}）")
            before, url = url, urljoin(url, target)
            _check_redirect(before, url)
            if urlsplit(url).netloc != urlsplit(before).netloc:
                headers = dict(ask.headers)
        raise SourceError("changed", f"转向超过 {MOST_REDIRECTS} 次（{shown(ask.url)}）")

    def _once(self, ask: Ask, url: str, headers: Mapping[str, str]) -> Response:
        content, content_headers = ask.content()
        with self._pace.turn(url):
            self._gate.deadline = time.monotonic() + _PATIENCE * self._manners.request_timeout_s
            asked_at, begun = self._clock(), time.monotonic()
            try:
                with self._client.stream(
                    ask.method, url, headers={**content_headers, **headers}, content=content
                ) as answer:
                    latency_s = time.monotonic() - begun
                    body = self._body(answer)
            except httpx.InvalidURL as error:
                raise SourceError("changed", f"地址不对：{error}") from None
        self._pace.heard(url, latency_s, well=answer.status_code == 200)
        _LOG.info("%s %s：HTTP %s，%s 字节，%.2f 秒", ask.method, shown(url), answer.status_code, len(body), latency_s)
        address = _without(answer.url, ask.secret_params)
        return Response(answer.status_code, address, dict(answer.headers.items()), body, asked_at, ask.method)

    def _body(self, answer: httpx.Response) -> bytes:
        limit = self._manners.max_body_bytes
        body = bytearray()
        for chunk in _unpacked(answer):
            body += chunk
            if len(body) > limit:
                raise SourceError("changed", f"回答超过 {limit // 1000} KB，已停止读取（{shown(str(answer.url))}）")
        return bytes(body)

    def _allowed(self, ask: Ask) -> bool:
        parts = urlsplit(ask.url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = self._read_robots(Ask(f"{site}/robots.txt", found=ask.found))
            if rules := self._robots[site]:
                self._pace.wished(site, rules.crawl_delay(self._manners.agent))
        rules = self._robots[site]
        return rules is None or bool(rules.can_fetch(ask.url, self._manners.agent))

    def _read_robots(self, ask: Ask) -> Protego | None:
        """None: there are no rules. A site that is down stays unread (RFC 9309, 2.3.1.4)."""
        try:
            answer = self._tried(ask)
        except SourceError as error:
            if error.status == "down":
                raise SourceError("down", f"读不到 robots.txt：{error.cause}") from None
            return None
        return Protego.parse(answer.body[:_LONGEST_ROBOTS].decode("utf-8", "replace"))


def _without(url: httpx.URL, secrets: Mapping[str, str]) -> str:
    for name in secrets:
        url = url.copy_remove_param(name)
    return str(url)


def _check_redirect(before: str, url: str) -> None:
    """Refuse what is no web address, a login and a captcha page; the gate refuses what lies inside the bank."""
    here, there = urlsplit(before), urlsplit(url)
    if there.scheme not in ("http", "https") or not there.hostname:
        raise SourceError("changed", f"被转到不认识的地址 {shown(url)}")
    if (here.scheme, there.scheme) == ("https", "http"):
        raise SourceError("changed", f"被从 https 转到不加密的地址 {shown(url)}，已拒绝")
    if _LOGIN_ADDRESS.search(_within(there)) and not _LOGIN_ADDRESS.search(_within(here)):
        raise SourceError("login", f"被转到登录页面 {shown(url)}")
    if _CHALLENGE_ADDRESS.search(there.path) and not _CHALLENGE_ADDRESS.search(here.path):
        raise SourceError("blocked", f"被转到安全验证页面 {shown(url)}")


def _within(url: SplitResult) -> str:
    return f"{url.path}?{url.query}"


def _unpacked(answer: httpx.Response) -> Iterator[bytes]:
    """The body, unpacked in small pieces, so that a bomb never grows beyond the bound and one piece."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        yield from answer.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise SourceError("changed", f"回答用了没有请求过的压缩方式 {encoding}")
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in answer.iter_raw():
        try:
            while chunk:
                yield unpacker.decompress(chunk, _UNPACKED_AT_ONCE)
                chunk = unpacker.unconsumed_tail
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from None
    if not unpacker.eof:
        raise httpx.DecodingError("the packed body is cut short")


def _judged(answer: Response) -> Response:
    if 200 <= answer.status < 300 or answer.status == 304:
        return answer
    raise _refusal(answer)


def _refusal(answer: Response) -> SourceError:
    where = f"（HTTP {answer.status}，{shown(answer.url)}）"
    if answer.status == 401:
        return UnauthorizedError("login", f"要求登录，或令牌已失效{where}")
    if answer.status == 403 or (answer.status in _FIREWALL and answer.method == "GET"):
        return SourceError("blocked", f"对方拒绝访问{where}")
    if answer.status == 429:
        return SourceError("blocked", f"对方说请求太频繁{where}")
    if script_check(answer.body[:_LONGEST_CHECK].decode("latin-1")):
        return SourceError("blocked", f"被防火墙的验证页面挡住{where}")
    if answer.status >= 500:
        return SourceError("down", f"对方服务器出错{where}")
    if answer.status in (404, 410):
        return MissingError("changed", f"地址已不存在{where}")
    return SourceError("changed", f"意外的回答{where}")


def _transport_cause(error: Exception) -> str:
    text = str(error)
    if isinstance(error, httpx.TimeoutException):
        return "连接或读取超时"
    if "CERTIFICATE" in text.upper():
        return "对方的证书不可信"
    if "Name or service" in text or "getaddrinfo" in text or "name resolution" in text:
        return "域名解析不了"
    if isinstance(error, httpx.ConnectError):
        return "连接不上"
    if isinstance(error, httpx.DecodingError):
        return "回答的压缩内容损坏或不完整"
    if isinstance(error, httpx.RemoteProtocolError):
        return "回答不完整，对方中途断开"
    if isinstance(error, httpx.UnsupportedProtocol):
        return "地址不是 http 或 https"
    return "连接中断"

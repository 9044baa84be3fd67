"""One Discuz! X site over HTTP: pages in, faults out. Knows redirects, waiting, cookies, error pages, not threads."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from crawlers.pace import retry_after
from crawlers.parse.discuz_member import shows_member
from crawlers.parse.discuz_message import Message, is_out_of_order, parse_message
from crawlers.parse.discuz_page import page_title
from crawlers.parse.html import script_check
from crawlers.spiders.ahead import Ahead
from crawlers.spiders.cookies import Jar
from crawlers.spiders.faults import Broken, Fault, Halt, Refusal

# A thread with an unapproved floor redirects its first guest to itself; the CC defence wants a reload or two.
_MOST_HOPS = 5
# What its script waits before it reloads; whoever comes back sooner is sent away again (attackevasive 1).
_RELOAD_AFTER_S = 1.1
_REDIRECTS = (301, 302, 303, 307, 308)
_TRIES = 3
_BUSY = (408, 429, 500, 502, 503, 504, 522, 524)
_LONGEST_WAIT_S = 60.0
_END = 2000
_LONGEST_CHECK = 20_000
_OPENED = re.compile("<html", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_HTTP_FAULTS = {
    401: ("login", "需要登录才能访问"),
    403: ("blocked", "网站拒绝访问"),
    404: ("changed", "页面不存在"),
    410: ("changed", "页面不存在"),
    412: ("blocked", "被网站防护拦截"),
    429: ("blocked", "网站限制访问频率"),
}
_DEAD = "登录 Cookie 已失效，请重新取得"


Glance = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: HTTP status, decoded text, where it redirects to; the rest is for waiting, cookies and evidence.

    ``headers`` have lower-case names; ``cookies`` are the ``Set-Cookie`` lines; ``body`` is unpacked.
    """

    status: int
    text: str
    location: str | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    asked_at: datetime | None = None


class Site:
    """Reads pages of the site at ``base`` (its address with a slash at the end), one after the other.

    ``download`` fetches one address with a Cookie header, following nothing; ``pause`` waits for so many seconds.
    ``cookie`` is that of the bank's own account: None where none is configured, empty where it cannot be found in
    ``kept_in``. It is sent to this site alone. ``base`` becomes https where the site insists on it. ``closes``: the
    site is known to end its pages with ``</html>``, so one that does not was cut short.
    """

    def __init__(
        self,
        base: str,
        download: Callable[[str, str], Awaitable[Page]],
        pause: Callable[[float], Awaitable[None]],
        clock: Callable[[], datetime],
        *,
        cookie: str | None = None,
        kept_in: str = "",
        closes: bool = False,
    ) -> None:
        self.base = base
        self.closes = closes
        self.jar = Jar(cookie)
        self.signed_out: Fault | None = None
        self._has_account = cookie is not None
        self._downloads = Ahead(download)
        self._pause = pause
        self._clock = clock
        if cookie == "":
            self.signed_out = Fault("login", f"没有找到登录 Cookie，请设置 {kept_in}", base)

    @property
    def is_member(self) -> bool:
        """Whether pages are read with the account's cookie, and it is not known to be dead."""
        return self._has_account and self.signed_out is None

    async def html(self, url: str, glance: Glance | None = None) -> Page:
        """The page at ``url``; raises Refusal where the site says no, Fault where it answers otherwise.

        ``glance`` sees the text of an answer as soon as it is whole, before anything is read out of it.
        """
        asked_to_reload = False
        for _ in range(_MOST_HOPS):
            page = await self._answer(url, glance)
            if page.status in _REDIRECTS:
                url = self._follow(url, page.location or "")
                continue
            asked_to_reload = True
            self._watch(page, url)
            message = parse_message(page.text)
            if message is None:
                _check(page, url)
                return page
            if message.kind != "reload":
                raise self.refusal(message, url)
            await self._pause(_RELOAD_AFTER_S)
        if not asked_to_reload:
            raise Fault("blocked", "页面反复跳转", url)  # this page's own matter
        raise Halt("blocked", "网站反复跳转或要求刷新", url)

    async def ahead(self, url: str) -> None:
        """Ask for the page that is surely wanted next at ``url``, and let it come while the present one is read."""
        await self._downloads.begin(url, self.jar.header())

    async def data(self, url: str) -> Page:
        """What is no web page (JSON, a feed): as it is, error statuses too, for the body says why."""
        page = await self._answer(url)
        if page.status in _REDIRECTS:
            raise Fault("changed", "接口跳转到了别处", f"{url} → {self._follow(url, page.location or '')}")
        self._watch(page, url)
        return page

    def refusal(self, message: Message, url: str) -> Fault:
        """The fault of a message; a question is for the whole site, and one to log in means that the cookie is dead."""
        refused = Refusal(message, url)
        if message.kind == "login":
            self._sign_out(url)
        if message.kind == "question":
            return Halt(refused.status, refused.cause, refused.evidence)
        return refused

    def judged(self, page: Page, url: str) -> Fault | None:
        """What a web page or an error status says in the place of data; None where it says nothing that is known."""
        if message := parse_message(page.text):
            return self.refusal(message, url)
        try:
            _check(page, url)
        except Fault as fault:
            return fault
        return None

    async def _answer(self, url: str, glance: Glance | None = None) -> Page:
        """What the site answers at last: broken connections and busy servers are tried again."""
        waited = False
        for left in reversed(range(_TRIES)):
            try:
                page = self._whole(await self._downloads.fetch(url, self.jar.header()), url)
            except Broken:
                if not left:
                    raise
                continue
            self.jar.take(page.cookies)
            if glance and page.status == 200:
                await glance(page.text)
            if page.status not in _BUSY or is_out_of_order(page.text):
                # X3.5 says "come back in an hour" of any page on which its program breaks.
                return page
            asked = retry_after(page.headers, self._clock())
            if asked is not None and (waited or asked > _LONGEST_WAIT_S):
                raise _told_to_wait(page, url, asked)
            if asked and left:
                waited = True
                await self._pause(asked)
        return page

    def _whole(self, page: Page, url: str) -> Page:
        """The page, where it was not cut short on its way: packed or without a length, nothing else shows it."""
        if page.status != 200 or not _OPENED.search(page.text, 0, _END):
            return page
        closed = bool(_CLOSED.search(page.text, max(0, len(page.text) - _END)) or _CLOSED.search(page.text))
        if self.closes and not closed:
            raise Broken("down", "网页不完整，中途断开", url)
        self.closes |= closed
        return page

    def _watch(self, page: Page, url: str) -> None:
        """Notice that the account's cookie is dead: from then on we are a guest."""
        if self.is_member and (self.jar.lost or shows_member(page.text) is False):
            self._sign_out(url)

    def _sign_out(self, url: str) -> None:
        if self.is_member:
            self.signed_out = Fault("login", _DEAD, f"{url} 页面上是游客状态")
            self.jar.forget()

    def _follow(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        if there.scheme not in ("http", "https"):
            raise Fault("changed", "网站跳转到了不是网页的地址", f"{url} → {target}")
        if there.hostname != here.hostname:
            raise Fault("changed", f"网站跳转到了其他地址 {there.hostname}，请核对 url", f"{url} → {target}")
        if there.path.endswith("/member.php") or "mod=logging" in there.query:
            self._sign_out(url)
            raise Fault("login", "需要登录才能浏览", f"{url} → {target}")
        if there.netloc != here.netloc or there.scheme != here.scheme:
            self._check_move(url, target)
        return target

    def _check_move(self, url: str, target: str) -> None:
        """Another port or protocol is another server; only a site that insists on https is followed there."""
        here, there = urlsplit(url), urlsplit(target)
        if (there.scheme, here.scheme) != ("https", "http"):
            raise Fault("changed", "网站跳转到了不加密的地址或其他端口，请核对 url", f"{url} → {target}")
        self.base = urljoin(target, urlsplit(self.base).path)


def _told_to_wait(page: Page, url: str, seconds: float) -> Halt:
    status, cause = _HTTP_FAULTS.get(page.status, ("down", "网站出错"))
    return Halt(status, f"{cause}（HTTP {page.status}），要求 {seconds:.0f} 秒后再来", url)


def _check(page: Page, url: str) -> None:
    if page.status < 400:
        return
    fallback = ("down", "网站出错") if page.status >= 500 else ("blocked", "网站拒绝访问")
    status, cause = _HTTP_FAULTS.get(page.status, fallback)
    if script_check(page.text[:_LONGEST_CHECK]):
        status, cause = "blocked", "被网站防护拦截"
    title = page_title(Selector(page.text or " "))
    raise Fault(status, f"{cause}（HTTP {page.status}）", f"{url} {title}")

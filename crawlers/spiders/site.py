"""One Discuz! X site over HTTP: pages in, faults out. Knows redirects and error pages, not threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from parsel import Selector

from crawlers.parse.discuz_message import parse_message
from crawlers.parse.discuz_page import page_title
from crawlers.spiders.faults import Fault, Halt, Refusal

# A thread with an unapproved floor redirects its first guest to itself; the CC defence wants a reload or two.
_MOST_HOPS = 5
# What its script waits before it reloads; whoever comes back sooner is sent away again (attackevasive 1).
_RELOAD_AFTER_S = 1.1
_REDIRECTS = (301, 302, 303, 307, 308)
_HTTP_FAULTS = {
    401: ("login", "需要登录才能访问"),
    403: ("blocked", "网站拒绝访问"),
    404: ("changed", "页面不存在"),
    410: ("changed", "页面不存在"),
    412: ("blocked", "被网站防护拦截"),
    429: ("blocked", "网站限制访问频率"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: HTTP status, decoded text, and where it redirects to."""

    status: int
    text: str
    location: str | None = None


class Site:
    """Reads pages of the site at ``base`` (its address with a slash at the end), one after the other.

    ``download`` fetches one address, following nothing; ``pause`` waits for so many seconds. ``base`` becomes
    https where the site insists on it.
    """

    def __init__(
        self,
        base: str,
        download: Callable[[str], Awaitable[Page]],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self.base = base
        self._download = download
        self._pause = pause

    async def index(self) -> str:
        """The board index."""
        return await self._html(f"{self.base}forum.php")

    async def board(self, fid: int, page: int, *, newest: bool) -> str:
        """A page of a board, by last reply or by newest thread."""
        order = "&filter=author&orderby=dateline" if newest else ""
        return await self._html(f"{self.base}forum.php?mod=forumdisplay&fid={fid}{order}&page={page}")

    async def thread(self, tid: int, page: int, *, unsplit: bool = False) -> str:
        """A page of a thread; ``unsplit``: with the whole of an opening post that has pages of its own."""
        whole = "&cp=all" if unsplit else ""
        return await self._html(f"{self.base}forum.php?mod=viewthread&tid={tid}&page={page}{whole}")

    async def _html(self, url: str) -> str:
        """The page at ``url``; raises Refusal where the site says no, Fault where it answers otherwise."""
        for _ in range(_MOST_HOPS):
            page = await self._download(url)
            if page.status in _REDIRECTS:
                url = self._follow(url, page.location or "")
                continue
            message = parse_message(page.text)
            if message is None:
                _check(page, url)
                return page.text
            if message.kind == "question":
                raise Halt(*_told(Refusal(message, url)))
            if message.kind != "reload":
                raise Refusal(message, url)
            await self._pause(_RELOAD_AFTER_S)
        raise Halt("blocked", "网站反复跳转或要求刷新", url)

    def _follow(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        if there.scheme not in ("http", "https"):
            raise Fault("changed", "网站跳转到了不是网页的地址", f"{url} → {target}")
        if there.hostname != here.hostname:
            raise Fault("changed", f"网站跳转到了其他地址 {there.hostname}，请核对 url", f"{url} → {target}")
        if there.path.endswith("/member.php") or "mod=logging" in there.query:
            raise Fault("login", "需要登录才能浏览", f"{url} → {target}")
        if (there.scheme, here.scheme) == ("https", "http"):
            self.base = "https" + self.base.removeprefix("http")
        return target


def _check(page: Page, url: str) -> None:
    if page.status < 400:
        return
    fallback = ("down", "网站出错") if page.status >= 500 else ("blocked", "网站拒绝访问")
    status, cause = _HTTP_FAULTS.get(page.status, fallback)
    title = page_title(Selector(page.text or " "))
    raise Fault(status, f"{cause}（HTTP {page.status}）", f"{url} {title}")


def _told(fault: Fault) -> tuple[str, str, str]:
    return fault.status, fault.cause, fault.evidence

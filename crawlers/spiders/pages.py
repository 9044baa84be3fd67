"""The three ways in which a Discuz! X site can be read: its pages, its archiver, its interface for mobile programs.

Each gives the same boards, entries and floors, with the page they come from; how a sweep goes is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol
from urllib.parse import urljoin

from crawlers.parse import discuz_api, discuz_archiver
from crawlers.parse.discuz_cut import is_plainly_last, posts_of
from crawlers.parse.discuz_links import board_rule, thread_rule
from crawlers.parse.discuz_list import ListPage, parse_index, parse_list
from crawlers.parse.discuz_page import UnrecognisedError, tid_of
from crawlers.parse.discuz_thread import ThreadPage, open_thread
from crawlers.parse.feed import parse_feed
from crawlers.parse.html import one_line, shown_words
from crawlers.parse.selected_faults import instead
from crawlers.spiders.faults import Broken, Fault, Refusal, RobotsFault, Unrecognised
from crawlers.spiders.site import Glance, Page, Site
from domain.errors import SourceError

Clock = Callable[[], datetime]
_GUARD_IN_TITLE = re.compile("安全验证|人机验证|访问验证|滑动验证|验证码|captcha|just a moment", re.IGNORECASE)
_GUARD = re.compile(
    "安全验证|人机验证|访问验证|滑动验证|拖动.{0,4}滑块|完成.{0,4}验证|输入.{0,6}验证码|captcha|geetest|acw_sc__v2",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)
# A guard's page is short; on a long one somebody may write of captchas.
_LONGEST_GUARD = 30_000


class Pages(Protocol):
    """``by_pid``: floors carry the numbers of their posts."""

    by_pid: bool

    async def index(self) -> tuple[int, ...]:
        """The boards of the site."""
        ...

    async def board(self, fid: int, number: int, *, newest: bool) -> ListPage:
        """A page of a board, by last reply or by newest thread."""
        ...

    async def thread(
        self, tid: int, number: int, *, unsplit: bool = False, then: tuple[int, ...] | None = None
    ) -> tuple[ThreadPage, Page]:
        """A page of a thread; ``unsplit``: with the whole of an opening post that has pages of its own.

        ``then``: the thread that is read after this one, if any: the page that is read next may be asked for before
        this one is read. None: the page is wanted for itself.
        """
        ...


class HtmlPages:
    """The pages that people read. Where robots.txt keeps us from the canonical addresses, the rewritten ones are used.

    ``rules`` are the site's own forms of address, as far as they were needed: "board" and "thread" → form.
    """

    by_pid = True

    def __init__(self, site: Site, clock: Clock, rules: dict[str, str]) -> None:
        self.rules = rules
        self._site = site
        self._clock = clock
        self._index = ""
        self._list = ""

    async def index(self) -> tuple[int, ...]:
        """From the board index, or from the site's first page where robots.txt keeps us from that."""
        url = f"{self._site.base}forum.php"
        try:
            page = await self._site.html(url)
        except RobotsFault:
            page = await self._site.html(self._site.base)
        self._index = page.text
        try:
            return parse_index(page.text)
        except UnrecognisedError as error:
            raise unrecognised("论坛首页", f"{url} {error}", page) from error

    async def board(self, fid: int, number: int, *, newest: bool) -> ListPage:
        """Rewritten addresses know but one order: asked for the other one, they give nothing."""
        order = "&filter=author&orderby=dateline" if newest else ""
        if newest and "board" in self.rules:
            return ListPage((), None, ())
        canonical = f"forum.php?mod=forumdisplay&fid={fid}{order}&page={number}"
        page = await self._ask("board", canonical, fid, number)
        self._list = page.text
        try:
            return parse_list(page.text, self._clock())
        except UnrecognisedError as error:
            raise unrecognised("版块列表页", f"fid={fid} page={number} {error}", page) from error

    async def thread(
        self, tid: int, number: int, *, unsplit: bool = False, then: tuple[int, ...] | None = None
    ) -> tuple[ThreadPage, Page]:
        """A page without floors is none."""
        whole = "&cp=all" if unsplit else ""
        after = [(other, 1) for other in then or ()]

        async def glance(text: str) -> None:
            if is_plainly_last(text):
                await self._look_ahead(after)

        page = await self._ask("thread", _thread_address(tid, number) + whole, tid, number, whole, glance)
        part = posts_of(page.text)
        if is_plainly_last(part):
            await self._look_ahead(after)
        try:
            opened = open_thread(page.text, part)
        except UnrecognisedError as error:
            raise unrecognised("主题页", f"tid={tid} page={number} {error}", page) from error
        if not opened.posts:
            raise unrecognised("主题页没有楼层", f"tid={tid} page={number}", page)
        if then is not None and not opened.split:
            following = opened.next_page or 0
            await self._look_ahead([(tid, following)] if following > number else after)
        return opened.read(self._clock(), self._site.base), page

    async def _look_ahead(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Let the page that is read next come while this one is being read.

        The cookies are those of this thread, as they would be later: the site counts the same views.
        """
        for tid, number in wanted:
            await self._site.ahead(self._url("thread", _thread_address(tid, number), tid, number))

    def _url(self, kind: str, canonical: str, id_: int, number: int, more: str = "") -> str:
        if kind not in self.rules:
            return self._site.base + canonical
        return urljoin(self._site.base, self.rules[kind].format(id=id_, page=number)) + more.replace("&", "?")

    async def _ask(
        self, kind: str, canonical: str, id_: int, number: int, more: str = "", glance: Glance | None = None
    ) -> Page:
        if kind not in self.rules:
            try:
                return await self._site.html(self._url(kind, canonical, id_, number), glance)
            except RobotsFault:
                learnt, shown = (board_rule, self._index) if kind == "board" else (thread_rule, self._list)
                rule = learnt(shown, self._site.base)
                if rule is None:
                    raise
                self.rules[kind] = rule
        address = self._url(kind, canonical, id_, number, more)
        try:
            return await self._site.html(address, glance)
        except RobotsFault:
            # A thread with an unapproved floor sends its first guest to the canonical address, and its second nowhere.
            return await self._site.html(address, glance)


def _thread_address(tid: int, number: int) -> str:
    return f"forum.php?mod=viewthread&tid={tid}&page={number}"


class ArchiverPages:
    """The light pages. They do not show whose cookie they were made with: the forum's first page is asked for that."""

    by_pid = False

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock
        self._is_checked = False

    async def index(self) -> tuple[int, ...]:
        """From the archiver's first page."""
        page = await self._get("archiver/")
        try:
            return discuz_archiver.parse_index(page.text)
        except UnrecognisedError as error:
            raise unrecognised("存档首页", str(error), page) from error

    async def board(self, fid: int, number: int, *, newest: bool) -> ListPage:
        """Threads with their replies; no author, no time, no views."""
        order = "&filter=author&orderby=dateline" if newest else ""
        page = await self._get(f"archiver/?fid-{fid}.html{order}&page={number}")
        try:
            return discuz_archiver.parse_list(page.text)
        except UnrecognisedError as error:
            raise unrecognised("存档列表页", f"fid={fid} page={number} {error}", page) from error

    async def thread(
        self,
        tid: int,
        number: int,
        *,
        unsplit: bool = False,  # noqa: ARG002
        then: tuple[int, ...] | None = None,  # noqa: ARG002
    ) -> tuple[ThreadPage, Page]:
        """The opening post is never split here."""
        page = await self._get(f"archiver/?tid-{tid}.html&page={number}")
        try:
            return discuz_archiver.parse_thread(page.text, number, self._clock()), page
        except UnrecognisedError as error:
            raise unrecognised("存档主题页", f"tid={tid} page={number} {error}", page) from error

    async def _get(self, address: str) -> Page:
        if not self._is_checked:
            self._is_checked = True
            await self._check_account()
        try:
            return await self._site.html(self._site.base + address)
        except Refusal:
            await self._check_account()
            raise

    async def _check_account(self) -> None:
        if self._site.is_member:
            await self._site.html(f"{self._site.base}forum.php")


class ApiPages:
    """The interface for mobile programs, where the site has allowed it."""

    by_pid = True

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock

    async def index(self) -> tuple[int, ...]:
        """From ``forumindex``."""
        answer, page = await self._get("forumindex")
        try:
            return discuz_api.parse_index(answer)
        except UnrecognisedError as error:
            raise unrecognised("手机接口 forumindex", str(error), page) from error

    async def board(self, fid: int, number: int, *, newest: bool) -> ListPage:
        """From ``forumdisplay``."""
        order = "&filter=author&orderby=dateline" if newest else ""
        answer, page = await self._get(f"forumdisplay&fid={fid}{order}&page={number}")
        try:
            return discuz_api.parse_list(answer, number)
        except UnrecognisedError as error:
            raise unrecognised("手机接口 forumdisplay", f"fid={fid} page={number} {error}", page) from error

    async def thread(
        self,
        tid: int,
        number: int,
        *,
        unsplit: bool = False,  # noqa: ARG002
        then: tuple[int, ...] | None = None,  # noqa: ARG002
    ) -> tuple[ThreadPage, Page]:
        """From ``viewthread``; the opening post is never split here."""
        answer, page = await self._get(f"viewthread&tid={tid}&page={number}")
        try:
            read = discuz_api.parse_thread(answer, number, self._clock(), self._site.base)
        except UnrecognisedError as error:
            raise unrecognised("手机接口 viewthread", f"tid={tid} page={number} {error}", page) from error
        if not read.floors:
            raise unrecognised("手机接口没有楼层", f"tid={tid} page={number}", page)
        return read, page

    async def _get(self, module: str) -> tuple[discuz_api.Json, Page]:
        url = f"{self._site.base}api/mobile/index.php?version=4&module={module}"
        page = await self._site.data(url)
        try:
            answer = discuz_api.read_answer(page.text)
        except UnrecognisedError as error:
            raise self._site.judged(page, url) or unrecognised("手机接口", f"{url} {error}", page) from error
        if message := discuz_api.answer_message(answer):
            raise self._site.refusal(message, url)
        return answer, page


async def newest_by_rss(site: Site, fid: int | None) -> tuple[int, ...]:
    """The threads in the forum's RSS, of all boards where ``fid`` is None.

    Its table is rebuilt once an hour, and the first visitor after that gets an empty one: empty says nothing.
    """
    url = f"{site.base}forum.php?mod=rss" + (f"&fid={fid}" if fid else "")
    page = await site.data(url)
    try:
        feed = parse_feed(page.text.encode(), "application/xml; charset=utf-8", site.base)
    except SourceError as error:
        raise site.judged(page, url) or Fault(error.status, error.cause, url) from error
    tids = (tid_of(entry.url) for entry in feed.entries)
    return tuple(dict.fromkeys(tid for tid in tids if tid))


def unrecognised(what: str, evidence: str, page: Page) -> Fault:
    """A page that is none of the forum's: cut short, a guard's own page, or a new template."""
    if page.text.lstrip()[:1] in ("{", "[") and not page.text.rstrip().endswith(("}", "]")):
        return Broken("down", f"{what}不完整，中途断开", evidence)
    if _GUARD_IN_TITLE.search(evidence) or (len(page.text) < _LONGEST_GUARD and _GUARD.search(page.text)):
        return Fault("blocked", f"{what}被安全验证页面代替，网站防护拦截了访问", evidence)
    status, told = _told_instead(page.text) or ("changed", "")
    if status == "blocked":
        return Fault("blocked", f"{what}{told}", evidence)
    if status == "down":
        return Unrecognised("down", f"{what}{told}", evidence)
    return Unrecognised("changed", f"{what}无法识别，网站模板可能已更换", evidence)


def _told_instead(html: str) -> tuple[str, str] | None:
    """What a short page that is none of the forum's is: a firewall's notice, or an error with HTTP 200."""
    title = _TITLE.search(html)
    if len(html) >= _LONGEST_GUARD or "discuz" in html.lower():
        return None
    return instead(one_line(title.group(1)) if title else "", shown_words(html))

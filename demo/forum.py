"""A forum of the town: a Discuz! X site as a guest sees it, rendered from `demo.town.Forum`.

It keeps what breaks naive readers: error pages with HTTP 200, the last page for a page number too large,
the first guest's redirect of a thread with an unapproved floor to itself, views that rise with our own
visits, a sticky thread on every board, times relative to now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Lock

from demo.forum_pages import ROBOTS, Links, Shown, board_page, index_page, message_page, thread_page
from demo.httpd import Request, Response, serving
from demo.town import Forum, Thread

THREADS_A_PAGE = 20
POSTS_A_PAGE = 10
_REWRITTEN = re.compile(r"^/(thread|forum)-(\d+)-(\d+)(?:-\d+)?\.html$")
_NO_BOARD = "抱歉，指定的版块不存在"
_NO_PERMISSION = "抱歉，您没有权限访问该版块"
_NO_THREAD = "抱歉，指定的主题不存在或已被删除或正在被审核"


def serve(
    forum: Forum | Callable[[], Forum], *, robots: str = ROBOTS, rewritten: bool = False
) -> AbstractContextManager[str]:
    """Serve a forum; yields its base URL. A callable is asked at every request: the site may change."""
    source = forum if callable(forum) else (lambda: forum)
    return serving(Site(source, robots=robots, rewritten=rewritten).answer)


@dataclass(frozen=True)
class _Wanted:
    """What an address asks for: ``mod`` and its numbers."""

    mod: str
    number: int
    page: int
    orderby: str


class Site:
    """Answers requests to one forum. What guests do to it (views, the first redirect) is kept here."""

    def __init__(self, forum: Callable[[], Forum], *, robots: str = ROBOTS, rewritten: bool = False) -> None:
        self._forum = forum
        self._robots = robots
        self._links = Links(rewritten)
        self._visits: dict[int, int] = {}
        self._redirected: set[int] = set()
        self._lock = Lock()

    def answer(self, request: Request) -> Response:
        """The page of an address, in the forum's charset."""
        forum = self._forum()
        if request.path == "/robots.txt":
            return Response(200, self._robots.encode(), "text/plain")
        wanted = _wanted(request)
        if wanted.mod == "index":
            return self._page(forum, 200, index_page(forum, self._links))
        if wanted.mod == "forumdisplay":
            return self._board(forum, wanted)
        if wanted.mod == "viewthread":
            return self._thread(forum, wanted, request)
        return self._page(forum, 404, message_page(forum, "抱歉，您访问的页面不存在", error=True))

    def _page(self, forum: Forum, status: int, html: str, cookie: str = "") -> Response:
        return Response(
            status,
            html.encode(forum.charset, "xmlcharrefreplace"),
            f"text/html; charset={forum.charset}",
            tuple(
                ("Set-Cookie", f"town_2132_{item}; path=/")
                for item in ("saltkey=Ab3dEf9h", "sid=k2JH4d", cookie)
                if item
            ),
        )

    def _board(self, forum: Forum, wanted: _Wanted) -> Response:
        board = next((board for board in forum.boards if board.fid == wanted.number), None)
        if board is None:
            return self._page(forum, 200, message_page(forum, _NO_BOARD))
        if not board.readable:
            return self._page(forum, 200, message_page(forum, _NO_PERMISSION))
        open_boards = {board.fid for board in forum.boards if board.readable}
        approved = [thread for thread in forum.threads if _approved(thread) and thread.fid in open_boards]
        threads = [self._shown(thread) for thread in approved]
        ordered = sorted(
            (shown for shown in threads if shown.thread.fid == board.fid),
            key=lambda shown: shown.floors[0].at if wanted.orderby == "dateline" else shown.floors[-1].at,
            reverse=True,
        )
        pages = _pages(len(ordered), THREADS_A_PAGE)
        page = min(wanted.page, pages)
        part = ordered[(page - 1) * THREADS_A_PAGE : page * THREADS_A_PAGE]
        # The oldest thread of the whole site is pinned to the top of every board.
        sticky = min(threads, key=lambda shown: shown.thread.tid, default=None) if page == 1 else None
        return self._page(forum, 200, board_page(forum, self._links, board, part, sticky, page, pages))

    def _thread(self, forum: Forum, wanted: _Wanted, request: Request) -> Response:
        thread = next((thread for thread in forum.threads if thread.tid == wanted.number), None)
        board = next((board for board in forum.boards if thread and board.fid == thread.fid), None)
        if thread is None or board is None or not _approved(thread):
            return self._page(forum, 404, message_page(forum, _NO_THREAD, error=True))
        if not board.readable:
            return self._page(forum, 200, message_page(forum, _NO_PERMISSION))
        if thread.read_permission:
            words = f"抱歉，本帖要求阅读权限高于 {thread.read_permission} 才能浏览"
            return self._page(forum, 200, message_page(forum, words))
        shown = self._shown(thread)
        cookie = f"viewid=tid_{thread.tid}"
        if self._visit(thread, request, cookie):
            here = f"/forum.php?mod=viewthread&tid={thread.tid}"
            target = here + (f"&page={wanted.page}" if wanted.page > 1 else "")
            headers = (("Location", target), ("Set-Cookie", f"town_2132_{cookie}; path=/"))
            return Response(302, b"", f"text/html; charset={forum.charset}", headers)
        pages = _pages(len(shown.floors), POSTS_A_PAGE)
        page = min(wanted.page, pages)
        part = shown.floors[(page - 1) * POSTS_A_PAGE : page * POSTS_A_PAGE]
        html = thread_page(forum, self._links, board, shown, part, page, pages)
        return self._page(forum, 200, html, cookie)

    def _visit(self, thread: Thread, request: Request, cookie: str) -> bool:
        """Count a visit, unless the last one was to the same thread; whether it is redirected to itself."""
        with self._lock:
            if f"{cookie};" not in request.headers.get("cookie", "") + ";":
                self._visits[thread.tid] = self._visits.get(thread.tid, 0) + 1
            unapproved = any(floor.state == "unapproved" for floor in thread.floors)
            first = unapproved and thread.tid not in self._redirected
            self._redirected.add(thread.tid)
            return first

    def _shown(self, thread: Thread) -> Shown:
        floors = tuple(floor for floor in thread.floors if floor.state != "unapproved")
        return Shown(thread, floors, thread.views + self._visits.get(thread.tid, 0))


def _approved(thread: Thread) -> bool:
    return bool(thread.floors) and thread.floors[0].state != "unapproved"


def _pages(items: int, size: int) -> int:
    return max(1, -(-items // size))


def _wanted(request: Request) -> _Wanted:
    if match := _REWRITTEN.match(request.path):
        mod = {"thread": "viewthread", "forum": "forumdisplay"}[match[1]]
        return _Wanted(mod, int(match[2]), max(1, int(match[3])), "lastpost")
    if request.path not in ("/", "/forum.php"):
        return _Wanted("nothing", 0, 1, "")
    mod = request.first("mod", "index")
    number = request.first("tid" if mod == "viewthread" else "fid", "0")
    page = request.first("page", "1")
    return _Wanted(
        mod,
        int(number) if number.isdigit() else 0,
        max(1, int(page)) if page.isdigit() else 1,
        request.first("orderby", "lastpost"),
    )

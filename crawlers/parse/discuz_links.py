"""How a Discuz! X site writes its addresses, where it rewrites them. Pure."""

from __future__ import annotations

import re

from parsel import Selector

# "thread-12-1-1.html", "bbs/forum-2-1.html": a word, the number, the page, and in a thread's the list page.
_REWRITTEN = re.compile(r"^(?:\./)?([\w./-]*?)(\d+)-1(-1)?\.html$")


def thread_rule(html: str, base: str) -> str | None:
    """The form of a thread's address on a list page, from ``base`` on, with ``{id}`` and ``{page}``.

    None where it is not rewritten, or leads elsewhere.
    """
    return _rule(Selector(html).css("#threadlist a.xst::attr(href)").getall(), base)


def board_rule(html: str, base: str) -> str | None:
    """The form of a board's address on the board index."""
    return _rule(
        Selector(html).css(".fl_tb h2 a::attr(href), .fl_tb dt a::attr(href), .fl_tb a::attr(href)").getall(), base
    )


def _rule(hrefs: list[str], base: str) -> str | None:
    for href in hrefs:
        if form := _REWRITTEN.match(href.strip().removeprefix(base)):
            before, _number, list_page = form.groups()
            return f"{before}{{id}}-{{page}}{list_page or ''}.html"
    return None

"""A page of a board or a thread → the part of it that is read, before it becomes a tree. Pure.

Most of a page is not the posts' words: menus and scripts around them, each member's card beside them, buttons below.
A tree of all that takes five times as long as one of the rest. What is left out is known by Discuz!'s own template
(``viewthread_node.htm``, in this the same from X2 to X3.5); a page or a post that differs from it is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

# Where the page's foot begins, and the link to the next page; then what must stand in the part that is read, the first
# of each at its begin.
_FOOT, BAR = 'id="ft"', "nxt"
_PART_OF_POST, _POST_ID = "threadpage", 'id="post_'
_OF_THREAD = ('id="postlist"', _POST_ID, "thread_subject", _PART_OF_POST)
_OF_BOARD = ('id="threadlist"', "normalthread_", "stickthread_", "waterfall", "fl_tb")
# The left column of a post, with the name at its head where the site has it there, and where the right one begins.
_COLUMN = '<div id="favatar'
_INSIDE = r"[^<]*(?:<(?!/?div)[^<]*)*</div>"
_HEAD = re.compile(rf'[^<>]*>(?:\s*<div class="pi">\s*<div class="authi">{_INSIDE}\s*</div>)?')
_ENDS, _NEXT_COLUMN = ("</td>", "</div>"), '<td class="plc"'
_BUTTONS = '<div class="pob cl">'
_ROW = re.compile(_INSIDE)
# Names, and the head of every right column: neither a card nor a row of buttons has these.
_READ = ('class="authi', 'class="pi"')


def posts_of(html: str) -> str:
    """The posts and the page bar, without what stands around, beside and below them."""
    at, end = _between(html, _OF_THREAD)
    kept = []
    for left, right in sorted((*_cards(html, at, end), *_buttons(html, at, end))):
        if left >= at and not any(html.find(mark, left, right) >= 0 for mark in _READ):
            kept.append(html[at:left])
            at = right
    return "".join((*kept, html[at:end]))


def threads_of(html: str) -> str:
    """The list of threads and the page bar below it."""
    begin, end = _between(html, _OF_BOARD)
    return html[begin:end]


def is_plainly_last(part: str) -> bool:
    """Whether there are posts and nothing leads to a further page of the thread, as far as shows without a tree."""
    return _POST_ID in part and BAR not in part and _PART_OF_POST not in part


def _between(html: str, parts: tuple[str, ...]) -> tuple[int, int]:
    """Begin and end of what stands between the menus and the foot, from the first part on; of the page if in doubt."""
    part, foot = html.find(parts[0]), html.rfind(_FOOT)
    begin, end = html.rfind("<", 0, max(part, 0)), html.rfind("<", max(part, 0), max(foot, 0))

    def stands_around(mark: str) -> bool:
        return html.find(mark, 0, begin) >= 0 or html.find(mark, end) >= 0

    if not 0 <= begin < end or any(map(stands_around, parts)):
        return 0, len(html)
    if stands_around(BAR) and html.find(BAR, begin, end) < 0:
        return 0, len(html)
    return begin, end


def _cards(html: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """What stands in the left columns below the names."""
    for column, limit in pairwise((*_places(_COLUMN, html, begin, end), end)):
        head = _HEAD.match(html, column + len(_COLUMN), limit)
        if head and (right := _end_of_column(html, head.end(), limit)):
            yield head.end(), right


def _end_of_column(html: str, begin: int, limit: int) -> int:
    """Where the left column's own block ends; 0 where no right column follows right behind."""
    end = html.find(_NEXT_COLUMN, begin, limit)
    for tag in _ENDS:
        behind, end = end, html.rfind(tag, begin, max(end, begin))
        if end < 0 or html[end + len(tag) : behind].strip():
            return 0
    return end


def _buttons(html: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """What stands in the rows of buttons."""
    for row in _places(_BUTTONS, html, begin, end):
        if inside := _ROW.match(html, row + len(_BUTTONS), end):
            yield row + len(_BUTTONS), inside.end() - len("</div>")


def _places(needle: str, html: str, begin: int, end: int) -> Iterator[int]:
    place = html.find(needle, begin, end)
    while place >= 0:
        yield place
        place = html.find(needle, place + 1, end)

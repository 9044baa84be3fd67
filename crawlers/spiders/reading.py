"""A thread's pages as they come in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawlers.parse.discuz_list import Entry
from crawlers.parse.discuz_thread import Floor, ThreadPage
from crawlers.spiders.site import Page


@dataclass(slots=True)
class Reading:
    """The floors of a thread by `Floor.key`. ``complete``: all pages were read, to the last.

    ``by_pid``: floors carry the numbers of their posts. ``guest``: they are what a guest sees, where a member should
    have read. ``requests`` pages were asked for, which the site took for ``hits`` views. ``origin`` is the page on
    which a floor stands.
    """

    tid: int
    by_pid: bool = True
    subject: str = ""
    views: int | None = None
    replies: int | None = None
    opening: str | None = None
    floors: dict[str, Floor] = field(default_factory=dict)
    origin: dict[str, Page] = field(default_factory=dict)
    complete: bool = False
    guest: bool = False
    requests: int = 0
    hits: int = 1

    def add(self, page: ThreadPage, source: Page, number: int) -> None:
        """One page; a floor seen before is replaced, so that pages may be read twice."""
        self.requests += 1
        floors = {floor.key: floor for floor in page.floors}
        self.floors.update(floors)
        self.origin.update(dict.fromkeys(floors, source))
        if number == 1:
            self.subject = page.subject
            self.views = page.views if self.views is None else self.views
            self.replies = page.replies if page.replies is not None else self.replies
            opening = next((floor for floor in page.floors if floor.opening), None)
            opening = opening or min(page.floors, key=lambda floor: floor.pid or 0, default=None)
            self.opening = opening.key if opening else None

    def as_guest(self) -> None:
        """What is missing may be for members, and what is different too: the thread stays due."""
        self.guest, self.complete = True, False

    def short(self, entry: Entry | None) -> int:
        """How many floors fewer there are than the site's own counter says."""
        return max(0, self.expected(entry) - len(self.floors))

    def expected(self, entry: Entry | None) -> int:
        """Floors by the site's counter, with the opening post; what was seen where it does not say.

        The counter includes 点评; where some of them are not shown, it says nothing of floors.
        """
        replies = self.replies if self.replies is not None else entry.replies if entry else None
        if replies is None or any(floor.remarks_cut for floor in self.floors.values()):
            return len(self.floors)
        remarks = sum(len(floor.remarks) for floor in self.floors.values())
        return max(len(self.floors), replies + 1 - remarks)

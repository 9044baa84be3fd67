"""What one sweep of a news site has come to so far, and the coverage that follows from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawlers.http import Response, shown
from crawlers.pace import BudgetError
from crawlers.parse.selected_faults import PageError
from crawlers.pollers.article_records import Record
from crawlers.pollers.forum_pages import TimeUpError
from domain.errors import SourceError

MOST_FAULTS_IN_A_ROW = 5
_MOST_CAUSES = 3


@dataclass(frozen=True)
class Fault:
    """The fields of a coverage that say what could not be seen."""

    status: str
    cause: str
    evidence: str


def fault_of(error: SourceError, cause: str, url: str) -> Fault:
    """An error with what it befell."""
    evidence = f"{shown(url)} {error.evidence}" if isinstance(error, PageError) else shown(url)
    return Fault(error.status, cause, evidence)


@dataclass
class Tally:
    """``listed`` list pages and ``read`` articles; the faults of each.

    ``gone``: articles of which the site says that they are not there, before that is believed, and the page on which it
    says so in words; ``left``: articles that
    should have been read and were not asked for; ``doubts``: why the texts of some may be the wrong ones; ``dead``: new
    links that lead nowhere. ``expected`` are the articles on the lists, ``got`` those of them whose words we have.
    """

    records: list[Record] = field(default_factory=list)
    list_faults: list[Fault] = field(default_factory=list)
    article_faults: list[Fault] = field(default_factory=list)
    gone: dict[str, tuple[SourceError, Response | None]] = field(default_factory=dict)
    listed: int = 0
    read: int = 0
    left: int = 0
    doubts: list[str] = field(default_factory=list)
    dead: int = 0
    in_a_row: int = 0
    time_up: bool = False
    got: int = 0
    expected: int | None = None

    @property
    def faults(self) -> list[Fault]:
        """All of them, those of lists first."""
        return [*self.list_faults, *self.article_faults]

    @property
    def hopeless(self) -> bool:
        """Whether the next article would only meet the same fault."""
        return self.time_up or self.in_a_row >= MOST_FAULTS_IN_A_ROW

    def failed(self, name: str, url: str, error: SourceError) -> bool:
        """An article that was not read; tells whether that was for its own sake and not for lack of time."""
        self.article_faults.append(fault_of(error, f"文章“{name}”：{error.cause}", url))
        is_budget = isinstance(error, TimeUpError | BudgetError)
        self.time_up = self.time_up or is_budget
        self.in_a_row += 1
        return not is_budget

    def forgive_time(self) -> None:
        """All that is new was read, and the time ended while the rest was looked at again: the next sweep goes on."""
        if self.time_up:
            self.article_faults.pop()

    def status(self, *, seen_new: bool) -> str:
        """One article for members leaves the source partial; where none could be read, it is blind."""
        faults = self.faults
        if not faults:
            return "partial" if self.left else "ok" if seen_new else "quiet"
        first = faults[0]
        blind = not self.listed or first.status == "changed" or len(self.article_faults) >= MOST_FAULTS_IN_A_ROW
        return first.status if not self.read and not self.dead and blind else "partial"

    def cause(self) -> str | None:
        """In Chinese: the first faults, what was left, and what is worth knowing though it blinds nobody."""
        said = [fault.cause for fault in self.faults[:_MOST_CAUSES]]
        more = len(self.faults) - _MOST_CAUSES
        said += [f"另有 {more} 处"] if more > 0 else []
        said += [f"还有 {self.left} 篇没有读，下次接着读"] if self.left else []
        said += [f"{len(self.doubts)} 篇的正文存疑（{self.doubts[0]}）"] if self.doubts else []
        said += [f"{self.dead} 个新链接打不开（网站说没有这篇文章）"] if self.dead else []
        return "；".join(said) or None

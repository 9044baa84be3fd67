"""What one run of a Tieba source gives, and the coverage that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawlers.pace import BudgetError
from crawlers.tieba.faults import TiebaError
from crawlers.tieba.memory import Memory, ThreadState
from crawlers.tieba.reading import Reading
from crawlers.tieba.records import Record
from domain.clock import to_utc
from domain.coverage import Coverage
from domain.errors import SourceError

_MOST_CAUSES = 3
_MOST_FAULTS_IN_A_ROW = 5


@dataclass(frozen=True)
class Fault:
    """The fields of a coverage that say what could not be seen. ``of_budget``: only time or requests were used up."""

    status: str
    cause: str
    evidence: str
    of_budget: bool = False

    @classmethod
    def of(cls, error: SourceError, what: str) -> Fault:
        """The fault of one list, search or thread."""
        evidence = error.evidence if isinstance(error, TiebaError) else error.cause
        return cls(error.status, f"{what}：{error.cause}", f"{what} {evidence}", isinstance(error, BudgetError))


@dataclass
class Tally:
    """``listed`` list pages and ``read`` threads, and the faults of each; ``gone`` threads that the server says are not
    there, before that is believed; ``left`` threads that should have been read and were not asked for.
    """

    records: list[Record] = field(default_factory=list)
    list_faults: list[Fault] = field(default_factory=list)
    thread_faults: list[Fault] = field(default_factory=list)
    gone: dict[str, SourceError] = field(default_factory=dict)
    hits: set[str] = field(default_factory=set)
    in_a_row: int = 0
    hopeless: bool = False
    listed: int = 0
    read: int = 0
    left: int = 0
    got: int = 0
    expected: int | None = None

    @property
    def faults(self) -> list[Fault]:
        """All of them, those of lists first."""
        return [*self.list_faults, *self.thread_faults]

    def list_failed(self, what: str, error: SourceError) -> None:
        """A list or a search that was not read, or not to its end."""
        self.list_faults.append(Fault.of(error, what))
        self._judge(error)

    def thread_failed(self, tid: str, error: SourceError) -> None:
        """A thread that was not read, or not to its end."""
        self.thread_faults.append(Fault.of(error, f"主题 {tid}"))
        self.in_a_row += 1
        self._judge(error)

    def _judge(self, error: SourceError) -> None:
        """Whether the next question would only meet the same fault."""
        over = isinstance(error, BudgetError) or error.status == "blocked"
        self.hopeless = self.hopeless or over or self.in_a_row >= _MOST_FAULTS_IN_A_ROW

    def count(self, reading: Reading, state: ThreadState) -> None:
        """A thread of which something was read, and its state thereafter. Comments that were not asked for again
        because their number is the same as before count as seen.
        """
        self.read, self.in_a_row = self.read + 1, 0
        got = len(reading.posts) + sum(state.comments_of(post) for post in reading.posts)
        self.got += got
        promised = (reading.head.counts.replies or 0) + 1 if reading.head and reading.whole else 0
        self.expected = (self.expected or 0) + max(promised, got)

    def note_shortage(self, reading: Reading, tid: str, known: Memory) -> None:
        """Clearly fewer posts than the site promised are told once: it counts some that it does not show."""
        assert reading.head is not None
        state = known.threads[tid]
        comments = sum(state.comments_of(post) for post in reading.posts)
        under = sum(post.replies for post in reading.posts.values())
        promised, got = reading.head.counts.replies or 0, len(reading.posts) - 1 + comments
        short = max(promised - got, under - comments, 0)
        if short > max(2, promised // 10) and short > state.short:
            cause = f"主题 {tid}：贴吧说有 {promised} 个回复，只读到 {got} 个"
            self.thread_faults.append(Fault("partial", cause, cause))
        known.threads[tid] = state.model_copy(update={"short": short})

    def status(self, *, seen_new: bool) -> str:
        """One thread that cannot be read leaves the source partial; where no list or no thread can be, it is blind."""
        if not self.faults:
            return "ok" if seen_new else "quiet"
        if self.read:
            return "partial"
        blocked = next((fault.status for fault in self.faults if fault.status == "blocked"), None)
        if blocked or not self.listed:
            return blocked or self.faults[0].status
        first = self.thread_faults[0].status if self.thread_faults else "partial"
        return first if first == "changed" or self.in_a_row >= _MOST_FAULTS_IN_A_ROW else "partial"

    def coverage(self, source: str, now: datetime, took_s: float, *, seen_new: bool) -> Coverage:
        """How the run went."""
        faults = self.faults
        more = f"；另有 {len(faults) - _MOST_CAUSES} 处" if len(faults) > _MOST_CAUSES else ""
        more += f"；还有 {self.left} 个主题没有读" if self.left else ""
        return Coverage(
            source=source,
            started_at=to_utc(now),
            finished_at=to_utc(now) + timedelta(seconds=took_s),
            status=self.status(seen_new=seen_new),
            got=self.got,
            expected=self.expected,
            cause="；".join(fault.cause for fault in faults[:_MOST_CAUSES]) + more if faults else None,
            evidence=faults[0].evidence if faults else None,
        )

"""How a sweep went → status, cause and evidence of its coverage. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from crawlers.spiders.faults import Fault, GaveUp

_MOST_NAMED = 5
MOST_FAULTS_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class End:
    """The last word of a run; the fields are those of `domain.coverage.Coverage`."""

    status: str
    expected: int | None
    got: int
    cause: str | None = None
    evidence: str | None = None


@dataclass(slots=True)
class Tally:
    """Counts while a sweep runs.

    ``expected`` and ``got`` are floors of the threads that were read, by the site's counters and by ours;
    ``told`` records; ``refused`` boards that guests may not read, ``lost`` those that they once could;
    ``unlisted`` boards whose old threads are not all known yet; ``short`` threads with clearly fewer floors
    than their counter says; ``tried`` threads asked for; ``unrecognised`` why, and ``fallbacks`` how often the
    archiver was read instead of the pages.
    """

    expected: int = 0
    got: int = 0
    told: int = 0
    boards: int = 0
    threads: int = 0
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    tried: int = 0
    in_a_row: int = 0
    unrecognised: Fault | None = None
    fallbacks: int = 0

    def read(self, expected: int, got: int) -> None:
        """A thread was read to its end."""
        self.expected += expected
        self.got += got
        self.threads += 1
        self.in_a_row = 0

    def listed(self, fid: int, *, whole: bool) -> None:
        """A board's lists were read; ``whole``: in this or an earlier run to their end."""
        self.boards += 1
        self.unlisted += [] if whole else [f"fid={fid}"]
        self.in_a_row = 0

    def failed(self, fault: Fault) -> None:
        """A page could not be read; raises GaveUp where too many fail one after the other."""
        self.faults.append(fault)
        self.in_a_row += 1
        if self.in_a_row >= MOST_FAULTS_IN_A_ROW:
            failures, self.in_a_row = self.in_a_row, 0
            raise GaveUp(fault.status, f"连续 {failures} 次失败，已停止：{fault.cause}", fault.evidence)

    def fell_back(self, fault: Fault) -> None:
        """A page was not understood, and what it should show was found in the archiver."""
        self.unrecognised = self.unrecognised or fault
        self.fallbacks += 1

    def end(self, halt: Fault | None = None, signed_out: Fault | None = None) -> End:
        """The outcome; ``halt`` is what broke the run off, ``signed_out`` why we are no member any more."""
        status, cause, evidence = self._outcome(halt)
        if self.unrecognised:
            instead = (
                f"{self.unrecognised.cause}，{self.fallbacks} 处改读了存档页（archiver），点评、图片和浏览数读不到"
            )
            status = "partial" if status in ("ok", "quiet") else status
            cause, evidence = _joined(instead, cause), evidence if cause else self.unrecognised.evidence
        if signed_out:
            status, cause, evidence = "login", _joined(signed_out.cause, cause), signed_out.evidence
        return End(status, self.expected or None, self.got, cause, evidence)

    def _failures(self) -> str:
        """How many pages failed, and each cause with its count where there are several."""
        causes = Counter(fault.cause for fault in self.faults)
        named = [
            f"{cause}（{count} 个）" if len(causes) > 1 else cause for cause, count in causes.most_common(_MOST_NAMED)
        ]
        return f"{len(self.faults)} 个页面未能读取：{'、'.join(named)}"

    def _outcome(self, halt: Fault | None) -> tuple[str, str | None, str | None]:
        if halt:
            return "partial" if self.threads else halt.status, halt.cause, halt.evidence
        if self.faults:
            first = self.faults[0]
            # What was read counts: the source is not blind, it is seen in part.
            seen = self.threads or (self.boards and not self.tried)
            return "partial" if seen else first.status, self._failures(), first.evidence
        if self.refused and not self.boards:
            return "login", "所有版块都没有访问权限，需要登录", _some(self.refused)
        gaps = [
            (self.lost, "{} 个版块不再允许访问"),
            (self.unlisted, "{} 个版块的旧主题列表尚未读完，下次继续"),
            (self.short, "{} 个主题读到的楼层明显少于网站的计数"),
        ]
        for found, cause in gaps:
            if found:
                return "partial", cause.format(len(found)), _some(found)
        return ("ok" if self.told else "quiet"), None, _some(self.refused) or None


def _joined(first: str, second: str | None) -> str:
    return f"{first}；{second}" if second else first


def _some(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return "、".join(names[:_MOST_NAMED]) + (f" 等 {len(names)} 个" if rest > 0 else "")

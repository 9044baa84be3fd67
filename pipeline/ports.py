"""The only ways by which the pipeline reaches the world. The adapters are joined in app/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from domain.alerts import Blind, Letter, Notice
from domain.coverage import Collected, Look, Outage, Run
from domain.incidents import Apart, Grouping, Incident, Member, ReadPost, Snapshot
from domain.letters import Bounce, StandIn, Stuck
from domain.pictures import Picture, PictureOutcome, PictureText
from domain.posts import Observation, Post
from domain.readings import Reading, Text
from domain.runs import RunTally
from domain.second import Doubt, Doubtful, GreyZone, SecondOutcome
from domain.spread import Outlook, PlatformSpread
from pipeline.alert_ports import AlertStore


class Source(Protocol):
    """A place where people talk. Collecting never raises for the world's faults: they are in the coverage."""

    @property
    def name(self) -> str: ...

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Read what is new since ``memory`` was written, and the threads in ``revisit`` again.

        With ``revisit`` given and not empty, only those threads are read (a re-visit); empty means a full sweep.
        """
        ...


class Analyser(Protocol):
    """Reads texts. ``version`` names the rules and the model; another version reads everything again.

    ``bar``: the negativity from which a text about the bank is negative.
    """

    @property
    def version(self) -> str: ...

    @property
    def bar(self) -> float: ...

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading for each text, in order."""
        ...


class SecondReader(Protocol):
    """Reads again what the first reading left in doubt. ``version``: its name and version, asked where no `trouble` is.

    An outcome comes as soon as it is there, so that it can be kept at once: what is killed on the way loses nothing.
    """

    @property
    def version(self) -> str: ...

    def trouble(self) -> str | None:
        """Why it cannot be asked now, in Chinese; None where it can. Asks nobody."""
        ...

    def reread(self, doubts: Sequence[Doubt]) -> Iterator[SecondOutcome]:
        """An outcome for each text that was tried, in order, within the bounds of one run; never raises for faults."""
        ...


class Mailer(Protocol):
    """Hands one letter to its channel; raises DeliveryError where it is not accepted."""

    def send(self, letter: Letter) -> None: ...


class Bounces(Protocol):
    """The mailbox to which the relay returns what could not be delivered."""

    def read(self) -> Iterator[Bounce]:
        """What came back and was not read yet; each counts as read once the next is asked for. Or BounceError."""
        ...


class Archive(Protocol):
    """The kept pages. ``unkept`` counts those that it could not keep since the program began."""

    @property
    def unkept(self) -> int: ...

    def prune(self, keep: Collection[str], before: date) -> int:
        """Remove pages of days (UTC) before ``before`` that are not in ``keep``, and say how many; or OSError."""
        ...


class Pictures(Protocol):
    """Fetches pictures and reads the words in them. ``days``: of older posts none are read."""

    @property
    def days(self) -> int: ...

    def read(self, waiting: Sequence[Picture], known: Callable[[str], PictureText | None]) -> Iterator[PictureOutcome]:
        """An outcome for each picture that was tried, in order, within the bounds of one run; never raises for faults.

        ``known`` tells the words of a content (SHA-256 in hex) that was read before: it is not read again.
        """
        ...


class Progress(Protocol):
    """Where progress goes (stderr, a bar, nowhere)."""

    def stage(self, name: str, total: int | None = None) -> None: ...

    def step(self, done: int = 1) -> None: ...


class Store(AlertStore, Protocol):
    """What is remembered. Each method is one transaction."""

    # the ledger of runs
    def claim_run(self, kind: str, now: datetime, stale_after_s: int) -> int | None:
        """Begin a run and return its number; None where another that excludes it is running, also in another process.

        A sweep and a re-visit exclude each other, a delivery only another delivery. A run whose process is gone, or
        that is older than ``stale_after_s``, is marked failed and does not hold anybody up.
        """
        ...

    def finish_run(self, run: int, now: datetime, status: str, detail: str) -> None: ...

    def last_run(self, kind: str, statuses: Sequence[str] = ("done", "attention")) -> Run | None: ...

    def runs_of(self, kind: str, limit: int) -> list[Run]:
        """The newest runs of the kind, whatever became of them, the oldest of them first."""
        ...

    def run_tallies(self, since: datetime) -> list[RunTally]:
        """How the runs that ended since then ended, by kind."""
        ...

    # collecting
    def memory_of(self, source: str) -> dict[str, Any]: ...

    def save_collected(self, collected: Collected, run: int | None) -> int:
        """Observations, rejects, coverage and memory of one source; returns how many posts were new."""
        ...

    def blind_sources(self, now: datetime) -> list[Blind]:
        """Sources that did not see everything, with the start of the blindness. A re-visit of single threads can add
        blindness (a closed door) but take none away."""
        ...

    def outages(self, now: datetime) -> list[Outage]:
        """The same as what a notice tells; the label is the name."""
        ...

    def unknown_posts(self, observed: Sequence[Observation]) -> list[Observation]:
        """The first observation of each post that is not stored yet, in order."""
        ...

    def looks_of(self, source: str, since: datetime) -> list[Look]:
        """The looks at the whole source that ended at or after ``since``, in order of time."""
        ...

    def sights_of(self, source: str, since: datetime) -> list[tuple[datetime, datetime | None]]:
        """When each post of the source first seen at or after ``since`` was seen, and when it was published."""
        ...

    def new_posts_since(self, source: str, since: datetime) -> int:
        """New posts that the runs of the source which ended after ``since`` have brought."""
        ...

    # visits of threads
    def visits(self) -> dict[tuple[str, str], datetime]:
        """The last re-visit of each thread (source, root id)."""
        ...

    def visits_since(self, midnight: datetime) -> dict[str, int]:
        """How many re-visits each source has had since ``midnight``, the begin of the present day."""
        ...

    def note_visits(self, source: str, threads: Collection[str], now: datetime, midnight: datetime) -> None:
        """These threads were visited at ``now``; the count of visits begins anew every ``midnight``."""
        ...

    # pictures
    def waiting_pictures(self, since: datetime, now: datetime, limit: int) -> list[Picture]:
        """Pictures to be read or tried again, of posts since ``since``, newest posts first."""
        ...

    def known_picture(self, sha256: str) -> PictureText | None:
        """The words of a content that was read before."""
        ...

    def save_picture(self, outcome: PictureOutcome, now: datetime) -> None:
        """Keep what came of a picture; its words go to its post, which is then to be read again."""
        ...

    # reading
    def unread(self, bank: str, version: str, limit: int) -> list[tuple[Post, str | None]]:
        """Posts without a reading of this version and of their present text for this bank, oldest first, with the
        parent's text (the root's title and text, and the post replied to)."""
        ...

    def save_readings(self, bank: str, readings: Sequence[tuple[Post, Reading]], now: datetime) -> None: ...

    # reading again
    def doubtful(self, bank: str, zone: GreyZone, limit: int) -> list[Doubtful]:
        """Posts in the grey zone on which the latest reading does not rest on this reader's opinion yet.

        Those that have one come first; then those asked for least often, most spread, newest. What the reader was
        refused for is left out.
        """
        ...

    def save_second(
        self, bank: str, item: Doubtful, reader: str, outcome: SecondOutcome, reading: Reading | None, now: datetime
    ) -> None:
        """Keep what came of asking ``reader`` and, where one is given, the reading that rests on it, as the latest."""
        ...

    # grouping
    def ungrouped(self, bank: str, limit: int) -> list[ReadPost]:
        """Posts that were read and have no membership or verdict of "no incident" since they were read; with them the
        posts of their threads that were passed over. In order of `Post.moment`, source and id."""
        ...

    def open_incidents(
        self, bank: str, since: datetime, threads: Collection[tuple[str, str]]
    ) -> list[tuple[Incident, list[ReadPost]]]:
        """Incidents with a post since ``since`` or in one of ``threads`` (source, root id), with their members."""
        ...

    def apart(self, bank: str) -> Apart:
        """What people took apart and grouping must not put together again."""
        ...

    def save_grouping(self, bank: str, seen: Iterable[int], grouping: Grouping, now: datetime) -> None:
        """Incidents and memberships; ``seen`` are the posts that were considered, members or not."""
        ...

    # measuring
    def active_incidents(self, bank: str, since: datetime) -> list[tuple[Incident, list[Member], Snapshot | None]]:
        """Incidents not closed, or with a post since ``since``; with members and the last snapshot."""
        ...

    def save_snapshots(self, snapshots: Sequence[Snapshot]) -> None: ...

    def snapshots(self, incident: str, since: datetime | None = None) -> list[Snapshot]: ...

    def snapshots_of(self, wanted: Mapping[str, datetime]) -> dict[str, list[Snapshot]]:
        """For each incident its snapshots at and after the moment beside it, in order of time."""
        ...

    def save_spread(self, platforms: Sequence[PlatformSpread], looks: Sequence[Outlook]) -> None: ...

    def last_platforms(self, incidents: Collection[str]) -> dict[str, dict[str, PlatformSpread]]:
        """The newest row of each platform of these incidents; an incident without any is left out."""
        ...

    def last_outlooks(self, incidents: Collection[str]) -> dict[str, Outlook]:
        """The newest outlook of each of these incidents that has one."""
        ...

    # alerting
    def close_incident(self, incident: str, now: datetime) -> None: ...

    def add_notices(self, notices: Sequence[Notice], mail_domain: str) -> None: ...

    def has_notice(self, notice: str) -> bool: ...

    def open_source_notices(self) -> dict[str, str]:
        """The ids of notices of blind sources whose end was not told yet, with their threads, the oldest first."""
        ...

    def counts_since(self, bank: str, since: datetime) -> tuple[int, int, int]:
        """Posts first seen, posts about the bank, negative posts since ``since``."""
        ...

    # evidence
    def captures_to_keep(self, since: datetime) -> set[str]:
        """The pages of incidents that are open, closed at or after ``since``, have a post since then, or are held."""
        ...

    def kept_posts(self, incident: str) -> set[str]:
        """The posts of an incident (``source:id``) with an address of their own that stand on a kept page."""
        ...

    # delivering
    def due_letters(self, now: datetime, limit: int) -> list[Letter]:
        """Outbox rows that are due, highest level first. The caller holds the run "deliver", so nobody else sends."""
        ...

    def letter_sent(self, letter: int, now: datetime) -> None: ...

    def letter_failed(
        self,
        letter: int,
        now: datetime,
        code: int | None,
        detail: str,
        next_at: datetime | None,
        *,
        counts: bool = True,
    ) -> None:
        """Not accepted; tried again at ``next_at``, given up where that is None. ``counts`` False: no attempt of it."""
        ...

    def attempts_since(self, channel: str, since: datetime, now: datetime) -> list[datetime]:
        """When letters of the channel were tried after ``since`` and until ``now``, oldest first."""
        ...

    def hold_channel(self, channel: str, now: datetime, until: datetime) -> None:
        """No letter of the channel that is due now is due before ``until``."""
        ...

    def letter_bounced(self, bounce: Bounce, now: datetime) -> bool:
        """The accepted letter came back; False where none of ours has that Message-ID, or it is known."""
        ...

    def stuck_letters(self, late: datetime) -> list[Stuck]:
        """Letters given up or returned, and those tried in vain that should have gone out before ``late``, each until
        `escalate` has dealt with it."""
        ...

    def escalate(
        self,
        letters: Collection[int],
        stand_ins: Sequence[StandIn],
        messages: Sequence[Notice],
        mail_domain: str,
        now: datetime,
    ) -> None:
        """These letters are dealt with: others are written to in their place, ``messages`` tell of it; together."""
        ...

    def undelivered(self, now: datetime) -> int:
        """Outbox rows that a failure has delayed, and those that were given up or came back in the last day."""
        ...

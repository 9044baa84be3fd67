"""The store of a replay: what nobody else can have changed is remembered, and not read again."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from domain.actions import Action, DecisionRecord, RuleSet, Silence
from domain.alerts import AlertState, Blind, LevelChange, Notice
from domain.coverage import SEEING, Collected, Outage
from domain.incidents import Grouping, Incident, Member, ReadPost, Snapshot
from domain.posts import Observation, Post
from domain.readings import Reading
from domain.spread import Outlook, PlatformSpread
from storage.database import LoneDatabase, make_engine, open_database
from storage.incidents import Measured, incidents_by_id, members_of
from storage.store import SqlStore


class ReplayStore(SqlStore):
    """A new store, filled by one replay alone (`storage.database.LoneDatabase`).

    It gives what `SqlStore` would give. What was saved is forgotten, and read anew when it is next asked for: so it
    comes back as the database tells it. The members of an incident are read anew once something was saved that may
    have changed them: an observation or a reading of one of its posts, or a new member. All that is remembered is
    what the replay has put in, once.
    """

    def __init__(self, database: LoneDatabase) -> None:
        super().__init__(database)
        self._states: dict[str, AlertState] = {}
        self._shots: defaultdict[str, list[Snapshot]] = defaultdict(list)
        self._incidents: dict[str, Incident] = {}
        self._changed: set[str] = set()
        self._members: dict[str, list[Member]] = {}
        self._incident_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._platforms: dict[str, dict[str, PlatformSpread]] = {}
        self._outlooks: dict[str, Outlook | None] = {}
        self._said: dict[tuple[str, str], Observation] = {}
        self._empty: set[tuple[str, ...]] = set()
        self._saw_all = True

    def alert_states(self, wanted: Collection[str]) -> dict[str, AlertState]:
        """See `storage.outbox`."""
        return {incident: self._states.get(incident) or AlertState(incident) for incident in wanted}

    def record_decisions(
        self,
        made: Sequence[tuple[AlertState, LevelChange | None]],
        notices: Sequence[Notice],
        mail_domain: str,
        records: Sequence[DecisionRecord] = (),
        rules: RuleSet | None = None,
    ) -> None:
        """See `storage.outbox`."""
        super().record_decisions(made, notices, mail_domain, records, rules)
        self._states |= {state.incident: state for state, _ in made}

    def save_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """See `storage.incidents`."""
        super().save_snapshots(snapshots)
        for snapshot in snapshots:
            shots = self._shots[snapshot.incident]
            if shots and shots[-1].at >= snapshot.at:
                shots[:] = sorted([*(shot for shot in shots if shot.at != snapshot.at), snapshot], key=_at)
            else:
                shots.append(snapshot)

    def snapshots(self, incident: str, since: datetime | None = None) -> list[Snapshot]:
        """See `storage.incidents`."""
        shots = self._shots[incident]
        return shots[bisect_left(shots, since, key=_at) :] if since is not None else list(shots)

    def snapshots_of(self, wanted: Mapping[str, datetime]) -> dict[str, list[Snapshot]]:
        """See `storage.incidents`."""
        return {incident: self.snapshots(incident, since) for incident, since in wanted.items()}

    def save_spread(self, platforms: Sequence[PlatformSpread], looks: Sequence[Outlook]) -> None:
        """See `storage.spread`."""
        super().save_spread(platforms, looks)
        for row in platforms:
            self._platforms.pop(row.incident, None)
        for look in looks:
            self._outlooks.pop(look.incident, None)

    def last_platforms(self, incidents: Collection[str]) -> dict[str, dict[str, PlatformSpread]]:
        """See `storage.spread`."""
        unknown = [incident for incident in incidents if incident not in self._platforms]
        found = super().last_platforms(unknown)
        self._platforms |= {incident: found.get(incident, {}) for incident in unknown}
        return {incident: rows for incident in incidents if (rows := self._platforms[incident])}

    def last_outlooks(self, incidents: Collection[str]) -> dict[str, Outlook]:
        """See `storage.spread`."""
        unknown = [incident for incident in incidents if incident not in self._outlooks]
        found = super().last_outlooks(unknown)
        self._outlooks |= {incident: found.get(incident) for incident in unknown}
        return {incident: look for incident in incidents if (look := self._outlooks[incident])}

    def save_collected(self, collected: Collected, run: int | None) -> int:
        """See `storage.posts`."""
        new = super().save_collected(collected, run)
        self._saw_all = self._saw_all and collected.coverage.status in SEEING
        for seen in collected.observations:
            place = (seen.source, seen.id)
            if place not in self._said or not _says_the_same(self._said[place], seen):
                self._empty.clear()
            self._said[place] = seen
        self._forget((item.source, item.id) for item in collected.observations)
        return new

    def unread(self, bank: str, version: str, limit: int) -> list[tuple[Post, str | None]]:
        """See `storage.readings`. Nothing comes after nothing, until words, readings or incidents are saved."""
        if ("unread", bank, version) in self._empty:
            return []
        found = super().unread(bank, version, limit)
        if not found:
            self._empty.add(("unread", bank, version))
        return found

    def ungrouped(self, bank: str, limit: int) -> list[ReadPost]:
        """See `storage.incidents`; nothing comes after nothing, as with `unread`."""
        if ("ungrouped", bank) in self._empty:
            return []
        found = super().ungrouped(bank, limit)
        if not found:
            self._empty.add(("ungrouped", bank))
        return found

    def actions(self, wanted: Collection[str]) -> dict[str, list[Action]]:  # noqa: ARG002
        """See `storage.actions`; in a replay nobody answers,"""
        return {}

    def silences(self, since: datetime | None = None) -> list[Silence]:  # noqa: ARG002
        """and nobody asks for silence."""
        return []

    def blind_sources(self, now: datetime) -> list[Blind]:
        """See `storage.ledger`; nobody is blind where nobody ever was."""
        return [] if self._saw_all else super().blind_sources(now)

    def outages(self, now: datetime) -> list[Outage]:
        """See `storage.ledger`."""
        return [] if self._saw_all else super().outages(now)

    def save_readings(self, bank: str, readings: Sequence[tuple[Post, Reading]], now: datetime) -> None:
        """See `storage.readings`."""
        super().save_readings(bank, readings, now)
        self._empty.clear()
        self._forget((post.source, post.id) for post, _ in readings)

    def save_grouping(self, bank: str, seen: Iterable[int], grouping: Grouping, now: datetime) -> None:
        """See `storage.incidents`."""
        super().save_grouping(bank, seen, grouping, now)
        self._empty.clear()
        self._changed.update(incident.id for incident in grouping.incidents)
        for membership in grouping.memberships:
            self._members.pop(membership.incident, None)

    def close_incident(self, incident: str, now: datetime) -> None:
        """See `storage.incidents`."""
        super().close_incident(incident, now)
        self._changed.add(incident)

    def _recent(self, connection: Connection, bank: str, since: datetime) -> set[str]:
        return {item.id for item in self._standing(connection, bank) if item.last_post_at >= since}

    def _active(self, connection: Connection, bank: str, since: datetime) -> set[str]:
        standing = self._standing(connection, bank)
        return {item.id for item in standing if item.closed_at is None or item.last_post_at >= since}

    def _standing(self, connection: Connection, bank: str) -> list[Incident]:
        """The incidents of the bank that were not merged into others."""
        self._bring_up_to_date(connection)
        return [item for item in self._incidents.values() if item.bank == bank and item.merged_into is None]

    def _bring_up_to_date(self, connection: Connection) -> None:
        if self._changed:
            self._incidents |= {item.id: item for item in incidents_by_id(connection, self._changed)}
            self._changed.clear()

    def _read(self, connection: Connection, chosen: Collection[str]) -> list[tuple[Incident, list[ReadPost]]]:
        return [
            (incident, [ReadPost(member.post, member.reading) for member in members])
            for incident, members, _last in self._measured(connection, chosen)
        ]

    def _measured(self, connection: Connection, chosen: Collection[str]) -> list[Measured]:
        self._bring_up_to_date(connection)
        found = sorted((self._incidents[incident] for incident in chosen if incident in self._incidents), key=_place)
        self._remember_members(connection, [item.id for item in found if item.id not in self._members])
        return [(item, self._members[item.id], self._last(item.id)) for item in found]

    def _remember_members(self, connection: Connection, unknown: Collection[str]) -> None:
        found = members_of(connection, unknown) if unknown else {}
        for incident in unknown:
            self._members[incident] = found.get(incident, [])
            for member in self._members[incident]:
                self._incident_of[member.post.source, member.post.id].add(incident)

    def _last(self, incident: str) -> Snapshot | None:
        shots = self._shots[incident]
        return shots[-1] if shots else None

    def _forget(self, identities: Iterable[tuple[str, str]]) -> None:
        for identity in identities:
            for incident in self._incident_of[identity]:
                self._members.pop(incident, None)


def _says_the_same(one: Observation, other: Observation) -> bool:
    """Whether at most the counters differ, and when it was seen: that is nothing to be read or grouped anew."""
    return replace(one, observed_at=other.observed_at, metrics=other.metrics, capture=other.capture) == other


def _at(snapshot: Snapshot) -> datetime:
    return snapshot.at


def _place(incident: Incident) -> tuple[datetime, str]:
    return incident.opened_at, incident.id


def open_replay_store(url: str) -> ReplayStore:
    """A new store at ``url`` for one replay; nothing is kept before it is closed."""
    open_database(url).close()
    return ReplayStore(LoneDatabase(make_engine(url)))

"""``yuqing incidents``: what an incident consists of and why, and correcting it, with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.notices import merged_notice
from alerts.render import render_merged
from app.evidence import find_dossier
from domain.alerts import Notice
from domain.clock import local
from domain.corrections import DETACH, MERGE, SPLIT, Correction, Regrouping, WholeIncident
from domain.errors import CorrectionError
from incidents import corrections
from storage.store import SqlStore

KINDS = {MERGE: "合并", SPLIT: "拆分", DETACH: "移出"}
HOW = {"opens": "首帖", "thread": "同帖", "reprint": "转载", "similar": "相近", "person": "人工"}
CORRECTION_COLUMNS = ("编号", "做了什么", "事件", "到", "帖数", "何时", "何人", "理由", "撤销")
MEMBER_COLUMNS = ("来源:编号", "发表", "归入", "理由", "负面", "原文")
_SHOWN = 40


class Corrector:
    """Makes corrections in a store, in somebody's name and for a reason."""

    def __init__(self, store: SqlStore, mail_domain: str) -> None:
        self._store = store
        self._mail_domain = mail_domain

    def merge(self, one: str, other: str, by: str, reason: str, now: datetime) -> Correction:
        """Put two incidents together; gives what was done. CorrectionError as in `incidents.corrections.merge`."""
        change = corrections.merge(self.matter(one), self.matter(other), by, reason, now)
        return self._record(replace(change, notices=self._farewell(change, now)))

    def _record(self, change: Regrouping) -> Correction:
        """Written down; what was done, with its number."""
        return replace(change.correction, key=self._store.record_correction(change, self._mail_domain))

    def _farewell(self, change: Regrouping, now: datetime) -> tuple[Notice, ...]:
        """One last mail to those who were told of the incident that has ended; none where nobody was."""
        kept, gone = change.incidents
        readers = self._store.told_of(gone.id)
        if not readers:
            return ()
        message = render_merged(gone, kept, change.correction.by, change.correction.reason, now)
        return (merged_notice(self._store.alert_state(gone.id), readers, kept.id, message, now),)

    def split(self, incident: str, posts: Sequence[str], by: str, reason: str, now: datetime) -> Correction:
        """Make posts (``source:id``) of an incident, with the replies of their threads, an incident of their own."""
        matter = self.matter(incident)
        taken = set(self._store.incident_titles())
        change = corrections.split(matter, _keys(matter, posts), taken, by, reason, now)
        return self._record(change)

    def detach(self, incident: str, posts: Sequence[str], by: str, reason: str, now: datetime) -> Correction:
        """Take posts (``source:id``) out of an incident, with the replies of their threads; they are in none then.

        CorrectionError where a legal hold stands: their pages would no longer be held.
        """
        matter = self.matter(incident)
        if any(hold.lifted_at is None for hold in self._store.holds(incident)):
            raise CorrectionError(
                f"事件 {incident} 正在保全，不能移出帖子；请先用 yuqing hold --lift 解除，或改用 split"
            )
        change = corrections.detach(matter, _keys(matter, posts), by, reason, now)
        return self._record(change)

    def undo(self, key: int, by: str, reason: str, now: datetime) -> Correction:
        """Undo a correction; CorrectionError where there is none, it was undone, or a later one builds on it."""
        made = self._store.corrections()
        correction = next((item for item in made if item.key == key), None)
        if correction is None:
            raise CorrectionError(f"没有编号为 {key} 的更正；全部更正见 yuqing incidents corrections")
        if not correction.stands:
            raise CorrectionError(f"更正 {key} 已由 {correction.undone_by} 撤销")
        later = [item.key for item in made if item.key > key and item.stands and item.touched & correction.touched]
        if later:
            raise CorrectionError(f"后来的更正 {'、'.join(map(str, later))} 动过同样的事件，请先撤销它们")
        there = self.matter(correction.target) if correction.target else None
        outside = self._store.outside(correction.bank, correction.posts)
        change = corrections.undo(correction, self.matter(correction.incident), there, outside)
        self._store.record_undoing(change, by, reason, now)
        return correction

    def matter(self, incident: str) -> WholeIncident:
        """The incident with its members; a click.UsageError that names the nearest ones where there is none."""
        known = find_dossier(self._store, incident).incident.id
        found = self._store.whole_incident(known)
        if found is None:
            raise CorrectionError(f"事件 {known} 刚刚不见了，请再试一次")
        return found


def member_rows(matter: WholeIncident) -> list[tuple[str, ...]]:
    """One row for each member, in order of time, by `MEMBER_COLUMNS`."""
    why = {item.post: item for item in matter.memberships}
    return [
        (
            f"{item.post.source}:{item.post.id}",
            f"{local(item.post.moment):%m-%d %H:%M}",
            HOW[why[item.post.key].how],
            why[item.post.key].reason,
            "是" if item.reading.negative else "没点名" if item.reading.unnamed else "",
            " ".join(item.post.full_text.split())[:_SHOWN],
        )
        for item in matter.items
    ]


def correction_rows(made: Sequence[Correction]) -> list[tuple[str, ...]]:
    """One row for each correction, by `CORRECTION_COLUMNS`."""
    return [
        (
            str(item.key), KINDS[item.kind], item.incident, item.target or "", str(len(item.posts)),
            f"{local(item.at):%Y-%m-%d %H:%M}", item.by, item.reason,
            f"{item.undone_by}：{item.undone_reason}" if item.undone_by else "",
        )
        for item in made
    ]  # fmt: skip


def _keys(matter: WholeIncident, posts: Sequence[str]) -> list[int]:
    members = {f"{item.post.source}:{item.post.id}": item.post.key for item in matter.items}
    missing = [name for name in posts if name not in members]
    if missing:
        raise CorrectionError(
            f"事件 {matter.incident.id} 里没有 {'、'.join(missing)}；帖子写成 来源:编号，见 yuqing incidents show"
        )
    return [members[name] for name in posts]

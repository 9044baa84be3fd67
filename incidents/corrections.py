"""What people correct in the grouping: merging, splitting, taking out, and undoing. Pure: the store writes the outcome.

Posts move, incidents stay: an id is never deleted or used again, because mail threads and papers hang on it. Alerts go
along: whoever inherits posts inherits the level that was told about them, so that a correction is not told as news.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.alerts import AlertState
from domain.corrections import DETACH, MERGE, SPLIT, Correction, Regrouping, WholeIncident
from domain.errors import CorrectionError
from domain.incidents import Incident, Membership, ReadPost
from incidents.ids import incident_id
from incidents.text import headline
from incidents.topics import telling

BY_PERSON = "person"


def merge(one: WholeIncident, other: WholeIncident, by: str, reason: str, at: datetime) -> Regrouping:
    """Two incidents that are one matter: the later one goes into the one that opened first, whose id stays.

    CorrectionError where they are the same, of different banks, or one was merged before.
    """
    kept, gone = sorted((one, other), key=lambda matter: (matter.incident.opened_at, matter.incident.id))
    _refuse_merge(kept.incident, gone.incident)
    moved = [
        _moved(item, kept.incident.id, f"由 {by} 随事件 {gone.incident.id} 并入：{reason}") for item in gone.memberships
    ]
    names, posts = (gone.incident.id, kept.incident.id), _keys(gone.items)
    correction = Correction(MERGE, kept.incident.bank, *names, posts, by, reason, at, tuple(gone.memberships))
    whole = _restated(kept.incident, [*kept.items, *gone.items])
    whole = replace(whole, closed_at=None if gone.incident.closed_at is None else kept.incident.closed_at)
    ended = replace(gone.incident, merged_into=kept.incident.id, closed_at=gone.incident.closed_at or at)
    return Regrouping(
        correction,
        (whole, ended),
        tuple(moved),
        states=(_heir(kept.state, gone.state), _ended(gone.state)),
        heirs=((gone.incident.id, kept.incident.id),),
    )


def split(
    matter: WholeIncident, chosen: Collection[int], taken: Collection[str], by: str, reason: str, at: datetime
) -> Regrouping:
    """The ``chosen`` posts (keys), with the replies of their threads, become an incident of their own.

    ``taken``: ids that are in use. CorrectionError where nothing would be left, or a post is not in the incident.
    """
    leaving, staying = _parted(matter, chosen, "这些帖子就是整个事件，没有可以拆开的")
    old, first = matter.incident, leaving[0].post
    name = incident_id(old.bank, first, taken)
    new = Incident(name, old.bank, headline(first.title, first.text), (), first.moment, first.moment)
    before = _before(matter, leaving)
    return Regrouping(
        Correction(SPLIT, old.bank, old.id, new.id, _keys(leaving), by, reason, at, before),
        (_restated(old, staying), _restated(new, leaving)),
        tuple(_moved(item, new.id, f"由 {by} 从事件 {old.id} 拆出：{reason}") for item in before),
        states=(_heir(AlertState(new.id, decided_at=matter.state.decided_at), matter.state),),
        heirs=((old.id, new.id),),
    )


def detach(matter: WholeIncident, chosen: Collection[int], by: str, reason: str, at: datetime) -> Regrouping:
    """The ``chosen`` posts (keys), with the replies of their threads, belong to no incident.

    CorrectionError where the incident would be left without posts, or a post is not in it.
    """
    empty = "移出以后事件里没有帖子了；如果整个事件都不成立，请用 yuqing alerts false-alarm 标为误报"
    leaving, staying = _parted(matter, chosen, empty)
    old, before = matter.incident, _before(matter, leaving)
    correction = Correction(DETACH, old.bank, old.id, None, _keys(leaving), by, reason, at, before)
    return Regrouping(correction, (_restated(old, staying),), (), out=_keys(leaving))


def undo(
    correction: Correction, here: WholeIncident, there: WholeIncident | None, outside: Sequence[ReadPost]
) -> Regrouping:
    """What a correction moved goes back, as far as it still is where the correction put it.

    ``here`` is the incident that the posts had left, ``there`` the one that they went to (None: to none), ``outside``
    those of them that are in no incident now. Later replies go back with their threads.
    """
    again = replace(here.incident, merged_into=None, closed_at=None)
    known = {item.post: item for item in correction.before}
    if there is None:
        back = tuple(known[item.post.key] for item in outside)
        return Regrouping(correction, (_restated(again, [*here.items, *outside]),), back)
    everything = correction.kind == SPLIT
    going = list(there.items) if everything else _with_threads(there, set(correction.posts))
    why, keys = f"随撤销更正 {correction.key} 归回", set(_keys(going))
    staying = [item for item in there.items if item.post.key not in keys]
    left = replace(there.incident, merged_into=here.incident.id) if everything else _restated(there.incident, staying)
    return Regrouping(
        correction,
        (_restated(again, [*here.items, *going]), left),
        tuple(known.get(item.post, _moved(item, here.incident.id, why)) for item in _before(there, going)),
        states=(_heir(here.state, there.state), _ended(there.state) if everything else there.state),
        heirs=((there.incident.id, here.incident.id),),
    )


def _refuse_merge(kept: Incident, gone: Incident) -> None:
    if kept.id == gone.id:
        raise CorrectionError("要合并的是同一个事件，请写两个不同的编号")
    if kept.bank != gone.bank:
        raise CorrectionError(f"{kept.id} 是{kept.bank}的，{gone.id} 是{gone.bank}的，不能合并")
    for incident in (kept, gone):
        if incident.merged_into:
            raise CorrectionError(f"{incident.id} 已并入 {incident.merged_into}，请改用后者")


def _parted(matter: WholeIncident, chosen: Collection[int], empty: str) -> tuple[list[ReadPost], list[ReadPost]]:
    """Those that leave and those that stay, in order of time; CorrectionError with ``empty`` where nobody stays."""
    if not chosen or set(chosen) - set(_keys(matter.items)):
        raise CorrectionError(f"要移动的帖子不都在事件 {matter.incident.id} 里；它的帖子见 yuqing incidents show")
    leaving = _with_threads(matter, set(chosen))
    keys = set(_keys(leaving))
    staying = [item for item in matter.items if item.post.key not in keys]
    if not staying:
        raise CorrectionError(empty)
    return leaving, staying


def _with_threads(matter: WholeIncident, keys: set[int]) -> list[ReadPost]:
    """The members of these keys, and the replies in the threads of which the root is among them."""
    posts = [item.post for item in matter.items]
    threads = {(post.source, post.thread) for post in posts if post.key in keys and post.is_root}
    return [item for item in matter.items if item.post.key in keys or (item.post.source, item.post.thread) in threads]


def _moved(membership: Membership, incident: str, reason: str) -> Membership:
    """A reprint stays one: the spread counts them."""
    how = membership.how if membership.how == "reprint" else BY_PERSON
    why = f"{reason}（原为：{membership.reason}）"
    return replace(membership, incident=incident, how=how, reason=why, joined_at=None)


def _restated(incident: Incident, items: Sequence[ReadPost]) -> Incident:
    """The incident as its members now say: topics by how many complain of them, first and last post."""
    if not items:
        return incident
    complaints = [item.reading for item in items if item.reading.negative]
    moments = [item.post.moment for item in items]
    return replace(
        incident,
        topics=telling(complaints),
        opened_at=min(moments),
        last_post_at=max(moments),
    )


def _heir(state: AlertState, told: AlertState) -> AlertState:
    """What was told about the posts, and who was asked, counts for whoever has them now."""
    if told.notified < state.notified:
        return state
    times = [at for at in (state.notified_at, told.notified_at) if at is not None]
    return replace(
        state,
        level=max(state.level, told.level),
        since=state.since or told.since,
        notified=told.notified,
        notified_at=max(times, default=None),
        notified_index=max(state.notified_index, told.notified_index),
        asked_at=told.asked_at if told.notified > state.notified else state.asked_at or told.asked_at,
        reminded=told.reminded if told.notified > state.notified else max(state.reminded, told.reminded),
        waiting_since=state.waiting_since or told.waiting_since,
        waiting_until=state.waiting_until or told.waiting_until,
    )


def _ended(state: AlertState) -> AlertState:
    """Nothing more is told about it but that it has ended; its mails stay counted."""
    told = state.sequence > 0
    return AlertState(state.incident, sequence=state.sequence + told, decided_at=state.decided_at)


def _before(matter: WholeIncident, leaving: Sequence[ReadPost]) -> tuple[Membership, ...]:
    keys = set(_keys(leaving))
    return tuple(item for item in matter.memberships if item.post in keys)


def _keys(items: Iterable[ReadPost]) -> tuple[int, ...]:
    return tuple(item.post.key for item in items)

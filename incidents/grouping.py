"""Grouping: which posts speak of one matter, and why. By thread, then by reprint, then by likeness (decision 0006)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.incidents import Apart, Grouping, Incident, Membership, ReadPost
from domain.posts import Post
from domain.readings import Bank, Reading
from incidents.collector import collector_paused
from incidents.config import GroupingConfig
from incidents.gallery import Gallery
from incidents.ids import incident_id
from incidents.likeness import Judge, Likeness, shipped_judge
from incidents.notes import Note, Notes, noted
from incidents.profiles import Profile, days_of, vector, weigh
from incidents.reprints import Original, match_prints
from incidents.slots import is_advert, is_general
from incidents.text import headline, normalise, squeeze
from incidents.topics import telling

Known = Sequence[tuple[Incident, Sequence[ReadPost]]]
Thread = tuple[str, str]

_SHORT, _SENTENCE = 6, 15
_GRIEVANCE, _SEVERAL = 2, 3
"""The severity from which a reply under a post that complains of nothing may open an incident."""
_ELSEWHERE = 0.5
"""The chance of another incident at which a reply about another branch leaves its thread."""
_NEAR = 0.05
"""A chance below is not worth telling."""
_LONG_BEFORE = timedelta(hours=6)


def group(
    bank: Bank,
    known: Known,
    posts: Sequence[ReadPost],
    config: GroupingConfig,
    apart: Apart | None = None,
    notes: Notes | None = None,
    judge: Judge | None = None,
) -> Grouping:
    """Put ``posts`` into the ``known`` incidents or into new ones; returns what is new or changed.

    The order within ``posts`` does not matter, and the same input gives the same ids. A post that joins nothing has no
    membership. What was decided before is never changed; merging and splitting are left to people, and what they took
    ``apart`` stays apart, however like it is. ``notes`` kept from one call to the next save reading known posts again.
    ``judge``: what likeness is weighed by, the shipped one if none is given.
    """
    batch = sorted({item.post.key: item for item in posts}.values(), key=_order)
    with collector_paused():
        return _Grouper(bank, known, batch, config, apart or Apart(), notes or Notes(), judge or shipped_judge()).run()


def _order(item: ReadPost) -> tuple[object, ...]:
    return (item.post.moment, item.post.source, item.post.id)


def _thread(post: Post) -> Thread:
    return (post.source, post.thread)


def _accuses(item: ReadPost) -> bool:
    return item.reading.negative and item.reading.about


@dataclass(slots=True)
class _Matter:
    """An incident while a batch is grouped."""

    incident: Incident
    changed: bool = False


class _Grouper:
    """One batch. Known posts are laid in first; then the batch in order of time; then what only became clear later."""

    def __init__(
        self,
        bank: Bank,
        known: Known,
        batch: Sequence[ReadPost],
        config: GroupingConfig,
        apart: Apart,
        notes: Notes,
        judge: Judge,
    ) -> None:
        self._bank = bank
        self._config = config
        self._apart = apart
        members = [item for _incident, items in known for item in items]
        placed = {item.post.key for item in members}
        self._batch = [item for item in batch if item.post.key not in placed]
        notes.keep(bank, placed.union(item.post.key for item in self._batch))
        self._shelf = notes.shelf(bank)
        self._matters: dict[str, _Matter] = {}
        self._complaints: defaultdict[str, list[Reading]] = defaultdict(list)
        self._gallery = Gallery(config, judge)
        self._incident_of: dict[int, str] = {}
        self._items: dict[int, ReadPost] = {}
        self._threads: dict[Thread, tuple[str, bool]] = {}
        self._memberships: list[Membership] = []
        self._roots = {_thread(item.post): item for item in self._batch if item.post.is_root}
        self._talk: defaultdict[Thread, Counter[str]] = defaultdict(Counter)
        self._unnamed_talk = Counter(_thread(item.post) for item in self._batch if item.reading.unnamed)
        for item in self._batch:
            if item.reading.negative:
                self._talk[_thread(item.post)].update(item.reading.topics)
        self._waiting: defaultdict[Thread, list[ReadPost]] = defaultdict(list)
        self._originals = self._find_originals(members)
        self._lay_in(known)

    def run(self) -> Grouping:
        for item in self._batch:
            self._place(item)
        for item in self._batch:
            self._look_again(item)
        changed = sorted((m for m in self._matters.values() if m.changed), key=lambda m: m.incident.id)
        return Grouping(tuple(self._finished(matter) for matter in changed), tuple(self._memberships))

    # what is there

    def _lay_in(self, known: Known) -> None:
        for incident, items in sorted(known, key=lambda pair: pair[0].id):
            self._matters[incident.id] = _Matter(incident)
            self._gallery.open(incident.id, incident.opened_at, incident.last_post_at)
            for number, item in enumerate(sorted(items, key=_order)):
                self._take_up(incident.id, item, speaks=number == 0 or item.post.is_root)

    def _take_up(self, incident: str, item: ReadPost, *, speaks: bool) -> None:
        """Let a post add to what is known of an incident."""
        post, reading, note, thread = item.post, item.reading, self._note(item), _thread(item.post)
        self._incident_of[post.key] = incident
        self._items[post.key] = item
        if post.is_root or thread not in self._threads:
            self._threads[thread] = (incident, post.is_root)
        if reading.negative or reading.unnamed:
            self._complaints[incident].append(reading)
        self._gallery.note(incident, post.moment, reading.charges, note.author)
        if speaks:
            self._gallery.show(incident, note)

    def _find_originals(self, members: Sequence[ReadPost]) -> dict[int, Original]:
        copied = sorted(filter(self._can_be_copied, members), key=_order)
        earlier = [(item.post.key, self._note(item).print) for item in copied]
        prints = [(item.post.key, self._note(item).print) for item in self._batch if self._is_long_enough(item.post)]
        return match_prints(earlier, prints, self._config)

    def _can_be_copied(self, item: ReadPost) -> bool:
        """A neutral reply is no original: the same words under many posts are a habit, or an advertisement."""
        return self._is_long_enough(item.post) and (item.post.is_root or item.reading.negative)

    def _is_long_enough(self, post: Post) -> bool:
        return len(post.text) + len(post.title or "") >= self._config.reprint_identical_chars

    # placing one post

    def _place(self, item: ReadPost) -> None:
        if item.post.key in self._incident_of or self._by_thread(item) or self._by_reprint(item):
            return
        if not self._by_likeness(item):
            self._waiting[_thread(item.post)].append(item)

    def _look_again(self, item: ReadPost) -> None:
        """What a post said may have become clear by what was said after it."""
        if item.post.key not in self._incident_of and not self._by_reprint(item) and not self._by_likeness(item):
            self._unnamed(item)

    def _by_thread(self, item: ReadPost) -> bool:
        incident, rooted = self._threads.get(_thread(item.post), ("", False))
        if not incident or not (rooted or item.reading.about) or incident in self._banned(item.post):
            return False
        if self._sells(item) or self._leaves(item, incident):
            return False
        self._join_thread(item, incident, "所在的帖子已归入本事件")
        return True

    def _leaves(self, item: ReadPost, incident: str) -> bool:
        """Whether a reply clearly speaks of another incident: at the branch that it names, where this one is not."""
        telling = item.reading.negative and item.reading.about and len(self._note(item).squeezed) >= _SENTENCE
        if not telling or not self._note(item).slots.branches:
            return False
        profile = self._profile(item)
        if not self._gallery.is_at_another_branch(profile, incident):
            return False
        other = self._gallery.likeliest(profile, {incident, *self._banned(item.post)})
        return other is not None and other[1].score >= _ELSEWHERE and "branches" in other[1].agree

    def _join_thread(self, item: ReadPost, incident: str, reason: str) -> None:
        self._join(item, Membership(incident, item.post.key, "thread", reason, 1.0))

    def _by_reprint(self, item: ReadPost) -> bool:
        original = self._originals.get(item.post.key)
        incident = self._incident_of.get(original.key) if original else None
        if not original or not incident or incident in self._banned(item.post):
            return False
        if not self._can_be_copied(self._items[original.key]) or self._sells(item):
            return False
        said = self._items[original.key].post
        reason = f"与《{headline(said.title, said.text)}》（{said.source}）文字重合 {original.containment:.0%}"
        join = Membership(incident, item.post.key, "reprint", reason, original.containment, original.key)
        self._join(item, join)
        self._join_waiting(item.post)
        return True

    def _by_likeness(self, item: ReadPost) -> bool:
        """A complaint about the bank joins what it is likely about, or opens an incident.

        A root that complains of nothing, or does not say of whom, opens none but may belong to one: a report, an answer
        of the bank, a complaint that leaves the name out; not what is said of another bank.
        """
        if not _accuses(item) and (not item.post.is_root or self._sells(item) or self._is_elsewhere(item)):
            return False
        best = self._likeliest(item)
        if best and best[1].score >= self._needed(item, best[1]) and not self._is_early(item, best[0]):
            self._join_similar(item, best)
        elif _accuses(item) and self._may_open(item):
            self._open(item, best)
        else:
            return False
        self._join_waiting(item.post)
        return True

    def _needed(self, item: ReadPost, likeness: Likeness) -> float:
        """The chance from which a post joins.

        Most of what a county writes is about no matter of the bank: what shows no sign of one has to be surer. A sign
        is that it complains, names the bank or a branch, or is by somebody who spoke of the matter before.
        """
        if self._is_idle(item):
            return self._config.quiet_score
        if not {"author", "standing"}.isdisjoint(likeness.agree):
            return self._config.join_score
        if self._stands_alone(item):
            return self._config.own_score
        sign = item.reading.about or item.reading.complains or self._note(item).slots.branches
        return self._config.join_score if sign else self._config.quiet_score

    def _is_idle(self, item: ReadPost) -> bool:
        """Whether no more than a name ties it to the bank: a catch at the branch's reservoir, the bank's own fair."""
        note, calm = self._note(item), not (item.reading.about or item.reading.complains)
        return (calm and not note.banking) or (note.ours and not note.answers)

    def _is_early(self, item: ReadPost, incident: str) -> bool:
        """Whether it spoke calmly long before anybody complained of the matter: of 550 calm first posts none did."""
        long_before = item.post.moment + _LONG_BEFORE < self._gallery[incident].first_at
        return long_before and not item.reading.complains

    def _stands_alone(self, item: ReadPost) -> bool:
        """Whether it may be a matter of its own: a first post that accuses the bank of what does not concern it whole.

        In doubt it opens an incident, for what joins wrongly is told of to nobody.
        """
        bank_wide = not set(item.reading.topics).isdisjoint(self._config.bank_wide_topics)
        return item.post.is_root and _accuses(item) and not bank_wide

    def _likeliest(self, item: ReadPost) -> tuple[str, Likeness] | None:
        profile = self._profile(item, with_root=_accuses(item))
        return self._gallery.likeliest(profile, self._banned(item.post) | self._left(item.post), item)

    def _left(self, post: Post) -> frozenset[str]:
        """The incident of a reply's thread: a reply that is to be placed by likeness leaves it."""
        incident = None if post.is_root else self._threads.get(_thread(post))
        return frozenset({incident[0]} if incident else ())

    def _unnamed(self, item: ReadPost) -> None:
        """A grievance about banking that does not say of which bank opens an incident when nothing else takes it.

        So do three who complain below one another, however mildly. It may be another bank's: what nobody names stays
        below the levels that wake people (``named_floor``).
        """
        grave = item.reading.unnamed >= _GRIEVANCE and item.reading.negativity >= self._config.unnamed_opens
        joined = bool(item.reading.unnamed) and self._unnamed_talk[_thread(item.post)] >= _SEVERAL
        may = self._config.unnamed_opens < 1 and item.post.is_root and not self._sells(item)
        if may and (grave or joined):
            self._open(item, self._likeliest(item))
            self._join_waiting(item.post)

    def _join_similar(self, item: ReadPost, best: tuple[str, Likeness]) -> None:
        incident, likeness = best
        self._join(item, Membership(incident, item.post.key, "similar", likeness.reason, likeness.score))

    def _open(self, item: ReadPost, best: tuple[str, Likeness] | None) -> None:
        post = item.post
        same = best[0] if best and best[1].score >= self._config.maybe_score else None
        name = incident_id(self._bank.name, post, self._matters, self._banned(post))
        incident = Incident(name, self._bank.name, self._title(item), (), post.moment, post.moment, None, same)
        self._matters[incident.id] = _Matter(incident)
        self._gallery.open(incident.id, post.moment, post.moment)
        near = f"，与最相近的 {best[0]} {best[1].reason}" if best and best[1].score >= _NEAR else "，没有相近的事件"
        opens = "疑似同一事件，另立待人工判断" if same else "新事件"
        opens += "" if item.reading.about else "（没有点名哪家银行）"
        self._join(item, Membership(incident.id, post.key, "opens", opens + near, 1.0))

    def _join(self, item: ReadPost, membership: Membership) -> None:
        matter = self._matters[membership.incident]
        newer = item.post.moment > self._gallery[membership.incident].last_at
        if matter.incident.closed_at and newer and item.reading.negative:
            matter.incident = replace(matter.incident, closed_at=None)
        speaks = membership.how == "opens" or item.post.is_root
        self._take_up(membership.incident, item, speaks=speaks)
        matter.changed = True
        self._memberships.append(membership)

    def _join_waiting(self, post: Post) -> None:
        """The posts of a thread that were passed over before the thread was found to be in an incident."""
        incident = self._threads[_thread(post)][0]
        root = self._roots.get(_thread(post))
        if root and root.post.key not in self._incident_of and self._may_follow(root, incident):
            self._join_thread(root, incident, "帖中的回复已归入本事件")
        for item in self._waiting.pop(_thread(post), []):
            if item.post.key not in self._incident_of and not self._by_thread(item):
                self._waiting[_thread(post)].append(item)

    def _may_follow(self, root: ReadPost, incident: str) -> bool:
        concerns = root.reading.about or self._note(root).ours
        return concerns and incident not in self._banned(root.post)

    # helpers

    def _note(self, item: ReadPost) -> Note:
        return noted(self._shelf, self._bank, item.post)

    def _profile(self, item: ReadPost, *, with_root: bool = False) -> Profile:
        """A reply outside an incident is compared together with the root that it answers."""
        post, note = item.post, self._note(item)
        root = self._roots.get(_thread(post)) if with_root and not post.is_root else None
        above = self._note(root) if root else None
        topics = Counter(item.reading.topics)
        if item.reading.negative:
            topics.update(self._talk[_thread(post)])
        if not item.reading.topics:
            topics.update({*note.themes, *item.reading.leaning})
            topics.update({*above.themes, *root.reading.leaning} if above and root else ())
        return Profile(
            vector=vector(note.told + above.told) if above else note.vector,
            topics=weigh(topics, self._config.vague_topics),
            slots=note.slots | above.slots if above else note.slots,
            platform=post.platform,
            author=note.author,
            day=days_of(post.moment),
            name=post.author.name if post.author else None,
            credited=note.credited,
            answers=note.answers,
            follows_up=note.follows_up or self._goes_on(item),
            negativity=item.reading.negativity,
            about=item.reading.about,
            accuses=_accuses(item),
            unnamed=bool(item.reading.unnamed),
            banking=note.banking,
            local=note.local,
            other_bank=note.other_bank,
            talk=post.kind == "thread",
        )

    def _banned(self, post: Post) -> frozenset[str]:
        """The incidents that people keep the post out of."""
        return self._apart.posts.get(post.key, frozenset()) | self._apart.threads.get(_thread(post), frozenset())

    def _goes_on(self, item: ReadPost) -> bool:
        """Whether it speaks calmly of banking and leaves out of which bank: who told of one before need not say."""
        return self._note(item).banking and not item.reading.about and not item.reading.complains

    def _sells(self, item: ReadPost) -> bool:
        return not item.reading.negative and is_advert(self._note(item).plain)

    def _is_elsewhere(self, item: ReadPost) -> bool:
        """Whether it speaks of another bank, or of policies and advice that are nobody's matter."""
        note = self._note(item)
        return not item.reading.about and (note.other_kind or is_general(note.plain))

    def _may_open(self, item: ReadPost) -> bool:
        """Several complaints are a matter, or a sentence; not a lone 呵呵, nor a vague grumble under a calm root."""
        if sum(self._talk[_thread(item.post)].values()) > 1:
            return True
        root, named = self._roots.get(_thread(item.post)), set(item.reading.topics) - set(self._config.vague_topics)
        if root and not root.reading.negative and item.reading.severity < _GRIEVANCE and not named:
            return False
        return len(self._note(item).squeezed) >= _SHORT

    def _title(self, item: ReadPost) -> str:
        root = self._roots.get(_thread(item.post))
        said = root.post if root and len(self._note(item).squeezed) < _SHORT else item.post
        # Of a post of pictures alone the text is a placeholder: what stands in them says more.
        told = said.picture_text if said.picture_text and not squeeze(normalise(said.text)) else said.text
        return headline(said.title, told)

    def _finished(self, matter: _Matter) -> Incident:
        portrait = self._gallery[matter.incident.id]
        return replace(
            matter.incident,
            topics=telling(self._complaints[matter.incident.id]),
            opened_at=min(matter.incident.opened_at, portrait.first_at),
            last_post_at=portrait.last_at,
        )

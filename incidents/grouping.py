"""Grouping: which posts speak of one matter, and why. By thread, then by reprint, then by likeness (decision 0006)."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.clock import local
from domain.incidents import Grouping, Incident, Membership, ReadPost
from domain.posts import Post, full_text
from domain.readings import Bank
from incidents.config import GroupingConfig
from incidents.gallery import Gallery
from incidents.reprints import Original, find_originals
from incidents.similarity import Likeness, Profile, vector
from incidents.slots import is_advert, local_names, read_slots
from incidents.text import any_of, headline, normalise, squeeze

Known = Sequence[tuple[Incident, Sequence[ReadPost]]]
Thread = tuple[str, str]

_SHORT, _LONG = 6, 60


def group(bank: Bank, known: Known, posts: Sequence[ReadPost], config: GroupingConfig) -> Grouping:
    """Put ``posts`` into the ``known`` incidents or into new ones; returns what is new or changed.

    The order within ``posts`` does not matter, and the same input gives the same ids. A post that joins nothing has no
    membership. What was decided before is never changed; merging and splitting are left to people.
    """
    batch = sorted({item.post.key: item for item in posts}.values(), key=_order)
    return _Grouper(bank, known, batch, config).run()


def _order(item: ReadPost) -> tuple[object, ...]:
    return (item.post.moment, item.post.source, item.post.id)


def _thread(post: Post) -> Thread:
    return (post.source, post.thread)


def _is_root(post: Post) -> bool:
    return post.id == post.thread


@dataclass(slots=True)
class _Matter:
    """An incident while a batch is grouped."""

    incident: Incident
    changed: bool = False


class _Grouper:
    """One batch. Known posts are laid in first; then the batch in order of time; then what only became clear later."""

    def __init__(self, bank: Bank, known: Known, batch: Sequence[ReadPost], config: GroupingConfig) -> None:
        self._bank = bank
        self._config = config
        self._names = any_of(local_names(bank))
        members = sorted((item for _incident, items in known for item in items), key=_order)
        placed = {item.post.key for item in members}
        self._batch = [item for item in batch if item.post.key not in placed]
        self._matters: dict[str, _Matter] = {}
        self._gallery = Gallery(config)
        self._incident_of: dict[int, str] = {}
        self._items: dict[int, ReadPost] = {}
        self._profiles: dict[tuple[int, ...], Profile] = {}
        self._threads: dict[Thread, tuple[str, bool]] = {}
        self._memberships: list[Membership] = []
        self._roots = {_thread(item.post): item for item in self._batch if _is_root(item.post)}
        self._talk: defaultdict[Thread, Counter[str]] = defaultdict(Counter)
        for item in self._batch:
            if item.reading.negative:
                self._talk[_thread(item.post)].update(item.reading.topics)
        self._waiting: defaultdict[Thread, list[ReadPost]] = defaultdict(list)
        self._originals = self._find_originals(members)
        self._lay_in(known)

    def run(self) -> Grouping:
        for item in self._batch:
            self._place(item)
        for items in list(self._waiting.values()):
            for item in list(items):
                if item.post.key not in self._incident_of:
                    self._by_reprint(item)
        changed = sorted((m for m in self._matters.values() if m.changed), key=lambda m: m.incident.id)
        return Grouping(tuple(self._finished(matter) for matter in changed), tuple(self._memberships))

    # what is there

    def _lay_in(self, known: Known) -> None:
        for incident, items in sorted(known, key=lambda pair: pair[0].id):
            self._matters[incident.id] = _Matter(incident)
            self._gallery.open(incident.id, incident.opened_at, incident.last_post_at)
            for number, item in enumerate(sorted(items, key=_order)):
                self._take_up(incident.id, item, speaks=number == 0 or _is_root(item.post))

    def _take_up(self, incident: str, item: ReadPost, *, speaks: bool) -> None:
        """Let a post add to what is known of an incident."""
        post = item.post
        self._incident_of[post.key] = incident
        self._items[post.key] = item
        if _is_root(post) or _thread(post) not in self._threads:
            self._threads[_thread(post)] = (incident, _is_root(post))
        self._gallery.note(incident, post.moment, item.reading.topics if item.reading.negative else ())
        if speaks:
            self._gallery.show(incident, self._profile(item))

    def _find_originals(self, members: Sequence[ReadPost]) -> dict[int, Original]:
        earlier = [(item.post.key, self._body(item.post)) for item in members if _can_be_copied(item)]
        texts = [(item.post.key, self._body(item.post)) for item in self._batch]
        return find_originals(earlier, texts, self._config)

    def _body(self, post: Post) -> str:
        """What a reprint repeats: the text without the title, which is often reworded, and without the names.

        Words in pictures do not count: two customers who meet the same screen do not copy one another.
        """
        return self._names.sub(" ", post.text if len(post.text) >= _LONG else full_text(post.title, post.text))

    # placing one post

    def _place(self, item: ReadPost) -> None:
        if item.post.key in self._incident_of or self._by_thread(item) or self._by_reprint(item):
            return
        if item.reading.negative and item.reading.about:
            self._by_likeness(item)
        else:
            self._waiting[_thread(item.post)].append(item)

    def _by_thread(self, item: ReadPost) -> bool:
        incident, rooted = self._threads.get(_thread(item.post), ("", False))
        if not incident or not (rooted or item.reading.about) or self._sells(item):
            return False
        self._join_thread(item, incident, "所在的帖子已归入本事件")
        return True

    def _join_thread(self, item: ReadPost, incident: str, reason: str) -> None:
        self._join(item, Membership(incident, item.post.key, "thread", reason, 1.0))

    def _by_reprint(self, item: ReadPost) -> bool:
        original = self._originals.get(item.post.key)
        incident = self._incident_of.get(original.key) if original else None
        if not original or not incident or not _can_be_copied(self._items[original.key]) or self._sells(item):
            return False
        said = self._items[original.key].post
        reason = f"与《{headline(said.title, said.text)}》（{said.source}）文字重合 {original.containment:.0%}"
        join = Membership(incident, item.post.key, "reprint", reason, original.containment, original.key)
        self._join(item, join)
        self._join_waiting(item.post)
        return True

    def _by_likeness(self, item: ReadPost) -> None:
        best = self._gallery.best(self._profile(item, with_root=True))
        if best and best[1].score >= self._config.join_score:
            incident, likeness = best
            self._join(item, Membership(incident, item.post.key, "similar", likeness.reason, likeness.score))
        elif self._says_something(item):
            self._open(item, best)
        else:
            self._waiting[_thread(item.post)].append(item)
            return
        self._join_waiting(item.post)

    def _open(self, item: ReadPost, best: tuple[str, Likeness] | None) -> None:
        post = item.post
        same = best[0] if best and best[1].score >= self._config.maybe_score else None
        incident = Incident(
            self._new_id(post), self._bank.name, self._title(item), (), post.moment, post.moment, None, same
        )
        self._matters[incident.id] = _Matter(incident)
        self._gallery.open(incident.id, post.moment, post.moment)
        near = f"，与最相近的 {best[0]} {best[1].reason}" if best and best[1].score >= 0.2 else "，没有相近的事件"
        opens = "疑似同一事件，另立待人工判断" if same else "新事件"
        self._join(item, Membership(incident.id, post.key, "opens", opens + near, 1.0))

    def _join(self, item: ReadPost, membership: Membership) -> None:
        matter = self._matters[membership.incident]
        newer = item.post.moment > self._gallery[membership.incident].last_at
        if matter.incident.closed_at and newer and item.reading.negative:
            matter.incident = replace(matter.incident, closed_at=None)
        speaks = membership.how == "opens" or _is_root(item.post)
        self._take_up(membership.incident, item, speaks=speaks)
        matter.changed = True
        self._memberships.append(membership)

    def _join_waiting(self, post: Post) -> None:
        """The posts of a thread that were passed over before the thread was found to be in an incident."""
        root = self._roots.get(_thread(post))
        if root and root.post.key not in self._incident_of and (root.reading.about or self._is_ours(root.post)):
            self._join_thread(root, self._threads[_thread(post)][0], "帖中的回复已归入本事件")
        for item in self._waiting.pop(_thread(post), []):
            if item.post.key not in self._incident_of and not self._by_thread(item):
                self._waiting[_thread(post)].append(item)

    # helpers

    def _profile(self, item: ReadPost, *, with_root: bool = False) -> Profile:
        """A reply outside an incident is compared together with the root that it answers."""
        post = item.post
        root = self._roots.get(_thread(post)) if with_root else None
        said = (post, root.post) if root and root.post.key != post.key else (post,)
        keys = tuple(part.key for part in said)
        if keys in self._profiles:
            return self._profiles[keys]
        text = "\n".join(normalise(part.full_text) for part in said)
        self._profiles[keys] = Profile(
            vector=vector(squeeze(self._names.sub(" ", text))),
            topics=Counter(item.reading.topics) + self._talk[_thread(post)],
            slots=read_slots(text, self._bank, post.moment),
            platform=post.platform,
            author=(post.author.key or post.author.name) if post.author else None,
            moment=post.moment,
        )
        return self._profiles[keys]

    def _is_ours(self, post: Post) -> bool:
        """Whether the bank itself published it: its notices say 我行, not its name."""
        return bool(post.author and post.author.name in (self._bank.name, *self._bank.aliases))

    def _sells(self, item: ReadPost) -> bool:
        return not item.reading.negative and is_advert(normalise(item.post.full_text))

    def _says_something(self, item: ReadPost) -> bool:
        """A lone 呵呵 under a neutral root is no matter; several complaints are, or a sentence."""
        talk = sum(self._talk[_thread(item.post)].values())
        return talk > 1 or len(squeeze(normalise(item.post.full_text))) >= _SHORT

    def _title(self, item: ReadPost) -> str:
        root = self._roots.get(_thread(item.post))
        said = root.post if root and len(squeeze(normalise(item.post.full_text))) < _SHORT else item.post
        # Of a post of pictures alone the text is a placeholder: what stands in them says more.
        return headline(said.title, said.text if squeeze(normalise(said.text)) else said.picture_text or said.text)

    def _new_id(self, post: Post) -> str:
        digest = hashlib.sha256("\n".join((self._bank.name, post.source, post.id)).encode()).hexdigest()
        day = f"{local(post.moment):%Y%m%d}"
        lengths = range(4, len(digest) + 1)
        return next(name for n in lengths if (name := f"{day}-{digest[:n]}") not in self._matters)

    def _finished(self, matter: _Matter) -> Incident:
        portrait = self._gallery[matter.incident.id]
        ranked = Counter(dict(sorted(portrait.topics.items()))).most_common()
        return replace(
            matter.incident,
            topics=tuple(topic for topic, _count in ranked),
            opened_at=min(matter.incident.opened_at, portrait.first_at),
            last_post_at=portrait.last_at,
        )


def _can_be_copied(item: ReadPost) -> bool:
    """A neutral reply is no original: the same words under many posts are a habit, or an advertisement."""
    return _is_root(item.post) or item.reading.negative

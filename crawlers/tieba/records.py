"""A thread that was read → observation records (docs/interfaces.md) of what changed, and its new state. Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crawlers.tieba.answers import Answer, Comment, Counts, Entry, Post, Writer
from crawlers.tieba.memory import FloorState, ThreadState
from crawlers.tieba.reading import Reading
from domain.clock import iso

Record = dict[str, Any]
_NAMES = {"replies": "comments"}
_RELEASE = timedelta(days=1)
_TELLING = ("replies", "likes", "shares", "favorites")


def thread_url(tid: str) -> str:
    """The page of a thread for people."""
    return f"https://tieba.baidu.com/p/{tid}"


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes the records of one source: a thread's opening post is ``t`` and its id, a reply ``p`` and its own, a
    comment ``c`` and its own. ``keep`` keeps an answer as evidence and gives its name.
    """

    source: str
    keep: Callable[[Answer], str | None]

    def missing(self, reading: Reading, tid: str, state: ThreadState) -> bool:
        """Whether a post that was there before is not on the pages of a whole reading."""
        shown = {id_ for id_, _ in self._posts(reading, tid)}
        return any(mark and id_ not in shown for id_, mark in state.posts.items())

    def settle(
        self, reading: Reading, tid: str, state: ThreadState, entry: Entry | None, now: datetime
    ) -> tuple[list[Record], ThreadState]:
        """What changed since ``state``, and the state from now on. ``reading`` has a head."""
        counts = _counts(reading, entry)
        posts, told = dict(state.posts), list[Record]()
        for id_, record in self._posts(reading, tid):
            mark = _mark(record)
            if id_ == f"t{tid}":
                record["metrics"] = {_NAMES.get(name, name): count for name, count in counts.items()}
            if _changed(posts.get(id_), mark) or (id_ == f"t{tid}" and _moved(counts, state)):
                told.append(record)
            posts[id_] = mark
        floors, comments = self._floors(reading, tid, state)
        told += comments
        gone, doubted = _gone(posts, {id_ for id_, _ in self._posts(reading, tid)}, state, reading)
        told += [self._deleted(tid, id_) for id_ in gone]
        posts |= dict.fromkeys(gone, "")
        after = {
            "posts": posts,
            "floors": floors,
            "doubted": doubted,
            **_after(reading, state, entry, now, bool(doubted)),
        }
        after |= _requests(reading, state, counts, told_root=any(record["id"] == f"t{tid}" for record in told))
        return self._finished(told, reading, now), state.model_copy(update=after)

    def vanish(
        self, tid: str, state: ThreadState, entry: Entry | None, now: datetime
    ) -> tuple[list[Record], ThreadState]:
        """All posts and comments of a thread that is not there any more, as deleted.

        One that a list shows all the same is hidden; it is asked for again when it moves, and while it is so new that
        it may only be waiting for its release.
        """
        floors = {post: floor.marks for post, floor in state.floors.items()}
        visible = [id_ for id_, mark in state.posts.items() if mark]
        visible += [id_ for marks in floors.values() for id_, mark in marks.items() if mark]
        records = [{**self._deleted(tid, id_), "observed_at": iso(now)} for id_ in visible]
        after = {
            "posts": dict.fromkeys(state.posts, ""),
            "floors": {post: FloorState(marks=dict.fromkeys(marks, "")) for post, marks in floors.items()},
            "visited": now,
            "gone": True,
            "due": False,
        }
        if entry and entry.created < (now - _RELEASE).timestamp():
            after |= {"listed": entry.counts.replies, "last": entry.last}
        return records, state.model_copy(update=after)

    def _posts(self, reading: Reading, tid: str) -> Iterator[tuple[str, Record]]:
        head = reading.head
        assert head is not None
        if head.opening not in reading.posts and not any(post.floor == 1 for post in reading.posts.values()):
            # The opening post alone was taken away: what the thread itself says of it is the root of the rest.
            yield f"t{tid}", self._record(tid, f"t{tid}", head.title, Post(
                head.opening, 1, head.writer, head.said, head.created, None, 0, ()
            ))  # fmt: skip
        for post in reading.posts.values():
            root = post.id == head.opening or post.floor == 1
            id_ = f"t{tid}" if root else f"p{post.id}"
            yield id_, self._record(tid, id_, head.title if root else None, post)

    def _record(self, tid: str, id_: str, title: str | None, post: Post) -> Record:
        root = id_ == f"t{tid}"
        metrics = {"likes": post.likes, "comments": post.replies if post.replies >= 0 else None}
        return {
            **self._bare(tid, id_),
            "reply_to": None if root else f"t{tid}",
            "author": _author(post.writer),
            "title": html.escape(title, quote=False) if title else None,
            # The door takes mark-up off; what is left of it in a text are the writer's own signs.
            "text": html.escape(post.said.text, quote=False) if post.said.text or not root else "",
            "published_at": _time(post.created),
            "metrics": {name: count for name, count in metrics.items() if count is not None},
            "pictures": post.said.pictures,
            "answer": f"p{post.id}",
        }

    def _floors(self, reading: Reading, tid: str, state: ThreadState) -> tuple[dict[str, FloorState], list[Record]]:
        """The comments that changed, and what is known of the comments from now on."""
        floors, told = dict(state.floors), list[Record]()
        for post in reading.posts.values():
            before = floors.get(str(post.id), FloorState())
            parent = f"t{tid}" if reading.head and post.id == reading.head.opening else f"p{post.id}"
            marks = dict(before.marks)
            for comment in reading.floors[post.id].values():
                record = self._comment(tid, parent, comment)
                mark = _mark(record)
                if _changed(marks.get(record["id"]), mark):
                    told.append(record)
                if record["id"] not in marks or comment.likes is not None or _changed(marks[record["id"]], mark):
                    marks[record["id"]] = mark
            complete = post.id in reading.complete
            if complete:
                shown = {f"c{comment}" for comment in reading.floors[post.id]}
                lost = [id_ for id_, mark in marks.items() if mark and id_ not in shown]
                told += [self._deleted(tid, id_) for id_ in lost]
                marks |= dict.fromkeys(lost, "")
            if complete or post.id in reading.overlong or marks:
                settled = complete or post.id in reading.overlong
                floors[str(post.id)] = FloorState(told=post.replies if settled else before.told, marks=marks)
        return floors, told

    def _comment(self, tid: str, parent: str, comment: Comment) -> Record:
        return {
            **self._bare(tid, f"c{comment.id}"),
            "reply_to": parent,
            "author": _author(comment.writer),
            "text": html.escape(comment.said.text, quote=False),
            "published_at": _time(comment.created),
            "metrics": {} if comment.likes is None else {"likes": comment.likes},
            "pictures": comment.said.pictures,
            "answer": f"c{comment.id}",
        }

    def _deleted(self, tid: str, id_: str) -> Record:
        return {**self._bare(tid, id_), "text": "", "deleted": True}

    def _bare(self, tid: str, id_: str) -> Record:
        anchor = f"?pid={id_[1:]}#{id_[1:]}" if id_[0] == "p" else ""
        return {
            "source": self.source,
            "platform": "tieba",
            "id": id_,
            "kind": {"t": "thread", "p": "reply", "c": "comment"}[id_[0]],
            "thread": f"t{tid}",
            "url": f"{thread_url(tid)}{anchor}",
        }

    def _finished(self, records: list[Record], reading: Reading, now: datetime) -> list[Record]:
        """With the time, and the names of the answers that bring something new, each of which is kept once."""
        kept: dict[int, str | None] = {}
        finished = []
        for record in records:
            answer = reading.answers.get(record.pop("answer", ""))
            if answer and id(answer) not in kept:
                kept[id(answer)] = self.keep(answer)
            capture = kept[id(answer)] if answer else None
            finished.append({**record, "observed_at": iso(now), "capture": capture})
        return finished


def _author(writer: Writer) -> Record | None:
    name = html.escape(writer.name, quote=False) if writer.name else None
    return {"id": writer.id, "name": name} if writer.id or name else None


def _time(seconds: int) -> str | None:
    return iso(datetime.fromtimestamp(seconds, UTC)) if 0 < seconds < 2**32 else None


def _counts(reading: Reading, entry: Entry | None) -> dict[str, int]:
    """The thread's counters as it tells them itself; where it is silent, those of the list."""
    own = reading.head.counts if reading.head else Counts()
    listed = asdict(entry.counts) if entry else {}
    both = {name: count if count is not None else listed.get(name) for name, count in asdict(own).items()}
    return {name: count for name, count in both.items() if count is not None}


def _moved(counts: dict[str, int], state: ThreadState) -> bool:
    """Other replies, likes or shares; or more views than we ourselves have made since the last word."""
    views, before = counts.get("views"), state.counts.get("views")
    by_others = views is not None and (before is None or views > before + state.requests)
    return by_others or any(counts.get(name) != state.counts.get(name) for name in _TELLING)


def _requests(reading: Reading, state: ThreadState, counts: dict[str, int], *, told_root: bool) -> Record:
    if told_root:
        return {"counts": counts, "requests": reading.pages}
    return {"requests": state.requests + reading.pages}


def _gone(
    posts: dict[str, str], shown: set[str], state: ThreadState, reading: Reading
) -> tuple[list[str], tuple[str, ...]]:
    """Posts that are not in a whole reading any more; where they are many, only once they are missing again."""
    if not reading.whole:
        return [], state.doubted
    visible = [id_ for id_, mark in posts.items() if mark]
    lost = [id_ for id_ in visible if id_ not in shown]
    many = len(lost) > max(3, len(visible) // 2)
    believed = [id_ for id_ in lost if not many or id_ in state.doubted]
    return believed, tuple(id_ for id_ in lost if id_ not in set(believed))


def _after(reading: Reading, state: ThreadState, entry: Entry | None, now: datetime, gone_in_doubt: bool) -> Record:
    assert reading.head is not None
    times = [post.created for post in reading.posts.values()]
    times += [comment.created for floor in reading.floors.values() for comment in floor.values()]
    seen = [datetime.fromtimestamp(time, UTC) for time in times if 0 < time <= now.timestamp()]
    active = max((*seen, *([state.active] if state.active else [])), default=None)
    after: Record = {"title": reading.head.title, "active": active, "opening": reading.head.opening}
    if reading.fault is not None:
        return {**after, "due": True}
    if reading.following:
        return {**after, "due": True, "gone": False, "visited": now, "resume": reading.following}
    if gone_in_doubt:
        return {**after, "due": True, "gone": False, "visited": now}
    listed = {"listed": entry.counts.replies, "last": entry.last} if entry else {}
    resume = reading.last_page if reading.skipped and reading.last_page > 1 else None
    return {**after, "due": False, "gone": False, "visited": now, "resume": resume, **listed}


def _mark(record: Record) -> str:
    """The digest of a post's words, with its likes where they are known."""
    words = f"{record.get('title') or ''}\0{record['text']}"
    digest = hashlib.sha256(words.encode(errors="replace")).hexdigest()[:12]
    likes = record["metrics"].get("likes")
    return digest if likes is None else f"{digest}.{likes}"


def _changed(before: str | None, now: str) -> bool:
    """Whether a post is new, back again, or has other words or likes. Likes that are unknown now have not changed, and
    none where they were unknown before are no news.
    """
    if not before:
        return True
    (old_words, _, old_likes), (new_words, _, new_likes) = before.partition("."), now.partition(".")
    return old_words != new_words or bool(new_likes and new_likes != (old_likes or "0"))

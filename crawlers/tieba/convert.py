"""aiotieba's objects → our own records. Pure; knows their attributes, and imports nothing of aiotieba."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from crawlers.tieba.answers import (
    Answer,
    Comment,
    CommentPage,
    Counts,
    Entry,
    Hit,
    ListPage,
    Post,
    Said,
    SearchPage,
    ThreadPage,
    Writer,
)

# Who writes without an account is called by the beginning of his IP address.
_ADDRESS = re.compile(r"\d{1,3}\.\d{1,3}\.[\d*]{1,3}\.[\d*]{1,3}|[0-9a-f]{1,4}(?::[0-9a-f*]{0,4}){3,7}", re.IGNORECASE)


def list_page(found: Any) -> ListPage:
    """A page of a bar's threads."""
    return ListPage(tuple(map(_entry, found.objs)), found.forum.thread_num, bool(found.has_more))


def thread_page(found: Any, answer: Answer) -> ThreadPage:
    """A page of a thread."""
    thread = found.thread
    return ThreadPage(
        title=thread.title,
        opening=thread.pid,
        counts=_counts(thread, favorites=thread.collect_num),
        writer=_writer(thread.user),
        said=_said(thread.contents.objs),
        created=thread.create_time,
        posts=tuple(map(_post, found.objs)),
        number=found.page.current_page,
        more=bool(found.has_more),
        answer=answer,
    )


def comment_page(found: Any, answer: Answer) -> CommentPage:
    """A page of the comments under a post."""
    comments = tuple(_comment(comment, likes=_count(comment.agree)) for comment in found.objs)
    return CommentPage(comments, bool(found.has_more), answer)


def search_page(found: Any) -> SearchPage:
    """A page of what was found."""
    hits = [Hit(hit.tid, hit.ppid, hit.pid if hit.pid != hit.ppid else None, hit.create_time) for hit in found.objs]
    return SearchPage(tuple(hits), bool(found.has_more))


def _entry(thread: Any) -> Entry:
    pinned = bool(thread.is_top or thread.is_livepost)
    return Entry(thread.tid, thread.title, _counts(thread), thread.create_time, thread.last_time, pinned)


def _counts(thread: Any, favorites: int | None = None) -> Counts:
    return Counts(
        replies=_count(thread.reply_num),
        # The field is not in every answer, and what is not there reads as 0; our own visit has made it 1 at least.
        views=_count(thread.view_num) or None,
        likes=_count(thread.agree),
        shares=_count(thread.share_num),
        favorites=_count(favorites),
    )


def _count(value: int | None) -> int | None:
    return value if value is not None and value >= 0 else None


def _post(post: Any) -> Post:
    return Post(
        id=post.pid,
        floor=post.floor,
        writer=_writer(post.user),
        said=_said(post.contents.objs),
        created=post.create_time,
        likes=_count(post.agree),
        replies=post.reply_num,
        comments=tuple(map(_comment, post.comments)),
    )


def _comment(comment: Any, likes: int | None = None) -> Comment:
    return Comment(comment.pid, _writer(comment.user), _said(comment.contents.objs), comment.create_time, likes)


def _writer(user: Any) -> Writer:
    name = user.show_name or None
    if name and _ADDRESS.fullmatch(name.strip()):
        name = None
    return Writer(str(user.user_id) if user.user_id else user.portrait or None, name)


# By the kind of a fragment: its words. Advertisements (FragTiebaPlus) and what aiotieba does not know have none.
_WORDS: dict[str, Callable[[Any], str]] = {
    "FragText": lambda part: part.text,
    "FragAt": lambda part: part.text,
    "FragLink": lambda part: part.title or part.text,
    "FragEmoji": lambda part: f"[{part.desc}]" if part.desc else "",
    "FragItem": lambda part: part.text,
}
_PICTURES: dict[str, Callable[[Any], str]] = {
    "FragImage": lambda part: part.origin_src or part.big_src or part.src,
    "FragVideo": lambda part: part.cover_src,
}
_PLACEHOLDERS = {"FragImage": "[图片]", "FragVideo": "[视频]", "FragVoice": "[语音]"}


def _said(parts: Iterable[Any]) -> Said:
    words, instead, pictures = [], "", []
    for part in parts:
        kind = type(part).__name__.partition("_")[0]
        words.append(_WORDS[kind](part) if kind in _WORDS else "")
        pictures.append(_PICTURES[kind](part) if kind in _PICTURES else "")
        instead = instead or _PLACEHOLDERS.get(kind, "")
    text = "".join(words)
    return Said(text if text.strip() else instead, tuple(filter(None, pictures)))

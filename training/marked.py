"""Posts of marked streams as labelled texts: what the text stage meets in life (decision 0024)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from evaluation.grouping import answered, read_stream

Record = dict[str, Any]
Matter = tuple[str, str, str]
"""A stream, and its incident or the thread of a post that is of none."""


def stream_folders(folder: Path) -> list[Path]:
    """The marked streams in a folder, in order of name."""
    return sorted(hint.parent for hint in folder.glob("*/config_hint.json"))


def marked_posts(folder: Path, without: Collection[str] = ()) -> Iterator[tuple[Matter, Record]]:
    """Every post with words, as it first stood, and what it is about; those of streams ``without`` are left out.

    Which bank it speaks of and how grave it is are not marked: both are None.
    """
    for place in stream_folders(folder):
        if place.name not in without:
            yield from _posts(place)


def _posts(place: Path) -> Iterator[tuple[Matter, Record]]:
    stream = read_stream(place)
    bank = stream.bank
    for key, post in stream.posts.items():
        mark = stream.gold[key]
        matter = ("incident", mark["incident"]) if mark["incident"] else (post.source, post.thread)
        if post.full_text.strip():
            yield (
                (place.name, *matter),
                {
                    "id": f"{place.name}:{post.source}:{post.id}",
                    "platform": post.platform,
                    "watched": bank.name,
                    "aliases": bank.aliases,
                    "branches": bank.branches,
                    "county": bank.county,
                    "parent": answered(stream, post),
                    "text": post.full_text,
                    "about": None,
                    "topics": mark["topics"],
                    "negative": mark["negative"],
                    "severity": None,
                },
            )

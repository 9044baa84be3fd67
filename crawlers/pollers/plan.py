"""What a reading of a JSON interface needs to know, whatever kind of source it is configured as."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlers.parse.description import Description, Listing
from crawlers.parse.json_items import item_record


@dataclass(frozen=True)
class Root:
    """A video or article: its record without source and time of observation, and what ``{target}`` and ``{index}``
    stand for where its comments are asked for. ``asked`` False: the interface cannot be asked for its comments.
    """

    record: dict[str, Any]
    values: Mapping[str, int | str]
    asked: bool = True

    @property
    def id(self) -> str:
        """The id of its record."""
        return str(self.record["id"])


def video_roots(item: Any, listing: Listing) -> Sequence[Root]:
    """The video that one item of the interface's own list is; none where it has no id."""
    record = item_record(item, listing)
    return [video_root(record)] if record["id"] else []


def video_root(record: dict[str, Any]) -> Root:
    """The root that a video is. One without words keeps an empty text, and a title so that it can stand alone."""
    words = {} if record["text"] or record["title"] else {"text": "", "title": "（没有文字的视频）"}
    whole = {**record, **words, "kind": "video", "thread": record["id"]}
    return Root(whole, {"target": str(record["id"])})


@dataclass(frozen=True)
class Plan:
    """One source. ``params`` go with every request; ``targets`` are the configured roots, whose words win over those
    that the interface lists (``discover``). ``account`` is the name under which the bank itself answers.
    """

    name: str
    platform: str
    interface: Description
    delay_s: float
    max_minutes: float
    max_pages: int
    params: Mapping[str, int | str] = field(default_factory=dict)
    targets: tuple[Root, ...] = ()
    discover: bool = False
    account: str | None = None
    noun: str = "视频"
    roots_of: Callable[[Any, Listing], Sequence[Root]] = video_roots

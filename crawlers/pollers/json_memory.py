"""What is remembered of the comments below one root, and which of them are gone. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

GONE = "gone"
"""Stands for the digest of a comment that was told as deleted."""

AGAIN = ""
"""No digest is like this one: the comment counts as changed next time, and its replies are asked for again."""

_MOST_REMEMBERED = 20_000
_FEW = 3
_OWN = "-reply"


def own_reply_id(comment: str) -> str:
    """The id of the account's own answer to a comment: the platform gives it none."""
    return comment + _OWN


@dataclass
class Seen:
    """What is known below one root: the digest of each record, and the comment that a reply hangs ``under``.

    ``complete``: the list was read to its end without a fault. ``missed``: comments that were not on the last whole
    reading of a list that has no count of its own, or that was suddenly empty. ``short``: comments whose replies were
    clearly fewer than they say.
    """

    root: str
    known: dict[str, str] = field(default_factory=dict)
    under: dict[str, str] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    complete: bool = False
    short: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, kept: Mapping[str, Any], root: str) -> Seen:
        """What the last run's note says of this root. One that does not tell replies apart counts as none."""
        note = kept.get(root) or {}
        if "under" not in note:
            return cls(root)
        return cls(
            root,
            dict(note.get("known") or {}),
            dict(note["under"]),
            set(note.get("missed") or ()),
            bool(note.get("complete")),
            set(note.get("short") or ()),
        )

    def note(self) -> dict[str, Any]:
        """JSON values for the next run; of very many comments the newest."""
        known = dict(list(self.known.items())[-_MOST_REMEMBERED:])
        under = {reply: comment for reply, comment in self.under.items() if reply in known}
        missed = sorted(self.missed & known.keys())
        short = sorted(self.short & known.keys())
        return {"known": known, "under": under, "missed": missed, "complete": self.complete, "short": short}

    def shows(self, key: str) -> bool:
        """Whether it is known and was not told as deleted."""
        return self.known.get(key, GONE) != GONE

    def there(self) -> set[str]:
        """The ids of all that is known below the root and not gone, without the account's own answers."""
        return {key for key, digest in self.known.items() if digest != GONE and not self._no_comment(key)}

    def gone_below(self, comment: str, met: set[str], count: int | None) -> list[str]:
        """Replies that are gone from a wholly read list whose own count agrees with what was ``met``."""
        if count != len(met):
            return []
        return [reply for reply in self._below(comment) if reply not in met and not self._is_own(reply)]

    def gone_from(self, met: set[str], total: int | None) -> list[str]:
        """Comments, and what hangs on them, that are gone from a wholly read list of which ``met`` was there.

        The interface's own ``total`` has to agree: platforms also hide comments, and count them. Where there is no
        total a comment has to be missing from two readings, and never all of them. More than `_FEW` that are gone all
        at once have to be missing from two readings too: blocked interfaces were seen to count nothing.
        """
        lost = self._lost(met)
        left = self.there() - self.unseen(met)
        if total is not None and total not in (len(left), len(left - self.under.keys())):
            return []
        emptied = not left and len(lost) > _FEW
        if total is None or emptied:
            sure = [key for key in lost if (left or total is not None) and key in self.missed]
            lost, self.missed = sure, set(lost) - set(sure)
        return [gone for key in lost for gone in (key, *self._below(key))]

    def unseen(self, met: set[str]) -> set[str]:
        """What is known and not told as deleted, but not on a wholly read list of which ``met`` was there."""
        lost = self._lost(met)
        return {*lost, *(reply for key in lost for reply in self._below(key))}

    def bury(self, gone: Iterable[str]) -> None:
        """Remember that these were told as deleted."""
        self.known.update(dict.fromkeys(gone, GONE))

    def _lost(self, met: set[str]) -> list[str]:
        return [key for key in self.there() if key not in met and key not in self.under]

    def _below(self, comment: str) -> list[str]:
        return [reply for reply, above in self.under.items() if above == comment and self.shows(reply)]

    def _is_own(self, key: str) -> bool:
        return key == own_reply_id(self.under.get(key, ""))

    def _no_comment(self, key: str) -> bool:
        return key == self.root or self._is_own(key)


def digest(record: Mapping[str, Any]) -> str:
    """Changes with the words and the counters of a record."""
    facts = json.dumps([record["text"], record["metrics"]], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(facts.encode(errors="replace")).hexdigest()[:12]

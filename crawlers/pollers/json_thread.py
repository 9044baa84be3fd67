"""Reads what hangs on one root of a JSON interface: its comments, their replies, and what is gone of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlers.parse.description import Description, Listing
from crawlers.parse.json_items import item_id, item_record, own_reply
from crawlers.pollers.json_memory import AGAIN, Seen, digest, own_reply_id
from crawlers.pollers.paging import Found, ListReading, PageReader, Sheet
from crawlers.pollers.plan import Plan, Root
from domain.errors import SourceError

FATAL = ("login", "blocked", "off")
"""Faults of the whole interface: asking for the next root would only meet them again."""


@dataclass
class Tally:
    """What one run gives, root by root."""

    records: list[dict[str, Any]] = field(default_factory=list)
    faults: list[SourceError] = field(default_factory=list)
    got: int = 0
    expected: int | None = None

    def expect(self, total: int | None) -> None:
        """Add the interface's own count of one list."""
        if total is not None:
            self.expected = (self.expected or 0) + total


class ThreadReader:
    """One root in one run. ``seen`` is brought up to date, records and faults go into ``tally``."""

    def __init__(self, plan: Plan, reader: PageReader, root: Root, seen: Seen, tally: Tally) -> None:
        self._plan = plan
        self._interface: Description = plan.interface
        self._reader = reader
        self._root = root
        self._record = root.record
        self._seen = seen
        self._before = dict(seen.known)
        self._tally = tally
        self._faults: list[SourceError] = []
        self._met: set[str] = set()

    def read(self, sheet: Sheet | None, *, whole: bool) -> None:
        """Read the comments, all of them where ``whole``. ``sheet``: the answer that the root itself came in."""
        above = len(self._tally.records)
        listing = self._interface.comments if self._root.asked else None
        reading = self._comments(listing, whole=whole) if listing else ListReading()
        total = reading.total if reading.total is not None else self._record["metrics"].get("comments")
        if total is not None:
            self._record["metrics"]["comments"] = total
        if self._note(self._record, sheet or reading.last):
            self._tally.records.insert(above, self._tally.records.pop())  # a root stands before what hangs on it
        if listing is None:
            self._tally.got += 1
            return
        if reading.whole and not self._faults:
            self._bury(self._seen.gone_from(self._met, total), reading.last)
        self._settle(reading, total)

    def tell(self, sheet: Sheet) -> None:
        """Note the root alone, as the answer ``sheet`` shows it, and ask for nothing."""
        self._note(self._record, sheet)
        self._tally.got += not (self._root.asked and self._interface.comments)

    def _comments(self, listing: Listing, *, whole: bool) -> ListReading:
        stops = listing.newest_first and self._seen.complete and not whole
        reading = self._reader.read(listing, self._root.values, lambda items: stops and self._all_known(items, listing))
        if reading.fault:
            self._faults.append(reading.fault)
        for found in reading.items:
            self._take_comment(found, listing)
        return reading

    def _take_comment(self, found: Found, listing: Listing) -> None:
        record = self._child(item_record(found.item, listing), listing, self._root.id)
        changed = self._note(record, found.sheet)
        if record["id"] is None:
            return
        self._met.add(record["id"])
        if listing.own_reply:
            self._take_own_reply(record["id"], own_reply(found.item, listing), found.sheet)
        if changed:
            self._replies(record, found)

    def _take_own_reply(self, comment: str, said: dict[str, Any] | None, sheet: Sheet) -> None:
        """The account's own answer, which has no id of its own; or that it was taken back."""
        key = own_reply_id(comment)
        if said is None:
            self._bury([key] if self._seen.shows(key) else [], sheet)
            return
        self._seen.under[key] = comment
        author = {"name": self._plan.account} if self._plan.account else None
        facts = {"id": key, "thread": self._root.id, "reply_to": comment, "kind": "comment", "author": author}
        self._note({**said, **facts}, sheet)

    def _replies(self, parent: dict[str, Any], found: Found) -> None:
        """Note the replies below one comment; after a fault of the whole interface they are left for the next run."""
        listing, count = self._interface.replies, parent["metrics"].get("comments")
        if listing is None:
            return
        if not count:
            self._bury(self._seen.gone_below(parent["id"], set(), count), found.sheet)
            return
        if any(fault.status in FATAL for fault in self._faults) or self._reader.hopeless:
            self._seen.known[parent["id"]] = AGAIN
            return
        reading = self._reader.read(listing, {**self._root.values, "comment": parent["id"]})
        met = {key for key in (self._take_reply(one, listing, parent["id"]) for one in reading.items) if key}
        if reading.fault:
            self._seen.known[parent["id"]] = AGAIN
            cause = f"评论 {parent['id']} 的回复{reading.fault.cause}"
            self._faults.append(SourceError(reading.fault.status, cause))
        elif reading.whole:
            self._bury(self._seen.gone_below(parent["id"], met, count), reading.last)
            self._compare(parent["id"], len(met), count)

    def _compare(self, comment: str, got: int, count: int) -> None:
        """Clearly fewer replies than the comment says are told and asked for once more: some are counted and hidden."""
        if got and count - got <= max(1, count // 10):
            self._seen.short.discard(comment)
        elif comment not in self._seen.short:
            self._seen.short.add(comment)
            self._seen.known[comment] = AGAIN
            self._faults.append(SourceError("partial", f"评论 {comment} 说有 {count} 条回复，只读到 {got} 条"))

    def _take_reply(self, found: Found, listing: Listing, parent: str) -> str | None:
        record = self._child(item_record(found.item, listing), listing, parent)
        key: str | None = record["id"]
        self._note(record, found.sheet)
        if key is not None:
            self._seen.under[key] = parent
        return key

    def _child(self, record: dict[str, Any], listing: Listing, parent: str) -> dict[str, Any]:
        key = self._scoped(record["id"], listing)
        place = {"id": key, "kind": "comment", "thread": self._root.id, "reply_to": record["reply_to"] or parent}
        return {**record, **place}

    def _scoped(self, key: str | None, listing: Listing) -> str | None:
        return f"{self._root.id}-{key}" if key and listing.scoped_ids else key

    def _all_known(self, items: Sequence[Any], listing: Listing) -> bool:
        return all(
            self._before.get(self._scoped(item_id(item, listing), listing) or "") == digest(item_record(item, listing))
            for item in items
        )

    def _note(self, record: dict[str, Any], sheet: Sheet | None) -> bool:
        """Keep a record where it is new or changed, and tell whether it is."""
        key, now = record["id"], digest(record)
        if key is None:
            self._tally.records.append(record)  # the door refuses it, and counts it
            return False
        fresh = self._before.get(key) != now
        if fresh and self._seen.known.get(key) != now:
            self._tally.records.append({**record, "capture": sheet.keep() if sheet else None})
        self._seen.known[key] = now
        return fresh

    def _bury(self, gone: Sequence[str], sheet: Sheet | None) -> None:
        """Tell once that these are not there any more."""
        for key in gone:
            capture = sheet.keep() if sheet else None
            place = {"id": key, "kind": "comment", "thread": self._root.id}
            self._tally.records.append({**place, "text": "", "metrics": {}, "deleted": True, "capture": capture})
        self._seen.bury(gone)

    def _settle(self, reading: ListReading, total: int | None) -> None:
        # An empty list beside a true count is no reading, though all that it counts was read on another day.
        unseen = self._seen.unseen(self._met) if reading.whole and total is not None else set()
        got = len(self._seen.there() - unseen)
        if not self._faults and total is not None and total - got > max(1, total // 10):
            self._faults.append(SourceError("partial", f"接口说有 {total} 条，只读到 {got} 条"))
        if reading.whole and not self._faults and self._seen.missed and not self._met:
            cause = f"已知的 {len(self._seen.missed)} 条评论都不见了，分不清是删除还是看不到"
            self._faults.append(SourceError("partial", cause))
        self._seen.complete = not self._faults
        where = f"{self._plan.noun} {self._root.id}"
        self._tally.faults += [SourceError(fault.status, f"{where} {fault.cause}") for fault in self._faults]
        if reading.items or not self._faults:
            self._tally.got += got
        # Some totals count the comments alone, and what was read has the replies too.
        self._tally.expect(None if total is None else max(total, got))

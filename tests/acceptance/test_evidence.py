"""Kept pages over the weeks: what goes, what stays, and what happens where the disk does not do its part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from crawlers.archive import Archive, Page
from domain.clock import to_utc
from domain.coverage import Collected
from pipeline.parts import Retention
from storage.store import SqlStore
from tests.acceptance.conftest import Day, ListSource
from tests.acceptance.test_the_day import a_dispute, memberships

OLD = 2000


class Keeping:
    """An archive, and the pages that the day's posts were seen on."""

    def __init__(self, day: Day, folder: Path) -> None:
        self.day = day
        self.archive = Archive(folder)
        day.parts = replace(day.parts, archive=self.archive, retention=Retention(7, 1095))

    def page(self, body: bytes) -> str:
        """A page that is kept now."""
        name = self.archive.keep(Page("https://bbs.example/", "GET", 200, {}, body, to_utc(self.day.now)))
        assert name is not None
        return name

    def seen(self, post: str) -> str:
        """Let the post be seen on a page of its own."""
        name = self.page(post.encode())
        for record in self.day.source.waiting:
            if record["id"] == post:
                record["capture"] = name
        return name


@pytest.fixture
def keeping(day: Day, tmp_path: Path) -> Keeping:
    """The day, with pages kept for a week, and for three years where an incident rests on them."""
    return Keeping(day, tmp_path / "evidence")


def later(day: Day, days: int) -> None:
    """So many days on: the sweep, by which incidents are closed and pages go."""
    day.at("09:00", days=days).sweep()


def test_a_page_goes_after_a_week_unless_an_incident_rests_on_it(day: Day, keeping: Keeping) -> None:
    """The page of the dispute stays for its three years, that of small talk does not."""
    dispute = keeping.seen(a_dispute(day))
    talk = keeping.seen(day.posts("今天天气真好", title="晒太阳"))
    later(day, 0)
    assert set(keeping.archive.names()) == {dispute, talk}
    later(day, 8)
    assert set(keeping.archive.names()) == {dispute}
    later(day, 100)
    later(day, 1000)
    assert set(keeping.archive.names()) == {dispute}
    later(day, 200)
    assert set(keeping.archive.names()) == set()


def test_a_held_incident_keeps_its_pages_however_old(day: Day, keeping: Keeping) -> None:
    """Until the hold is lifted, and then they go with the next sweep."""
    dispute = keeping.seen(a_dispute(day))
    later(day, 0)
    store = cast("SqlStore", day.parts.store)
    hold = store.place_hold(memberships(day)[0].incident, "王法务", "诉讼", day.parts.clock())
    later(day, 100)  # calm
    later(day, 1)  # closed
    later(day, OLD)
    assert set(keeping.archive.names()) == {dispute}
    store.lift_hold(hold.key, "王法务", day.parts.clock())
    later(day, 1)
    assert set(keeping.archive.names()) == set()


def test_a_disk_that_fails_is_told_and_stops_nothing(day: Day, keeping: Keeping) -> None:
    """Pages that could not be kept or removed stand in the summary and call a person; posts, mails and digest go on."""

    @dataclass
    class Keeper(ListSource):
        """Wants a page kept for every post."""

        def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
            for record in self.waiting:
                body = record["id"].encode()
                record["capture"] = keeping.archive.keep(Page("https://bbs.example/", "GET", 200, {}, body, now))
            return super().collect(memory, now, revisit)

    folder = keeping.archive.folder
    (folder / "2020-01-01" / "a-folder-in-the-way.warc.gz").mkdir(parents=True)
    (folder / "2026-03-16").write_text("a file in the way", encoding="utf-8")
    day.source = Keeper(day.source.door)
    day.parts = replace(day.parts, sources=[day.source])
    a_dispute(day)
    report = day.at("09:00").sweep()
    assert report is not None
    assert (report.attention, report.unkept, report.memberships) == (True, 5, 5)
    assert "证据页没有保存 5 页，过期的证据页没有清理（" in report.summary()
    assert day.inbox.subjects("日报")
    last = day.parts.store.last_run("sweep")
    assert last is not None
    assert (last.status, "证据页没有保存 5 页" in last.detail) == ("attention", True)


def test_nothing_is_removed_without_a_time_to_keep(day: Day, keeping: Keeping) -> None:
    """A replay on a borrowed clock must not take away what is really of today."""
    talk = keeping.page(b"talk")
    day.parts = replace(day.parts, retention=None)
    day.now += timedelta(days=OLD)
    day.sweep()
    assert set(keeping.archive.names()) == {talk}

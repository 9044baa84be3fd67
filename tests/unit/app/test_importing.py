"""Importing: good lines go in, bad ones stand beside the input, and no source's own account is touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from app.importing import import_file
from crawlers.door import Door
from domain.coverage import Collected, Coverage
from storage.store import open_store

NOW = datetime(2026, 3, 16, tzinfo=UTC)
SEEN_AT = "2026-03-16T08:00:00+08:00"
GOOD = {"source": "bbs", "id": "t1", "text": "利息少了", "observed_at": SEEN_AT, "author": {"id": "u9"}}


def test_bad_lines_are_kept_apart_and_the_rest_goes_in(tmp_path: Path) -> None:
    """Three lines, one of them broken: one post twice seen is one new post, the broken line is in the rejects file."""
    file = tmp_path / "posts.jsonl"
    later = {**GOOD, "observed_at": "2026-03-16T09:00:00+08:00"}
    file.write_text("\n".join([json.dumps(GOOD), '{"source": "bbs", "id": ', json.dumps(later)]), encoding="utf-8")
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    count = import_file(file, store, Door(b"key"), NOW)
    assert (count.observations, count.new, count.refused) == (2, 1, 1)
    assert count.rejects_file is not None
    assert json.loads(count.rejects_file.read_text(encoding="utf-8"))["line"] == 2


def test_an_import_leaves_the_sources_memory_and_blindness_alone(tmp_path: Path) -> None:
    """A blind source does not become seeing, nor forget where it was, because a file names it."""
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    account = Coverage("bbs", NOW, NOW, "login", 0, cause="要求登录")
    store.save_collected(Collected((), (), account, {"threads": 3}), None)
    file = tmp_path / "posts.jsonl"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    import_file(file, store, Door(b"key"), NOW)
    assert store.memory_of("bbs") == {"threads": 3}
    assert [blind.source for blind in store.blind_sources(NOW)] == ["bbs"]

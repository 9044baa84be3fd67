"""A small folder as MediaCrawler writes it, and the posts that it holds (expected.json beside it)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawlers.door import Door
from crawlers.imports.mediacrawler import import_export
from domain.clock import iso
from domain.posts import Observation

HERE = Path(__file__).parent / "mediacrawler"
NOW = datetime(2026, 3, 11, tzinfo=UTC)


def plain(seen: Observation) -> dict[str, Any]:
    """An observation as JSON, without what is unknown and without the author's key."""
    fields = asdict(seen)
    fields["published_at"] = iso(seen.published_at) if seen.published_at else None
    fields["observed_at"] = iso(seen.observed_at)
    fields["metrics"] = {name: count for name, count in fields["metrics"].items() if count is not None}
    fields["pictures"] = list(seen.pictures)
    fields["author"] = seen.author.name if seen.author else None
    return {name: value for name, value in fields.items() if value not in (None, {}, False, [])}


def test_the_folder_gives_the_expected_posts() -> None:
    """Seven platforms in three forms: every post and comment, and nothing of the file of creators."""
    batches = list(import_export(HERE / "data", Door(b"key"), NOW, 1_000))
    assert [reject for batch in batches for reject in batch.rejects] == []
    found = [plain(seen) for batch in batches for seen in batch.observations]
    assert found == json.loads((HERE / "expected.json").read_text(encoding="utf-8"))

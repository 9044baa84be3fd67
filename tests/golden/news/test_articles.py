"""Pages of a county's papers, a 公众号 and their failures, and the articles expected of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.parse.article import read_article
from domain.clock import iso
from domain.errors import SourceError

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


def read(name: str) -> Any:
    """The article on a page, or the status and words of what stands in its place."""
    url = "https://mp.weixin.qq.com/s/1" if name.startswith("weixin") else "https://www.qingxi.example/a/1.html"
    try:
        found = read_article((HERE / name).read_bytes(), "text/html; charset=utf-8", url, NOW)
    except SourceError as error:
        return {"fault": type(error).__name__, "status": error.status, "cause": error.cause}
    at = [iso(found.at.at), found.at.precision] if found.at else None
    names = ("title", "author", "origin", "by", "doubt")
    facts = {name: getattr(found, name) for name in names}
    return {**facts, "at": at, "text": found.text.split("\n"), "pictures": list(found.pictures)}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_page_gives_the_expected_article(name: str) -> None:
    """Title, text with its origin, time with its precision, author, pictures, by which way, and in doubt why."""
    assert read(name) == EXPECTED[name]

"""A board and a thread read by selectors, against the records expected of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.parse.selected import ListSelectors, PostSelectors, read_list, read_thread

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
LISTS = {
    "css": {
        "each": "ul.topics > li.topic",
        "link": "a.subject",
        "id_pattern": r"/topic/(\d+)",
        "replies": ".n em",
        "views": ".v",
        "last": "a.when",
        "next": "div.pages a:contains('下一页')",
    },
    "xpath": {
        "each": "//ul[@class='topics']/li[contains(@class,'topic')]",
        "link": "//a[@class='subject']/@href",
        "id_pattern": r"/topic/(\d+)",
        "replies": "./span[@class='n']",
        "views": "xpath:span[@class='v']",
        "last": "//a[@class='when']",
        "next": "//div[@class='pages']/a[.='下一页']/@href",
    },
}
POSTS = {
    "css": {
        "each": "article.post",
        "id": "@data-pid",
        "text": ".body",
        "title": "h1.t",
        "author": ".who",
        "time": "time",
        "likes": ".up",
        "drop": "blockquote, .sign",
        "next": "a[rel=next]::attr(href)",
    },
    "xpath": {
        "each": "//article",
        "id": "./@data-pid",
        "text": "./div[@class='body']",
        "title": "//h1",
        "author": "./a",
        "time": "./time",
        "likes": "./span",
        "drop": "//*[self::blockquote or @class='sign']",
        "next": "//a[@rel='next']",
    },
}


def plain(page: Any) -> Any:
    """The page as JSON has it, without the selectors, which differ."""
    facts = asdict(page)
    facts["fills"] = {fill["field"]: f"{fill['found']}/{fill['of']}" for fill in facts["fills"]}
    return json.loads(json.dumps(facts, default=str))


@pytest.mark.parametrize("language", ["css", "xpath"])
def test_a_list_page_gives_its_threads(language: str) -> None:
    """Advertisements that lead elsewhere and repeated rows are no threads; exact times win over words."""
    html = (HERE / "list.html").read_text(encoding="utf-8")
    page = read_list(html, "http://bbs.test/bbs/board/2", ListSelectors.model_validate(LISTS[language]), NOW)
    assert plain(page) == EXPECTED["list"]


@pytest.mark.parametrize("language", ["css", "xpath"])
def test_a_page_of_a_thread_gives_its_posts(language: str) -> None:
    """Quotes, signatures and scripts are cut out, lines stay, and each field says how many posts have it."""
    html = (HERE / "thread.html").read_text(encoding="utf-8")
    page = read_thread(html, "http://bbs.test/bbs/topic/4021", PostSelectors.model_validate(POSTS[language]), NOW)
    assert plain(page) == EXPECTED["thread"]

"""The facts of feeds and comment interfaces, and the descriptions that ship with the program."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from crawlers.pollers.config import FeedConfig, JsonApiConfig, load_preset

TARGET = {"id": "v1", "caption": "排队"}


def api(**changes: Any) -> JsonApiConfig:
    """A Douyin source with these changes."""
    return JsonApiConfig.model_validate(
        {"name": "dy", "kind": "json_api", "platform": "douyin", "preset": "douyin", "targets": [TARGET], **changes}
    )


def test_entries_are_articles_or_news() -> None:
    """The kind follows the platform unless it is given."""
    common = {"name": "wx", "kind": "feed", "url": "https://feeds.example/1"}
    assert FeedConfig.model_validate(common).entry_kind == "article"
    assert FeedConfig.model_validate({**common, "platform": "news"}).entry_kind == "news"
    assert FeedConfig.model_validate({**common, "platform": "news", "item_kind": "article"}).entry_kind == "article"


@pytest.mark.parametrize("preset", ["douyin", "kuaishou"])
def test_presets_are_whole(preset: str) -> None:
    """Both say how they err, and have comments and replies."""
    description = load_preset(preset)
    assert description.error is not None
    assert description.replies is not None


def test_a_base_address_of_ones_own_goes_over_the_presets() -> None:
    """A gateway with the platform's shape can be named."""
    assert api(base_url="http://gw.example").interface().base_url == "http://gw.example"
    assert api().interface().base_url == "https://open.douyin.com"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"preset": None}, "preset 与 description 应写其中一个"),
        ({"targets": []}, "discover: true"),
        ({"preset": "kuaishou", "discover": True}, "没有视频列表"),
        ({"platform": "myspace"}, "douyin"),
        ({"token": "secret"}, "Extra inputs"),
        ({"targets": [{**TARGET, "published_at": "昨天"}]}, "应为时间"),
    ],
)
def test_a_wrong_source_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    """What is wrong is said, in Chinese where we say it; a token is never written into the file."""
    with pytest.raises(ValidationError, match=words):
        api(**changes)


def test_numbers_may_stand_for_ids_and_times() -> None:
    """YAML reads an unquoted id as a number."""
    target = api(targets=[{"id": 7479, "caption": "x", "published_at": 1773100800}]).targets[0]
    assert (target.id, target.published_at) == ("7479", "2026-03-10T00:00:00Z")

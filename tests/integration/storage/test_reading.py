"""Which posts are to be read, with what parent, and when again."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.storage.conftest import BANK, VERSION, Scene, at, reading, seen


def parents(scene: Scene) -> dict[str, str | None]:
    return {post.id: parent for post, parent in scene.unread()}


def test_a_post_is_read_once_for_each_bank_and_version(scene: Scene) -> None:
    """After reading nothing is left for this bank and version, and everything for another."""
    scene.see(seen("1"), seen("2", minute=1))
    assert scene.read() == ["1", "2"]
    assert scene.unread() == []
    assert len(scene.unread(bank="另一家")) == len(scene.unread(version="rules-2")) == 2


def test_the_oldest_is_read_first(scene: Scene) -> None:
    """Order is by moment, source and id, and the limit cuts the newest off."""
    scene.see(seen("b"), seen("c", minute=-5), seen("a"))
    assert [post.id for post, _ in scene.store.unread(BANK, VERSION, 2)] == ["c", "a"]


def test_a_reply_is_read_with_what_it_answers(scene: Scene) -> None:
    """The parent is the root's title and text and, on the next line, the post replied to where that is not the root."""
    scene.see(
        seen("1", "正文", title="取不出钱"),
        seen("2", "我也是", under="1", reply_to="1"),
        seen("3", "真的吗", under="1", reply_to="2"),
    )
    assert parents(scene) == {"1": None, "2": "取不出钱\n正文", "3": "取不出钱\n正文\n我也是"}


def test_of_a_long_root_only_the_beginning_is_given(scene: Scene) -> None:
    """A root stands for itself by 1,000 characters; an unknown root gives nothing."""
    scene.see(seen("1", "长" * 1500), seen("2", under="1"), seen("3", under="9"))
    assert parents(scene) == {"1": None, "2": "长" * 1000, "3": None}


def test_a_thread_of_another_source_is_no_parent(scene: Scene) -> None:
    """Ids are unique within a source only."""
    scene.see(replace(seen("1", title="别处"), source="other"), seen("2", under="1"))
    assert parents(scene)["2"] is None


def test_a_reply_is_read_again_when_its_root_arrives_or_changes(scene: Scene) -> None:
    """What a reply answers is part of what was read."""
    scene.see(seen("2", under="1"))
    assert scene.read() == ["2"]
    scene.see(seen("1", title="取不出钱"))
    assert parents(scene)["2"] == "取不出钱\n" + scene.store.search("取不出钱", 1)[0].text
    scene.read()
    scene.see(seen("1", title="已解决", minute=9))
    assert sorted(scene.read()) == ["1", "2"]


def test_a_text_that_returns_to_an_earlier_version_is_read_again(scene: Scene) -> None:
    """The newest reading always belongs to the present text."""
    for minute, text in enumerate(["甲", "乙", "甲"]):
        scene.see(seen("1", text, minute))
        assert scene.read() == ["1"]
    assert [item.post.text for item in scene.ungrouped()] == ["甲"]


def test_an_older_version_of_the_rules_reads_again(scene: Scene) -> None:
    """After going back to earlier rules their readings are made anew, not mixed with the later ones."""
    scene.see(seen("1"))
    for version in ("rules-1", "rules-2", "rules-1"):
        assert scene.read(version=version) == ["1"]
    assert [item.reading.version for item in scene.ungrouped()] == ["rules-1"]


def test_a_reading_comes_back_as_it_was_made(scene: Scene) -> None:
    """Topics keep their order, evidence its offsets and its missing topic."""
    scene.see(seen("1"))
    scene.read()
    (item,) = scene.ungrouped()
    assert item.reading.topics == ("run", "service")
    assert [(e.topic, e.start, e.end, e.text) for e in item.reading.evidence] == [
        ("run", 0, 2, "取钱"),
        (None, 1, 2, "钱"),
    ]


def test_counts_since_tells_new_posts_from_those_about_the_bank(scene: Scene) -> None:
    """All new posts, those about the bank, and the negative ones, from the moment given."""
    scene.see(seen("old", minute=-9), seen("1"), seen("2", minute=1), seen("3", minute=2))
    scene.read(about=["old", "1", "2"])
    assert scene.store.counts_since(BANK, at(0)) == (3, 2, 2)
    assert scene.store.counts_since("另一家", at(0)) == (3, 0, 0)


def test_a_reading_of_a_post_that_was_edited_meanwhile_does_not_hide_the_edit(scene: Scene) -> None:
    """A reading belongs to the text that was handed out, not to what stands there when it is stored."""
    scene.see(seen("1", "甲"))
    waiting = scene.unread()
    scene.see(seen("1", "乙", 5))
    scene.store.save_readings(BANK, [(post, reading()) for post, _parent in waiting], scene.now)
    assert [post.text for post, _parent in scene.unread()] == ["乙"]

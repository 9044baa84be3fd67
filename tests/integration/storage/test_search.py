"""Search finds exactly the posts that contain the words, on both databases."""

from __future__ import annotations

import random

from sqlalchemy import delete

from storage import schema
from storage.search import fold_text
from tests.integration.storage.conftest import Scene, seen

LETTERS = "取钱排队银行的了ＡａBb１1，。 !🎉㈱ﬁ𠮷'\"%*"


def test_search_is_substring_search(scene: Scene) -> None:
    """For random mixed text the result is Python's ``in`` over the folded texts, newest first."""
    dice = random.Random(20260316)
    texts = ["".join(dice.choices(LETTERS, k=dice.randint(1, 25))) for _ in range(150)]
    scene.see(*[seen(str(number), text, number) for number, text in enumerate(texts)])
    for _ in range(300):
        wanted = "".join(dice.choices(LETTERS, k=dice.randint(1, 4)))
        needle = fold_text(wanted.strip())
        expected = [number for number, text in enumerate(texts) if needle and needle in fold_text(text)]
        found = [post.id for post in scene.store.search(wanted, 1000)]
        assert found == [str(number) for number in reversed(expected)], wanted


def test_two_character_words_titles_and_half_width_forms_are_found(scene: Scene) -> None:
    """Most Chinese words have two characters; full width finds half width; the title is searched too."""
    scene.see(seen("1", "在ＡＴＭ前排队", title="取钱难"))
    assert all(scene.store.search(wanted, 5) for wanted in ("排队", "取钱", "atm", "ATM前", "队", "难", " 排队 "))
    assert not any(scene.store.search(wanted, 5) for wanted in ("难在", "队排", "银行", "", "  "))


def test_a_long_text_is_searched_to_its_end_and_by_long_words(scene: Scene) -> None:
    """Neither the length of a text nor that of the words, nor repetition, hides anything."""
    middle = "".join(chr(0x4E00 + number) for number in range(400))
    scene.see(seen("1", "哈" * 3000 + middle + "尾巴"), seen("2", "哈" * 3000))
    (key,) = scene.store.search("尾巴", 5)
    assert scene.store.search(middle, 5) == [key]
    assert scene.store.search("哈" * 100 + middle[:1], 5) == [key]
    assert scene.store.search(middle[:200] + "别的", 5) == []
    assert len(scene.store.search("哈" * 70, 5)) == 2


def test_the_index_follows_edits_and_removals(scene: Scene) -> None:
    """Old words are found no longer, new ones are; a removed post is gone from the index."""
    scene.see(seen("1", "原来的话"))
    scene.see(seen("1", "改后的话", 5))
    assert scene.store.search("原来", 5) == []
    assert len(scene.store.search("改后", 5)) == 1
    with scene.store._database.write() as connection:
        connection.execute(delete(schema.posts))
    assert scene.store.search("改后", 5) == []


def test_the_limit_keeps_the_newest(scene: Scene) -> None:
    """At most so many, and the newest."""
    scene.see(*[seen(str(number), "排队", number) for number in range(5)])
    newest = [post for post, _parent in scene.unread()][::-1]
    assert scene.store.search("排队", 2) == newest[:2]

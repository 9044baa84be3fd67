"""What is remembered of comments, and when one of them counts as gone."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from crawlers.pollers.json_memory import GONE, Seen, own_reply_id

IDS = st.sets(st.sampled_from("abcdef"))


def seen(known: str, **under: str) -> Seen:
    """These comments, and these replies under them."""
    return Seen("root", {**dict.fromkeys(known, "x"), **dict.fromkeys(under, "x"), "root": "x"}, dict(under))


def test_a_note_survives_the_store() -> None:
    """What is written as JSON is read back the same."""
    before = seen("ab", c="a")
    before.missed, before.complete = {"b"}, True
    assert Seen.of(json.loads(json.dumps({"root": before.note()})), "root") == before


def test_the_total_may_count_replies_or_not() -> None:
    """Either way it agrees when as many are left; hidden ones that it counts keep all alive."""
    for total in (1, 2):
        assert seen("ab", c="b").gone_from({"b"}, total) == ["a"]
    assert seen("ab", c="b").gone_from({"b"}, 3) == []
    assert sorted(seen("ab", c="a").gone_from({"b"}, 1)) == ["a", "c"]


def test_own_answers_are_no_comments() -> None:
    """They are not counted, and go with the comment that they answer."""
    known = seen("ab", **{own_reply_id("a"): "a"})
    assert known.there() == {"a", "b"}
    assert known.gone_from({"b"}, 1) == ["a", own_reply_id("a")]


@given(IDS, IDS, st.integers(0, 7) | st.none())
def test_nothing_that_was_met_is_ever_gone(known: set[str], met: set[str], total: int | None) -> None:
    """And what was told once is not told again."""
    one = seen("".join(known | met))
    gone = one.gone_from(met, total)
    assert not set(gone) & met
    one.bury(gone)
    assert not set(one.gone_from(met, total)) & set(gone)
    assert all(one.known[key] == GONE for key in gone)


def test_a_list_that_is_suddenly_empty_is_believed_at_the_second_reading() -> None:
    """Blocked interfaces were seen to count nothing; of a few comments the count alone is proof enough."""
    known = seen("abcd", e="a")
    assert known.gone_from(set(), 0) == []
    assert known.missed == set("abcd")
    assert sorted(known.gone_from(set(), 0)) == ["a", "b", "c", "d", "e"]
    assert sorted(seen("abc").gone_from(set(), 0)) == ["a", "b", "c"]


def test_what_a_whole_list_does_not_show_is_unseen_with_what_hangs_on_it() -> None:
    """The root and the account's own answers do not count."""
    assert seen("ab", c="a", d="b").unseen({"b"}) == {"a", "c"}

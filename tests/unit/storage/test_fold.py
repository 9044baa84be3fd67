"""Observations of one post become what the store knows of it, whatever the order of arrival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.posts import Author, Metrics, Observation
from storage.fold import Fold, PostRow, newest_counters, storable, storable_observation, text_hash

T = datetime(2026, 3, 16, 1, tzinfo=UTC)


def seen(minute: int, text: str = "甲", **facts: object) -> Observation:
    return Observation("bbs", "forum", "1", "thread", "1", text, T + timedelta(minutes=minute), **facts)  # type: ignore[arg-type]


def fold(*observations: Observation) -> tuple[Fold, PostRow]:
    result = Fold({})
    for observation in observations:
        result.add(observation)
    return result, result.posts["bbs", "1"]


def settled(observations: list[Observation]) -> PostRow:
    result, row = fold(*observations)
    sightings = sorted((sighting for _identity, sighting in result.sightings), key=lambda s: s["observed_at"])
    return row | newest_counters(sightings)


def test_a_newer_sighting_replaces_text_and_counters() -> None:
    """The newest sighting is what the post looks like now, and its earlier text is handed over."""
    result, row = fold(seen(0, "甲", metrics=Metrics(views=1)), seen(5, "乙", metrics=Metrics(views=9)))
    assert (row["text"], row["views"], row["edited"]) == ("乙", 9, True)
    assert [version["text"] for _identity, version in result.earlier_texts] == ["甲"]


def test_a_late_sighting_overwrites_nothing_newer() -> None:
    """An older sighting that arrives late only moves the first sight back and leaves its text as an earlier one."""
    result, row = fold(seen(5, "乙", metrics=Metrics(views=9)), seen(0, "甲", metrics=Metrics(views=1)))
    assert (row["text"], row["views"], row["first_seen_at"], row["last_seen_at"]) == (
        "乙", 9, T, T + timedelta(minutes=5),
    )  # fmt: skip
    assert [version["text"] for _identity, version in result.earlier_texts] == ["甲"]


def test_an_unknown_counter_erases_nothing() -> None:
    """None is unknown, not 0: the last known value stays."""
    _result, row = fold(seen(0, metrics=Metrics(views=7, likes=1)), seen(1, metrics=Metrics(likes=2)))
    assert (row["views"], row["likes"]) == (7, 2)


def test_a_deletion_keeps_the_text_and_a_new_sighting_takes_it_back() -> None:
    """A deleted post keeps its words and is no edit; seen again, it is there again."""
    _result, gone = fold(seen(0, "甲", title="题"), seen(1, "", deleted=True))
    assert (gone["text"], gone["title"], gone["deleted"], gone["edited"]) == ("甲", "题", True, False)
    _result, back = fold(seen(0, "甲"), seen(1, "", deleted=True), seen(2, "甲"))
    assert (back["deleted"], back["edited"]) == (False, False)


def test_a_post_first_seen_as_deleted_takes_the_first_text_that_comes() -> None:
    """A text that arrives for a post known only as deleted is its text, not an edit."""
    _result, row = fold(seen(1, "", deleted=True), seen(0, "甲"))
    assert (row["text"], row["deleted"], row["edited"]) == ("甲", True, False)


def test_an_edited_title_counts_as_an_edit() -> None:
    """The hash of what was read covers the title too."""
    _result, row = fold(seen(0, "甲", title="一"), seen(1, "甲", title="二"))
    assert row["edited"]
    assert row["text_hash"] == text_hash("二", "甲")


def test_what_no_database_keeps_is_replaced_at_the_same_length() -> None:
    """NUL and halves of surrogate pairs become U+FFFD, so that offsets stay; an absurd count is capped."""
    assert storable("取\x00钱\ud83d") == "取�钱�"
    dirty = seen(0, "取\x00钱", author=Author("k", "名\ud800"), metrics=Metrics(views=10**30))
    _result, row = fold(storable_observation(dirty))
    assert (row["text"], row["author_name"], row["views"]) == ("取�钱", "名�", 2**63 - 1)


counts = st.none() | st.integers(0, 5)
observations = st.lists(
    st.builds(
        lambda minute, text, views, likes, deleted: seen(
            minute, "" if deleted else text, metrics=Metrics(views=views, likes=likes), deleted=deleted
        ),
        st.integers(0, 20),
        st.sampled_from(["甲", "乙", "丙"]),
        counts,
        counts,
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda observation: observation.observed_at,
)


@given(observations, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(batch: list[Observation], random: object) -> None:
    """Any order of the same sightings gives the same post."""
    shuffled = list(batch)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert settled(shuffled) == settled(sorted(batch, key=lambda observation: observation.observed_at))


@given(observations)
def test_the_same_sightings_again_change_nothing(batch: list[Observation]) -> None:
    """Folding is idempotent."""
    assert settled([*batch, *batch]) == settled(batch)

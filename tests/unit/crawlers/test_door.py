"""The door: what comes in, what is refused and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.door import LONGEST_RAW, LONGEST_TEXT, LONGEST_TITLE, Door
from domain.errors import RecordError

DOOR = Door(b"a key of this test")
GOOD: dict[str, Any] = {
    "source": "bbs",
    "platform": "forum",
    "id": "p1",
    "kind": "reply",
    "thread": "t1",
    "reply_to": "t1",
    "url": "https://bbs.example/t1",
    "author": {"id": "u7", "name": "老王", "followers": 3, "verified": False},
    "title": None,
    "text": "<p>取不出钱&amp;急</p>",
    "published_at": "2026-03-02T07:55:00",
    "observed_at": "2026-03-02T08:01:12+08:00",
    "metrics": {"views": 5, "likes": 0},
}


def reason(**changes: Any) -> str:
    """The reason for which the good record with these changes is refused."""
    with pytest.raises(RecordError) as caught:
        DOOR.admit({**GOOD, **changes})
    return caught.value.reason


def test_a_good_record_comes_in_with_plain_text_and_utc_times() -> None:
    """Mark-up is taken off, times are in UTC, and one without a zone is Asia/Shanghai."""
    seen = DOOR.admit(GOOD)
    assert seen.text == "取不出钱&急"
    assert seen.published_at == datetime(2026, 3, 1, 23, 55, tzinfo=UTC)
    assert seen.observed_at == datetime(2026, 3, 2, 0, 1, 12, tzinfo=UTC)
    assert (seen.metrics.views, seen.metrics.likes, seen.metrics.shares) == (5, 0, None)


def test_an_author_is_a_keyed_hash_that_differs_by_platform_and_key() -> None:
    """Nobody knows the platform's id beyond the door; the same author has the same hash again."""
    first, again = DOOR.admit(GOOD).author, DOOR.admit({**GOOD, "id": "p2"}).author
    elsewhere = DOOR.admit({**GOOD, "platform": "tieba"}).author
    other_key = Door(b"another").admit(GOOD).author
    assert first
    assert again
    assert elsewhere
    assert other_key
    assert first.key == again.key
    assert first.key
    assert len(first.key) == 16
    assert "u7" not in first.key
    assert len({first.key, elsewhere.key, other_key.key}) == 3


def test_an_author_without_an_id_is_hashed_by_the_name() -> None:
    """Names stand in for ids, but a name never equals an id of the same letters; the shown name is cut at 20."""
    by_name = DOOR.admit({**GOOD, "author": {"name": "u7"}}).author
    by_id = DOOR.admit({**GOOD, "author": {"id": "u7"}}).author
    long = DOOR.admit({**GOOD, "author": {"name": "长" * 90}}).author
    assert by_name
    assert by_id
    assert long
    assert by_name.key != by_id.key
    assert long.name == "长" * 19 + "…"
    assert DOOR.admit({**GOOD, "author": {}}).author is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": None}, "missing_id"),
        ({"id": "  "}, "missing_id"),
        ({"id": 1.5}, "bad_id"),
        ({"source": ""}, "missing_source"),
        ({"text": None}, "missing_text"),
        ({"text": " \n"}, "missing_text"),
        ({"text": "<script>x</script>"}, "missing_text"),
        ({"text": ["a"]}, "bad_text"),
        ({"observed_at": None}, "missing_observed_at"),
        ({"observed_at": "昨天 14:20"}, "bad_time"),
        ({"observed_at": 1773100800}, "bad_time"),
        ({"published_at": "2026-02-30T10:00:00"}, "bad_time"),
        ({"observed_at": "0001-01-01T00:00:00+08:00"}, "bad_time"),
        ({"metrics": {"comments": -3}}, "negative_count"),
        ({"metrics": {"views": "1.2万"}}, "bad_count"),
        ({"metrics": {"views": "12"}}, "bad_count"),
        ({"metrics": {"views": True}}, "bad_count"),
        ({"metrics": {"views": 1.5}}, "bad_count"),
        ({"metrics": {"views": float("nan")}}, "bad_count"),
        ({"metrics": {"views": 2**63}}, "bad_count"),
        ({"metrics": [1]}, "bad_metrics"),
        ({"author": "老王"}, "bad_author"),
        ({"author": {"followers": -1}}, "negative_count"),
        ({"platform": "myspace"}, "bad_platform"),
        ({"kind": "tweet"}, "bad_kind"),
        ({"deleted": "yes"}, "bad_deleted"),
        ({"id": "x" * 256}, "bad_id"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(changes: dict[str, Any], expected: str) -> None:
    """Each fault has its own code."""
    assert reason(**changes) == expected


@pytest.mark.parametrize("field", ["id", "source", "text", "observed_at"])
def test_a_missing_field_is_named(field: str) -> None:
    """A lacking field is told apart from a bad one."""
    with pytest.raises(RecordError) as caught:
        DOOR.admit({name: value for name, value in GOOD.items() if name != field})
    assert caught.value.reason == f"missing_{field}"
    assert caught.value.detail == f"缺少 {field}"


def test_what_the_contract_does_not_require_may_lack() -> None:
    """Id, source, text and time of observation are enough; the rest has a meaning when it lacks."""
    seen = DOOR.admit({"source": "s", "id": 7, "text": "x", "observed_at": "2026-03-02 08:00"})
    assert (seen.platform, seen.kind, seen.thread, seen.id) == ("other", "thread", "7", "7")
    assert seen.author is None
    assert seen.published_at is None
    assert seen.metrics.views is None


def test_a_deleted_post_may_be_without_words() -> None:
    """The store keeps the earlier text of a post that is gone."""
    assert DOOR.admit({**GOOD, "text": "", "deleted": True}).text == ""
    without = {name: value for name, value in GOOD.items() if name != "text"}
    assert DOOR.admit({**without, "deleted": True}).deleted


def test_an_article_of_a_title_alone_comes_in() -> None:
    """Feeds without full text give titles only."""
    seen = DOOR.admit({**GOOD, "title": "<b>关于</b>\n停业的公告", "text": ""})
    assert (seen.title, seen.text) == ("关于 停业的公告", "")


def test_impossible_times_of_publication_are_unknown() -> None:
    """Nobody publishes more than a day after the post was seen, or before the web."""
    assert DOOR.admit({**GOOD, "published_at": "2026-03-03T08:02:00+08:00"}).published_at is None
    assert DOOR.admit({**GOOD, "published_at": "2026-03-03T08:01:00+08:00"}).published_at is not None
    assert DOOR.admit({**GOOD, "published_at": "1970-01-01T00:00:00Z"}).published_at is None


def test_only_web_addresses_are_kept_as_links() -> None:
    """A link stands in mails: nothing but http and https comes that far."""
    assert DOOR.admit({**GOOD, "url": "javascript:alert(1)"}).url is None
    assert DOOR.admit(GOOD).url == "https://bbs.example/t1"


def test_control_characters_and_lone_surrogates_do_not_come_in() -> None:
    """NUL and its like would break the store, half of an emoji would break every file."""
    seen = DOOR.admit({**GOOD, "text": "取\x00款\x07\r\n难\ud83d", "id": "p\x001"})
    assert (seen.text, seen.id) == ("取款\n难\ufffd", "p1")
    seen.text.encode()


def test_a_text_without_end_is_cut() -> None:
    """A post of a megabyte is not read in full."""
    assert len(DOOR.admit({**GOOD, "text": "长" * (LONGEST_TEXT + 5)}).text) == LONGEST_TEXT


def test_the_source_is_the_readers_own() -> None:
    """A poller's record gets its source; one of another source is refused."""
    without = {name: value for name, value in GOOD.items() if name != "source"}
    assert DOOR.admit(without, source="wx").source == "wx"
    with pytest.raises(RecordError, match="bad_source"):
        DOOR.admit(GOOD, source="wx")


def test_many_records_give_observations_and_rejects_without_authors() -> None:
    """A bad record stops nobody, and what is kept of it does not tell who wrote it."""
    bad = {**GOOD, "text": None}
    observations, rejects = DOOR.admit_all([GOOD, bad, ["x"]], "bbs")  # type: ignore[list-item]
    assert [seen.id for seen in observations] == ["p1"]
    assert [reject.reason for reject in rejects] == ["missing_text", "not_an_object"]
    assert "u7" not in rejects[0].raw
    assert "老王" not in rejects[0].raw
    assert '"p1"' in rejects[0].raw


PHONE, MASKED = "13812345678", "138******78"


def test_numbers_are_masked_in_title_text_and_name() -> None:
    """Also where mark-up stands between the digits or entities stand for them; offsets of the words stay."""
    text = "<p>打138<b>1234</b>5678，或 &#49;3812345678</p>"
    seen = DOOR.admit({**GOOD, "title": f"找{PHONE}", "text": text, "author": {"name": f"王{PHONE}"}})
    assert (seen.title, seen.text) == (f"找{MASKED}", f"打{MASKED}，或 {MASKED}")
    assert seen.author
    assert seen.author.name == f"王{MASKED}"


def test_masking_can_be_switched_off() -> None:
    """A bank that needs the numbers has them in its own configuration."""
    door = Door(b"k", mask_numbers=False)
    assert door.admit({**GOOD, "text": f"打{PHONE}"}).text == f"打{PHONE}"
    assert PHONE in door.refuse("bbs", "bad_id", "", {"text": PHONE}).raw


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None, "text": f"打{PHONE}"},
        {"id": None, "text": "打138<b>1234</b>5678"},
        {"id": None, "title": "打138&#49;2345678"},
        {"text": [PHONE]},
        {"published_at": f"昨天{PHONE}"},
        {"platform": PHONE},
        {"metrics": {"views": f"{PHONE}次"}},
        {"id": None, "more": {"phone": PHONE}, "text": "x"},
        {"id": None, "text": "长" * (LONGEST_RAW - 200) + f"，{PHONE}" * 40},
    ],
)
def test_a_refusal_holds_no_number(changes: dict[str, Any]) -> None:
    """What is kept of a refused record, and why it was refused, is masked too."""
    _, (reject,) = DOOR.admit_all([{**GOOD, **changes}], "bbs")
    kept = f"{reject.detail}{reject.raw}"
    assert PHONE not in kept
    assert "1234" not in kept
    assert len(reject.raw) <= LONGEST_RAW


@pytest.mark.parametrize("longest", ["title", "text"])
def test_a_number_at_the_cut_is_masked_before_it(longest: str) -> None:
    """A cut inside a number leaves no readable half of it."""
    end = {"title": LONGEST_TITLE, "text": LONGEST_TEXT}[longest]
    seen = DOOR.admit({**GOOD, longest: "长" * (end - 10) + PHONE})
    assert (getattr(seen, longest) or "").endswith("长138******7")


@pytest.mark.parametrize("filling", ["取", "<div>", "<a ", "<!--", "&#49;", "1 ", " ", "\x00", "\ud83d", "😀", "]]>"])
def test_a_post_of_ten_megabytes_is_bounded(filling: str) -> None:
    """Whatever it is made of, it is read within bounds."""
    size = 10_000_000 // len(filling.encode(errors="replace"))
    seen = DOOR.admit({**GOOD, "title": "急", "text": filling * size})
    assert len(seen.text) <= LONGEST_TEXT
    seen.text.encode()


@pytest.mark.parametrize("value", [-1, 2**63, 10**4000, 1e300, float("inf"), "-5", "9" * 5000])
def test_absurd_counts_are_refused(value: Any) -> None:
    """A counter that no site can have is no counter."""
    assert reason(metrics={"views": value}) in ("negative_count", "bad_count")


def test_what_tells_more_of_a_person_is_left_outside() -> None:
    """Avatars, places and signatures have no field to come in by."""
    more = {"avatar": "https://a.example/face.jpg", "ip_location": "浙江衢州", "signature": "签名", "sex": "女"}
    seen = DOOR.admit({**GOOD, **more, "author": {**GOOD["author"], **more}, "metrics": {"views": 1, **more}})
    assert seen == DOOR.admit({**GOOD, "metrics": {"views": 1}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(GOOD)), value=JSON)
def test_whatever_a_field_holds_the_door_answers(field: str, value: Any) -> None:
    """Any JSON value in any field gives an observation that can be stored, or a refusal; never another error."""
    try:
        seen = DOOR.admit({**GOOD, field: value})
    except RecordError:
        return
    assert seen.observed_at.tzinfo is UTC
    assert seen.id
    assert seen.thread
    assert "\x00" not in seen.text
    json.dumps([seen.text, seen.title, seen.id, seen.url], ensure_ascii=False).encode()

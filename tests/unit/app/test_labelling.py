"""Verdicts of analysts: what is not said comes from the reading, and nonsense is refused."""

from __future__ import annotations

import pytest

from app.labelling import Said, complete, parse_address, said_of
from domain.errors import RecordError
from domain.feedback import Judgement, kind_of

COMPLAINT = Judgement(about=True, negative=True, topics=("queue_slow",), severity=2)
HARMLESS = Judgement(about=True, negative=False, topics=(), severity=0)
ELSEWHERE = Judgement(about=False, negative=False, topics=(), severity=0)


@pytest.mark.parametrize(
    ("said", "read", "full"),
    [
        (Said(), COMPLAINT, COMPLAINT),
        (Said(negative=False), COMPLAINT, HARMLESS),
        (Said(severity=0), COMPLAINT, HARMLESS),
        (Said(about=False), COMPLAINT, ELSEWHERE),
        (Said(about=True), ELSEWHERE, HARMLESS),
        (Said(negative=True), HARMLESS, Judgement(True, True, (), None)),  # noqa: FBT003
        (Said(topics=("run",)), ELSEWHERE, Judgement(True, True, ("run",), None)),  # noqa: FBT003
        (Said(topics=()), COMPLAINT, Judgement(True, True, (), 2)),  # noqa: FBT003
        (Said(severity=3), COMPLAINT, Judgement(True, True, ("queue_slow",), 3)),  # noqa: FBT003
    ],
)
def test_what_is_not_said_comes_from_the_reading(said: Said, read: Judgement, full: Judgement) -> None:
    """A topic or a severity means negative, negative means about the bank, and no negative has topics."""
    assert complete(said, read) == full


@pytest.mark.parametrize(
    "said",
    [
        Said(negative=False, topics=("run",)),
        Said(negative=False, severity=2),
        Said(about=False, negative=True),
        Said(about=False, topics=("run",)),
        Said(negative=True, severity=0),
    ],
)
def test_a_contradiction_is_refused(said: Said) -> None:
    """Nobody can mean both."""
    with pytest.raises(RecordError, match="contradiction"):
        complete(said, HARMLESS)


@pytest.mark.parametrize(
    ("read", "true", "kind"),
    [
        (COMPLAINT, COMPLAINT, "right"),
        (COMPLAINT, HARMLESS, "wrong_alarm"),
        (COMPLAINT, ELSEWHERE, "wrong_alarm"),
        (HARMLESS, COMPLAINT, "missed"),
        (ELSEWHERE, COMPLAINT, "missed"),
        (HARMLESS, ELSEWHERE, "other_bank"),
        (COMPLAINT, Judgement(True, True, ("run",), 3), "other_topic"),  # noqa: FBT003
        (COMPLAINT, Judgement(True, True, ("queue_slow",), 3), "other_severity"),  # noqa: FBT003
        (COMPLAINT, Judgement(True, True, ("queue_slow",), None), "right"),  # noqa: FBT003
    ],
)
def test_the_gravest_difference_names_the_kind(read: Judgement, true: Judgement, kind: str) -> None:
    """An alarm too many or too few before topics, topics before severity; what was left open is no difference."""
    assert kind_of(read, true) == kind


def test_cells_are_read_as_people_write_them() -> None:
    """Numbers or words for yes and no, topics with any comma, 无 for none of them, an empty cell for not said."""
    row = {"about": " 是 ", "negative": "1", "topics": "吞利息、排队久，run", "severity": " 2 "}
    assert said_of(row) == Said(about=True, negative=True, topics=("吞利息", "排队久", "run"), severity=2)
    assert said_of({"about": "", "negative": "FALSE", "topics": "无", "severity": ""}) == Said(
        negative=False, topics=()
    )
    assert said_of({"negative": True, "topics": ["run"], "severity": 3}) == Said(
        None, negative=True, topics=("run",), severity=3
    )
    assert said_of({"source": "bbs", "id": "1"}).nothing


@pytest.mark.parametrize(
    "row",
    [{"negative": "也许"}, {"about": 2}, {"severity": "重"}, {"severity": True}, {"severity": 1.5}, {"topics": 3}],
)
def test_a_value_that_is_none_is_refused(row: dict[str, object]) -> None:
    """The reason says what the field should hold."""
    with pytest.raises(RecordError, match="应为"):
        said_of(row)


@pytest.mark.parametrize("address", ["", "bbs", "bbs:", ":12"])
def test_an_address_needs_source_and_id(address: str) -> None:
    """The id may hold a colon itself."""
    with pytest.raises(RecordError, match="来源:编号"):
        parse_address(address)
    assert parse_address("bbs:a:1") == ("bbs", "a:1")

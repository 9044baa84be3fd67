"""What a source says of itself is believed within bounds: records refused at the door, and counters that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.coverage import Collected, Coverage
from domain.posts import Observation, Reject
from pipeline.collect import plausible, understood

NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)
BEFORE = {"seen": ["t1"]}


def brought(status: str, kept: int, refused: int) -> Collected:
    """What a source brings that calls itself ``status``."""
    posts = [Observation("bbs", "forum", f"t{n}", "thread", f"t{n}", "排队", NOW) for n in range(kept)]
    rejects = [Reject("bbs", None, "missing_text", "text 为空", f'{{"id": "t{n}"}}') for n in range(refused)]
    coverage = Coverage("bbs", NOW, NOW, status, kept + refused, kept + refused)
    return Collected(tuple(posts), tuple(rejects), coverage, {"seen": ["t1", "t2"]})


@pytest.mark.parametrize("status", ["ok", "quiet"])
def test_mostly_refused_is_changed_and_asked_for_again(status: str) -> None:
    """The cause says how many and why, what came in is kept, and the source forgets the run."""
    found = understood(brought(status, 2, 6), BEFORE)
    assert found.coverage.status == "changed"
    assert found.coverage.cause == "读到的 8 条里有 6 条没有收下（text 为空），页面可能改版"
    assert found.coverage.evidence == '{"id": "t0"}'
    assert len(found.observations) == 2
    assert found.memory == BEFORE


@pytest.mark.parametrize(("kept", "refused"), [(0, 0), (0, 4), (40, 6), (6, 6)])
def test_an_odd_post_now_and_then_is_no_fault(kept: int, refused: int) -> None:
    """A few refusals, or fewer than came in, change nothing."""
    collected = brought("ok", kept, refused)
    assert understood(collected, BEFORE) is collected


def test_a_fault_that_the_source_itself_names_stays() -> None:
    """Its own cause is nearer to the truth, and its memory knows what to ask for again."""
    collected = brought("partial", 0, 9)
    assert understood(collected, BEFORE) is collected


@pytest.mark.parametrize(("expected", "kept"), [(10**25, None), (-3, None), (131, 131), (0, 0), (None, None)])
def test_a_counter_that_cannot_be_promises_nothing(expected: int | None, kept: int | None) -> None:
    """No database has room for it, and a sweep that fails at one site's counter loses all the others."""
    collected = brought("ok", 2, 0)
    collected = replace(collected, coverage=replace(collected.coverage, expected=expected))
    assert plausible(collected).coverage.expected == kept
    assert plausible(collected).observations == collected.observations

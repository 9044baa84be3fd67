"""The streams that grouping and alerts are scored on."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from evaluation.grouping import read_stream

STREAMS = Path(str(files("evaluation"))) / "data" / "streams"


@pytest.mark.parametrize("name", list("abcdefghij"))
def test_a_stream_is_whole(name: str) -> None:
    """Every post of the archive is taken in and labelled, and no label names an incident that is not described."""
    stream = read_stream(STREAMS / name)
    assert stream.posts.keys() == stream.gold.keys()
    described = {incident["id"] for incident in stream.incidents}
    assert {line["incident"] for line in stream.gold.values()} - {None} == described
    assert {incident["twin_of"] for incident in stream.incidents} - {None} <= described

"""The accuracy that must never be lost, on the development set."""

from __future__ import annotations

from pathlib import Path

from evaluation.text import load_labelled, read_all, score
from nlp.analyser import load_analyser

DATA = Path(__file__).parents[3] / "evaluation" / "data" / "posts_dev.jsonl"


def test_floors_hold_on_the_development_set() -> None:
    """Negative F1 0.75, topics micro-F1 0.60, about 0.93; and every piece of evidence is in its text."""
    records = load_labelled(DATA)
    readings = read_all(load_analyser(), records)
    said = score(records, readings)
    assert said.negative_f1.value >= 0.75
    assert said.topics_micro_f1.value >= 0.60
    assert said.about_accuracy.value >= 0.93
    for record, reading in zip(records, readings, strict=True):
        assert all(record.text.text[one.start : one.end] == one.text for one in reading.evidence)

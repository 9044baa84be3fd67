"""Scoring of incidents against a marked stream."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.grouping import evaluate, gold_readings, main, read_stream, score_grouping

PLATFORMS = {("s", "1"): "forum", ("s", "2"): "douyin", ("s", "3"): "forum", ("s", "4"): "forum", ("s", "5"): "weibo"}


def keys(marks: dict[str, str]) -> dict[tuple[str, str], str]:
    """Posts of source s by their id."""
    return {("s", own): incident for own, incident in marks.items()}


def test_pairs_are_counted_and_posts_without_an_incident_stand_alone() -> None:
    """Of three gold pairs one is found, and one of two predicted pairs is right."""
    gold = {**keys({"1": "A", "2": "A", "3": "A", "4": "B"}), ("s", "5"): None}
    score = score_grouping(gold, keys({"1": "x", "2": "x", "4": "y", "5": "y"}), PLATFORMS, [("A", "B")])
    assert (score.precision, score.recall) == (0.5, pytest.approx(1 / 3))
    assert score.f1 == pytest.approx(0.4)
    assert score.adjusted_rand == pytest.approx((1 - 0.6) / (2.5 - 0.6))
    assert score.cross_platform_recall == 0.5
    assert score.b_cubed == pytest.approx(2 * 0.8 * (11 / 15) / (0.8 + 11 / 15))
    assert (score.incidents, score.gold_incidents, score.twins_merged) == (2, 2, ())


def test_the_gold_itself_is_perfect_and_merged_twins_are_named() -> None:
    """Predicting the gold scores 1; one incident for two twins is reported as that pair."""
    gold: dict[tuple[str, str], str | None] = {**keys({"1": "A", "2": "A", "3": "B", "4": "B"})}
    perfect = score_grouping(gold, keys({"1": "A", "2": "A", "3": "B", "4": "B"}), PLATFORMS, [("A", "B")])
    merged = score_grouping(gold, keys(dict.fromkeys("1234", "x")), PLATFORMS, [("A", "B")])
    assert (perfect.f1, perfect.adjusted_rand, perfect.twins_merged) == (1.0, 1.0, ())
    assert (perfect.b_cubed, perfect.adjusted_information) == (1.0, pytest.approx(1.0))
    assert merged.twins_merged == (("A", "B"),)


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """Two days of a stream: a complaint with a reply, the same matter elsewhere, and another matter."""
    posts = [
        ("bbs", "forum", "t1", "t1", "2026-03-02T09:00:00+08:00", "城南支行短信费没开也扣，一个月两块", "A"),
        ("bbs", "forum", "r1", "t1", "2026-03-02T10:00:00+08:00", "我也是", "A"),
        ("ba", "tieba", "t2", "t2", "2026-03-03T09:00:00+08:00", "<p>城南支行短信费关了又开，一个月两块</p>", "A"),
        ("ba", "tieba", "t3", "t3", "2026-03-03T11:00:00+08:00", "今天天气不错", None),
    ]
    records, gold = [], []
    for source, platform, own, thread, when, text, incident in posts:
        seen = {"source": source, "platform": platform, "id": own, "kind": "reply", "thread": thread, "text": text}
        records.append({**seen, "published_at": when, "observed_at": "2026-03-04T08:00:00+08:00", "metrics": {}})
        topics = ["fees_unfair"] if incident else []
        gold.append({"source": source, "id": own, "incident": incident, "negative": bool(incident), "topics": topics})
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (tmp_path / "archive.jsonl").write_text("\n".join([*lines, '{"cut', '{"source": "bbs"}']), encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, gold)), encoding="utf-8")
    (tmp_path / "incidents_gold.json").write_text('[{"id": "A", "twin_of": null}]', encoding="utf-8")
    hint = {"bank": "青莲湖村镇银行", "aliases": [], "branches": ["城南支行"], "county": "青莲县"}
    (tmp_path / "config_hint.json").write_text(json.dumps(hint), encoding="utf-8")
    return tmp_path


def test_a_stream_arrives_day_by_day_and_is_scored(stream: Path) -> None:
    """Bad lines are left out; the second day's post joins what the first day opened."""
    marked = read_stream(stream)
    score = evaluate(marked, gold_readings(marked))
    assert (score.f1, score.cross_platform_recall, score.incidents) == (1.0, 1.0, 1)


def test_what_a_backtest_wrote_is_scored_too(stream: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An incident that was merged counts as the one into which it went."""
    posts = [[["bbs", "t1"], ["bbs", "r1"]], [["ba", "t2"]]]
    lines = [{"id": "x", "merged_into": None, "posts": posts[0]}, {"id": "y", "merged_into": "x", "posts": posts[1]}]
    (tmp_path / "incidents.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert main([str(stream), str(tmp_path)]) == 0
    assert "f1                           1.000     1.000     1.000     1.000\n" in capsys.readouterr().out


def test_the_command_prints_the_figures(stream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a figure, with gold and with our readings; without a folder it says how it is called and returns 2."""
    assert main([str(stream)]) == 0
    assert "f1                           1.000     1.000     1.000\n" in capsys.readouterr().out
    assert main([]) == 2

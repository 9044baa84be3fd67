"""Public sets are read in their own formats, and never tested on what their twins taught."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import RecordError
from domain.readings import Text
from evaluation.public import apart, load, split
from evaluation.text import Labelled
from nlp.clusters import nearest


def written(folder: Path, *records: dict[str, Any]) -> Path:
    """A JSONL file of the records."""
    path = folder / "data.jsonl"
    path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    return path


def text(words: str) -> Labelled:
    """A record of these words."""
    return Labelled(words, Text(words), True, frozenset(), False, 0, (), frozenset())  # noqa: FBT003


def test_bank_reviews_are_negative_or_not(tmp_path: Path) -> None:
    """Positive and neutral opinions are the rest; no bank is watched and nothing else is labelled."""
    rows = [{"id": f"b{number}", "text": "利率不错", "label": label, "bio": "O"} for number, label in enumerate(
        ("negative", "positive", "neutral")
    )]  # fmt: skip
    found = load(written(tmp_path, *rows))
    assert [one.negative for one in found] == [True, False, False]
    assert {(one.text, one.given) for one in found} == {(Text("利率不错"), frozenset())}


def test_finnsp_is_read_by_its_text(tmp_path: Path) -> None:
    """The verdict is the record's, the title is not read."""
    row = {"id": "f", "title": "早报", "text": "平台失联", "entities": ["甲"], "negative": True, "key_entities": ["甲"]}
    (found,) = load(written(tmp_path, row))
    assert (found.text.text, found.negative, found.text.bank, found.given) == ("平台失联", True, None, frozenset())


def test_our_own_form_is_known_by_the_watched_bank(tmp_path: Path) -> None:
    """A record with ``watched`` is ours, and a kind that is named is not guessed."""
    row = {
        "id": "1",
        "text": "闪退",
        "watched": "青石岭银行",
        "negative": True,
        "label": "negative",
        "key_entities": [],
    }
    path = written(tmp_path, row)
    assert load(path)[0].text.bank is not None
    assert load(path, "finnsp")[0].text.bank is None


@pytest.mark.parametrize(
    ("row", "kind", "problem"),
    [
        (
            {"id": "1", "text": "好", "label": "bad"},
            None,
            "第 1 行不是标注记录：label 应为 negative、positive、neutral 之一",
        ),
        ({"id": "1", "label": "neutral"}, None, "缺少 id 或 text"),
        ({"id": "1", "text": "好", "negative": 1}, "finnsp", "negative 应为 true 或 false"),
        ({"id": "1", "text": "好"}, None, "缺少 negative"),
    ],
)
def test_what_is_not_of_its_kind_is_told(tmp_path: Path, row: dict[str, Any], kind: str | None, problem: str) -> None:
    """The error names file, line and field."""
    with pytest.raises(RecordError, match=rf"data\.jsonl .*{problem}"):
        load(written(tmp_path, row), kind)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    """Nothing to score is an error, not a table of zeros."""
    with pytest.raises(RecordError, match=r"data\.jsonl 里没有记录"):
        load(written(tmp_path))


def test_near_duplicates_of_the_training_part_are_left_out() -> None:
    """A text that repeats half of a known one is dropped, another one is kept."""
    known = [text("某某理财平台涉嫌非法集资被立案侦查")]
    kept = apart([text("快讯：某某理财平台涉嫌非法集资被立案侦查！"), text("存款利率今天下调")], known)
    assert [one.id for one in kept] == ["存款利率今天下调"]


def test_a_split_goes_by_cluster() -> None:
    """The test part has its share, is near nothing of the training part, and is the same for the same seed."""
    records = [text(f"{'甲乙丙丁戊己庚辛壬癸'[group]}{group}号网点{group * 7919}" + "！" * twin) for group in range(10)
               for twin in range(3)]  # fmt: skip
    train, test = split(records, 0.3, 5)
    assert (len(train), len(test)) == (21, 9)
    assert max(nearest([one.text.text for one in test], [one.text.text for one in train])) < 0.5
    assert split(records, 0.3, 5) == (train, test) != split(records, 0.3, 6)
    with pytest.raises(ValueError, match=r"share: 1\.5"):
        split(records, 1.5, 5)

"""Posts of marked streams as training texts."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from training.corpus import load_records
from training.marked import marked_posts, stream_folders

STREAMS = Path(str(files("training"))) / "streams"


def test_a_post_is_taken_with_what_it_answers_and_what_is_marked() -> None:
    """Text and parent as they are read in life; whose bank it is and how grave it is are open."""
    without = {folder.name for folder in stream_folders(STREAMS)} - {"a"}
    records = {record["id"]: (matter, record) for matter, record in marked_posts(STREAMS, without)}
    matter, reply = records["a:qingtan-luntan:re410324"]
    assert matter == ("a", "incident", "I01")
    assert (reply["negative"], reply["topics"]) == (True, ["interest_swallowed"])
    assert (reply["about"], reply["severity"]) == (None, None)
    root = records["a:qingtan-luntan:th410321"][1]
    assert root["parent"] is None
    assert reply["parent"].startswith(root["text"])
    assert records["a:qingtan-luntan:re410306"][0] == ("a", "qingtan-luntan", "th410303")


def test_posts_of_one_matter_share_a_group(tmp_path: Path) -> None:
    """So no fold reads one post of an incident by another; texts beside the streams come first."""
    (tmp_path / "part1.jsonl").write_text('{"id": "x"}\n{"id": "y"}\n', encoding="utf-8")
    for name in ("a", "b"):
        shutil.copytree(STREAMS / name, tmp_path / "streams" / name)
    records, groups = load_records(tmp_path)
    assert [record["id"] for record in records[:2]] == ["x", "y"]
    of_incident = {
        groups[number]
        for number, record in enumerate(records)
        if record["id"] in {"a:qingtan-luntan:th410321", "a:qingtan-luntan:re410324"}
    }
    assert len(of_incident) == 1
    assert not of_incident & {0, 1}
    assert {record["id"][0] for record in load_records(tmp_path, {"a"})[0][2:]} == {"b"}

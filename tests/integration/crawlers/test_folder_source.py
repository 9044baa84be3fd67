"""Watched folders on a real file system, through the door into a real store."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.importing import import_file
from crawlers.door import Door
from crawlers.imports import folder as folder_module
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.imports.folder import FolderSource, folder_source
from domain.errors import SourceError
from storage.store import SqlStore, open_store

NOW = datetime(2026, 3, 16, tzinfo=UTC)
GOLDEN = Path(__file__).parents[2] / "golden" / "imports" / "mediacrawler" / "data"
POSTS = 18
"""How many posts and comments the golden folder holds."""
PERSON = {
    "user_id": "62300000001", "sec_uid": "SEC-UID-1", "nickname": "清溪河", "avatar": "https://img.example/face.jpg",
    "ip_location": "河南许昌", "last_modify_ts": 1773133200000,
}  # fmt: skip
OLD = {
    **PERSON,
    "aweme_id": "a1",
    "title": "排队",
    "desc": "排队两小时",
    "create_time": 1773100800,
    "liked_count": "12",
}


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """An empty store outside the watched folder."""
    return open_store(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """An empty folder."""
    watched = tmp_path / "watched"
    watched.mkdir()
    return watched


def media(folder: Path) -> FolderSource:
    """MediaCrawler's folder as a source."""
    config = MediaCrawlerConfig.model_validate({"name": "mc", "kind": "mediacrawler", "folder": str(folder)})
    return folder_source(config, folder, Door(b"k"))


def vendor(folder: Path, **changes: Any) -> FolderSource:
    """A vendor's folder as a source."""
    columns = {"id": "链接", "url": "链接", "text": "正文", "published_at": "时间", "author_id": "作者号"}
    facts = {
        "name": "v",
        "kind": "files",
        "folder": str(folder),
        "columns": columns,
        "constants": {"platform": "weibo"},
    }
    return folder_source(FilesConfig.model_validate({**facts, **changes}), folder, Door(b"k"))


def table(path: Path, *rows: tuple[str, ...], encoding: str = "utf-8-sig") -> None:
    """A vendor's CSV."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([("链接", "正文", "时间", "作者号"), *rows])


def row(number: int, text: str = "排队") -> tuple[str, ...]:
    """One row of it."""
    return (f"https://weibo.example/{number}", text, "2026-03-10 08:00", "u62300000001")


def lines(path: Path, *rows: object) -> Path:
    """A JSON Lines file."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), encoding="utf-8")
    return path


def ids(store: SqlStore, words: str) -> list[str]:
    """The posts with these words."""
    return sorted(post.id for post in store.search(words, 100))


def test_a_folder_is_imported_twice_without_a_duplicate(tmp_path: Path, store: SqlStore) -> None:
    """The second import finds nothing new; no rejects file is left beside a clean folder."""
    data = shutil.copytree(GOLDEN, tmp_path / "data")
    first, second = (import_file(data, store, Door(b"k"), NOW) for _ in range(2))
    assert (first.observations, first.new, first.refused, first.rejects_file) == (POSTS, POSTS, 0, None)
    assert (second.observations, second.new) == (POSTS, 0)
    assert ids(store, "取钱要预约") == ["3xabcdefghijk"]


def test_single_files_of_every_form_are_known_without_their_folder(tmp_path: Path, store: SqlStore) -> None:
    """jsonl, json, csv and SQLite are told by their content; an archive of observations stays one."""
    for source in ("douyin/jsonl/search_contents_2026-03-10.jsonl", "kuaishou/json/search_contents_2026-03-10.json"):
        copied = shutil.copy(GOLDEN / source, tmp_path / f"a{Path(source).suffix}")
        assert import_file(Path(copied), store, Door(b"k"), NOW).new == 1
    copied = shutil.copy(GOLDEN / "weibo/csv/search_comments_2026-03-10.csv", tmp_path / "a.csv")
    assert import_file(Path(copied), store, Door(b"k"), NOW).new == 2
    with closing(sqlite3.connect(tmp_path / "sqlite_tables.db")) as database, database:
        database.execute(
            "CREATE TABLE xhs_note (id INTEGER, note_id TEXT, title TEXT, desc TEXT, time INTEGER, add_ts INTEGER)"
        )
        database.execute("INSERT INTO xhs_note VALUES (1, 'x1', '避雷', '开卡三小时', 1773100800000, 1773133200000)")
        database.execute("CREATE TABLE xhs_creator (user_id TEXT)")
    assert import_file(tmp_path / "sqlite_tables.db", store, Door(b"k"), NOW).new == 1
    archive = lines(
        tmp_path / "b.jsonl", {"source": "bbs", "id": "t1", "text": "利息", "observed_at": "2026-03-16T08:00:00Z"}
    )
    assert import_file(archive, store, Door(b"k"), NOW).new == 1


def test_a_bad_row_and_a_bad_file_do_not_stop_an_import(tmp_path: Path, store: SqlStore) -> None:
    """Both stand in the rejects file with file and line; the other rows and files go in."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "a_contents_1.json").write_text('[{"aweme_id": "cut", "desc": "剪断", "create_time": 1}, {"awe', "utf-8")
    lines(data / "b_contents_1.jsonl", OLD, {**OLD, "aweme_id": ""}, "text", {**OLD, "aweme_id": "a2"})
    lines(data / "other.jsonl", {"what": "ever"})
    count = import_file(data, store, Door(b"k"), NOW)
    assert (count.observations, count.new, count.refused) == (3, 3, 4)
    assert count.rejects_file == tmp_path / "data.rejects.jsonl"
    told = [json.loads(line) for line in count.rejects_file.read_text(encoding="utf-8").splitlines()]
    assert [(item["line"], item["reason"]) for item in told] == [
        (None, "unreadable_file"), (2, "missing_id"), (3, "not_an_object"), (None, "unreadable_file"),
    ]  # fmt: skip
    assert [item["detail"].split("：")[0] for item in told] == [
        "a_contents_1.json", "b_contents_1.jsonl", "b_contents_1.jsonl", "other.jsonl",
    ]  # fmt: skip


def test_a_folder_of_others_is_refused(watched: Path, store: SqlStore) -> None:
    """An import of nothing would look like an import."""
    with pytest.raises(SourceError, match="没有 MediaCrawler 的文件"):
        import_file(watched, store, Door(b"k"), NOW)


def test_nothing_of_a_person_is_stored(tmp_path: Path, watched: Path, store: SqlStore) -> None:
    """Neither raw id nor avatar nor IP location is anywhere in the database, not even in refused rows."""
    lines(watched / "search_contents_1.jsonl", OLD, {**OLD, "aweme_id": None}, {**OLD, "create_time": [], "desc": 5})
    with (watched / "search_contents_1.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(OLD, ensure_ascii=False)[:-1])
    table(watched / "v.csv", row(1), row(2, ""))
    store.save_collected(media(watched).collect({}, NOW), None)
    store.save_collected(vendor(watched).collect({}, NOW), None)
    import_file(watched, store, Door(b"k"), NOW)
    store.close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as database:
        dump = "\n".join(database.iterdump())
    assert "排队两小时" in dump
    hidden = ("62300000001", "SEC-UID-1", "face.jpg", "河南许昌")
    assert [word for word in hidden if word in dump] == []


def test_each_file_is_read_once_and_again_when_it_has_grown(watched: Path, store: SqlStore) -> None:
    """The second look is quiet, also after a rename; a grown file brings its new row and stores nothing twice."""
    table(watched / "a.csv", row(1))
    first = vendor(watched).collect({}, NOW)
    assert (first.coverage.status, first.coverage.expected, first.coverage.got) == ("ok", 1, 1)
    assert store.save_collected(first, None) == 1
    (watched / "a.csv").rename(watched / "b.csv")
    second = vendor(watched).collect(first.memory, NOW)
    assert (second.coverage.status, second.coverage.got, second.observations) == ("quiet", 0, ())
    table(watched / "b.csv", row(1), row(2))
    third = vendor(watched).collect(second.memory, NOW)
    assert (third.coverage.status, third.coverage.got) == ("ok", 2)
    assert store.save_collected(third, None) == 1


def test_a_file_that_cannot_be_read_is_named_and_tried_again(watched: Path) -> None:
    """The others are read; once it is mended it comes in."""
    table(watched / "a.csv", row(1), encoding="gb18030")
    table(watched / "b.csv", row(2))
    first = vendor(watched).collect({}, NOW)
    assert first.coverage.status == "partial"
    assert first.coverage.cause
    assert "a.csv 不是 utf-8 编码" in first.coverage.cause
    assert [seen.url for seen in first.observations] == ["https://weibo.example/2"]
    table(watched / "a.csv", row(1))
    second = vendor(watched).collect(first.memory, NOW)
    assert (second.coverage.status, [seen.id for seen in second.observations]) == ("ok", ["https://weibo.example/1"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.db", b"SQLite format 3\0" + b"\xff" * 5000),
        ("a.json", b"[" * 100_000),
        ("a.json", b'[{"note_id": "1", "content": "\xff"}]'),
        ("a.csv", b"note_id,content\n1,\xc5\xc5\xb6\xd3\n"),
        ("a.csv", b'aweme_id,desc\n1,"' + b"x" * 8_100_000 + b'"\n'),
        ("a.jsonl", b'{"user_id": "62300000001"}\n'),
    ],
)
def test_a_hostile_or_foreign_file_is_a_cause_with_its_name(watched: Path, name: str, content: bytes) -> None:
    """Corrupt, nested without end, in another encoding, or of another program: the others go in all the same."""
    (watched / name).write_bytes(content)
    lines(watched / "search_contents_1.jsonl", OLD)
    collected = media(watched).collect({}, NOW)
    assert collected.coverage.status == "partial"
    assert (collected.coverage.cause or "").startswith(name)
    assert [seen.id for seen in collected.observations] == ["a1"]
    assert list(collected.memory["files"]) == ["search_contents_1.jsonl"]


def test_an_empty_file_and_null_bytes_do_no_harm(watched: Path) -> None:
    """MediaCrawler makes the file before the first row; a NUL in a cell is taken off at the door."""
    (watched / "search_contents_1.jsonl").touch()
    (watched / "search_contents_2.csv").write_bytes(b"aweme_id,desc,liked_count\na1,\x00pai\x00dui,1\n")
    collected = media(watched).collect({}, NOW)
    assert collected.coverage.status == "ok"
    assert [seen.text for seen in collected.observations] == ["paidui"]


def test_refused_rows_make_the_run_partial(watched: Path) -> None:
    """The ledger says how many, where the first is and why; expected is more than got."""
    table(watched / "a.csv", row(1), ("https://weibo.example/2", "早", "上周", ""), (*row(3), "多一列"))
    collected = vendor(watched).collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.expected, collected.coverage.got) == ("partial", 3, 1)
    assert [(item.source, item.line, item.reason) for item in collected.rejects] == [
        ("v", 3, "bad_time"), ("v", 4, "bad_row"),
    ]  # fmt: skip
    assert collected.coverage.cause
    assert collected.coverage.cause.startswith("2 行没有收下，第一处是第 3 行，a.csv：")


def test_a_table_that_was_cut_through_a_row_gives_its_whole_rows_and_says_so(watched: Path) -> None:
    """Half a row would pass for a post with half its words; when the file is whole the rest comes."""
    path = watched / "a.csv"
    table(path, ("1", "取不出钱", "2026-03-15", "u1"), ("2", "排队两小时才轮到", "2026-03-15", "u2"))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index("两小时".encode())])
    cut = vendor(watched).collect({}, NOW)
    assert ([seen.id for seen in cut.observations], cut.coverage.status) == (["1"], "partial")
    assert "最后一行不完整" in (cut.coverage.cause or "")
    path.write_bytes(whole)
    healed = vendor(watched).collect(cut.memory, NOW)
    assert ([seen.text for seen in healed.observations][-1], healed.coverage.status) == ("排队两小时才轮到", "ok")


def test_a_table_whose_rows_leave_out_their_last_columns_is_read(watched: Path) -> None:
    """Some programs do not write what is empty at the end of a row."""
    (watched / "a.csv").write_text("链接,正文,时间,作者号\n1,取不出钱,2026-03-15\n2,排队\n", encoding="utf-8")
    collected = vendor(watched).collect({}, NOW)
    assert ([seen.id for seen in collected.observations], collected.coverage.status) == (["1", "2"], "ok")


def test_a_changed_header_is_told(watched: Path) -> None:
    """Half a record would hide that the vendor changed the table."""
    (watched / "a.csv").write_text(
        "链接,内容,时间,作者号\nhttps://weibo.example/1,排队,2026-03-10,u1\n", encoding="utf-8"
    )
    collected = vendor(watched).collect({}, NOW)
    assert (collected.coverage.status, collected.observations) == ("partial", ())
    assert "a.csv 里没有这些列：正文" in (collected.coverage.cause or "")


def test_no_folder_is_down_and_keeps_what_was_known(tmp_path: Path) -> None:
    """A share that is not mounted must not make everything new again."""
    collected = media(tmp_path / "gone").collect({"files": {"a": "1"}}, NOW)
    assert collected.coverage.status == "down"
    assert collected.memory == {"files": {"a": "1"}}
    assert "没有这个文件夹" in (collected.coverage.cause or "")


def test_a_revisit_reads_its_threads_and_leaves_the_files_new() -> None:
    """The next sweep reads the files in full."""
    collected = media(GOLDEN).collect({}, NOW, ["7480000000000000001"])
    assert sorted(seen.id[-3:] for seen in collected.observations) == ["001", "101", "102"]
    assert collected.memory == {"files": {}}
    assert media(GOLDEN).collect(collected.memory, NOW).coverage.got == POSTS


def test_what_is_too_much_for_one_run_waits_for_the_next(watched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded, and the ledger says what waits."""
    monkeypatch.setattr(folder_module, "MOST_ROWS", 2)
    for number in range(3):
        table(watched / f"{number}.csv", row(number), row(10 + number))
    first = vendor(watched).collect({}, NOW)
    assert (first.coverage.status, first.coverage.cause) == ("partial", "还有 2 个文件留待下次读")
    second = vendor(watched).collect(first.memory, NOW)
    assert [seen.id for seen in second.observations] == ["https://weibo.example/1", "https://weibo.example/11"]


def test_a_vendors_json_lines_are_read_by_their_keys(watched: Path) -> None:
    """Numbers may stand for ids and times; a line cut short is refused and the rest goes in."""
    file = lines(watched / "a.jsonl", {"cid": 7, "vid": 3, "content": "同问", "ctime": 1773100800})
    with file.open("a", encoding="utf-8") as opened:
        opened.write('{"cid": 8, "con')
    columns = {"id": "cid", "thread": "vid", "text": "content", "published_at": "ctime"}
    source = vendor(watched, format="jsonl", columns=columns, constants={"platform": "douyin", "kind": "comment"})
    collected = source.collect({}, NOW)
    seen = collected.observations[0]
    assert (seen.id, seen.thread, seen.kind, seen.platform) == ("7", "3", "comment", "douyin")
    assert seen.published_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert [item.reason for item in collected.rejects] == ["bad_json"]

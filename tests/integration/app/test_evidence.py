"""Evidence handed out: a folder that anybody can check, a cover that anybody can read, and holds."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from app import holding
from app.checkup import checkup
from app.cli import main
from app.evidence import Export, write_evidence
from app.progress import Silent
from app.starting import write_starting_folder
from app.wiring import make_archive, make_parts
from config.settings import Settings, load_settings
from crawlers.archive import Archive, Page
from domain.alerts import AlertState, Level, LevelChange
from domain.errors import EvidenceError
from domain.evidence import Hold
from pipeline.parts import Retention
from tests.integration.storage.conftest import Scene, at, seen

HTML = "<html><script src='https://elsewhere.example/x.js'></script>取不出钱</html>".encode("gbk")
ROOT = Page("https://bbs.example/t/1", "GET", 200, {"content-type": "text/html; charset=gbk"}, HTML, at(0))
COMMENTS = Page("https://api.example/c", "POST", 200, {"content-type": "application/json"}, b'{"data": []}', at(5))
NOW = at(60)


@dataclass
class Case:
    """A bank with one incident: a thread, its reply, a comment and an imported post; three of them with pages."""

    settings: Settings
    scene: Scene
    archive: Archive
    out: Path

    def export(self, incident: str = "i1") -> Export:
        """Hand the incident out into ``out``."""
        return write_evidence(self.settings, incident, self.out, NOW)

    def cover(self) -> str:
        """The cover page that was written."""
        return (self.out / "封面.html").read_text(encoding="utf-8")

    def manifest(self) -> dict[str, Any]:
        """The manifest that was written."""
        whole: dict[str, Any] = json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))
        return whole


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The bank's folder as ``yuqing init`` writes it, with a store and kept pages."""
    write_starting_folder(tmp_path / "conf")
    settings = load_settings(tmp_path / "conf")
    archive, scene = make_archive(settings), Scene(settings.store_url)
    root, comments = archive.keep(ROOT), archive.keep(COMMENTS)
    later = archive.keep(replace(ROOT, body=b"<p>other</p>", asked_at=at(9)))
    scene.see(
        seen("t1", "取不出钱<script>alert(1)</script>", title="<b>挤兑</b>", url="javascript:alert(2)", capture=root),
        seen("p2", "我也是", 1, under="t1", url="https://bbs.example/t/1#2", capture=root),
        seen("../c 3", "", 5, capture=comments),
        seen("w4", "转发", 6),
    )
    scene.see(seen("p2", "", 9, under="t1", deleted=True, capture=later), when=9)
    scene.read()
    scene.group("t1", "p2", "../c 3", "w4")
    change = LevelChange("i1", at(2), Level.NONE, Level.RED, "heat", "热度高", 55.5, 50.0)
    scene.store.record_decisions([(AlertState("i1", Level.RED, at(2)), change)], [], "bank.example")
    return Case(settings, scene, archive, tmp_path / "out")


def checked(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a checking program of somebody else's in the folder."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_folder_is_handed_out_that_others_programs_can_check(case: Case) -> None:
    """Bodies as they were answered, records byte for byte, and a check sum for every file."""
    export = case.export()
    names = sorted(path.relative_to(case.out).as_posix() for path in case.out.rglob("*") if path.is_file())
    records = [path for path in names if path.startswith("warc/")]
    assert [name for name in names if name not in records] == [
        "SHA256SUMS",
        "manifest.csv",
        "manifest.json",
        "pages/001-bbs-t1.html",
        "pages/002-bbs-.._c_3.json",
        "pages/003-bbs-p2.html",
        "封面.html",
    ]
    assert (case.out / "pages" / "001-bbs-t1.html").read_bytes() == HTML
    kept = {path.read_bytes() for path in case.archive.folder.rglob("*.warc.gz")}
    assert {(case.out / path).read_bytes() for path in records} == kept
    sums = checked(case.out, "sha256sum", "--strict", "-c", "SHA256SUMS")
    assert (sums.returncode, sums.stdout.count(": OK")) == (0, len(names) - 1)
    assert checked(case.out, str(Path(sys.executable).parent / "warcio"), "check", *records).returncode == 0
    assert checked(case.out, "sha256sum", "SHA256SUMS").stdout.startswith(export.seal)


def test_the_manifest_says_what_each_page_is_and_shows(case: Case) -> None:
    """Address, moment, status and sums of each page, and the posts on it; the table says the same as the JSON."""
    case.export()
    first, second, third = case.manifest()["pages"]
    assert [seen["id"] for seen in first["shows"]] == ["t1", "p2"]
    assert (first["url"], first["asked_at"], first["status"]) == (
        "https://bbs.example/t/1",
        "2026-03-16T01:00:00Z",
        200,
    )
    assert (first["verified"], first["fault"], second["type"]) == (True, None, "application/json")
    assert third["shows"] == [
        {
            "source": "bbs",
            "id": "p2",
            "url": "https://bbs.example/t/1#2",
            "observed_at": "2026-03-16T01:09:00Z",
            "deleted": True,
        }
    ]
    with (case.out / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["number"], row["sha256"], row["verified"]) for row in rows] == [
        (str(page["number"]), page["sha256"], "1") for page in (first, second, third)
    ]


def test_the_cover_can_be_read_alone_and_nothing_of_a_stranger_acts_in_it(case: Case) -> None:
    """Title, levels, posts with pages and sums; what strangers wrote is text, and nothing is loaded from elsewhere."""
    case.export()
    cover = case.cover()
    for words in (
        "&lt;b&gt;挤兑&lt;/b&gt;",
        "取不出钱&lt;script&gt;",
        "热度高",
        "红色",
        "时已看不到",
        "页上已没有这一条",
    ):
        assert words in cover
    assert "sha256sum -c SHA256SUMS" in cover
    assert not re.search(r"<script|<img|<link|<iframe|src=|url\(|javascript:", cover)
    links = set(re.findall(r'href="([^"]*)"', cover))
    assert {link for link in links if link.startswith("http")} == {"https://bbs.example/t/1#2"}
    assert all((case.out / link).is_file() for link in links if not link.startswith("http"))


def test_a_post_without_a_page_is_listed_with_the_reason(case: Case) -> None:
    """A record that was imported has no page; the cover and the manifest say so."""
    export = case.export()
    assert [(gap.id, gap.reason) for gap in export.gaps] == [("w4", "导入或手工录入的记录，没有网页可存")]
    assert case.manifest()["posts_without_page"] == [
        {"source": "bbs", "id": "w4", "reason": "导入或手工录入的记录，没有网页可存"}
    ]
    assert "没有网页：导入或手工录入的记录" in case.cover()
    assert "4 条，其中 3 条有存下的网页，1 条没有" in case.cover()


def test_damaged_and_missing_pages_are_told_and_never_passed_off_as_proof(case: Case) -> None:
    """A damaged record is handed out as it is, but no page is made of it; one that is gone has no file at all."""
    names = list(case.archive.names())
    paths = {name: case.archive.folder / f"{name}.warc.gz" for name in names}
    root = next(name for name in names if case.archive.page(name).body == HTML)
    paths[root].write_bytes(paths[root].read_bytes()[:-40])
    gone = next(name for name in names if case.archive.page(name).body == COMMENTS.body) if root else ""
    paths[gone].unlink()
    export = case.export()
    assert [sheet.number for sheet in export.damaged] == [1]
    first, second, third = case.manifest()["pages"]
    assert (first["verified"], first["file"], bool(first["warc"])) == (False, None, True)
    assert (second["verified"], second["file"], second["warc"]) == (False, None, None)
    assert third["verified"] is True
    reasons = {gap.id: gap.reason for gap in export.gaps}
    assert "损坏" in reasons["t1"]
    assert "已过保存期" in reasons["../c 3"]
    assert "2 份缺失或已损坏" in case.cover()


def test_a_post_of_which_only_the_absence_was_kept_has_no_page(case: Case) -> None:
    """A page that shows that a post is gone is no proof of what it said."""
    name = case.archive.keep(replace(ROOT, asked_at=at(20)))
    case.scene.see(seen("w4", "", 20, deleted=True, capture=name), when=20)
    export = case.export()
    assert [(gap.id, gap.reason) for gap in export.gaps] == [("w4", "只存下了它消失之后的网页")]


def test_evidence_is_never_mixed_with_other_files(case: Case) -> None:
    """A folder with something in it, or a file, is refused, and nothing in it changes."""
    case.out.mkdir()
    (case.out / "notes.txt").write_text("别的", encoding="utf-8")
    with pytest.raises(click.UsageError, match="不是空目录"):
        case.export()
    assert [path.name for path in case.out.iterdir()] == ["notes.txt"]
    case.out = case.out / "notes.txt"
    with pytest.raises(click.UsageError, match="不是空目录"):
        case.export()
    case.out = case.out / "below"
    with pytest.raises(EvidenceError, match="写不进去"):
        case.export()


def test_an_incident_that_is_not_there_is_told_with_the_nearest(case: Case) -> None:
    """Ids are copied from mails, where a # stands before them, and are mistyped."""
    with pytest.raises(click.UsageError, match=r"没有编号为“i2”的事件；相近的有：\n  i1　取钱难"):
        case.export("i2")
    assert not case.out.exists()
    assert case.export("#i1").gaps


def test_a_hold_needs_a_name_and_a_reason_and_is_lifted_by_its_number(case: Case) -> None:
    """Who and why stand in the list for good; of several holds the one that ends must be named."""
    store = case.scene.store
    for by, reason in ((None, "诉讼"), ("王法务", None), ("王法务", " ")):
        with pytest.raises(click.UsageError, match="--by"):
            holding.place(store, "i1", by, reason, NOW)
    first = holding.place(store, "#i1", "王法务", " 诉讼准备 ", NOW)
    assert first == Hold(1, "i1", NOW, "王法务", "诉讼准备")
    second = holding.place(store, "i1", "李审计", "内审", NOW + timedelta(minutes=1))
    with pytest.raises(click.UsageError, match="--number"):
        holding.lift(store, "i1", "李审计", None, NOW)
    assert holding.lift(store, "i1", "李审计", second.key, NOW) == (second, 1)
    assert holding.lift(store, "i1", "王法务", None, NOW) == (first, 0)
    with pytest.raises(click.UsageError, match="没有生效中的保全"):
        holding.lift(store, "i1", "王法务", None, NOW)
    assert [row[4:] for row in holding.table(store)] == [
        ("王法务", "诉讼准备", "2026-03-16 10:00", "王法务"),
        ("李审计", "内审", "2026-03-16 10:00", "李审计"),
    ]


def test_doctor_says_whether_pages_can_be_kept(case: Case) -> None:
    """A folder that others can look into, and one that cannot be written, need a person."""

    def told() -> tuple[bool, str]:
        return next((finding.well, finding.detail) for finding in checkup(case.settings) if finding.subject == "证据")

    folder = case.archive.folder
    assert told()[0]
    assert "已存 3 页" in told()[1]
    folder.chmod(0o755)
    assert told() == (False, f"{folder} 别的用户也能看，里面是网页原样；请运行 chmod 700 {folder}")
    folder.rename(folder.with_name("moved"))
    folder.write_text("a file stands in the way", encoding="utf-8")
    assert "写不进去" in told()[1]


def test_only_the_machines_own_clock_removes_pages(case: Case) -> None:
    """A sweep that takes another moment for now keeps pages, and says what it could not keep, but removes none."""
    plain = make_parts(case.settings, Silent())
    assert plain.retention == Retention(days=7, incident_days=1095)
    borrowed = make_parts(case.settings, Silent(), lambda: NOW)
    assert borrowed.retention is None
    assert borrowed.archive is not None


def test_the_commands_do_so_from_a_terminal(case: Case) -> None:
    """Status 0 with what was written, 2 with the cause where the words were wrong."""

    def yuqing(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--config", str(case.settings.folder)])

    done = yuqing("evidence", "i1", "--out", str(case.out))
    assert (done.exit_code, done.stdout.startswith("网页 3 份，没有网页的帖子 1 条")) == (0, True), done.output
    assert yuqing("evidence", "i1", "--out", str(case.out)).exit_code == 2
    assert yuqing("hold", "i1", "--by", "王法务", "--reason", "诉讼").stdout.startswith("已保全事件 i1（编号 1）")
    listed = yuqing("hold", "--list")
    assert (listed.exit_code, "生效中" in listed.stdout) == (0, True)
    assert "从此按保存期清理" in yuqing("hold", "i1", "--lift", "--by", "王法务").stdout
    assert yuqing("hold").exit_code == 2

"""Other thresholds on a real store, by the real command; the store stays as it was."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

from app.starting import write_starting_folder
from app.whatif import Asked, look_back
from config.settings import load_settings
from domain.clock import iso
from domain.coverage import Collected, Coverage
from domain.incidents import Grouping, Incident, Snapshot
from evaluation.history import read_history
from evaluation.whatif_report import compare
from storage.store import open_store
from tests.integration.evaluation.conftest import archive

PNG = b"\x89PNG"
START = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(told: Path) -> Path:
    """A configuration folder whose store is the one of the replay."""
    shutil.copytree(told / "conf", told / "whatif")
    shutil.copy(told / "one" / "backtest.db", told / "whatif" / "yuqing.db")
    return told / "whatif"


def whatif(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), "whatif", *map(str, words), "--config", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_present_rules_replayed_tell_what_was_really_told(told: Path, folder: Path) -> None:
    """Every mail of the replay, at its time, of its kind and level: so the other rules can be believed as well."""
    settings = load_settings(folder)
    found = compare(read_history(settings.store_url, 90, {}), settings.alerts, settings.alerts)
    mine = [(iso(mail.at), mail.kind, mail.level.code) for change in found.changes for mail in change.before.mails]
    notices = [json.loads(line) for line in (told / "one" / "notices.jsonl").read_text("utf-8").splitlines()]
    assert mine == [(item["at"], item["kind"], item["level"]) for item in notices if item["incident"]]
    assert mine
    assert [change.kinds for change in found.changes] == [()]


def test_the_command_tells_draws_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """A table with a line below, a picture, and the same bytes in the store as before."""
    store = folder / "yuqing.db"
    before = sha256(store.read_bytes()).hexdigest()
    done = whatif(folder, "--rule", "yellow: authors>=5", "--picture", tmp_path / "p.png")
    assert done.returncode == 0, done.stderr
    assert "推迟" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2026-03-10 至 2026-03-12（3 天，事件 1 起）：邮件 2 → 1 封")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)
    assert sha256(store.read_bytes()).hexdigest() == before


def test_json_and_csv_are_clean_on_stdout(folder: Path) -> None:
    """For programs: everything as JSON; the table as CSV with the line on stderr."""
    quiet = ("--rule", "yellow: off", "--rule", "orange: off", "--rule", "red: off")
    record = json.loads(whatif(folder, *quiet, "--format", "json").stdout)
    assert record["summary"]["changes"]["lost"] == 1
    assert [day["before"] for day in record["days"]] == [2, 0, 0]
    done = whatif(folder, *quiet, "--format", "csv")
    [row] = csv.DictReader(done.stdout.splitlines())
    assert (row["变化"], row["最高级别"], row["改后最高级别"]) == ("不再预警", "红色", "蓝色")
    assert "不再预警 1" in done.stderr


def test_a_store_of_one_sweep_is_looked_back_at(tmp_path: Path) -> None:
    """What the only run measured, before it ended, belongs to the days that are looked at."""
    conf = tmp_path / "conf"
    write_starting_folder(conf)
    program = str(Path(sys.executable).parent / "yuqing")
    for words in (
        ("import", "posts", archive(tmp_path / "archive.jsonl")),
        ("sweep", "--at", "2026-03-10T14:30"),
    ):
        subprocess.run(
            [program, *map(str, words), "--config", str(conf)], capture_output=True, timeout=120, check=False
        )
    done = whatif(conf, "--rule", "red: off")
    assert "（1 天，事件 1 起）：邮件 1 → 1 封" in done.stdout


def test_a_wrong_rule_ends_with_2_and_names_what_exists(folder: Path) -> None:
    """Nothing was replayed."""
    done = whatif(folder, "--rule", "yellow/没有的: authors>=6")
    assert done.returncode == 2
    assert "有的是：四名作者的具体诉求" in done.stderr
    assert whatif(folder).returncode == 2


def test_another_alerts_yaml_takes_the_place_of_the_present_one(folder: Path, tmp_path: Path) -> None:
    """A whole file, and a rule on top of it; rules by branch are looked up by the incident's posts."""
    other = tmp_path / "alerts.yaml"
    quiet = "{any_of: [{authors: 99}]}"
    levels = f"{{yellow: {quiet}, orange: {quiet}, red: {quiet}}}"
    other.write_text(f"overrides:\n  - branches: [城关支行]\n    levels: {levels}\n", encoding="utf-8")
    settings = load_settings(folder)
    [lost] = look_back(settings, Asked((), other, 90)).changes
    assert lost.kinds == ("lost",)
    [same] = look_back(settings, Asked(["yellow: authors>=4"], other, 90)).changes
    assert same.after.first is not None


def test_a_store_that_is_not_there_is_told_and_not_made(told: Path, tmp_path: Path) -> None:
    """Looking back on nothing makes nothing."""
    shutil.copytree(told / "conf", tmp_path / "conf")
    done = whatif(tmp_path / "conf", "--rule", "yellow: off")
    assert done.returncode == 1
    assert "没有这个数据库文件" in done.stderr
    assert not (tmp_path / "conf" / "yuqing.db").exists()


def test_history_gives_back_the_snapshots_of_both_databases(store_url: str) -> None:
    """Every figure that a rule may ask for, and the incident with its topics."""
    incident = Incident("20260310-aaaa", "青禾村镇银行", "排队", ("queue_slow", "fee"), START, START)
    shot = Snapshot(
        incident=incident.id, at=START, posts=3, posts_24h=2, authors=2, authors_24h=1, platforms=1,
        negative_posts=2, severity=2, engagement=7, velocity=1.0, acceleration=-1.0, reprints=1, amplifiers=0,
        index=21.5, heat=20.25, confidence=0.9, last_post_at=START, views=None, followers_max=60_000,
    )  # fmt: skip
    store = open_store(store_url)
    run = store.claim_run("sweep", START, 3600)
    assert run is not None
    store.save_grouping(incident.bank, [], Grouping((incident,), ()), START)
    store.save_snapshots([shot])
    store.finish_run(run, START, "done", "")
    store.close()
    [matter] = read_history(store_url, 90, {}).matters
    assert (matter.incident, matter.snapshots, matter.at(START)) == (incident, (shot,), incident)


def test_blind_sources_of_the_past_are_those_that_the_ledger_names(sqlite_url: str) -> None:
    """After every run, whatever went before it: what held an all-clear back then does so again."""
    url = sqlite_url
    store = open_store(url)
    looks = list(product(("sweep", "revisit"), ("ok", "partial", "down", "changed")))
    expected = []
    for number, (kind, status) in enumerate(look for pair in product(looks, looks) for look in pair):
        now = START + timedelta(minutes=number)
        run = store.claim_run(kind, now, 3600)
        assert run is not None
        store.save_collected(Collected((), (), Coverage("bbs", now, now, status, 0, cause="原因")), run)
        store.finish_run(run, now, "done", "")
        expected.append([item.status for item in store.blind_sources(now) if item.status != "partial"])
    store.close()
    moments = read_history(url, 90, {"bbs": "论坛"}).moments
    assert [[item.status for item in moment.blind] for moment in moments] == expected
    assert {item.source for moment in moments for item in moment.blind} == {"论坛"}
    assert not any(moment.blind for moment in read_history(url, 90, {}).moments)

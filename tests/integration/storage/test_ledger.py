"""What ran, when and how it ended; one run at a time; what could not be seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from domain.alerts import Blind
from domain.coverage import Run
from tests.integration.storage.conftest import Scene, at, seen

ROOT = Path(__file__).parents[3]
HOUR = 3600

CLAIM = """
import sys
from datetime import datetime
from storage.store import open_store
store = open_store(sys.argv[1])
sys.stdin.readline()
print(store.claim_run("sweep", datetime.fromisoformat(sys.argv[2]), 3600))
sys.stdout.flush()
sys.stdin.readline()
"""


def claimant(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLAIM, url, at(0).isoformat()]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_two_processes_only_one_gets_the_run(scene: Scene) -> None:
    """Two that ask at the same moment: one number, one None. When the holder is gone, the run is taken over."""
    processes = [claimant(scene.url) for _ in range(2)]
    try:
        for process in processes:
            tell(process)
        answers = [answer(process) for process in processes]
        assert sorted(answers) == ["1", "None"]
        assert scene.store.claim_run("sweep", at(1), HOUR) is None
    finally:
        for process in processes:
            process.communicate("\n")
    assert scene.store.claim_run("sweep", at(1), HOUR) == 2
    gone = scene.store.last_run("sweep", ["failed"])
    assert gone == Run(1, "sweep", at(0), at(1), "failed", "进程中途退出，没有完成")


def test_a_sweep_and_a_revisit_exclude_each_other_and_a_delivery_only_itself(scene: Scene) -> None:
    """Mail goes out while a sweep runs, but two never collect at once."""
    assert scene.store.claim_run("sweep", at(0), HOUR) is not None
    assert scene.store.claim_run("revisit", at(0), HOUR) is None
    delivery = scene.store.claim_run("deliver", at(0), HOUR)
    assert delivery is not None
    assert scene.reopened().claim_run("deliver", at(0), HOUR) is None
    scene.store.finish_run(delivery, at(1), "done", "")
    assert scene.store.claim_run("deliver", at(1), HOUR) is not None


def test_a_run_that_never_ends_is_taken_over_and_stays_failed(scene: Scene) -> None:
    """After its time the run is failed with the reason; its own late end does not change that."""
    old = scene.store.claim_run("sweep", at(0), HOUR)
    assert old is not None
    assert scene.store.claim_run("sweep", at(60), HOUR) is None
    new = scene.store.claim_run("sweep", at(61), HOUR)
    scene.store.finish_run(old, at(62), "done", "完")
    failed = scene.store.last_run("sweep", ["failed"])
    assert failed is not None
    assert (failed.id, failed.detail) == (old, "超过 60 分钟没有结束，视为失败")
    assert new == old + 1


def test_the_last_run_is_the_newest_that_ended_well(scene: Scene) -> None:
    """A failed or running one is not meant unless asked for."""
    assert scene.store.last_run("sweep") is None
    for minute, status in enumerate(["done", "attention", "failed"]):
        run = scene.store.claim_run("sweep", at(minute), HOUR)
        assert run is not None
        scene.store.finish_run(run, at(minute + 0.5), status, "记录")
    assert scene.store.last_run("sweep") == Run(2, "sweep", at(1), at(1.5), "attention", "记录")


def test_blindness_begins_with_the_end_of_the_last_run_that_saw(scene: Scene) -> None:
    """A source that sees again is no longer blind."""
    scene.see(seen("1"), when=0)
    scene.see(status="quiet", when=10)
    assert scene.store.blind_sources(at(99)) == []
    scene.see(status="blocked", when=20)
    scene.see(status="down", when=30)
    assert scene.store.blind_sources(at(99)) == [Blind("bbs", at(11), "down", "连不上")]
    assert scene.store.blind_sources(at(15)) == []
    scene.see(status="ok", when=40)
    assert scene.store.blind_sources(at(99)) == []


def test_a_source_that_never_saw_is_blind_since_its_first_run(scene: Scene) -> None:
    """Without any successful look the blindness begins with the first attempt."""
    scene.see(status="login", when=5)
    scene.see(status="down", when=10)
    assert [blind.since for blind in scene.store.blind_sources(at(99))] == [at(5)]

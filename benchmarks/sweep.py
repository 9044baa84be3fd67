"""The memory of one sweep over 200 sources: the program and the crawlers that it starts, all together.

``python -m benchmarks.sweep``. A quarter each are Discuz! X forums, other forums, feeds and comment interfaces, every
one on a host of its own (127.0.0.2 and up), behind one server. `yuqing sweep` runs as its users run it; every quarter
of a second the memory of its processes is added up: resident (RSS, which counts what they share once for each), and
proportional (PSS).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from app.starting import write_starting_folder
from benchmarks.site import NOW, forum
from demo.forum import Site
from demo.httpd import Request, Response, serving

SOURCES, THREADS, COMMENTS, ENTRIES = 200, 20, 40, 30
EVERY_S = 0.25
SAID = "今天去城南支行办业务，窗口又只开一个，取号前面二十几个，排到门外马路上"


def feed(_request: Request) -> Response:
    """A feed with whole articles."""
    items = "".join(
        f"<item><guid>{n}</guid><title>第{n}篇</title><description>{SAID * 10}</description></item>"
        for n in range(ENTRIES)
    )
    return Response(200, f"<rss version='2.0'><channel><title>号</title>{items}</channel></rss>".encode(), "text/xml")


def board(_request: Request) -> Response:
    """The list of a forum of no known make."""
    rows = "".join(f"<tr class='topic'><td><a href='/t/{n}'>排队{n}</a></td></tr>" for n in range(1, THREADS + 1))
    return Response(200, f"<html><body><table>{rows}</table></body></html>".encode())


def topic(request: Request) -> Response:
    """One of its threads."""
    number = int(request.path.rpartition("/")[2])
    posts = "".join(
        f"<article id='p{number * 100 + n}'><b>网友{n}</b><time>2026-03-10 12:{n:02}</time>"
        f"<div>{SAID}{n}</div></article>"
        for n in range(10)
    )
    return Response(200, f"<html><body><h1>排队{number}</h1>{posts}</body></html>".encode())


def comments(request: Request) -> Response:
    """Comments of a video, in the shape of Douyin's interface."""
    begin = int(request.first("cursor", "0"))
    found = [
        {
            "comment_id": f"c{n}",
            "comment_user_id": "u",
            "content": f"{SAID}{n}",
            "create_time": 1773100800,
            "digg_count": 1,
        }
        for n in range(begin, begin + 20)
    ]
    data = {"error_code": 0, "list": found, "cursor": begin + 20, "has_more": begin + 20 < COMMENTS}
    return Response(200, json.dumps({"data": data}, ensure_ascii=False).encode(), "application/json")


def world() -> Callable[[Request], Response]:
    """All sites at once: each is known by its paths."""
    made = forum(THREADS)
    discuz = Site(lambda: made)
    pages = {"/feed": feed, "/list": board, "/api/apps/v1/item/list_comment/": comments}

    def answer(request: Request) -> Response:
        if request.path.startswith("/t/"):
            return topic(request)
        return pages.get(request.path, discuz.answer)(request)

    return answer


def sources(port: int) -> list[dict[str, Any]]:
    """The configuration of all of them."""
    threads = {"each": "tr.topic", "link": "a", "id_pattern": r"/t/(\d+)"}
    posts = {
        "each": "article",
        "id": "@id",
        "id_pattern": r"\d+",
        "title": "h1",
        "text": "div",
        "author": "b",
        "time": "time",
    }
    found = []
    for number in range(SOURCES):
        base = f"http://127.0.0.{number + 2}:{port}"
        kinds: list[dict[str, Any]] = [
            {"kind": "discuz", "url": f"{base}/"},
            {"kind": "forum", "urls": [f"{base}/list"], "threads": threads, "posts": posts},
            {"kind": "feed", "url": f"{base}/feed"},
            {"kind": "json_api", "platform": "douyin", "preset": "douyin", "base_url": base,
             "targets": [{"id": f"v{number}", "caption": "视频"}]},
        ]  # fmt: skip
        found.append({"name": f"s{number}", "delay_s": 0, **kinds[number % len(kinds)]})
    return found


@dataclass
class Memory:
    """The most that was in use at one moment, in MB."""

    rss: float = 0.0
    pss: float = 0.0
    processes: int = 0

    def look(self, root: int) -> None:
        """Add up the process and those below it."""
        family = {root}
        parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
        for _ in range(3):
            family |= {pid for pid, parent in parents.items() if parent in family}
        usage = [_usage(pid) for pid in family]
        self.rss = max(self.rss, sum(rss for rss, _pss in usage) / 1024)
        self.pss = max(self.pss, sum(pss for _rss, pss in usage) / 1024)
        self.processes = max(self.processes, len(family))


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _usage(pid: int) -> tuple[int, int]:
    """RSS and PSS in kB; of a process that has just gone, nothing."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(values["Rss"]), int(values["Pss"])


def run() -> tuple[Memory, float, str]:
    """One sweep in a folder of its own: memory, seconds, and what the program said of it."""
    # On all addresses, for 127.0.0.2 and up are many of them.
    with tempfile.TemporaryDirectory() as place, serving(world(), "0.0.0.0") as url:
        folder = Path(place) / "conf"
        write_starting_folder(folder)
        text = yaml.safe_dump({"sources": sources(urlsplit(url).port or 0)}, allow_unicode=True)
        (folder / "sources.yaml").write_text(text, encoding="utf-8")
        (folder / "alerts.yaml").write_text("{}\n", encoding="utf-8")  # nobody is written to
        memory, begun = Memory(), time.monotonic()
        yuqing = [sys.executable, "-c", "from app.cli import main; main()"]
        command = [*yuqing, "sweep", "--config", str(folder), "--at", NOW.isoformat()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            while program.poll() is None:
                memory.look(program.pid)
                time.sleep(EVERY_S)
            said = program.stdout.read() if program.stdout else ""
            said += program.stderr.read()[-2000:] if program.returncode not in (0, 1) and program.stderr else ""
        return memory, time.monotonic() - begun, said.partition("\n")[0] or said


def main() -> None:
    """Measure and print."""
    memory, seconds, said = run()
    print(f"{SOURCES} sources in {seconds:.0f} s: {memory.rss:.0f} MB resident, {memory.pss:.0f} MB proportional")
    print(f"  at most {memory.processes} processes; {said}")


if __name__ == "__main__":
    main()

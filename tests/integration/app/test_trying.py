"""``yuqing sources try`` for real: a process of its own, and a site on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.httpd import Request, Response, serving

LIST = "<title>百姓话题</title><ul><li class=t><a href='/t/8'>取不出钱</a><i>27</i></li></ul>"
THREAD = "<title>取不出钱</title><div class=p id=p80><b class=x>柜台说系统升级</b></div>"
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>青禾热点</title>'
    + "".join(
        f"<item><guid>n{n}</guid><title>第{n}条</title><description>正文{n}</description></item>" for n in range(9)
    )
    + "</channel></rss>"
)
SOURCES = """
sources:
  - name: sqw
    kind: forum
    delay_s: 0
    urls: ["{base}/list"]
    threads: {{each: li.t, link: a, id_pattern: "/t/(\\\\d+)", replies: i, last: .when}}
    posts: {{each: .p, id: "@id", text: .x}}
  - name: broken
    kind: forum
    enabled: false
    delay_s: 0
    urls: ["{base}/list"]
    threads: {{each: li.t, link: a}}
    posts: {{each: .p, id: "@id", text: .words}}
  - {{name: wx, kind: feed, url: "{base}/feed"}}
  - {{name: bbs, kind: discuz, url: "{base}/"}}
"""


def answer(request: Request) -> Response:
    """The site: a list, a thread and a feed."""
    pages = {"/list": LIST, "/t/8": THREAD, "/feed": FEED}
    return Response(200, pages[request.path].encode()) if request.path in pages else Response(404)


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A starting folder whose sources are those of the site."""
    folder = tmp_path_factory.mktemp("conf") / "qinghe"
    assert yuqing("init", folder).returncode == 0
    with serving(answer) as base:
        (folder / "sources.yaml").write_text(SOURCES.format(base=base), encoding="utf-8")
        yield folder


def test_each_field_is_shown_with_its_selector_how_many_had_it_and_an_example(folder: Path) -> None:
    """A list and a thread are read, optional fields may be missing, and nothing is stored."""
    done = yuqing("sources", "try", "sqw", "--config", folder)
    assert done.returncode == 0, done.stderr
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert ["回复数", "replies", "i", "1/1", "27"] in lines
    assert ["最后回复", "last", ".when", "0/1", "（没有找到）"] in lines
    assert ["正文", "text", ".x", "1/1", "柜台说系统升级"] in lines
    assert ["编号", "id", "/t/(\\d+)", "1/1", "8"] in lines
    assert not (folder / "yuqing.db").exists()


def test_a_required_field_that_finds_nothing_ends_with_1_and_is_named(folder: Path) -> None:
    """Also for a source that is not switched on yet: that is when one tries."""
    done = yuqing("sources", "try", "broken", "--config", folder)
    assert done.returncode == 1
    assert "字段 text（选择器 .words）只在 0/1 项里找到" in done.stderr
    assert "0/1" in done.stdout


def test_a_feed_shows_its_first_records_and_stores_none(folder: Path) -> None:
    """Five of nine, and the count of all."""
    done = yuqing("sources", "try", "wx", "--config", folder)
    assert done.returncode == 0, done.stderr
    assert "正文4" in done.stdout
    assert "正文5" not in done.stdout
    assert "共 9 条" in done.stdout
    assert not (folder / "yuqing.db").exists()


def test_other_kinds_say_what_to_run_and_an_unknown_name_lists_the_known_ones(folder: Path) -> None:
    """1 for a kind that cannot be tried, 2 for a name that the configuration does not have."""
    done = yuqing("sources", "try", "bbs", "--config", folder)
    assert done.returncode == 1
    assert "doctor" in done.stderr
    unknown = yuqing("sources", "try", "nowhere", "--config", folder)
    assert unknown.returncode == 2
    assert "sqw、broken、wx、bbs" in unknown.stderr

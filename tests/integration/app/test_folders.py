"""Folders of files through the installed command: imported by hand, and watched by the sweep."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden" / "imports" / "mediacrawler" / "data"


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_folder_is_imported_and_a_folder_is_watched(tmp_path: Path) -> None:
    """Importing tells the counts; a relative folder of a source is taken from the configuration folder."""
    conf = tmp_path / "conf"
    assert yuqing("init", conf).returncode == 0
    shutil.copytree(GOLDEN, conf / "mediacrawler" / "data")
    done = yuqing("import", "posts", conf / "mediacrawler" / "data", "--config", conf)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "data：读入 18 条观察，新帖 18 条，拒收 0 行\n"
    sources = (conf / "sources.yaml").read_text(encoding="utf-8")
    begin = sources.index("  - name: mc-weibo")
    watched = sources[begin:].replace("enabled: false", "enabled: true", 1)
    (conf / "sources.yaml").write_text(sources[:begin] + watched, encoding="utf-8")
    done = yuqing("sweep", "--config", conf)
    assert done.returncode == 0, done.stderr
    query = "SELECT source, COUNT(*) AS posts FROM v_posts WHERE platform = 'weibo' GROUP BY source ORDER BY source"
    rows = json.loads(yuqing("query", query, "--config", conf, "--format", "json").stdout)
    assert rows == [{"source": "mc-weibo", "posts": 3}, {"source": "mediacrawler-weibo", "posts": 3}]


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    """An import of nothing does not look like an import."""
    conf, empty = tmp_path / "conf", tmp_path / "empty"
    empty.mkdir()
    assert yuqing("init", conf).returncode == 0
    done = yuqing("import", "posts", empty, "--config", conf)
    assert done.returncode == 1
    assert "没有 MediaCrawler 的文件" in done.stderr

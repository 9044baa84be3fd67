"""The second reader as the bank sets it up: settings, check-up and sweep, each a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.checkup import checkup
from config.settings import load_settings
from demo.httpd import Request, Response, serving
from domain.clock import iso, system_clock
from domain.errors import ConfigError

POSTS = ("青禾银行今天几点开门", "青禾银行窗口人员说话不耐烦吧", "存钱在青禾银行行不行啊")
SECRET = "sk-not-for-anybody"


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def service(request: Request) -> Response:
    """Serves one model, which finds every post bad, for who has the key."""
    if request.headers.get("authorization") != f"Bearer {SECRET}":
        return Response(401)
    if request.method == "GET":
        return Response(200, json.dumps({"data": [{"id": "qwen"}]}).encode(), "application/json")
    post = json.loads(json.loads(request.body)["messages"][1]["content"])["帖子"]
    said = {"verdict": "负面", "negativity": 0.9, "findings": [{"topic": "service_bad", "quote": post[-4:]}]}
    body = {"choices": [{"message": {"content": json.dumps(said, ensure_ascii=False)}}]}
    return Response(200, json.dumps(body).encode(), "application/json")


@pytest.fixture
def url() -> Iterator[str]:
    """The running service."""
    with serving(service) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting folder as ``yuqing init`` writes it, with a relay that is not there."""
    folder = tmp_path_factory.mktemp("start") / "conf"
    assert yuqing("init", folder).returncode == 0
    main = folder / "yuqing.yaml"
    main.write_text(main.read_text(encoding="utf-8").replace("smtp.example.com", "127.0.0.1"), encoding="utf-8")
    (folder / "llm.key").write_text(f"{SECRET}\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(started: Path, tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return Path(shutil.copytree(started, tmp_path / "conf"))


def with_posts(folder: Path) -> Path:
    """The folder with a few posts in its store."""
    now = iso(system_clock())
    lines = [
        json.dumps({"source": "bbs", "id": str(number), "text": text, "observed_at": now}, ensure_ascii=False)
        for number, text in enumerate(POSTS)
    ]
    (folder / "posts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert yuqing("import", "posts", folder / "posts.jsonl", "--config", folder).returncode == 0
    return folder


def set_up(folder: Path, second_reader: str) -> Path:
    """Write the section into yuqing.yaml."""
    main = folder / "yuqing.yaml"
    text = main.read_text(encoding="utf-8").split("\nsecond_reader:")[0]
    main.write_text(f"{text}\nsecond_reader: {{{second_reader}}}\n", encoding="utf-8")
    return folder


def doctor(folder: Path) -> list[str]:
    """What the check-up says of the second reader, with ✓ or ✗."""
    found = [finding for finding in checkup(load_settings(folder)) if "复读" in finding.subject]
    assert SECRET not in str(found)
    return [f"{'✓' if one.well else '✗'} {one.subject}：{one.detail}" for one in found]


def test_a_service_that_is_set_up_is_greeted_asked_and_shown(folder: Path, url: str) -> None:
    """Doctor greets it, the sweep tells what came of it, a query shows both readings."""
    assert "没有启用" in doctor(folder)[0]
    set_up(with_posts(folder), f'kind: endpoint, url: "{url}", model: qwen, key_file: llm.key, grey: 0.5')
    assert doctor(folder) == ["✓ 复读：接口可以连接，模型 qwen"]
    done = yuqing("sweep", "--config", folder)
    assert done.returncode == 0
    assert "，复读 " in done.stdout
    sql = "SELECT count(*) AS n FROM v_second_opinions WHERE in_force = 1 AND negative = 1 AND topics = 'service_bad'"
    found = json.loads(yuqing("query", sql, "--config", folder, "--format", "json").stdout)
    assert found[0]["n"] >= 1
    assert any("近 7 天答了" in line for line in doctor(folder))


def test_a_service_that_is_not_there_costs_the_sweep_nothing(folder: Path) -> None:
    """Status 0 and all posts read; doctor says what is wrong and what to do."""
    set_up(with_posts(folder), 'kind: endpoint, url: "http://127.0.0.1:9/v1", model: qwen, grey: 0.5')
    done = yuqing("sweep", "--config", folder)
    assert done.returncode == 0
    assert "研读 3 条，复读 0 条，未成" in done.stdout
    (told, lately) = doctor(folder)
    assert told.startswith("✗ 复读：接口用不了：连接不上。请核对 yuqing.yaml 的 second_reader 一节")
    assert lately.startswith("✗ 复读结果：近 7 天答了 0 条")


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("kind: endpoint, url: URL, model: qwen", "请核对密钥"),
        ("kind: endpoint, url: URL, model: glm, key_file: llm.key", "没有模型 glm，有 qwen"),
        ('kind: endpoint, url: "http://8.8.8.8/v1", model: qwen', "不是内网地址"),
        ("kind: onnx, folder: models/none", "复读："),
    ],
)
def test_doctor_says_what_is_wrong_with_a_second_reader(folder: Path, url: str, section: str, told: str) -> None:
    """Key, model, place, files."""
    (line,) = doctor(set_up(folder, section.replace("URL", f'"{url}"')))
    assert line.startswith("✗")
    assert told in line
    assert "巡检照常" in line


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("kind: llm", "应为 'none', 'onnx', 'endpoint' 之一"),
        ("url: x", "缺少 'kind'"),
        ("kind: endpoint", "缺少必填项 “second_reader.url”"),
        ('kind: endpoint, url: "10.0.0.8:8000", model: m', "应为 http 或 https 地址"),
        (
            'kind: endpoint, url: "http://10.0.0.8/v1", model: m, timeout_s: 90',
            "“second_reader.timeout_s” 的值 90 不对",
        ),
        ('kind: endpoint, url: "http://10.0.0.8/v1", model: m, max_seconds: 5', "不能大于 max_seconds"),
        ("kind: onnx, folder: m, gray: 0.1", "是不是 “grey”？"),
    ],
)
def test_a_section_that_is_wrong_is_told_with_its_place(folder: Path, section: str, told: str) -> None:
    """File, line and column, as for every setting."""
    with pytest.raises(ConfigError, match=r"yuqing\.yaml:\d+:\d+: ") as caught:
        load_settings(set_up(folder, section))
    assert told in str(caught.value)


def test_the_shipped_example_is_a_valid_section(folder: Path) -> None:
    """What stands behind the # in yuqing.yaml can be switched on by taking the # away."""
    main = folder / "yuqing.yaml"
    before, example = main.read_text(encoding="utf-8").split("# second_reader:")
    lines = [line.removeprefix("# ") for line in f"second_reader:{example}".splitlines()]
    main.write_text(before + "\n".join(lines) + "\n", encoding="utf-8")
    assert load_settings(folder).main.second_reader.kind == "endpoint"

"""``yuqing explain``: a typed text, one from the standard input, or a post of the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main

COMPLAINT = "青禾银行偷偷扣我短信费，每个月三块，从来没开通过"
POSTS = [
    {
        "id": "t:1",
        "kind": "thread",
        "thread": "t:1",
        "title": "青禾银行存单到期",
        "text": "利息少了两百多，柜台说系统算的",
    },
    {"id": "r2", "kind": "reply", "thread": "t:1", "reply_to": "t:1", "text": "我的也少了，一样"},
]


def run(*words: str, given: str | bytes | None = None) -> Result:
    """The command with these words."""
    return CliRunner().invoke(main, ["explain", *words], input=given)


def record(*words: str, given: str | bytes | None = None) -> Any:
    """The same, as JSON."""
    done = run(*words, "--format", "json", given=given)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starting folder whose store holds a thread and its reply."""
    folder = tmp_path_factory.mktemp("conf") / "qinghe"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    file = folder.parent / "posts.jsonl"
    seen = {"source": "bbs", "platform": "forum", "observed_at": "2026-03-16T08:00:00+08:00"}
    file.write_text("".join(json.dumps({**seen, **post}) + "\n" for post in POSTS), encoding="utf-8")
    assert CliRunner().invoke(main, ["import", "posts", str(file), "--config", str(folder)]).exit_code == 0
    return folder


def test_a_typed_text_is_explained_for_a_typed_bank() -> None:
    """Without a configuration: the bank is as it was typed."""
    done = run(COMPLAINT, "--bank", "青禾村镇银行", "--alias", "青禾银行", "--branch", "河湾支行")
    assert done.exit_code == 0
    assert done.output.startswith("正文（其他；对照：青禾村镇银行）")
    assert "· 去掉“青禾银行”：就不算说本行，也就不算负面" in done.output
    assert "\x1b" not in done.output


def test_without_a_bank_it_is_said_that_none_is_watched() -> None:
    """Every text is about the bank then."""
    assert run(COMPLAINT).output.startswith("正文（其他；没有指定银行，任何话都当作说本行）")


def test_the_json_is_as_the_interface_says() -> None:
    """Every member that is documented, with spans into the text."""
    told = record(COMPLAINT, "--bank", "青禾村镇银行", "--alias", "青禾银行", "--platform", "forum", "--parent", "在吗")
    assert (told["text"], told["platform"], told["bank"], told["parent"]) == (
        COMPLAINT,
        "forum",
        "青禾村镇银行",
        "在吗",
    )
    assert (told["characters"], told["read"], told["complete"], told["stored"]) == (
        len(COMPLAINT),
        len(COMPLAINT),
        True,
        None,
    )
    assert told["reading"]["negative"] is (told["reading"]["negativity"] >= told["bar"])
    assert told["labels"] == {"fees_unfair": "乱收费"}
    assert {"edits", "names", "hits", "cues", "named", "landmark"} == told["seen"].keys()
    assert told["seen"]["names"] == [{"form": "alias", "start": 0, "end": 4, "text": "青禾银行"}]
    for part in told["parts"]:
        assert part["text"] == COMPLAINT[part["start"] : part["end"]]
        assert part["topics"].keys() == {"fees_unfair"}
    assert {"kind", "changes", "left_out", "text", "parent", "reading"} == told["flips"][0].keys()
    assert told["parent_weight"]["text"] == "在吗"
    assert told["words"] is None


def test_the_documents_name_every_member_of_the_json() -> None:
    """What is written is what other programs may rely on."""
    docs = (Path(__file__).parents[3] / "docs" / "interfaces.md").read_text(encoding="utf-8")
    section = docs.partition("## `yuqing explain`")[2].partition("\n## ")[0]
    assert [name for name in record(COMPLAINT) if f"`{name}`" not in section] == []


@pytest.mark.parametrize("given", ["青禾银行坑人", "\ufeff青禾银行坑人"])
def test_a_text_comes_from_the_standard_input(given: str) -> None:
    """With or without a byte order mark."""
    assert record("-", given=given)["text"] == "青禾银行坑人"


def test_a_text_of_another_encoding_is_refused() -> None:
    """GBK, as an old editor writes it: which byte, and what to do."""
    done = run("-", given="青禾银行坑人".encode("gbk"))
    assert done.exit_code == 2
    assert "标准输入不是 UTF-8 文字（第 1 个字节）" in done.output


@pytest.mark.parametrize("shape", ["text", "json"])
@pytest.mark.parametrize("text", ["", "\ud800坑人", "\x00\x1b[31m", "😡" * 10_000])
def test_odd_texts_are_explained(text: str, shape: str) -> None:
    """Nothing crashes, and what is printed can be encoded."""
    done = run(text, "--bank", "青禾村镇银行", "--format", shape)
    assert done.exit_code == 0, done.output
    assert shape == "text" or json.loads(done.output)["text"] == text


def test_the_configured_bank_is_taken_by_itself_or_found_by_any_of_its_names(folder: Path) -> None:
    """The only one needs no name; by a short name its branches and place are known, and more names can be tried."""
    assert record("河湾支行真慢", "--config", str(folder))["seen"]["names"][0]["form"] == "branch"
    told = record("小禾行真慢", "--config", str(folder), "--bank", "青禾银行", "--alias", "小禾行")
    assert (told["bank"], told["seen"]["names"][0]["form"]) == ("青禾村镇银行", "alias")


def test_of_several_configured_banks_one_must_be_named(folder: Path, tmp_path: Path) -> None:
    """The message lists them."""
    for file in folder.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "banks.yaml").write_text("banks:\n  - name: 青禾村镇银行\n  - name: 东山农商银行\n", encoding="utf-8")
    for words, cause in (([], "配置里有几家银行"), (["--bank", "西山银行"], "配置里没有“西山银行”")):
        done = run(COMPLAINT, "--config", str(tmp_path), *words)
        assert done.exit_code == 2
        assert f"{cause}" in done.output
        assert "青禾村镇银行、东山农商银行" in done.output
    assert record(COMPLAINT, "--config", str(tmp_path), "--bank", "东山农商银行")["bank"] == "东山农商银行"


def test_a_banks_own_topics_are_used(folder: Path, tmp_path: Path) -> None:
    """They are found by their words and told by their names."""
    for file in folder.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    own = "topics:\n  - {code: parking, label: 停车难, terms: [停车位]}\n"
    (tmp_path / "topics.yaml").write_text(own, encoding="utf-8")
    text = "青禾银行偷偷扣我短信费，每个月三块，从来没开通过，停车位也没有，太坑人"
    assert "“停车位”（停车难" in run(text, "--config", str(tmp_path)).output


def test_a_stored_post_is_explained_with_what_it_answers(folder: Path) -> None:
    """Title and text as the sweep reads them, the root as parent; an id may hold a colon."""
    root = record("--post", "bbs:t:1", "--config", str(folder))
    assert (root["text"], root["parent"]) == ("青禾银行存单到期\n利息少了两百多，柜台说系统算的", None)
    reply = record("--post", "bbs:r2", "--config", str(folder))
    assert (reply["text"], reply["platform"], reply["parent"]) == ("我的也少了，一样", "forum", root["text"])
    assert reply["reading"]["about"]
    assert "· 不看上文：就不算说本行" in run("--post", "bbs:r2", "--config", str(folder)).output
    assert root["words"] < root["reading"]["negativity"]
    assert f"只看文字是 {root['words']:.2f}（这是首帖" in run("--post", "bbs:t:1", "--config", str(folder)).output


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ((), "请写明要说明的文字"),
        (("坑人", "--post", "bbs:r2"), "两者写一个"),
        (("--post", "bbs:r2"), "要用 --config 写明配置目录"),
        (("--post", "bbs:r2", "--config", "FOLDER", "--parent", "在吗"), "以库里的为准"),
        (("--post", "bbs", "--config", "FOLDER"), "应写成 来源:编号"),
        (("--post", "bbs:none", "--config", "FOLDER"), "库里没有来源 bbs 的帖子 none"),
        (("坑人", "--alias", "青禾"), "还要用 --bank 写明是哪家银行"),
        (("坑人", "--bank", " "), "至少两个字"),
        (("坑人", "--bank", "青"), "至少两个字"),
        (("坑人", "--platform", "mars"), "mars"),
        (("坑人", "--config", "nowhere"), "没有这个配置目录"),
    ],
)
def test_what_is_typed_wrongly_is_told(folder: Path, words: tuple[str, ...], cause: str) -> None:
    """Status 2, and what would be right."""
    done = run(*(str(folder) if word == "FOLDER" else word for word in words))
    assert (done.exit_code, cause in done.output) == (2, True), done.output

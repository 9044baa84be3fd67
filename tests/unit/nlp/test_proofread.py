"""What is written in a taxonomy but cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.lexicon import load_books
from nlp.proofread import proofread

EXAMPLE = 'examples: [{is: true, text: "{bank}停车难"}]'


def own_faults(tmp_path: Path, text: str) -> list[tuple[bool, str]]:
    """Whether grave, and place and words, of the faults of a bank's file."""
    path = tmp_path / "topics.yaml"
    path.write_text(text, encoding="utf-8")
    faults = [fault for fault in proofread(load_books(path)) if fault.own]
    return [(fault.grave, fault.place.removeprefix(str(path)) + " " + fault.said) for fault in faults]


def test_the_shipped_files_have_no_grave_fault() -> None:
    """Every shipped word is in its normal form and every topic can be read; only doubles are told."""
    faults = proofread(load_books())
    assert not any(fault.grave or fault.own for fault in faults)
    assert all("里都有" in fault.said for fault in faults)


@pytest.mark.parametrize(
    ("text", "grave", "said"),
    [
        (f"topics:\n  - code: park\n    label: 停车难\n    terms: [停車難]\n    {EXAMPLE}\n", True,
         ":4:13 “停車難” 不是规范形式（简体、半角、小写），永远不会匹配；请写成 “停车难”"),
        (f"topics:\n  - code: park\n    label: 停车难\n    near: [[[APP], [车]]]\n    {EXAMPLE}\n", True,
         ":4:14 “APP” 不是规范形式（简体、半角、小写），永远不会匹配；请写成 “app”"),
        (f"topics:\n  - code: park\n    label: 停车难\n    terms: [排队]\n    {EXAMPLE}\n", False,
         ":4:13 “排队” 在 排队久、停车难 里都有，一句话会同时读出几个主题"),
        (f"topics:\n  - code: park\n    label: 停车难\n    {EXAMPLE}\n", True,
         ":2:11 新主题 park 没有 terms 也没有 near，永远读不出来"),
        ("topics:\n  - code: park\n    label: 停车难\n    terms: [停车难]\n", False,
         ":2:11 主题 停车难 没有例句，改词以后无从检查；请写几句该读出的和不该读出的"),
        (f"topics:\n  - code: park\n    terms: [停车难]\n    {EXAMPLE}\n", False,
         ":2:11 新主题 park 没有 label，邮件和报表里会直接显示代码"),
        (f"topics:\n  - code: loan_hrad\n    label: 贷\n    terms: [停车难]\n    {EXAMPLE}\n", False,
         ":2:11 “loan_hrad” 是新主题；如果想改的是内置的 loan_hard，请把代码写对"),
        ("cues:\n  prais: [巴适]\n", True, ":2:10 没有名为 prais 的线索，写了不起作用"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_place(tmp_path: Path, text: str, grave: bool, said: str) -> None:
    """Exactly one thing is wrong in each file, and the line says what and how to mend it."""
    faults = own_faults(tmp_path, text)
    assert [one[0] for one in faults] == [grave]
    assert faults[0][1].startswith(said)


def test_renaming_a_shipped_topic_is_no_fault(tmp_path: Path) -> None:
    """Its words and examples are the shipped ones."""
    assert own_faults(tmp_path, "topics:\n  - code: loan_hard\n    label: 贷款不易\n") == []

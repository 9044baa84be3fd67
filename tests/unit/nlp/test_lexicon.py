"""The taxonomy as data, and a bank's own file over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ConfigError
from domain.readings import Complaint, ComplaintClass
from nlp.lexicon import build, load_books, load_taxonomy

OWN = """\
topics:
  - code: loan_rate_high
    label: 贷款利率偏高
    department: 普惠金融部
    terms: [利率杀人]
  - code: parking
    label: 停车难
    line: 服务
    department: 办公室
    terms: [停车位不够]
    near:
      - [[车位, 停车], $cannot]
cues:
  praise: [巴适得板]
"""


def test_shipped_taxonomy_has_the_24_topics() -> None:
    """All topics of the annotation guide are there, each with a department and words."""
    taxonomy = load_taxonomy()
    assert len(taxonomy.topics) == 24
    assert all(topic.department and taxonomy.terms[topic.code] for topic in taxonomy.topics)
    assert {topic.line for topic in taxonomy.topics} == {
        "存款",
        "贷款",
        "收费",
        "理财",
        "电子银行",
        "服务",
        "合规",
        "声誉",
    }


def test_a_bank_adds_and_renames_topics(tmp_path: Path) -> None:
    """An override renames, redirects and adds without repeating what is shipped."""
    path = tmp_path / "topics.yaml"
    path.write_text(OWN, encoding="utf-8")
    taxonomy = load_taxonomy(path)
    by_code = {topic.code: topic for topic in taxonomy.topics}
    renamed = by_code["loan_rate_high"]
    assert (renamed.label, renamed.line, renamed.department) == ("贷款利率偏高", "贷款", "普惠金融部")
    assert by_code["parking"].label == "停车难"
    assert {"高利贷", "利率杀人"} <= set(taxonomy.terms["loan_rate_high"])
    assert "不了" in taxonomy.near["parking"][0][1]
    assert "巴适得板" in taxonomy.cues["praise"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("topics:\n  - code: Abc\n", ":2:11: topics.0.code：主题代码只用小写字母"),
        ("topics:\n  - code: a\n    terms: [1]\n", ":3:13: topics.0.terms.0：应是文字，现在是 1"),
        ("topics:\n  - code: a\n    near: [[$nix]]\n", ":3:13: 没有名为 $nix 的词组"),
        ("topics:\n  - code: a\n    colour: red\n", ":3:13: topics.0.colour：没有这一项，可用的有 code、label"),
        ("topics:\n  - code: a\n    near: [[[], [车]]]\n", ":3:13: topics.0.near.0.0：是空的，至少要有一个"),
        ("topics:\n  - code: a\n    terms: [车]\n    terms: [位]\n", ":4:5: “terms” 写了两遍"),
        ("topics:\n  - code: a\n    terms: 车位\n", ":3:12: topics.0.terms：应是列表"),
        (
            "topics:\n  - code: a\n    examples: [{is: 是, text: 车}]\n",
            "examples.0.is：应是 true 或 false，现在是 '是'",
        ),
        (
            "topics:\n  - code: a\n    complaint: {business: [laon]}\n",
            ":3:28: business 里没有 laon 这一类，可用的有 savings（人民币储蓄）",
        ),
        ("topics:\n  - code: a\n    complaint: {unsure: [loan]}\n", ":3:26: unsure 里没有 loan 这一类"),
        ("complaint_codes: {laon: B1}\n", ":1:25: 投诉分类里没有 laon"),
        ("topcs: []\n", "topcs：没有这一项，可用的有 groups、topics、cues、complaint_codes"),
        ("- a\n", ":1:1: 文件：应是“键: 值”的形式"),
        ("topics: [\n", "不是合法的 YAML"),
        ("a\x07b", "不是合法的 YAML"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    """Each problem names file, line and column in Chinese."""
    path = tmp_path / "topics.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(path)
    assert expected in caught.value.problems[0]
    assert caught.value.problems[0].startswith(str(path))


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    """A file saved as GBK, as older editors on Windows do, is refused with what to do; a mark of UTF-8 is no harm."""
    path = tmp_path / "topics.yaml"
    path.write_bytes(OWN.encode("gbk"))
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(path)
    assert caught.value.problems == [f"{path}:1:1: 不是 UTF-8 编码；请在编辑器里另存为 UTF-8"]
    path.write_text(OWN, encoding="utf-8-sig")
    assert "parking" in load_taxonomy(path).terms


def test_a_bank_sets_where_complaints_belong_and_their_numbers(tmp_path: Path) -> None:
    """The bank's classes replace the shipped ones of the topic, and its numbers stand wherever the class is used."""
    path = tmp_path / "topics.yaml"
    path.write_text(
        "topics:\n  - code: renewal_slow\n    complaint: {business: [loan], reason: [service], unsure: [service]}\n"
        "complaint_codes: {loan: B甲}\n",
        encoding="utf-8",
    )
    by_code = {topic.code: topic.complaint for topic in load_taxonomy(path).topics}
    assert by_code["renewal_slow"] == Complaint(
        business=(ComplaintClass("loan", "贷款", "B甲", sure=True),),
        reason=(ComplaintClass("service", "服务态度及服务质量", None, sure=False),),
    )
    assert by_code["loan_hard"].business[0].code == "B甲"


def test_examples_and_complaint_classes_change_no_reading() -> None:
    """Readings carry a version made from the words; what stands beside a topic for people is no word."""
    bare = [
        type(file)(
            file.manuscript,
            file.book.model_copy(
                update={
                    "topics": [
                        entry.model_copy(update={"examples": [], "complaint": None}) for entry in file.book.topics
                    ]
                }
            ),
            file.own,
        )
        for file in load_books()
    ]
    assert list(build(bare).words()) == list(load_taxonomy().words())


def test_every_shipped_topic_has_examples_and_says_where_its_complaints_belong() -> None:
    """At least four for it and three near misses with their reason, each naming the bank by the placeholder."""
    for entry in load_books()[0].book.topics:
        meant = [example for example in entry.examples if example.is_]
        missed = [example for example in entry.examples if not example.is_]
        assert len(meant) >= 4, entry.code
        assert len(missed) >= 3, entry.code
        assert all(example.why for example in missed), entry.code
        assert all("{bank}" in f"{example.parent}{example.text}" for example in entry.examples), entry.code
        assert entry.complaint, entry.code

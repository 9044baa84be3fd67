"""The taxonomy as data, and a bank's own file over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ConfigError
from domain.readings import Topic
from nlp.lexicon import load_taxonomy

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
    assert by_code["loan_rate_high"] == Topic("loan_rate_high", "贷款利率偏高", "贷款", "普惠金融部")
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
        ("topics:\n  - code: a\n    colour: red\n", ":3:13: topics.0.colour：没有这一项"),
        ("topics: [\n", "不是合法的 YAML"),
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

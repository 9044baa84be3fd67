"""The industry's classification of complaints, as far as it is public."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nlp.complaints import SIDES, CodeBook, class_of, load_codes
from nlp.lexicon import load_taxonomy

DOCS = Path(__file__).resolve().parents[3] / "docs" / "topics.md"


def test_the_three_sides_are_there_and_every_class_has_its_sources() -> None:
    """Fourteen businesses and twelve reasons at the top, as banks disclose them; each is named by a public text."""
    codes = load_codes()
    tops = {side: [entry.name for entry in codes.side(side) if entry.under is None] for side in SIDES}
    assert tops["channel"] == ["前台业务渠道", "中、后台业务渠道"]
    assert len(tops["business"]) == 14
    assert len(tops["reason"]) == 12
    assert all(codes.sources[name].address for entry in codes.entries() for name in entry.sources)


def test_no_number_is_invented() -> None:
    """No public text shows a number, so none is given and none is called sure."""
    assert [entry.key for entry in load_codes().entries() if entry.code is not None or entry.sure] == []


def test_a_banks_number_takes_the_place_of_the_unknown_one() -> None:
    """Who owns the standard fills it in; the others stay unknown."""
    assert class_of("business", "loan", {"loan": "B甲"}, sure=True).code == "B甲"
    assert class_of("business", "card", {"loan": "B甲"}, sure=False).code is None


def test_plain_topics_are_sure_and_rumours_belong_nowhere() -> None:
    """What a class's name says literally is sure; what no customer complains of has no class but a note."""
    by_code = {topic.code: topic.complaint for topic in load_taxonomy().topics}
    high = by_code["loan_rate_high"]
    assert [(one.name, one.sure) for one in (*high.business, *high.reason)] == [("贷款", True), ("定价收费", True)]
    assert [one.name for one in by_code["app_fault"].channel] == ["移动客户端"]
    rumor = by_code["bank_run_rumor"]
    assert (rumor.business, rumor.reason, rumor.channel) == ((), (), ())
    assert rumor.note


def test_topics_classes_and_sources_stand_in_the_docs() -> None:
    """Each topic with its department, each class with its key, each source with its address."""
    text, codes = DOCS.read_text(encoding="utf-8"), load_codes()
    for topic in load_taxonomy().topics:
        assert f"| `{topic.code}` | {topic.label} | {topic.line} | {topic.department} |" in text
    assert all(f"| `{entry.key}` | {entry.name} |" in text for entry in codes.entries())
    assert all(f"<{source.address}>" in text for source in codes.sources.values())


ENTRY = {"key": "a", "code": None, "sure": False, "name": "甲", "sources": ["s"]}
SOURCE = {"title": "t", "publisher": "p", "year": 2020, "address": "https://example.org/"}


@pytest.mark.parametrize(
    "change",
    [{"sure": True}, {"code": "A1"}, {"sources": ["nix"]}, {"under": "nix"}, {"sources": []}],
)
def test_a_book_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    """A sure class without a number, a number that is not sure, an unknown source or upper class, no source."""
    with pytest.raises(ValidationError):
        CodeBook(standard="x", sources={"s": SOURCE}, channel=[ENTRY | change], business=[], reason=[])

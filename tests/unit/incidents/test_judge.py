"""What makes chances of what a post and an incident have in common."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from incidents.config import GroupingConfig
from incidents.likeness import FEATURES, Common, Floats, Judge, compare, shipped_judge
from incidents.profiles import Portrait, Profile, days_of, weigh
from incidents.slots import Slots

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
CONFIG = GroupingConfig()
PAIR = FEATURES.index("pointed") + 1
"""So many of the features are of a post and an incident together."""
NO_WORDS = (0.0, 0.0)
NOBODY = Profile({}, weigh({}, ()), Slots(), "forum", None, days_of(NOW))


def profile(slots: Slots, *topics: str, day: float = 0.0) -> Profile:
    """A complaint in a post bar, so many days after `NOW`."""
    weights = weigh(dict.fromkeys(topics, 1), CONFIG.vague_topics)
    return Profile({}, weights, slots, "tieba", None, days_of(NOW) + day, negativity=0.9)


def portrait(slots: Slots, *topics: str) -> Portrait:
    """An incident of one forum post."""
    shown = Portrait(NOW, NOW)
    shown.add(slots, "forum")
    shown.note(NOW, topics)
    return shown


def figures(common: Common) -> dict[str, float]:
    """The figures by name."""
    return dict(zip(FEATURES, common.figures, strict=False))


@pytest.fixture
def judge() -> Judge:
    """Takes the cosine of the words for the logit."""
    return Judge(lambda rows: rows[:, 0])


def test_what_two_have_in_common_is_told_by_name() -> None:
    """Agreeing slots are 1, contradicting ones -1, and what only the incident says is unsaid."""
    ours = Slots(branches=frozenset({"城南"}), amounts=frozenset({50_000}))
    theirs = Slots(branches=frozenset({"桥头"}), amounts=frozenset({51_000}), people=frozenset({"廖"}))
    common = compare(profile(ours, "mis_selling", day=2.0), portrait(theirs, "mis_selling"), (0.1, 0.2), CONFIG)
    said = figures(common)
    assert (said["branches"], said["amounts"], said["people"], said["people_unsaid"]) == (-1, 1, 0, 1)
    assert (said["words"], said["closest"], said["topic"]) == (0.1, 0.2, pytest.approx(1))
    assert (said["days"], said["age"]) == pytest.approx((2, 2))
    assert said["new_platform"]
    assert (common.signs, common.sure) == ({"amounts": 1, "branches": -1}, 0)
    told = common.likeness(0.5)
    assert (told.agree, told.differ) == (("amounts",), ("branches",))


def test_whoever_spoke_in_it_is_known_again() -> None:
    """A voice is the author of any post, however little it says; posts count, and those of about the same day."""
    shown = portrait(Slots())
    for days, author in ((0.5, "reader"), (1.5, None), (5.0, "late")):
        shown.note(NOW + timedelta(days=days), (), author)
    reader = Profile({}, weigh({}, ()), Slots(), "tieba", "reader", days_of(NOW) + 1)
    said = figures(compare(reader, shown, NO_WORDS, CONFIG))
    assert (said["author"], said["voice"]) == (0, 1)
    assert (said["posts"], said["lately"]) == (4, 3)


def test_another_branch_says_nothing_against_what_concerns_the_whole_bank() -> None:
    """A run is talked of at every branch."""
    one, other = (Slots(branches=frozenset({name})) for name in ("城南", "桥头"))
    common = compare(profile(one, "bank_run_rumor"), portrait(other, "bank_run_rumor"), NO_WORDS, CONFIG)
    assert figures(common)["branches"] == 0
    assert figures(common)["wide"]


def test_a_document_number_in_common_leaves_hardly_a_doubt() -> None:
    """What marked streams do not teach is known all the same."""
    same = Slots(numbers=frozenset({"银罚字3号"}))
    assert compare(profile(same), portrait(same), NO_WORDS, CONFIG).sure >= 3


def test_nearly_the_same_wording_leaves_hardly_a_doubt() -> None:
    """Where there is enough of it: two people may well write 又停了."""
    pairs = {f"{number:02}": 8**-0.5 for number in range(8)}
    for words, said in ((pairs, {"wording": 1}), (dict(list(pairs.items())[:7]), {})):
        terse = Profile(words, weigh({}, ()), Slots(), "tieba", None, days_of(NOW))
        assert compare(terse, portrait(Slots()), (0.3, 0.5), CONFIG).signs == said
    assert compare(profile(Slots()), portrait(Slots()), (0.3, 0.4), CONFIG).signs == {}


def test_a_standing_trouble_of_one_branch_is_one_matter() -> None:
    """Its cash machine or its one window is nobody's case; at another branch, or another product, or a case, it is."""
    here = frozenset({"城南"})
    machine, window = (Slots(branches=here, products=frozenset({name})) for name in ("取款机", "柜台排队"))
    elsewhere = Slots(branches=frozenset({"桥头"}), products=frozenset({"取款机"}))
    for slots, topic, same in (
        (machine, "queue_slow", True),
        (window, "queue_slow", False),
        (elsewhere, "queue_slow", False),
        (machine, "interest_swallowed", False),
    ):
        common = compare(profile(slots, topic, day=20.0), portrait(machine, topic), NO_WORDS, CONFIG)
        assert ("standing" in common.signs) is same
        assert (common.sure > 0) is same


def test_chances_are_those_of_a_choice(judge: Judge) -> None:
    """A post is of one matter or of none: the better takes more, equals share and the last of them is named."""
    plain = (0.0,) * (PAIR - 1)
    near = {name: Common((logit, *plain), {}) for name, logit in (("a", 2.0), ("b", 2.0), ("c", 0.0), ("d", -1.0))}
    of_none, best, other, worst = 1.0, math.exp(2), 1.0, math.exp(-1)
    for among, wanted, total in (
        ("a", "a", of_none + best),
        ("ac", "a", of_none + best + other),
        ("abcd", "b", of_none + 2 * best + other + worst),
    ):
        chosen = judge.choose(NOBODY, {name: near[name] for name in among})
        assert chosen is not None
        assert (chosen[0], chosen[1].score) == (wanted, pytest.approx(best / total))
    assert judge.choose(NOBODY, {}) is None


def test_each_is_told_how_far_it_is_ahead() -> None:
    """Of the best other one; where there is none, of nothing."""
    seen: list[Floats] = []

    def note(rows: Floats) -> Floats:
        seen.append(rows)
        return np.zeros(len(rows))

    plain = (0.0,) * PAIR
    Judge(note).choose(NOBODY, {name: Common((said, *plain[1:]), {}) for name, said in (("a", 0.5), ("b", 0.2))})
    lead, others = FEATURES.index("words_lead"), FEATURES.index("others")
    assert seen[0][:, lead].tolist() == pytest.approx([0.3, -0.3])
    assert seen[0][:, others].tolist() == [2, 2]


def test_the_shipped_trees_take_the_features() -> None:
    """One figure for each row, finite; more in common is likelier here than nothing."""
    rows = np.zeros((2, len(FEATURES)))
    rows[1, [FEATURES.index(name) for name in ("words", "topic", "branches", "people")]] = (0.3, 1, 1, 1)
    nothing, much = shipped_judge().logits(rows).tolist()
    assert np.isfinite([nothing, much]).all()
    assert nothing < much

"""Which level the figures give, and the reason in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import AlertConfig
from alerts.levels import explain, judge
from alerts.rules_config import METRICS, LevelRules, Levels, Rule
from domain.alerts import Level
from domain.incidents import Snapshot

Make = Callable[..., Snapshot]
QUIET = {
    "posts": 2, "posts_24h": 2, "authors": 2, "authors_24h": 2, "platforms": 1, "negative_posts": 2, "engagement": 4,
    "velocity": 1.0, "views": None, "followers_max": None, "index": 15.0, "heat": 15.0, "named_posts": 1,
    "press_posts": 0, "negative_views": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("level", "rule", "topics", "changes"),
    [
        ("red", "挤兑传言或聚集", ["bank_run_rumor"], {"severity": 3, "authors": 1}),
        ("red", "员工违规广泛传播", ["staff_misconduct"], {"authors": 15, "platforms": 3}),
        ("red", "浏览超过十万", ["service_bad"], {"negative_views": 100_000}),
        ("red", "全国性大号", ["service_bad"], {"followers_max": 800_000}),
        ("red", "热度极高", [], {"authors": 15, "heat": 85.0}),
        ("orange", "挤兑或聚集苗头", ["group_event"], {"severity": 2}),
        ("orange", "具体诉求跨三个平台", ["app_fault"], {"authors": 4, "platforms": 3}),
        ("orange", "一天十五名作者", ["app_fault"], {"authors": 15, "authors_24h": 15}),
        ("orange", "严重事项跨平台", ["credit_record"], {"severity": 3, "authors": 4, "platforms": 2}),
        ("orange", "严重事项浏览高", ["credit_record"], {"severity": 3, "authors": 4, "views": 5_000}),
        ("orange", "员工违规跨平台", ["privacy_leak"], {"authors": 4, "platforms": 2}),
        ("yellow", "四名作者的具体诉求", ["queue_slow"], {"authors": 4}),
        ("yellow", "浏览超过五千", ["queue_slow"], {"negative_views": 5_000}),
        ("yellow", "监管处罚见报", ["penalty_news"], {"severity": 1, "authors": 1}),
        ("yellow", "负面见报", ["queue_slow"], {"severity": 1, "authors": 1, "press_posts": 1}),
        ("yellow", "本地大号", ["queue_slow"], {"followers_max": 50_000}),
        ("blue", "有负面信息", ["queue_slow"], {"severity": 1}),
        ("blue", "有负面信息", ["smear_general"], {"severity": 1, "posts": 21, "negative_posts": 20, "authors": 3}),
        ("none", "", [], {"severity": 0, "negative_posts": 0, "authors": 30, "platforms": 4, "views": 22_400}),
        ("none", "", ["bank_run_rumor"], {"severity": 3, "authors": 30, "heat": 2.0}),
        ("yellow", "四名作者的具体诉求", ["group_event"], {"severity": 3, "authors": 30, "named_posts": 0}),
    ],
)
def test_default_rules(snapshot: Make, level: str, rule: str, topics: list[str], changes: dict[str, object]) -> None:
    """Each shipped rule gives its level at its thresholds: what a duty officer means by red, orange, yellow."""
    verdict = judge(snapshot(**{**QUIET, **changes}), topics, AlertConfig())
    assert (verdict.level.code, verdict.rule) == (level, f"{level}/{rule}" if rule else "")


def test_reason_names_rule_inputs_and_thresholds(snapshot: Make) -> None:
    """The reason can be checked by hand; the inputs hold each figure with its minimum."""
    verdict = judge(snapshot(**{**QUIET, "authors": 4}), ["queue_slow"], AlertConfig())
    assert verdict.reason == (
        "黄色规则“四名作者的具体诉求”：严重程度 2（门槛 2），2 帖负面（门槛 2），4 名作者（门槛 4），热度 15（门槛 5）"
    )
    assert verdict.inputs == {
        "severity": 2, "severity_min": 2, "negative_posts": 2, "negative_posts_min": 2, "authors": 4, "authors_min": 4,
        "heat": 15, "heat_min": 5,
    }  # fmt: skip


def test_unknown_views_are_not_zero_and_not_enough(snapshot: Make) -> None:
    """A rule that asks for a figure that no source gives does not hold, even with a minimum of 0."""
    config = AlertConfig(levels=Levels(red=LevelRules(any_of=(Rule(views=0),))))
    assert judge(snapshot(views=None), [], config).level is not Level.RED
    assert judge(snapshot(views=0), [], config).level is Level.RED
    condition = next(explain(snapshot(views=None), [], config)).conditions[0]
    assert condition.text == "浏览未知（门槛 0）"


def test_the_scale_leaves_severity_alone(snapshot: Make) -> None:
    """With hysteresis 2.8 authors are enough, but a severity of 2 is no 3."""
    three = snapshot(**{**QUIET, "authors": 3})
    assert judge(three, ["queue_slow"], AlertConfig(), 0.7).level is Level.YELLOW
    assert judge(three, ["bank_run_rumor"], AlertConfig(), 0.7).level is Level.ORANGE


def test_an_unnamed_rule_has_a_number(snapshot: Make) -> None:
    """A rule without a name can still be found in the file."""
    config = AlertConfig(levels=Levels(red=LevelRules(any_of=(Rule(posts=99), Rule(posts=1)))))
    assert judge(snapshot(), [], config).rule == "red/第 2 条"


COUNTED = [metric for metric in METRICS if metric not in ("severity", "negative_share")]
COUNTS = st.fixed_dictionaries({metric: st.integers(0, 200_000) for metric in COUNTED})


@given(COUNTS, st.sampled_from(COUNTED), st.integers(0, 3), st.integers(1, 10_000))
def test_more_of_anything_never_lowers_the_level(counts: dict[str, int], metric: str, severity: int, more: int) -> None:
    """The level is monotone in every figure; of posts in those that complain, for others make it less a grievance."""
    config = AlertConfig()
    less = judge(_from(counts, severity), ["staff_misconduct"], config)
    grown_too = {"negative_posts": counts["negative_posts"] + more} if metric == "posts" else {}
    more_counts = {**counts, metric: counts[metric] + more, **grown_too}
    grown = judge(_from(more_counts, severity), ["staff_misconduct"], config)
    assert grown.level >= less.level
    assert judge(_from(counts, severity), ["staff_misconduct"], config, 0.7).level >= less.level


@given(COUNTS, st.integers(0, 3), st.sampled_from(["staff_misconduct", "penalty_news", "queue_slow"]))
def test_the_verdict_is_the_first_rule_that_holds_of_all_that_are_explained(
    counts: dict[str, int], severity: int, topic: str
) -> None:
    """Judging stops early; explaining shows every rule, and says the same."""
    snapshot = _from(counts, severity)
    held = next((check.rule for check in explain(snapshot, [topic], AlertConfig()) if check.holds), "")
    assert judge(snapshot, [topic], AlertConfig()).rule == held


def test_a_changed_copy_of_a_rule_is_judged_by_its_own_minimums(snapshot: Make) -> None:
    """What was remembered of a rule does not hold for another one."""
    rule = Rule(name="作者", authors=4)
    for minimum, level in ((4, Level.YELLOW), (6, Level.NONE), (5, Level.YELLOW)):
        rules = LevelRules(any_of=(rule.model_copy(update={"authors": float(minimum)}),))
        config = AlertConfig(levels=Levels(red=LevelRules(), orange=LevelRules(), yellow=rules, blue=LevelRules()))
        assert judge(snapshot(authors=5), [], config).level is level


def test_a_good_deed_that_goes_viral_is_no_grievance(snapshot: Make) -> None:
    """One sour post among much praise, however many see it, is not mailed; the same figures with complaints are."""
    reach = {
        "severity": 2,
        "posts": 20,
        "authors": 18,
        "platforms": 4,
        "negative_views": None,
        "followers_max": 900_000,
    }
    praise = judge(snapshot(**reach, negative_posts=1), [], AlertConfig())
    grievance = judge(snapshot(**reach, negative_posts=12), [], AlertConfig())
    assert praise.level is Level.BLUE
    assert grievance.level is Level.RED
    seen = {**reach, "views": 150_000, "followers_max": None}
    assert judge(snapshot(**seen, negative_posts=1), [], AlertConfig()).level is Level.BLUE
    assert "负面占 60%" in judge(snapshot(**reach, negative_posts=12), [], AlertConfig()).reason


def _from(counts: dict[str, int], severity: int) -> Snapshot:
    from datetime import UTC, datetime

    at = datetime(2026, 3, 16, tzinfo=UTC)
    return Snapshot(
        incident="i",
        at=at,
        last_post_at=at,
        severity=severity,
        acceleration=0.0,
        confidence=1.0,
        **counts,  # type: ignore[arg-type]
    )


def test_what_nobody_names_is_at_most_yellow(snapshot: Make) -> None:
    """Red and orange ask for a post that names the bank, and the distance to them says so; the reason, where it is
    met, does not: it goes without saying."""
    crowd = {**QUIET, "severity": 3, "authors": 30, "platforms": 4}
    unnamed, named = snapshot(**{**crowd, "named_posts": 0}), snapshot(**crowd)
    assert judge(unnamed, ["group_event"], AlertConfig()).level is Level.YELLOW
    lacking = next(check for check in explain(unnamed, ["group_event"], AlertConfig()) if check.topic_fits)
    assert "0 帖点名本行（门槛 1）" in [condition.text for condition in lacking.conditions if not condition.met]
    verdict = judge(named, ["group_event"], AlertConfig())
    assert verdict.level is Level.RED
    assert "点名" not in verdict.reason
    assert verdict.inputs["named_posts_min"] == 1


def test_named_floor_can_be_set_for_any_level_and_by_a_rule(snapshot: Make) -> None:
    """A bank that wants no mail of what nobody names says so for yellow; a rule may ask for more or for none."""
    unnamed = snapshot(**{**QUIET, "authors": 4, "named_posts": 0})
    strict = Levels(yellow=LevelRules(named_floor=1, any_of=(Rule(authors=4),)))
    lenient = Levels(orange=LevelRules(named_floor=1, any_of=(Rule(authors=4, named_posts=0),)))
    assert judge(unnamed, ["queue_slow"], AlertConfig(levels=strict)).level is Level.BLUE
    assert judge(unnamed, ["queue_slow"], AlertConfig(levels=lenient)).level is Level.ORANGE


def test_rules_written_without_a_floor_keep_the_one_of_their_level() -> None:
    """An alerts.yaml of before, and a rule for one branch: red and orange ask for a name, yellow does not; 0 is 0."""
    plain = {"any_of": [{"severity": 3}]}
    levels = AlertConfig.model_validate({"levels": {"red": plain, "yellow": plain}}).levels
    assert (levels.red.named_floor, levels.orange.named_floor, levels.yellow.named_floor) == (1, 1, 0)
    free = {"red": {**plain, "named_floor": 0}, "orange": plain}
    override = AlertConfig.model_validate({"overrides": [{"branches": ["城东支行"], "levels": free}]}).overrides[0]
    assert [rules.named_floor for rules in override.levels.given.values()] == [0, 1]

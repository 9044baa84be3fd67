"""``--rule``: what a line changes, and what is said where it cannot be understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import AlertConfig
from alerts.rules_config import METRICS, LevelOverrides, LevelRules, Override, Rule
from domain.alerts import Level
from domain.errors import ConfigError
from evaluation.rule_changes import rule_names, with_changes

PRESENT = AlertConfig()


def minimums(config: AlertConfig, level: Level, metric: str) -> dict[str, float]:
    """The minimums of one metric by the names of the level's rules that have it."""
    rules = config.levels.of(level)
    pairs = zip(rule_names(rules), rules.any_of, strict=True)
    return {name: rule.minimums[metric] for name, rule in pairs if metric in rule.minimums}


def test_a_levels_metric_changes_in_every_rule_that_has_it_and_in_no_other() -> None:
    """Rules that ask for no authors, and other levels, stay as they are."""
    changed = with_changes(PRESENT, ["yellow: authors>=6"])
    assert minimums(changed, Level.YELLOW, "authors") == {"四名作者的具体诉求": 6.0, "热度较高": 6.0}
    assert changed.levels.orange == PRESENT.levels.orange
    assert minimums(changed, Level.YELLOW, "views") == minimums(PRESENT, Level.YELLOW, "views")


def test_a_named_rule_gets_a_minimum_that_it_lacked() -> None:
    """With a name a minimum may also be added; the others of the level are left alone."""
    changed = with_changes(PRESENT, ["yellow/本地大号: authors>=3, followers_max>=80000"])
    assert minimums(changed, Level.YELLOW, "authors")["本地大号"] == 3.0
    assert minimums(changed, Level.YELLOW, "followers_max") == {"本地大号": 80000.0}
    assert minimums(changed, Level.YELLOW, "authors")["四名作者的具体诉求"] == 4.0


@pytest.mark.parametrize(
    "rule", ["黄色/本地 大号：作者≥3", "黄/本地大号: authors >= 3", " YELLOW / 本地大号 :authors>=3 "]
)
def test_chinese_words_and_full_width_signs_are_read_as_well(rule: str) -> None:
    """Staff type as they write."""
    assert with_changes(PRESENT, [rule]) == with_changes(PRESENT, ["yellow/本地大号: authors>=3"])


def test_off_drops_a_rule_or_a_whole_level() -> None:
    """What is off holds no more; the other rules are still there."""
    assert "本地大号" not in rule_names(with_changes(PRESENT, ["yellow/本地大号: off"]).levels.yellow)
    assert len(with_changes(PRESENT, ["yellow/本地大号: off"]).levels.yellow.any_of) == 5
    assert with_changes(PRESENT, ["yellow: off"]).levels.yellow.any_of == ()


def test_a_rule_without_a_name_is_called_by_its_place() -> None:
    """As its reason calls it."""
    config = AlertConfig.model_validate({"levels": {"yellow": {"any_of": [{"authors": 4}, {"views": 5000}]}}})
    changed = with_changes(config, ["yellow/第 2 条: views>=9000"])
    assert [rule.minimums for rule in changed.levels.yellow.any_of] == [{"authors": 4.0}, {"views": 9000.0}]


def test_settings_of_the_policy_and_the_floor_of_the_heat() -> None:
    """Without a level: the policy, the hysteresis, and the floor of all levels; with one, its own floor."""
    changed = with_changes(
        PRESENT, ["cooldown_hours=6, growth_factor=3", "factor=0.5", "heat_floor=9", "red: heat_floor=1"]
    )
    assert (changed.policy.cooldown_hours, changed.policy.growth_factor, changed.hysteresis.factor) == (6.0, 3.0, 0.5)
    assert (changed.levels.yellow.heat_floor, changed.levels.red.heat_floor) == (9.0, 1.0)


def test_several_rules_are_applied_in_order() -> None:
    """The last word counts."""
    changed = with_changes(PRESENT, ["yellow: authors>=6", "yellow/热度较高: authors>=9"])
    assert minimums(changed, Level.YELLOW, "authors") == {"四名作者的具体诉求": 6.0, "热度较高": 9.0}


def test_overrides_change_with_the_level() -> None:
    """Who raises yellow raises it also where a branch has yellow rules of its own."""
    own = LevelOverrides(yellow=LevelRules(any_of=(Rule(name="石门", authors=2),)))
    config = PRESENT.model_copy(update={"overrides": (Override(branches=("石门支行",), levels=own),)})
    changed = with_changes(config, ["yellow: authors>=5"])
    assert changed.overrides[0].levels.yellow is not None
    assert changed.overrides[0].levels.yellow.any_of[0].authors == 5
    assert with_changes(config, ["yellow/石门: off"]).levels == config.levels


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("yelow: authors>=6", "可以写 red、orange、yellow、blue"),
        ("yellow/没有的: authors>=3", "有的是：四名作者的具体诉求、浏览超过五千"),
        ("yellow: platforms>=2", "用到的是：severity、negative_posts、authors"),
        ("yellow: autors>=2", "可用的是：severity、posts"),
        ("yellow/本地大号: autors>=2", "可用的是：severity、posts"),
        ("authors>=6", "要写明是哪一级"),
        ("cooldown=6", "可以改的是：cooldown_hours、growth_factor"),
        ("cooldown_hours=999", "不小于 0、不大于 168"),
        ("reflare_authors=1.5", "为整数"),
        ("lookback_days=3", "没有“lookback_days”这个设置"),
        ("yellow: authors<3", "规则只有“不少于”"),
        ("yellow: authors>=-1", "不是不小于 0 的数字"),
        ("yellow: authors=6", "指标请写成 authors>=6"),
        ("yellow/本地大号: heat_floor=6", "heat>=6"),
        ("yellow:", "没有写要改什么"),
        ("yellow authors", "看不懂"),
    ],
)
def test_a_wrong_rule_is_told_with_the_names_that_exist(rule: str, said: str) -> None:
    """The message repeats the rule and says what would be right."""
    with pytest.raises(ConfigError) as caught:
        with_changes(PRESENT, [rule])
    assert rule in str(caught.value)
    assert said in str(caught.value)


@given(st.sampled_from(["red", "orange", "yellow", "blue"]), st.sampled_from(METRICS), st.integers(0, 10**6))
def test_what_is_accepted_is_still_a_configuration(level: str, metric: str, number: int) -> None:
    """A changed configuration could stand in alerts.yaml; a change that is refused has changed nothing."""
    try:
        changed = with_changes(PRESENT, [f"{level}: {metric}>={number}"])
    except ConfigError:
        assert metric not in {name for rule in PRESENT.levels.of(Level.of(level)).any_of for name in rule.minimums}
    else:
        assert AlertConfig.model_validate(changed.model_dump(mode="json", by_alias=True)) == changed

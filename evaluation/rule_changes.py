"""``--rule`` of ``yuqing whatif``: other thresholds in one line each (docs/looking-back.md). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from alerts.config import AlertConfig
from alerts.levels import LABELS, LEVELS
from alerts.rules_config import METRICS, Hysteresis, LevelRules, Override, PolicyConfig, Rule
from domain.alerts import Level
from domain.errors import ConfigError

OFF = ("off", "关", "关闭", "停用")
FLOOR = "heat_floor"

POLICY = tuple(name for name in PolicyConfig.model_fields if name != "lookback_days")
"""``lookback_days`` is left out: how long an incident was measured cannot be changed any more."""
HYSTERESIS = tuple(Hysteresis.model_fields)
SETTINGS = (*POLICY, *HYSTERESIS, FLOOR)

_CODES = {word: level for level in LEVELS for word in (level.code, level.label, level.label.removesuffix("色"))}
_METRICS = {**{metric: metric for metric in METRICS}, **{label: metric for metric, label in LABELS.items()}}
_TERM = re.compile(r"([^\s<>=≥≤]+)\s*(>=|≥|=|<=|≤|>|<)\s*(\S+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LIMITS = {"ge": "不小于", "gt": "大于", "le": "不大于", "lt": "小于"}

Model = TypeVar("Model", bound=BaseModel)
Edit = Callable[[LevelRules], LevelRules]


@dataclass(frozen=True, slots=True)
class Term:
    """``name>=number``, or ``name=number`` where it ``sets``."""

    name: str
    sets: bool
    number: float


def with_changes(config: AlertConfig, rules: Sequence[str]) -> AlertConfig:
    """The configuration with every rule applied, in order.

    ConfigError where a rule cannot be understood or changes nothing: what is wrong, and which names exist.
    """
    for rule in rules:
        try:
            config = _with_change(config, unicodedata.normalize("NFKC", rule).strip())
        except ValueError as error:
            raise ConfigError([f"--rule “{rule}”：{error}"]) from None
    return config


def rule_names(rules: LevelRules) -> list[str]:
    """The names of a level's rules, as reasons tell them; one without a name by its place."""
    return [rule.name or f"第 {number} 条" for number, rule in enumerate(rules.any_of, start=1)]


def _with_change(config: AlertConfig, rule: str) -> AlertConfig:
    head, colon, rest = rule.rpartition(":")
    if not colon:
        return _with_settings(config, _terms(rest))
    code, slash, name = (part.strip() for part in head.partition("/"))
    level = _level(code)
    if slash:
        _known_rule(config, level, name)
    if rest.strip().lower() in OFF:
        return _in_level(config, level, lambda rules: _without(rules, name))
    terms = _terms(rest)
    if not slash:
        _known_terms(config, level, terms)
    return _in_level(config, level, lambda rules: _with_terms(rules, name, terms))


def _level(code: str) -> Level:
    level = _CODES.get(code.lower())
    if level is None:
        raise ValueError(f"没有“{code}”这一级；可以写 {'、'.join(level.code for level in LEVELS)}（或红、橙、黄、蓝）")
    return level


def _terms(text: str) -> list[Term]:
    if not text.strip():
        raise ValueError("没有写要改什么，例如 yellow: authors>=6、yellow: off、cooldown_hours=6")
    return [_term(part.strip()) for part in re.split("[,、]", text)]


def _term(part: str) -> Term:
    found = _TERM.fullmatch(part)
    if found is None:
        raise ValueError(f"看不懂“{part}”，应写成 指标>=数字，例如 authors>=6，几个条件之间用逗号")
    name, sign, number = found.groups()
    if sign not in (">=", "≥", "="):
        raise ValueError(f"“{part}”：规则只有“不少于”，请写成 {name}>=…")
    if _NUMBER.fullmatch(number) is None:
        raise ValueError(f"“{part}”：“{number}”不是不小于 0 的数字")
    return Term(name, sign == "=", float(number))


def _known_rule(config: AlertConfig, level: Level, name: str) -> None:
    there = [known for rules in _sets(config, level) for known in rule_names(rules)]
    if _plain(name) not in map(_plain, there):
        listed = "、".join(dict.fromkeys(there)) or "（没有）"
        raise ValueError(f"{level.label}没有叫“{name}”的规则；有的是：{listed}")


def _known_terms(config: AlertConfig, level: Level, terms: Sequence[Term]) -> None:
    """Without a rule's name a term has to meet some rule: otherwise nothing would change, and nobody would know."""
    there = {metric: None for rules in _sets(config, level) for rule in rules.any_of for metric in rule.minimums}
    for term in terms:
        if term.sets or _metric(term) in there:
            continue
        listed = "、".join(there) or "（没有）"
        named = f"；要给某条规则添上，请写规则的名字：{level.code}/规则名: {term.name}>=…"
        raise ValueError(f"{level.label}没有一条规则用 {term.name}；用到的是：{listed}{named}")


def _metric(term: Term) -> str:
    if term.name not in _METRICS:
        raise ValueError(f"没有“{term.name}”这个指标；可用的是：{'、'.join(METRICS)}")
    return _METRICS[term.name]


def _with_terms(rules: LevelRules, name: str, terms: Sequence[Term]) -> LevelRules:
    for term in terms:
        if term.sets and name:
            raise ValueError(f"{term.name} 属于整级，前面不写规则名；单条规则的热度门槛写 heat>={term.number:g}")
        rules = _with_floor(rules, term) if term.sets else _with_minimum(rules, name, _metric(term), term.number)
    return rules


def _with_minimum(rules: LevelRules, name: str, metric: str, minimum: float) -> LevelRules:
    def meant(rule: Rule, called: str) -> bool:
        return _plain(called) == _plain(name) if name else metric in rule.minimums

    pairs = zip(rules.any_of, rule_names(rules), strict=True)
    changed = tuple(
        rule.model_copy(update={metric: minimum}) if meant(rule, called) else rule for rule, called in pairs
    )
    return rules.model_copy(update={"any_of": changed})


def _with_floor(rules: LevelRules, term: Term) -> LevelRules:
    if term.name != FLOOR:
        shown = f"{term.name}>={term.number:g}"
        raise ValueError(f"一级之内用 = 的只有 {FLOOR}；指标请写成 {shown}，其他设置单独写，前面不写级别")
    return _checked(rules, {FLOOR: term.number})


def _without(rules: LevelRules, name: str) -> LevelRules:
    pairs = zip(rules.any_of, rule_names(rules), strict=True)
    kept = tuple(rule for rule, called in pairs if name and _plain(called) != _plain(name))
    return rules.model_copy(update={"any_of": kept})


def _with_settings(config: AlertConfig, terms: Sequence[Term]) -> AlertConfig:
    for term in terms:
        if not term.sets:
            raise ValueError(f"要写明是哪一级，例如 yellow: {term.name}>={term.number:g}")
        config = _with_setting(config, term)
    return config


def _with_setting(config: AlertConfig, term: Term) -> AlertConfig:
    change = {term.name: term.number}
    if term.name in POLICY:
        return config.model_copy(update={"policy": _checked(config.policy, change)})
    if term.name in HYSTERESIS:
        return config.model_copy(update={"hysteresis": _checked(config.hysteresis, change)})
    if term.name != FLOOR:
        raise ValueError(f"没有“{term.name}”这个设置；可以改的是：{'、'.join(SETTINGS)}")
    for level in LEVELS:
        config = _in_level(config, level, lambda rules: _with_floor(rules, term))
    return config


def _checked(model: Model, change: Mapping[str, float]) -> Model:
    """The model with the change, which has to be within its limits."""
    try:
        return type(model).model_validate({**model.model_dump(), **change})
    except ValidationError:
        told = [f"{name} 应{_limits(type(model), name)}" for name in change]
        raise ValueError("；".join(told)) from None


def _limits(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    bounds = [f"{words} {getattr(item, key):g}" for item in field.metadata for key, words in _LIMITS.items()
              if hasattr(item, key)]  # fmt: skip
    return ("为整数，" if field.annotation is int else "") + "、".join(bounds)


def _in_level(config: AlertConfig, level: Level, edit: Edit) -> AlertConfig:
    """The configuration with the level's rules edited: the common ones, and those of every override that has them."""
    levels = config.levels.model_copy(update={level.code: edit(config.levels.of(level))})
    overrides = tuple(_in_override(item, level, edit) for item in config.overrides)
    return config.model_copy(update={"levels": levels, "overrides": overrides})


def _in_override(override: Override, level: Level, edit: Edit) -> Override:
    rules = override.levels.given.get(level.code)
    if rules is None:
        return override
    return override.model_copy(update={"levels": override.levels.model_copy(update={level.code: edit(rules)})})


def _sets(config: AlertConfig, level: Level) -> Iterator[LevelRules]:
    """The level's rules wherever they stand: the common ones first, then those of the overrides."""
    yield config.levels.of(level)
    yield from (item.levels.given[level.code] for item in config.overrides if level.code in item.levels.given)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())

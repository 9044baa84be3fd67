"""Checks a YAML file against a pydantic model and says in Chinese what is wrong, where, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from config.marked_yaml import Marked, load
from domain.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model]) -> Model:
    """The file as a model; ConfigError with one line for each problem. An empty file is an empty mapping."""
    marked = load(path)
    try:
        return model.model_validate(marked.data if marked.data is not None else {})
    except ValidationError as error:
        items = [cast("Mapping[str, Any]", item) for item in error.errors()]
        raise ConfigError([_problem(marked, item, model) for item in items if not _echo(item, items)]) from None


def _echo(item: Mapping[str, Any], items: list[Mapping[str, Any]]) -> bool:
    """A list counts as too short once its members are wrong; the members' own errors say it better."""
    inside = any(
        len(other["loc"]) > len(item["loc"]) and other["loc"][: len(item["loc"])] == item["loc"] for other in items
    )
    return item["type"] == "too_short" and inside


def _problem(marked: Marked, item: Mapping[str, Any], model: type[BaseModel]) -> str:
    loc = tuple(item["loc"])
    kind = item["type"]
    where = marked.key_at(loc) if kind == "extra_forbidden" else marked.at(loc)
    shown = _dotted(marked.data, loc)
    if kind == "missing":
        return f"{where}: 缺少必填项 “{shown}”"
    if kind == "extra_forbidden":
        return f"{where}: 不认识的配置项 “{shown}”{_suggestion(str(loc[-1]), model)}"
    return f"{where}: “{shown}” 的值 {_quoted(item['input'])} 不对，{_wanted(item)}"


def _dotted(data: Any, loc: tuple[int | str, ...]) -> str:
    """``sources[0].url`` without the tags that pydantic puts into the location of a union's member."""
    out = ""
    for index, part in enumerate(loc):
        if isinstance(part, int):
            out += f"[{part}]"
            data = data[part] if isinstance(data, list) and part < len(data) else None
        elif index == len(loc) - 1 or (isinstance(data, Mapping) and part in data):
            out += f".{part}" if out else str(part)
            data = data.get(part) if isinstance(data, Mapping) else None
    return out


def _quoted(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else f"“{value}”"
    return text if len(text) <= 60 else text[:57] + "…"


def _suggestion(key: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(key, sorted(_field_names(model)), n=1, cutoff=0.6)
    return f"，是不是 “{near[0]}”？" if near else "，请删去或改正"


def _field_names(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[str]:
    names: set[str] = set()
    for name, info in model.model_fields.items():
        names.add(name)
        for inner in _models_in(info.annotation):
            if inner not in seen:
                names |= _field_names(inner, seen | {inner, model})
    return names


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


_WANTED = {
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "string_type": "应为文字（可加引号）",
    "list_type": "应为列表（每行以 “- ” 开头）",
    "tuple_type": "应为列表（每行以 “- ” 开头）",
    "dict_type": "应为 “键: 值” 的形式",
    "model_type": "应为 “键: 值” 的形式",
    "model_attributes_type": "应为 “键: 值” 的形式",
    "literal_error": "应为 {expected} 之一",
    "union_tag_invalid": "应为 {expected_tags} 之一",
    "union_tag_not_found": "缺少 {discriminator}",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "string_pattern_mismatch": "应符合格式 {pattern}",
    "too_short": "至少要有 {min_length} 项",
    "string_too_short": "至少 {min_length} 个字",
    "value_error": "{error}",
}


def _wanted(item: Mapping[str, Any]) -> str:
    wanted = _WANTED.get(item["type"])
    if wanted is None:
        return str(item["msg"])
    return wanted.format_map(item.get("ctx") or {}).replace(" or ", " 或 ")

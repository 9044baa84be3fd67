"""YAML with positions: what a value is, and where in the file it stands.

PyYAML follows YAML 1.1, where ``no`` is False, ``22:00`` is 1320 and a repeated key silently wins. Here only ``true``
and ``false`` are booleans, times stay text, and a repeated key is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from domain.errors import ConfigError


class PlainLoader(yaml.SafeLoader):
    """SafeLoader with the scalar rules of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute


_SCALARS = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
)
for _name, _pattern, _first in _SCALARS:
    PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class Marked:
    """A file's data together with its node tree, from which positions are read."""

    path: Path
    data: Any
    node: yaml.Node | None

    def at(self, loc: tuple[int | str, ...]) -> str:
        """``file:line:column`` of the value at ``loc``; of its nearest parent where the value is missing."""
        node = self.node
        for part in loc:
            child = _child(node, part)
            node = child if child is not None else node
        mark = node.start_mark if node else None
        return f"{self.path.name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{self.path.name}:1:1"

    def key_at(self, loc: tuple[int | str, ...]) -> str:
        """Like `at`, but the position of the key itself, for a key that should not be there."""
        parent = self.node
        for part in loc[:-1]:
            parent = _child(parent, part) or parent
        for key, _value in parent.value if isinstance(parent, yaml.MappingNode) else ():
            if key.value == loc[-1]:
                return f"{self.path.name}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
        return self.at(loc)


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    return None


def load(path: Path) -> Marked:
    """Read one YAML file. ConfigError names the position of a syntax error or of a repeated key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([f"{path.name}: 找不到这个文件（{path}）；可以用 yuqing init 生成一份"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path.name}: 不是 UTF-8 编码（第 {error.start} 字节），请另存为 UTF-8"]) from None
    loader = PlainLoader(text)
    try:
        node = loader.get_single_node()
        problems = _repeated(path, node)
        if problems:
            raise ConfigError(problems)
        data = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path.name}:{mark.line + 1}:{mark.column + 1}" if mark else path.name
        raise ConfigError([f"{where}: YAML 写法有误：{error.problem}"]) from None
    except yaml.YAMLError as error:
        raise ConfigError([f"{path.name}: YAML 写法有误：{error}"]) from None
    finally:
        loader.dispose()
    return Marked(path, data, node)


def _repeated(path: Path, node: yaml.Node | None) -> list[str]:
    problems: list[str] = []
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            problems += _repeated(path, item)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                where = f"{path.name}:{line}:{key.start_mark.column + 1}"
                problems.append(f"{where}: “{key.value}” 重复，第 {seen[key.value]} 行已经写过；请删去一个")
            seen[key.value] = line
            problems += _repeated(path, value)
    return problems

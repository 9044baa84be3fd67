"""The taxonomy and the words by which a text is read: data, not code.

``data/topics.yaml`` and ``data/cues.yaml`` are shipped; a bank's own ``topics.yaml`` adds topics, renames them, sends
them to other departments, and adds words. What the words mean together is decided by `nlp.rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import ConfigError
from domain.readings import Topic

Word = Annotated[str, Field(min_length=1)]
Group = str | list[Word]
"""A list of words, or ``$name`` for one of the named groups."""


class TopicEntry(BaseModel):
    """One topic as it is written in YAML; in an override everything but the code may be left out."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(pattern="^[a-z][a-z_0-9]*$")]
    label: str | None = None
    line: str | None = None
    department: str | None = None
    terms: list[Word] = []
    near: list[list[Group]] = []


class Book(BaseModel):
    """A whole file: named groups of words, topics, and words for the general cues."""

    model_config = ConfigDict(extra="forbid")
    groups: dict[str, list[Word]] = {}
    topics: list[TopicEntry] = []
    cues: dict[str, list[Word]] = {}


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Everything that reading knows of words.

    ``topics`` in order; by topic code ``terms`` (one is enough) and ``near`` (one word of each group, close
    together); ``cues`` are the general words by their kind.
    """

    topics: tuple[Topic, ...]
    terms: Mapping[str, tuple[str, ...]]
    near: Mapping[str, tuple[tuple[tuple[str, ...], ...], ...]]
    cues: Mapping[str, tuple[str, ...]]

    def words(self) -> Iterator[str]:
        """Every word that is looked for, with repetitions, in a fixed order."""
        for code in self.terms:
            yield from self.terms[code]
            for rule in self.near[code]:
                for group in rule:
                    yield from group
        for words in self.cues.values():
            yield from words


def load_taxonomy(override: Path | None = None) -> Taxonomy:
    """The shipped taxonomy, with a bank's own file laid over it.

    Raises ConfigError (Chinese, ``file:line:column``) where the file is not as it should be.
    """
    if override is None:
        return _shipped()
    shipped = _shipped_books()
    own = _read(override.read_text(encoding="utf-8"), str(override), shipped[0].groups)
    return _build([*shipped, own])


@cache
def _shipped() -> Taxonomy:
    return _build(_shipped_books())


def _shipped_books() -> list[Book]:
    folder = files("nlp") / "data"
    topics = _read((folder / "topics.yaml").read_text(encoding="utf-8"), "nlp/data/topics.yaml")
    cues = _read((folder / "cues.yaml").read_text(encoding="utf-8"), "nlp/data/cues.yaml")
    return [topics, cues]


def _read(text: str, name: str, shared: Collection[str] = ()) -> Book:
    """The book in a file; ``shared`` are the groups of words that other files have."""
    try:
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ConfigError([f"{name}:{place}: 不是合法的 YAML：{error.problem}"]) from error
    try:
        book = Book.model_validate(raw or {})
    except ValidationError as error:
        real = [one for one in error.errors() if "str" not in one["loc"]]
        raise ConfigError([_problem(name, text, one) for one in real or error.errors()]) from error
    _check_groups(book, name, text, shared)
    return book


def _problem(name: str, text: str, error: Any) -> str:
    """One line in Chinese for one thing that is wrong."""
    path: tuple[str | int, ...] = tuple(part for part in error["loc"] if part not in ("str", "list[constrained-str]"))
    line, column = _place(yaml.compose(text, Loader=yaml.CSafeLoader), path)
    where = ".".join(str(part) for part in path) or "文件"
    value = repr(error["input"])
    said = {
        "extra_forbidden": "没有这一项，可用的有 code、label、line、department、terms、near",
        "missing": "缺少这一项",
        "string_type": f"应是文字，现在是 {value}（数字和日期请加引号）",
        "string_pattern_mismatch": f"主题代码只用小写字母、数字和下划线，现在是 {value}",
    }
    return f"{name}:{line}:{column}: {where}：{said.get(error['type'], f'不合要求，现在是 {value}')}"


def _place(node: Any, path: Sequence[str | int]) -> tuple[int, int]:
    """Line and column (from 1) of the value at a path, or of the nearest thing above it."""
    for part in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), node)
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)


def _check_groups(book: Book, name: str, text: str, shared: Collection[str]) -> None:
    known = {*book.groups, *shared}
    unknown = [
        (group, ("topics", i, "near", j, k))
        for i, topic in enumerate(book.topics)
        for j, rule in enumerate(topic.near)
        for k, group in enumerate(rule)
        if isinstance(group, str) and group.removeprefix("$") not in known
    ]
    if unknown:
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
        places = [(group, *_place(tree, path)) for group, path in unknown]
        there = "、".join(sorted(known))
        raise ConfigError(
            [f"{name}:{line}:{column}: 没有名为 {group} 的词组，已有 {there}" for group, line, column in places]
        )


def _build(books: Sequence[Book]) -> Taxonomy:
    groups: dict[str, tuple[str, ...]] = {}
    merged: dict[str, TopicEntry] = {}
    cues: dict[str, tuple[str, ...]] = {}
    for book in books:
        groups |= {name: (*groups.get(name, ()), *words) for name, words in book.groups.items()}
        cues |= {name: (*cues.get(name, ()), *words) for name, words in book.cues.items()}
        for entry in book.topics:
            merged[entry.code] = _merge(merged.get(entry.code), entry)
    return Taxonomy(
        topics=tuple(_topic(entry) for entry in merged.values()),
        terms={code: tuple(entry.terms) for code, entry in merged.items()},
        near={code: tuple(_rule(rule, groups) for rule in entry.near) for code, entry in merged.items()},
        cues=cues,
    )


def _merge(old: TopicEntry | None, new: TopicEntry) -> TopicEntry:
    if old is None:
        return new
    return TopicEntry(
        code=old.code,
        label=new.label or old.label,
        line=new.line or old.line,
        department=new.department or old.department,
        terms=[*old.terms, *new.terms],
        near=[*old.near, *new.near],
    )


def _topic(entry: TopicEntry) -> Topic:
    return Topic(entry.code, entry.label or entry.code, entry.line or "其他", entry.department or "办公室")


def _rule(rule: Sequence[Group], groups: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(groups[group.removeprefix("$")] if isinstance(group, str) else tuple(group) for group in rule)

"""One file of the taxonomy as it is written: its model, and errors that name file, line and column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import ConfigError
from nlp.complaints import SIDES, load_codes

Word = Annotated[str, Field(min_length=1)]
Group = str | Annotated[list[Word], Field(min_length=1)]
"""A list of words, or ``$name`` for one of the named groups."""
YamlPath = Sequence[str | int]


class ComplaintEntry(BaseModel):
    """Where complaints of a topic belong in the industry's statistics: keys of complaint_codes.yaml.

    ``unsure``: those of the keys that are guesses.
    """

    model_config = ConfigDict(extra="forbid")
    channel: list[Word] = []
    business: list[Word] = []
    reason: list[Word] = []
    unsure: list[Word] = []
    note: str | None = None


class Example(BaseModel):
    """A text and whether the topic ``is`` to be read in it; ``{bank}`` stands for the bank's name."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    text: Word
    is_: Annotated[bool, Field(alias="is")]
    parent: str | None = None
    why: str | None = None


class TopicEntry(BaseModel):
    """One topic as it is written in YAML; in an override everything but the code may be left out."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(pattern="^[a-z][a-z_0-9]*$")]
    label: str | None = None
    line: str | None = None
    department: str | None = None
    complaint: ComplaintEntry | None = None
    terms: list[Word] = []
    near: list[Annotated[list[Group], Field(min_length=1)]] = []
    examples: list[Example] = []


class Book(BaseModel):
    """A whole file: groups of words, topics, words for the general cues, and a bank's numbers of complaint classes."""

    model_config = ConfigDict(extra="forbid")
    groups: dict[str, Annotated[list[Word], Field(min_length=1)]] = {}
    topics: list[TopicEntry] = []
    cues: dict[str, list[Word]] = {}
    complaint_codes: dict[str, Word] = {}


@dataclass(frozen=True)
class Manuscript:
    """A file's name and text, and where in it a value stands."""

    name: str
    text: str

    @cached_property
    def tree(self) -> Any:
        """The nodes of the YAML."""
        return yaml.compose(self.text, Loader=yaml.CSafeLoader)

    def at(self, path: YamlPath) -> str:
        """``file:line:column`` (from 1) of the value at a path, or of the nearest thing above it."""
        node = self.tree
        for part in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            elif isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), node)
        return self.mark(node.start_mark if node else None)

    def mark(self, mark: Any) -> str:
        """The same of a mark of PyYAML's."""
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{self.name}:1:1"


@dataclass(frozen=True)
class BookFile:
    """A book with the file in which it is written; ``own`` where it is the bank's, not a shipped one."""

    manuscript: Manuscript
    book: Book
    own: bool


def read_own(path: Path, shared: Collection[str]) -> BookFile:
    """A bank's file. Raises ConfigError where it is not UTF-8, not YAML, or not as it should be."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError([f"{path}:1:1: 不是 UTF-8 编码；请在编辑器里另存为 UTF-8"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: 读不了：{error.strerror}"]) from None
    return read_book(Manuscript(str(path), text), shared, own=True)


def read_book(manuscript: Manuscript, shared: Collection[str] = (), *, own: bool = False) -> BookFile:
    """The book in a file; ``shared`` are the groups of words that other files have. ConfigError names every problem."""
    raw = _load(manuscript)
    if own:
        _refuse([f"{place}: “{key}” 写了两遍，前一个会被盖掉；请合并" for key, place in _repeated(manuscript)])
    try:
        book = Book.model_validate(raw if raw is not None else {})
    except ValidationError as error:
        # A group is a list or a name: what is wrong inside the list says more than that it is no name.
        real = [one for one in error.errors() if "str" not in one["loc"]]
        raise ConfigError([_problem(manuscript, one) for one in real or error.errors()]) from error
    _refuse([*_unknown_groups(book, manuscript, shared), *_unknown_classes(book, manuscript)])
    return BookFile(manuscript, book, own)


def _load(manuscript: Manuscript) -> Any:
    try:
        return yaml.load(manuscript.text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([f"{manuscript.mark(error.problem_mark)}: 不是合法的 YAML：{error.problem}"]) from error
    except yaml.YAMLError as error:
        raise ConfigError([f"{manuscript.name}:1:1: 不是合法的 YAML：{error}"]) from error


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ConfigError(problems)


def _repeated(manuscript: Manuscript) -> Iterator[tuple[str, str]]:
    """Keys that stand twice in one mapping; YAML would keep the last and lose the first without a word."""
    waiting = [manuscript.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield key.value, manuscript.mark(key.start_mark)
                seen.add(key.value)
                waiting.append(value)


_SAID = {
    "missing": "缺少这一项",
    "string_type": "应是文字，现在是 {value}（数字和日期请加引号）",
    "bool_type": "应是 true 或 false，现在是 {value}",
    "bool_parsing": "应是 true 或 false，现在是 {value}",
    "list_type": "应是列表，写成 [甲, 乙] 或每行以“- ”开头，现在是 {value}",
    "model_type": "应是“键: 值”的形式，现在是 {value}",
    "dict_type": "应是“键: 值”的形式，现在是 {value}",
    "too_short": "是空的，至少要有一个",
    "string_too_short": "是空的，至少要有一个字",
    "string_pattern_mismatch": "主题代码只用小写字母、数字和下划线，现在是 {value}",
}
_KEYS = {
    "topics": TopicEntry.model_fields,
    "examples": ("text", "is", "parent", "why"),
    "complaint": ComplaintEntry.model_fields,
}


def _problem(manuscript: Manuscript, error: Any) -> str:
    """One line in Chinese for one thing that is wrong."""
    path = tuple(part for part in error["loc"] if part != "str" and not str(part).startswith("list["))
    where = ".".join(str(part) for part in path) or "文件"
    if error["type"] == "extra_forbidden":
        said = f"没有这一项，可用的有 {_known_keys(path)}"
    else:
        said = _SAID.get(error["type"], "不合要求，现在是 {value}").format(value=repr(error["input"]))
    return f"{manuscript.at(path)}: {where}：{said}"


def _known_keys(path: YamlPath) -> str:
    owners = [part for part in path[:-1] if part in _KEYS]
    return "、".join(_KEYS[str(owners[-1])] if owners else Book.model_fields)


def _unknown_groups(book: Book, manuscript: Manuscript, shared: Collection[str]) -> Iterator[str]:
    known = {*book.groups, *shared}
    for i, topic in enumerate(book.topics):
        for j, rule in enumerate(topic.near):
            for k, group in enumerate(rule):
                if isinstance(group, str) and group.removeprefix("$") not in known:
                    place = manuscript.at(("topics", i, "near", j, k))
                    yield f"{place}: 没有名为 {group} 的词组，已有 {'、'.join(sorted(known))}"


def _unknown_classes(book: Book, manuscript: Manuscript) -> Iterator[str]:
    codes = load_codes()
    names = {entry.key: entry.name for entry in codes.entries()}
    for i, topic in enumerate(book.topics):
        entry = topic.complaint or ComplaintEntry()
        known: dict[str, list[str]] = {side: codes.keys(side) for side in SIDES}
        known["unsure"] = [*entry.channel, *entry.business, *entry.reason]
        for side, keys in known.items():
            for k, key in enumerate(getattr(entry, side)):
                if key not in keys:
                    place = manuscript.at(("topics", i, "complaint", side, k))
                    there = "、".join(f"{one}（{names.get(one, '？')}）" for one in keys)
                    yield f"{place}: {side} 里没有 {key} 这一类，可用的有 {there or '（这一条没有填类别）'}"
    for key in book.complaint_codes:
        if key not in names:
            there = "、".join(f"{one}（{name}）" for one, name in names.items())
            yield f"{manuscript.at(('complaint_codes', key))}: 投诉分类里没有 {key}，可用的有 {there}"

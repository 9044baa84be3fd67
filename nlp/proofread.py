"""What is probably not meant in the files of a taxonomy, though they can be read: for ``yuqing topics check``."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.book import BookFile, TopicEntry
from nlp.normalise import normalise

Placed = tuple[tuple[str | int, ...], str]
"""A word and its path in the YAML."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing, at ``file:line:column``. ``grave``: what is written there can have no effect."""

    place: str
    said: str
    grave: bool
    own: bool


def proofread(files: Sequence[BookFile]) -> list[Fault]:
    """All faults of all files, those of one file together."""
    return [fault for file in files for fault in _faults(file, files)]


def _faults(file: BookFile, files: Sequence[BookFile]) -> Iterator[Fault]:
    yield from _not_normal(file)
    yield from _twice(file, files)
    if file.own:
        yield from _unknown_cues(file, files)
    elsewhere = {entry.code for other in files if other is not file for entry in other.book.topics}
    for number, entry in enumerate(file.book.topics):
        if entry.code not in elsewhere:
            yield from _new_topic(file, number, entry, elsewhere)


def _new_topic(file: BookFile, number: int, entry: TopicEntry, elsewhere: set[str]) -> Iterator[Fault]:
    place = file.manuscript.at(("topics", number, "code"))
    like = difflib.get_close_matches(entry.code, elsewhere, n=1, cutoff=0.8)
    if like:
        said = f"“{entry.code}” 是新主题；如果想改的是内置的 {like[0]}，请把代码写对"
        yield Fault(place, said, grave=False, own=file.own)
    if not entry.terms and not entry.near:
        yield Fault(place, f"新主题 {entry.code} 没有 terms 也没有 near，永远读不出来", grave=True, own=file.own)
    if not entry.label:
        said = f"新主题 {entry.code} 没有 label，邮件和报表里会直接显示代码"
        yield Fault(place, said, grave=False, own=file.own)
    if not entry.examples:
        said = f"主题 {entry.label or entry.code} 没有例句，改词以后无从检查；请写几句该读出的和不该读出的"
        yield Fault(place, said, grave=False, own=file.own)


def _unknown_cues(file: BookFile, files: Sequence[BookFile]) -> Iterator[Fault]:
    """The rules ask for cues by name, so nobody asks for one that is not shipped."""
    shipped = [name for other in files if not other.own for name in other.book.cues]
    for name in file.book.cues:
        if name not in shipped:
            said = f"没有名为 {name} 的线索，写了不起作用；可用的有 {'、'.join(shipped)}"
            yield Fault(file.manuscript.at(("cues", name)), said, grave=True, own=True)


def _not_normal(file: BookFile) -> Iterator[Fault]:
    """Words in another form than texts are brought into before they are looked through."""
    placed = list(_words(file))
    normals = normalise([word for _, word in placed]).joined
    for row, (path, word) in enumerate(placed):
        form = normals.row(row)
        if form != word:
            said = f"“{word}” 不是规范形式（简体、半角、小写），永远不会匹配；请写成 “{form}”"
            yield Fault(file.manuscript.at(path), said, grave=True, own=file.own)


def _words(file: BookFile) -> Iterator[Placed]:
    for kind, named in (("groups", file.book.groups), ("cues", file.book.cues)):
        for name, words in named.items():
            yield from (((kind, name, place), word) for place, word in enumerate(words))
    for number, entry in enumerate(file.book.topics):
        yield from ((("topics", number, "terms", place), word) for place, word in enumerate(entry.terms))
        yield from ((("topics", number, "near", *path), word) for path, word in _near_words(entry))


def _near_words(entry: TopicEntry) -> Iterator[Placed]:
    """The words that stand in the rules themselves, not in a named group."""
    for rule, groups in enumerate(entry.near):
        for number, group in enumerate(groups):
            if not isinstance(group, str):
                yield from (((rule, number, place), word) for place, word in enumerate(group))


def _twice(file: BookFile, files: Sequence[BookFile]) -> Iterator[Fault]:
    """Terms of this file that another topic, of this or an earlier file, has too."""
    labels: dict[str, str] = {}
    owners: dict[str, list[str]] = defaultdict(list)
    for other in files:
        for number, entry in enumerate(other.book.topics):
            labels[entry.code] = entry.label or labels.get(entry.code, entry.code)
            for place, term in enumerate(entry.terms):
                others = [labels[code] for code in owners[term] if code != entry.code]
                if other is file and others:
                    path = ("topics", number, "terms", place)
                    said = f"“{term}” 在 {'、'.join([*others, labels[entry.code]])} 里都有，一句话会同时读出几个主题"
                    yield Fault(file.manuscript.at(path), said, grave=False, own=file.own)
                if entry.code not in owners[term]:
                    owners[term].append(entry.code)

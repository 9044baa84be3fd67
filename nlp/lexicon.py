"""The taxonomy and the words by which a text is read: data, not code.

``data/topics.yaml`` and ``data/cues.yaml`` are shipped; a bank's own ``topics.yaml`` adds topics, renames them, sends
them to other departments, and adds words. What the words mean together is decided by `nlp.rules`; how a file is
written, by `nlp.book`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from domain.readings import Complaint, ComplaintClass, Topic
from nlp.book import BookFile, ComplaintEntry, Group, Manuscript, TopicEntry, read_book, read_own
from nlp.complaints import Side, class_of


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
    return _shipped() if override is None else build(load_books(override))


def load_books(override: Path | None = None) -> list[BookFile]:
    """The files that a taxonomy is built of, the shipped ones first."""
    shipped = list(_shipped_books())
    return shipped if override is None else [*shipped, read_own(override, shipped[0].book.groups)]


@cache
def _shipped() -> Taxonomy:
    return build(_shipped_books())


@cache
def _shipped_books() -> tuple[BookFile, ...]:
    folder = files("nlp") / "data"
    names = ("topics.yaml", "cues.yaml")
    return tuple(
        read_book(Manuscript(f"nlp/data/{name}", (folder / name).read_text(encoding="utf-8"))) for name in names
    )


def build(books: Sequence[BookFile]) -> Taxonomy:
    """One taxonomy of several files: a later one adds to what an earlier one has, and renames it."""
    groups: dict[str, tuple[str, ...]] = {}
    merged: dict[str, TopicEntry] = {}
    cues: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, str] = {}
    for book in (file.book for file in books):
        groups |= {name: (*groups.get(name, ()), *words) for name, words in book.groups.items()}
        cues |= {name: (*cues.get(name, ()), *words) for name, words in book.cues.items()}
        numbers |= book.complaint_codes
        for entry in book.topics:
            merged[entry.code] = _merge(merged.get(entry.code), entry)
    return Taxonomy(
        topics=tuple(_topic(entry, numbers) for entry in merged.values()),
        terms={code: tuple(entry.terms) for code, entry in merged.items()},
        near={code: tuple(_rule(rule, groups) for rule in entry.near) for code, entry in merged.items()},
        cues=cues,
    )


def _merge(old: TopicEntry | None, new: TopicEntry) -> TopicEntry:
    """Examples are not merged: each is judged as part of the file in which it stands."""
    if old is None:
        return new
    return TopicEntry(
        code=old.code,
        label=new.label or old.label,
        line=new.line or old.line,
        department=new.department or old.department,
        complaint=new.complaint or old.complaint,
        terms=[*old.terms, *new.terms],
        near=[*old.near, *new.near],
    )


def _topic(entry: TopicEntry, numbers: Mapping[str, str]) -> Topic:
    complaint = _complaint(entry.complaint, numbers) if entry.complaint else Complaint()
    return Topic(entry.code, entry.label or entry.code, entry.line or "其他", entry.department or "办公室", complaint)


def _complaint(entry: ComplaintEntry, numbers: Mapping[str, str]) -> Complaint:
    def classes(side: Side, keys: Sequence[str]) -> tuple[ComplaintClass, ...]:
        return tuple(class_of(side, key, numbers, sure=key not in entry.unsure) for key in keys)

    return Complaint(
        channel=classes("channel", entry.channel),
        business=classes("business", entry.business),
        reason=classes("reason", entry.reason),
        note=entry.note,
    )


def _rule(rule: Sequence[Group], groups: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(groups[group.removeprefix("$")] if isinstance(group, str) else tuple(group) for group in rule)

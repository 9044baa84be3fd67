"""``yuqing topics check``: the examples beside each topic are read, and the files of the taxonomy proofread.

A bank answers for its own file: what is wrong there makes the status 1. How the shipped examples are read is told, but
is no fault of the bank's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.readings import Bank, Reading, Text
from nlp.analyser import Analyser
from nlp.book import BookFile, Example
from nlp.lexicon import Taxonomy
from nlp.pages import Opener
from nlp.proofread import Fault
from nlp.rules import CLAIMED, STATUSES

PLACEHOLDER = "{bank}"
STAND_IN = Bank("青禾村镇银行", ("青禾银行",))
"""Whom the examples are about where no configuration is given."""
COLUMNS = ("主题", "代码", "例句", "读对", "读错")
SAID = dict(zip(STATUSES, ("直说", "否定", "提问", "假设", "说的是别处"), strict=True))

BY_MODEL = "内置主题由模型综合判断，词只是线索之一"
MOST_SEEN = 3
"""Words that are shown for one example, the shortest: the longer ones mostly hold them."""

Seen = tuple[str, int]
"""A word of the topic as it stands in the text, and its status."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An example as it was read.

    ``named``: the bank's name or the placeholder stands in it or in its parent. ``ruled``: words alone decide on the
    topic, for it is none that the model was made for.
    """

    place: str
    code: str
    label: str
    own: bool
    ruled: bool
    example: Example
    named: bool
    reading: Reading
    seen: tuple[Seen, ...]

    @property
    def right(self) -> bool:
        """Whether the topic was read exactly where it should be."""
        return (self.code in self.reading.topics) == self.example.is_


def judge(files: Sequence[BookFile], taxonomy: Taxonomy, analyser: Analyser, banks: Sequence[Bank]) -> list[Judged]:
    """Read all examples of all files, in order."""
    labels = {topic.code: topic.label for topic in taxonomy.topics}
    shipped = {entry.code for file in files if not file.own for entry in file.book.topics}
    found = list(_examples(files))
    texts = [_text(example, banks) for _, _, _, example in found]
    seen = _seen(texts, [code for _, code, _, _ in found], taxonomy)
    readings = analyser.read(texts)
    return [
        Judged(
            place,
            code,
            labels[code],
            own,
            code not in shipped,
            example,
            _names_bank(example, banks),
            reading,
            words,
        )
        for (place, code, own, example), reading, words in zip(found, readings, seen, strict=True)
    ]


def _examples(files: Sequence[BookFile]) -> Iterator[tuple[str, str, bool, Example]]:
    for file in files:
        for number, entry in enumerate(file.book.topics):
            for place, example in enumerate(entry.examples):
                yield file.manuscript.at(("topics", number, "examples", place)), entry.code, file.own, example


def _text(example: Example, banks: Sequence[Bank]) -> Text:
    """The example about the bank that it names, else about the first one; people write the short name."""
    written = f"{example.parent or ''}\n{example.text}"
    bank = next((bank for bank in banks if any(name in written for name in _names(bank))), banks[0])
    short = bank.aliases[0] if bank.aliases else bank.name
    parent = example.parent.replace(PLACEHOLDER, short) if example.parent else None
    return Text(example.text.replace(PLACEHOLDER, short), "forum", parent, bank)


def _names(bank: Bank) -> tuple[str, ...]:
    return (bank.name, *bank.aliases, *bank.branches)


def _names_bank(example: Example, banks: Sequence[Bank]) -> bool:
    written = f"{example.parent or ''}\n{example.text}"
    return any(name in written for name in (PLACEHOLDER, *(name for bank in banks for name in _names(bank))))


def _seen(texts: Sequence[Text], codes: Sequence[str], taxonomy: Taxonomy) -> list[tuple[Seen, ...]]:
    """By what words the rules saw the topic in each text."""
    opener = Opener(taxonomy, {})
    numbers = {code: number for number, code in enumerate(opener.vocabulary.topics)}
    pages = opener.open([text.text for text in texts], [text.bank for text in texts])
    signs = pages.signs
    starts, ends = pages.normals.spans(signs.rows, signs.hits.starts, signs.hits.ends)
    found: list[dict[str, int]] = [{} for _ in texts]
    hits = (signs.rows, signs.hits.topics, signs.statuses, starts, ends)
    for row, topic, status, start, end in zip(*(array.tolist() for array in hits), strict=True):
        if topic == numbers[codes[row]]:
            found[row][texts[row].text[start:end]] = status
    return [tuple(sorted(words.items(), key=_length)[:MOST_SEEN]) for words in found]


def _length(seen: Seen) -> int:
    return len(seen[0])


def tally(judged: Sequence[Judged]) -> list[tuple[str, ...]]:
    """One row for each topic that has examples."""
    rows: dict[str, list[Judged]] = {}
    for one in judged:
        rows.setdefault(one.code, []).append(one)
    right = {code: sum(one.right for one in ones) for code, ones in rows.items()}
    return [
        (ones[0].label, code, str(len(ones)), str(right[code]), str(len(ones) - right[code]))
        for code, ones in rows.items()
    ]


def nameless(judged: Sequence[Judged]) -> list[Fault]:
    """Examples against a topic that name no bank: they pass whatever the words are, and so check nothing.

    One for a topic is simply read wrongly, and `told` says what helps.
    """
    said = f"例句和 parent 里没有 {PLACEHOLDER}，也没有本行的名称，怎样都读不出主题，检查不出什么"
    silent = (one for one in judged if not one.named and not one.example.is_)
    return [Fault(one.place, said, grave=False, own=one.own) for one in silent]


def told(one: Judged, names: dict[str, str]) -> list[str]:
    """The lines for an example that was read wrongly: what was read instead, what was seen, and what helps."""
    wrong = "该读出，没有读出" if one.example.is_ else "不该读出，读出来了"
    parent = f"（回复：{one.example.parent}）" if one.example.parent else ""
    seen = "、".join(f"“{word}”（{SAID[status]}）" for word, status in one.seen)
    return [
        f"✗ {one.place} {one.label}：{wrong}",
        f"    例句：{one.example.text}{parent}",
        f"    读作：{_read_as(one.reading, names)}；见到：{seen or '没有这个主题的词'}",
        f"    怎么改：{_advice(one)}",
    ]


def _read_as(reading: Reading, names: dict[str, str]) -> str:
    if not reading.about:
        return "说的不是本行"
    if not reading.negative:
        return f"不是负面（负面的可能 {reading.negativity:.2f}）"
    topics = "、".join(names[code] for code in reading.topics) or "没有主题"
    return f"负面（{reading.negativity:.2f}），{topics}"


def _advice(one: Judged) -> str:
    if not one.example.is_:
        words = "把见到的词换成更长、更专的词，或改成 near（几个词挨近才算）"
        return words if one.ruled else BY_MODEL
    if not one.reading.about:
        landmark = "写到了本行，但读作地标或别处的事；请换一句说本行本身的"
        return landmark if one.named else f"在例句或 parent 里写上 {PLACEHOLDER}"
    if not one.reading.negative:
        return "不是负面的帖子不给主题，加词很少能改变；请看例句里的不满是否说得清楚"
    return _advice_on_words(one)


def _advice_on_words(one: Judged) -> str:
    """For a negative example whose topic was not read."""
    if not one.seen:
        words = "把例句里的说法加进 terms（单独出现就算），或写一条 near（几个词挨近才算）"
        return words if one.ruled else f"{words}；{BY_MODEL}"
    if all(status != CLAIMED for _, status in one.seen):
        return "词见到了，但读作否定、提问、假设或说的是别处；如果读错了，请把更长的说法加进 terms"
    return f"词见到了；{BY_MODEL}"

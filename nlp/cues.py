"""One text as numbers for the model: what the rules saw in it and in its parent, names, length, marks, sentiment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.readings import Bank
from nlp.automaton import Automaton
from nlp.lexicon import Taxonomy
from nlp.normalise import Normal, normalise
from nlp.rules import ASKED, CLAIMED, ELSEWHERE, NEGATED, SUPPOSED, Signs, read_signs
from nlp.sentiment import Sentiment
from nlp.target import Mentions, look

LONGEST_TEXT = 20_000
"""Characters that are read of one text; what stands behind them in a book-length text is not."""

_LATIN = re.compile("[a-z]")
_DIGITS = re.compile(r"\d+(?:\.\d+)?|[一二三四五六七八九十百千万两]{2,}")
_EMOJI = re.compile("[\U0001f300-\U0001faff☀-➿]")
_QUOTES = re.compile("[\"“”‘’']")
_LANDMARK = re.compile(
    "^[^,。.!?]{0,3}(?:门口|旁边|隔壁|对面|楼下|楼上|附近|后街|后巷|斜对|对门|[东西南北][边侧墙]|那条街|家属院|路口|拐角|后头|前面|门前|旧址)"
)


@dataclass(frozen=True, slots=True)
class Page:
    """All that was seen in one text or parent: its normal form, names, signs, and SnowNLP's sentiment in logits."""

    normal: Normal
    mentions: Mentions
    signs: Signs
    sentiment: float

    @property
    def text(self) -> str:
        """The normal form."""
        return self.normal.text


class Opener:
    """Makes pages of texts. Built once from the taxonomy and SnowNLP's tables."""

    def __init__(self, taxonomy: Taxonomy, sentiment: Sentiment) -> None:
        self._automaton = Automaton(taxonomy)
        self._sentiment = sentiment

    def open(self, text: str, bank: Bank | None) -> Page:
        """The page of one text, as seen from a watched bank. Of a very long text only the beginning is read."""
        normal = normalise(text[:LONGEST_TEXT])
        mentions = look(normal.text, bank)
        signs = read_signs(normal.text, self._automaton, mentions)
        return Page(normal, mentions, signs, self._sentiment.score(normal.text))


def describe(text: Page, parent: Page | None, platform: str) -> dict[str, float]:
    """Named values, those that are 0 left out. Parent's names begin with ``p:``."""
    values = dict(_side("", text))
    if parent is not None:
        values |= {"p": 1.0} | dict(_side("p:", parent)) | dict(_together(text, parent))
    values[f"platform:{platform}"] = 1.0
    return {name: value for name, value in values.items() if value}


def _side(prefix: str, page: Page) -> Iterator[tuple[str, float]]:
    for name, value in (*_topics(page.signs), *_words(page.signs), *_shape(page), *_names(page), *_mood(page)):
        yield prefix + name, value


def _topics(signs: Signs) -> Iterator[tuple[str, float]]:
    for topic in signs.topics(CLAIMED):
        yield f"claimed:{topic}", 1.0
    for status in (NEGATED, ASKED, SUPPOSED, ELSEWHERE):
        topics = signs.topics(status)
        yield f"any:{status}", float(bool(topics))
        yield from ((f"unclaimed:{topic}", 1.0) for topic in topics)
    yield "any:claimed", min(2.0, len(signs.topics(CLAIMED)))


def _words(signs: Signs) -> Iterator[tuple[str, float]]:
    for kind, count in signs.cues.items():
        yield f"cue:{kind}", math.log1p(count)


def _shape(page: Page) -> Iterator[tuple[str, float]]:
    length = len(page.text)
    yield "length", math.log1p(length) / 4
    yield f"length:{min(5, length // 8)}" if length < 48 else f"long:{min(4, length // 100)}", 1.0
    yield "numbers", math.log1p(len(_DIGITS.findall(page.text)))
    yield "emoji", math.log1p(len(_EMOJI.findall(page.text)))
    yield "latin", math.log1p(len(_LATIN.findall(page.text))) / 2
    yield "quotes", math.log1p(len(_QUOTES.findall(page.text)))
    yield "exclaims", math.log1p(page.text.count("!"))
    yield "asks", math.log1p(page.text.count("?"))
    yield "ends:?", float(page.text.rstrip().endswith(("?", "吗", "呢", "么")))


def _names(page: Page) -> Iterator[tuple[str, float]]:
    mentions = page.mentions
    yield "name:own", float(bool(mentions.own))
    yield "name:bare", float(bool(mentions.bare) and not mentions.own)
    yield "name:none", float(not mentions.own and not mentions.bare)
    yield "name:other", float(bool(mentions.other))
    yield "name:both", float(bool(mentions.other) and bool(mentions.own or mentions.bare))
    names = (*mentions.own, *mentions.bare)
    yield "name:landmark", float(any(_LANDMARK.match(page.text[end : end + 8]) for _, end in names))
    yield "name:bare+matter", float(bool(mentions.bare) and "bank_matter" in page.signs.cues)
    yield "name:place", float(bool(names) and "bank_matter" not in page.signs.cues)


def _mood(page: Page) -> Iterator[tuple[str, float]]:
    cues = page.signs.cues
    claimed = bool(page.signs.topics(CLAIMED))
    yield "snow", math.tanh(page.sentiment / 6)
    yield "snow:mean", page.sentiment / (4 + len(page.text))
    for kind in ("praise", "sarcasm", "question", "rhetorical", "denial", "resolved", "degree", "grievance", "hearsay"):
        yield f"claimed&{kind}", float(claimed and kind in cues)
        yield f"unclaimed&{kind}", float(not claimed and kind in cues)
    yield "praise&sarcasm", float("praise" in cues and "sarcasm" in cues)
    yield "praise&negation", float("praise" in cues and "negation" in cues)
    yield "praise&grievance", float("praise" in cues and "grievance" in cues)


def _together(text: Page, parent: Page) -> Iterator[tuple[str, float]]:
    """How a reply stands to what it answers."""
    cues, accused = text.signs.cues, bool(parent.signs.topics(CLAIMED))
    short = len(text.text) <= 12
    yield "reply:short", float(short)
    yield "reply:short&accused", float(short and accused)
    for kind in ("agree", "amplify", "disagree", "question", "denial", "praise", "negation"):
        yield f"accused&{kind}", float(accused and kind in cues)
        yield f"praised&{kind}", float("praise" in parent.signs.cues and kind in cues)
    yield "reply:same", float(bool(text.signs.topics(CLAIMED) & parent.signs.topics(CLAIMED)))
    yield "reply:unnamed&other", float(bool(text.mentions.other) and not text.mentions.own)

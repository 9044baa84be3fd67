"""Whether an endpoint's answer may be believed: JSON of the asked form, known topics, quotes that stand in the post."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from domain.errors import ReaderError
from domain.readings import Evidence
from domain.second import SecondOpinion
from nlp.second.prompt import NEGATIVE

SHORTEST_QUOTE, LONGEST_QUOTE = 2, 200
LONGEST_REASON, LONGEST_ANSWER = 200, 20_000
_FENCED = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL | re.IGNORECASE)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)


class _Finding(BaseModel):
    topic: str | None = None
    quote: str


class _Answer(BaseModel):
    verdict: Literal["负面", "非负面"]
    negativity: float = Field(ge=0, le=1, allow_inf_nan=False)
    severity: int | None = Field(default=None, ge=0, le=3)
    findings: list[_Finding] = Field(min_length=1, max_length=20)
    reason: str = ""


def believed(said: str, text: str, topics: Collection[str], reader: str) -> SecondOpinion:
    """The opinion in ``said`` about ``text`` (as it was sent); ReaderError ``refused`` where it cannot be believed.

    Nothing is mended: a quote counts only where it stands in the text letter by letter.
    """
    answer = _parsed(said)
    negative = answer.verdict == NEGATIVE
    if negative != (answer.negativity >= 0.5) and answer.negativity != 0.5:
        raise _refused(f"判为{answer.verdict}，负面程度却是 {answer.negativity:g}，自相矛盾")
    quotes = tuple(_quotes(answer.findings, text, topics))
    codes = dict.fromkeys(quote.topic for quote in quotes if quote.topic is not None)
    return SecondOpinion(
        reader=reader,
        negative=negative,
        negativity=round(answer.negativity, 4),
        topics=tuple(codes) if negative else (),
        severity=(answer.severity or None) if negative else None,
        quotes=quotes,
        reason=" ".join(answer.reason.split())[:LONGEST_REASON],
    )


def _parsed(said: str) -> _Answer:
    try:
        return _Answer.model_validate(_json(said))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "回答"
        raise _refused(f"回答的 {where} 不合要求") from None


def _json(said: str) -> Any:
    """The object in an answer, also between code fences, or behind thoughts told aloud."""
    if len(said) > LONGEST_ANSWER:
        raise _refused("回答太长")
    plain = _THOUGHT.sub("", said)
    fenced = _FENCED.search(plain)
    try:
        return json.loads(fenced[1] if fenced else plain)
    except (ValueError, RecursionError):
        raise _refused("回答的不是 JSON") from None


def _quotes(findings: Sequence[_Finding], text: str, topics: Collection[str]) -> Iterator[Evidence]:
    for finding in findings:
        if finding.topic is not None and finding.topic not in topics:
            raise _refused(f"给了没有的主题：{finding.topic[:40]}")
        start = text.find(finding.quote)
        if start < 0:
            raise _refused(f"引文不在帖子里：“{finding.quote[:40]}”")
        if not _says_something(finding.quote, text):
            raise _refused(f"引文太短或太长，或没有字：“{finding.quote[:40]}”")
        yield Evidence(finding.topic, start, start + len(finding.quote), finding.quote)


def _says_something(quote: str, text: str) -> bool:
    shortest = min(SHORTEST_QUOTE, len(text.strip()))
    return shortest <= len(quote.strip()) and len(quote) <= LONGEST_QUOTE and any(map(_is_word, quote))


def _is_word(char: str) -> bool:
    """Letters, figures and pictures; neither punctuation nor space."""
    return unicodedata.category(char)[0] not in "PZC"


def _refused(cause: str) -> ReaderError:
    return ReaderError("refused", cause)

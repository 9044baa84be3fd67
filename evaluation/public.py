"""Public labelled sets in their own formats, as records without a watched bank.

``bank_reviews``: short opinions on banks and cards (CCF BDCI 2021), negative against positive and neutral together.
``finnsp``: finance posts and news (FinNSP of BBT-FinCUGE, from CCF BDCI 2019), negative or not. Half of FinNSP's texts
have a twin, so a figure on it counts only for texts that are not near any text of the training part (`apart`), and a
split of one's own goes by cluster (`split`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import RecordError
from domain.readings import Text
from evaluation.text import Labelled, bad_label, json_lines, labelled
from nlp.clusters import NEAR, clusters, nearest

POSTS, BANK_REVIEWS, FINNSP = "posts", "bank_reviews", "finnsp"
SENTIMENTS = ("negative", "positive", "neutral")


def load(path: Path, kind: str | None = None) -> list[Labelled]:
    """Records of a file of one of `KINDS`; without ``kind``, each file is known by the fields of its first record.

    RecordError where there is no record, and for the first line that is not what its kind should be.
    """
    try:
        lines = list(json_lines(path))
        read = KINDS[kind or kind_of(lines[0][1] if lines else {})]
        records = [read(record, number) for number, record in lines]
    except RecordError as error:
        raise RecordError(error.reason, f"{path.name} {error.detail}") from error
    if not records:
        raise RecordError("no_records", f"{path.name} 里没有记录")
    return records


def kind_of(record: Mapping[str, Any]) -> str:
    """The kind of file that a record is from."""
    if "watched" in record:
        return POSTS
    if "label" in record:
        return BANK_REVIEWS
    return FINNSP if "key_entities" in record else POSTS


def apart(records: Sequence[Labelled], known: Sequence[Labelled]) -> list[Labelled]:
    """The records whose text is near no known one (`nlp.clusters.NEAR`)."""
    likeness = nearest([one.text.text for one in records], [one.text.text for one in known])
    return [record for record, value in zip(records, likeness, strict=True) if value < NEAR]


def split(records: Sequence[Labelled], share: float, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """A training and a test part with ``share`` (0..1) of the records in the test part, none of them near the training.

    Whole clusters are drawn by ``seed`` until the part is full; one that no longer fits is left to the training.
    ValueError for a share outside.
    """
    if not 0 < share < 1:
        raise ValueError(f"share: {share}, between 0 and 1")
    of_record = clusters([one.text.text for one in records])
    sizes, room = Counter(of_record), round(share * len(records))
    drawn = set()
    for cluster in np.random.default_rng(seed).permutation(len(sizes)).tolist():
        if sizes[cluster] <= room:
            drawn.add(cluster)
            room -= sizes[cluster]
    pairs = list(zip(records, of_record, strict=True))
    return [one for one, cluster in pairs if cluster not in drawn], [one for one, cluster in pairs if cluster in drawn]


def _bank_review(record: Mapping[str, Any], number: int) -> Labelled:
    if record.get("label") not in SENTIMENTS:
        raise bad_label(number, f"label 应为 {'、'.join(SENTIMENTS)} 之一，现在是 {record.get('label')!r}")
    return _negative_or_not(record, number, negative=record["label"] == "negative")


def _finnsp(record: Mapping[str, Any], number: int) -> Labelled:
    if not isinstance(record.get("negative"), bool):
        raise bad_label(number, f"negative 应为 true 或 false，现在是 {record.get('negative')!r}")
    return _negative_or_not(record, number, negative=record["negative"])


def _negative_or_not(record: Mapping[str, Any], number: int, *, negative: bool) -> Labelled:
    """The text alone is read: a news title mostly repeats its beginning."""
    if not isinstance(record.get("text"), str) or "id" not in record:
        raise bad_label(number, "缺少 id 或 text")
    return Labelled(
        id=str(record["id"]),
        text=Text(record["text"]),
        about=True,
        topics=frozenset(),
        negative=negative,
        severity=0,
        phenomena=(),
        given=frozenset(),
    )


KINDS: Mapping[str, Callable[[Mapping[str, Any], int], Labelled]] = {
    POSTS: labelled,
    BANK_REVIEWS: _bank_review,
    FINNSP: _finnsp,
}
"""How a record of each kind of file is read; the number is its line."""

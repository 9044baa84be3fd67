"""Labelled texts as the model sees them: masked, with cues, folds, and targets for each head."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.preprocessing import normalize

from domain.readings import Bank
from nlp.cues import Describer
from nlp.grams import grams
from nlp.joined import Joined, join
from nlp.lexicon import Taxonomy
from nlp.pages import Opener
from nlp.sentiment import Tables
from nlp.target import NOBODY
from training.marked import Matter, Record, marked_posts

FOLDS = 5
PAIRED = ("part10", "plain2", "plain3", "plain4")
"""Files of pairs, line by line: contrasts, or one phrase about two banks."""
CUE_MINIMUM = 3
"""A cue is kept where at least so many texts show it."""
STREAMS = "streams"
"""Where the marked streams lie beside the texts."""

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]
Targets = dict[str, tuple[Floats, npt.NDArray[np.bool_]]]
"""For each head the 0/1 target of every record, and the records that it is fitted on."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Training texts as the model sees them: masked, with cues (texts by ``names``), and the fold of each.

    ``parents``: what each answers; ``answered``: the same, each once.
    """

    texts: Joined
    parents: Joined
    answered: Joined
    cues: Floats
    names: list[str]
    folds: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Buckets in rising order, and their inverse document frequency."""

    bits: int
    buckets: npt.NDArray[np.int64]
    idf: Floats

    def matrix(self, texts: Joined) -> csr_matrix:
        """Rows of unit length: idf of each known bucket in the text."""
        rows, buckets = grams(texts, self.bits)
        columns = np.clip(np.searchsorted(self.buckets, buckets), 0, len(self.buckets) - 1)
        known = self.buckets[columns] == buckets
        rows, columns = rows[known], columns[known]
        return normalize(csr_matrix((self.idf[columns], (rows, columns)), shape=(len(texts), len(self.buckets))))


def learn_vocabulary(texts: Joined, bits: int, least: int = 2) -> Vocabulary:
    """The buckets that at least so many of the texts have."""
    _, buckets = grams(texts, bits)
    unique, counts = np.unique(buckets, return_counts=True)
    kept = counts >= least
    idf = np.log((1 + len(texts)) / (1 + counts[kept])) + 1
    return Vocabulary(bits, unique[kept], idf.astype(np.float16).astype(np.float64))


def load_records(folder: Path, without: Collection[str] = ()) -> tuple[list[Record], npt.NDArray[np.int64]]:
    """All training records, and a group for each: those of one group share a fold.

    First the texts of ``folder`` in order of file name, in which pairs are of one group; then the posts of its marked
    streams, those ``without`` left out, in which the posts of one matter are.
    """
    records: list[Record] = []
    groups: list[int] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            paired = path.stem in PAIRED and number % 2 == 1
            groups.append(groups[-1] if paired else len(groups))
            records.append(json.loads(line))
    numbers: dict[Matter, int] = {}
    for matter, record in marked_posts(folder / STREAMS, without):
        groups.append(numbers.setdefault(matter, len(records)))
        records.append(record)
    return records, np.array(groups)


def prepare(records: Sequence[Record], groups: npt.NDArray[np.int64], taxonomy: Taxonomy, tables: Tables) -> Inputs:
    """Read every record as the analyser would."""
    opener = Opener(taxonomy, tables)
    banks = [_bank(record) for record in records]
    asked = {key: number for number, key in enumerate(dict.fromkeys(_parents(records, banks)))}
    texts = opener.open([record["text"] for record in records], banks)
    parents = opener.open([text for text, _ in asked], [bank for _, bank in asked])
    parent = np.array([asked[key] if key[0] else -1 for key in zip(_texts_of_parents(records), banks, strict=True)])
    platforms = [record["platform"] for record in records]
    describer = Describer(opener, sorted(set(platforms)))
    masked = parents.masked.joined
    of_group = np.random.default_rng(0).integers(FOLDS, size=len(records))
    return Inputs(
        texts.masked.joined,
        Joined.of(join([masked.row(number) if number >= 0 else NOBODY for number in parent.tolist()])),
        masked,
        describer.describe(texts, parents, parent, platforms).T,
        describer.names,
        of_group[groups],
    )


def _bank(record: Record) -> Bank | None:
    """The bank of a record; the older parts say nothing of branches and county."""
    if not record["watched"]:
        return None
    branches = tuple(record.get("branches", ()))
    return Bank(record["watched"], tuple(record["aliases"]), branches=branches, county=record.get("county"))


def _texts_of_parents(records: Sequence[Record]) -> list[str]:
    return [record["parent"] or "" for record in records]


def _parents(records: Sequence[Record], banks: Sequence[Bank | None]) -> list[tuple[str, Bank | None]]:
    """What is answered, each with the bank as seen from which it is read."""
    return [(text, bank) for text, bank in zip(_texts_of_parents(records), banks, strict=True) if text]


def known_cues(inputs: Inputs) -> list[int]:
    """The columns that enough texts show, in alphabetical order of their names."""
    counts = np.count_nonzero(inputs.cues, axis=0)
    return sorted(np.flatnonzero(counts >= CUE_MINIMUM).tolist(), key=inputs.names.__getitem__)


def labels(records: Sequence[Record], codes: Sequence[str]) -> Targets:
    """For each head the 0/1 target, and the records that it is fitted on."""
    negative = np.array([record["negative"] for record in records])
    # An analyst's label may leave the severity open: it teaches nothing about it then.
    severity = np.array([-1 if record["severity"] is None else record["severity"] for record in records])
    graded = negative & (severity >= 0)
    everything = np.ones(len(records), dtype=bool)
    # Whose bank it is cannot be seen in a text that names none: such a record has null there.
    judged = np.array([record["about"] is not None for record in records])
    targets: Targets = {
        "negative": (negative.astype(float), everything),
        "about": (np.array([bool(record["about"]) for record in records]).astype(float), judged),
        "severe2": ((severity >= 2).astype(float), graded),
        "severe3": ((severity >= 3).astype(float), graded),
    }
    for code in codes:
        targets[code] = (np.array([code in record["topics"] for record in records]).astype(float), negative)
    return targets

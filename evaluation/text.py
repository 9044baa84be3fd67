"""How well posts are read, against labelled records (datasets' annotation guide), beside two plain baselines.

``report`` is what ``yuqing evaluate DATA.jsonl`` prints. The scores are functions of labels and readings alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.errors import RecordError
from domain.readings import Bank, Reading, Text
from nlp.analyser import Analyser, load_analyser
from nlp.lexicon import load_taxonomy

RESAMPLES = 1000
SEED = 20260316
BINS = 10

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what a careful analyst wrote down about it."""

    id: str
    text: Text
    about: bool
    topics: frozenset[str]
    negative: bool
    severity: int
    phenomena: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % bootstrap interval over records."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TextScore:
    """How a set of readings did. Each is 0..1; the calibration error is the only one where less is better."""

    records: int
    negative_precision: Measure
    negative_recall: Measure
    negative_f1: Measure
    negative_auc: Measure
    topics_micro_f1: Measure
    topics_macro_f1: Measure
    about_accuracy: Measure
    severity_within_one: Measure
    calibration_error: Measure
    by_phenomenon: Mapping[str, tuple[int, float]]
    by_topic: Mapping[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Gold and said values as arrays, one row a record."""

    negative: Bools
    said_negative: Bools
    negativity: Floats
    topics: Bools
    said_topics: Bools
    about: Bools
    said_about: Bools
    severity: npt.NDArray[np.int64]
    said_severity: npt.NDArray[np.int64]

    def pick(self, rows: npt.NDArray[np.int64]) -> _Columns:
        return _Columns(*(getattr(self, name)[rows] for name in self.__slots__))


def load_labelled(path: Path) -> list[Labelled]:
    """Labelled records of a JSONL file; RecordError names the line that has no label."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_labelled(line, number) for number, line in enumerate(lines, start=1) if line.strip()]


def _labelled(line: str, number: int) -> Labelled:
    try:
        record = json.loads(line)
        watched = record["watched"]
        bank = Bank(watched, tuple(record["aliases"])) if watched else None
        return Labelled(
            id=str(record["id"]),
            text=Text(record["text"], record["platform"], record["parent"], bank),
            about=record["about"],
            topics=frozenset(record["topics"]),
            negative=record["negative"],
            severity=record["severity"],
            phenomena=tuple(record["phenomena"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError("bad_label", f"第 {number} 行不是标注记录：{error!r}") from error


def score(records: Sequence[Labelled], readings: Sequence[Reading]) -> TextScore:
    """The figures of a set of readings, with intervals. Topics that neither side has do not count."""
    codes = sorted({code for record in records for code in record.topics})
    columns = _columns(records, readings, codes)
    rng = np.random.default_rng(SEED)
    samples = [columns.pick(rng.integers(len(records), size=len(records))) for _ in range(RESAMPLES)]

    def measured(figure: Callable[[_Columns], float]) -> Measure:
        spread = np.array([figure(sample) for sample in samples])
        low, high = np.nanpercentile(spread, [2.5, 97.5])
        return Measure(figure(columns), float(low), float(high))

    return TextScore(
        records=len(records),
        negative_precision=measured(lambda c: _ratio((c.negative & c.said_negative).sum(), c.said_negative.sum())),
        negative_recall=measured(lambda c: _ratio((c.negative & c.said_negative).sum(), c.negative.sum())),
        negative_f1=measured(lambda c: _f1(c.negative, c.said_negative)),
        negative_auc=measured(lambda c: _auc(c.negative, c.negativity)),
        topics_micro_f1=measured(lambda c: _f1(c.topics, c.said_topics)),
        topics_macro_f1=measured(_macro_f1),
        about_accuracy=measured(lambda c: float((c.about == c.said_about).mean())),
        severity_within_one=measured(lambda c: float((np.abs(c.severity - c.said_severity) <= 1).mean())),
        calibration_error=measured(_calibration_error),
        by_phenomenon=_by_phenomenon(records, columns),
        by_topic={
            code: (int(columns.topics[:, i].sum()), _f1(columns.topics[:, i], columns.said_topics[:, i]))
            for i, code in enumerate(codes)
        },
    )


def _columns(records: Sequence[Labelled], readings: Sequence[Reading], codes: Sequence[str]) -> _Columns:
    return _Columns(
        negative=np.array([record.negative for record in records]),
        said_negative=np.array([reading.negative for reading in readings]),
        negativity=np.array([reading.negativity for reading in readings]),
        topics=np.array([[code in record.topics for code in codes] for record in records]),
        said_topics=np.array([[code in reading.topics for code in codes] for reading in readings]),
        about=np.array([record.about for record in records]),
        said_about=np.array([reading.about for reading in readings]),
        severity=np.array([record.severity for record in records]),
        said_severity=np.array([reading.severity for reading in readings]),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _f1(gold: Bools, said: Bools) -> float:
    return _ratio(2 * (gold & said).sum(), gold.sum() + said.sum())


def _macro_f1(columns: _Columns) -> float:
    """Mean over the topics that occur."""
    each = [
        _f1(columns.topics[:, i], columns.said_topics[:, i])
        for i in range(columns.topics.shape[1])
        if columns.topics[:, i].any()
    ]
    return float(np.mean(each)) if each else 0.0


def _auc(gold: Bools, value: Floats) -> float:
    """Probability that a negative post scores above another one, ties half (Mann-Whitney)."""
    positive, other = int(gold.sum()), int((~gold).sum())
    if not positive or not other:
        return float("nan")
    _, inverse, counts = np.unique(value, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[gold].sum() - positive * (positive + 1) / 2) / (positive * other))


def _calibration_error(columns: _Columns) -> float:
    """Mean gap between said and true share over ten bins of equal width, weighted by records (ECE)."""
    bins = np.minimum((columns.negativity * BINS).astype(int), BINS - 1)
    total = len(bins)
    return sum(
        abs(float(columns.negativity[bins == one].mean() - columns.negative[bins == one].mean()))
        * float((bins == one).sum() / total)
        for one in np.unique(bins)
    )


def _by_phenomenon(records: Sequence[Labelled], columns: _Columns) -> dict[str, tuple[int, float]]:
    """Records and accuracy of ``negative`` for each phenomenon."""
    right = columns.negative == columns.said_negative
    names = sorted({name for record in records for name in record.phenomena})
    rows = {name: [i for i, record in enumerate(records) if name in record.phenomena] for name in names}
    return {name: (len(found), float(right[found].mean())) for name, found in rows.items()}


def read_all(analyser: Analyser, records: Sequence[Labelled]) -> list[Reading]:
    """The analyser's readings of labelled records."""
    return analyser.read([record.text for record in records])


def snownlp_baseline(records: Sequence[Labelled]) -> list[Reading]:
    """The SnowNLP package itself: negative below its border of 0.5. It knows no topics, names or severities.

    Importing it takes seconds, so only an evaluation pays for it.
    """
    from snownlp import SnowNLP

    moods = [SnowNLP(record.text.text).sentiments if record.text.text.strip() else 0.5 for record in records]
    return [_plain(mood < 0.5, 1 - mood, ()) for mood in moods]


def keyword_baseline(records: Sequence[Labelled]) -> list[Reading]:
    """Substring tests with the topic's words, as such systems commonly do: a word is a complaint."""
    terms = load_taxonomy().terms
    readings = []
    for record in records:
        text = record.text.text
        found = tuple(code for code, words in terms.items() if any(word in text for word in words))
        readings.append(_plain(bool(found), float(bool(found)), found))
    return readings


def _plain(negative: bool, negativity: float, topics: tuple[str, ...]) -> Reading:
    return Reading(True, topics, negative, negativity, int(negative), (), "-")  # noqa: FBT003


_ROWS = (
    ("负面 精确率", "negative_precision"),
    ("负面 召回率", "negative_recall"),
    ("负面 F1", "negative_f1"),
    ("负面 AUC", "negative_auc"),
    ("主题 微平均 F1", "topics_micro_f1"),
    ("主题 宏平均 F1", "topics_macro_f1"),
    ("说的是本行 准确率", "about_accuracy"),
    ("严重程度 差不超过一级", "severity_within_one"),
    ("负面程度 校准误差", "calibration_error"),
)


def report(path: Path) -> str:
    """The figures of the shipped reading and of the baselines on a labelled file, as a table in Chinese."""
    records = load_labelled(path)
    if not records:
        return "文件里没有记录"
    analyser = load_analyser()
    ours = score(records, read_all(analyser, records))
    plain = (score(records, snownlp_baseline(records)), score(records, keyword_baseline(records)))
    labels = {topic.code: topic.label for topic in load_taxonomy().topics}
    lines = [
        f"{path.name}：{ours.records} 条，规则与模型版本 {analyser.version}（方括号内为 95% 自助法区间）",
        "",
        "指标\t本系统\t\tSnowNLP\t关键词",
        *(_row(name, field, ours, plain) for name, field in _ROWS),
        "",
        "现象\t条数\t负面判断准确率",
        *(f"{name}\t{count}\t{value:.3f}" for name, (count, value) in ours.by_phenomenon.items()),
        "",
        "主题\t条数\tF1",
        *(f"{labels.get(code, code)}\t{count}\t{value:.3f}" for code, (count, value) in ours.by_topic.items()),
    ]
    return "\n".join(lines)


def _row(name: str, field: str, ours: TextScore, plain: Sequence[TextScore]) -> str:
    figure: Measure = getattr(ours, field)
    others = "\t".join(f"{getattr(one, field).value:.3f}" for one in plain)
    return f"{name}\t{figure.value:.3f}\t[{figure.low:.3f}, {figure.high:.3f}]\t{others}"

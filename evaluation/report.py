"""A whole evaluation of one file: our reading beside the baselines, as sections for people or as JSON for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from domain.errors import RecordError
from domain.readings import Reading
from evaluation.baselines import BASELINES, Baseline
from evaluation.measures import Bin, Measure
from evaluation.public import apart, load
from evaluation.slices import Share
from evaluation.text import MEASURES, Labelled, TextScore, read_all, score
from nlp.analyser import Analyser
from nlp.lexicon import load_taxonomy

Language = Literal["zh", "en"]
Row = tuple[str, ...]
Section = tuple[Row, list[Row]]
"""Columns and rows; the first column's name says what the table is about."""

_WORDS: Mapping[str, Row] = {
    "negative_precision": ("负面 精确率", "negative, precision"),
    "negative_recall": ("负面 召回率", "negative, recall"),
    "negative_f1": ("负面 F1", "negative, F1"),
    "negative_auc": ("负面程度 ROC AUC", "negative, ROC AUC"),
    "negative_ap": ("负面程度 平均精确率", "negative, average precision"),
    "topics_micro_f1": ("主题 微平均 F1", "topics, micro-F1"),
    "topics_macro_f1": ("主题 宏平均 F1", "topics, macro-F1"),
    "about_accuracy": ("是否说本行 准确率", "about, accuracy"),
    "severity_within_one": ("严重程度 相差不超过一级", "severity within one"),
    "calibration_error": ("负面程度 校准误差", "calibration error of `negativity`"),
    "ours": ("本系统", "ours"),
    "keywords": ("关键词", "keywords"),
    "jieba": ("jieba+关键词", "jieba and keywords"),
    "snownlp": ("SnowNLP", "SnowNLP"),
    "linear": ("字符 LR", "character LR"),
    "not_installed": ("未安装", "not installed"),
    "measure": ("指标", "measure"),
    "records": ("条数", "records"),
    "accuracy": ("负面判断准确率", "accuracy of `negative`"),
    "interval": ("95% 区间", "95 %"),
    "phenomenon": ("现象", "phenomenon"),
    "platform": ("平台", "platform"),
    "length": ("字数", "characters"),
    "place": ("主帖或回复", "root or reply"),
    "root": ("主帖", "root"),
    "reply": ("回复", "reply"),
    "topic": ("主题", "topic"),
    "precision": ("精确率", "precision"),
    "recall": ("召回率", "recall"),
    "negativity": ("负面程度", "`negativity`"),
    "said": ("平均负面程度", "said on average"),
    "true": ("实际负面比例", "share that is negative"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """How one file was read: ``ours`` beside each baseline (None: its package is not installed).

    ``left_out``: records that were not scored, for they are near a text of the training part.
    """

    file: str
    version: str
    left_out: int
    ours: TextScore
    baselines: Mapping[Baseline, TextScore | None]
    records: Sequence[Labelled]
    readings: Sequence[Reading]


def evaluate(
    path: Path,
    analyser: Analyser,
    names: Sequence[str],
    *,
    kind: str | None = None,
    known: Sequence[Labelled] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Read and score a labelled file, with the baselines of ``names``.

    ``known`` is a training part: texts near one of it are left out, and the linear baseline is fitted on it. ``say`` is
    told of every step. RecordError for a file that cannot be read, and where nothing is left to score.
    """
    found = load(path, kind)
    records = apart(found, known) if known else found
    if not records:
        raise RecordError("no_records", f"{path.name} 的每一条都与训练部分相近，没有可以评的")
    readings = read_all(analyser, records)
    baselines: dict[Baseline, TextScore | None] = {}
    for baseline in BASELINES:
        if baseline.name in names:
            baselines[baseline] = _baseline(baseline, records, known, say)
    ours = score(records, readings)
    return Report(path.name, analyser.version, len(found) - len(records), ours, baselines, records, readings)


def _baseline(
    baseline: Baseline, records: Sequence[Labelled], known: Sequence[Labelled], say: Callable[[str], None]
) -> TextScore | None:
    title = _word(baseline.name, "zh")
    if not baseline.installed:
        say(f"{title}：未安装 {baseline.package}，略过")
        return None
    say(f"{title}：正在读 {len(records)} 条")
    return score(records, baseline.read(records, known))


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values; a baseline that is not installed is null, as is what these records cannot tell."""
    return {
        "file": report.file,
        "version": report.version,
        "records": report.ours.records,
        "negatives": report.ours.negatives,
        "left_out": report.left_out,
        "measures": _measures(report.ours, MEASURES),
        "baselines": {
            baseline.name: found and _measures(found, [name for name in MEASURES if name in baseline.measures])
            for baseline, found in report.baselines.items()
        },
        "slices": {
            kind: {name: asdict(share) for name, share in shares.items()} for kind, shares in report.ours.slices.items()
        },
        "topics": {code: asdict(topic) for code, topic in report.ours.by_topic.items()},
        "reliability": [asdict(one) for one in report.ours.reliability],
    }


def _measures(found: TextScore, names: Sequence[str]) -> dict[str, dict[str, float] | None]:
    values = {name: getattr(found, name) for name in names}
    return {name: value and asdict(value) for name, value in values.items()}


def _word(key: str, language: Language) -> str:
    return _WORDS[key][language == "en"] if key in _WORDS else key


def sections(report: Report, language: Language) -> Iterator[Section]:
    """The report's tables. In Chinese the topics have their labels, in English their codes."""
    word = partial(_word, language=language)
    columns = (word("measure"), word("ours"), *(word(baseline.name) for baseline in report.baselines))
    yield columns, list(_comparison(report, word))
    for kind, shares in report.ours.slices.items():
        if len(shares) > 1:
            names = {name: word(name) if kind == "place" else name for name in shares}
            columns = (word(kind), word("records"), word("accuracy"), word("interval"))
            yield columns, [(names[name], *_share(share)) for name, share in shares.items()]
    if report.ours.by_topic:
        columns = (word("topic"), word("records"), word("precision"), word("recall"), "F1")
        yield columns, list(_topics(report, language))
    columns = (word("negativity"), word("records"), word("said"), word("true"))
    yield columns, [_bin(one) for one in report.ours.reliability]


def _topics(report: Report, language: Language) -> Iterator[Row]:
    """The best first."""
    labels = {topic.code: topic.label for topic in load_taxonomy().topics} if language == "zh" else {}
    for code, one in sorted(report.ours.by_topic.items(), key=lambda item: -item[1].f1):
        figures = (f"{value:.2f}" for value in (one.precision, one.recall, one.f1))
        yield labels.get(code, code), str(one.records), *figures


def _bin(one: Bin) -> Row:
    return f"{one.low:.1f}-{one.high:.1f}", str(one.records), f"{one.said:.3f}", f"{one.true:.3f}"


def _comparison(report: Report, word: Callable[[str], str]) -> Iterator[Row]:
    for name in MEASURES:
        ours: Measure | None = getattr(report.ours, name)
        if ours:
            cells = (_cell(baseline, found, name, word) for baseline, found in report.baselines.items())
            yield word(name), f"{ours.value:.3f} [{ours.low:.3f}, {ours.high:.3f}]", *cells


def _cell(baseline: Baseline, found: TextScore | None, name: str, word: Callable[[str], str]) -> str:
    if found is None:
        return word("not_installed")
    value: Measure | None = getattr(found, name)
    return f"{value.value:.3f}" if value and name in baseline.measures else "–"


def _share(share: Share) -> Row:
    return str(share.records), f"{share.value:.2f}", f"[{share.low:.2f}, {share.high:.2f}]"


def as_markdown(report: Report) -> str:
    """The report's tables in English, to be pasted into a document."""
    head = f"`{report.file}`: {report.ours.records} records, {report.ours.negatives} negative, reader {report.version}"
    if report.left_out:
        head += f"; {report.left_out} left out for they are near a text of the training part"
    return "\n\n".join([head, *("\n".join(_markdown(columns, rows)) for columns, rows in sections(report, "en"))])


def _markdown(columns: Row, rows: Sequence[Row]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


MISREAD_COLUMNS = (
    "file", "id", "wrong", "gold", "said", "negativity", "gold_topics", "said_topics", "phenomena", "text", "parent",
)  # fmt: skip


def misread(report: Report) -> Iterator[tuple[Any, ...]]:
    """Records that were read wrongly, in the order of the file: a row of `MISREAD_COLUMNS` for each.

    ``wrong`` names what is: negative, about, topics; ``gold`` and ``said`` are 1 where negative, else 0.
    """
    for record, reading in zip(report.records, report.readings, strict=True):
        wrong = list(_wrong(record, reading))
        if wrong:
            topics = " ".join(sorted(record.topics)), " ".join(sorted(reading.topics))
            verdicts = int(record.negative), int(reading.negative), reading.negativity
            told = " ".join(record.phenomena), record.text.text, record.text.parent or ""
            yield report.file, record.id, " ".join(wrong), *verdicts, *topics, *told


def _wrong(record: Labelled, reading: Reading) -> Iterator[str]:
    if record.negative != reading.negative:
        yield "negative"
    if "about" in record.given and record.about != reading.about:
        yield "about"
    if "topics" in record.given and record.topics != frozenset(reading.topics):
        yield "topics"

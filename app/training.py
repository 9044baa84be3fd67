"""``yuqing train``: fit a model with what the analysts said, and take it only where it earns its place.

The gate is `evaluation.gate`, the fitting `training.labels`. Every training is recorded, taken or not, with both
scores; the reasons are in docs/decisions/0015.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from app.models import InUse, model_file, model_in_use, name_in_use
from config.settings import Settings
from domain.clock import Clock
from domain.errors import YuqingError
from domain.feedback import SHIPPED, Label, ModelChange, ModelRecord
from domain.readings import Bank, Reading, Text
from evaluation.gate import Outcome, Trial, decide, feedback_scores, frozen_figures
from evaluation.text import Labelled, load_labelled
from nlp.analyser import RULES, Analyser
from nlp.clusters import cluster_folds, clusters
from nlp.lexicon import Taxonomy, load_taxonomy
from nlp.model import Model, load_model, read_model
from pipeline.ports import Progress
from storage.store import SqlStore

ROOT = Path(__file__).resolve().parent.parent
BY = "yuqing train"
SEED = 20260316
STALE_AFTER_S = 6 * 3600


class TrainError(YuqingError):
    """Nothing can be trained; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is trained and measured on.

    ``corpus``: a folder of labelled texts and streams; ``frozen``: a file never trained on.

    Each fresh label is scored by a fit without its share of ``splits``: five would be a little fairer than three, and
    take half as long again. ``workers`` fits run at once.
    """

    corpus: Path = ROOT / "training"
    frozen: Path = ROOT / "evaluation" / "data" / "posts_dev.jsonl"
    splits: int = 3
    workers: int = 2


@dataclass(frozen=True)
class Trained:
    """What came of a training, and the models whose old files were removed."""

    record: ModelRecord
    removed: tuple[str, ...]


@dataclass(frozen=True)
class _Material:
    """The model to be beaten, the labels that it has ``seen`` in its own training, and the ``fresh`` ones.

    Both as texts; the fresh ones alone can show which model is better.
    """

    base: InUse
    seen: Sequence[Labelled]
    fresh: Sequence[Labelled]

    @property
    def labels(self) -> list[Labelled]:
        return [*self.seen, *self.fresh]


def train(settings: Settings, store: SqlStore, progress: Progress, clock: Clock, plan: Plan | None = None) -> Trained:
    """Fit, judge, record, and take it or not. TrainError where nothing is trained."""
    if any(find_spec(name) is None for name in ("sklearn", "scipy")):
        raise TrainError("训练要用可选组件 scikit-learn，还没有安装：在程序目录运行 .venv/bin/pip install '.[train]'")
    run = store.claim_run("train", clock(), STALE_AFTER_S)
    if run is None:
        raise TrainError("另一次训练正在进行，请等它结束")
    try:
        trained = _train(settings, store, progress, clock(), plan or Plan())
    except BaseException as error:
        store.finish_run(run, clock(), "failed", f"{type(error).__name__}: {error}")
        raise
    store.finish_run(run, clock(), "done", f"{trained.record.version}：{trained.record.reason}")
    return trained


def _train(settings: Settings, store: SqlStore, progress: Progress, now: datetime, plan: Plan) -> Trained:
    from training.corpus import load_records

    material = _material(settings, store)
    shipped, _groups = load_records(plan.corpus)
    data_hash = _data_hash(shipped, [_record(label) for label in material.labels])
    _refuse_repetition(store, material.base, data_hash)
    folds = cluster_folds([label.text.text for label in material.fresh], plan.splits, SEED)
    files = _fit(material, folds, plan, progress)
    progress.stage("比较")
    taxonomy = load_taxonomy(settings.taxonomy_override)
    outcome = _judge(material, folds, files, load_labelled(plan.frozen), taxonomy, settings.main.feedback.tolerance)
    record = ModelRecord(
        version=store.next_model(),
        trained_at=now,
        taken=outcome.taken,
        reason=outcome.reason,
        base=material.base.name,
        base_digest=material.base.model.digest,
        digest=hashlib.sha256(files[-1]).hexdigest(),
        shipped_digest=load_model().digest,
        rules=RULES,
        data_hash=data_hash,
        records=len(shipped),
        labels=len(material.labels),
        scores=outcome.scores,
    )
    return _keep(settings, store, record, files[-1])


def _material(settings: Settings, store: SqlStore) -> _Material:
    """TrainError where there are too few fresh labels."""
    used, name = model_in_use(settings, store), name_in_use(store)
    base = InUse(SHIPPED, used.model) if used.problem else used
    banks = {config.name: config.bank() for config in settings.banks.banks}
    since = next((record.trained_at for record in store.models() if record.version == base.name), None)
    seen: list[Labelled] = []
    fresh: list[Labelled] = []
    for label in store.labels():
        (fresh if since is None or label.at > since else seen).append(_labelled(label, banks))
    least = settings.main.feedback.least_labels
    if len(fresh) < least:
        which = f"{name} 训练之后的判定" if since else "判定"
        hint = "用 yuqing review 看哪些帖子最值得判，用 yuqing label 添加"
        raise TrainError(f"{which}只有 {len(fresh)} 条，满 {least} 条才训练；{hint}")
    return _Material(base, seen, fresh)


def _labelled(label: Label, banks: Mapping[str, Bank]) -> Labelled:
    judged = label.judgement
    text = Text(label.text, label.platform, label.parent, banks.get(label.bank, Bank(label.bank)))
    # Severity is not scored here; -1 stands for what the analyst left open.
    severity = -1 if judged.severity is None else judged.severity
    name = f"{label.source}:{label.id}"
    return Labelled(name, text, judged.about, frozenset(judged.topics), judged.negative, severity, ())


def _record(label: Labelled) -> dict[str, Any]:
    """A label in the form of the training texts."""
    bank = label.text.bank or Bank("")
    return {
        "id": label.id,
        "platform": label.text.platform,
        "watched": bank.name,
        "aliases": list(bank.aliases),
        "parent": label.text.parent,
        "text": label.text.text,
        "about": label.about,
        "topics": sorted(label.topics),
        "negative": label.negative,
        "severity": None if label.severity < 0 else label.severity,
    }


def _data_hash(shipped: Sequence[Mapping[str, Any]], labels: Sequence[Mapping[str, Any]]) -> str:
    """Names texts and labels."""
    found = hashlib.sha256()
    for record in (*shipped, *labels):
        found.update(json.dumps(record, ensure_ascii=False, sort_keys=True).encode())
    return found.hexdigest()


def _refuse_repetition(store: SqlStore, base: InUse, data_hash: str) -> None:
    """The same data against the same model end as before: not worth the minutes."""
    for record in store.models():
        known = (record.data_hash, record.base_digest, record.rules, record.shipped_digest)
        if known == (data_hash, base.model.digest, RULES, load_model().digest):
            done = "采用" if record.taken else "未采用"
            hint = f"要再用它：yuqing model rollback {record.version}" if record.taken else "有了新的判定再训练"
            raise TrainError(f"同样的判定已经训练过（{record.version}，{done}：{record.reason}）；{hint}")


def _fit(material: _Material, folds: Sequence[int], plan: Plan, progress: Progress) -> list[bytes]:
    """The model files: one without each fold of the fresh labels, and last the candidate with all of them."""
    from training.labels import Task, fit_all

    labels, old = material.labels, len(material.seen)
    records = [_record(label) for label in labels]
    numbers = clusters([label.text.text for label in labels])
    kept = [[i for i in range(len(labels)) if i < old or folds[i - old] != fold] for fold in range(plan.splits)]
    picks = [*kept, list(range(len(labels)))]
    tasks = [Task(plan.corpus, [records[i] for i in pick], [numbers[i] for i in pick]) for pick in picks]
    progress.stage("训练", len(tasks))
    files = []
    for file in fit_all(tasks, plan.workers):
        files.append(file)
        progress.step()
    return files


def _judge(
    material: _Material,
    folds: Sequence[int],
    files: Sequence[bytes],
    frozen: Sequence[Labelled],
    taxonomy: Taxonomy,
    tolerance: float,
) -> Outcome:
    """The gate's outcome; each fresh label is scored by the fit that has seen neither it nor its near twins."""

    def read(model: Model, records: Sequence[Labelled]) -> list[Reading]:
        return Analyser(taxonomy, model).read([record.text for record in records])

    fresh, base = material.fresh, material.base.model
    present = Trial(frozen_figures(frozen, read(base, frozen)), feedback_scores(fresh, read(base, fresh)))
    unseen = np.zeros(len(fresh))
    for fold, file in enumerate(files[:-1]):
        rows = [row for row, of in enumerate(folds) if of == fold]
        held = [fresh[row] for row in rows]
        unseen[rows] = feedback_scores(held, read(read_model(file), held))
    candidate = Trial(frozen_figures(frozen, read(read_model(files[-1]), frozen)), unseen)
    shipped = load_model()
    known = present.frozen if base.digest == shipped.digest else frozen_figures(frozen, read(shipped, frozen))
    return decide(present, known, candidate, clusters([label.text.text for label in fresh]), tolerance)


def _keep(settings: Settings, store: SqlStore, record: ModelRecord, file: bytes) -> Trained:
    """The file first, then record and change in one transaction: what the store names is there."""
    if not record.taken:
        store.save_model(record, None)
        return Trained(record, ())
    path = model_file(settings, record.version)
    path.parent.mkdir(exist_ok=True)
    half = path.with_suffix(".part")
    with half.open("wb") as out:
        out.write(file)
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)
    store.save_model(record, ModelChange(record.trained_at, record.version, BY, f"训练通过：{record.reason}"))
    return Trained(record, _prune(settings, store))


def _prune(settings: Settings, store: SqlStore) -> tuple[str, ...]:
    """Remove the oldest files over the number that is kept; the model in use is the newest here."""
    files = [(one.version, model_file(settings, one.version)) for one in store.models() if one.taken]
    there = [(version, path) for version, path in files if path.exists()]
    gone = there[: -settings.main.feedback.keep_models]
    for _, path in gone:
        path.unlink()
    return tuple(version for version, _ in gone)

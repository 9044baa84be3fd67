"""Models of the bank's own: which one is in use, whether its file is whole and fits, and going back to another.

The store says which model is in use; its file lies in the folder ``models`` beside the configuration. Where the file
is missing, damaged, or no longer fits the program, the shipped model stands in and says so.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from config.settings import Settings
from domain.clock import local
from domain.errors import YuqingError
from domain.feedback import SHIPPED, ModelChange, ModelRecord
from domain.readings import Reading, Text
from nlp.analyser import RULES, Analyser
from nlp.cues import Describer
from nlp.lexicon import load_taxonomy
from nlp.model import Model, load_model, read_model
from nlp.pages import Opener
from storage.store import SqlStore

FOLDER = "models"
COLUMNS = ("版本", "训练时间", "结果", "判定", "负面 F1", "判定上的得分", "与谁相比", "使用")
_LOG = logging.getLogger("yuqing.model")
_AGAIN = "请运行 yuqing train 重新训练，或用 yuqing model rollback 换一个"


class ModelError(YuqingError):
    """A model's file cannot be used; the message says why."""


@dataclass(frozen=True)
class InUse:
    """The model in use: its ``name`` in the store; ``problem``: why the shipped one stands in for it, or None."""

    name: str
    model: Model
    problem: str | None = None


def model_file(settings: Settings, version: str) -> Path:
    """Where the file of a model lies."""
    return settings.folder / FOLDER / f"{version}.npz"


def name_in_use(store: SqlStore) -> str:
    """The model that the store names."""
    changes = store.model_changes()
    return changes[-1].version if changes else SHIPPED


def model_in_use(settings: Settings, store: SqlStore) -> InUse:
    """The model that the store names, or the shipped one with the reason why."""
    name = name_in_use(store)
    if name == SHIPPED:
        return InUse(SHIPPED, load_model())
    try:
        return InUse(name, load_own(settings, _record(store, name)))
    except ModelError as error:
        problem = f"{error}；暂时用内置模型。{_AGAIN}"
        _LOG.warning("%s", problem)
        return InUse(name, load_model(), problem)


def load_own(settings: Settings, record: ModelRecord) -> Model:
    """The model of a training; ModelError where its file is missing, damaged, or no longer fits the program."""
    name, path = record.version, model_file(settings, record.version)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ModelError(f"模型 {name} 的文件读不了：{path}（{error.strerror or error}）") from None
    if hashlib.sha256(raw).hexdigest() != record.digest:
        raise ModelError(f"模型 {name} 的文件已损坏：{path} 的 SHA-256 与训练时记下的不同")
    if record.rules != RULES:
        raise ModelError(f"模型 {name} 是配着旧规则（{record.rules}）训练的，程序现在是规则 {RULES}")
    shipped = load_model()
    try:
        model = read_model(raw)
    except (KeyError, ValueError):
        raise ModelError(f"模型 {name} 是旧版程序训练的，现在的程序读不了") from None
    if record.shipped_digest != shipped.digest and not _fits(model, shipped):
        raise ModelError(f"模型 {name} 是旧版程序训练的，主题或线索已经变了")
    return model


def _fits(model: Model, shipped: Model) -> bool:
    """Whether the program still knows the model's cues and topics. Nothing to ask where nothing was upgraded."""
    opener = Opener(load_taxonomy(), model.sentiment)
    platforms = [name.removeprefix("platform:") for name in model.cues if name.startswith("platform:")]
    return model.heads == shipped.heads and set(model.cues) <= set(Describer(opener, platforms).names)


def is_outdated(store: SqlStore, name: str) -> bool:
    """Whether the shipped model has changed since the own one was fitted: training again may gain."""
    return name != SHIPPED and _record(store, name).shipped_digest != load_model().digest


def _record(store: SqlStore, name: str) -> ModelRecord:
    return next(record for record in store.models() if record.version == name)


class FollowingAnalyser:
    """The analyser of the model in use; it asks the store at each batch, so that a running service follows a change."""

    def __init__(self, settings: Settings, store: SqlStore) -> None:
        self._settings, self._store = settings, store
        self._taxonomy = load_taxonomy(settings.taxonomy_override)
        self._changes = -1
        self._follow()

    @property
    def version(self) -> str:
        """Names the rules, the words and the model together."""
        self._follow()
        return self._analyser.version

    @property
    def bar(self) -> float:
        """The negativity from which a text about the bank is negative."""
        return self._analyser.bar

    @property
    def problem(self) -> str | None:
        """Why the shipped model stands in for the one that the store names."""
        return self._in_use.problem

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading for each text, in order."""
        return self._analyser.read(texts)

    def _follow(self) -> None:
        changes = len(self._store.model_changes())
        if changes != self._changes:
            self._changes, self._in_use = changes, model_in_use(self._settings, self._store)
            self._analyser = Analyser(self._taxonomy, self._in_use.model)


def roll_back(
    settings: Settings, store: SqlStore, version: str | None, by: str | None, reason: str | None, now: datetime
) -> ModelChange:
    """Use the model before the present one, or ``version``; a click.UsageError or ModelError where that cannot be."""
    if not (by and by.strip() and reason and reason.strip()):
        raise click.UsageError("请用 --by 写明谁换、用 --reason 写明原因，例如 --by 王分析 --reason 误报变多")
    used = name_in_use(store)
    wanted = version or name_before(store)
    if wanted == used:
        raise click.UsageError(f"现在用的就是 {named(wanted)}")
    if wanted != SHIPPED:
        record = next((one for one in store.models() if one.version == wanted and one.taken), None)
        if record is None:
            known = "、".join([SHIPPED, *(one.version for one in store.models() if one.taken)])
            raise click.UsageError(f"没有可用的模型 {wanted}；可以换回的有 {known}")
        load_own(settings, record)
    change = ModelChange(now, wanted, by.strip(), reason.strip())
    store.change_model(change)
    return change


def name_before(store: SqlStore) -> str:
    """The model that was in use before the present one; going back twice goes back two steps."""
    standing = [SHIPPED]
    for change in store.model_changes():
        if change.version in standing:
            standing = standing[: standing.index(change.version) + 1]
        else:
            standing.append(change.version)
    if len(standing) < 2:
        raise click.UsageError("现在用的是内置模型，前面没有别的模型")
    return standing[-2]


def named(version: str) -> str:
    """A model's name as staff read it."""
    return "内置模型" if version == SHIPPED else version


def record_lines(record: ModelRecord) -> list[str]:
    """On what it was trained and what it goes with, in Chinese."""
    return [
        f"与{named(record.base)}相比；内置文本 {record.records} 条，判定 {record.labels} 条，规则 {record.rules}",
        f"模型 SHA-256 {record.digest}",
        f"数据 SHA-256 {record.data_hash}",
    ]


def changes_lines(store: SqlStore) -> list[str]:
    """Which model was in use since when, by whom and why, in Chinese."""
    return [
        f"{local(change.at):%Y-%m-%d %H:%M} 起用{named(change.version)}（{change.by}：{change.reason}）"
        for change in store.model_changes()
    ]


def models_table(store: SqlStore) -> list[tuple[str, ...]]:
    """One row for each training and one for the shipped model, by `COLUMNS`."""
    used = name_in_use(store)
    rows = [(SHIPPED, "", "随程序", "", "", "", "", "正在使用" if used == SHIPPED else "")]
    return rows + [_row(record, used) for record in store.models()]


def _row(record: ModelRecord, used: str) -> tuple[str, ...]:
    pairs = (record.scores[name] for name in ("negative_f1", "feedback"))
    return (
        record.version,
        f"{local(record.trained_at):%Y-%m-%d %H:%M}",
        "采用" if record.taken else "未采用",
        str(record.labels),
        *(f"{before:.3f} → {after:.3f}" for before, after in pairs),
        named(record.base),
        "正在使用" if record.version == used else "",
    )

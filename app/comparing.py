"""``yuqing model compare``: which posts two models read differently, from the readings that the store keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from app.models import load_own
from config.settings import Settings
from domain.feedback import SHIPPED, Difference, Judgement
from nlp.analyser import Analyser
from nlp.lexicon import load_taxonomy
from nlp.model import load_model
from storage.store import SqlStore

COLUMNS = ("帖子", "变化", "原来", "现在", "原文")
TOPIC_COLUMNS = ("主题", "原来", "现在", "新增", "减少")
SHOWN = 60


def compare(
    settings: Settings, store: SqlStore, bank: str, old: str | None, new: str | None
) -> tuple[tuple[str, str], int, list[Difference]]:
    """The two versions of readings, how many texts both have read for the bank, and the differences.

    What is not named is the newest version that has read, and the one before it. A click.UsageError where there are no
    such readings.
    """
    there = store.reading_versions(bank)
    newest = list(there)[-2:]
    if len(newest) < 2:
        raise click.UsageError("库里还没有两个版本的读法可比；换了模型之后先巡检一次")
    versions = (
        _version(settings, store, old) if old else newest[0],
        _version(settings, store, new) if new else newest[1],
    )
    for name, version in zip((old, new), versions, strict=True):
        if version not in there:
            known = "、".join(f"{one}（{count} 条）" for one, count in there.items())
            raise click.UsageError(f"{name}（{version}）没有读过库里的帖子；读过的版本：{known}")
    return versions, *store.compare_readings(bank, *versions)


def _version(settings: Settings, store: SqlStore, name: str) -> str:
    """The version that readings of a model carry now; ``name`` may be such a version itself."""
    record = next((one for one in store.models() if one.version == name), None)
    if record is None and name != SHIPPED:
        return name
    model = load_own(settings, record) if record else load_model()
    return Analyser(load_taxonomy(settings.taxonomy_override), model).version


def difference_rows(differences: Sequence[Difference], names: dict[str, str]) -> list[tuple[str, ...]]:
    """One row for each difference, by `COLUMNS`."""
    return [
        (
            f"{one.source}:{one.id}",
            change_of(one),
            _told(one.old, names),
            _told(one.new, names),
            " ".join(one.text.split())[:SHOWN],
        )
        for one in differences
    ]


def topic_rows(differences: Sequence[Difference], names: dict[str, str]) -> list[tuple[str, ...]]:
    """By topic: how many of the differing posts had it and have it, how many gained and lost it, by `TOPIC_COLUMNS`."""
    had = Counter(code for one in differences for code in one.old.topics)
    has = Counter(code for one in differences for code in one.new.topics)
    gained = Counter(code for one in differences for code in set(one.new.topics) - set(one.old.topics))
    lost = Counter(code for one in differences for code in set(one.old.topics) - set(one.new.topics))
    changed = sorted(gained.keys() | lost.keys(), key=lambda code: (-gained[code] - lost[code], code))
    return [(names.get(code, code), *(str(count[code]) for count in (had, has, gained, lost))) for code in changed]


def change_of(one: Difference) -> str:
    """What changed most, in Chinese."""
    if one.old.negative != one.new.negative:
        return "改为负面" if one.new.negative else "改为不负面"
    if one.old.about != one.new.about:
        return "改为说本行" if one.new.about else "改为不是说本行"
    return "主题不同"


def _told(judged: Judgement, names: dict[str, str]) -> str:
    if not judged.negative:
        return "不负面" if judged.about else "不是说本行"
    return f"负面：{'、'.join(names.get(code, code) for code in judged.topics) or '没有主题'}"

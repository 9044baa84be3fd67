"""How well posts are grouped into incidents, against a stream whose incidents a person has marked.

``python -m evaluation.grouping STREAM_DIR`` reads ``archive.jsonl``, ``gold.jsonl``, ``incidents_gold.json`` and
``config_hint.json``, lets the posts arrive, and prints the figures: with the gold readings, with those of the text
stage, and with these hour by hour instead of day by day. With ``BACKTEST_DIR`` behind it also those of what
``yuqing backtest`` wrote there.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from crawlers.door import Door
from domain.clock import local
from domain.errors import RecordError
from domain.incidents import Incident, ReadPost
from domain.posts import Observation, Post
from domain.readings import Bank, Reading
from incidents.config import GroupingConfig
from incidents.grouping import group
from incidents.likeness import Judge
from incidents.notes import Notes
from nlp.analyser import Analyser, load_analyser
from pipeline.analyse import text_of

Key = tuple[str, str]
"""A post's source and id."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A marked stream: its posts by `Key`, the gold lines, the gold incidents, and the watched bank."""

    bank: Bank
    posts: Mapping[Key, Post]
    gold: Mapping[Key, Mapping[str, Any]]
    incidents: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class GroupingScore:
    """Pairs of posts in one incident, predicted against gold; a post without an incident is one of its own.

    ``cross_platform_recall`` is over pairs of one gold incident that stand on two platforms. A twin pair is ``merged``
    where the incident that holds most posts of the one also holds most of the other. ``b_cubed`` is the F1 of Bagga and
    Baldwin 1998, ``adjusted_information`` the adjusted mutual information of Vinh, Epps and Bailey 2010.
    """

    precision: float
    recall: float
    f1: float
    adjusted_rand: float
    adjusted_information: float
    b_cubed: float
    cross_platform_recall: float
    twins: int
    twins_merged: tuple[tuple[str, str], ...]
    incidents: int
    gold_incidents: int


def score_grouping(
    gold: Mapping[Key, str | None],
    predicted: Mapping[Key, str],
    platforms: Mapping[Key, str],
    twins: Iterable[tuple[str, str]],
) -> GroupingScore:
    """Score ``predicted`` (post to incident; a missing post has none) over the posts of ``gold``."""
    cells = Counter((_own(gold[key], key), _own(predicted.get(key), key)) for key in gold)
    both = _pairs(cells.values())
    of_gold, of_ours = _margin(cells, 0), _margin(cells, 1)
    gold_pairs, our_pairs = _pairs(of_gold.values()), _pairs(of_ours.values())
    precision, recall = _ratio(both, our_pairs), _ratio(both, gold_pairs)
    pairs = list(twins)
    return GroupingScore(
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        adjusted_rand=_adjusted_rand(both, gold_pairs, our_pairs, len(gold)),
        adjusted_information=_adjusted_information(gold, predicted),
        b_cubed=_b_cubed(cells, of_gold, of_ours, len(gold)),
        cross_platform_recall=_cross_platform_recall(gold, predicted, platforms),
        twins=len(pairs),
        twins_merged=tuple(pair for pair in pairs if _merged(pair, gold, predicted)),
        incidents=len({predicted[key] for key in gold if key in predicted}),
        gold_incidents=len({name for name in gold.values() if name}),
    )


def _own(incident: str | None, key: Key) -> Hashable:
    return incident if incident is not None else key


def _margin(cells: Mapping[tuple[Hashable, Hashable], int], side: int) -> Counter[Hashable]:
    sums: Counter[Hashable] = Counter()
    for cell, count in cells.items():
        sums[cell[side]] += count
    return sums


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _adjusted_rand(both: int, gold_pairs: int, our_pairs: int, posts: int) -> float:
    """Hubert and Arabie 1985: the Rand index, 0 for chance."""
    chance = gold_pairs * our_pairs / max(1, posts * (posts - 1) // 2)
    return _ratio(both - chance, (gold_pairs + our_pairs) / 2 - chance)


def _adjusted_information(gold: Mapping[Key, str | None], predicted: Mapping[Key, str]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score  # of the extra ``train``

    numbers: dict[Hashable, int] = {}
    sides = [
        [numbers.setdefault((side, _own(homes.get(key), key)), len(numbers)) for key in gold]
        for side, homes in enumerate((gold, predicted))
    ]
    return float(adjusted_mutual_info_score(*sides))


def _b_cubed(
    cells: Mapping[tuple[Hashable, Hashable], int],
    of_gold: Mapping[Hashable, int],
    of_ours: Mapping[Hashable, int],
    posts: int,
) -> float:
    precision = _ratio(sum(count * count / of_ours[ours] for (_gold, ours), count in cells.items()), posts)
    recall = _ratio(sum(count * count / of_gold[told] for (told, _ours), count in cells.items()), posts)
    return _ratio(2 * precision * recall, precision + recall)


def _cross_platform_recall(
    gold: Mapping[Key, str | None], predicted: Mapping[Key, str], platforms: Mapping[Key, str]
) -> float:
    members: defaultdict[str, list[Key]] = defaultdict(list)
    for key, incident in gold.items():
        if incident:
            members[incident].append(key)
    pairs = [
        predicted.get(one) is not None and predicted.get(one) == predicted.get(other)
        for keys in members.values()
        for one, other in combinations(keys, 2)
        if platforms[one] != platforms[other]
    ]
    return _ratio(sum(pairs), len(pairs))


def _merged(pair: tuple[str, str], gold: Mapping[Key, str | None], predicted: Mapping[Key, str]) -> bool:
    main = [
        Counter(predicted[key] for key in gold if gold[key] == name and key in predicted).most_common(1)
        for name in pair
    ]
    return bool(main[0] and main[1]) and main[0][0][0] == main[1][0][0]


# the stream


def read_stream(folder: Path) -> Stream:
    """Read a stream's folder. Records that the door refuses are left out; a post is taken as it first stood."""
    hint = json.loads((folder / "config_hint.json").read_text(encoding="utf-8"))
    bank = Bank(hint["bank"], tuple(hint["aliases"]), (), tuple(hint["branches"]), hint["county"])
    gold = {(line["source"], line["id"]): line for line in _lines(folder / "gold.jsonl")}
    incidents = json.loads((folder / "incidents_gold.json").read_text(encoding="utf-8"))
    return Stream(bank, _posts(folder / "archive.jsonl"), gold, incidents)


def _lines(path: Path) -> list[dict[str, Any]]:
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def _posts(path: Path) -> dict[Key, Post]:
    door = Door(b"evaluation")
    first: dict[Key, Observation] = {}
    for record in _lines(path):
        try:
            seen = door.admit(record)
        except RecordError:
            continue
        key = (seen.source, seen.id)
        if key not in first or seen.observed_at < first[key].observed_at:
            first[key] = seen
    return {key: _post(number, seen) for number, (key, seen) in enumerate(sorted(first.items()), start=1)}


def _post(key: int, seen: Observation) -> Post:
    return Post(
        key=key,
        source=seen.source,
        platform=seen.platform,
        id=seen.id,
        kind=seen.kind,
        thread=seen.thread,
        text=seen.text,
        first_seen_at=seen.observed_at,
        last_seen_at=seen.observed_at,
        title=seen.title,
        reply_to=seen.reply_to,
        url=seen.url,
        author=seen.author,
        published_at=seen.published_at,
        metrics=seen.metrics,
        deleted=seen.deleted,
    )


def gold_readings(stream: Stream) -> dict[Key, Reading]:
    """Readings made of the gold labels. ``about`` is not labelled: negative, or a name or branch in it or its root."""
    names = (stream.bank.name, *stream.bank.aliases, *stream.bank.branches)
    readings = {}
    for key, post in stream.posts.items():
        root = stream.posts.get((post.source, post.thread), post)
        named = any(name in post.full_text or name in root.full_text for name in names)
        label = stream.gold[key]
        negative = bool(label["negative"])
        topics = tuple(label["topics"])
        readings[key] = Reading(negative or named, topics, negative, float(negative), 2 * negative, (), "gold")
    return readings


def analysed_readings(stream: Stream, analyser: Analyser | None = None) -> dict[Key, Reading]:
    """The readings of a text stage, the shipped one if none is given; a reply is read with what it answers."""
    texts = [text_of(post, answered(stream, post), stream.bank) for post in stream.posts.values()]
    return dict(zip(stream.posts, (analyser or load_analyser()).read(texts), strict=True))


def answered(stream: Stream, post: Post) -> str | None:
    """What a post answers: the root of its thread, and the post above it where that is another."""
    if post.is_root:
        return None
    root = stream.posts.get((post.source, post.thread))
    above = stream.posts.get((post.source, post.reply_to)) if post.reply_to else None
    said = [part.full_text for part in (root, above if above is not root else None) if part]
    return "\n".join(said) or None


def arrive(
    stream: Stream,
    readings: Mapping[Key, Reading],
    config: GroupingConfig,
    hours: int = 24,
    judge: Judge | None = None,
) -> dict[Key, str]:
    """The incident of each post, the posts arriving in one batch for each so many hours of the day's clock.

    As with the store, the posts of a thread that were passed over are looked at again when another arrives in it.
    """
    batches: defaultdict[datetime, list[ReadPost]] = defaultdict(list)
    for key, post in stream.posts.items():
        moment = local(post.moment)
        begin = moment.replace(hour=moment.hour - moment.hour % hours, minute=0, second=0, microsecond=0)
        batches[begin.astimezone(UTC)].append(ReadPost(post, readings[key]))
    incidents: dict[str, Incident] = {}
    members: defaultdict[str, list[ReadPost]] = defaultdict(list)
    passed: dict[int, ReadPost] = {}
    notes = Notes()
    for begin in sorted(batches):
        threads = {_thread(item) for item in batches[begin]}
        batch = [*batches[begin], *(item for item in passed.values() if _thread(item) in threads)]
        outcome = group(stream.bank, _known(incidents, members, batch, config), batch, config, notes=notes, judge=judge)
        incidents |= {incident.id: incident for incident in outcome.incidents}
        passed |= {item.post.key: item for item in batch}
        for membership in outcome.memberships:
            members[membership.incident].append(passed.pop(membership.post))
    return {(item.post.source, item.post.id): name for name, items in members.items() for item in items}


def _thread(item: ReadPost) -> tuple[str, str]:
    return (item.post.source, item.post.thread)


def _known(
    incidents: Mapping[str, Incident],
    members: Mapping[str, list[ReadPost]],
    batch: Sequence[ReadPost],
    config: GroupingConfig,
) -> list[tuple[Incident, list[ReadPost]]]:
    since = min(item.post.moment for item in batch) - timedelta(days=config.window_days)
    threads = {(item.post.source, item.post.thread) for item in batch}
    return [
        (incident, members[name])
        for name, incident in incidents.items()
        if incident.last_post_at >= since
        or any((item.post.source, item.post.thread) in threads for item in members[name])
    ]


def evaluate(
    stream: Stream, readings: Mapping[Key, Reading], config: GroupingConfig | None = None, hours: int = 24
) -> GroupingScore:
    """Let a stream arrive with these readings, day by day or every so many hours, and score the outcome."""
    return score_stream(stream, arrive(stream, readings, config or GroupingConfig(), hours))


def score_stream(stream: Stream, predicted: Mapping[Key, str]) -> GroupingScore:
    """Score the incident of each post against those that are marked in the stream."""
    gold = {key: line["incident"] for key, line in stream.gold.items() if key in stream.posts}
    platforms = {key: post.platform for key, post in stream.posts.items()}
    pairs = {tuple(sorted((gold["id"], gold["twin_of"]))) for gold in stream.incidents if gold["twin_of"]}
    return score_grouping(gold, predicted, platforms, sorted((str(one), str(other)) for one, other in pairs))


def replayed(folder: Path) -> dict[Key, str]:
    """The incident of each post as ``yuqing backtest`` wrote it; one that was merged counts as what it went into."""
    incidents = _lines(folder / "incidents.jsonl")
    return {(post[0], post[1]): line["merged_into"] or line["id"] for line in incidents for post in line["posts"]}


_FIGURES = ("precision", "recall", "f1", "adjusted_rand", "adjusted_information", "b_cubed", "cross_platform_recall")


def main(arguments: Sequence[str]) -> int:
    """Print the figures of one stream; 2 where no folder is given."""
    if len(arguments) not in (1, 2):
        print("python -m evaluation.grouping STREAM_DIR [BACKTEST_DIR]", file=sys.stderr)
        return 2
    stream = read_stream(Path(arguments[0]))
    ours = analysed_readings(stream)
    scores = {"gold": evaluate(stream, gold_readings(stream)), "ours": evaluate(stream, ours)}
    scores["hourly"] = evaluate(stream, ours, hours=1)
    if arguments[1:]:
        scores["backtest"] = score_stream(stream, replayed(Path(arguments[1])))
    columns = list(scores.values())
    print(f"{'readings':24}" + "".join(f"{name:>10}" for name in scores))
    for name in _FIGURES:
        print(f"{name:24}" + "".join(f"{getattr(score, name):10.3f}" for score in columns))
    twins, incidents = f"twins merged of {columns[0].twins}", f"incidents (gold {columns[0].gold_incidents})"
    print(f"{twins:24}" + "".join(f"{len(score.twins_merged):10}" for score in columns))
    print(f"{incidents:24}" + "".join(f"{score.incidents:10}" for score in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

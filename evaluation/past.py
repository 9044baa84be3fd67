"""Incidents that people remember against those of a replay: which is which, how much earlier, or why it was missed.

Pure. The list is read by `evaluation.past_list`, the replay by `evaluation.replayed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from alerts.config import AlertConfig
from alerts.distance import lacking, nearest
from alerts.levels import explain, judge, phrase
from alerts.overrides import rules_for
from crawlers.parse.addresses import article_id
from domain.alerts import Level
from domain.incidents import Snapshot
from evaluation.past_list import PastIncident
from evaluation.whatif import Matter

ALERTED, BELOW, UNGROUPED, UNSEEN = "alerted", "below", "not_negative", "never_collected"
OUTCOMES = {
    ALERTED: "已预警", BELOW: "归成了事件，没有达到预警门槛", UNGROUPED: "采集到了，没有判为负面", UNSEEN: "没有采集到",
}  # fmt: skip
"""What can have become of a past incident."""

ALIKE, ALIKE_BY_KEYWORDS = 0.25, 0.4
"""From this likeness on a text and a past incident may be the same matter (how well: docs/looking-back.md)."""
WEIGHT_OF_KEYWORDS = 2 / 3
"""People choose keywords; the words of a title are their own and only partly those of the posts."""
BEFORE, AFTER = timedelta(days=3), timedelta(days=14)
"""People notice a matter from so long before its first post (by telephone) until so long after its last."""

_FIGURES = ("severity", "negative_posts", "authors", "platforms", "views", "index")


@dataclass(frozen=True)
class SeenPost:
    """A post of the replay, as it was read for one bank; ``incident`` None: in none."""

    source: str
    id: str
    url: str | None
    text: str
    moment: datetime
    about: bool
    negative: bool
    negativity: float
    incident: str | None

    @cached_property
    def address(self) -> str | None:
        """See `address_of`."""
        return address_of(self.url) if self.url else None

    @cached_property
    def pairs(self) -> frozenset[str]:
        """See `pairs_of`."""
        return pairs_of(self.text)


@dataclass(frozen=True, slots=True)
class Alert:
    """One mail that alerts: when, and at which level."""

    at: datetime
    level: Level


@dataclass(frozen=True)
class Replayed:
    """What a replay knows: its posts, its incidents by id, and their alerts in order of time."""

    posts: Sequence[SeenPost]
    matters: Mapping[str, Matter]
    alerts: Mapping[str, Sequence[Alert]]

    @cached_property
    def members(self) -> Mapping[str, list[SeenPost]]:
        """The posts of each incident."""
        found: dict[str, list[SeenPost]] = {incident: [] for incident in self.matters}
        for post in self.posts:
            if post.incident in found:
                found[post.incident].append(post)
        return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one past incident.

    ``kind`` is one of `OUTCOMES`, ``how`` by what it was known again, ``reason`` why it was missed; both in Chinese.
    """

    past: PastIncident
    kind: str
    how: str = ""
    matter: Matter | None = None
    first: Alert | None = None
    highest: Level = Level.NONE
    reason: str = ""

    @property
    def lead_hours(self) -> float | None:
        """Hours from the first alert to the moment people noticed: positive where we were first."""
        return None if self.first is None else round((self.past.noticed_at - self.first.at) / timedelta(hours=1), 2)


def look_for(past: PastIncident, replayed: Replayed, config: AlertConfig, names: Collection[str] = ()) -> Finding:
    """The incident of the replay that is meant: by its first post, else by its words and its time.

    ``names`` of the bank are in every text and tell nothing.
    """
    named = _named_posts(past, replayed.posts)
    by_post = next((post.incident for post in named if post.incident in replayed.matters), None)
    if by_post is not None:
        return _finding(past, "首帖", replayed.matters[by_post], replayed, config)
    wanted = pairs_of(_without(past.title, names))
    found = _most_alike(past, wanted, replayed)
    if found is not None:
        matter, likeness = found
        return _finding(past, f"文字和时间相近（{likeness:.2f}）", matter, replayed, config)
    near = named or _near_posts(past, wanted, replayed.posts)
    if near:
        return Finding(past, UNGROUPED, reason=_ungrouped(near[0]))
    if past.post or past.url:
        return Finding(past, UNSEEN, reason="首帖没有采集到，也没有采集到文字和时间相近的帖子")
    hint = "" if past.keywords else "（也可能只是说法不同：请在清单里写上首帖或关键词）"
    return Finding(past, UNSEEN, reason=f"没有采集到文字和时间相近的帖子{hint}")


def pairs_of(text: str) -> frozenset[str]:
    """All pairs of neighbouring letters, digits and characters; everything else is left out."""
    plain = "".join(char for char in text.lower() if char.isalnum())
    return frozenset(plain[place : place + 2] for place in range(len(plain) - 1))


def address_of(url: str) -> str:
    """A link without scheme and tracking, so that two links to one page are the same."""
    try:
        return article_id(url)
    except ValueError:
        return url


def likeness(past: PastIncident, wanted: frozenset[str], posts: Iterable[SeenPost]) -> float:
    """0..1: how much of the title stands in the post that has most of it, and how many keywords in any of them."""
    told = list(posts)
    title = max((len(wanted & post.pairs) / len(wanted) for post in told), default=0.0) if wanted else 0.0
    if not past.keywords:
        return title
    there = sum(any(word.lower() in post.text.lower() for post in told) for word in past.keywords)
    return WEIGHT_OF_KEYWORDS * there / len(past.keywords) + (1 - WEIGHT_OF_KEYWORDS) * title


def _bar(past: PastIncident) -> float:
    return ALIKE_BY_KEYWORDS if past.keywords else ALIKE


def _named_posts(past: PastIncident, posts: Sequence[SeenPost]) -> list[SeenPost]:
    """The first post that the list names, once for each bank it was read for; those in an incident first."""
    link = address_of(past.url) if past.url else None
    found = [post for post in posts if (post.source, post.id) == past.post or (link and post.address == link)]
    return sorted(found, key=lambda post: (post.incident is None, post.source, post.id))


def _most_alike(past: PastIncident, wanted: frozenset[str], replayed: Replayed) -> tuple[Matter, float] | None:
    def is_near(matter: Matter) -> bool:
        incident = matter.incident
        return incident.opened_at - BEFORE <= past.noticed_at <= incident.last_post_at + AFTER

    near = [matter for matter in replayed.matters.values() if is_near(matter)]
    scored = [(round(likeness(past, wanted, replayed.members[m.incident.id]), 2), m) for m in near]
    alike = [pair for pair in scored if pair[0] >= _bar(past)]
    if not alike:
        return None
    score, matter = min(alike, key=lambda p: (-p[0], abs(past.noticed_at - p[1].incident.opened_at), p[1].incident.id))
    return matter, score


def _near_posts(past: PastIncident, wanted: frozenset[str], posts: Sequence[SeenPost]) -> list[SeenPost]:
    """Posts outside incidents that may be meant, the likest first."""
    near = [post for post in posts if post.incident is None and -BEFORE <= past.noticed_at - post.moment <= AFTER]
    scored = [(likeness(past, wanted, [post]), post) for post in near]
    alike = [pair for pair in scored if pair[0] >= _bar(past)]
    return [post for _, post in sorted(alike, key=lambda pair: (-pair[0], pair[1].moment, pair[1].source, pair[1].id))]


def _without(title: str, names: Collection[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        title = title.replace(name, " ")
    return title


def _finding(past: PastIncident, how: str, matter: Matter, replayed: Replayed, config: AlertConfig) -> Finding:
    alerts = replayed.alerts.get(matter.incident.id, ())
    if not alerts:
        return Finding(past, BELOW, how, matter, reason=_below(matter, config))
    return Finding(past, ALERTED, how, matter, alerts[0], max(alert.level for alert in alerts))


def _below(matter: Matter, config: AlertConfig) -> str:
    """The figures at the height of the incident, and what the nearest rule of yellow lacked then."""
    if not matter.snapshots:
        return "还没有度量过"
    topics = matter.incident.topics
    rules = rules_for(config, topics, matter.branches)

    def height(snapshot: Snapshot) -> tuple[Level, float]:
        return judge(snapshot, topics, rules).level, snapshot.index

    peak = max(matter.snapshots, key=height)
    figures = "，".join(phrase(metric, getattr(peak, metric)) for metric in _FIGURES)
    told = f"最高时{judge(peak, topics, rules).level.label}：{figures}"
    rule = nearest(explain(peak, topics, rules), Level.YELLOW)
    if rule is None:
        return f"{told}；黄色没有适用的规则"
    missing = lacking(rule)
    return f"{told}；离黄色最近的规则“{rule.rule.partition('/')[2]}”{missing or '已达到，但没有发出邮件'}"


def _ungrouped(post: SeenPost) -> str:
    place = f"{post.source}:{post.id} 采集到了，"
    if not post.about:
        return f"{place}没有判为说的是本行"
    if not post.negative:
        return f"{place}没有判为负面（负面程度 {post.negativity:.2f}）"
    return f"{place}判为负面，但没有归入事件"

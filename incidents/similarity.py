"""How like a post is to an incident: words (character bigrams, TF-IDF, centroids) and slots.

Words alone do not tell apart two matters of one kind, and a bank's complaints are of few kinds; place, date, product,
person and amount do (docs/decisions/0006). Topics and branches count less the longer the incident has been silent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidents.background import RAREST, SHARES
from incidents.config import GroupingConfig
from incidents.slots import SLOT_LABELS, Slots
from incidents.text import ngrams

Vector = Mapping[str, float]

_TERMS = 60
_DAY = timedelta(days=1)


def vector(text: str) -> Vector:
    """The unit TF-IDF vector of a squeezed text over its rarest character pairs; empty for an empty text.

    The idf is that of `incidents.background`: it is the same for every batch, so a replay decides as the first run.
    """
    weights = {term: -math.log(SHARES.get(term, RAREST)) for term in ngrams(text, 2)}
    rarest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_TERMS]
    length = math.sqrt(sum(weight * weight for _term, weight in rarest))
    return {term: weight / length for term, weight in rarest}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a post shows to be compared by. ``author`` is its key or name, None unknown."""

    vector: Vector
    topics: Mapping[str, int]
    slots: Slots
    platform: str
    author: str | None
    moment: datetime


@dataclass(slots=True)
class Portrait:
    """What the posts of an incident have shown so far; slots and authors are those of its opening posts and roots."""

    first_at: datetime
    last_at: datetime
    topics: Counter[str] = field(default_factory=Counter)
    slots: dict[str, set[object]] = field(default_factory=lambda: {name: set() for name in SLOT_LABELS})
    platforms: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)

    def add(self, profile: Profile) -> None:
        """Take up the slots of a post that speaks for the incident."""
        for name, values in self.slots.items():
            values |= getattr(profile.slots, name)
        self.platforms.add(profile.platform)
        if profile.author:
            self.authors.add(profile.author)

    def silence(self, moment: datetime) -> float:
        """Days between ``moment`` and the incident's time; 0 inside it."""
        if moment > self.last_at:
            return (moment - self.last_at) / _DAY
        return (self.first_at - moment) / _DAY if moment < self.first_at else 0.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """``score`` 0..1, ``text`` the cosine, ``agree`` and ``differ`` the slots that do so."""

    score: float
    text: float
    days: float
    topic: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]

    @property
    def reason(self) -> str:
        """In Chinese, with the figures: 相似度 0.71（文字 0.32，主题 1.00，一致：网点、金额，相隔 1.2 天）."""
        said = [f"文字 {self.text:.2f}", f"主题 {self.topic:.2f}"]
        for word, names in (("一致", self.agree), ("不同", self.differ)):
            said += [f"{word}：{'、'.join(_LABELS[name] for name in names)}"] if names else []
        return f"相似度 {self.score:.2f}（{'，'.join(said)}，相隔 {self.days:.1f} 天）"


_WORDS, _TOPIC, _BANK_WIDE = 0.35, 0.5, 0.6
_FULL_COSINE = 0.4
_VAGUE = 0.3
_HALF_LIFE, _STANDING_HALF_LIFE, _ANCHORED = 6.0, 30.0, 0.7
_WEIGHTS = {
    "branches": 0.15, "products": 0.1, "days": 0.1, "amounts": 0.15, "people": 0.15, "roles": 0.03,
    "author": 0.15, "pointed": 0.1,
}  # fmt: skip
_FADING = ("branches", "products", "roles", "author", "pointed")
_LABELS = SLOT_LABELS | {"author": "作者", "pointed": "提到的平台"}
_CONFLICTS = {"branches": 0.4, "products": 0.12}


def compare(profile: Profile, portrait: Portrait, cosine: float, config: GroupingConfig) -> Likeness:
    """The likeness of a post to an incident, of which ``cosine`` is that of the words."""
    shared = {topic for topic in profile.topics if portrait.topics[topic]}
    bank_wide = not shared.isdisjoint(config.bank_wide_topics)
    agree, differ = _slots(profile, portrait, bank_wide=bank_wide)
    days = portrait.silence(profile.moment)
    fresh = _freshness(days, agree, standing=not shared.isdisjoint(config.standing_topics))
    topic = topic_likeness(profile.topics, portrait.topics, config.vague_topics)
    score = _WORDS * min(1.0, cosine / _FULL_COSINE) + fresh * topic * (_BANK_WIDE if bank_wide else _TOPIC)
    score += sum(_WEIGHTS[name] * (fresh if name in _FADING else 1.0) for name in agree)
    score -= sum(_CONFLICTS[name] for name in differ)
    return Likeness(min(1.0, max(0.0, score)), cosine, days, topic, tuple(agree), tuple(differ))


def _freshness(days: float, agree: Sequence[str], *, standing: bool) -> float:
    """How much agreeing in topic and place still says after so many days: half after six.

    A standing condition at the same place lasts longer; and where the person, the amount, or the product of a
    standing condition agree as well, time says little.
    """
    same_place = "branches" in agree or "products" in agree
    fresh = float(0.5 ** (days / (_STANDING_HALF_LIFE if standing and same_place else _HALF_LIFE)))
    anchored = same_place and ("people" in agree or "amounts" in agree)
    return max(fresh, _ANCHORED) if anchored or (standing and "products" in agree) else fresh


def topic_likeness(ours: Mapping[str, int], theirs: Mapping[str, int], vague: Sequence[str]) -> float:
    """The cosine of two counts of topics, by logarithm; where only vague topics meet, a third of it."""
    weight = {topic: _VAGUE if topic in vague else 1.0 for topic in (*ours, *theirs)}
    shared = [topic for topic in ours if theirs.get(topic)]
    if not shared:
        return 0.0
    one, other = ({t: weight[t] * math.log1p(count) for t, count in side.items()} for side in (ours, theirs))
    product = sum(one[topic] * other[topic] for topic in shared)
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return product / lengths * max(weight[topic] for topic in shared)


def _slots(profile: Profile, portrait: Portrait, *, bank_wide: bool) -> tuple[list[str], list[str]]:
    """The slots in which both agree, and those in which both say something else."""
    agree: list[str] = []
    differ: list[str] = []
    for name, theirs in portrait.slots.items():
        ours: Set[object] = getattr(profile.slots, name)
        if ours & theirs:
            agree.append(name)
        elif ours and theirs and name in _CONFLICTS and not (bank_wide and name == "branches"):
            differ.append(name)
    if profile.author in portrait.authors:
        agree.append("author")
    if (profile.slots.points_at & portrait.platforms) - {profile.platform}:
        agree.append("pointed")
    return agree, differ

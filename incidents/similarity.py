"""How like a post is to an incident: words (character bigrams, TF-IDF, centroids) and slots.

Words alone do not tell apart two matters of one kind, and a bank's complaints are of few kinds; place, date, product,
person and amount do (docs/decisions/0006). Topics and branches count less the longer the incident has been silent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from incidents.background import RAREST, SHARES
from incidents.config import GroupingConfig
from incidents.slots import SLOT_LABELS, Slots
from incidents.text import ngrams
from incidents.topics import ALARMS

Vector = Mapping[str, float]
_IDF = {term: -math.log(share) for term, share in SHARES.items()}
_RAREST_IDF = -math.log(RAREST)

_TERMS = 60
_VAGUE = 0.3
_DAY_S = 24 * 3600.0
_ALL_SLOTS = attrgetter(*SLOT_LABELS)


def vector(text: str) -> Vector:
    """The unit TF-IDF vector of a squeezed text over its rarest character pairs; empty for an empty text.

    The idf is that of `incidents.background`: it is the same for every batch, so a replay decides as the first run.
    """
    weights = {term: _IDF.get(term, _RAREST_IDF) for term in ngrams(text, 2)}
    rarest = sorted([(-weight, term) for term, weight in weights.items()])[:_TERMS]
    length = math.hypot(*(weight for weight, _term in rarest))
    return {term: -weight / length for weight, term in rarest}


@dataclass(frozen=True, slots=True)
class Weighed:
    """Counts of topics as they are compared: by logarithm, vague ones at `_VAGUE` of it; and their length."""

    weights: Mapping[str, float]
    length: float


def weigh(counts: Mapping[str, int], vague: Sequence[str]) -> Weighed:
    """The counts of topics, ready to be compared."""
    weights = {topic: math.log1p(count) * (_VAGUE if topic in vague else 1.0) for topic, count in counts.items()}
    return Weighed(weights, math.hypot(*weights.values()))


def days_of(moment: datetime) -> float:
    """The moment in days, for reckoning."""
    return moment.timestamp() / _DAY_S


@dataclass(frozen=True, slots=True)
class Profile:
    """What a post shows to be compared by.

    ``day`` its time (`days_of`); ``author`` its key or name, ``name`` as shown, None unknown; ``credited`` accounts;
    ``answers``: it tells what the bank says to a matter; ``follows_up``: it goes on with a story.
    """

    vector: Vector
    topics: Weighed
    slots: Slots
    platform: str
    author: str | None
    day: float
    name: str | None = None
    credited: frozenset[str] = frozenset()
    answers: bool = False
    follows_up: bool = False
    filled: tuple[tuple[str, frozenset[Any]], ...] = field(init=False)

    def __post_init__(self) -> None:
        said = zip(SLOT_LABELS, _ALL_SLOTS(self.slots), strict=True)
        object.__setattr__(self, "filled", tuple([slot for slot in said if slot[1]]))


@dataclass(slots=True)
class Portrait:
    """What the posts of an incident have shown so far; slots and authors are those of its opening posts and roots."""

    first_at: datetime
    last_at: datetime
    topics: Counter[str] = field(default_factory=Counter)
    slots: dict[str, set[Any]] = field(default_factory=lambda: {name: set() for name in SLOT_LABELS})
    platforms: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    _weighed: Weighed | None = None
    _span: tuple[float, float] | None = None

    def add(self, profile: Profile) -> None:
        """Take up the slots of a post that speaks for the incident."""
        for name, values in profile.filled:
            self.slots[name] |= values
        self.platforms.add(profile.platform)
        self.authors |= {profile.author} if profile.author else set()
        self.names |= {profile.name} if profile.name else set()

    def note(self, moment: datetime, topics: Iterable[str]) -> None:
        """A post of the incident moves its time, and what it complains of counts."""
        self.first_at = min(self.first_at, moment)
        self.last_at = max(self.last_at, moment)
        self._span = None
        for topic in topics:
            self.topics[topic] += 1
            self._weighed = None

    def weighed(self, vague: Sequence[str]) -> Weighed:
        """The topics so far, ready to be compared."""
        if self._weighed is None:
            self._weighed = weigh(self.topics, vague)
        return self._weighed

    def silence(self, day: float) -> float:
        """Days between ``day`` and the incident's time; 0 inside it."""
        if self._span is None:
            self._span = days_of(self.first_at), days_of(self.last_at)
        first, last = self._span
        return max(0.0, day - last, first - day)


class Likeness(NamedTuple):
    """``score`` 0..1, ``text`` the cosine, ``agree`` and ``differ`` the slots that do so.

    ``bank_wide``: they share a topic that concerns the bank as a whole.
    """

    score: float
    text: float
    days: float
    topic: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    bank_wide: bool = False

    @property
    def reason(self) -> str:
        """In Chinese, with the figures: 相似度 0.71（文字 0.32，主题 1.00，一致：网点、金额，相隔 1.2 天）."""
        said = [f"文字 {self.text:.2f}", f"主题 {self.topic:.2f}"]
        for word, names in (("一致", self.agree), ("不同", self.differ)):
            said += [f"{word}：{'、'.join(_LABELS[name] for name in names)}"] if names else []
        return f"相似度 {self.score:.2f}（{'，'.join(said)}，相隔 {self.days:.1f} 天）"


_WORDS, _TOPIC, _BANK_WIDE = 0.35, 0.5, 0.6
_FULL_COSINE = 0.3
_HALF_LIFE, _STANDING_HALF_LIFE, _ANCHORED = 6.0, 30.0, 0.5
_WEIGHTS = {
    "branches": 0.15, "products": 0.1, "days": 0.1, "amounts": 0.15, "people": 0.15, "roles": 0.03,
    "numbers": 0.3, "tags": 0.2, "quotes": 0.15, "author": 0.15, "story": 0.27, "pointed": 0.2,
}  # fmt: skip
_FADING = frozenset(("branches", "products", "roles", "author", "pointed"))
_LABELS = SLOT_LABELS | {"author": "作者", "story": "接着说", "pointed": "提到的平台或账号"}
_CONFLICTS = {"branches": 0.4, "products": 0.06, "amounts": 0.05}
_SAME_SUM = 0.05
_SAME_DAY, _SOME_WORDS = 0.2, 0.1
"""What one branch on one day in partly the same words adds, halved each day, and the cosine from which it does in full:
two who saw the same scene tell it with other topics."""
_NOW, _NOW_DAYS, _SOME_TOPIC = 0.06, 0.25, 0.3
"""What is said while a matter of its kind, or at its branch, is talked of is likelier of it: halved in six hours."""
_ANOTHER_ALARM = 0.3
"""An alarm that nobody has raised in an incident that rests for a day is another matter, whatever else agrees."""
_ANSWER, _ANSWERED_DAYS = 0.2, 7.0
"""What the bank says about a branch is about what was said of that branch of late, in words quite different."""


def compare(profile: Profile, portrait: Portrait, cosine: float, config: GroupingConfig) -> Likeness:
    """The likeness of a post to an incident, of which ``cosine`` is that of the words."""
    theirs = portrait.weighed(config.vague_topics)
    shared = profile.topics.weights.keys() & theirs.weights.keys()
    bank_wide = not shared.isdisjoint(config.bank_wide_topics)
    agree, differ = _slots(profile, portrait, bank_wide=bank_wide)
    days = portrait.silence(profile.day)
    fresh = _freshness(days, agree, standing=not shared.isdisjoint(config.standing_topics))
    topic = topic_likeness(profile.topics, theirs, config.vague_topics) if shared else 0.0
    score = _WORDS * min(1.0, cosine / _FULL_COSINE) + fresh * topic * (_BANK_WIDE if bank_wide else _TOPIC)
    for name in agree:
        score += _WEIGHTS[name] * (fresh if name in _FADING else 1.0)
    for name in differ:
        score -= _CONFLICTS[name]
    if days >= 1 and any(topic in profile.topics.weights and not portrait.topics[topic] for topic in ALARMS):
        score -= _ANOTHER_ALARM
    if "branches" in agree:
        score += _SAME_DAY * 0.5**days * min(1.0, cosine / _SOME_WORDS)
        score += _ANSWER if profile.answers and days <= _ANSWERED_DAYS else 0.0
    if "branches" in agree or (topic >= _SOME_TOPIC and "branches" not in differ):
        score += _NOW * 0.5 ** (days / _NOW_DAYS)
    return Likeness(min(1.0, max(0.0, score)), cosine, days, topic, tuple(agree), tuple(differ), bank_wide)


def _freshness(days: float, agree: Sequence[str], *, standing: bool) -> float:
    """How much agreeing in topic and place still says after so many days: half after six.

    A standing condition at the same place lasts longer; and where the person, the amount, or the product of a
    standing condition agree as well, time says little.
    """
    same_place = "branches" in agree or "products" in agree
    fresh = float(0.5 ** (days / (_STANDING_HALF_LIFE if standing and same_place else _HALF_LIFE)))
    anchored = same_place and ("people" in agree or "amounts" in agree)
    return max(fresh, _ANCHORED) if anchored or (standing and "products" in agree) else fresh


def topic_likeness(ours: Weighed, theirs: Weighed, vague: Sequence[str]) -> float:
    """The cosine of two weighed counts of topics; where only vague topics meet, a third of it."""
    shared = ours.weights.keys() & theirs.weights.keys()
    if not shared:
        return 0.0
    product = sum(ours.weights[topic] * theirs.weights[topic] for topic in sorted(shared))
    return product / (ours.length * theirs.length) * (_VAGUE if shared <= set(vague) else 1.0)


def _slots(profile: Profile, portrait: Portrait, *, bank_wide: bool) -> tuple[list[str], list[str]]:
    """The slots in which both agree, and those in which both say something else."""
    agree: list[str] = []
    differ: list[str] = []
    for name, ours in profile.filled:
        theirs = portrait.slots[name]
        if not ours.isdisjoint(theirs) or (name == "amounts" and _same_sum(ours, theirs)):
            agree.append(name)
        elif theirs and name in _CONFLICTS and not bank_wide:
            differ.append(name)
    if profile.author in portrait.authors:
        agree += ["author", "story"] if profile.follows_up else ["author"]
    if (profile.slots.points_at & portrait.platforms) - {profile.platform} or profile.credited & portrait.names:
        agree.append("pointed")
    return agree, differ


def _same_sum(ours: Set[int], theirs: Set[int]) -> bool:
    """Sums are told roundly: 四千多 and 4,200 may be one."""
    for one in ours:
        for other in theirs:
            if abs(one - other) <= _SAME_SUM * max(one, other):
                return True
    return False

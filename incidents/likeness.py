"""How likely a post speaks of an incident's matter: small trees over what the two have in common (decision 0023).

Words alone do not tell apart two matters of one kind, and a bank's complaints are of few kinds; place, date, product,
person and amount do. The trees stand in ``incidents/data/likeness.npz``, fitted by ``training/likeness.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from domain.incidents import ReadPost
from incidents.config import GroupingConfig
from incidents.fitted import shipped_arrays
from incidents.profiles import VAGUE, Portrait, Profile, Weighed
from incidents.slots import SLOT_LABELS
from incidents.topics import ALARMS
from trees.tables import Tables

Floats = npt.NDArray[np.float64]

_OF_MATTER = (
    "words", "topic", "days", "closest", "age", "size", "posts", "lately", "platforms", "alarm", "new_platform", "wide",
    "standing", "vague",
)  # fmt: skip
"""Cosines of words and topics; days since the incident spoke last; the cosine of the words with the nearest of its
texts; days since it began, before which a post may lie; its charges, its posts, those within a day of the post, and its
platforms; whether the post raises an alarm that nobody raised there, or stands on a platform where nobody
spoke of it; whether a shared topic concerns the whole bank or is a standing condition, and whether all are vague."""
_OF_SLOTS = (
    "branches", "products", "amounts", "people", "branches_unsaid", "products_unsaid", "people_unsaid",
    "roles", "event_days", "author", "voice", "story", "pointed",
)  # fmt: skip
"""Slots: 1 where both say the same, -1 where they say different things and no topic concerns the whole bank, 0 where
one says nothing; ``unsaid``: only the incident says something. The last six are 1 where they agree: a role, the day of
the event, the author of a text that speaks for the incident or of any post in it (who goes on with a story), a platform
or account that the post points at."""
_OF_POST = (
    "topicless", "quiet", "unnamed", "negativity", "about", "banking", "other_bank", "local", "follows_up", "answers",
    "talk", "length",
)  # fmt: skip
"""See `incidents.profiles.Profile`; ``quiet``: it does not accuse the bank; ``length``: character pairs, at most 60."""
_OF_CHOICE = ("words_lead", "topic_lead", "others")
"""How far the cosines are ahead of those of the best other incident, and how many are compared."""
FEATURES = (*_OF_MATTER, *_OF_SLOTS, *_OF_POST, *_OF_CHOICE)
_PAIR = len(_OF_MATTER) + len(_OF_SLOTS)
_LEADS = FEATURES.index("words_lead"), FEATURES.index("topic_lead")

_SAME_SUM = 0.05
_CONFLICTING = ("branches", "products", "amounts", "people")
_ALARMS = frozenset(ALARMS)
_SURE = {"numbers": 3.0, "tags": 2.0, "quotes": 2.0, "wording": 3.0, "standing": 1.5}
"""Logits for what is hardly met in marked streams and says much: the number of a document, a hashtag, a quoted sentence
in common, nearly the same wording as one of the texts, or one standing trouble of one branch (its cash machine, its one
window), which is nobody's case."""
_SAME_WORDING, _TELLING = 0.5, 8
"""The cosine from which it is, for texts of at least so many character pairs."""
_LABELS = SLOT_LABELS | {
    "author": "作者", "story": "接着说", "pointed": "提到的平台或账号", "wording": "字句", "standing": "长期情形",
}  # fmt: skip


class Likeness(NamedTuple):
    """``score``: the chance 0..1 that it is the same matter, and none of the others compared.

    ``text`` the cosine of the words, ``topic`` that of the topics, ``agree`` and ``differ`` the slots that do so.
    """

    score: float
    text: float
    topic: float
    days: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]

    @property
    def reason(self) -> str:
        """In Chinese, with the figures: 同一件事的可能 71%（文字 0.32，主题 1.00，一致：网点、金额，相隔 1.2 天）."""
        said = [f"文字 {self.text:.2f}", f"主题 {self.topic:.2f}"]
        for word, names in (("一致", self.agree), ("不同", self.differ)):
            said += [f"{word}：{'、'.join(_LABELS[name] for name in names)}"] if names else []
        return f"同一件事的可能 {self.score:.0%}（{'，'.join(said)}，相隔 {self.days:.1f} 天）"


class Reach(NamedTuple):
    """How many incidents a post is compared with at most: nearest in words, and the latest of its topics, of the
    branches that it names and of its author."""

    words: int = 5
    topic: int = 5
    branch: int = 3
    author: int = 3


NEAR = Reach()


@dataclass(frozen=True, slots=True)
class Judge:
    """Makes chances of what a post and each incident within ``reach`` have in common.

    ``logits`` of rows of `FEATURES`; ``heard``, if any, is told of each post that is to be placed: the incidents at
    hand, and their rows.
    """

    logits: Callable[[Floats], npt.NDArray[np.floating[Any]]]
    heard: Callable[[ReadPost, Sequence[str], Floats], None] | None = None
    reach: Reach = NEAR

    def choose(
        self, profile: Profile, common: Mapping[str, Common], item: ReadPost | None = None
    ) -> tuple[str, Likeness] | None:
        """The likeliest incident and its chance, the last by name of equals; None where nothing is compared.

        A post is of one matter or of none, so with none's all chances add up to 1.
        """
        if not common:
            return None
        pairs = np.fromiter(chain.from_iterable([one.figures for one in common.values()]), np.float64)
        rows = np.empty((len(common), len(FEATURES)))
        rows[:, :_PAIR] = pairs.reshape(-1, _PAIR)
        rows[:, _PAIR:] = (*_of_post(profile), 0.0, 0.0, len(common))
        for column, cosines in zip(_LEADS, rows[:, :2].T.tolist(), strict=True):
            rows[:, column] = _lead(cosines)
        if self.heard and item:
            self.heard(item, list(common), rows)
        odds = np.exp((self.logits(rows) + [one.sure for one in common.values()]).clip(-30, 30))
        best, key = max(zip(odds.tolist(), common, strict=True))
        return key, common[key].likeness(best / (1 + float(odds.sum())))


class Common(NamedTuple):
    """What a post and an incident have in common.

    ``figures``: those `FEATURES` that are of both; ``signs``: 1 for each slot in which they agree, -1 where they say
    different things.
    """

    figures: tuple[float, ...]
    signs: Mapping[str, int]

    @property
    def sure(self) -> float:
        """Logits for what leaves hardly a doubt."""
        return sum([_SURE[name] for name, sign in self.signs.items() if sign > 0 and name in _SURE])

    def likeness(self, score: float) -> Likeness:
        """The same as it is told."""
        text, topic, days = self.figures[:3]
        agree, differ = (tuple(name for name, said in self.signs.items() if said == sign) for sign in (1, -1))
        return Likeness(score, text, topic, days, agree, differ)


def compare(profile: Profile, portrait: Portrait, words: tuple[float, float], config: GroupingConfig) -> Common:
    """What a post and an incident have in common; ``words``: the cosines with all its texts and with the nearest."""
    theirs, day = portrait.weighed(config.vague_topics), profile.day
    shared = profile.topics.weights.keys() & theirs.weights.keys()
    bank_wide = standing = vague = False
    if shared:
        bank_wide = not shared.isdisjoint(config.bank_wide_topics)
        standing = not shared.isdisjoint(config.standing_topics)
        vague = shared.issubset(config.vague_topics)
    signs = _signs(profile, portrait, bank_wide=bank_wide)
    if words[1] >= _SAME_WORDING and len(profile.vector) >= _TELLING:
        signs["wording"] = 1
    if standing and signs.get("branches") == signs.get("products") == 1:
        signs["standing"] = 1
    figures = (
        words[0],
        _topic_cosine(profile.topics, theirs, shared) * (VAGUE if vague else 1.0),
        portrait.silence(day),
        words[1],
        portrait.age(day),
        portrait.topics.total(),
        portrait.posts,
        portrait.lately(day),
        len(portrait.platforms),
        bool(_ALARMS & profile.topics.weights.keys() - portrait.topics.keys()),
        profile.platform not in portrait.platforms,
        bank_wide,
        standing,
        vague,
        *_of_slots(profile, portrait, signs),
    )
    return Common(figures, signs)


def _of_slots(profile: Profile, portrait: Portrait, signs: Mapping[str, int]) -> tuple[float, ...]:
    ours, theirs, sign = profile.slots, portrait.slots, signs.get
    return (
        sign("branches", 0),
        sign("products", 0),
        sign("amounts", 0),
        sign("people", 0),
        bool(theirs["branches"]) and not ours.branches,
        bool(theirs["products"]) and not ours.products,
        bool(theirs["people"]) and not ours.people,
        sign("roles", 0),
        sign("days", 0),
        sign("author", 0),
        profile.author in portrait.voices,
        sign("story", 0),
        sign("pointed", 0),
    )


def _of_post(profile: Profile) -> tuple[float, ...]:
    return (
        not profile.topics.weights,
        not profile.accuses,
        profile.unnamed,
        profile.negativity,
        profile.about,
        profile.banking,
        profile.other_bank,
        profile.local,
        profile.follows_up,
        profile.answers,
        profile.talk,
        len(profile.vector),
    )


def _lead(values: list[float]) -> list[float]:
    """How far each is ahead of the highest of the others, of which 0 is one."""
    second, best = sorted([0.0, 0.0, *values])[-2:]
    return [value - (second if value == best else best) for value in values]


def _topic_cosine(ours: Weighed, theirs: Weighed, shared: Set[str]) -> float:
    """The cosine of two weighed counts of topics."""
    if not shared:
        return 0.0
    product = sum([ours.weights[topic] * theirs.weights[topic] for topic in sorted(shared)])
    return product / (ours.length * theirs.length)


def _signs(profile: Profile, portrait: Portrait, *, bank_wide: bool) -> dict[str, int]:
    """The slots in which both say the same, and those in which they say different things."""
    signs: dict[str, int] = {}
    for name, ours in profile.slots.filled:
        if theirs := portrait.slots[name]:
            if not ours.isdisjoint(theirs) or (name == "amounts" and _same_sum(ours, theirs)):
                signs[name] = 1
            elif name in _CONFLICTING and not bank_wide:
                signs[name] = -1
    if profile.author in portrait.authors:
        signs |= {"author": 1, "story": 1} if profile.follows_up else {"author": 1}
    if (profile.slots.points_at & portrait.platforms) - {profile.platform} or profile.credited & portrait.names:
        signs["pointed"] = 1
    return signs


def _same_sum(ours: Set[Any], theirs: Set[Any]) -> bool:
    """Sums are told roundly: 四千多 and 4,200 may be one."""
    for one in ours:
        for other in theirs:
            if abs(one - other) <= _SAME_SUM * max(one, other):
                return True
    return False


@cache
def shipped_judge() -> Judge:
    """The judge with the shipped trees."""
    return Judge(Tables(shipped_arrays("likeness"), "same").predict)

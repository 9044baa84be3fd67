"""``yuqing review``: the posts whose label would teach most, a few a day, and an honest look at how right we are.

Three in four are chosen: near a decision, read differently by rules and model, unlike what was judged, and loud. One in
four is drawn by lot from all posts about the bank, whatever else was chosen or judged: only their labels say how often
the readings are right. The lot is a hash of the post, so it does not depend on what the post says.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.settings import Settings
from domain.clock import local
from domain.feedback import Label, Review, Standing
from domain.posts import Post
from domain.readings import Bank, Reading
from nlp.analyser import ABOUT_BAR, Analyser, Chances
from nlp.clusters import clusters, nearest
from nlp.rules import CLAIMED
from pipeline.analyse import text_of
from storage.store import SqlStore

LOT_SHARE = 0.25
LOT_REASON = "随机抽查，用来估计准确率"
CANDIDATES = 400
"""So many posts nearest to the bar are weighed; more would teach less each."""
REACH = 0.25
"""At this distance from a decision nothing is doubtful any more."""
SIDE_DOUBT = 0.8
"""Doubt about topics or about the bank counts so much of doubt about negativity."""
DISAGREEMENT = 0.5
LEAST_DOUBT = 0.1
Z = 1.96

Pair = tuple[int, str]
"""A post's key and a bank."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A post that waits for a verdict."""

    review: Review
    standing: Standing


@dataclass(frozen=True, slots=True)
class Doubt:
    """How much a label would teach, and why."""

    value: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``total``, with the 95 % Wilson interval; 0 to 1 where there is nothing to count."""

    hits: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson, E. B. (1927), Probable inference, JASA 22, 209-212."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.hits / self.total
        middle, room = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, (middle - room) / (1 + Z * Z / n)), min(1.0, (middle + room) / (1 + Z * Z / n))

    def __str__(self) -> str:
        if not self.total:
            return "还没有可数的"
        low, high = self.interval
        return f"{self.hits / self.total:.2f} [{low:.2f}, {high:.2f}]（{self.hits}/{self.total}）"


class Queue:
    """The queue of one moment: what waits, and what is added to it."""

    def __init__(self, settings: Settings, store: SqlStore, analyser: Analyser, now: datetime) -> None:
        self._store, self._analyser, self._now = store, analyser, now
        self._banks = {config.name: config.bank() for config in settings.banks.banks}
        self._a_day = settings.main.feedback.reviews_a_day
        self._since = now - timedelta(days=settings.main.feedback.review_days)
        self._today = f"{local(now):%Y-%m-%d}"
        self._labels: dict[Pair, Label] = {(label.post, label.bank): label for label in store.labels()}
        self._queued: dict[Pair, Review] = {(one.post, one.bank): one for one in store.reviews()}

    def fill(self, limit: int) -> list[Asked]:
        """Add posts while there is room for today, and give what waits, at most ``limit``: drawn ones first."""
        asked_today = sum(review.day == self._today for review in self._queued.values())
        room = min(min(limit, self._a_day) - len(self._waiting()), self._a_day - asked_today)
        if room > 0:
            drawn = self._draw(math.ceil(room * LOT_SHARE))
            self._add(drawn)
            new = sum((review.post, review.bank) not in self._labels for review in drawn)
            self._add(self._choose(room - new))
        return self._waiting()[:limit]

    def _add(self, reviews: Sequence[Review]) -> None:
        self._store.queue(reviews)
        self._queued |= {(review.post, review.bank): review for review in reviews}

    def _waiting(self) -> list[Asked]:
        """What was queued for a watched bank since the window began and has no label, drawn ones first."""
        waiting = [
            review
            for pair, review in self._queued.items()
            if pair not in self._labels and review.bank in self._banks and review.at >= self._since
        ]
        found = [Asked(review, standing) for review in waiting for standing in self._standings(review)]
        return sorted(found, key=lambda one: (not one.review.sampled, -one.review.score, one.review.post))

    def _standings(self, review: Review) -> list[Standing]:
        return [one for one in self._store.standings_of(review.bank, [review.post]) if one.reading]

    def _draw(self, wanted: int) -> list[Review]:
        """Posts by lot until ``wanted`` new ones are asked for; those judged or queued already are only marked."""
        pairs = [(key, bank) for bank in self._banks for key in self._store.about_since(bank, self._since)]
        drawn: list[Review] = []
        for pair in sorted(pairs, key=_lot):
            if wanted <= 0:
                break
            known = self._queued.get(pair)
            drawn.append(replace(known, sampled=True) if known else self._drawn(pair))
            wanted -= known is None and pair not in self._labels
        return drawn

    def _drawn(self, pair: Pair) -> Review:
        """With what the reading says now; of a judged post with what it said then, for a model may know it by now."""
        reading = _reading(self._store.standings_of(pair[1], [pair[0]])[0])
        drawn = self._review(pair, reading, LOT_REASON, 0.0, sampled=True)
        label = self._labels.get(pair)
        return replace(drawn, negative=_said_then(label), version=label.version) if label else drawn

    def _choose(self, wanted: int) -> list[Review]:
        """The posts that would teach most, of each cluster of near-duplicates one, none near what is known already."""
        known = [label.text for label in self._labels.values()]
        known += [one.standing.post.full_text for one in self._waiting()]
        candidates = [
            (bank, one)
            for bank in self._banks.values()
            for one in self._store.unsure(bank.name, self._since, self._analyser.bar, CANDIDATES)
            if one.post.full_text.strip()
        ]
        texts = [one.post.full_text for _, one in candidates]
        doubts = self._doubts(candidates, nearest(texts, known))
        numbers = clusters([*known, *texts])
        taken = set(numbers[: len(known)])
        order = sorted(range(len(texts)), key=lambda row: (-doubts[row].value, candidates[row][1].post.key))
        chosen: list[Review] = []
        for row in order:
            number, (bank, one) = numbers[len(known) + row], candidates[row]
            if len(chosen) < wanted and number not in taken and doubts[row].value >= LEAST_DOUBT:
                taken.add(number)
                reason = "；".join(doubts[row].reasons)
                pair = (one.post.key, bank.name)
                chosen.append(self._review(pair, _reading(one), reason, doubts[row].value, sampled=False))
        return chosen

    def _review(self, pair: Pair, reading: Reading, reason: str, score: float, *, sampled: bool) -> Review:
        said = (reading.negative, reading.version)
        return Review(*pair, self._today, self._now, reason, round(score, 4), sampled, *said)

    def _doubts(self, candidates: Sequence[tuple[Bank, Standing]], near: Sequence[float]) -> list[Doubt]:
        texts = [text_of(one.post, one.parent, bank) for bank, one in candidates]
        pages = self._analyser.opener.open([text.text for text in texts], [text.bank for text in texts])
        claims = pages.signs.said[CLAIMED].any(axis=1).tolist()
        weighed = self._analyser.weigh(texts)
        return [
            weigh(_reading(one), chances, self._analyser.bar, claims=claim, near=cosine, reach=_reach(one.post))
            for (_, one), (_, chances), claim, cosine in zip(candidates, weighed, claims, near, strict=True)
        ]


def weigh(reading: Reading, chances: Chances, bar: float, *, claims: bool, near: float, reach: float) -> Doubt:
    """How much the label of a post would teach.

    ``claims``: the rules see a complaint; ``near``: its highest cosine to what was judged or waits, 0..1; ``reach``:
    its engagement in weighted counts.
    """
    sides = (
        (_closeness(chances.negative - bar), f"负面程度 {chances.negative:.2f}，接近门槛 {bar:.2f}"),
        (SIDE_DOUBT * _closeness(chances.about - ABOUT_BAR), f"是不是说本行拿不准（{chances.about:.2f}）"),
        (SIDE_DOUBT * _topic_doubt(reading, chances), "主题拿不准"),
    )
    doubt, why = max(sides)
    reasons = [why] if doubt >= LEAST_DOUBT else []
    if claims != reading.negative:
        doubt += DISAGREEMENT
        reasons.append("规则看出抱怨，模型认为不负面" if claims else "模型判为负面，规则没有看出抱怨")
    novelty = 1 - min(1.0, near)
    loud = 1 + math.log10(1 + reach) / 4
    if reach >= 10:
        reasons.append(f"互动较多（{reach:.0f}）")
    return Doubt(doubt * (0.25 + 0.75 * novelty) * loud, tuple(reasons))


def _closeness(distance: float) -> float:
    return max(0.0, 1 - abs(distance) / REACH)


def _topic_doubt(reading: Reading, chances: Chances) -> float:
    """1 where a topic that was named and one that was not are equally likely; 1 where a negative post has none."""
    if not reading.negative or not chances.topics:
        return 0.0
    named = [chance for code, chance in chances.topics.items() if code in reading.topics]
    others = [chance for code, chance in chances.topics.items() if code not in reading.topics]
    return _closeness(min(named) - max(others)) if named and others else float(not reading.topics)


def _reach(post: Post) -> float:
    metrics = post.metrics
    counts = (metrics.likes or 0) + 2 * ((metrics.comments or 0) + (metrics.shares or 0))
    return counts + (metrics.views or 0) / 50


def _reading(standing: Standing) -> Reading:
    assert standing.reading is not None, "only posts that were read are queued"
    return standing.reading


def _said_then(label: Label) -> bool:
    return label.judgement.negative != (label.kind in ("wrong_alarm", "missed"))


def _lot(pair: Pair) -> bytes:
    return hashlib.blake2b(f"{pair[0]} {pair[1]}".encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Live:
    """How right the readings were on the posts drawn by lot: ``drawn`` of them, ``judged`` so far."""

    drawn: int
    judged: int
    precision: Share
    recall: Share


def live(store: SqlStore) -> Live:
    """Precision and recall of negative among posts that were read as about the bank."""
    truth: Mapping[Pair, Label] = {(label.post, label.bank): label for label in store.labels()}
    drawn = [review for review in store.reviews() if review.sampled]
    pairs = list(_pairs(drawn, truth))
    hits = sum(said and true for said, true in pairs)
    said, true = sum(said for said, _ in pairs), sum(true for _, true in pairs)
    return Live(len(drawn), len(pairs), Share(hits, said), Share(hits, true))


def _pairs(drawn: Sequence[Review], truth: Mapping[Pair, Label]) -> Iterator[tuple[bool, bool]]:
    for review in drawn:
        label = truth.get((review.post, review.bank))
        if label is not None:
            yield review.negative, label.judgement.negative

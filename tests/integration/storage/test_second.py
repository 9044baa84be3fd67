"""Which posts are handed to a second reader, and what stands beside the first reading afterwards."""

from __future__ import annotations

from dataclasses import replace

from domain.posts import Metrics
from domain.readings import Evidence, Reading
from domain.second import Doubtful, GreyZone, SecondOpinion, SecondOutcome, SecondTally
from storage.query import run_query
from tests.integration.storage.conftest import BANK, VERSION, Scene, at, seen

READER = "qwen@1"
ZONE = GreyZone(VERSION, READER, 0.3, 0.6, at(-600))
OPINION = SecondOpinion(
    READER,
    negative=True,
    negativity=0.8,
    topics=("run",),
    severity=2,
    quotes=(Evidence("run", 0, 2, "取钱"),),
    reason="难",
)
GIVEN = SecondOutcome("given", OPINION)


def first(negativity: float = 0.4, *, about: bool = True, version: str = VERSION) -> Reading:
    """A first reading, not negative."""
    return Reading(about, (), negative=False, negativity=negativity, severity=0, evidence=(), version=version)


def second(version: str = f"{VERSION}+{READER}") -> Reading:
    """The reading that rests on `OPINION`."""
    return Reading(
        about=True, topics=("run",), negative=True, negativity=0.8, severity=2, evidence=OPINION.quotes, version=version
    )


def read(scene: Scene, **negativity: float) -> None:
    """Read everything that is unread, so negative by id, 0.4 where the id is not named."""
    pairs = [(post, first(negativity.get(post.id, 0.4))) for post, _parent in scene.unread()]
    scene.store.save_readings(BANK, pairs, scene.now)


def doubtful(scene: Scene, zone: GreyZone = ZONE) -> list[Doubtful]:
    """What is in doubt."""
    return scene.store.doubtful(BANK, zone, 100)


def ids(scene: Scene, zone: GreyZone = ZONE) -> list[str]:
    """The ids of what is in doubt, in order."""
    return [item.post.id for item in doubtful(scene, zone)]


def keep(scene: Scene, outcome: SecondOutcome = GIVEN, reading: Reading | None = None, reader: str = READER) -> None:
    """This comes of the first post in doubt."""
    scene.store.save_second(BANK, doubtful(scene)[0], reader, outcome, reading, scene.now)


def latest(scene: Scene) -> dict[str, tuple[str, int]]:
    """Version and verdict of the latest reading by post."""
    _columns, rows = run_query(scene.url, "SELECT id, reading_version, negative FROM v_posts ORDER BY id")
    return {row[0]: (row[1], row[2]) for row in rows}


def test_only_the_grey_zone_of_posts_about_the_bank_is_in_doubt(scene: Scene) -> None:
    """Both ends belong to it; what is clear, what is about nobody, what is old, and other versions do not."""
    scene.see(*[seen(name, minute=number) for number, name in enumerate("abcde")], seen("old", minute=-700))
    read(scene, a=0.29, b=0.3, c=0.6, d=0.61)
    scene.store.save_readings(
        BANK, [(item.post, first(about=False)) for item in doubtful(scene) if item.post.id == "e"], scene.now
    )
    assert ids(scene) == ["c", "b"]
    assert ids(scene, replace(ZONE, version="rules-2")) == []
    assert scene.store.doubtful("另一家", ZONE, 100) == []


def test_a_post_in_doubt_comes_with_what_it_answers_and_its_first_reading(scene: Scene) -> None:
    """As it was read the first time."""
    scene.see(seen("1", "正文", title="取不出钱"), seen("2", "我也是", under="1"))
    read(scene, **{"1": 0.9})
    (item,) = doubtful(scene)
    assert (item.post.id, item.parent, item.first, item.opinion) == ("2", "取不出钱\n正文", first(), None)


def test_the_loudest_come_first_then_the_newest_and_failures_last(scene: Scene) -> None:
    """Where time is short it goes where most people look; what failed does not stand in the way of the others."""
    scene.see(
        seen("old", minute=0),
        seen("new", minute=9),
        seen("loud", minute=1, metrics=Metrics(likes=1, comments=5, shares=1)),
        seen("liked", minute=2, metrics=Metrics(likes=12)),
    )
    read(scene)
    assert ids(scene) == ["loud", "liked", "new", "old"]
    keep(scene, SecondOutcome("failed", cause="连接不上"))
    assert ids(scene) == ["liked", "new", "old", "loud"]
    assert [item.post.id for item in scene.store.doubtful(BANK, ZONE, 2)] == ["liked", "new"]


def test_an_opinion_stands_beside_the_first_reading_and_its_reading_is_the_latest(scene: Scene) -> None:
    """Later stages see the second verdict; the first is history, and the post is neither unread nor in doubt."""
    scene.see(seen("1"))
    read(scene)
    keep(scene, GIVEN, second())
    assert (scene.unread(), doubtful(scene)) == ([], [])
    assert latest(scene) == {"1": (f"{VERSION}+{READER}", 1)}
    (item,) = scene.ungrouped()
    assert item.reading == second()
    columns, (row,) = run_query(scene.url, "SELECT * FROM v_second_opinions")
    assert dict(zip(columns, row, strict=True)) == {
        "source": "bbs", "id": "1", "bank": BANK, "reader": READER, "state": "given",
        "asked_at": "2026-03-16T01:00:00Z", "attempts": 1, "cause": None, "first_version": VERSION,
        "first_negative": 0, "first_negativity": 0.4, "first_topics": None, "negative": 1, "negativity": 0.8,
        "severity": 2, "topics": "run", "quotes": "取钱", "reason": "难", "in_force": 1,
    }  # fmt: skip


def test_a_post_that_was_grouped_is_considered_again_when_its_verdict_changes(scene: Scene) -> None:
    """A second opinion may come a sweep later than the first reading."""
    scene.see(seen("1"))
    read(scene)
    assert scene.group() == ["1"]
    assert scene.ungrouped() == []
    keep(scene, GIVEN, second())
    assert scene.group() == ["1"]


def test_what_was_refused_is_not_asked_for_again_by_the_same_reader(scene: Scene) -> None:
    """The same question would bring the same answer; another version is another reader."""
    scene.see(seen("1"))
    read(scene)
    keep(scene, SecondOutcome("refused", cause="引文不在帖子里"))
    assert (doubtful(scene), latest(scene)) == ([], {"1": (VERSION, 0)})
    assert ids(scene, replace(ZONE, reader="qwen@2")) == ["1"]


def test_a_failure_is_counted_and_the_post_stays_in_doubt(scene: Scene) -> None:
    """One row however often it fails, until an answer comes."""
    scene.see(seen("1"))
    read(scene)
    for cause in ("连接不上", "接口出错"):
        keep(scene, SecondOutcome("failed", cause=cause))
    told = "SELECT state, attempts, cause, in_force, negative, quotes FROM v_second_opinions"
    assert run_query(scene.url, told)[1] == [("failed", 2, "接口出错", 0, None, None)]
    assert scene.store.second_tally(at(0)) == SecondTally(failed=1, cause="接口出错")
    keep(scene, GIVEN, second())
    assert run_query(scene.url, told)[1] == [("given", 3, None, 1, 1, "取钱")]
    assert scene.store.second_tally(at(0)) == SecondTally(given=1)
    assert scene.store.second_tally(at(1)) == SecondTally()


def test_new_rules_take_up_a_known_opinion_without_asking(scene: Scene) -> None:
    """The words are the same, so what the reader said of them still counts; it comes first."""
    scene.see(seen("1"), seen("2", minute=5))
    read(scene)
    keep(scene, GIVEN, None)
    new = [(post, first(version="rules-2")) for post, _parent in scene.unread(version="rules-2")]
    scene.store.save_readings(BANK, new, scene.now)
    found = doubtful(scene, replace(ZONE, version="rules-2"))
    assert [(item.post.id, item.opinion) for item in found] == [("2", OPINION), ("1", None)]


def test_an_edited_post_is_in_doubt_anew(scene: Scene) -> None:
    """An opinion is of words; when the old words return, it is known and the latest reading is made of it again."""
    scene.see(seen("1", "甲"))
    read(scene)
    keep(scene, GIVEN, second())
    scene.see(seen("1", "乙", 1), when=1)
    read(scene)
    (item,) = doubtful(scene)
    assert (item.opinion, latest(scene)) == (None, {"1": (VERSION, 0)})
    scene.see(seen("1", "甲", 2), when=2)
    read(scene)
    (item,) = doubtful(scene)
    assert (item.opinion, latest(scene)) == (OPINION, {"1": (VERSION, 0)})
    scene.store.save_readings(BANK, [(item.post, second())], scene.now)
    assert (doubtful(scene), latest(scene)) == ([], {"1": (f"{VERSION}+{READER}", 1)})


def test_an_edited_parent_puts_its_replies_in_doubt_anew(scene: Scene) -> None:
    """What a post answers is part of what was read."""
    scene.see(seen("1", "甲"), seen("2", under="1"))
    read(scene, **{"1": 0.9})
    keep(scene, GIVEN, second())
    scene.see(seen("1", "乙", 1), when=1)
    read(scene, **{"1": 0.9})
    assert [(item.post.id, item.opinion) for item in doubtful(scene)] == [("2", None)]


def test_a_reading_of_other_rules_does_not_pass_for_this_one(scene: Scene) -> None:
    """Only "version+reader" stands for a version; one that merely begins alike is read anew."""
    scene.see(seen("1"))
    scene.store.save_readings(BANK, [(post, first(version="rules-10")) for post, _ in scene.unread()], scene.now)
    assert len(scene.unread()) == 1


def test_an_opinion_without_topics_comes_back_as_one(scene: Scene) -> None:
    """None is "does not say", not "none"."""
    scene.see(seen("1"))
    read(scene)
    said = replace(OPINION, topics=None, severity=None)
    keep(scene, SecondOutcome("given", said))
    assert [item.opinion for item in doubtful(scene)] == [said]

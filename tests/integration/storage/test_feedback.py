"""Labels, models of the bank's own, and the queue for review, on both databases."""

from __future__ import annotations

from dataclasses import replace

from domain.feedback import Judgement, Label, ModelChange, ModelRecord, Review, Standing
from storage.query import run_query
from tests.integration.storage.conftest import BANK, Scene, at, seen

TRUE = Judgement(about=True, negative=True, topics=("run",), severity=None)
RECORD = ModelRecord(
    version="v1",
    trained_at=at(60),
    taken=True,
    reason="变好了",
    base="shipped",
    base_digest="a" * 64,
    digest="b" * 64,
    shipped_digest="a" * 64,
    rules="3",
    data_hash="c" * 64,
    records=7000,
    labels=20,
    scores={"negative_f1": (0.9, 0.91), "feedback": (0.5, 0.7)},
)


def standing(scene: Scene, post: str) -> Standing:
    """A post as it stands before the analyst."""
    found = scene.store.standing("bbs", post, BANK)
    assert found is not None
    return found


def label(scene: Scene, post: str, judgement: Judgement = TRUE, by: str = "王") -> Label:
    """A label of a post as it stands, kept."""
    stands = standing(scene, post)
    made = Label(
        post=stands.post.key, source="bbs", id=post, bank=BANK, platform=stands.post.platform,
        text=stands.post.full_text, parent=stands.parent, judgement=judgement, kind="other_topic",
        version="rules-1", by=by, at=at(30), note="看过原帖",
    )  # fmt: skip
    scene.store.save_labels([made])
    return made


def review(scene: Scene, post: str, *, sampled: bool = False, day: str = "2026-03-16") -> Review:
    """A post in the queue."""
    one = Review(standing(scene, post).post.key, BANK, day, at(40), "接近门槛", 0.7, sampled, True, "rules-1")  # noqa: FBT003
    scene.store.queue([one])
    return one


def test_a_label_comes_back_as_it_was_given(scene: Scene) -> None:
    """With the parent that was read beside the post, and the severity that was left open."""
    scene.see(seen("1", title="取不出钱"), seen("2", "我也是", 1, under="1", reply_to="1"))
    scene.read()
    made = label(scene, "2")
    (kept,) = scene.store.labels()
    assert replace(kept, key=0) == made
    assert kept.parent == "取不出钱\n取钱排队"


def test_a_later_label_counts_and_the_earlier_one_stays(scene: Scene) -> None:
    """History is never lost; what is in effect is the newest of post and bank."""
    scene.see(seen("1"), seen("2"))
    scene.read()
    label(scene, "1", by="王")
    label(scene, "2", by="王")
    label(scene, "1", replace(TRUE, negative=False, topics=()), by="李")
    assert [(one.id, one.by) for one in scene.store.labels()] == [("2", "王"), ("1", "李")]
    assert len(scene.store.labels(history=True)) == 3
    _columns, rows = run_query(scene.url, "SELECT id, judged_by, in_effect FROM v_labels ORDER BY number")
    assert rows == [("1", "王", 0), ("2", "王", 1), ("1", "李", 1)]


def test_a_label_stays_true_when_the_post_is_edited(scene: Scene) -> None:
    """It holds the words that were judged."""
    scene.see(seen("1", "取钱排队三小时"))
    scene.read()
    label(scene, "1")
    scene.see(seen("1", "已经解决，谢谢", 50), when=50)
    assert standing(scene, "1").post.text == "已经解决，谢谢"
    assert scene.store.labels()[0].text == "取钱排队三小时"


def test_a_post_that_nobody_read_or_knows_has_no_reading_to_judge(scene: Scene) -> None:
    """Unread is told from unknown."""
    scene.see(seen("1"))
    assert standing(scene, "1").reading is None
    assert scene.store.standing("bbs", "9", BANK) is None


def test_trainings_are_kept_and_the_last_change_says_what_is_in_use(scene: Scene) -> None:
    """Refused ones too; the change is written with the training that brought it."""
    assert scene.store.next_model() == "v1"
    change = ModelChange(at(60), "v1", "yuqing train", "通过")
    scene.store.save_model(RECORD, change)
    refused = replace(RECORD, version="v2", taken=False)
    scene.store.save_model(refused, None)
    back = ModelChange(at(90), "shipped", "王", "误报变多")
    scene.store.change_model(back)
    assert scene.store.models() == [RECORD, refused]
    assert scene.store.model_changes() == [change, back]
    assert scene.store.next_model() == "v3"


def test_two_versions_are_compared_on_the_same_words(scene: Scene) -> None:
    """The old readings stay; a post that was edited between is no pair, and severity alone is no difference."""
    scene.see(*(seen(str(number)) for number in range(1, 5)))
    scene.read(version="old")
    scene.see(seen("4", "改过的话", 50), when=50)
    scene.read(version="new", about=["1", "2", "4"])
    total, differences = scene.store.compare_readings(BANK, "old", "new")
    assert total == 3
    assert [(one.id, one.old.negative, one.new.negative) for one in differences] == [("3", True, False)]
    assert scene.store.reading_versions(BANK) == {"old": 4, "new": 4}


def test_the_queue_holds_each_post_once(scene: Scene) -> None:
    """One that is drawn later keeps its place and is marked."""
    scene.see(seen("1"))
    scene.read()
    queued = review(scene, "1")
    scene.store.queue([replace(queued, sampled=True)])
    assert scene.store.reviews() == [replace(queued, sampled=True)]


def test_what_is_unsure_leaves_out_what_is_labelled_queued_old_or_of_others(scene: Scene) -> None:
    """Nearest to the bar first."""
    scene.see(*(seen(str(number), minute=number) for number in range(6)))
    scene.read(about=["1", "2", "3", "4", "0"])
    label(scene, "1")
    review(scene, "2")
    found = scene.store.unsure(BANK, at(1), 0.5, 10)
    assert sorted(one.post.id for one in found) == ["3", "4"]
    assert all(one.reading for one in found)


def test_the_lot_is_drawn_from_all_that_is_about_the_bank(scene: Scene) -> None:
    """Labelled and queued ones too; only what was drawn is left out."""
    scene.see(*(seen(str(number), minute=number) for number in range(5)))
    scene.read(about=["1", "2", "3"])
    label(scene, "1")
    review(scene, "2")
    review(scene, "3", sampled=True)
    keys = scene.store.about_since(BANK, at(0))
    assert [one.post.id for one in scene.store.standings_of(BANK, keys)] == ["1", "2"]

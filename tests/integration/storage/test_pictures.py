"""Pictures in the store: noted once, read once, and their words become words of the post."""

from __future__ import annotations

from datetime import timedelta

from domain.pictures import PictureOutcome, PictureText
from domain.posts import PICTURE_MARK
from storage.query import run_query
from tests.integration.storage.conftest import Scene, T, at, reading, seen

A, B = "https://x.example/a.jpg", "https://x.example/b.jpg"
ROWS = "SELECT id, url, state, text, confidence, attempts, cause FROM v_pictures ORDER BY id, url"
DAY = timedelta(days=1)


def waiting(scene: Scene, minute: float = 0) -> list[str]:
    """The addresses that wait, in order."""
    return [picture.url for picture in scene.store.waiting_pictures(T - DAY, at(minute), 100)]


def came(scene: Scene, url: str, state: str, text: str = "", minute: float = 0, cause: str | None = None) -> None:
    """One waiting picture comes to this end."""
    [picture] = [item for item in scene.store.waiting_pictures(T - DAY, at(minute), 100) if item.url == url]
    words = PictureText(text, 0.9 if text else None) if state in ("read", "empty") else None
    scene.store.save_picture(PictureOutcome(picture.key, state, f"sha of {url}", words, cause), at(minute))


def test_a_picture_is_noted_once_however_often_it_is_seen(scene: Scene) -> None:
    """The newest post's pictures come first; what was read is not asked for again."""
    scene.see(seen("1", pictures=(A, B)), seen("2", minute=5, pictures=(A,)))
    scene.see(seen("1", minute=9, pictures=(B, A)))
    assert waiting(scene) == [A, A, B]
    came(scene, B, "read", "系统繁忙")
    scene.see(seen("1", minute=12, pictures=(A, B)))
    assert waiting(scene) == [A, A]
    assert len(run_query(scene.url, ROWS)[1]) == 3


def test_a_picture_with_a_fresh_signature_is_the_same_with_a_fresh_address(scene: Scene) -> None:
    """Sites sign addresses anew for each visit: the one to be fetched is the newest, and what was read stays."""
    scene.see(seen("1", pictures=(f"{A}?x-expires=1&x-signature=p",)))
    scene.see(seen("1", minute=3, pictures=(f"{A}?x-expires=2&x-signature=q",)))
    assert waiting(scene) == [f"{A}?x-expires=2&x-signature=q"]
    came(scene, f"{A}?x-expires=2&x-signature=q", "empty")
    scene.see(seen("1", minute=6, pictures=(f"{A}?x-expires=3&x-signature=r",)))
    assert waiting(scene) == []


def test_a_post_has_no_more_pictures_than_one_post_can_have(scene: Scene) -> None:
    """A post that shows another picture at every visit does not fill the store."""
    for minute in range(5):
        scene.see(seen("1", minute=minute, pictures=tuple(f"https://x.example/{minute}-{n}.jpg" for n in range(8))))
    assert len(waiting(scene)) == 20


def test_words_of_pictures_become_words_of_the_post_which_is_read_again(scene: Scene) -> None:
    """They stand behind the text in the order of the pictures, and a new sighting does not take them away."""
    scene.see(seen("1", "手机银行又这样", pictures=(A, B)))
    assert scene.read() == ["1"]
    assert scene.read() == []
    came(scene, B, "read", "转账失败")
    came(scene, A, "read", "系统繁忙")
    [(post, _parent)] = scene.unread()
    assert post.full_text == f"手机银行又这样\n{PICTURE_MARK}系统繁忙\n转账失败"
    assert scene.read() == ["1"]
    scene.see(seen("1", "手机银行又这样", minute=30))
    assert scene.unread() == []
    scene.see(seen("1", "手机银行天天这样", minute=40))
    [(post, _parent)] = scene.unread()
    assert post.picture_text == "系统繁忙\n转账失败"
    assert scene.store.search("转账失败", 10) == [post]
    assert scene.store.search("天天这样", 10) == [post]
    assert run_query(scene.url, "SELECT text, picture_text FROM v_posts")[1] == [
        ("手机银行天天这样", "系统繁忙\n转账失败")
    ]


def test_the_same_words_twice_in_a_post_count_once(scene: Scene) -> None:
    """A thumbnail beside its picture says nothing more."""
    scene.see(seen("1", pictures=(A, B)))
    came(scene, A, "read", "系统繁忙")
    came(scene, B, "read", "系统繁忙")
    assert scene.unread()[0][0].picture_text == "系统繁忙"


def test_replies_are_read_again_with_the_words_of_the_picture_that_they_answer(scene: Scene) -> None:
    """Under a picture of an error "me too" means the error."""
    scene.see(seen("1", "看图", pictures=(A,)), seen("2", "我也是", minute=1, under="1"))
    assert scene.read() == ["1", "2"]
    came(scene, A, "read", "系统繁忙")
    assert [(post.id, parent) for post, parent in scene.unread()] == [
        ("1", None),
        ("2", f"看图\n{PICTURE_MARK}系统繁忙"),
    ]


def test_a_failure_is_tried_again_later_a_few_times_and_a_refusal_never(scene: Scene) -> None:
    """After one, six and twenty-four hours; the last cause stays."""
    scene.see(seen("1", pictures=(A, B)))
    came(scene, B, "refused", cause="图片太大")
    minute = 0.0
    for hours in (1, 6, 24):
        came(scene, A, "failed", minute=minute, cause="连接不上")
        assert waiting(scene, minute + 60 * hours - 1) == []
        minute += 60 * hours
        assert [picture.url for picture in scene.store.waiting_pictures(T - DAY, at(minute), 9)] == [A]
    came(scene, A, "failed", minute=minute, cause="连接不上")
    assert waiting(scene, minute + 60 * 24 * 9) == []
    assert run_query(scene.url, ROWS)[1] == [
        ("1", A, "failed", None, None, 4, "连接不上"),
        ("1", B, "refused", None, None, 1, "图片太大"),
    ]


def test_content_that_was_read_before_is_known_by_its_hash(scene: Scene) -> None:
    """Also where there was nothing to be read in it; a failure is no knowledge."""
    scene.see(seen("1", pictures=(A, B)))
    came(scene, A, "read", "系统繁忙")
    came(scene, B, "empty")
    assert scene.store.known_picture(f"sha of {A}") == PictureText("系统繁忙", 0.9)
    assert scene.store.known_picture(f"sha of {B}") == PictureText("", None)
    assert scene.store.known_picture("another") is None


def test_pictures_of_old_and_deleted_posts_wait_no_longer_and_those_about_no_bank_come_last(scene: Scene) -> None:
    """What is read first is what may matter today."""
    old, mine, other = (f"https://x.example/{name}.jpg" for name in ("old", "mine", "other"))
    scene.see(
        seen("0", minute=-3000, pictures=(old,)), seen("1", pictures=(mine,)), seen("2", minute=5, pictures=(other,))
    )
    assert waiting(scene) == [other, mine]
    waiting_posts = scene.unread()
    pairs = [(post, reading(post.id == "1")) for post, _parent in waiting_posts]
    scene.store.save_readings("桐花村镇银行", pairs, T)
    assert waiting(scene) == [mine, other]
    scene.see(seen("1", "", minute=9, deleted=True))
    assert waiting(scene) == [other]


def test_characters_that_no_database_keeps_do_no_harm(scene: Scene) -> None:
    """A zero byte in an address or in the words is replaced."""
    scene.see(seen("1", pictures=("https://x.example/\x00.jpg",)))
    [picture] = scene.store.waiting_pictures(T - DAY, T, 9)
    scene.store.save_picture(PictureOutcome(picture.key, "read", "s", PictureText("繁\x00忙", 0.5)), T)
    assert [post.picture_text for post in scene.store.search("忙", 9)] == ["繁\ufffd忙"]

"""Pictures of a post: which addresses come in, and what is joined to a line of text."""

from __future__ import annotations

from typing import Any

import pytest

from crawlers.door import MOST_PICTURES, Door
from crawlers.parse.pictures import pictures_in
from crawlers.pictures.lines import Box, confidence_of, text_of
from domain.pictures import picture_identity

DOOR = Door(b"a key of this test")


def pictures(text: str, named: Any = (), url: str = "https://bbs.example/forum/thread-7-1-1.html") -> tuple[str, ...]:
    """The pictures of an observation with this text."""
    record = {
        "source": "bbs", "id": "p1", "text": text, "observed_at": "2026-03-02T08:00:00Z", "url": url, "pictures": named,
    }  # fmt: skip
    return DOOR.admit(record).pictures


def test_a_picture_that_is_loaded_late_is_known_by_its_real_address() -> None:
    """Discuz! X, WeChat and others put a placeholder into src and the picture elsewhere."""
    markup = (
        '<p>转不出去<img src="static/image/common/none.gif" file="data/a.jpg" zoomfile="data/big.jpg"></p>'
        '<img data-src="https://mmbiz.example/m/640?wx_fmt=png&amp;tp=webp" src="data:image/gif;base64,R0lG">'
        "<IMG SRC=/pic/c.png><img data-original='//cdn.example/d.webp' src=loading.gif>"
    )
    assert pictures(markup) == (
        "https://bbs.example/forum/data/big.jpg",
        "https://mmbiz.example/m/640?wx_fmt=png&tp=webp",
        "https://bbs.example/pic/c.png",
        "https://cdn.example/d.webp",
    )


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<img src="javascript:alert(1)">',
        '<img src="file:///etc/passwd">',
        '<img src="static/image/smiley/default/cry.gif" smilieid="9">',
        '<img src="https://uc.example/uc_server/avatar.php?uid=7&size=small">',
        '<img src="https://thirdwx.qlogo.cn/mmopen/abc/132">',
        '<img src="https://x.example/track.gif" width="1" height="1">',
        '<img src="https://x.example/e.png" alt="[怒]">',
        '<img src="https://x.example/qq/emoji/12.png">',
        '<img src="https://x.example/mark.svg">',
        '<img alt="没有地址">',
        "<p>a<imgs src='x.png'></p>",
    ],
)
def test_what_is_no_picture_of_the_post_is_left_at_the_door(tag: str) -> None:
    """Faces, smileys, counters, placeholders and addresses that are none are not kept; avatars never."""
    assert pictures(f"取不出钱{tag}") == ()


def test_named_pictures_come_first_once_each_and_not_without_end() -> None:
    """A video's cover that also stands in the text is one picture; avatars are dropped here, too."""
    named = ["https://v.example/cover.jpg", "https://v.example/avatar/u7.jpg", "ftp://v.example/x.jpg", 7]
    assert pictures('钱呢<img src="https://v.example/cover.jpg">', named) == ("https://v.example/cover.jpg",)
    many = "".join(f'<img src="/p/{number}.jpg">' for number in range(50))
    assert len(pictures(many)) == MOST_PICTURES


@pytest.mark.parametrize("odd", [None, 3, "https://x.example/a.jpg", {"url": "https://x.example/a.jpg"}, [{"u": 1}]])
def test_a_field_pictures_of_another_shape_does_not_refuse_the_post(odd: Any) -> None:
    """The contract does not know the field, so files from outside may have anything in it."""
    assert pictures("取不出钱", odd) == ()


def test_mark_up_in_a_post_without_an_address_gives_whole_addresses_only() -> None:
    """A relative address leads nowhere without the page that it stood on."""
    assert pictures('急<img src="a.jpg"><img src="http://x.example/b.jpg">', url="") == ("http://x.example/b.jpg",)
    assert pictures_in('<img src="a.jpg">') == ("a.jpg",)
    assert pictures_in('<img src="a.jpg">', "https://x.example/t/1") == ("https://x.example/t/a.jpg",)


def test_a_long_text_of_broken_tags_is_passed_over_quickly() -> None:
    """Mark-up that never ends costs no more than its length."""
    assert pictures_in("<img " * 100_000 + "src=x" * 100_000) == ()


def test_an_address_that_is_signed_anew_names_the_same_picture() -> None:
    """Only what says which picture it is counts; a number of an attachment does."""
    before = picture_identity("https://p3.example/a.webp?x-expires=1&x-signature=abc%3D&from=7")
    assert before == picture_identity("http://p3.example/a.webp?x-expires=2&x-signature=def&from=7")
    first = picture_identity("https://bbs.example/forum.php?mod=attachment&aid=1")
    assert first != picture_identity("https://bbs.example/forum.php?mod=attachment&aid=2")


def box(text: str, left: float, top: float, width: float | None = None, confidence: float = 0.9) -> Box:
    """Words in type of 20 pixels."""
    return Box(text, left, top, left + (width if width is not None else 20 * len(text)), top + 20, 20, confidence)


def test_a_sentence_that_the_screen_breaks_is_whole_again() -> None:
    """转账失 and 败 stand on two rows of one block and mean one word."""
    boxes = [box("钱已经扣了可是对方说没有收到转账失", 16, 100), box("败了三次", 16, 122)]
    assert text_of(boxes) == "钱已经扣了可是对方说没有收到转账失败了三次"


def test_the_entries_of_a_list_keep_lines_of_their_own() -> None:
    """What stands far apart, or ends before the edge, is not joined; what stands on one row is, with a space."""
    boxes = [
        box("转账失败", 16, 0), box("余额查询明细与流水打印", 16, 50), box("收款人", 16, 100), box("王某", 300, 102),
        box("收款银行账户名称与开户网点", 16, 150), box("确定", 180, 200),
    ]  # fmt: skip
    assert text_of(boxes).split("\n") == [
        "转账失败", "余额查询明细与流水打印", "收款人 王某", "收款银行账户名称与开户网点", "确定",
    ]  # fmt: skip


def test_confidence_is_the_mean_over_characters() -> None:
    """A long sure line outweighs a short guess; without a line there is none."""
    assert confidence_of([box("系统繁忙请稍后", 0, 0, confidence=1.0), box("x", 0, 40, confidence=0.2)]) == 0.9
    assert confidence_of([]) is None
    assert text_of([]) == ""

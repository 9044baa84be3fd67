"""What of a page becomes a tree."""

from __future__ import annotations

import pytest

from crawlers.parse.discuz_cut import is_plainly_last, posts_of, threads_of

CARD = '<div class="i y"><dl class="pil cl"><dd>积分 9</dd></dl></div>'
BUTTONS = "<em><a>回复</a></em><p>举报</p>"


def post(pid: int = 1, *, name: str = "老李", card: str = CARD, buttons: str = BUTTONS) -> str:
    """A post in the shape of Discuz!'s template."""
    said = f'<div class="pi">\n<div class="authi"><a class="xw1">{name}</a></div>\n</div>' if name else ""
    return (
        f'<div id="post_{pid}"><table id="pid{pid}"><tr><td class="pls" rowspan="2"><div id="favatar{pid}" class="pls">'
        f'{said}{card}</div>\n\t</td>\n\t<td class="plc"><div class="pi"><div class="authi">发表于</div></div>'
        f'<table><tr><td class="t_f" id="postmessage_{pid}">钱呢</td></tr></table></td></tr><tr><td class="plc plm">'
        f'<div class="po hin"><div class="pob cl">{buttons}</div></div></td></tr></table></div>'
    )


def page(*posts: str) -> str:
    """A page with these posts, menus above and a foot below."""
    menus, foot = '<div id="nv"><a>首页</a></div>', '<div id="ft">Powered by Discuz!</div>'
    return f'<html><body>{menus}<div id="postlist" class="pl">{"".join(posts)}</div>{foot}</body></html>'


@pytest.mark.parametrize("name", ["老李", ""])
def test_cards_buttons_menus_and_foot_are_left_out(name: str) -> None:
    """Names, words and whatever else a post has stay, each at its place."""
    left = posts_of(page(post(1, name=name), post(2, name=name)))
    bare = [post(pid, name=name, card="", buttons="") for pid in (1, 2)]
    assert left == f'<div id="postlist" class="pl">{"".join(bare)}</div>'


@pytest.mark.parametrize(
    "other",
    [
        post(card=f'<div class="authi"><a class="xw1">老李</a></div>{CARD}'),
        post(name="", card='<div class="pi">旧用户 <em>该用户已被删除</em></div>'),
        post().replace("</div>\n\t</td>", "</div><p>9</p></td>"),
        post().replace('class="plc"', 'class="right"'),
        post().replace("favatar", "face"),
    ],
    ids=["a name in the card", "no name but words", "something behind the card", "another column", "another card"],
)
def test_a_post_that_is_built_otherwise_is_kept_whole(other: str) -> None:
    """Its card may hold what is read; the post after it is cut as ever."""
    left = posts_of(page(other, post(2)))
    assert other.replace(BUTTONS, "") + post(2, card="", buttons="") in left


def test_buttons_with_a_block_among_them_are_kept() -> None:
    """Where a block begins in the row, its end is not surely the row's."""
    odd = post(buttons=f"<div>{BUTTONS}</div>")
    assert post(card="", buttons=f"<div>{BUTTONS}</div>") in posts_of(page(odd))


def test_a_page_without_foot_keeps_what_is_around_the_posts() -> None:
    """Where the posts' end is not known, all of the page is."""
    whole = page(post()).replace('id="ft"', "")
    assert posts_of(whole) == whole.replace(CARD, "").replace(BUTTONS, "")
    assert threads_of(whole) == whole


def test_a_list_stands_between_menus_and_foot() -> None:
    """Boards below stand above the list, so that a page with them stays whole."""
    rows = '<div id="threadlist"><tbody id="normalthread_1"></tbody></div>'
    around = f'<html><body><div id="nv">首页</div>{rows}<div id="ft"></div></body></html>'
    assert threads_of(around) == rows
    with_boards = around.replace("首页", '<table class="fl_tb"></table>')
    assert threads_of(with_boards) == with_boards


def test_the_last_page_shows_as_such() -> None:
    """Neither a link to a next page nor an opening post in parts; a page without posts says nothing."""
    assert is_plainly_last(posts_of(page(post())))
    assert not is_plainly_last(posts_of(page(post(), '<a class="nxt">下一页</a>')))
    assert not is_plainly_last(posts_of(page(post(), '<div id="threadpage"></div>')))
    assert not is_plainly_last(posts_of(page()))


@pytest.mark.parametrize("piece", ['<div id="favatar1"', '<div id="favatar1">', '<div class="pob cl">', "<p>", '"nxt"'])
def test_no_page_takes_for_ever(piece: str) -> None:
    """A page of some megabytes of beginnings without ends is looked through once, not once for each of them."""
    hostile = page(piece * (3_000_000 // len(piece)))
    assert len(posts_of(hostile)) <= len(hostile)

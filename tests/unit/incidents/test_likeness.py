"""Where posts belong that complain of nothing, name nobody, or speak of another matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from domain.incidents import Grouping, ReadPost
from domain.readings import Bank
from incidents.config import GroupingConfig
from incidents.grouping import group

Say = Callable[..., ReadPost]
CONFIG = GroupingConfig()


def homes(grouping: Grouping) -> dict[int, str]:
    """The incident of each post."""
    return {membership.post: membership.incident for membership in grouping.memberships}


def together(outcome: Grouping, *items: ReadPost) -> bool:
    """Whether all of them are in one incident."""
    found = [homes(outcome).get(item.post.key) for item in items]
    return None not in found and len(set(found)) == 1


@pytest.fixture
def seized(say: Say) -> ReadPost:
    """A customer whose savings a manager took."""
    return say(
        "桥头支行的廖经理把我家36万存款拿去放贷了，柜台说系统里查无此笔，打电话关机，人已经失联半个月",
        "staff_misconduct", title="桥头支行廖经理去哪了",
    )  # fmt: skip


def test_a_neutral_report_joins_the_matter_that_it_reports(bank: Bank, say: Say, seized: ReadPost) -> None:
    """Place, person and kind of matter agree, though the reading finds neither topic nor complaint in it."""
    report = say(
        "记者获悉，青莲湖村镇银行桥头支行员工廖某涉嫌职务侵占，公安机关已立案侦查。",
        hours=40, source="daily", platform="news", negative=False,
    )  # fmt: skip
    outcome = group(bank, [], [seized, report], CONFIG)
    assert together(outcome, seized, report)
    assert "一致：网点、人员" in outcome.memberships[1].reason


def test_a_report_that_came_before_the_complaint_joins_when_the_complaint_opens(
    bank: Bank, say: Say, seized: ReadPost
) -> None:
    """A second look over the batch: what a post said becomes clear by what was said after it."""
    report = say("网传桥头支行客户经理廖某失联，青莲湖村镇银行回应称已报警", hours=-3, platform="weibo", negative=False)
    assert together(group(bank, [], [seized, report], CONFIG), seized, report)


def test_a_complaint_that_leaves_the_name_out_joins_but_opens_nothing(bank: Bank, say: Say, seized: ReadPost) -> None:
    """It is not about the bank by its words; where it is alone, no incident comes of it."""
    video = say(
        "客户经理卷走一家人36万，银行说是个人行为？桥头镇好几户都在找他",
        hours=5, source="dy", platform="douyin", about=False, negative=True,
    )  # fmt: skip
    assert together(group(bank, [], [seized, video], CONFIG), seized, video)
    assert group(bank, [], [video], CONFIG) == Grouping((), ())


@pytest.mark.parametrize(
    "text",
    [
        "柳溪农商行桥头支行的客户经理也失联了，卷走36万，查无此笔",
        "信用社的廖经理卷款失联，桥头镇人人都在说",
    ],
)
def test_another_banks_scandal_is_not_ours(bank: Bank, say: Say, seized: ReadPost, text: str) -> None:
    """However like it is, in a post that is not about the bank and names another."""
    other = say(text, hours=3, about=False, negative=True, source="dy", platform="douyin")
    assert other.post.key not in homes(group(bank, [], [seized, other], CONFIG))


@pytest.mark.parametrize(
    "text",
    [
        "桥头支行的小廖人真好，下雨天送我奶奶出门",
        "青莲湖村镇银行桥头支行迁至桥头镇文昌路，换发金融许可证",
        "桥头的油菜花开了",
        "桥头支行周六上班吗",
    ],
)
def test_praise_and_small_talk_about_the_same_branch_stay_out(
    bank: Bank, say: Say, seized: ReadPost, text: str
) -> None:
    """The place alone makes no matter."""
    other = say(text, hours=6, negative=False)
    assert other.post.key not in homes(group(bank, [], [seized, other], CONFIG))


def test_a_terse_comment_elsewhere_finds_the_thread_by_topic_and_branch(bank: Bank, say: Say) -> None:
    """又排两小时 城南支行 under somebody's video is the forum's queue, not that of another branch."""
    south = say("城南支行窗口又只开一个，取号前面还有二十六个，站了一上午", "queue_slow")
    bridge = say("桥头支行叫号喇叭坏了，队排到门外", "queue_slow", hours=1)
    video = say("赶集日记", hours=5, source="ks", platform="kuaishou", about=False, negative=False)
    terse = say("又排两小时 城南支行", "queue_slow", hours=7, source="ks", platform="kuaishou", thread=video.post.id)
    outcome = group(bank, [], [south, bridge, video, terse], CONFIG)
    assert together(outcome, south, terse)
    assert not together(outcome, south, bridge)


def test_the_banks_rebuttal_belongs_to_the_rumour(bank: Bank, say: Say) -> None:
    """What concerns the whole bank is not split by branch or product, and 谣言 speaks of the run."""
    rumour = say("听说青莲湖银行要倒了，取不出钱，赶紧去取", "bank_run_rumor", "withdrawal_hard")
    answer = say(
        "县金融办通报：青莲湖村镇银行经营正常，现金充足，存款受存款保险保障，请勿传谣",
        hours=14, source="wx", platform="wechat", negative=False,
    )  # fmt: skip
    assert together(group(bank, [], [rumour, answer], CONFIG), rumour, answer)


def test_a_grumble_under_a_calm_post_opens_nothing_and_a_grievance_does(bank: Bank, say: Say) -> None:
    """One unspecific word of discontent is no matter; a loss that is told in a sentence is, wherever it stands."""
    photo = say("银行门口的春联贴反了哈哈", negative=False)
    grumble = say("文化人开的银行", "smear_general", hours=1, thread=photo.post.id, severity=1)
    assert group(bank, [], [photo, grumble], CONFIG) == Grouping((), ())
    told = say("我妈八万块存款在这里被办成了五年保险", "mis_selling", hours=2, thread=photo.post.id)
    assert told.post.key in homes(group(bank, [], [photo, grumble, told], CONFIG))


def test_a_reply_that_tells_of_another_incident_leaves_its_thread(bank: Bank, say: Say, seized: ReadPost) -> None:
    """It goes where its own matter is; a reply that only adds a place stays."""
    queue = say("城南支行窗口又只开一个，取号前面还有二十六个", "queue_slow", hours=2)
    about_the_other = say(
        "排队算什么，桥头支行那个廖经理把人家36万存款都卷走了，人还失联着",
        "staff_misconduct", hours=3, thread=queue.post.id,
    )  # fmt: skip
    me_too = say("柳塘分理处也是一样，每次去都要等一个多小时", "queue_slow", hours=4, thread=queue.post.id)
    outcome = group(bank, [], [seized, queue, about_the_other, me_too], CONFIG)
    assert together(outcome, seized, about_the_other)
    assert together(outcome, queue, me_too)


def test_an_unsure_reading_inside_a_thread_does_not_split_it(bank: Bank, say: Say, seized: ReadPost) -> None:
    """Replies that are read as calm, or as about nobody, stay with their thread."""
    calm = say("我舅妈也给了他8万", hours=1, thread=seized.post.id, negative=False)
    unnamed = say("等一个说法", hours=2, thread=seized.post.id, about=False, negative=False)
    assert together(group(bank, [], [seized, calm, unnamed], CONFIG), seized, calm, unnamed)


def test_a_complaint_without_a_name_finds_its_matter_by_the_topic_that_it_leans_to(bank: Bank, say: Say) -> None:
    """No cue word tells its kind, but the reading says of what it would complain; with words in common it joins."""
    first = say("青莲湖银行的码说好永久免费，这个月开始扣钱，扣完退，退完又扣", "fees_unfair")
    unnamed = partial(
        say, "免费的码又扣，剪一个头十五块也要分他一口，算什么名堂", platform="douyin", about=False, negativity=0.9
    )
    again, other = unnamed(hours=24 * 6, leaning=("fees_unfair",)), unnamed(hours=24 * 6, leaning=("credit_record",))
    assert together(group(bank, [], [first, again], CONFIG), first, again)
    assert not together(group(bank, [], [first, other], CONFIG), first, other)


def test_what_shows_no_sign_of_the_bank_has_to_be_as_like_as_a_complaint(
    bank: Bank, say: Say, seized: ReadPost
) -> None:
    """A calm report without any name of ours joins where it tells the same story, and not by its topic alone."""
    calm = partial(say, hours=5, platform="douyin", about=False, negativity=0.2, leaning=("staff_misconduct",))
    story = calm("客户经理把36万存款拿去放贷了，系统里查无此笔，人已经失联半个月")
    vague = calm("又有人卷钱跑了", hours=24 * 8)
    outcome = group(bank, [], [seized, story, vague], CONFIG)
    assert together(outcome, seized, story)
    assert not together(outcome, seized, vague)


def test_who_saw_the_same_scene_on_one_day_tells_of_one_matter(bank: Bank, say: Say) -> None:
    """Their topics differ; place, day and some of the words are the same. A fortnight later it is left to a person."""
    seen = say("城南支行拒收包子铺的硬币，一袋子推翻在地，两口子蹲着捡", "service_bad")
    told = partial(say, "包子铺攒了一年的硬币，城南支行的柜员头都不抬，说没空数", "queue_slow", platform="kuaishou")
    today, later = told(hours=3), told(hours=24 * 14)
    assert together(group(bank, [], [seen, today], CONFIG), seen, today)
    assert not together(group(bank, [], [seen, later], CONFIG), seen, later)

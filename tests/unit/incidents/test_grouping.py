"""Which posts become one incident, and why."""

from __future__ import annotations

import gc
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.incidents import Apart, Grouping, Incident, ReadPost
from domain.readings import Bank
from incidents.config import GroupingConfig
from incidents.grouping import group
from incidents.likeness import Floats, Judge
from incidents.notes import Notes

Say = Callable[..., ReadPost]
CONFIG = GroupingConfig()


def how(grouping: Grouping) -> dict[int, str]:
    """How each post joined."""
    return {membership.post: membership.how for membership in grouping.memberships}


def homes(grouping: Grouping) -> dict[int, str]:
    """The incident of each post."""
    return {membership.post: membership.incident for membership in grouping.memberships}


def known(grouping: Grouping, items: Sequence[ReadPost]) -> list[tuple[Incident, list[ReadPost]]]:
    """The outcome of one batch, as the store gives it to the next."""
    home = homes(grouping)
    return [
        (incident, [item for item in items if home.get(item.post.key) == incident.id])
        for incident in grouping.incidents
    ]


def test_replies_join_their_thread_and_advertisements_do_not(bank: Bank, say: Say) -> None:
    """Every reply to a root that opened an incident joins it, also a friendly one; an offer is left out."""
    root = say("我爸在城南支行存的5万，三年定期到期没人通知，利息少了一截", "interest_swallowed", title="利息被吃了")
    calm = say("打12378问问", hours=1, thread=root.post.id)
    advert = say("全额退保加我v，不成功不收费", hours=2, thread=root.post.id)
    outcome = group(bank, [], [root, calm, advert], CONFIG)
    assert how(outcome) == {root.post.key: "opens", calm.post.key: "thread"}
    assert outcome.incidents[0].title == "利息被吃了"
    assert outcome.incidents[0].topics == ("interest_swallowed",)
    assert outcome.incidents[0].last_post_at == calm.post.moment


def test_the_collector_of_garbage_rests_meanwhile(bank: Bank, say: Say) -> None:
    """It would go through all that is at hand again and again; it goes on behind."""
    running: list[bool] = []

    def logits(rows: Floats) -> Floats:
        running.append(gc.isenabled())
        return np.zeros(len(rows))

    posts = [say("城南支行利息少了", "interest_swallowed", hours=hour, author=str(hour)) for hour in range(2)]
    group(bank, [], posts, CONFIG, judge=Judge(logits))
    assert running == [False]
    assert gc.isenabled()


def test_praise_news_and_other_banks_open_nothing(bank: Bank, say: Say) -> None:
    """Only a negative post about the bank opens an incident."""
    posts = [
        say("城南支行的小徐人真好", negative=False),
        say("警方：造谣者已被传唤", negative=False),
        say("农商行的主任跑了", "staff_misconduct", about=False),
    ]
    assert group(bank, [], posts, CONFIG) == Grouping((), ())


def test_one_matter_on_two_platforms_is_one_incident_with_the_reason(bank: Bank, say: Say) -> None:
    """Topic, branch, product and amount agree: the reason names the figures and the slots."""
    first = say("城南支行20万大额存单到期给我转成一年的，利息差4千多", "interest_swallowed")
    second = say(
        "论坛上那个城南支行20万存单被转存的，我家也有一张",
        "interest_swallowed",
        hours=20,
        platform="tieba",
        source="ba",
    )
    outcome = group(bank, [], [first, second], CONFIG)
    joined = outcome.memberships[1]
    assert joined.how == "similar"
    assert len(outcome.incidents) == 1
    assert "同一件事的可能" in joined.reason
    assert "一致：网点、产品、金额、提到的平台" in joined.reason
    assert CONFIG.join_score <= joined.score <= 1


def test_in_doubt_an_accusation_is_a_matter_of_its_own(bank: Bank, say: Say) -> None:
    """At a chance of 0.6 it opens one, marked; what is calm, goes on, or concerns the whole bank joins."""
    doubt = Judge(lambda rows: np.full(len(rows), math.log(0.6 / 0.4)))

    def settled(one: ReadPost, other: ReadPost) -> Grouping:
        return group(bank, [], [one, other], CONFIG, judge=doubt)

    queue = say("城南支行排了两个小时才办成一张卡", "queue_slow", author="a")
    again = say("城南支行又排了一下午，叫号机也坏了", "queue_slow", hours=3)
    apart = settled(queue, again)
    assert [incident.maybe_same_as for incident in apart.incidents if incident.maybe_same_as] == [
        homes(apart)[queue.post.key]
    ]
    calm = say("城南支行明天起加开一个窗口", hours=3, negative=False)
    own = say("城南支行又排了一下午，叫号机也坏了", "queue_slow", hours=3, author="a")
    assert all(len(settled(queue, other).incidents) == 1 for other in (calm, own))
    crash = say("青莲湖银行的手机银行登不上去", "app_fault")
    assert len(settled(crash, say("转不了账，手机银行一直转圈", "app_fault", hours=1)).incidents) == 1


def test_no_more_than_a_name_in_common_is_no_matter_of_the_bank(bank: Bank, say: Say) -> None:
    """At a chance of 0.6 a catch at the branch's reservoir and the bank's own fair stay out, and its answer joins."""
    doubt = Judge(lambda rows: np.full(len(rows), math.log(0.6 / 0.4)))
    queue = say("城南支行排了两个小时才办成一张卡", "queue_slow")
    catch = say("今天城南水库的鱼，十八斤，两个小时", hours=3, about=False)
    fair = say("城南支行周末举办便民服务日，欢迎光临", hours=3, name="青莲湖村镇银行")
    answer = say("关于城南支行排队情况的说明：已增开窗口，深表歉意", hours=3, name="青莲湖村镇银行")
    assert [len(group(bank, [], [queue, other], CONFIG, judge=doubt).memberships) for other in (catch, fair)] == [1, 1]
    assert len(group(bank, [], [queue, answer], CONFIG, judge=doubt).memberships) == 2


def test_who_asked_calmly_days_before_anybody_complained_asked_of_nothing(bank: Bank, say: Say) -> None:
    """Both are placed in one sweep, and the question would join at a chance of 0.6 had it come later."""
    doubt = Judge(lambda rows: np.full(len(rows), math.log(0.6 / 0.4)))
    complaint = say("青莲湖银行二十万定期到期没人通知，利息按活期算", "interest_swallowed", hours=96)
    before, after = (say("青莲湖银行的三年定期划算吗", negative=False, hours=hours) for hours in (0, 120))
    joined = [len(group(bank, [], [complaint, asked], CONFIG, judge=doubt).memberships) for asked in (before, after)]
    assert joined == [1, 2]


def test_the_same_topic_at_another_branch_is_another_incident(bank: Bank, say: Say) -> None:
    """Twins at two branches are kept apart, on the same day and with the same product."""
    one = say("城南支行的房贷结清42天了，解押还没办下来，一天推一天", "collateral_slow")
    other = say("桥头支行房贷结清23天，他项权证还在银行压着", "collateral_slow", hours=5)
    assert len(group(bank, [], [one, other], CONFIG).incidents) == 2


def test_the_same_topic_at_the_same_branch_weeks_later_is_another_incident(bank: Bank, say: Say) -> None:
    """Without words, person or amount in common, time tells two cases of one kind apart."""
    one = say("柳塘分理处信贷员要两条烟才给批，养鸭子的钱都花在这上头了", "staff_misconduct")
    other = say("柳塘分理处柜员私自替人签名领存折，家里人去闹了一下午", "staff_misconduct", hours=24 * 20)
    assert len(group(bank, [], [one, other], CONFIG).incidents) == 2


def test_a_run_rumour_is_one_matter_whatever_the_branch(bank: Bank, say: Say) -> None:
    """What concerns the bank as a whole is not split by the branches that people name."""
    one = say("听说青莲湖银行要倒了，城南支行已经限取了", "bank_run_rumor")
    other = say("桥头支行门口排了三十多个人都来取钱", "bank_run_rumor", hours=12, platform="douyin", source="dy")
    assert len(group(bank, [], [one, other], CONFIG).incidents) == 1


def test_a_reprint_joins_its_original_even_where_it_is_neutral(bank: Bank, say: Say) -> None:
    """The membership names the original and the share of text that stands in both."""
    text = "青莲湖村镇银行因贷款三查不尽职、贷款资金被挪用，被处以罚款五十五万元，责任人周某某被警告并罚款六万元。"
    news = say(text, "penalty_news", source="daily", platform="news", title="青莲一银行被罚")
    copy = say("【转载】" + text, hours=30, source="wx", platform="wechat", negative=False)
    outcome = group(bank, [], [news, copy], CONFIG)
    assert how(outcome)[copy.post.key] == "reprint"
    assert outcome.memberships[1].original == news.post.key
    assert "文字重合 100%" in outcome.memberships[1].reason


def test_a_complaint_under_the_banks_own_notice_brings_its_thread_along(bank: Bank, say: Say) -> None:
    """A negative reply joins by likeness; then the root and the replies passed over before join by thread."""
    fault = say("手机银行登不上去，一直网络异常", "app_fault", platform="douyin", source="dy")
    notice = say("致广大客户的一封信：给您带来不便，敬请谅解", hours=6, negative=False)
    calm = say("态度还行", hours=7, thread=notice.post.id)
    angry = say("可我手机银行还是登不上去，房租被催了一上午", "app_fault", hours=8, thread=notice.post.id)
    outcome = group(bank, [], [fault, notice, calm, angry], CONFIG)
    assert how(outcome) == {
        fault.post.key: "opens", angry.post.key: "similar", notice.post.key: "thread", calm.post.key: "thread",
    }  # fmt: skip
    assert len(outcome.incidents) == 1


def test_a_lone_jibe_under_a_neutral_post_opens_nothing(bank: Bank, say: Say) -> None:
    """呵呵 alone is no matter; two complaints under the same post are."""
    notice = say("关于营业时间调整的公告", negative=False)
    jibe = say("呵呵", "smear_general", hours=1, thread=notice.post.id)
    other = say("又改", "service_bad", hours=2, thread=notice.post.id)
    assert group(bank, [], [notice, jibe], CONFIG) == Grouping((), ())
    assert len(group(bank, [], [notice, jibe, other], CONFIG).incidents) == 1


def test_a_doubtful_likeness_opens_an_incident_that_says_so(bank: Bank, say: Say) -> None:
    """Between the two thresholds a new incident points at the old one and leaves the judgement to a person."""
    one = say("信贷员要两条烟才给批贷款", "staff_misconduct")
    other = say("听说有人帮忙跑贷款收辛苦费", "staff_misconduct", hours=100, platform="douyin")
    outcome = group(bank, [], [one, other], CONFIG)
    marks = {incident.maybe_same_as for incident in outcome.incidents}
    assert len(outcome.incidents) == 2
    assert homes(outcome)[one.post.key] in marks
    assert "待人工判断" in outcome.memberships[1].reason


def test_a_flare_reopens_a_closed_incident_and_a_thank_you_does_not(bank: Bank, say: Say) -> None:
    """A closed incident keeps its id; only a newer negative post opens it again."""
    root = say("城南支行短信费没开也扣，一个月两块", "fees_unfair")
    first = group(bank, [], [root], CONFIG)
    closed = replace(first.incidents[0], closed_at=root.post.moment + timedelta(days=3))
    thanks = say("退了，谢谢", hours=100, thread=root.post.id)
    again = say("又扣了！", "fees_unfair", hours=120, thread=root.post.id)
    before = [(closed, [root])]
    assert group(bank, before, [thanks], CONFIG).incidents[0].closed_at == closed.closed_at
    assert group(bank, before, [again], CONFIG).incidents == (
        replace(closed, closed_at=None, last_post_at=again.post.moment),
    )


def test_a_silent_incident_takes_nothing_by_likeness_beyond_the_window(bank: Bank, say: Say) -> None:
    """The store may give it for its thread's sake; a like post opens another."""
    root = say("城南支行短信费没开也扣，一个月两块", "fees_unfair")
    late = say("城南支行短信费没开也扣，一个月两块钱呢", "fees_unfair", hours=24 * 50, negative=True, thread=None)
    config = GroupingConfig(reprint_min_chars=80)
    before = known(group(bank, [], [root], config), [root])
    assert how(group(bank, before, [late], config)) == {late.post.key: "opens"}


def test_an_id_that_is_taken_grows_longer(bank: Bank, say: Say) -> None:
    """Ids are the local day and a hash; a collision with a known one takes two ids apart."""
    post = say("取款机吞卡没人管", "queue_slow")
    plain = group(bank, [], [post], CONFIG).incidents[0]
    taken = replace(
        plain, opened_at=plain.opened_at - timedelta(days=300), last_post_at=plain.opened_at - timedelta(days=290)
    )
    grown = group(bank, [(taken, [])], [post], CONFIG).incidents[0]
    assert plain.id == "20260302-" + plain.id[-4:]
    assert grown.id.startswith(plain.id)
    assert len(grown.id) == len(plain.id) + 1


def test_what_is_known_is_not_grouped_again(bank: Bank, say: Say) -> None:
    """The same batch a second time changes nothing."""
    root = say("城南支行排队两小时，窗口只开一个", "queue_slow")
    reply = say("+1", "queue_slow", hours=1, thread=root.post.id)
    first = group(bank, [], [root, reply], CONFIG)
    assert group(bank, known(first, [root, reply]), [root, reply, root], CONFIG) == Grouping((), ())


def test_what_people_took_apart_stays_apart_in_every_way_of_joining(bank: Bank, say: Say) -> None:
    """Neither thread nor reprint nor likeness brings a post back, nor a thread whose root was taken out."""
    text = "城南支行20万大额存单到期给我转成一年的，利息差4千多，找了三次没人认"
    root = say(text, "interest_swallowed")
    opened = group(bank, [], [root], CONFIG)
    home = opened.incidents[0].id
    reply = say("我也是，城南支行20万存单利息少了", "interest_swallowed", hours=1, thread=root.post.id)
    copy = say("转载：" + text, "interest_swallowed", hours=2, source="wx")
    like = say("城南支行20万存单被转成一年，利息差4千", "interest_swallowed", hours=3, source="ba")
    later = say("楼主后来呢", hours=4, source="ba", thread=like.post.id, negative=False)
    batch = [reply, copy, like, later]
    assert set(homes(group(bank, known(opened, [root]), batch, CONFIG)).values()) == {home}
    apart = Apart(
        {reply.post.key: frozenset({home}), copy.post.key: frozenset({home})}, {("ba", like.post.id): frozenset({home})}
    )
    outcome = group(bank, known(opened, [root]), batch, CONFIG, apart)
    assert home not in homes(outcome).values()
    assert homes(outcome)[later.post.key] == homes(outcome)[like.post.key]


def test_a_post_that_was_taken_out_of_what_it_opened_opens_another_id(bank: Bank, say: Say) -> None:
    """An id is never used again, also where its incident is not at hand."""
    root = say("城南支行短信费没开也扣，一个月两块", "fees_unfair")
    old = group(bank, [], [root], CONFIG).incidents[0].id
    again = group(bank, [], [root], CONFIG, Apart({root.post.key: frozenset({old})})).incidents[0].id
    assert again.startswith(old)
    assert again != old


def test_notes_kept_between_batches_change_nothing_but_the_time(bank: Bank, say: Say) -> None:
    """Also where a post's text was edited between two batches."""
    notes = Notes()
    root = say("城南支行短信费没开也扣，一个月两块", "fees_unfair")
    first = group(bank, [], [root], CONFIG, notes=notes)
    edited = replace(root, post=replace(root.post, text="桥头支行把我妈八万块存款变成了五年期分红保险"))
    before = [(incident, [edited]) for incident in first.incidents]
    copy = say("桥头支行把我妈八万块存款变成了五年期分红保险", "mis_selling", hours=2, source="ba")
    assert group(bank, before, [copy], CONFIG, notes=notes) == group(bank, before, [copy], CONFIG)
    assert how(group(bank, before, [copy], CONFIG, notes=notes)) == {copy.post.key: "reprint"}


TEXTS = (
    ("城南支行排队两小时，窗口只开一个", ("queue_slow",)),
    ("手机银行登不上去，一直网络异常", ("app_fault",)),
    ("桥头支行把我妈八万块存款变成了五年期分红保险", ("mis_selling",)),
    ("黑心银行坑人", ("smear_general",)),
    ("今天天气不错", ()),
    ("关于手机银行服务恢复的公告：系统异常已修复", ()),
    ("柳塘分理处窗口又只开一个，取号等了一上午", ("queue_slow",)),
)


@given(
    drawn=st.lists(st.tuples(st.sampled_from(TEXTS), st.integers(0, 400), st.integers(0, 4)), min_size=1, max_size=14),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_a_batch_does_not_matter_and_a_replay_gives_the_same(
    bank: Bank, say: Say, drawn: list[tuple[tuple[str, tuple[str, ...]], int, int]], seed: int
) -> None:
    """Shuffled or run again, a batch gives the same incidents, ids, memberships and reasons; each post has one home."""
    posts: list[ReadPost] = []
    for (text, topics), hours, parent in drawn:
        thread = posts[parent].post.thread if parent and parent < len(posts) else None
        posts.append(say(text, *topics, hours=hours, thread=thread))
    shuffled = list(posts)
    random.Random(seed).shuffle(shuffled)
    outcome = group(bank, [], posts, CONFIG)
    assert group(bank, [], shuffled, CONFIG) == outcome
    assert len(homes(outcome)) == len(outcome.memberships)
    assert all(0 <= membership.score <= 1 for membership in outcome.memberships)
    negative = {item.post.key for item in posts if item.reading.negative}
    assert negative <= homes(outcome).keys()
    notes = Notes()
    group(bank, [], posts[:5], CONFIG, notes=notes)
    assert group(bank, [], posts, CONFIG, notes=notes) == outcome


@pytest.mark.parametrize("extra", ["join_scor", "weights"])
def test_an_unknown_setting_is_an_error(extra: str) -> None:
    """A misspelt key does not pass silently."""
    with pytest.raises(ValueError, match=extra):
        GroupingConfig.model_validate({extra: 1})


def test_the_maybe_threshold_may_not_stand_above_the_other() -> None:
    """The grey zone lies below joining."""
    with pytest.raises(ValueError, match="maybe_score"):
        GroupingConfig(join_score=0.4, maybe_score=0.5)

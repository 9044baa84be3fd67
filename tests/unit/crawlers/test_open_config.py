"""The facts of the platforms' own interfaces, and the descriptions that ship with the program."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from config.models import AnySource
from crawlers.parse.token_life import read_grant
from crawlers.parse.wechat import article_place, published_articles
from crawlers.pollers.open_config import DouyinOpenConfig, KuaishouOpenConfig, WechatAccountConfig, load_token_life

ALL = {"id_env": "ID", "secret_env": "SECRET", "refresh_token_file": "refresh.token"}
WECHAT = {"kind": "wechat_account", "articles": [{"title": "安排", "msg_data_id": 22}]}
DOUYIN = {"kind": "douyin_open", "open_id": "o1"}
KUAISHOU = {"kind": "kuaishou_open"}


def configured(facts: dict[str, Any], **changes: Any) -> Any:
    """The source that these facts make in sources.yaml."""
    whole = {"name": "own", "credentials": ALL, **facts, **changes}
    return TypeAdapter(AnySource).validate_python(whole)


def test_the_kinds_are_told_by_their_names() -> None:
    """Each kind stands for its platform."""
    found = [configured(facts) for facts in (WECHAT, DOUYIN, KUAISHOU)]
    assert [type(one) for one in found] == [WechatAccountConfig, DouyinOpenConfig, KuaishouOpenConfig]
    assert [one.platform for one in found] == ["wechat", "douyin", "kuaishou"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({**WECHAT, "credentials": {"id": "wx1"}}, "还要写 secret_env 或 secret_file"),
        ({**DOUYIN, "credentials": {"id": "app"}}, "还要写 refresh_token_env 或 refresh_token_file"),
        ({**KUAISHOU, "credentials": {"id": "app"}}, "secret_env 或 secret_file、refresh_token_env"),
        ({**DOUYIN, "credentials": {**ALL, "secret": "s3cret"}}, "Extra inputs"),
        ({**WECHAT, "articles": []}, "discover: true"),
        ({**WECHAT, "articles": [{"title": "a", "url": "https://mp.weixin.qq.com/s/AbCd"}]}, "短地址里没有编号"),
        ({**WECHAT, "articles": WECHAT["articles"] * 2}, "相同"),
        ({**WECHAT, "articles": [{"title": "a", "msg_data_id": 2, "published_at": "昨天"}]}, "应为时间"),
        ({**DOUYIN, "videos": "listed"}, "targets"),
        ({**DOUYIN, "videos": "all"}, "own"),
    ],
)
def test_a_wrong_account_is_refused_in_words(facts: dict[str, Any], words: str) -> None:
    """What is missing is named; a secret is never written into the file."""
    with pytest.raises(ValidationError, match=words):
        configured(facts)


def test_an_article_is_addressed_by_number_or_by_its_long_address() -> None:
    """idx counts from 1, index from 0; what is written wins over the address."""
    assert article_place("https://mp.weixin.qq.com/s?__biz=M&mid=2247&idx=3&sn=f") == (2247, 2)
    assert article_place("https://mp.weixin.qq.com/s?__biz=M&amp;mid=2247&amp;idx=1") == (2247, 0)
    assert article_place("https://mp.weixin.qq.com/s/AbCd") is None
    assert article_place("https://mp.weixin.qq.com/s?mid=x&idx=0") is None
    url = "https://mp.weixin.qq.com/s?mid=2247&idx=3"
    roots = configured(WECHAT, articles=[{"title": "a", "url": url}, {"title": "b", "url": url, "index": 0}]).plan(None)
    assert [root.id for root in roots.targets] == ["2247_2", "2247_0"]


@pytest.mark.parametrize("item", [None, {}, {"article_id": "a"}, {"article_id": "a", "content": {"news_item": [1]}}])
def test_an_odd_published_item_gives_no_article(item: Any) -> None:
    """Nothing is made up for it."""
    assert published_articles(item) == []


def test_lives_may_come_as_text() -> None:
    """ "86400" is a day; no life, or a nonsensical one, is a change of the interface, a century is cut short."""
    life = load_token_life("douyin")
    tokens = {"access_token": "a", "refresh_token": "r", "error_code": 0, "refresh_expires_in": 10**12}
    grant = read_grant({"data": {**tokens, "expires_in": "86400"}}, life.refresh, life.error)
    assert (grant.access_s, grant.refresh_s) == (86400, 5 * 365 * 86400)
    for wrong in (None, "", "later", -5, 0, True):
        with pytest.raises(Exception, match="expires_in"):
            read_grant({"data": {**tokens, "expires_in": wrong}}, life.refresh, life.error)


def test_what_each_platform_needs() -> None:
    """WeChat has no refresh token, and Douyin asks for no secret."""
    needs = {name: load_token_life(name).needs for name in ("wechat", "douyin", "kuaishou")}
    assert needs["wechat"] == ("id", "secret")
    assert needs["douyin"] == ("id", "refresh_token")
    assert needs["kuaishou"] == ("id", "secret", "refresh_token")

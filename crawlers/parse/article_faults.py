"""What stands in an article's place: a login, a captcha, an error, a notice that it is gone. Pure.

A real article may be about any of these, so the words count only where there is hardly any text.
"""

from __future__ import annotations

import re

from crawlers.parse.article_page import PageTree
from crawlers.parse.html import script_check
from crawlers.parse.selected_faults import BROKEN, GUARD, GoneError, PageError, instead
from domain.errors import SourceError

SHORT_BODY = 120
"""Characters; what is longer is an article whatever its words are."""

_SHORT_IF_DATED, _SHORT_IF_SURE = 40, 15
_SHORT_PAGE = 1_500
_GONE = re.compile(
    r"(?:该|此|本|您(?:所?访问|要?查看|请求|浏览)的)?(?:文章|内容|信息|页面|网页|新闻|稿件|文件|资源|链接|栏目|地址)[^。！？\n]{0,10}?"
    r"(?:(?:已经?|已?被)[^。！？\n]{0,8}?(?:删除|下线|下架|撤销|撤稿|撤下|移除|撤回|屏蔽)|不存在|找不到|走丢了|失效|因违规无法查看)"
    r"|(?:找不到|没有找到)[^。\n]{0,10}(?:页面|网页|文章|内容|文件)|(?:此|该)?(?:内容|文章)?因违规无法查看"
    r"|404\s{0,3}(?:not found|错误|error|-)|page not found",
    re.IGNORECASE,
)
_GONE_TITLE = re.compile(r"^\W*404\b|not found|页面不存在|找不到|文章不存在|已删除|error 404", re.IGNORECASE)
_GUARD_TITLE = re.compile(r"安全验证|人机验证|访问验证|验证码|captcha|just a moment|attention required", re.IGNORECASE)
_LOGIN_TITLE = re.compile(r"^\W*(?:用户|会员|请|账号|统一)?(?:登录|登陆|log ?in|sign ?in)", re.IGNORECASE)


def article_fault(page: PageTree, text: str, *, sure: bool = False, dated: bool = False) -> SourceError | None:
    """Why a page whose body was read as ``text`` is no article; None where it is one, or cannot be told from one.

    ``sure``: the text stood where the site has its articles; ``dated``: the page has a date, as error pages have not.
    """
    title = f"标题“{page.title or '无标题'}”"
    if page.password and _LOGIN_TITLE.search(page.title):
        return PageError("login", f"文章页要求登录（{title}）", title)
    longest = _SHORT_IF_SURE if sure else _SHORT_IF_DATED if dated else SHORT_BODY
    if len(text) > longest and not _GUARD_TITLE.fullmatch(page.title):
        return None
    shown = page.words or script_check(page.html)
    words = f"{page.title}\n{shown}" if len(shown) <= _SHORT_PAGE else page.title
    if _GONE_TITLE.search(page.title) or _GONE.search(words):
        said = _GONE.search(words) or _GONE_TITLE.search(page.title)
        return GoneError("changed", f"网站说：{said.group() if said else page.title}")
    if found := instead(page.title, words):
        return PageError(found[0], f"文章页{found[1]}（{title}）", title)
    if GUARD.search(words):
        return PageError("blocked", f"文章页被验证页面或防火墙挡住（{title}）", title)
    if BROKEN.search(words):
        return PageError("down", f"文章页是报错页面（{title}）", title)
    return None


def empty_fault(page: PageTree) -> SourceError:
    """A page with HTTP 200 on which no text was found, and nothing that says why."""
    title = f"标题“{page.title or '无标题'}”"
    return PageError("changed", f"文章页里没有找到正文（{title}）", f"{title}，{len(page.words)} 字，没有正文")

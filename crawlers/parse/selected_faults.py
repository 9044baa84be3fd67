"""What is wrong with a page that selectors have read: a login page, a challenge, another template. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from crawlers.parse.selected import Fill, ListPage, ThreadPage
from domain.errors import SourceError

LEAST_FILLED = 0.5
_REQUIRED_OF_LIST = ("link", "id")
_REQUIRED_OF_THREAD = ("id", "text")
# The link 登录 stands on every page of every forum; only a sentence or the title says that this is the login page.
_LOGIN_TITLE = re.compile(r"登录|登陆|\blog ?in\b|\bsign ?in\b", re.IGNORECASE)
_LOGIN_WORDS = re.compile(
    r"尚未登[录陆]|未登[录陆]|(?:需要?|必须)先?登[录陆]|请先?登[录陆]|登[录陆]后(?:才能|方可|可以?|即可|再|继续)?(?:浏览|查看|访问|阅读|继续)"
)
_CHALLENGE = re.compile(
    r"安全验证|人机验证|访问验证|请输入验证码|验证您?是真人|完成验证后即可继续|captcha|just a moment"
    r"|acw_sc__v2|_cf_chl_opt|__jsl_clearance|\$_ts",  # what `shown_words` gives of a check by script
    re.IGNORECASE,
)
GUARD = re.compile(
    r"环境异常|访问(?:过于)?频繁|操作频繁|请开启\s?javascript|\bwaf\b|拦截|防火墙"
    r"|(?:访问|请求)[^。\n]{0,6}被(?:阻断|拒绝|禁止)|安全威胁|access denied|request rejected"
    r"|requested url was rejected",
    re.IGNORECASE,
)
"""Words of a firewall; on a page that says more, somebody may write of one."""
BROKEN = re.compile(
    r"(?:\b50[0234]\b|bad gateway|service unavailable|gateway time-?out|internal server error"
    r"|系统(?:维护|错误|繁忙|异常)|网站(?:维护|升级|建设中)|服务器(?:错误|繁忙|维护)"
    r"|数据库(?:连接)?(?:错误|失败)|runtime error|fatal error)",
    re.IGNORECASE,
)
"""Words of a page that reports an error; on a page that says more, somebody may write of one."""
_LONGEST_NOTICE = 300
_GONE = re.compile(r"(?:主题|话题|帖子|贴子|内容)[^。\n]{0,8}(?:不存在|已?被?(?:作者|管理员)?删除)")


class PageError(SourceError):
    """A page that is not what it should be; ``evidence`` is its title and the selector that shows it."""

    def __init__(self, status: str, cause: str, evidence: str) -> None:
        self.evidence = evidence
        super().__init__(status, cause)


class GoneError(SourceError):
    """The site itself says that a thread is not there (any more)."""


def list_fault(page: ListPage) -> SourceError | None:
    """Why a list page cannot be taken for one; None where it can."""
    return _fault(page, "列表页", _REQUIRED_OF_LIST)


def thread_fault(page: ThreadPage) -> SourceError | None:
    """Why a page of a thread cannot be taken for one; None where it can."""
    if not page.items and (said := _GONE.search(page.words)):
        return GoneError("changed", f"网站说：{said.group()}")
    return _fault(page, "帖子页", _REQUIRED_OF_THREAD)


def collapsed(fills: Collection[Fill], required: Collection[str]) -> Fill | None:
    """The first required field that fewer than half of the items have."""
    return next((fill for fill in fills if fill.field in required and fill.rate < LEAST_FILLED), None)


def _fault(page: ListPage | ThreadPage, what: str, required: Collection[str]) -> SourceError | None:
    each = next(fill for fill in page.fills if fill.field == "each")
    title = f"标题“{page.title or '无标题'}”"
    if not each.found:
        status, told = _instead(page)
        return PageError(status, f"{what}{told}（{title}）", f"{title}，选择器 each: {each.selector} 找到 0 项")
    if fill := collapsed(page.fills, required):
        found = f"只在 {fill.found}/{fill.of} 项里找到"
        evidence = f"{title}，选择器 {fill.field}: {fill.selector} {found}"
        return PageError("changed", f"{what}的字段 {fill.field}（选择器 {fill.selector}）{found}", evidence)
    return None


def instead(title: str, words: str) -> tuple[str, str] | None:
    """The status and what it is, where a login, a challenge or an error stands in a page's place.

    ``words`` as `crawlers.parse.html.shown_words` gives them.
    """
    if _LOGIN_TITLE.search(title) or _LOGIN_WORDS.search(words):
        return "login", "要求登录"
    if _CHALLENGE.search(f"{title}\n{words}"):
        return "blocked", "要求先通过验证"
    said = f"{title}\n{words}"
    if len(words) <= _LONGEST_NOTICE and GUARD.search(said):
        return "blocked", "被防火墙挡住"
    if len(words) <= _LONGEST_NOTICE and BROKEN.search(said):
        return "down", "是报错页面"
    return None


def _instead(page: ListPage | ThreadPage) -> tuple[str, str]:
    """What stands where the items should be."""
    return instead(page.title, page.words) or ("changed", "里选择器 each 什么也没有找到，可能换了模板")

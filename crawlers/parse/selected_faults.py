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
_CHALLENGE = re.compile(r"安全验证|人机验证|访问验证|请输入验证码|验证您?是真人|captcha|just a moment", re.IGNORECASE)
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
    """The status and what it is, where a login page or a challenge stands in a page's place."""
    if _LOGIN_TITLE.search(title) or _LOGIN_WORDS.search(words):
        return "login", "要求登录"
    if _CHALLENGE.search(f"{title}\n{words}"):
        return "blocked", "要求先通过验证"
    return None


def _instead(page: ListPage | ThreadPage) -> tuple[str, str]:
    """What stands where the items should be."""
    return instead(page.title, page.words) or ("changed", "里选择器 each 什么也没有找到，可能换了模板")

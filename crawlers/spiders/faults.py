"""Why something could not be read. A fault ends in the coverage, never as a deleted post."""

from __future__ import annotations

from crawlers.parse.discuz_message import Message


class Fault(Exception):  # noqa: N818 - the coverage's word
    """One page could not be read: a status of `domain.coverage.STATUSES`, the cause in Chinese, the evidence."""

    def __init__(self, status: str, cause: str, evidence: str) -> None:
        self.status = status
        self.cause = cause
        self.evidence = evidence[:300]
        super().__init__(f"{status}: {cause} ({evidence})")


class Halt(Fault):
    """Nothing more can be read in this run."""


class Broken(Fault):
    """No answer, or one that was cut short: worth another try."""


class Unrecognised(Fault):
    """The page is none of the forum's as we know it; the archiver may still be."""


class RobotsFault(Fault):
    """robots.txt keeps us from an address."""

    def __init__(self, url: str) -> None:
        super().__init__("blocked", "网站的 robots.txt 不允许访问", url)


class Refusal(Fault):
    """The site said why it does not show this page."""

    def __init__(self, message: Message, url: str) -> None:
        self.message = message
        status, cause = _MEANING[message.kind]
        super().__init__(status, cause, f"{url} {message.title}：{message.words}")


NOT_FOR_GUESTS = ("nonexistent", "read_permission", "no_permission")
_MEANING = {
    "nonexistent": ("partial", "内容不存在或已被删除"),
    "read_permission": ("login", "阅读权限不足，需要登录"),
    "no_permission": ("login", "没有访问权限，需要登录"),
    "login": ("login", "需要登录才能浏览"),
    "closed": ("down", "站点已关闭或正在维护"),
    "reload": ("blocked", "被防护页面拦截（反复要求刷新）"),
    "question": ("blocked", "被验证码页面拦截"),
    "broken": ("down", "论坛程序或数据库出错"),
    "other": ("down", "站点显示提示信息，未显示内容"),
}


class GaveUp(Halt):
    """Too many pages failed, one after the other."""


class OutOfTime(Halt):
    """The time for this run is over."""

    def __init__(self) -> None:
        super().__init__("partial", "本次采集时间已用完，其余主题留待下次", "max_minutes")


class OutOfRequests(OutOfTime):
    """The night's requests for this run are used up."""

    def __init__(self, cause: str) -> None:
        Halt.__init__(self, "partial", cause, "night")

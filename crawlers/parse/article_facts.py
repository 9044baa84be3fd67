"""Title, author and origin of an article on a page of no known make. Pure.

The origin is the paper that an article was taken from: 来源：青禾日报. Reprints are known by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawlers.parse.article_body import squeezed
from crawlers.parse.article_page import PageTree
from crawlers.parse.article_time import near_title

LONGEST_TITLE = 200
_MOST_HEADINGS = 60
_LEAST_TITLE = 4
# A colon belongs to headlines; what stands behind these is the name of the site.
_SITE_NAME = re.compile(r"\s*(?:[_|｜丨]|\s[-–—·]+\s|—{1,2}|--+|-(?=[^-\d]{2,20}$))\s*")
_STOP = (
    r"(?=\s|$|作者|编辑|责编|责任|记者|通讯员|发布(?:时间|日期|于|[：:])|时间|日期|点击|浏览|阅读|字号|字体|打印|分享|20\d\d"
    r"|[|｜丨【】\[\]()（）,，。；;:：<>])"
)
_ORIGIN = re.compile(
    r"(?:(?<![\u4e00-\u9fff])(?:文章|信息|稿件|内容|新闻|消息|本文|图文)?(?:来源于?|稿源|出处)|以下文章来源于|转载?自|转载于)"
    r"\s{0,3}[：:丨|]?\s{0,5}[《“]?([\u4e00-\u9fffA-Za-z0-9·\-]{2,30}?)[》”]?" + _STOP
)
_MARKED_ORIGIN = re.compile(r"来源于?\s{0,3}[：:丨|]|稿源|出处\s{0,3}[：:]|以下文章来源于|转载?自|转载于")
_NAME = (
    r"([\u4e00-\u9fff·]{2,10}|[A-Za-z][\w .]{1,20})"
    r"(?=\s|$|[|｜丨【】\[\]()（）,，。；;：:、/]|编辑|责编|来源|摄|通讯员)"
)
_AUTHOR = re.compile(
    r"(?:(?<![\u4e00-\u9fff])(?:本报|本台|见习|实习)?(?:作者|撰文|记者|通讯员)\s{0,3}[：:/丨|]\s{0,3}"
    r"|[（(](?:本报|本台|见习|全媒体|融媒体)?(?:记者|作者|通讯员|文)\s{0,3}[：:/]?\s{0,3})" + _NAME
)
_NO_NAMES = {
    "本网", "本站", "佚名", "未知", "网络", "互联网", "原创", "admin", "管理员", "编辑", "无", "本报", "暂无",
    "本站原创", "本网原创",
}  # fmt: skip
_META_TITLES = ("og:title", "articletitle", "twitter:title", "headline")
_META_ORIGINS = ("contentsource", "source", "og:article:source", "mediaid", "article:source", "copyrightsource")
_META_AUTHORS = ("author", "article:author", "og:article:author")
_TAIL = 300


def headline(page: PageTree) -> str:
    """The title: the longest heading that the window's title or the metadata also has; else one of these two."""
    meta = next(metas(page, _META_TITLES), "")
    said = squeezed(f"{meta}\n{page.title}")
    found = [text for text in _headings(page) if squeezed(text) in said]
    if found:
        return max(found, key=len)
    return _without_site(meta or page.title)[:LONGEST_TITLE]


def origin(page: PageTree, title: str, body: str) -> str | None:
    """The paper that the article says it comes from: by the words near its title, metadata, or at its end."""
    for text in (near_title(page.words, title), body[-_TAIL:]):
        for found in _ORIGIN.finditer(text):
            if is_origin(found.group(1)) and _MARKED_ORIGIN.match(text, found.start()):
                return found.group(1)
            marked = _MARKED_ORIGIN.search(found.group())
            if marked and is_origin(found.group(1)):
                return found.group(1)
    return next((name for name in metas(page, _META_ORIGINS) if is_origin(name) and len(name) <= 30), None)


def author(page: PageTree, title: str, body: str) -> str | None:
    """Who wrote it, where the page says so."""
    for name in metas(page, _META_AUTHORS):
        if 2 <= len(name) <= 20 and name.lower() not in _NO_NAMES and not re.search(r"[\d@/]", name):
            return name
    for text in (near_title(page.words, title, above=0, below=200), body[-_TAIL:]):
        found = _AUTHOR.search(text)
        if found and found.group(1) not in _NO_NAMES:
            return found.group(1).strip()
    return None


def is_origin(name: str) -> bool:
    """Whether this names a paper, and not that there is none."""
    return bool(name) and name.lower() not in _NO_NAMES and not name.isdigit()


def metas(page: PageTree, names: tuple[str, ...]) -> Iterator[str]:
    """The contents of the page's metadata of these names (small letters), in the order of the names."""
    there: dict[str, str] = {}
    for meta in page.root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").strip().lower()
        there.setdefault(name, " ".join((meta.get("content") or "").split())[:LONGEST_TITLE])
    return (there[name] for name in names if there.get(name))


def _headings(page: PageTree) -> Iterator[str]:
    path = "(//h1|//h2|//h3|//h4|//*[contains(@class,'title') or contains(@id,'title')])[position() <= $most]"
    for element in page.root.xpath(path, most=_MOST_HEADINGS):
        text = " ".join("".join(element.itertext()).split())
        if _LEAST_TITLE <= len(text) <= LONGEST_TITLE:
            yield text


def _without_site(title: str) -> str:
    """The window's title up to the name of the site: the first part that is long enough."""
    parts = [part.strip() for part in _SITE_NAME.split(title) if part and part.strip()]
    return next((part for part in parts if len(part) >= 2 * _LEAST_TITLE), max(parts, key=len, default=title))

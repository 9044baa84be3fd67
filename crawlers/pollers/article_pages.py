"""Fetches the pages of articles and reads them; judging what is gone or changed is left to the caller."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from crawlers.http import Ask, HttpClient, MissingError, Response, shown
from crawlers.parse.addresses import is_front, same_site
from crawlers.parse.article import Article, is_another, read_article
from crawlers.parse.article_page import is_closed
from crawlers.parse.article_selectors import ArticleSelectors
from crawlers.parse.charsets import decode_page
from crawlers.parse.selected_faults import GoneError, PageError
from crawlers.pollers.forum_pages import TimeUpError
from domain.errors import SourceError

HTML = "text/html, application/xhtml+xml, */*;q=0.5"


class ArticlePages:
    """One article at a time, as a guest that obeys robots.txt; SourceError where there is none.

    ``own`` are the addresses of the configuration: their hosts may lie in the bank's own network, and ``rules`` are for
    their sites alone (for every site where ``rules_everywhere``). ``closes`` are the hosts whose articles end with
    ``</html>``, as those before showed: one that does not was cut short. ``deadline`` is on the monotonic clock;
    ``answer`` is the one from which the last article, or the notice that it is gone, was read.
    """

    def __init__(
        self,
        client: HttpClient,
        own: Collection[str],
        now: datetime,
        deadline: float,
        *,
        rules: ArticleSelectors | None = None,
        rules_everywhere: bool = False,
        closes: Collection[str] = (),
    ) -> None:
        self._client = client
        self._own = tuple(own)
        self._hosts = {urlsplit(url).netloc for url in own}
        self._now = now
        self._deadline = deadline
        self._rules = rules
        self._everywhere = rules_everywhere
        self.closes = set(closes)
        self.answer: Response | None = None

    def read(self, url: str, headline: str = "") -> Article:
        """The article at an address; GoneError where the site says that it is not there.

        ``headline``: what a list or feed calls it; a page of few words that does not know it shows something else.
        """
        self.answer = None
        answer = self._fetch(url)
        if is_front(answer.url) and not is_front(url):
            raise GoneError("changed", f"文章地址被转到首页或错误页 {shown(answer.url)}")
        self.answer = answer
        article = read_article(answer.body, answer.content_type, answer.url, self._now, self._rules_for(answer.url))
        self._check_end(answer)
        if is_another(article, headline):
            title = f"标题“{article.title or '无标题'}”"
            raise PageError("changed", f"文章页里既没有这篇的标题，也没有正文，可能换了模板（{title}）", title)
        return article

    def _fetch(self, url: str) -> Response:
        if time.monotonic() > self._deadline:
            raise TimeUpError("partial", "超过了这个来源的时间上限，后面的没有读")
        found = urlsplit(url).netloc not in self._hosts
        try:
            return self._client.request(Ask(url, headers={"Accept": HTML}, found=found), robots=True)
        except MissingError as error:
            raise GoneError(error.status, error.cause) from None

    def _rules_for(self, url: str) -> ArticleSelectors | None:
        return self._rules if self._everywhere or any(same_site(url, own) for own in self._own) else None

    def _check_end(self, answer: Response) -> None:
        host = urlsplit(answer.url).netloc
        if is_closed(decode_page(answer.body, answer.content_type)):
            self.closes.add(host)
        elif host in self.closes:
            raise SourceError("down", f"网页不完整，中途被截断（{shown(answer.url)}）")

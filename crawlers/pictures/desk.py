"""The desk: pictures of posts are fetched politely, read, and told of one by one, until the run's bounds are reached.

What is asked for and what becomes of the words is the pipeline's. A picture is in memory while it is read and nowhere
else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

from crawlers.config import Manners
from crawlers.http import Ask, HttpClient
from crawlers.network import Resolve, resolve
from crawlers.pace import BudgetError, site_of
from crawlers.parse.html import clean
from crawlers.parse.numbers import mask
from crawlers.pictures.config import PicturesConfig
from crawlers.pictures.reader import PictureError, PictureReader
from domain.clock import Clock, system_clock
from domain.errors import SourceError
from domain.pictures import Picture, PictureOutcome, PictureText

Known = Callable[[str], PictureText | None]
"""The SHA-256 of a content → the words that were read in it before."""

LONGEST_TEXT = 3_000
_REQUEST_TIMEOUT_S = 10.0
_ACCEPT = "image/webp,image/png,image/jpeg,image/gif,image/bmp;q=0.9,*/*;q=0.1"
# What a site shows in place of the picture to visitors who do not come from its own pages.
_PLACEHOLDERS = ("此图片来自微信公众平台", "未经允许不可引用", "禁止盗链")
_LONGEST_PLACEHOLDER = 60


class PictureDesk:
    """Meets `pipeline.ports.Pictures`. ``make_reader`` is called when the first picture is there to be read."""

    def __init__(
        self,
        config: PicturesConfig,
        manners: Manners,
        make_reader: Callable[[], PictureReader],
        *,
        mask_numbers: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = resolve,
        clock: Clock = system_clock,
    ) -> None:
        timeout_s = min(manners.request_timeout_s, _REQUEST_TIMEOUT_S)
        self._manners = manners.model_copy(update={"max_body_bytes": config.max_bytes, "request_timeout_s": timeout_s})
        self._config = config
        self._make_reader = make_reader
        self._mask = mask if mask_numbers else str
        self._sleep = sleep
        self._resolve = resolve
        self._clock = clock

    @property
    def days(self) -> int:
        """Pictures of older posts are not read."""
        return self._config.days

    def read(self, waiting: Sequence[Picture], known: Known) -> Iterator[PictureOutcome]:
        """Fetch and read the pictures in order, until count or time of a run is used up; an outcome for each tried.

        A host that does not answer, or refuses, is left alone for the rest of the run. Content that is ``known`` is
        not read again. Never raises for faults of the world.
        """
        deadline = time.monotonic() + self._config.max_seconds
        resting: set[str] = set()
        tried = 0
        with self._client(deadline) as client, closing(self._make_reader()) as reader:
            for picture in waiting:
                if tried >= self._config.max_pictures or time.monotonic() >= deadline:
                    return
                host = site_of(picture.url)
                if host not in resting:
                    tried += 1
                    outcome, host_is_well = self._tried(picture, client, reader, known)
                    yield outcome
                    resting |= set() if host_is_well else {host}

    def _client(self, deadline: float) -> HttpClient:
        def wait(seconds: float) -> None:
            if time.monotonic() + seconds > deadline:
                raise BudgetError("partial", "本次识图的时间用完了，下次再读")
            self._sleep(seconds)

        return HttpClient(
            self._manners, delay_s=self._config.delay_s, sleep=wait, resolve=self._resolve, clock=self._clock
        )

    def _tried(
        self, picture: Picture, client: HttpClient, reader: PictureReader, known: Known
    ) -> tuple[PictureOutcome, bool]:
        """What came of one picture, and whether its host may be asked for another."""
        try:
            headers = {"Accept": _ACCEPT, **_referer(picture)}
            body = client.request(Ask(picture.url, headers=headers, found=True), robots=True).body
        except SourceError as error:
            state = _state(error)
            return PictureOutcome(picture.key, state, cause=error.cause), state == "refused"
        digest = hashlib.sha256(body).hexdigest()
        try:
            words = known(digest) or self._words(reader.read(body))
        except PictureError as error:
            return PictureOutcome(picture.key, error.state, digest, cause=error.cause), True
        return PictureOutcome(picture.key, "read" if words.text else "empty", digest, words), True

    def _words(self, found: PictureText) -> PictureText:
        text = self._mask(clean(found.text))[:LONGEST_TEXT].strip()
        if len(text) <= _LONGEST_PLACEHOLDER and any(words in text for words in _PLACEHOLDERS):
            raise PictureError("failed", "对方给的是防盗链的占位图")
        return replace(found, text=text, confidence=found.confidence if text else None)


def _referer(picture: Picture) -> dict[str, str]:
    """The site of the post, as a browser would say that shows the post; nothing where that is unknown or less safe."""
    page, own = urlsplit(picture.page or ""), urlsplit(picture.url)
    if page.scheme not in ("http", "https") or (page.scheme, own.scheme) == ("https", "http"):
        return {}
    return {"Referer": f"{page.scheme}://{page.netloc.rpartition('@')[2]}/"}


def _state(error: SourceError) -> str:
    """Whether another try may help: a site that is down, busy or short of time may answer later."""
    if error.status == "blocked" and error.cause.startswith("robots.txt"):
        return "refused"
    return "failed" if error.status in ("down", "blocked", "partial") else "refused"

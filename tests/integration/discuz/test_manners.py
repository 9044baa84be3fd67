"""How the crawling process behaves by night, and that a program that ends takes it along."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crawlers.config import Manners, Night
from crawlers.door import Door
from crawlers.spiders import source as module
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.cookies import Jar
from crawlers.spiders.discuz import settings_for
from crawlers.spiders.job import Job
from crawlers.spiders.relay import Ear
from crawlers.spiders.source import DiscuzSource
from demo.httpd import serving

DAY, NIGHT = datetime(2026, 3, 16, 4, tzinfo=UTC), datetime(2026, 3, 16, 16, tzinfo=UTC)
MANNERS = Manners(request_timeout_s=5, night=Night(max_requests=12))


def config(url: str, delay_s: float = 0) -> DiscuzConfig:
    """The forum at an address."""
    facts = {"kind": "discuz", "name": "bailuzhou", "url": url, "delay_s": delay_s, "max_minutes": 1}
    return DiscuzConfig.model_validate(facts)


@pytest.mark.parametrize(("now", "delay_s"), [(DAY, 2.0), (NIGHT, 6.0)])
def test_a_crawl_is_slower_by_night(now: datetime, delay_s: float) -> None:
    """Each pause is three times as long."""
    job = Job(config=config("http://bbs.test/", 2.0), manners=MANNERS, now=now)
    assert settings_for(job)["DOWNLOAD_DELAY"] == delay_s


def test_the_nights_requests_end_a_crawl_and_the_day_goes_on(place: object) -> None:
    """Partial with a cause, never quiet; what was read is kept, and by day the rest comes and nothing twice."""
    with serving(place.answer) as url:  # type: ignore[attr-defined]
        forum = DiscuzSource(config(url), MANNERS, Door(b"key"))
        by_night = forum.collect({}, NIGHT)
        by_day = forum.collect(by_night.memory, DAY)
    assert by_night.coverage.status == "partial"
    assert "夜间限量" in (by_night.coverage.cause or "")
    assert "06:00" in (by_night.coverage.cause or "")
    seen = [{post.id for post in collected.observations} for collected in (by_night, by_day)]
    assert seen[0]
    assert len(seen[0]) < len(seen[0] | seen[1])
    texts = [{(post.id, post.text, str(post.metrics)) for post in one.observations} for one in (by_night, by_day)]
    assert texts[0] & texts[1] == set()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A child that would stay for long."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as child:
        yield child
        child.kill()


def test_a_program_that_ends_takes_its_crawlers_with_it(sleeper: subprocess.Popen[bytes]) -> None:
    """At its exit, while threads still wait for them."""
    module._CHILDREN.add(sleeper)
    module._kill_children()
    module._CHILDREN.discard(sleeper)
    assert sleeper.wait(5) == -9


def test_a_childs_last_words_are_kept() -> None:
    """They are for the coverage, on one line; a cookie's values are not in them."""
    code = "import sys; print('first', file=sys.stderr); raise SystemExit('out of memory, SECRET99')"
    with (
        Ear(Jar("auth=abc; salt=SECRET99").masked) as ear,
        subprocess.Popen([sys.executable, "-c", code], stderr=ear.pipe) as child,
    ):
        pass
    assert child.wait() == 1
    assert ear.words() == "first out of memory, ***"

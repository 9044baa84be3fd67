"""A complaint whose words stand in a picture: from the forum over the picture to the mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawlers.config import Manners
from crawlers.pictures.config import PicturesConfig
from crawlers.pictures.desk import PictureDesk
from crawlers.pictures.reader import ChildReader, is_available
from demo.httpd import Request, Response, serving
from domain.posts import PICTURE_MARK
from domain.readings import Bank
from tests.acceptance.conftest import Day, Inbox

SCREEN = Path(__file__).resolve().parents[1] / "golden" / "pictures" / "small-transfer.png"
BANK = Bank("桐花村镇银行", ("桐花银行",))

pytestmark = pytest.mark.skipif(not is_available(), reason="the optional extra ocr is not installed")


@pytest.fixture
def asked() -> list[str]:
    """The paths that the picture site was asked for."""
    return []


@pytest.fixture
def site(asked: list[str]) -> Iterator[str]:
    """A site with one screenshot under every name in /p/."""

    def answer(request: Request) -> Response:
        asked.append(request.path)
        if request.path.startswith("/p/"):
            return Response(200, SCREEN.read_bytes(), "image/png")
        return Response(404)

    with serving(answer) as url:
        yield url


def with_eyes(day: Day) -> Day:
    """The day with pictures read by the real reader, for the bank that the screenshot names."""
    config = PicturesConfig(enabled=True, delay_s=0)
    manners = Manners(allow_private_hosts=("127.0.0.1", "localhost"))
    desk = PictureDesk(config, manners, lambda: ChildReader(config), clock=day.parts.clock)
    day.parts = replace(day.parts, pictures=desk, banks=[BANK])
    return day


def test_what_stands_in_a_screenshot_is_read_grouped_and_mailed(
    day: Day, inbox: Inbox, site: str, asked: list[str]
) -> None:
    """“手机银行又这样” names neither bank nor matter: the screenshot does, in each post that has it."""
    with_eyes(day)
    for number in range(3):
        day.posts(f'<p>手机银行又这样</p><img src="{site}/p/{number}.png">', metrics={"views": 30_000, "likes": 900})
    report = day.at("09:00").sweep()
    assert report is not None
    assert report.pictures == 3
    assert "识图 3 张" in report.summary()

    [(incident, members, _snapshot)] = day.parts.store.active_incidents(BANK.name, day.parts.clock())
    assert incident.title == "手机银行又这样"
    for member in members:
        assert f"手机银行又这样\n{PICTURE_MARK}转账汇款" in member.post.full_text
        assert "app_fault" in member.reading.topics
        assert any("转账失败" in item.text or "系统繁忙" in item.text for item in member.reading.evidence)
    [mail] = [mail for mail in inbox.mails if "新增" in str(mail["Subject"])]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "手机银行又这样［图中文字，机器识读］" in plain.get_content()

    before = list(asked)
    day.at("09:30").sweep()
    assert asked == before
    assert sorted(path for path in asked if path.startswith("/p/")) == ["/p/0.png", "/p/1.png", "/p/2.png"]


def test_without_eyes_the_same_post_says_nothing_about_the_bank(day: Day, site: str) -> None:
    """Where pictures are not read the post waits, and what was not read then is read when the stage is switched on."""
    day.parts = replace(day.parts, banks=[BANK])
    day.posts(f'<p>手机银行又这样</p><img src="{site}/p/a.png">')
    day.at("09:00").sweep()
    assert day.parts.store.counts_since(BANK.name, day.parts.clock().replace(hour=0, minute=0))[1] == 0
    with_eyes(day).at("09:30").sweep()
    assert day.parts.store.counts_since(BANK.name, day.parts.clock().replace(hour=0, minute=0))[1] == 1

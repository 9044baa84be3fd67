"""The page behind the links of the mails, on a real server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from alerts.tickets import Ticket, sign
from app.correcting import Corrector
from app.starting import write_starting_folder
from app.web.server import HEADERS, LONGEST_FORM, make_app
from app.web.ticket_page import TicketDesk
from app.wiring import make_archive
from config.settings import load_settings
from crawlers.archive import Page as Kept
from domain.actions import Action
from domain.alerts import AlertState, Level
from domain.incidents import Snapshot
from tests.integration.storage.conftest import Scene, at, seen

NOW = at(60)
HTML = "<html><script src='https://elsewhere.example/x.js'></script>取不出钱</html>".encode()
NASTY = "<script>alert(1)</script>取不出钱"


@dataclass
class Page:
    """A running server with one orange incident, and the link that its reader got."""

    scene: Scene
    client: httpx.Client
    key: bytes

    def link(self, level: Level = Level.ORANGE, incident: str = "i1", ends: datetime = NOW + timedelta(days=1)) -> str:
        """The path of a ticket."""
        return f"/t/{sign(Ticket(incident, level, 'duty@bank.example', ends), self.key)}"

    def do(self, what: str, **fields: str) -> httpx.Response:
        """Post a form of the page, and follow to what is shown then."""
        return self.client.post(self.link(), data={"do": what, "by": "王敏", **fields}, follow_redirects=True)

    def actions(self) -> list[Action]:
        """What was done about the incident."""
        return self.scene.store.actions(["i1"]).get("i1", [])


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The server in a thread of its own, on a free port."""
    write_starting_folder(tmp_path / "conf")
    settings = load_settings(tmp_path / "conf")
    scene, archive = Scene(settings.store_url), make_archive(settings)
    html = archive.keep(Kept("https://bbs.example/t/1", "GET", 200, {"content-type": "text/html"}, HTML, at(0)))
    program = archive.keep(
        Kept("https://bbs.example/x.js", "GET", 200, {"content-type": "text/javascript"}, b"x", at(1))
    )
    scene.see(
        seen("1", NASTY, url="javascript:alert(2)", capture=html),
        seen("2", "我也是", under="1", minute=1, url="https://bbs.example/x.js", capture=program),
        seen("7", "别的事", capture=html),
    )
    scene.read()
    scene.group("1", "2", incident="i1")
    scene.store.save_snapshots(
        [Snapshot("i1", at(50), 2, 2, 2, 2, 1, 2, 3, 10, 1.0, 0.0, 0, 0, 41.0, 40.0, 0.8, at(1), parts={"volume": 9.0})]
    )
    state = AlertState("i1", Level.ORANGE, at(5), Level.ORANGE, at(5), 41.0, sequence=1, decided_at=at(50))
    scene.store.record_decisions([(state, None)], [], "bank.example")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        desk = TicketDesk(settings, scene.store, lambda: NOW)
        server = uvicorn.Server(uvicorn.Config(make_app(desk), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as client:
            yield Page(scene, client, settings.author_key())
        server.should_exit = True
        thread.join(timeout=20)
    scene.store.close()


def test_following_the_link_shows_the_incident_and_changes_nothing(page: Page) -> None:
    """A mail scanner that opens the link, by GET or HEAD, acknowledges nothing."""
    shown = page.client.get(page.link())
    assert shown.status_code == 200
    assert page.client.head(page.link()).status_code == 200
    for words in ("橙色", "确认收到", "误报", "交办", "暂停通报", "我也是", "duty@bank.example"):
        assert words in shown.text
    assert page.actions() == []


def test_what_strangers_wrote_is_text_and_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    """Mark-up and unsafe links of a post are harmless, and the page may not be framed, kept or sent on."""
    shown = page.client.get(page.link())
    assert "<script" not in shown.text
    assert "javascript:" not in shown.text
    assert {name: shown.headers[name] for name in HEADERS} == HEADERS


def test_an_acknowledgement_is_kept_once_and_shown(page: Page) -> None:
    """Pressing twice, or going back and pressing again, is one acknowledgement, by whom and from where."""
    shown = page.do("ack", note="已通知支行")
    assert "王敏" in shown.text
    page.do("ack", note="已通知支行")
    (done,) = page.actions()
    assert (done.kind, done.level, done.by, done.detail, done.via) == (
        "ack", Level.ORANGE, "王敏", "已通知支行", "page",
    )  # fmt: skip


def test_false_alarm_assignment_and_silence_do_what_they_say(page: Page) -> None:
    """Each form acts through the same functions as the commands."""
    page.do("assign", to="零售部")
    page.do("false_alarm")
    page.do("silence", hours="12", note="已约见当事人")
    assert [(done.kind, done.detail) for done in page.actions()] == [("assign", "零售部"), ("false_alarm", None)]
    (silenced,) = page.scene.store.silences(NOW)
    assert (silenced.incident, silenced.until, silenced.reason) == ("i1", NOW + timedelta(hours=12), "已约见当事人")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"do": "ack", "by": " "}, "何人"),
        ({"do": "assign", "to": ""}, "哪个部门"),
        ({"do": "silence", "hours": "9999", "note": "x"}, "暂停多久"),
        ({"do": "silence", "hours": "4", "note": ""}, "为什么"),
        ({"do": "delete"}, "要做什么"),
        ({}, "要做什么"),
    ],
)
def test_a_form_that_lacks_something_says_what(page: Page, fields: dict[str, str], told: str) -> None:
    """Nothing is done, and the page says how to mend it."""
    refused = page.client.post(page.link(), data={"by": "王敏", **fields})
    assert refused.status_code == 400
    assert told in refused.text
    assert page.actions() == []
    assert page.scene.store.silences(None) == []


def test_only_a_whole_and_timely_ticket_of_ours_opens_the_page(page: Page) -> None:
    """Another key, an altered or ended ticket, or rubbish gives a page that says so, for showing and for acting."""
    forged = f"/t/{sign(Ticket('i1', Level.RED, 'x@y.example', NOW + timedelta(days=1)), b'another key')}"
    for path, told in ((forged, "不完整"), (page.link()[:-1], "不完整"), (page.link(ends=NOW), "过期")):
        for answer in (page.client.get(path), page.client.post(path, data={"do": "ack", "by": "王敏"})):
            assert answer.status_code == 403
            assert told in answer.text
    assert page.client.get("/incidents/i1").status_code == 404
    assert page.actions() == []


def test_a_form_without_end_is_cut_off(page: Page) -> None:
    """A body over the limit, whatever length it declares, or one that is no text, is refused."""
    long = page.client.post(page.link(), content=(b"x" * 1024 for _ in range(2 * LONGEST_FORM // 1024)))
    assert long.status_code == 413
    assert page.client.post(page.link(), content=b"by=\xff\xfe").status_code == 400
    assert page.actions() == []


def test_a_kept_page_is_shown_as_it_was_and_can_do_nothing(page: Page) -> None:
    """Its bytes are those that were answered, in a sandbox that runs and loads nothing; no page, no show."""
    link = page.link()
    assert f"{link.removeprefix('/t/')}/kept?post=bbs%3A1" in page.client.get(link).text
    shown = page.client.get(f"{link}/kept", params={"post": "bbs:1"})
    assert shown.content == HTML
    assert shown.headers["content-type"] == "text/html"
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    refused = page.client.get(f"{link}/kept", params={"post": "bbs:2"})
    assert refused.status_code == 404
    assert "不是网页" in refused.text


@pytest.mark.parametrize("post", ["bbs:7", "bbs:99", "", "../1"])
def test_only_pages_of_the_tickets_own_incident_are_shown(page: Page, post: str) -> None:
    """What stands on no kept page, or belongs to another incident, is not given out."""
    refused = page.client.get(f"{page.link()}/kept", params={"post": post})
    assert refused.status_code == 404
    assert "没有存档" in refused.text


def test_an_old_mail_says_what_has_changed_since(page: Page) -> None:
    """Whoever opens the mail of another level is told the present one before he answers."""
    assert "邮件里说的是黄色，现在是橙色" in page.client.get(page.link(Level.YELLOW)).text
    assert "邮件里说的是" not in page.client.get(page.link()).text


def test_the_link_of_a_merged_incident_leads_to_where_it_went(page: Page) -> None:
    """Its mails stay of use."""
    page.scene.see(seen("3", "另一帖", 5), when=5)
    page.scene.read()
    page.scene.group("3", incident="i2")
    Corrector(page.scene.store, "bank.example").merge("i1", "i2", "王敏", "同一件事", NOW)
    shown = page.client.get(page.link(incident="i2"))
    assert "编号 i1" in shown.text
    assert "编号 i9" not in page.client.get(page.link(incident="i9")).text
    assert page.client.get("/healthz").text == "ok"

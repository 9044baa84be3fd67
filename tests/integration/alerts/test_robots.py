"""The robots of 企业微信, 钉钉 and 飞书 against servers on loopback that answer as theirs do, faults included."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.channels.chat import CUT
from alerts.channels.dingtalk import DingtalkRobot
from alerts.channels.feishu import FeishuRobot
from alerts.channels.http import Line
from alerts.channels.post import Channel
from alerts.channels.wecom import LONGEST_TEXT, WecomRobot
from demo.httpd import Request, Response
from domain.alerts import Message
from domain.errors import DeliveryError
from tests.integration.alerts.conftest import NOW, SECRET, SHORT, SUBJECT, Group, answered, make_letter
from tests.integration.crawlers.conftest import raw_answers

PATHS = {
    "wecom": "/cgi-bin/webhook/send?key=k1",
    "dingtalk": "/robot/send?access_token=k1",
    "feishu": "/hook/k1",
}


def robot(
    kind: str, base: str, *, secret: str | None = SECRET, path: str | None = None, timeout_s: float = 5
) -> Channel:
    """A robot of its kind at a server; its clock stands."""
    line = Line("群", base + (path or PATHS[kind]), timeout_s)
    if kind == "wecom":
        return WecomRobot(line, lambda: NOW)
    return (DingtalkRobot if kind == "dingtalk" else FeishuRobot)(line, secret, lambda: NOW)


def refused(channel: Channel, **changes: object) -> DeliveryError:
    """What sending a letter ends with."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(make_letter(**changes))
    return caught.value


@pytest.mark.parametrize("kind", PATHS)
def test_the_group_reads_subject_why_figures_and_who_acts(group: Group, kind: str) -> None:
    """A signed request is taken, and the text has everything that a phone's screen should show."""
    robot(kind, group.url).send(make_letter())
    assert group.told == [f"{SUBJECT}\n{SHORT}\n—— 舆情监测"]


@pytest.mark.parametrize("kind", PATHS)
def test_a_stand_in_reads_first_why_it_is_told(group: Group, kind: str) -> None:
    """The first line says for whom the message was."""
    robot(kind, group.url).send(make_letter(preface="本应送给 a@b.example"))
    assert group.told[0].startswith(f"本应送给 a@b.example\n{SUBJECT}\n")


@pytest.mark.parametrize("kind", PATHS)
def test_a_user_cannot_call_everybody(group: Group, kind: str) -> None:
    """What calls a whole group in a text arrives as plain words."""
    nasty = Message(SUBJECT, "", "", 'x <@all> <at user_id="all">所有人</at>')
    robot(kind, group.url).send(make_letter(message=nasty))
    assert "<" not in group.told[0]


@pytest.mark.parametrize("kind", PATHS)
def test_a_long_text_is_cut_to_what_the_platform_takes(group: Group, kind: str) -> None:
    """Ten thousand characters are taken, cut between two of them, with a word that there is more."""
    robot(kind, group.url).send(make_letter(message=Message(SUBJECT, "", "", '排队"\\\n' * 3000)))
    assert group.told[0].endswith(CUT)
    assert len(group.told[0].encode()) <= (LONGEST_TEXT if kind == "wecom" else 9000)


@pytest.mark.parametrize(
    ("kind", "code", "wait"), [("wecom", 45009, 60), ("dingtalk", 130101, 600), ("feishu", 11232, 60)]
)
def test_too_fast_asks_for_rest(group: Group, kind: str, code: int, wait: float) -> None:
    """The message over the platform's quota is refused in a body of HTTP 200: it waits, and counts as nothing else."""
    channel = robot(kind, group.url)
    for _ in range(100 if kind == "feishu" else 20):
        channel.send(make_letter())
    error = refused(channel)
    assert (error.code, error.retry, error.wait_s) == (code, True, wait)


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ((("Retry-After", "7"),), 7),
        ((("Retry-After", "Mon, 16 Mar 2026 04:02:00 GMT"),), 120),
        ((("Retry-After", "999999"),), 3600),
        ((("x-ogw-ratelimit-reset", "30"),), 30),
        ((("Retry-After", "bald"),), None),
        ((), None),
    ],
)
def test_429_is_waited_for_as_asked(
    group: Group, kind: str, headers: tuple[tuple[str, str], ...], wait: float | None
) -> None:
    """Seconds and dates are obeyed, an hour at most; nonsense counts as nothing."""
    group.faults = [answered({}, 429, *headers)]
    error = refused(robot(kind, group.url))
    usual = 600 if kind == "dingtalk" else 60
    assert (error.code, error.retry, error.wait_s) == (429, True, wait or usual)


@pytest.mark.parametrize(
    ("kind", "path", "code"),
    [
        ("wecom", "/cgi-bin/webhook/send?key=other", 93000),
        ("dingtalk", "/robot/send?access_token=other", 300001),
    ],
)
def test_a_wrong_address_is_configuration(group: Group, kind: str, path: str, code: int) -> None:
    """The platform's code is told with what to look at, and nothing is lost meanwhile."""
    error = refused(robot(kind, group.url, path=path))
    assert (error.code, error.retry, error.wait_s) == (code, True, None)
    assert "；" in error.detail


@pytest.mark.parametrize(("kind", "code"), [("dingtalk", 310000), ("feishu", 19021)])
@pytest.mark.parametrize("secret", [None, "SECother"])
def test_a_wrong_secret_is_configuration(group: Group, kind: str, code: int, secret: str | None) -> None:
    """So is a signature that does not fit, or none at all."""
    error = refused(robot(kind, group.url, secret=secret))
    assert (error.code, error.retry) == (code, True)
    assert "密钥" in error.detail


@pytest.mark.parametrize(("kind", "code"), [("dingtalk", 310000), ("feishu", 19021)])
def test_a_clock_that_is_hours_off_is_told(group: Group, kind: str, code: int) -> None:
    """The platform takes no signature that is older than an hour; the clock is named."""
    group.now = NOW + timedelta(hours=2)
    error = refused(robot(kind, group.url))
    assert (error.code, error.retry) == (code, True)
    assert "时钟" in error.detail


@pytest.mark.parametrize(
    ("kind", "answer", "retry"),
    [
        ("wecom", {"errcode": 40058, "errmsg": "exceed max length 2048"}, False),
        ("dingtalk", {"errcode": 430104, "errmsg": "content is not allowed"}, False),
        ("feishu", {"code": 9499, "msg": "Bad Request"}, False),
        ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, True),
        ("wecom", {"errcode": -1, "errmsg": "system busy"}, True),
        ("dingtalk", {"errcode": 987654, "errmsg": "new"}, True),
    ],
)
def test_what_will_never_be_taken_is_given_up(group: Group, kind: str, answer: object, retry: bool) -> None:
    """Content that the platform forbids is final; what is unknown or passing is tried again."""
    group.faults = [answered(answer)]
    error = refused(robot(kind, group.url))
    assert (error.retry, error.wait_s) == (retry, None)


def test_one_code_with_two_meanings_is_told_apart_by_its_words(group: Group) -> None:
    """飞书's 9499 is a bad request or too many of them."""
    group.faults = [answered({"code": 9499, "msg": "too many request"})]
    error = refused(robot("feishu", group.url))
    assert (error.retry, error.wait_s) == (True, 60)


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    "answer",
    [
        Response(502, b"<html>Bad Gateway</html>"),
        Response(200, "<html>请先登录上网认证</html>".encode()),
        Response(302, b"", headers=(("Location", "http://127.0.0.1:9/steal"),)),
        Response(200, b"[" * 5000),
        Response(200, b'{"errcode": "0", "code": null}'),
        Response(200, b"0" * 1_000_000),
    ],
)
def test_an_answer_of_something_in_between_is_no_acceptance(group: Group, kind: str, answer: Response) -> None:
    """A gateway's page, a redirect, nonsense and a flood are tried again; nothing is followed or believed."""
    group.faults = [answer]
    error = refused(robot(kind, group.url))
    assert (error.retry, error.wait_s, group.asked) == (True, None, 1)


@pytest.mark.parametrize("kind", PATHS)
def test_a_reset_leaves_it_open(kind: str) -> None:
    """A connection that breaks is tried again."""
    with raw_answers([None]) as base:
        assert refused(robot(kind, base)).retry


@pytest.mark.parametrize("kind", PATHS)
def test_silence_ends_in_time(kind: str, serve_http: Callable[..., str]) -> None:
    """A server that never answers is left after the configured seconds."""
    over = threading.Event()

    def wait(_request: Request) -> Response:
        over.wait(10)
        return Response(200)

    error = refused(robot(kind, serve_http(wait), timeout_s=0.2))
    over.set()
    assert (error.retry, "没有按时回答" in error.detail) == (True, True)


def test_nobody_listens() -> None:
    """A port without a server is trouble of the network."""
    error = refused(robot("wecom", "http://127.0.0.1:1"))
    assert (error.retry, "连接不上" in error.detail) == (True, True)


@pytest.mark.parametrize("url", [None, "", "qyapi.weixin.qq.com", "ftp://x/?key=k1", "http://[k1", "http://x:99999/k1"])
def test_an_address_that_is_none_is_told_without_it(url: str | None) -> None:
    """What was meant to be the address may be the key: it is named by its setting alone."""
    error = refused(WecomRobot(Line("值班群", url), lambda: NOW))
    assert "值班群" in error.detail
    assert "url_file" in error.detail
    assert "k1" not in str(error)


def test_the_key_stands_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture, group: Group) -> None:
    """Whatever goes wrong, address and key are told to nobody."""
    caplog.set_level(logging.INFO)
    group.faults = [Response(500), Response(302), answered({}, 429)]
    errors = [refused(robot("wecom", group.url)) for _ in range(3)]
    with raw_answers([None]) as base:
        errors.append(refused(robot("wecom", base)))
    assert not [error for error in errors if "k1" in str(error)]
    assert "k1" not in caplog.text


def test_a_greeting_says_nothing_in_the_group(group: Group) -> None:
    """The check-up reaches the host and sends no message."""
    Line("群", f"{group.url}/cgi-bin/webhook/send?key=k1").greet()
    assert (group.told, group.asked) == ([], 0)


def test_the_banks_proxy_is_the_way_out(serve_http: Callable[..., str]) -> None:
    """A configured proxy gets the request for the platform's host, which is not looked up here."""
    hosts = []

    def proxy(request: Request) -> Response:
        hosts.append(request.headers["host"])
        return answered({"errcode": 0, "errmsg": "ok"})

    line = Line("群", "http://qyapi.example/cgi-bin/webhook/send?key=k1", proxy=serve_http(proxy))
    WecomRobot(line, lambda: NOW).send(make_letter())
    assert hosts == ["qyapi.example"]


def test_a_certificate_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nothing is sent without the check that was asked for."""
    line = Line("群", "https://127.0.0.1:9/", ca_file=str(tmp_path / "missing.pem"))
    assert "ca_file 读不了" in refused(WecomRobot(line, lambda: NOW)).detail


def test_the_text_is_utf_8_json(serve_http: Callable[..., str]) -> None:
    """The wire carries characters, not escapes, under the right content type."""
    seen: list[Request] = []

    def keep(request: Request) -> Response:
        seen.append(request)
        return answered({"errcode": 0, "errmsg": "ok"})

    robot("wecom", serve_http(keep)).send(make_letter())
    assert seen[0].headers["content-type"] == "application/json; charset=utf-8"
    assert "红色" in seen[0].body.decode()
    assert json.loads(seen[0].body)["msgtype"] == "text"


def test_tls_is_checked(tls_server: tuple[str, Path]) -> None:
    """A certificate that nobody vouches for is refused; with the bank's own authority the message goes through."""
    base, ca = tls_server
    bare = Line("群", f"{base}/cgi-bin/webhook/send?key=k1")
    assert "证书不可信" in refused(WecomRobot(bare, lambda: NOW)).detail
    WecomRobot(Line("群", bare.url, ca_file=str(ca)), lambda: NOW).send(make_letter())

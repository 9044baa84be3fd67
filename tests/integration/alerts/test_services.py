"""A service that apprise knows, here its ``json://``, gets plain text; what it does not take is tried again."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from alerts.channels import services
from alerts.channels.chat import SIGNATURE
from alerts.channels.services import LONGEST_TEXT, MISSING, Service, is_available
from demo.httpd import Request, Response
from domain.alerts import Message
from domain.errors import DeliveryError
from tests.integration.alerts.conftest import SHORT, SUBJECT, make_letter

Serve = Callable[..., str]
installed = pytest.mark.skipif(not is_available(), reason="the optional extra apprise is not installed")


class Receiver:
    """Keeps what it gets, and answers with ``answer``."""

    def __init__(self, answer: Response | None = None) -> None:
        self.answer = answer or Response(200)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """One request."""
        self.requests.append(request)
        return self.answer

    def texts(self) -> list[str]:
        """The messages."""
        return [json.loads(request.body)["message"] for request in self.requests]


def service(url: str, more: str = "") -> Service:
    """The channel of a receiver at ``url``."""
    return Service("推送", f"{url.replace('http', 'json', 1)}/in{more}", 5)


def refused(channel: Service) -> DeliveryError:
    """What sending ends with."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(make_letter("推送"))
    return caught.value


@installed
def test_a_service_gets_subject_lines_and_signature(serve_http: Serve) -> None:
    """One request for each letter, and nobody waits between two."""
    receiver = Receiver()
    channel = service(serve_http(receiver))
    channel.send(make_letter("推送"))
    channel.send(make_letter("推送", preface="值班群收不到，改发给您"))
    first, second = receiver.texts()
    assert first == f"{SUBJECT}\n{SHORT}\n{SIGNATURE}"
    assert second.startswith("值班群收不到，改发给您\n")


@installed
def test_words_of_users_call_nobody_and_a_long_text_is_cut(serve_http: Serve) -> None:
    """No service finds an ``@all`` or a tag in it, nor more than it should take."""
    receiver = Receiver()
    words = Message("主题", "@all <at id=all></at> 大家看" + "长" * 2000, "")
    service(serve_http(receiver)).send(make_letter("推送", message=words))
    (text,) = receiver.texts()
    assert not {"@", "<"} & set(text)
    assert len(text.encode()) <= LONGEST_TEXT + len("＠".encode())


@installed
@pytest.mark.parametrize(
    "answer", [Response(500), Response(404), Response(302, b"", "text/plain", (("Location", "/"),))]
)
def test_what_is_not_taken_is_tried_again(
    serve_http: Serve, answer: Response, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was answered; no redirect is followed, and nothing of the address stands in a log or an error."""
    receiver = Receiver(answer)
    url = serve_http(receiver)
    error = refused(service(url, "?+key=geheim"))
    assert (error.retry, error.code, error.detail) == (True, None, "渠道 推送 没有接受，或连接不上")
    assert len(receiver.requests) == 1
    assert url.split("//")[1] not in caplog.text


@installed
def test_nobody_there_is_tried_again() -> None:
    """A host that does not answer is trouble of today."""
    assert refused(service("http://127.0.0.1:1")).retry


@installed
@pytest.mark.parametrize(("url", "said"), [(None, "没有地址"), ("nosuch://x", "apprise 看不懂"), ("", "没有地址")])
def test_an_address_that_names_no_service_is_told(url: str | None, said: str) -> None:
    """By doctor without a message, and by each letter."""
    channel = Service("推送", url)
    assert said in refused(channel).detail
    with pytest.raises(DeliveryError, match=said):
        channel.greet()


@installed
def test_greeting_sends_nothing(serve_http: Serve) -> None:
    """An address that apprise understands is enough."""
    receiver = Receiver()
    service(serve_http(receiver)).greet()
    assert receiver.requests == []


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The letters wait until it is installed."""
    monkeypatch.setattr(services, "is_available", lambda: False)
    error = refused(Service("推送", "json://127.0.0.1"))
    assert error.retry
    assert MISSING in error.detail
    assert "[apprise]" in MISSING

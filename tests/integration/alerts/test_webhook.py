"""A program of the bank's own gets each message signed and under one id, whatever it answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.channels.http import Line
from alerts.channels.webhook import Webhook, signature
from demo.httpd import Request, Response
from domain.errors import DeliveryError
from tests.integration.alerts.conftest import NOW, SHORT, SUBJECT, make_letter
from tests.integration.crawlers.conftest import raw_answers

KEY = "geheim"
Serve = Callable[..., str]


class Program:
    """Checks what it gets as docs/channels.md tells its author to, and answers with the turns first, then 204."""

    def __init__(self, *turns: Response) -> None:
        self.turns = list(turns)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """One request."""
        if request.method != "POST":
            return Response(405)
        self.requests.append(request)
        stamp, given = (request.headers[f"x-yuqing-{name}"] for name in ("timestamp", "signature"))
        digest = hmac.new(KEY.encode(), stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={digest}", given):
            return Response(401)
        return self.turns.pop(0) if self.turns else Response(204)

    def ids(self) -> set[str]:
        """The ids of what it got."""
        return {request.headers["x-yuqing-id"] for request in self.requests}


def hook(url: str, key: str | None = KEY) -> Webhook:
    """A webhook at the program's address."""
    return Webhook(Line("oa", f"{url}/in?token=t1", 5), key, lambda: NOW)


def refused(channel: Webhook) -> DeliveryError:
    """What sending ends with."""
    with pytest.raises(DeliveryError) as caught:
        channel.send(make_letter("oa"))
    return caught.value


def test_the_program_gets_everything_signed(serve_http: Serve) -> None:
    """Level, incident, subject, the few lines and the whole text; the signature fits the bytes."""
    program = Program()
    hook(serve_http(program)).send(make_letter("oa"))
    (request,) = program.requests
    letter = make_letter("oa")
    assert json.loads(request.body) == {
        "id": letter.message_id.strip("<>"), "notice": "20260316-a1b2c3.2", "kind": "raised", "level": "red",
        "bank": "白鹭洲村镇银行", "incident": "20260316-a1b2c3", "created_at": "2026-03-16T04:00:00Z",
        "subject": SUBJECT, "preface": None, "short": SHORT, "text": "全文",
    }  # fmt: skip
    assert request.headers["x-yuqing-id"] == letter.message_id.strip("<>")
    assert request.headers["x-yuqing-timestamp"] == str(int(NOW.timestamp()))


def test_a_program_without_the_secret_refuses(serve_http: Serve) -> None:
    """A wrong secret is configuration: tried again, and both ends are named."""
    error = refused(hook(serve_http(Program()), "falsch"))
    assert (error.code, error.retry, "密钥" in error.detail) == (401, True, True)


def test_nothing_is_sent_unsigned(serve_http: Serve) -> None:
    """Without a secret the message waits."""
    program = Program()
    assert "secret_file" in refused(hook(serve_http(program), None)).detail
    assert program.requests == []


@pytest.mark.parametrize(
    ("answer", "retry", "wait"),
    [
        (Response(500), True, None),
        (Response(503), True, None),
        (Response(503, headers=(("Retry-After", "30"),)), True, 30),
        (Response(429), True, 60),
        (Response(429, headers=(("Retry-After", "5"),)), True, 5),
        (Response(404), True, None),
        (Response(307, headers=(("Location", "http://127.0.0.1:9/"),)), True, None),
        (Response(400), False, None),
        (Response(422), False, None),
    ],
)
def test_answers_and_what_they_mean(serve_http: Serve, answer: Response, retry: bool, wait: float | None) -> None:
    """Trouble is tried again, a busy program is left alone, a message that it will never take is given up."""
    program = Program(answer)
    error = refused(hook(serve_http(program)))
    assert (error.retry, error.wait_s, len(program.requests)) == (retry, wait, 1)


def test_what_it_has_already_is_accepted(serve_http: Serve) -> None:
    """409 says that the id is known."""
    program = Program(Response(409))
    hook(serve_http(program)).send(make_letter("oa"))
    assert len(program.requests) == 1


def test_after_a_lost_answer_the_same_id_and_bytes_come_again(serve_http: Serve) -> None:
    """Nobody knows whether it was taken; the program can tell by the id."""
    with raw_answers([None]) as base:
        assert refused(hook(base)).retry
    program = Program(Response(500))
    channel = hook(serve_http(program))
    assert refused(channel).retry
    channel.send(make_letter("oa", attempts=1))
    assert len(program.ids()) == 1
    assert len({request.body for request in program.requests}) == 1


def test_the_example_in_the_docs_is_right() -> None:
    """Who builds the other end can check the code against it."""
    page = (Path(__file__).parents[3] / "docs" / "channels.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"`(sha256=[0-9a-f]{64})`", page)
    assert shown == signature("geheim", "1773633600", b'{"id": "1"}')

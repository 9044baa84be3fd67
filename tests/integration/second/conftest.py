"""A service on loopback that answers like an OpenAI-compatible one, or misbehaves as one may."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import pytest

from demo.httpd import Request, Response, serving
from domain.readings import Bank, Reading, Text
from domain.second import Doubt
from nlp.second.config import EndpointConfig
from nlp.second.endpoint import EndpointReader

BANK = Bank("桐花村镇银行", ("桐花银行",))
TOPICS = {"queue_slow": "排队久", "service_bad": "服务差"}
POST = "桐花银行的窗口还是那么几个，等到下班也没办成。"
FIRST = Reading(about=True, topics=(), negative=False, negativity=0.4, severity=0, evidence=(), version="rules-1")


def verdict(negative: bool = True, quote: str = "等到下班也没办成", topic: str | None = "queue_slow") -> str:
    """What a good model says."""
    answer = {
        "verdict": "负面" if negative else "非负面",
        "negativity": 0.85 if negative else 0.1,
        "severity": 2 if negative else 0,
        "findings": [{"topic": topic if negative else None, "quote": quote}],
        "reason": "排队太久",
    }
    return json.dumps(answer, ensure_ascii=False)


def completion(said: Any, status: int = 200) -> Response:
    """The envelope of chat/completions round what the model says."""
    body = {"object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": said}}]}
    return answered(body, status)


def answered(body: Any, status: int = 200, *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(body, ensure_ascii=False).encode(), "application/json", headers)


Turn = Response | Callable[[dict[str, Any]], Response]


@dataclass
class Service:
    """Answers the n-th question with the n-th turn, the last one again and again; keeps what it was asked."""

    turns: list[Turn]
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    models: Response = field(default_factory=lambda: answered({"object": "list", "data": [{"id": "qwen"}]}))
    url: str = ""

    def __call__(self, request: Request) -> Response:
        """One request."""
        self.requests.append(request)
        if request.path == "/v1/models":
            return self.models
        if request.path != "/v1/chat/completions":
            return answered({"error": "not found"}, 404)
        body = json.loads(request.body)
        self.asked.append(body)
        turn = self.turns[min(len(self.asked), len(self.turns)) - 1]
        return turn if isinstance(turn, Response) else turn(body)

    def posts(self) -> list[str]:
        """The posts that were sent, in order."""
        return [json.loads(body["messages"][1]["content"])["帖子"] for body in self.asked]


@pytest.fixture
def service() -> Iterator[Callable[..., Service]]:
    """Start a service with these turns; it stops when the test ends."""
    with ExitStack() as stack:

        def start(*turns: Turn) -> Service:
            served = Service(list(turns))
            served.url = stack.enter_context(serving(served)) + "/v1"
            return served

        yield start


@contextmanager
def sluggish(first: bytes, drop: bytes) -> Iterator[str]:
    """A server that sends ``first`` and then one ``drop`` after another, 20 a second, without ever coming to an end."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(first)
                while not stopped.wait(0.05):
                    connection.sendall(drop)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=drip, args=(connection,), daemon=True).start()

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture
def slow_service() -> Iterator[Callable[[bytes, bytes], str]]:
    """Start a `sluggish` server; it stops when the test ends."""
    with ExitStack() as stack:
        yield lambda first, drop: stack.enter_context(sluggish(first, drop))


def closed_port() -> str:
    """An address on loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def reader(url: str, **settings: Any) -> EndpointReader:
    """A reader of the service at ``url``; settings of its config, and clock, sleep, resolve and key."""
    ways = {name: settings.pop(name) for name in ("monotonic", "sleep", "resolve", "key") if name in settings}
    config = EndpointConfig.model_validate({"kind": "endpoint", "url": url, "model": "qwen", **settings})
    return EndpointReader(config, TOPICS, **ways)


def doubts(*texts: str) -> list[Doubt]:
    """Texts of the forum about `BANK` in doubt."""
    return [Doubt(Text(text, "forum", "办业务要多久？", BANK), FIRST) for text in texts or (POST,)]

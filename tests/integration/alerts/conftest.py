"""Letters, and servers on loopback that answer as the chat platforms do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.httpd import Request, Response, serving
from domain.alerts import Letter, Level, Message
from domain.letters import channel_of, message_id

HOST = "127.0.0.1"
NOW = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
SECRET = "SEC0123456789"
SUBJECT = "【红色·升级】白鹭洲村镇银行｜石门支行定期到期没人通知（指数87，356帖/5平台）#20260316-a1b2c3"
SHORT = "由橙色升为红色。作者 15 名。\n传播指数 87 · 356 帖 · 5 个平台；主题：吞利息；该谁处理：零售业务部"


def make_letter(contact: str = "群", **changes: Any) -> Letter:
    """A red letter of an incident for a contact."""
    values: dict[str, Any] = {
        "key": 1, "notice": "20260316-a1b2c3.2", "kind": "raised", "level": Level.RED, "recipient": contact,
        "channel": channel_of(contact), "thread": "20260316-a1b2c3", "incident": "20260316-a1b2c3",
        "bank": "白鹭洲村镇银行", "message_id": message_id("20260316-a1b2c3.2", contact, "bank.example"),
        "message": Message(SUBJECT, "全文", "<p>全文</p>", SHORT), "attempts": 0, "created_at": NOW,
    }  # fmt: skip
    return Letter(**{**values, **changes})


def answered(body: Any, status: int = 200, *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(body, ensure_ascii=False).encode(), "application/json", headers)


@dataclass
class Group:
    """A group with the robots of the three platforms in it: what they were told, in order.

    The robots check key, signature, time, length and rate as theirs do, on the clock ``now``. ``faults`` are answered
    first, one after another.
    """

    now: datetime = NOW
    faults: list[Response] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: int = 0
    url: str = ""
    _moments: list[datetime] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """One request."""
        if request.method == "HEAD":
            return Response(404)
        self.asked += 1
        if self.faults:
            return self.faults.pop(0)
        robots = {"/cgi-bin/webhook/send": self._wecom, "/robot/send": self._dingtalk, "/hook/k1": self._feishu}
        return robots[request.path](request) if request.path in robots else Response(404, b"not found")

    def _wecom(self, request: Request) -> Response:
        content = json.loads(request.body)["text"]["content"]
        if request.first("key") != "k1":
            return answered({"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"})
        if len(content.encode()) > 2048:
            return answered(
                {"errcode": 40058, "errmsg": "text.content exceed max length 2048. invalid Request Parameter"}
            )
        return self._take(
            content, 20, {"errcode": 45009, "errmsg": "api freq out of limit"}, {"errcode": 0, "errmsg": "ok"}
        )

    def _dingtalk(self, request: Request) -> Response:
        stamp = request.first("timestamp", "0")
        wanted = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        if request.first("sign") != base64.b64encode(wanted).decode() or not self._is_fresh(int(stamp) / 1000):
            return answered({"errcode": 310000, "errmsg": "sign not match"})
        if request.first("access_token") != "k1":
            return answered({"errcode": 300001, "errmsg": "token is not exist"})
        fast = {"status": 1111, "wait": 5, "errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        return self._take(json.loads(request.body)["text"]["content"], 20, fast, {"errcode": 0, "errmsg": "ok"})

    def _feishu(self, request: Request) -> Response:
        body = json.loads(request.body)
        if len(request.body) > 20_000:
            return answered({"code": 9499, "msg": "Bad Request", "data": {}}, 400)
        stamp = body.get("timestamp", "0")
        wanted = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
        if body.get("sign") != base64.b64encode(wanted).decode() or not self._is_fresh(int(stamp)):
            said = "sign match fail or timestamp is not within one hour from current time"
            return answered({"code": 19021, "msg": said, "data": {}}, 400)
        fast = {"code": 11232, "msg": "create message service trigger rate limit", "data": {}}
        return self._take(body["content"]["text"], 100, fast, {"code": 0, "msg": "success", "data": {}})

    def _is_fresh(self, seconds: float) -> bool:
        return abs(self.now.timestamp() - seconds) < 3600

    def _take(self, content: str, quota: int, too_fast: Any, good: Any) -> Response:
        self._moments = [moment for moment in self._moments if moment > self.now - timedelta(minutes=1)]
        if len(self._moments) >= quota:
            return answered(too_fast)
        self._moments.append(self.now)
        self.told.append(content)
        return answered(good)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1, made now: its file (to be trusted) and the server's context."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, secret = folder / "ca.pem", folder / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return file, context


def _take_whole(connection: socket.socket) -> None:
    """Read a request to the end of its body: whoever answers and leaves before cuts the writer off."""
    with connection.makefile("rb") as request:
        head = [line.lower() for line in takewhile(lambda line: line != b"\r\n", request)]
        request.read(sum(int(line.split(b":")[1]) for line in head if line.startswith(b"content-length:")))


@pytest.fixture
def tls_server(identity: tuple[Path, ssl.SSLContext]) -> Iterator[tuple[str, Path]]:
    """A robot behind TLS: its base address and the file of the authority that vouches for it."""
    ca, context = identity
    body = b'{"errcode": 0, "errmsg": "ok"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    listener = socket.create_server((HOST, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                _take_whole(wrapped)
                wrapped.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://{HOST}:{listener.getsockname()[1]}", ca
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def group() -> Iterator[Group]:
    """A group whose robots listen on loopback."""
    with ExitStack() as stack:
        group = Group()
        group.url = stack.enter_context(serving(group))
        yield group


@pytest.fixture
def serve_http() -> Iterator[Callable[..., str]]:
    """Start a server for a handler; it stops when the test ends."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(serving(handler))

"""The desk for pictures against real servers on loopback, and the process that reads against hostile pictures."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from crawlers.config import Manners
from crawlers.pictures.config import PicturesConfig
from crawlers.pictures.desk import PictureDesk
from crawlers.pictures.reader import ChildReader, PictureError
from demo.httpd import Handler, Request, Response
from domain.pictures import Picture, PictureOutcome, PictureText

Serve = Callable[[Handler], str]
LOCAL = Manners(allow_private_hosts=("127.0.0.1", "localhost"), request_timeout_s=5)
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "pictures"


class Eyes:
    """A reader for tests of the desk: a picture's bytes are its words; ``looks`` is what it was shown."""

    def __init__(self) -> None:
        self.looks: list[bytes] = []
        self.closed = 0

    def read(self, body: bytes) -> PictureText:
        """The bytes as words."""
        self.looks.append(body)
        if body == b"no picture":
            raise PictureError("refused", "不是能读的图片")
        return PictureText(body.decode(), 0.9 if body else None)

    def close(self) -> None:
        """Counted."""
        self.closed += 1


class Scene:
    """A desk with its eyes, the pauses it asked for, and what was read before."""

    def __init__(self, manners: Manners = LOCAL, **config: Any) -> None:
        self.eyes = Eyes()
        self.pauses: list[float] = []
        self.known: dict[str, PictureText] = {}
        settings = PicturesConfig(enabled=True, **{"delay_s": 0, **config})
        self.desk = PictureDesk(settings, manners, lambda: self.eyes, sleep=self.pauses.append)

    def read(self, *urls: str, page: str | None = None) -> list[PictureOutcome]:
        """What comes of these pictures."""
        waiting = [Picture(number, url, page) for number, url in enumerate(urls)]
        return list(self.desk.read(waiting, self.known.get))


def pictures(said: list[Request] | None = None, **bodies: bytes) -> Handler:
    """A site with these pictures by name, without a robots.txt; requests are noted."""

    def answer(request: Request) -> Response:
        if said is not None and request.path != "/robots.txt":
            said.append(request)
        body = bodies.get(request.path.strip("/"))
        return Response(404) if body is None else Response(200, body, "image/png")

    return answer


def test_words_come_with_hash_and_confidence_and_numbers_are_masked(serve: Serve) -> None:
    """A phone number on a screen is masked as in any text."""
    scene = Scene()
    site = serve(pictures(a="转账失败 13812345678".encode(), b=b""))
    read, empty = scene.read(f"{site}/a", f"{site}/b")
    assert (read.state, read.words) == ("read", PictureText("转账失败 138******78", 0.9))
    assert read.sha256 == hashlib.sha256("转账失败 13812345678".encode()).hexdigest()
    assert (empty.state, empty.words) == ("empty", PictureText(""))
    assert scene.eyes.closed == 1


def test_content_that_is_known_is_fetched_but_not_read_again(serve: Serve) -> None:
    """The same screenshot under a hundred posts costs one look."""
    scene = Scene()
    site = serve(pictures(a=b"same", b=b"same"))
    scene.known[hashlib.sha256(b"same").hexdigest()] = PictureText("系统繁忙", 0.8)
    first, second = scene.read(f"{site}/a", f"{site}/b")
    assert first.words == second.words == PictureText("系统繁忙", 0.8)
    assert scene.eyes.looks == []


def test_the_site_of_the_post_is_named_and_nothing_more(serve: Serve) -> None:
    """Sites refuse pictures to strangers; the post's own path and query are nobody's business."""
    said: list[Request] = []
    scene = Scene()
    site = serve(pictures(said, a=b"x"))
    scene.read(f"{site}/a", page="http://bbs.example/thread-7.html?from=me")
    scene.read(f"{site}/a", page="https://bbs.example/thread-7.html")
    scene.read(f"{site}/a")
    assert [request.headers.get("referer") for request in said] == ["http://bbs.example/", None, None]


def test_a_run_ends_with_its_count_and_with_its_time(serve: Serve) -> None:
    """What does not fit in waits for the next run, and nothing is said of it."""
    site = serve(pictures(a=b"1", b=b"2", c=b"3"))
    urls = [f"{site}/{name}" for name in "abc"]
    assert [outcome.key for outcome in Scene(max_pictures=2).read(*urls)] == [0, 1]
    assert Scene(max_seconds=1e-9).read(*urls) == []


def test_pictures_of_one_host_are_asked_for_with_a_pause(serve: Serve) -> None:
    """One request at a time and the configured delay, less what a request took: on a busy machine that is more."""
    scene = Scene(delay_s=60.0)
    site = serve(pictures(a=b"1", b=b"2"))
    assert [outcome.state for outcome in scene.read(f"{site}/a", f"{site}/b")] == ["read", "read"]
    assert scene.pauses
    assert all(52 < pause <= 60 for pause in scene.pauses)


@pytest.mark.parametrize(
    ("answer", "state", "cause"),
    [
        (Response(404), "refused", "不存在"),
        (Response(403), "failed", "拒绝"),
        (Response(500), "failed", "服务器出错"),
        (Response(200, b"x" * 20_000, "image/png"), "refused", "超过"),
        (Response(302, headers=(("Location", "/login?to=a"),)), "refused", "登录"),
        (Response(302, headers=(("Location", "http://169.254.169.254/latest"),)), "refused", "内网"),
        (Response(200, b"no picture", "text/html"), "refused", "不是能读的图片"),
        (Response(200, "此图片来自微信公众平台 未经允许不可引用".encode()), "failed", "防盗链"),
    ],
)
def test_every_fault_is_told_and_says_whether_to_try_again(
    serve: Serve, answer: Response, state: str, cause: str
) -> None:
    """Gone, too large, a login, the bank's own network: never again; trouble of the site: later."""
    scene = Scene(max_bytes=10_000)
    site = serve(lambda request: Response(404) if request.path == "/robots.txt" else answer)
    [outcome] = scene.read(f"{site}/a.png")
    assert (outcome.state, outcome.words) == (state, None)
    assert outcome.cause
    assert cause in outcome.cause


def test_a_private_address_is_refused_before_anything_is_asked(serve: Serve) -> None:
    """A picture's address comes from a stranger: it never leads into the bank's own network."""
    said: list[Request] = []
    site = serve(pictures(said, a=b"x"))
    [outcome] = Scene(Manners()).read(f"{site}/a")
    assert outcome.state == "refused"
    assert "内网" in (outcome.cause or "")
    assert said == []


def test_robots_are_obeyed(serve: Serve) -> None:
    """A site that does not want its pictures fetched is not asked for them, and not asked again."""
    said: list[str] = []

    def answer(request: Request) -> Response:
        said.append(request.path)
        return Response(200, b"User-agent: *\nDisallow: /pic/" if "robots" in request.path else b"x", "text/plain")

    site = serve(answer)
    [outcome] = Scene().read(f"{site}/pic/a.png")
    assert outcome.state == "refused"
    assert said == ["/robots.txt"]


def test_a_host_in_trouble_is_left_alone_and_the_others_are_read(serve: Serve) -> None:
    """A hundred pictures of a dead host do not use up the run."""
    said: list[Request] = []
    scene = Scene()
    down = serve(lambda request: said.append(request) or Response(503 if "robots" not in request.path else 404))
    well = serve(pictures(a=b"1"))
    outcomes = scene.read(f"{down}/a", f"{down}/b", f"{down}/c", f"{well}/a")
    assert [(outcome.key, outcome.state) for outcome in outcomes] == [(0, "failed"), (3, "read")]
    assert {request.path for request in said} == {"/robots.txt", "/a"}


def test_a_wait_that_the_run_has_no_time_for_is_not_waited(serve: Serve) -> None:
    """A site that asks for thirty seconds in a run of ten is tried again by a later run."""
    scene = Scene(max_seconds=10)
    site = serve(
        lambda request: Response(404) if "robots" in request.path else Response(503, headers=(("Retry-After", "30"),))
    )
    [outcome] = scene.read(f"{site}/a")
    assert (outcome.state, scene.pauses) == ("failed", [])
    assert "时间用完" in (outcome.cause or "")


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that says that it is so large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")


def hostile() -> Sequence[tuple[bytes, str]]:
    """Bodies that are no pictures to be read, and what is said of them."""
    from PIL import Image

    jpeg = (GOLDEN / "photo-loan.jpg").read_bytes()
    dot = BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "PNG")
    return (
        (bomb(60_000, 60_000), "太大"),
        (bomb(9_000, 9_000), "太大"),
        (dot.getvalue(), "太小"),
        (jpeg[:9_000], "不是能读的图片"),
        (b"", "不是能读的图片"),
        (b"<html><img src=a></html>", "不是能读的图片"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是能读的图片"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "不是能读的图片"),
    )


def test_hostile_pictures_are_refused_and_the_next_one_is_read() -> None:
    """Bombs, broken files and other formats cost nothing; transparency and animation are read like any picture."""
    pytest.importorskip("rapidocr", reason="the optional extra ocr is not installed")
    from PIL import Image

    reader = ChildReader(PicturesConfig())
    try:
        for body, cause in hostile():
            with pytest.raises(PictureError, match=cause) as caught:
                reader.read(body)
            assert caught.value.state == "refused"
        screen = Image.open(GOLDEN / "small-loan.png").convert("RGB").crop((0, 120, 390, 280))
        moving = BytesIO()
        screen.save(moving, "GIF", save_all=True, append_images=[Image.new("RGB", screen.size, "white")])
        assert "扣款失败" in reader.read(moving.getvalue()).text
    finally:
        reader.close()


def test_a_reader_that_hangs_is_ended_and_the_next_picture_gets_another() -> None:
    """One picture never holds up the day."""
    pytest.importorskip("rapidocr", reason="the optional extra ocr is not installed")
    reader = ChildReader(PicturesConfig(), patience_s=0.05)
    try:
        with pytest.raises(PictureError, match="识图进程") as caught:
            reader.read((GOLDEN / "small-loan.png").read_bytes())
        assert caught.value.state == "failed"
        with pytest.raises(PictureError, match="识图进程"):
            reader.read(b"")
    finally:
        reader.close()

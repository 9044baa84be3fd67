"""The pollers' client against real servers on loopback, most of which misbehave."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from crawlers.config import Manners, Night
from crawlers.http import Ask, HttpClient, Response
from crawlers.pace import BudgetError
from demo.httpd import Handler
from demo.httpd import Request as Asked
from demo.httpd import Response as Answer
from domain.errors import SourceError

Serve = Callable[[Handler], str]
ServeRaw = Callable[[Sequence[bytes | None]], str]
SMALL = Manners(max_body_bytes=100_000, request_timeout_s=5, contact="mailto:ops@bank.example")
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nhello"


def get(url: str, sleeps: list[float] | None = None, *, manners: Manners = SMALL, robots: bool = False) -> Response:
    """Ask once; pauses are noted and not slept."""
    with HttpClient(manners, sleep=(sleeps if sleeps is not None else []).append) as client:
        return client.request(Ask(url), robots=robots)


def failure(url: str, sleeps: list[float] | None = None, *, robots: bool = False) -> SourceError:
    """The error that asking ends in."""
    with pytest.raises(SourceError) as caught:
        get(url, sleeps, robots=robots)
    return caught.value


def scripted(answers: Sequence[Answer]) -> Handler:
    """Gives one answer after another; the last one is repeated."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_we_say_who_we_are(serve: Serve) -> None:
    """The User-Agent carries the contact, and only gzip is asked for."""
    seen: list[Asked] = []
    base = serve(lambda request: seen.append(request) or Answer(200, b"ok"))  # type: ignore[func-returns-value]
    assert get(f"{base}/x").body == b"ok"
    assert "mailto:ops@bank.example" in seen[0].headers["user-agent"]
    assert seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "login"),
        (403, "blocked"),
        (404, "changed"),
        (405, "blocked"),
        (410, "changed"),
        (412, "blocked"),
        (418, "changed"),
        (500, "down"),
    ],
)
def test_a_refusal_has_a_status_and_a_cause(serve: Serve, status: int, expected: str) -> None:
    """What the site answers becomes a status of coverage; the cause names the code and hides the query."""
    base = serve(lambda _: Answer(status))
    error = failure(f"{base}/x?access_token=secret")
    assert error.status == expected
    assert f"HTTP {status}" in error.cause
    assert "secret" not in error.cause


def test_a_server_that_recovers_is_asked_again(serve: Serve) -> None:
    """After 503 the client waits longer each time and then has the answer."""
    sleeps: list[float] = []
    base = serve(scripted([Answer(503), Answer(503), Answer(200, b"ok")]))
    assert get(base, sleeps).body == b"ok"
    assert sleeps == [1.0, 4.0]


def test_a_server_that_stays_down_is_given_up(serve: Serve) -> None:
    """Three attempts and no more."""
    count: list[Asked] = []
    base = serve(lambda request: count.append(request) or Answer(502))  # type: ignore[func-returns-value]
    assert failure(base).status == "down"
    assert len(count) == 3


def test_retry_after_is_honoured_once(serve: Serve) -> None:
    """The site's own pause is kept; where it asks for another one, we come back another day."""
    sleeps: list[float] = []
    busy = Answer(429, headers=(("Retry-After", "7"),))
    assert get(serve(scripted([busy, Answer(200, b"ok")])), sleeps).body == b"ok"
    assert sleeps == [7.0]
    sleeps.clear()
    error = failure(serve(scripted([busy])), sleeps)
    assert (error.status, sleeps) == ("blocked", [7.0])
    assert "7 秒后再来" in error.cause


def test_a_long_retry_after_is_not_waited_for(serve: Serve) -> None:
    """An hour is told in the cause, not slept."""
    sleeps: list[float] = []
    error = failure(serve(scripted([Answer(503, headers=(("Retry-After", "3600"),))])), sleeps)
    assert (error.status, sleeps) == ("down", [])
    assert "3600" in error.cause


def test_a_site_that_asks_for_an_hour_is_not_asked_again_in_this_run(serve: Serve) -> None:
    """The other pages of the site end in the same refusal, without a request."""
    count: list[Asked] = []
    busy = Answer(429, headers=(("Retry-After", "3600"),))
    base = serve(lambda request: count.append(request) or busy)  # type: ignore[func-returns-value]
    with HttpClient(SMALL) as client:
        for path in ("/a", "/b", "/c"):
            with pytest.raises(SourceError, match="3600 秒后再来"):
                client.request(Ask(base + path))
    assert len(count) == 1


@pytest.mark.parametrize("status", [202, 403, 503, 521])
def test_a_check_by_script_is_a_block_whatever_its_status(serve: Serve, status: int) -> None:
    """Cloudflare asks with 403 and 503, Jiasule with 521; a page with 2xx is judged by who reads it."""
    base = serve(lambda _: Answer(status, b"<html><script>document.cookie='__jsl_clearance_s=1'</script></html>"))
    if status == 202:
        assert get(base).status == 202
    else:
        assert failure(base).status == "blocked"


def test_retry_after_may_be_a_date(serve: Serve) -> None:
    """The date counts from the server's own clock."""
    sleeps: list[float] = []
    headers = (("Retry-After", "Fri, 01 Jan 2100 00:00:30 GMT"), ("X-Note", "far away"))
    assert failure(serve(scripted([Answer(429, headers=headers)])), sleeps).status == "blocked"
    assert sleeps == []


def test_a_connection_that_is_reset_or_cut_is_tried_again(serve_raw: ServeRaw) -> None:
    """Network faults pass, and half an answer is never taken for a whole one."""
    sleeps: list[float] = []
    assert get(serve_raw([None, SHORT, WHOLE]), sleeps).body == b"hello"
    assert sleeps == [1.0, 4.0]
    error = failure(serve_raw([SHORT]))
    assert (error.status, error.cause[:5]) == ("down", "回答不完整")


def test_nobody_listening_is_down() -> None:
    """A refused connection says that it could not connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/")
    assert (error.status, error.cause[:4]) == ("down", "连接不上")


def test_a_silent_server_is_down(serve_raw: ServeRaw) -> None:
    """Bytes that are no HTTP, and none at all, end as a failure of the source."""
    assert failure(serve_raw([b""])).status == "down"
    assert failure(serve_raw([b"hello\r\n\r\n"])).status == "down"


def test_packed_answers_are_unpacked(serve: Serve) -> None:
    """gzip is read; a packed body that is cut is told."""
    packed = gzip.compress(b"hello" * 100)
    base = serve(lambda _: Answer(200, packed, headers=(("Content-Encoding", "gzip"),)))
    assert get(base).body == b"hello" * 100
    base = serve(lambda _: Answer(200, packed[:-9], headers=(("Content-Encoding", "gzip"),)))
    assert failure(base).status == "down"


@pytest.mark.parametrize("packed", [True, False])
def test_a_body_without_end_is_not_read(serve: Serve, *, packed: bool) -> None:
    """Neither a bomb nor a plain body goes beyond the bound."""
    body = b"0" * 30_000_000 if packed else b"0" * 100_001
    headers = (("Content-Encoding", "gzip"),) if packed else ()
    base = serve(lambda _: Answer(200, gzip.compress(body) if packed else body, headers=headers))
    error = failure(base)
    assert error.status == "changed"
    assert "超过 100 KB" in error.cause


def test_packing_that_was_not_asked_for_is_refused(serve: Serve) -> None:
    """A body that we cannot bound is not unpacked."""
    base = serve(lambda _: Answer(200, b"x", headers=(("Content-Encoding", "br"),)))
    assert failure(base).status == "changed"


def test_redirects_are_followed_within_bounds(serve: Serve) -> None:
    """A moved page is found; a circle and a redirected form end."""
    base = serve(
        lambda request: Answer(200, b"here") if request.path == "/b" else Answer(302, headers=(("Location", "/b"),))
    )
    answer = get(f"{base}/a")
    assert (answer.body, answer.url) == (b"here", f"{base}/b")
    circle = serve(lambda _: Answer(302, headers=(("Location", "/a"),)))
    assert "转向超过 5 次" in failure(circle).cause
    with HttpClient(SMALL) as client, pytest.raises(SourceError, match="转到别处"):
        client.request(Ask(f"{circle}/api", method="POST", json={}))


@pytest.mark.parametrize(
    ("target", "status"),
    [("/passport/login", "login"), ("/member.php?mod=logging&action=login", "login"), ("/waf/captcha", "blocked")],
)
def test_a_redirect_to_the_login_page_is_told(serve: Serve, target: str, status: str) -> None:
    """Being sent to log in, or to prove oneself human, is not an answer."""
    base = serve(lambda _: Answer(302, headers=(("Location", target),)))
    assert failure(f"{base}/feed").status == status


@pytest.mark.parametrize("target", ["http://localhost:1/", "http://10.0.0.1/", "file:///etc/hostname"])
def test_no_site_makes_us_ask_the_banks_own_network(serve: Serve, target: str) -> None:
    """A redirect to an address inside is refused, unless the configuration allows that host."""
    base = serve(lambda _: Answer(302, headers=(("Location", target),)))
    assert failure(base).status == "changed"


def test_a_token_is_not_sent_to_another_host(serve: Serve) -> None:
    """Secret headers stay with the host that they were meant for."""
    seen: list[Asked] = []
    other = serve(lambda request: seen.append(request) or Answer(200, b"ok"))  # type: ignore[func-returns-value]
    base = serve(lambda _: Answer(302, headers=(("Location", other.replace("127.0.0.1", "localhost")),)))
    manners = SMALL.model_copy(update={"allow_private_hosts": ("localhost",)})
    with HttpClient(manners) as client:
        client.request(Ask(base, headers={"X-Plain": "1"}, secret_headers={"access-token": "s"}))
    assert seen[0].headers["x-plain"] == "1"
    assert "access-token" not in seen[0].headers


def test_robots_txt_is_obeyed_for_feeds_alone(serve: Serve) -> None:
    """A page that robots.txt forbids is not asked for; an interface called by key is."""
    seen: list[str] = []
    rules = b"User-agent: *\nDisallow: /private/\n"

    def site(request: Asked) -> Answer:
        seen.append(request.path)
        return Answer(200, rules, "text/plain") if request.path == "/robots.txt" else Answer(200, b"ok")

    base = serve(site)
    assert get(f"{base}/feed", robots=True).body == b"ok"
    error = failure(f"{base}/private/feed", robots=True)
    assert (error.status, "robots.txt" in error.cause) == ("blocked", True)
    assert get(f"{base}/private/feed").body == b"ok"
    assert seen == ["/robots.txt", "/feed", "/robots.txt", "/private/feed"]


def test_a_site_without_robots_txt_is_read_and_one_that_is_down_is_not(serve: Serve) -> None:
    """RFC 9309: no rules allow all, an unreachable file allows nothing."""
    base = serve(lambda request: Answer(404) if request.path == "/robots.txt" else Answer(200, b"ok"))
    assert get(f"{base}/feed", robots=True).body == b"ok"
    down = serve(lambda request: Answer(500) if request.path == "/robots.txt" else Answer(200, b"ok"))
    assert "robots.txt" in failure(f"{down}/feed", robots=True).cause


def test_requests_to_a_site_keep_their_distance(serve: Serve) -> None:
    """Between two requests lies the configured pause."""
    sleeps: list[float] = []
    base = serve(lambda _: Answer(200, b"ok"))
    with HttpClient(SMALL, delay_s=30, sleep=sleeps.append) as client:
        client.request(Ask(base))
        client.request(Ask(base))
    assert len(sleeps) == 1
    assert 25 < sleeps[0] <= 30


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:99999/", "ftp://x/", "http://nobody.invalid/"])
def test_an_impossible_address_is_a_failure_of_the_source(url: str) -> None:
    """Nothing but `SourceError` comes out of the client."""
    assert failure(url).status in ("changed", "down")


def test_a_crawl_delay_is_kept_and_a_night_has_its_budget(serve: Serve) -> None:
    """robots.txt may wish for a longer pause; by night the requests of one run end with a word of when to go on."""
    sleeps: list[float] = []
    rules = Answer(200, b"User-agent: *\nCrawl-delay: 12\n", "text/plain")
    base = serve(lambda request: rules if request.path == "/robots.txt" else Answer(200, b"ok"))
    midnight = datetime(2026, 3, 16, 16, tzinfo=UTC)
    manners = SMALL.model_copy(update={"night": Night(max_requests=3, delay_factor=2)})
    with HttpClient(manners, sleep=sleeps.append, clock=lambda: midnight) as client:
        client.request(Ask(f"{base}/a"), robots=True)
        client.request(Ask(f"{base}/b"), robots=True)
        with pytest.raises(BudgetError, match="夜间限量"):
            client.request(Ask(f"{base}/c"), robots=True)
    assert [round(pause) for pause in sleeps] == [24, 24]

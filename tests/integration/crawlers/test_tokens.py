"""The keeper of tokens against servers that give, rotate, renew and refuse them as the platforms do."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from crawlers.config import Manners
from crawlers.pollers.open_config import load_token_life
from crawlers.pollers.token_file import Held, TokenFile
from crawlers.pollers.tokens import Account, TokenKeeper, hidden
from demo.comments import json_response
from demo.httpd import Handler, Request, Response
from domain.errors import SourceError

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
SECRET, FIRST = "the-secret-of-the-app", "refresh-given-by-hand"
NAMED = {"id": "credentials.id", "secret": "KS_SECRET", "refresh_token": "KS_REFRESH"}


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time go on."""
        self.now += timedelta(**time)


class Kuaishou:
    """Gives a new pair for the refresh token that it gave last, and takes the old one back."""

    def __init__(self) -> None:
        self.refresh = FIRST
        self.given = 0
        self.refused: dict[str, Any] | None = None
        self.life: int | str = "172800"

    def __call__(self, request: Request) -> Response:
        assert (request.path, request.first("grant_type")) == ("/oauth2/refresh_token", "refresh_token")
        if self.refused:
            return json_response(self.refused)
        if request.first("refresh_token") != self.refresh or request.first("app_secret") != SECRET:
            return json_response({"result": 100200102, "error_msg": f"bad {request.first('refresh_token')}"})
        self.given += 1
        self.refresh = f"refresh-number-{self.given}"
        return json_response(
            {
                "result": 1,
                "access_token": f"access-number-{self.given}",
                "expires_in": self.life,
                "refresh_token": self.refresh,
                "refresh_token_expires_in": 15_552_000,
            }
        )


class Douyin:
    """Refreshes under the same refresh token, which it renews five times; numbers come as text."""

    def __init__(self, clock: Watch) -> None:
        self.clock = clock
        self.ends = NOW + timedelta(days=30)
        self.renewals = 0
        self.given = 0
        self.errors: dict[str, int] = {}

    def __call__(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        assert form["client_key"] == "app-1"
        if request.path in self.errors or self.clock() >= self.ends:
            code = self.errors.get(request.path, 10010)
            return json_response({"data": {"error_code": code, "description": "不行"}, "message": "error"})
        if request.path == "/oauth/renew_refresh_token/":
            self.renewals += 1
            self.ends = self.clock() + timedelta(days=30)
            return self._good({"refresh_token": form["refresh_token"], "expires_in": "2592000"})
        self.given += 1
        left = int((self.ends - self.clock()).total_seconds())
        tokens = {"access_token": f"act.number-{self.given}", "refresh_token": form["refresh_token"]}
        return self._good({**tokens, "expires_in": "1296000", "refresh_expires_in": str(left)})

    def _good(self, data: dict[str, Any]) -> Response:
        return json_response({"data": {**data, "error_code": "0", "description": ""}, "message": "success"})


class Wechat:
    """Gives the same token until five minutes before its end, or a new one where it is forced to."""

    def __init__(self) -> None:
        self.given = 1
        self.asked: list[bool] = []
        self.error: dict[str, Any] | None = None

    def __call__(self, request: Request) -> Response:
        asked = json.loads(request.body)
        self.asked.append(asked["force_refresh"])
        if self.error:
            return json_response(self.error)
        if asked["secret"] != SECRET:
            return json_response({"errcode": 40125, "errmsg": f"invalid appsecret {asked['secret']}"})
        self.given += asked["force_refresh"]
        return json_response({"access_token": f"wx-token-number-{self.given}", "expires_in": 7200})


def keeper(
    kind: str, base: str, folder: Path, clock: Callable[[], datetime] = lambda: NOW, **given: str
) -> TokenKeeper:
    """A keeper as the wiring makes one."""
    values = {"id": "app-1", "secret": SECRET, "refresh_token": FIRST, **given}
    life = load_token_life(kind)
    account = Account({part: values[part] or None for part in life.needs}, NAMED)
    file = TokenFile(folder / "tokens", "bank", sleep=lambda _: None)
    return TokenKeeper(life, base, lambda: account, file, Manners(), clock=clock, sleep=lambda _: None)


def kept(folder: Path) -> dict[str, Any]:
    """What the token file holds."""
    held: dict[str, Any] = json.loads((folder / "tokens" / "bank.json").read_text())
    return held


def test_the_first_token_is_kept_for_its_owner_alone(serve: Serve, tmp_path: Path) -> None:
    """File and folder are closed to others, and the next process does not ask again."""
    wechat = Wechat()
    base = serve(wechat)
    assert keeper("wechat", base, tmp_path).current() == "wx-token-number-1"
    assert keeper("wechat", base, tmp_path).current() == "wx-token-number-1"
    assert wechat.asked == [False]
    assert stat.S_IMODE((tmp_path / "tokens" / "bank.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "tokens").iterdir()) == ["bank.json", "bank.lock"]


def test_a_token_is_refreshed_ahead_of_its_end(serve: Serve, tmp_path: Path) -> None:
    """A life that comes as text is understood; the refresh is due an hour before the end, not at every request."""
    kuaishou, clock = Kuaishou(), Watch()
    held = keeper("kuaishou", serve(kuaishou), tmp_path, clock)
    assert held.current() == "access-number-1"
    clock.pass_by(hours=46, minutes=59)
    assert held.current() == "access-number-1"
    clock.pass_by(minutes=2)
    assert (held.current(), held.current(), kuaishou.given) == ("access-number-2", "access-number-2", 2)


def test_a_rotated_token_is_on_the_disk_before_it_is_used(serve: Serve, tmp_path: Path) -> None:
    """Whoever is killed after the refresh finds the new refresh token there; the one given by hand is dead by then."""
    kuaishou, clock = Kuaishou(), Watch()
    base = serve(kuaishou)
    keeper("kuaishou", base, tmp_path, clock).current()
    assert (kept(tmp_path)["refresh_token"], kept(tmp_path)["access_token"]) == ("refresh-number-1", "access-number-1")
    clock.pass_by(hours=48)
    assert keeper("kuaishou", base, tmp_path, clock).current() == "access-number-2"
    assert keeper("kuaishou", base, tmp_path, clock, refresh_token="").current() == "access-number-2"


def test_a_refused_token_is_asked_for_anew_and_at_last_by_force(serve: Serve, tmp_path: Path) -> None:
    """WeChat gives the refused token again unless it is forced; what another process got meanwhile is taken first."""
    wechat = Wechat()
    base = serve(wechat)
    one, other = keeper("wechat", base, tmp_path), keeper("wechat", base, tmp_path)
    assert (one.current(), other.current()) == ("wx-token-number-1", "wx-token-number-1")
    assert one.after("wx-token-number-1") == "wx-token-number-2"
    assert wechat.asked == [False, False, True]
    assert other.after("wx-token-number-1") == "wx-token-number-2"
    assert len(wechat.asked) == 3


def test_of_two_processes_one_refreshes(serve: Serve, tmp_path: Path) -> None:
    """The other one waits and reads the file; a second use of the old refresh token would have been refused."""
    kuaishou = Kuaishou()
    base = serve(kuaishou)
    code = (
        "import sys; from pathlib import Path; from crawlers.config import Manners\n"
        "from crawlers.pollers.open_config import load_token_life\n"
        "from crawlers.pollers.token_file import TokenFile\n"
        "from crawlers.pollers.tokens import Account, TokenKeeper, hidden\n"
        "values = {'id': 'app-1', 'secret': sys.argv[3], 'refresh_token': sys.argv[4]}\n"
        "file = TokenFile(Path(sys.argv[2]) / 'tokens', 'bank')\n"
        "keeper = TokenKeeper(load_token_life('kuaishou'), sys.argv[1], lambda: Account(values, {}), file, Manners())\n"
        "sys.stdin.readline(); print(keeper.current())"
    )
    command = [sys.executable, "-c", code, base, str(tmp_path), SECRET, FIRST]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    assert {process.communicate(timeout=60)[0].strip() for process in processes} == {"access-number-1"}
    assert kuaishou.given == 1


def test_a_dead_authorisation_says_what_a_person_must_do(serve: Serve, tmp_path: Path) -> None:
    """While the access token lives it is used and the end is told; after that the source wants a login."""
    kuaishou, clock = Kuaishou(), Watch()
    held = keeper("kuaishou", serve(kuaishou), tmp_path, clock)
    held.current()
    kuaishou.refused = {"result": 100200109, "error_msg": "user cancelled"}
    clock.pass_by(hours=47, minutes=30)
    assert held.current() == "access-number-1"
    warning = held.warning() or ""
    assert "取消了对应用的授权" in warning
    assert "请重新授权，把新的 refresh_token 放进 KS_REFRESH" in warning
    assert "现有令牌用到 2026-03-12 16:00" in warning
    clock.pass_by(hours=1)
    with pytest.raises(SourceError, match="请重新授权") as caught:
        held.current()
    assert caught.value.status == "login"


def test_while_refreshing_fails_it_is_not_tried_at_every_request(serve: Serve, tmp_path: Path) -> None:
    """After a failure the old token is used for ten minutes; then the platform is asked again, and all is well."""
    kuaishou, clock = Kuaishou(), Watch()
    asked: list[Request] = []

    def site(request: Request) -> Response:
        asked.append(request)
        return kuaishou(request)

    held = keeper("kuaishou", serve(site), tmp_path, clock)
    held.current()
    kuaishou.refused = {"result": 100200500}
    clock.pass_by(hours=47, minutes=10)
    assert [held.current() for _ in range(5)] == ["access-number-1"] * 5
    assert len(asked) == 2
    kuaishou.refused = None
    clock.pass_by(minutes=11)
    assert (held.current(), held.warning()) == ("access-number-2", None)


def test_new_credentials_of_a_person_win_and_old_ones_do_not_come_back(serve: Serve, tmp_path: Path) -> None:
    """After a new authorisation its token is used; a process that still has the old one reads the file."""
    kuaishou, clock = Kuaishou(), Watch()
    base = serve(kuaishou)
    old = keeper("kuaishou", base, tmp_path, clock)
    old.current()
    kuaishou.refresh = "refresh-after-new-consent"
    assert keeper("kuaishou", base, tmp_path, clock, refresh_token=kuaishou.refresh).current() == "access-number-2"
    clock.pass_by(hours=48)
    assert old.current() == "access-number-3"


def test_a_running_service_finds_the_new_authorisation(serve: Serve, tmp_path: Path) -> None:
    """What a person puts into the file is read when the next token is needed; nobody has to restart anything."""
    kuaishou, clock = Kuaishou(), Watch()
    given = {"id": "app-1", "secret": SECRET, "refresh_token": "refresh-that-is-dead"}
    file = TokenFile(tmp_path / "tokens", "bank")
    base, life = serve(kuaishou), load_token_life("kuaishou")
    held = TokenKeeper(life, base, lambda: Account(dict(given), NAMED), file, Manners(), clock=clock)
    with pytest.raises(SourceError, match="refresh_token 无效"):
        held.current()
    given["refresh_token"] = FIRST
    assert held.current() == "access-number-1"


def test_wrong_credentials_do_not_cost_the_good_tokens(serve: Serve, tmp_path: Path) -> None:
    """A mistyped secret is told, and the file stays as it was."""
    kuaishou = Kuaishou()
    base = serve(kuaishou)
    keeper("kuaishou", base, tmp_path).current()
    before = kept(tmp_path)
    with pytest.raises(SourceError, match="refresh_token 无效"):
        keeper("kuaishou", base, tmp_path, secret="mistyped-secret").current()
    assert kept(tmp_path) == before


def test_douyins_refresh_token_is_renewed_in_time_and_counted(serve: Serve, tmp_path: Path) -> None:
    """Five renewals keep an authorisation for 165 days; in the last week a person is told."""
    clock = Watch()
    douyin = Douyin(clock)
    base = serve(douyin)
    warned = []
    for _ in range(165):
        held = keeper("douyin", base, tmp_path, clock)
        held.current()
        warned.append(held.outlook())
        clock.pass_by(days=1)
    assert (douyin.renewals, kept(tmp_path)["renewals"]) == (5, 5)
    told = [text for well, text in warned if not well]
    assert 7 <= len(told) <= 8
    assert "不能再自动续期，在此之前请重新授权" in told[0]
    assert douyin.given < 25


def test_a_renewal_that_is_not_granted_is_not_asked_for_again(serve: Serve, tmp_path: Path) -> None:
    """Without the scope the token is refreshed all the same, and the end of the authorisation is told."""
    clock = Watch()
    douyin = Douyin(clock)
    douyin.errors["/oauth/renew_refresh_token/"] = 10004
    held = keeper("douyin", serve(douyin), tmp_path, clock)
    held.current()
    clock.pass_by(days=28)
    assert held.current() == "act.number-2"
    assert "授权到 2026-04-09 16:00 为止" in (held.warning() or "")
    asked = kept(tmp_path)
    assert (held.current(), kept(tmp_path)) == ("act.number-2", asked)
    clock.pass_by(days=3)
    assert held.current() == "act.number-2"
    assert "已于 2026-04-09 16:00 到期" in (held.warning() or "")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ({"errcode": 40013, "errmsg": "invalid appid"}, "login", "AppID 不对"),
        ({"errcode": "40125", "errmsg": "invalid appsecret"}, "login", "AppSecret 不对"),
        ({"errcode": 40164, "errmsg": "invalid ip 203.0.113.7, not in whitelist"}, "blocked", "203.0.113.7"),
        ({"errcode": 45009, "errmsg": "reach max api daily quota limit"}, "blocked", "次数已用完"),
        ({"errcode": -1, "errmsg": "system error"}, "down", "system error"),
        ({"errcode": 0}, "changed", "没有 access_token"),
        ({"access_token": "wx-token-number-9", "expires_in": "soon"}, "changed", "expires_in"),
        ([], "changed", "接口可能改了"),
    ],
)
def test_why_there_is_no_token_is_told(
    serve: Serve, tmp_path: Path, error: dict[str, Any], status: str, words: str
) -> None:
    """Each of the platform's refusals has its status, and says in words what to do."""
    wechat = Wechat()
    wechat.error = error
    if not error:
        wechat.error = None
        base = serve(lambda _: json_response([]))
    else:
        base = serve(wechat)
    with pytest.raises(SourceError, match=words) as caught:
        keeper("wechat", base, tmp_path).current()
    assert caught.value.status == status


@pytest.mark.parametrize(("given", "named"), [({"secret": ""}, "KS_SECRET"), ({"refresh_token": ""}, "KS_REFRESH")])
def test_missing_credentials_are_told_by_name(tmp_path: Path, given: dict[str, str], named: str) -> None:
    """Nothing is asked without them, and the check-up says so too."""
    held = keeper("kuaishou", "http://127.0.0.1:1", tmp_path, **given)
    with pytest.raises(SourceError, match=f"请设置 {named}$") as caught:
        held.current()
    assert caught.value.status == "login"
    assert held.outlook() == (False, caught.value.cause.removeprefix("令牌没能取得："))


def test_a_folder_that_cannot_be_written_is_told_before_a_token_is_spent(serve: Serve, tmp_path: Path) -> None:
    """The old refresh token still stands at the platform."""
    kuaishou = Kuaishou()
    (tmp_path / "tokens").write_text("a file in the folder's place")
    base = serve(kuaishou)
    with pytest.raises(SourceError, match=r"tokens/bank\.json 读不了"):
        keeper("kuaishou", base, tmp_path).current()
    (tmp_path / "tokens").unlink()
    (tmp_path / "tokens" / "bank.part").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"tokens/bank\.json 写不了"):
        keeper("kuaishou", base, tmp_path).current()
    assert kuaishou.given == 0


def test_a_damaged_token_file_falls_back_to_what_was_given(serve: Serve, tmp_path: Path) -> None:
    """Half a file does not stop the source as long as the given refresh token is good."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "bank.json").write_text('{"access_token": "access-n')
    assert keeper("kuaishou", serve(Kuaishou()), tmp_path).current() == "access-number-1"


def test_a_lock_that_is_never_given_back_is_told(tmp_path: Path) -> None:
    """A process that hangs does not hang the others for ever."""
    file = TokenFile(tmp_path / "tokens", "bank", sleep=lambda _: None)
    with file.locked(), pytest.raises(SourceError, match="另一个进程"):
        keeper("wechat", "http://127.0.0.1:1", tmp_path).current()
    assert file.read() == Held()


def test_short_secrets_are_hidden_too() -> None:
    """Nobody promises how long a secret is; what is too short to be one leaves the words as they are."""
    assert hidden("bad RT-7, a refusal", ["RT-7", "a", ""]) == "bad ***, a refusal"


def test_no_secret_is_told(serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a cause nor the log shows a token or a key, also where the platform repeats them."""
    caplog.set_level(logging.DEBUG)
    kuaishou, clock = Kuaishou(), Watch()
    held = keeper("kuaishou", serve(kuaishou), tmp_path, clock)
    held.current()
    kuaishou.refused = {"result": 100200102, "error_msg": f"{SECRET} {FIRST} refresh-number-1 access-number-1"}
    with pytest.raises(SourceError) as caught:
        held.after("access-number-1")
    clock.pass_by(hours=47, minutes=30)
    held.current()
    shown = f"{caught.value.cause} {held.warning()} {held.outlook()} {caplog.text}"
    assert "***" in shown
    assert not [secret for secret in (SECRET, FIRST, "refresh-number-1", "access-number-1") if secret in shown]

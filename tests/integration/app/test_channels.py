"""Channels, routes and returned mail as a bank sets them up: read from the folder, joined, and checked by doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.channels.services import is_available
from app.channel_checks import contact_findings
from app.posting import make_bounces, make_post_office, make_quotas
from app.starting import write_starting_folder
from config.settings import load_settings
from demo.httpd import serving
from domain.clock import system_clock
from domain.errors import ConfigError
from tests.integration.alerts.conftest import SECRET, Group, make_letter
from tests.integration.alerts.test_imap import MailServer, returned, running
from tests.integration.alerts.test_webhook import KEY, Program


class Bank:
    """A folder, and servers that its channels reach."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        write_starting_folder(folder)
        self.folder = folder
        self.group = Group(now=system_clock())
        self.group.url = stack.enter_context(serving(self.group))
        self.program = Program()
        self.hook = stack.enter_context(serving(self.program))

    def writes(self, name: str, **sections: Any) -> None:
        """Set sections of a file."""
        path = self.folder / name
        data = {**yaml.safe_load(path.read_text(encoding="utf-8")), **sections}
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def keeps(self, name: str, text: str) -> str:
        """Put a secret into a file of the folder; returns the file's name."""
        (self.folder / name).write_text(f"{text}\n", encoding="utf-8")
        return name

    def doctor(self) -> list[str]:
        """What the check-up says of contacts; no key is among it."""
        found = [
            f"{'✓' if one.well else '✗'} {one.subject}：{one.detail}"
            for one in contact_findings(load_settings(self.folder))
        ]
        assert not [line for line in found if "k1" in line or SECRET in line or KEY in line]
        return found


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    """A bank with a fresh folder."""
    with ExitStack() as stack:
        yield Bank(tmp_path / "conf", stack)


def channels(bank: Bank) -> dict[str, Any]:
    """One channel of each kind, with what they need in files and in the environment."""
    return {
        "企微群": {
            "kind": "wecom",
            "url_file": bank.keeps("wecom.url", f"{bank.group.url}/cgi-bin/webhook/send?key=k1"),
        },
        "钉钉群": {"kind": "dingtalk", "url_env": "YQ_TEST_DING", "secret_file": bank.keeps("ding.secret", SECRET)},
        "飞书群": {
            "kind": "feishu",
            "url_file": bank.keeps("fs.url", f"{bank.group.url}/hook/k1"),
            "secret_env": "YQ_TEST_FS",
        },
        "oa": {
            "kind": "webhook",
            "url_file": bank.keeps("oa.url", bank.hook),
            "secret_file": bank.keeps("oa.secret", KEY),
        },
    }


@pytest.fixture
def ways(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The bank with all four channels."""
    bank.writes("alerts.yaml", channels=channels(bank))
    monkeypatch.setenv("YQ_TEST_DING", f"{bank.group.url}/robot/send?access_token=k1")
    monkeypatch.setenv("YQ_TEST_FS", SECRET)
    return bank


def test_every_channel_of_the_folder_carries_letters(ways: Bank) -> None:
    """Addresses and secrets from files and from the environment reach the right servers, signed."""
    post = make_post_office(load_settings(ways.folder))
    for name in ("企微群", "钉钉群", "飞书群", "oa"):
        post.send(make_letter(name))
    assert (len(ways.group.told), len(ways.program.requests)) == (3, 1)
    assert make_quotas(load_settings(ways.folder)) == {"企微群": 20, "钉钉群": 20, "飞书群": 100, "oa": 60}


def test_doctor_greets_every_channel_and_says_nothing_in_the_groups(ways: Bank) -> None:
    """All four are well, and nobody was disturbed."""
    assert ways.doctor() == [
        "✓ 渠道 企微群：wecom 可以连接，每分钟至多 20 条",
        "✓ 渠道 钉钉群：dingtalk 可以连接，每分钟至多 20 条",
        "✓ 渠道 飞书群：feishu 可以连接，每分钟至多 100 条",
        "✓ 渠道 oa：webhook 可以连接，每分钟至多 60 条",
    ]
    assert (ways.group.asked, ways.program.requests) == (0, [])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("wecom.url", "✗ 渠道 企微群：渠道 企微群 没有地址，请核对 url_env 或 url_file"),
        ("ding.secret", "✗ 渠道 钉钉群：没有密钥：环境变量 None 和文件 ding.secret 里都没有"),
        ("oa.secret", "✗ 渠道 oa：没有密钥：环境变量 None 和文件 oa.secret 里都没有"),
    ],
)
def test_doctor_names_what_is_missing(ways: Bank, file: str, words: str) -> None:
    """Which channel, what, and where to put it; the others are looked at all the same."""
    (ways.folder / file).unlink()
    found = ways.doctor()
    assert len(found) == 4
    assert any(line.startswith(words) for line in found)


def test_doctor_tells_of_a_host_that_does_not_answer(bank: Bank) -> None:
    """Address and key stay untold."""
    file = bank.keeps("wecom.url", "http://127.0.0.1:1/send?key=k1")
    bank.writes("alerts.yaml", channels={"群": {"kind": "wecom", "url_file": file}})
    assert bank.doctor() == ["✗ 渠道 群：渠道 群 连接不上。请核对 alerts.yaml 的 channels"]


def test_a_service_is_read_from_the_folder_and_not_asked(bank: Bank) -> None:
    """With the optional extra apprise its address is looked at, and a letter reaches it; without it doctor names it."""
    file = bank.keeps("push.url", bank.hook.replace("http://", "json://"))
    bank.writes("alerts.yaml", channels={"推送": {"kind": "apprise", "url_file": file}})
    if is_available():
        assert bank.doctor() == ["✓ 渠道 推送：apprise 地址可用（没有试连），每分钟至多 20 条"]
    else:
        assert "pip install '.[apprise]'" in bank.doctor()[0]
    assert bank.program.requests == []


def test_doctor_names_routes_that_can_never_match(bank: Bank) -> None:
    """A bank, branch, topic or department that is nowhere else is most likely a slip."""
    to = ["a@bank.example"]
    bank.writes(
        "alerts.yaml", routes=[{"bank": "别家银行", "to": to}, {"branches": ["月球支行"], "topics": ["x"], "to": to}]
    )
    (line,) = bank.doctor()
    assert line.startswith("✗ 路由：")
    assert "第 1 条的 bank 别家银行；第 2 条的 branches 月球支行；第 2 条的 topics x" in line


def test_doctor_is_content_with_routes_that_can_match(bank: Bank) -> None:
    """What banks.yaml and the taxonomy name may be asked for."""
    settings = load_settings(bank.folder)
    name = settings.banks.banks[0].name
    bank.writes("alerts.yaml", routes=[{"bank": name, "topics": ["bank_run_rumor"], "to": ["a@bank.example"]}])
    assert bank.doctor() == ["✓ 路由：1 条"]


def test_the_mailbox_of_returned_mail_is_joined_and_greeted(bank: Bank) -> None:
    """The folder's settings read a notification; a server that is gone is told."""
    with running(MailServer(returned())) as settings:
        bank.writes("yuqing.yaml", bounces={**settings, "password_file": bank.keeps("b.password", KEY)})
        box = make_bounces(load_settings(bank.folder))
        assert box is not None
        assert bank.doctor() == [f"✓ 退信：127.0.0.1:{settings['port']} 的 INBOX 可以读"]
        assert len(list(box.read())) == 1
    assert bank.doctor()[0].startswith("✗ 退信：连不上")


def test_a_notification_without_the_mail_is_understood_by_its_address(bank: Bank) -> None:
    """The domain of our mails comes from the folder."""
    to = b"To: bounce+20260316-a1b2c3.2.785f4acf@relay.example\r\n"
    with running(MailServer(to + returned(message_id=""))) as settings:
        bank.writes("yuqing.yaml", bounces={**settings, "password_file": bank.keeps("b.password", KEY)})
        box = make_bounces(load_settings(bank.folder))
        assert box is not None
        (bounce,) = box.read()
    assert bounce.message_id == f"<20260316-a1b2c3.2.785f4acf@{load_settings(bank.folder).main.mail.domain}>"


def test_nothing_is_said_where_nothing_is_set_up(bank: Bank) -> None:
    """A simple set-up has mail alone."""
    assert bank.doctor() == []
    assert make_bounces(load_settings(bank.folder)) is None


def test_a_contact_that_is_no_channel_is_told_with_its_place(bank: Bank) -> None:
    """File, line, the name, and what would be right."""
    (bank.folder / "alerts.yaml").write_text("routes:\n  - to: [值班群]\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(bank.folder)
    (problem,) = caught.value.problems
    assert "alerts.yaml:2" in problem
    assert "“值班群”不是邮箱地址" in problem

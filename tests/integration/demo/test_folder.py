"""The demonstration's configuration folder, read by the product; and the folder it must not clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import load_settings
from demo.__main__ import main
from demo.folder import Addresses, write_folder
from demo.stories import load_town
from domain.alerts import Level

ADDRESSES = Addresses(
    forums={
        ("qinghe-bbs", "青禾市民网"): "http://127.0.0.1:8001",
        ("hewan-bbs", "河湾论坛"): "http://127.0.0.1:8002",
    },
    feeds="http://127.0.0.1:8003",
    comments="http://127.0.0.1:8004",
    smtp_port=8025,
)


def test_the_product_reads_the_folder(tmp_path: Path) -> None:
    """The folder is a valid configuration: seven sources, the bank with its branches, mail to the local server."""
    town = load_town()
    write_folder(tmp_path / "config", ADDRESSES, town.feeds, town.videos)
    settings = load_settings(tmp_path / "config")
    assert [source.name for source in settings.sources.sources] == [
        "qinghe-bbs", "hewan-bbs", "redian", "rongmei", "bank-wx", "douyin", "kuaishou",
    ]  # fmt: skip
    assert settings.banks.banks[0].name == "青禾村镇银行"
    assert (settings.main.mail.port, settings.main.mail.security) == (8025, "none")
    assert settings.store_url == f"sqlite:///{tmp_path / 'config' / 'yuqing.db'}"
    assert len(settings.alerts.recipients.of(Level.RED)) == 3
    assert settings.author_key()


def test_a_folder_of_somebody_else_is_not_cleared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with other files in it is left alone, and the demonstration ends with 1 and the reason."""
    (tmp_path / "thesis.txt").write_text("precious", encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "precious"
    assert "不敢清空" in capsys.readouterr().err

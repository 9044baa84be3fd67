"""The folder as a whole: what init writes can be read, secrets come from outside the YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.starting import write_starting_folder
from config.settings import load_settings
from domain.errors import ConfigError


def test_the_starting_folder_is_a_valid_configuration(tmp_path: Path) -> None:
    """What init writes loads without a complaint, and its author key is long and private."""
    write_starting_folder(tmp_path / "conf")
    settings = load_settings(tmp_path / "conf")
    assert settings.banks.banks[0].name == "青禾村镇银行"
    assert len(settings.author_key()) == 64
    assert (tmp_path / "conf" / "author.key").stat().st_mode & 0o077 == 0


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A folder in use is left as it is."""
    write_starting_folder(tmp_path)
    (tmp_path / "banks.yaml").write_text("banks: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="不会覆盖"):
        write_starting_folder(tmp_path)
    assert (tmp_path / "banks.yaml").read_text(encoding="utf-8") == "banks: []\n"


def test_the_shipped_alert_rules_are_the_models_defaults(tmp_path: Path) -> None:
    """The commented alerts.yaml says what would hold without it, so that it can be trusted as documentation."""
    from alerts.config import AlertConfig

    write_starting_folder(tmp_path)
    assert load_settings(tmp_path).alerts.levels == AlertConfig().levels


def test_a_secret_in_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service managers pass secrets by the environment."""
    write_starting_folder(tmp_path)
    monkeypatch.setenv("YUQING_AUTHOR_KEY", "from-environment")
    assert load_settings(tmp_path).author_key() == b"from-environment"


def test_a_missing_author_key_is_explained(tmp_path: Path) -> None:
    """Without the key nothing may be stored, and the message says how to get one."""
    write_starting_folder(tmp_path)
    (tmp_path / "author.key").unlink()
    with pytest.raises(ConfigError, match="YUQING_AUTHOR_KEY"):
        load_settings(tmp_path).author_key()


def test_a_relative_store_lies_in_the_folder(tmp_path: Path) -> None:
    """The address does not depend on where the program was started."""
    write_starting_folder(tmp_path)
    assert load_settings(tmp_path).store_url == f"sqlite:///{tmp_path / 'yuqing.db'}"


def test_an_override_for_a_branch_that_no_bank_has_is_told(tmp_path: Path) -> None:
    """A slip in a branch's name would never match: it is an error, and the right name is none."""
    write_starting_folder(tmp_path)
    rules = "overrides: [{branches: [%s], levels: {red: {any_of: [{posts: 9}]}}}]\n"
    (tmp_path / "alerts.yaml").write_text(rules % "城关支行", encoding="utf-8")
    assert load_settings(tmp_path).alerts.overrides[0].branches == ("城关支行",)
    (tmp_path / "alerts.yaml").write_text(rules % "城观支行", encoding="utf-8")
    with pytest.raises(ConfigError, match="overrides 里的网点“城观支行”不在 banks"):
        load_settings(tmp_path)


def test_problems_of_all_files_come_together(tmp_path: Path) -> None:
    """One run names what is wrong in every file."""
    write_starting_folder(tmp_path)
    (tmp_path / "banks.yaml").write_text("banks: []\n", encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("source: []\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert [line.split(":")[0] for line in caught.value.problems] == ["banks.yaml", "sources.yaml"]

"""Loads the configuration folder. The only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from alerts.config import AlertConfig
from config.models import BanksConfig, MainConfig, SourcesConfig
from config.validation import Model, read
from domain.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """The whole configuration, checked. ``folder`` is what relative paths are relative to."""

    folder: Path
    main: MainConfig
    banks: BanksConfig
    sources: SourcesConfig
    alerts: AlertConfig

    @property
    def store_url(self) -> str:
        """The store's address with a relative SQLite path made absolute."""
        prefix, _, path = self.main.store.url.partition("sqlite:///")
        if prefix or not path or path.startswith("/") or path == ":memory:":
            return self.main.store.url
        return f"sqlite:///{self.folder / path}"

    @property
    def taxonomy_override(self) -> Path | None:
        """topics.yaml in the folder, where the bank changes topics or terms."""
        path = self.folder / "topics.yaml"
        return path if path.exists() else None

    def author_key(self) -> bytes:
        """The secret for hashing authors' ids."""
        given = secret("YUQING_AUTHOR_KEY", self.folder, self.main.privacy.author_key_file)
        if not given:
            where = self.folder / self.main.privacy.author_key_file
            hint = f"请设环境变量 YUQING_AUTHOR_KEY，或放好文件 {where}（yuqing init 会生成）"
            raise ConfigError([f"yuqing.yaml: 缺少作者密钥：{hint}"])
        return given.encode()

    def heartbeat_url(self) -> str | None:
        """The address that is asked for after every sweep, None where there is none. It holds its owner's key."""
        return secret("YUQING_HEARTBEAT_URL", self.folder, self.main.schedule.heartbeat_file)

    def mail_password(self) -> str | None:
        """The relay's password, None where none is needed."""
        return secret("YUQING_MAIL_PASSWORD", self.folder, self.main.mail_password_file)


def load_settings(folder: Path) -> Settings:
    """Read and check all files of the folder; one ConfigError names every problem of every file."""
    if not folder.is_dir():
        raise ConfigError([f"{folder}: 没有这个配置目录；可以用 yuqing init {folder} 生成"])
    problems: list[str] = []
    main = _part(folder / "yuqing.yaml", MainConfig, problems)
    banks = _part(folder / "banks.yaml", BanksConfig, problems)
    sources = _part(folder / "sources.yaml", SourcesConfig, problems)
    alerts = _part(folder / "alerts.yaml", AlertConfig, problems)
    if main is None or banks is None or sources is None or alerts is None:
        raise ConfigError(problems)
    if lost := _unknown_branches(alerts, banks):
        raise ConfigError([f"alerts.yaml: overrides 里的网点“{'、'.join(lost)}”不在 banks.yaml 的 branches 里"])
    return Settings(folder.resolve(), main, banks, sources, alerts)


def secret(variable: str | None, folder: Path, file: str | None) -> str | None:
    """A secret from the environment variable, else from the file; ConfigError where the named file is unreadable."""
    value = os.environ.get(variable) if variable else None
    if value or not file:
        return value or None
    path = folder / file
    if not path.exists():
        return None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise ConfigError([f"{path.name}: 密钥文件读不了：{error.strerror}"]) from None


def _unknown_branches(alerts: AlertConfig, banks: BanksConfig) -> list[str]:
    known = {branch for bank in banks.banks for branch in bank.branches}
    named = [branch for override in alerts.overrides for branch in override.branches]
    return [branch for branch in dict.fromkeys(named) if branch not in known]


def _part(path: Path, model: type[Model], problems: list[str]) -> Model | None:
    try:
        return read(path, model)
    except ConfigError as error:
        problems += error.problems
        return None

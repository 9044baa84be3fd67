"""The starting folder of ``yuqing init``: commented YAML, and a fresh secret for the authors' hashes."""

from __future__ import annotations

import secrets
from pathlib import Path

from domain.errors import ConfigError

DEFAULTS = Path(__file__).resolve().parent.parent / "config" / "defaults"
FILES = ("yuqing.yaml", "banks.yaml", "sources.yaml", "alerts.yaml")


def write_starting_folder(folder: Path) -> list[Path]:
    """Write the files; an existing one is never overwritten (ConfigError before anything is written)."""
    there = [name for name in (*FILES, "author.key") if (folder / name).exists()]
    if there:
        raise ConfigError([f"{folder}: 已有 {'、'.join(there)}，不会覆盖；请换一个目录或先移走"])
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in FILES:
        path = folder / name
        path.write_text((DEFAULTS / name).read_text(encoding="utf-8"), encoding="utf-8")
        written.append(path)
    key = folder / "author.key"
    key.touch(mode=0o600)
    key.write_text(secrets.token_hex(32) + "\n", encoding="utf-8")
    return [*written, key]

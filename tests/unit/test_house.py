"""What keeps the house in order: names, docs, and the rules of tools/house.py."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from alerts.config import AlertConfig
from app.cli import main
from config.models import BanksConfig, MainConfig, SourcesConfig

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "alerts", "app", "config", "crawlers", "demo", "domain", "evaluation", "incidents", "nlp", "pipeline", "scheduler",
    "storage", "tools",
}  # fmt: skip


def test_no_dependency_ships_a_module_of_our_names() -> None:
    """The top-level names are generic; a package that brought one of them would shadow ours."""
    owners = importlib.metadata.packages_distributions()
    assert {name: owners[name] for name in NAMES & owners.keys() if set(owners[name]) != {"yuqing"}} == {}


def commands(group: click.Group, prefix: str = "yuqing") -> list[str]:
    """Every command with its full name."""
    names = []
    for name, command in group.commands.items():
        full = f"{prefix} {name}"
        names += commands(command, full) if isinstance(command, click.Group) else [full]
    return names


@pytest.mark.parametrize("command", commands(main))
def test_every_command_stands_in_both_readmes(command: str) -> None:
    """A command that nobody can read about does not exist for the bank's staff."""
    for name in ("README.md", "README.zh-CN.md"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), f"{command} is not in {name}"


def fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[str]:
    """The names of all settings under a model."""
    if model in seen:
        return set()
    seen.add(model)
    names = {info.alias or name for name, info in model.model_fields.items()}
    for info in model.model_fields.values():
        stack = [info.annotation]
        while stack:
            part = stack.pop()
            stack += getattr(part, "__args__", ())
            if isinstance(part, type) and issubclass(part, BaseModel):
                names |= fields(part, seen)
    return names


@pytest.mark.parametrize("model", [MainConfig, BanksConfig, SourcesConfig, AlertConfig])
def test_every_setting_stands_in_the_docs(model: type[BaseModel]) -> None:
    """Each key of the configuration is named in code font somewhere under docs/."""
    docs = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert sorted(name for name in fields(model, set()) if f"`{name}`" not in docs and f"{name}:" not in docs) == []


def test_help_is_quick_and_imports_no_heavy_room() -> None:
    """Looking at the help pays for no package of a room."""
    code = "import sys, app.cli; print([m for m in ('scrapy','jieba','sqlalchemy','numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"

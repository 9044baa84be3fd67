"""Overrides: the rules that hold for an incident of certain topics or branches. Pure."""

from __future__ import annotations

from collections.abc import Collection

from alerts.config import AlertConfig
from alerts.rules_config import Override


def override_of(config: AlertConfig, topics: Collection[str], branches: Collection[str]) -> Override | None:
    """The first override that fits; None where the common rules hold."""
    return next((item for item in config.overrides if _fits(item, topics, branches)), None)


def rules_for(config: AlertConfig, topics: Collection[str], branches: Collection[str]) -> AlertConfig:
    """The configuration with the rules that hold for an incident of these topics at these branches."""
    override = override_of(config, topics, branches)
    if override is None:
        return config
    return config.model_copy(update={"levels": config.levels.model_copy(update=override.levels.given)})


def named(override: Override) -> str:
    """How it is called: its name, or what it is for."""
    return override.name or "、".join((*override.topics, *override.branches))


def _fits(override: Override, topics: Collection[str], branches: Collection[str]) -> bool:
    by_topic = not override.topics or bool(set(override.topics) & set(topics))
    return by_topic and (not override.branches or bool(set(override.branches) & set(branches)))

"""The facts of what people find by hand, in ``sources.yaml``."""

from __future__ import annotations

from typing import Literal

from crawlers.config import SourceConfig


class PasteConfig(SourceConfig):
    """Where ``yuqing add`` puts what a person found. It needs no entry; one gives it another name or label."""

    kind: Literal["paste"]
    label: str | None = "人工发现"


DEFAULT = PasteConfig(name="paste", kind="paste")
"""Where there is no entry."""

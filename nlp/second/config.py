"""``second_reader:`` in yuqing.yaml: none, a model in a local folder, or an endpoint in the bank's own network."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class NoSecondConfig(BaseModel):
    """Nobody reads a second time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["none"] = "none"


class SecondBounds(BaseModel):
    """What every second reader has: which posts it gets, and the bounds of one run.

    ``grey``: posts whose negativity lies no further than this from the bar of the first reader. ``days``: of older
    posts none are read. ``max_chars``: of a text, and of what it answers, so many characters are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grey: float = Field(default=0.15, gt=0, le=0.5)
    days: int = Field(default=7, ge=1, le=60)
    max_posts: int = Field(default=50, ge=1, le=10_000)
    max_seconds: float = Field(default=60.0, gt=0, le=3600)
    max_chars: int = Field(default=2000, ge=100, le=20_000)


class OnnxConfig(SecondBounds):
    """A classifier, or a sentence encoder with a linear head, in a folder on this machine (extra ``onnx``)."""

    kind: Literal["onnx"]
    folder: str = Field(min_length=1)
    max_tokens: int = Field(default=256, ge=16, le=8192)
    threads: int = Field(default=2, ge=1, le=64)


class EndpointConfig(SecondBounds):
    """An OpenAI-compatible service. ``url`` goes up to and including ``/v1``; ``timeout_s`` is for one whole answer."""

    kind: Literal["endpoint"]
    url: str
    model: str = Field(min_length=1)
    key_env: str | None = None
    key_file: str | None = None
    ca_file: str | None = None
    timeout_s: float = Field(default=15.0, gt=0, le=600, validate_default=True)
    allow_public: bool = False

    @field_validator("url")
    @classmethod
    def _a_web_address(cls, value: str) -> str:
        if not _is_address(value):
            raise ValueError("应为 http 或 https 地址，写到 /v1 为止，例如 http://10.0.0.8:8000/v1")
        if "@" in urlsplit(value).netloc:
            raise ValueError("地址里不写用户名和密码；密钥用 key_env 或 key_file")
        return value.rstrip("/")

    @field_validator("timeout_s")
    @classmethod
    def _time_for_one(cls, value: float, info: ValidationInfo) -> float:
        if value > info.data.get("max_seconds", value):
            raise ValueError("不能大于 max_seconds，否则一条也来不及问")
        return value


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        return False


SecondConfig = Annotated[NoSecondConfig | OnnxConfig | EndpointConfig, Field(discriminator="kind")]

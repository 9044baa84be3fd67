"""What every model of ``alerts.yaml`` is made with. Messages are in Chinese: staff read them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

ADDRESS = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
_CLOCK = re.compile(r"^(?:[01]?\d|2[0-3]):[0-5]\d$")


def _address(value: str) -> str:
    if not ADDRESS.match(value) or len(value) > 254:
        raise ValueError("不是邮箱地址，应为 name@example.com 的形式（只用英文字符）")
    return value


def _clock(value: str) -> str:
    if not _CLOCK.match(value):
        raise ValueError('应为带引号的 "时:分"，例如 "07:30"')
    return value


Address = Annotated[str, AfterValidator(_address)]
ClockTime = Annotated[str, AfterValidator(_clock)]


class Strict(BaseModel):
    """An unknown key is an error, and a loaded configuration does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

"""The models of ``channels:`` in ``alerts.yaml``. Addresses of robots hold keys, so they stand in no YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from alerts.base_config import Strict

PerMinute = Annotated[int, Field(ge=1, le=6000)]


class ChannelConfig(Strict):
    """What all channels have. The address comes from the environment variable ``url_env``, else the file ``url_file``.

    ``per_minute``: so many messages a minute at most; what is over waits. ``proxy``: the bank's way out, as in
    ``http://10.0.0.9:3128``. ``ca_file``: who signs the other side's certificate, where that is the bank itself.
    """

    url_env: str | None = None
    url_file: str | None = None
    ca_file: str | None = None
    proxy: str | None = Field(default=None, pattern=r"^https?://[^\s/]+/?$")
    timeout_s: float = Field(default=10.0, gt=0, le=120)
    per_minute: PerMinute = 20

    @model_validator(mode="after")
    def _an_address_from_somewhere(self) -> ChannelConfig:
        if not self.url_env and not self.url_file:
            raise ValueError("要写 url_env（环境变量名）或 url_file（文件名）；地址里有密钥，不写在这里")
        return self


class SignedConfig(ChannelConfig):
    """A channel that can sign; the secret comes from ``secret_env``, else from ``secret_file``."""

    secret_env: str | None = None
    secret_file: str | None = None


class WecomConfig(ChannelConfig):
    """A robot in a group of 企业微信: 20 messages a minute."""

    kind: Literal["wecom"]


class DingtalkConfig(SignedConfig):
    """A robot in a group of 钉钉: 20 messages a minute; who sends more is shut out for ten."""

    kind: Literal["dingtalk"]


class FeishuConfig(SignedConfig):
    """A robot in a group of 飞书: 100 messages a minute."""

    kind: Literal["feishu"]
    per_minute: PerMinute = 100


class WebhookConfig(SignedConfig):
    """A program of the bank's own; every message is signed."""

    kind: Literal["webhook"]
    per_minute: PerMinute = 60

    @model_validator(mode="after")
    def _a_secret_from_somewhere(self) -> WebhookConfig:
        if not self.secret_env and not self.secret_file:
            raise ValueError("要写 secret_env（环境变量名）或 secret_file（文件名），对方用它核对签名")
        return self


class AppriseConfig(ChannelConfig):
    """A service of those that apprise knows; what its address looks like stands in apprise's documentation."""

    kind: Literal["apprise"]

    @model_validator(mode="after")
    def _goes_its_own_way(self) -> AppriseConfig:
        if self.ca_file or self.proxy:
            raise ValueError("apprise 渠道不用 ca_file 和 proxy：代理取自环境变量 HTTPS_PROXY，证书用系统的")
        return self


AnyChannel = Annotated[
    WecomConfig | DingtalkConfig | FeishuConfig | WebhookConfig | AppriseConfig, Field(discriminator="kind")
]

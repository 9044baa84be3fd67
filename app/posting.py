"""Joins what carries letters: the relay, the channels of ``alerts.yaml``, and the mailbox of returned mail."""

from __future__ import annotations

from alerts.channels.dingtalk import DingtalkRobot
from alerts.channels.feishu import FeishuRobot
from alerts.channels.http import Line
from alerts.channels.imap import BounceBox
from alerts.channels.post import PostOffice
from alerts.channels.services import Service
from alerts.channels.smtp import SmtpMailer
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WecomRobot
from alerts.channels_config import AnyChannel, AppriseConfig, FeishuConfig, WecomConfig
from config.settings import Settings, secret

AnyCarrier = WecomRobot | DingtalkRobot | FeishuRobot | Webhook | Service


def make_post_office(settings: Settings) -> PostOffice:
    """The way of every letter."""
    channels = settings.alerts.channels.items()
    mail = SmtpMailer(settings.main.mail, settings.mail_password())
    made = {name: make_channel(name, config, settings) for name, config in channels}
    return PostOffice(mail, made, settings.author_key())


def make_channel(name: str, config: AnyChannel, settings: Settings) -> AnyCarrier:
    """One channel of its kind; one without an address or a needed secret says so when it is used."""
    folder = settings.folder
    url = secret(config.url_env, folder, config.url_file)
    if isinstance(config, AppriseConfig):
        return Service(name, url, config.timeout_s)
    ca_file = str(folder / config.ca_file) if config.ca_file else None
    line = Line(name, url, config.timeout_s, ca_file, config.proxy)
    if isinstance(config, WecomConfig):
        return WecomRobot(line)
    key = secret(config.secret_env, folder, config.secret_file)
    if isinstance(config, FeishuConfig):
        return FeishuRobot(line, key)
    return DingtalkRobot(line, key) if config.kind == "dingtalk" else Webhook(line, key)


def make_quotas(settings: Settings) -> dict[str, int]:
    """Messages a minute of each channel."""
    return {name: config.per_minute for name, config in settings.alerts.channels.items()}


def make_bounces(settings: Settings) -> BounceBox | None:
    """The mailbox of returned mail; None where none is set up."""
    config = settings.main.bounces
    if config is None:
        return None
    if config.ca_file:
        config = config.model_copy(update={"ca_file": str(settings.folder / config.ca_file)})
    password = secret(config.password_env, settings.folder, config.password_file)
    return BounceBox(config, password, settings.main.mail.domain)

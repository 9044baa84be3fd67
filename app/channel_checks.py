"""The check-up of contacts: channels that can be used, routes that can match, the mailbox of returned mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alerts.channels.services import Service
from alerts.channels_config import AnyChannel, DingtalkConfig, FeishuConfig, WebhookConfig
from app.findings import Finding, ill, well
from app.posting import make_bounces, make_channel
from config.settings import Settings, secret
from domain.errors import BounceError, DeliveryError
from nlp.lexicon import load_taxonomy

HINT = "请核对 alerts.yaml 的 channels"


def contact_findings(settings: Settings) -> Iterator[Finding]:
    """What can be said of channels, routes and returned mail. Hosts are greeted; nothing is sent."""
    for name, config in settings.alerts.channels.items():
        yield _channel(name, config, settings)
    if lost := list(_lost(settings)) if settings.alerts.routes else []:
        yield ill("路由", f"alerts.yaml 的 routes 里有对不上的：{'；'.join(lost)}")
    elif settings.alerts.routes:
        yield well("路由", f"{len(settings.alerts.routes)} 条")
    yield from _bounces(settings)


def _channel(name: str, config: AnyChannel, settings: Settings) -> Finding:
    subject = f"渠道 {name}"
    if isinstance(config, DingtalkConfig | FeishuConfig | WebhookConfig):
        named = config.secret_env or config.secret_file
        if named and not secret(config.secret_env, settings.folder, config.secret_file):
            return ill(subject, f"没有密钥：环境变量 {config.secret_env} 和文件 {config.secret_file} 里都没有")
    channel = make_channel(name, config, settings)
    told = "地址可用（没有试连）" if isinstance(channel, Service) else "可以连接"
    try:
        (channel if isinstance(channel, Service) else channel.line).greet()
    except DeliveryError as error:
        return ill(subject, f"{error.detail}。{HINT}")
    return well(subject, f"{config.kind} {told}，每分钟至多 {config.per_minute} 条")


def _lost(settings: Settings) -> Iterator[str]:
    """What routes ask for and nothing has."""
    banks = settings.banks.banks
    taxonomy = load_taxonomy(settings.taxonomy_override)
    known: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("branches", lambda name: any(name in bank.branches for bank in banks)),
        ("topics", lambda name: any(name == topic.code for topic in taxonomy.topics)),
        ("departments", lambda name: any(name == topic.department for topic in taxonomy.topics)),
    )
    for number, route in enumerate(settings.alerts.routes, 1):
        if route.bank is not None and route.bank not in [bank.name for bank in banks]:
            yield f"第 {number} 条的 bank {route.bank}"
        for field, is_known in known:
            wrong = [name for name in getattr(route, field) if not is_known(name)]
            if wrong:
                yield f"第 {number} 条的 {field} {'、'.join(wrong)}"


def _bounces(settings: Settings) -> Iterator[Finding]:
    box, config = make_bounces(settings), settings.main.bounces
    if box is None or config is None:
        return
    try:
        box.greet()
        yield well("退信", f"{config.host}:{config.port} 的 {config.folder} 可以读")
    except BounceError as error:
        yield ill("退信", f"{error}。请核对 yuqing.yaml 的 bounces 一节")

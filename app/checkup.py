"""The check-up behind ``yuqing doctor``: each finding says what was looked at, how it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.channels.smtp import SmtpMailer
from app.wiring import make_analyser, make_sources, open_settings_store
from config.settings import Settings
from domain.alerts import Level
from domain.clock import iso, local, system_clock
from domain.errors import DeliveryError, YuqingError
from storage.store import SqlStore


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    well: bool
    detail: str


def _well(subject: str, detail: str) -> Finding:
    return Finding(subject, well=True, detail=detail)


def _ill(subject: str, detail: str) -> Finding:
    return Finding(subject, well=False, detail=detail)


def checkup(settings: Settings) -> list[Finding]:
    """Look at everything a sweep needs. Nothing is fetched from sources; mail is greeted but not sent."""
    now = system_clock()
    findings = [
        _well("配置", f"{len(settings.banks.banks)} 家银行，{len(settings.sources.sources)} 个来源"),
        _well("时钟", f"{iso(now)}，即北京时间 {local(now):%Y-%m-%d %H:%M}；巡检按 {settings.main.timezone}"),
        _recipients(settings),
        _mail(settings),
    ]
    try:
        findings.append(_well("研读", f"规则与模型版本 {make_analyser(settings).version}"))
        make_sources(settings)
        findings += _store(settings, open_settings_store(settings))
    except YuqingError as error:
        findings.append(_ill("库与来源", str(error)))
    return findings


def _recipients(settings: Settings) -> Finding:
    recipients = settings.alerts.recipients
    mailed = (Level.RED, Level.ORANGE, Level.YELLOW, Level.NONE)
    empty = [level.label if level else "日报" for level in mailed if not recipients.of(level)]
    if empty:
        return _ill("收件人", f"{'、'.join(empty)}没有收件人，请在 alerts.yaml 的 recipients 里填写")
    return _well("收件人", "各级别和日报都有收件人")


def _mail(settings: Settings) -> Finding:
    mail = settings.main.mail
    try:
        SmtpMailer(mail, settings.mail_password()).greet()
    except DeliveryError as error:
        return _ill("邮件", f"连不上 {mail.host}:{mail.port}（{error}），请核对 yuqing.yaml 的 mail 一节")
    return _well("邮件", f"{mail.host}:{mail.port} 可以连接（{mail.security}）")


def _store(settings: Settings, store: SqlStore) -> list[Finding]:
    last = store.last_run("sweep")
    zone = ZoneInfo(settings.main.timezone)
    findings = [_well("库", settings.main.store.url)]
    if last and last.finished_at:
        findings.append(_well("巡检", f"上次完成于 {last.finished_at.astimezone(zone):%m-%d %H:%M}"))
    else:
        findings.append(_ill("巡检", f"还没有做过，运行 yuqing sweep --config {settings.folder}"))
    names = {source.name for source in settings.sources.sources if source.enabled}
    for blind in (item for item in store.blind_sources(system_clock()) if item.source in names):
        since = f"{local(blind.since):%m-%d %H:%M}"
        findings.append(_ill(f"来源 {blind.source}", f"自 {since} 起未看全：{blind.cause}"))
    waiting = store.undelivered(system_clock())
    findings.append(_ill("投递", f"{waiting} 封未送达") if waiting else _well("投递", "没有积压"))
    return findings

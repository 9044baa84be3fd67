"""The check-up behind ``yuqing doctor``: each finding says what was looked at, how it is, and how to mend it."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

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


def checkup(settings: Settings) -> list[Finding]:
    """Look at everything a sweep needs. Nothing is fetched from sources; mail is greeted but not sent."""
    now = system_clock()
    findings = [
        Finding("配置", True, f"{len(settings.banks.banks)} 家银行，{len(settings.sources.sources)} 个来源"),
        Finding("时钟", True, f"{iso(now)}，即北京时间 {local(now):%Y-%m-%d %H:%M}；巡检按 {settings.main.timezone}"),
        _recipients(settings),
        _mail(settings),
    ]
    try:
        findings.append(Finding("研读", True, f"规则与模型版本 {make_analyser(settings).version}"))
        make_sources(settings)
        findings += _store(settings, open_settings_store(settings))
    except YuqingError as error:
        findings.append(Finding("库与来源", False, str(error)))
    return findings


def _recipients(settings: Settings) -> Finding:
    empty = [level.label for level in (Level.RED, Level.ORANGE, Level.YELLOW) if not settings.alerts.recipients_for(level)]
    if empty or not settings.alerts.recipients.digest:
        names = "、".join([*empty, *([] if settings.alerts.recipients.digest else ["日报"])])
        return Finding("收件人", False, f"{names}没有收件人，请在 alerts.yaml 的 recipients 里填写")
    return Finding("收件人", True, "各级别都有收件人")


def _mail(settings: Settings) -> Finding:
    from alerts.channels.smtp import SmtpMailer

    mail = settings.main.mail
    try:
        SmtpMailer(mail, settings.mail_password()).greet()
    except (DeliveryError, smtplib.SMTPException, OSError) as error:
        return Finding("邮件", False, f"连不上 {mail.host}:{mail.port}（{error}），请核对 yuqing.yaml 的 mail 一节")
    return Finding("邮件", True, f"{mail.host}:{mail.port} 可以连接（{mail.security}）")


def _store(settings: Settings, store: SqlStore) -> list[Finding]:
    last = store.last_run("sweep")
    zone = ZoneInfo(settings.main.timezone)
    when = f"上次完成于 {last.finished_at.astimezone(zone):%m-%d %H:%M}" if last and last.finished_at else "还没有做过"
    findings = [Finding("库", True, settings.main.store.url), Finding("巡检", last is not None, when)]
    for blind in store.blind_sources(system_clock()):
        findings.append(Finding(f"来源 {blind.source}", False, f"自 {local(blind.since):%m-%d %H:%M} 起未看全：{blind.cause}"))
    waiting = store.undelivered()
    findings.append(Finding("投递", waiting == 0, f"{waiting} 封未送达" if waiting else "没有积压"))
    return findings

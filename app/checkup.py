"""The check-up behind ``yuqing doctor``: each finding says what was looked at, how it is, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.channels.smtp import SmtpMailer
from app.accounts import outlooks
from app.channel_checks import contact_findings
from app.findings import Finding, ill, well
from app.models import is_outdated, model_in_use, named
from app.wiring import make_analyser, make_archive, make_second_reader, make_sources, open_settings_store
from config.settings import Settings
from crawlers.pictures.reader import is_available
from crawlers.tieba.config import TiebaConfig
from crawlers.tieba.source import MISSING as AIOTIEBA_MISSING
from crawlers.tieba.source import installed as aiotieba_installed
from domain.alerts import Level
from domain.clock import iso, local, system_clock
from domain.errors import DeliveryError, ReaderError, YuqingError
from domain.second import SecondTally
from nlp.second.onnx import OnnxReader
from storage.store import SqlStore

RECENT = timedelta(days=7)
LEAST_FREE = 1_000_000_000
"""Bytes on the disk of kept pages below which a person should look."""


def checkup(settings: Settings) -> list[Finding]:
    """Look at everything a sweep needs. Nothing is fetched from sources; relay and channels are greeted only."""
    now = system_clock()
    findings = [
        well("配置", f"{len(settings.banks.banks)} 家银行，{len(settings.sources.sources)} 个来源"),
        well("时钟", f"{iso(now)}，即北京时间 {local(now):%Y-%m-%d %H:%M}；巡检按 {settings.main.timezone}"),
        _recipients(settings),
        _mail(settings),
        _evidence(settings),
        _pictures(settings),
    ]
    try:
        findings += contact_findings(settings)
        store = open_settings_store(settings)
        findings += [_model(settings, store), _second(settings), *_second_lately(settings, store)]
        make_sources(settings)
        findings += _extras(settings)
        findings += [Finding(f"账号 {name}", fine, detail) for name, fine, detail in outlooks(settings)]
        findings += _store(settings, store)
    except YuqingError as error:
        findings.append(ill("库与来源", str(error)))
    return findings


def _extras(settings: Settings) -> list[Finding]:
    """What a source in use needs and is not installed."""
    used = [source.name for source in settings.sources.sources if isinstance(source, TiebaConfig) and source.enabled]
    return [ill(f"来源 {name}", AIOTIEBA_MISSING) for name in used] if not aiotieba_installed() else []


def _model(settings: Settings, store: SqlStore) -> Finding:
    """Rules and model, and whether the model of the bank's own that should be in use can be."""
    used = model_in_use(settings, store)
    if used.problem:
        return ill("研读", used.problem)
    told = f"规则与模型版本 {make_analyser(settings).version}，{named(used.name)}"
    if is_outdated(store, used.name):
        told += "；随程序的模型更新过了，运行 yuqing train 可能更准"
    return well("研读", told)


def sent_to_nobody(settings: Settings) -> str:
    """What is mailed to nobody, in Chinese (红色、日报); empty where everything has recipients."""
    mailed = (Level.RED, Level.ORANGE, Level.YELLOW, Level.NONE)
    return "、".join(level.label if level else "日报" for level in mailed if not settings.alerts.recipients.of(level))


def _recipients(settings: Settings) -> Finding:
    if empty := sent_to_nobody(settings):
        return ill("收件人", f"{empty}没有收件人，请在 alerts.yaml 的 recipients 里填写")
    return well("收件人", "各级别和日报都有收件人")


def _pictures(settings: Settings) -> Finding:
    if not settings.main.pictures.enabled:
        return well("识图", "没有启用（yuqing.yaml 的 pictures: enabled）")
    if not is_available():
        how = "在程序目录运行 .venv/bin/pip install '.[ocr]'，或把 yuqing.yaml 的 pictures: enabled 设为 false"
        return ill("识图", f"已启用，但没有安装识图组件 rapidocr 和 onnxruntime，图片不会被读：{how}")
    return well("识图", f"已启用，每次巡检最多 {settings.main.pictures.max_pictures} 张")


def _second(settings: Settings) -> Finding:
    reader = make_second_reader(settings)
    if reader is None:
        return well("复读", "没有启用（yuqing.yaml 的 second_reader）")
    without = "用不了的时候只有初读，巡检照常；不用了请把 second_reader 的 kind 设为 none"
    if isinstance(reader, OnnxReader):
        trouble = reader.trouble()
        return ill("复读", f"{trouble}。{without}") if trouble else well("复读", f"本地模型 {reader.version}")
    try:
        return well("复读", f"接口{reader.greet()}")
    except ReaderError as error:
        return ill("复读", f"接口用不了：{error.cause}。请核对 yuqing.yaml 的 second_reader 一节；{without}")


def _second_lately(settings: Settings, store: SqlStore) -> list[Finding]:
    tally = store.second_tally(system_clock() - RECENT)
    if settings.main.second_reader.kind == "none" or tally == SecondTally():
        return []
    told = f"近 {RECENT.days} 天答了 {tally.given} 条，拒收 {tally.refused} 条，未成 {tally.failed} 条"
    # Where less comes back than does not, the reader is set up and of little use.
    useless = tally.given < tally.refused + tally.failed
    cause = f"，最近一次：{tally.cause}" if tally.cause else ""
    return [Finding("复读结果", not useless, told + cause)]


def _mail(settings: Settings) -> Finding:
    mail = settings.main.mail
    try:
        SmtpMailer(mail, settings.mail_password()).greet()
    except DeliveryError as error:
        return ill("邮件", f"连不上 {mail.host}:{mail.port}（{error}），请核对 yuqing.yaml 的 mail 一节")
    return well("邮件", f"{mail.host}:{mail.port} 可以连接（{mail.security}）")


def _evidence(settings: Settings) -> Finding:
    if not settings.main.evidence.enabled:
        return well("证据", "没有开启，网页不保存")
    archive = make_archive(settings)
    try:
        room = archive.room()
    except OSError as error:
        return ill("证据", f"{archive.folder} 写不进去（{error.strerror or error}），网页会存不下来")
    pages = f"{archive.folder} 已存 {sum(1 for _ in archive.names())} 页，磁盘还剩 {room.free / 1e9:.1f} GB"
    if room.open_to_others:
        return ill("证据", f"{archive.folder} 别的用户也能看，里面是网页原样；请运行 chmod 700 {archive.folder}")
    return ill("证据", f"{pages}，快满了") if room.free < LEAST_FREE else well("证据", pages)


def _store(settings: Settings, store: SqlStore) -> list[Finding]:
    last = store.last_run("sweep")
    zone = ZoneInfo(settings.main.timezone)
    findings = [well("库", settings.main.store.url)]
    if last and last.finished_at:
        findings.append(well("巡检", f"上次完成于 {last.finished_at.astimezone(zone):%m-%d %H:%M}"))
    else:
        findings.append(ill("巡检", f"还没有做过，运行 yuqing sweep --config {settings.folder}"))
    names = [source.name for source in settings.sources.sources if source.enabled]
    findings += _sources(store, names, system_clock())
    waiting = store.undelivered(system_clock())
    findings.append(ill("投递", f"{waiting} 条通知未送达") if waiting else well("投递", "没有积压"))
    return findings


def _sources(store: SqlStore, names: Sequence[str], now: datetime) -> list[Finding]:
    """The blind ones with since when, and for the others what came in the last look and what was to be expected."""
    blind = {item.source: item for item in store.blind_sources(now)}
    findings = []
    for name in names:
        looks = store.looks_of(name, now - RECENT)
        if name in blind:
            since = f"{local(blind[name].since):%m-%d %H:%M}"
            findings.append(ill(f"来源 {name}", f"自 {since} 起未看全：{blind[name].cause}"))
        elif looks and looks[-1].usual is not None:
            told = f"上次新帖 {looks[-1].new_posts} 条，按以往约 {looks[-1].usual:.0f} 条"
            findings.append(well(f"来源 {name}", told))
    return findings

"""``yuqing evidence``: the kept pages of one incident in a folder that can be handed on and checked by anybody.

What lies in the folder is described in docs/evidence.md.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from app.evidence_cover import COVER, Gap, Handout, Sheet, Sighting, render_cover
from app.tables import harmless
from app.wiring import make_archive, open_settings_store
from config.settings import Settings
from crawlers.archive import SUFFIX, Archive, Page
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.paste.config import DEFAULT as PASTE
from domain.clock import iso
from domain.errors import EvidenceError
from domain.evidence import Capture, Dossier
from domain.posts import Post
from storage.store import SqlStore

SUMS = "SHA256SUMS"
_MOST_NEAR = 5
_LONGEST_NAME = 60
_ONLY_GONE = "只存下了它消失之后的网页"
_KINDS = (("html", "html"), ("json", "json"), ("xml", "xml"), ("rss", "xml"), ("atom", "xml"))
_SIGNS = ((b"{", "json"), (b"[", "json"), (b"<?xml", "xml"), (b"<", "html"))


@dataclass(frozen=True)
class Export:
    """What was handed out. ``seal`` is the SHA-256 of the file SHA256SUMS, which vouches for all others."""

    sheets: tuple[Sheet, ...]
    gaps: tuple[Gap, ...]
    seal: str

    @property
    def damaged(self) -> list[Sheet]:
        """Pages whose file is there, but is not what it was."""
        return [sheet for sheet in self.sheets if sheet.warc and not sheet.verified]


def write_evidence(settings: Settings, incident: str, out: Path, now: datetime) -> Export:
    """Write the folder ``out``, which must be empty or not there yet; a click.UsageError where that cannot be."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise click.UsageError(f"{out} 不是空目录；证据不与别的文件混放，请换一个目录")
    store = open_settings_store(settings)
    dossier = find_dossier(store, incident)
    store.close()
    try:
        return _write(dossier, settings, out, now)
    except OSError as error:
        raise EvidenceError(f"{out} 写不进去（{error.strerror or error}）；里面的内容不完整，请清空后重做") from error


def find_dossier(store: SqlStore, incident: str) -> Dossier:
    """The incident of that id, also with # before it as in mails; a click.UsageError that names the nearest ones."""
    dossier = store.dossier(incident.strip().removeprefix("#"))
    if dossier is not None:
        return dossier
    titles = store.incident_titles()
    near = [key for key in titles if incident.strip("# ") in key] or get_close_matches(
        incident, titles, _MOST_NEAR, 0.4
    )
    told = "".join(f"\n  {key}　{titles[key]}" for key in (near or list(titles))[:_MOST_NEAR])
    hint = f"；{'相近的有' if near else '最近的有'}：{told}" if told else "；库里还没有事件"
    raise click.UsageError(f"没有编号为“{incident}”的事件{hint}")


def _write(dossier: Dossier, settings: Settings, out: Path, now: datetime) -> Export:
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("pages", "warc"):
        (out / name).mkdir(mode=0o700)
    archive = make_archive(settings)
    shows: defaultdict[str, list[Capture]] = defaultdict(list)
    for capture in dossier.captures:
        shows[capture.name].append(capture)
    sheets = [_sheet(number, name, seen, archive, out) for number, (name, seen) in enumerate(shows.items(), 1)]
    gaps = _gaps(dossier, sheets, settings)
    handout = Handout(
        dossier=dossier,
        sheets=tuple(sheets),
        gaps=tuple(gaps),
        labels={source.name: source.label or source.name for source in (PASTE, *settings.sources.sources)},
        made_at=now,
        program=f"yuqing {version('yuqing')}",
    )
    _write_manifest(handout, out)
    (out / COVER).write_text(render_cover(handout), encoding="utf-8")
    return Export(tuple(sheets), tuple(gaps), _write_sums(out))


def _sheet(number: int, name: str, shows: Sequence[Capture], archive: Archive, out: Path) -> Sheet:
    """One page: its WARC file byte for byte, and its body as it was answered."""
    seen = tuple(Sighting(item.source, item.id, item.url, iso(item.observed_at), item.deleted) for item in shows)
    try:
        raw = archive.file(name)
    except EvidenceError as error:
        return Sheet(number, name, seen, fault=str(error))
    warc = Path("warc") / f"{number:03}-{name.replace('/', '-')}{SUFFIX}"
    (out / warc).write_bytes(raw)
    kept = Sheet(number, name, seen, warc=str(warc), warc_sha256=sha256(raw).hexdigest())
    try:
        page = archive.page(name)
    except EvidenceError as error:
        return replace(kept, fault=str(error))
    file = Path("pages") / f"{number:03}-{_safe(f'{shows[0].source}-{shows[0].id}')}.{_extension(page)}"
    (out / file).write_bytes(page.body)
    return replace(
        kept,
        file=str(file),
        sha256=sha256(page.body).hexdigest(),
        url=page.url,
        asked_at=iso(page.asked_at),
        status=page.status,
        type=page.headers.get("content-type"),
        verified=True,
    )


def _safe(name: str) -> str:
    """A file name on every system: what is neither letter, digit, dot nor hyphen becomes ``_``."""
    return re.sub(r"[^\w.-]+", "_", name)[:_LONGEST_NAME].strip(".")


def _extension(page: Page) -> str:
    """By the Content-Type, where there is none by the first characters, else ``bin``."""
    kind = page.headers.get("content-type", "").partition(";")[0].lower()
    told = next((extension for word, extension in _KINDS if word in kind), None)
    begin = page.body[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
    guessed = next((extension for sign, extension in _SIGNS if begin.startswith(sign)), "bin")
    return told or ("bin" if kind and not kind.startswith("text/") else guessed)


def _gaps(dossier: Dossier, sheets: Iterable[Sheet], settings: Settings) -> list[Gap]:
    """The posts that no readable page shows, with the reason."""
    shown = [(sheet, (seen.source, seen.id), seen.deleted) for sheet in sheets for seen in sheet.shows]
    proven = {key for sheet, key, deleted in shown if sheet.verified and not deleted}
    faults = {key: sheet.fault or _ONLY_GONE for sheet, key, _deleted in shown}
    return [
        Gap(post.source, post.id, faults.get((post.source, post.id)) or _never_kept(post, settings))
        for post in dossier.posts
        if (post.source, post.id) not in proven
    ]


def _never_kept(post: Post, settings: Settings) -> str:
    source = next((source for source in settings.sources.sources if source.name == post.source), None)
    if source is None:
        return "导入或手工录入的记录，没有网页可存"
    if isinstance(source, FilesConfig | MediaCrawlerConfig):
        return "来自文件，没有网页可存"
    if not settings.main.evidence.enabled:
        return "配置里没有开启保存网页（evidence 的 enabled）"
    return "采集时没有存下网页（开启之前采集的，或当时磁盘写不进）"


def _write_manifest(handout: Handout, out: Path) -> None:
    incident = handout.dossier.incident
    whole = {
        "incident": incident.id,
        "bank": incident.bank,
        "title": incident.title,
        "made_at": iso(handout.made_at),
        "program": handout.program,
        "pages": [asdict(sheet) for sheet in handout.sheets],
        "posts_without_page": [asdict(gap) for gap in handout.gaps],
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    (out / "manifest.json").write_text(f"{text}\n", encoding="utf-8")
    # With a byte order mark, without which spreadsheets take Chinese for something else.
    with (out / "manifest.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Sheet))
        writer.writerows(map(_cells, handout.sheets))


def _cells(sheet: Sheet) -> list[Any]:
    values = {**asdict(sheet), "shows": " ".join(map(_cell, sheet.shows)), "verified": int(sheet.verified)}
    return [harmless(value) for value in values.values()]


def _cell(seen: Sighting) -> str:
    return f"{seen.source}/{seen.id}@{seen.observed_at}{'(gone)' if seen.deleted else ''}"


def _write_sums(out: Path) -> str:
    """The check sums of all files, in the form of ``sha256sum``; returns the check sum of the sums."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    lines = [f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out).as_posix()}\n" for path in files]
    sums = "".join(lines).encode()
    (out / SUMS).write_bytes(sums)
    return sha256(sums).hexdigest()

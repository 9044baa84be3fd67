"""The cover page of an incident's evidence: one HTML file that is read and printed without anything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.render import COLOURS
from alerts.wording import clean, moment, safe_link, shortened
from domain.clock import local
from domain.evidence import Dossier, Hold
from domain.posts import PLATFORM_NAMES, Post

COVER = "封面.html"
_EXCERPT = 160
_KINDS = {
    "thread": "主帖", "reply": "回帖", "article": "文章", "video": "视频", "comment": "评论", "news": "新闻",
}  # fmt: skip
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Sighting:
    """A post that a page shows, with its own address; ``deleted``: the page shows that it was gone."""

    source: str
    id: str
    url: str | None
    observed_at: str
    deleted: bool


@dataclass(frozen=True)
class Sheet:
    """One line of the manifest: a kept page, its files in the folder, and what it shows; times in UTC.

    ``file`` the body as it was answered with its ``sha256``, None where it could not be read; ``warc`` the record
    itself, None where it is not there; ``fault`` says why, ``verified`` whether everything is as it was kept.
    """

    number: int
    name: str
    shows: tuple[Sighting, ...]
    file: str | None = None
    sha256: str | None = None
    url: str | None = None
    asked_at: str | None = None
    status: int | None = None
    type: str | None = None
    warc: str | None = None
    warc_sha256: str | None = None
    verified: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Gap:
    """A post that no readable page shows, and why."""

    source: str
    id: str
    reason: str


@dataclass(frozen=True)
class Handout:
    """Everything that the cover tells. ``labels``: how a source is called, by its name."""

    dossier: Dossier
    sheets: tuple[Sheet, ...]
    gaps: tuple[Gap, ...]
    labels: Mapping[str, str]
    made_at: datetime
    program: str


def render_cover(handout: Handout) -> str:
    """The page; everything that strangers wrote is cleaned and escaped."""
    incident, changes = handout.dossier.incident, handout.dossier.changes
    return _TEMPLATES.get_template("evidence.html.j2").render(
        title=clean(incident.title),
        bank=clean(incident.bank),
        id=incident.id,
        span=f"{moment(incident.opened_at)} 至 {moment(incident.last_post_at)}",
        state=f"已于 {moment(incident.closed_at)} 结束" if incident.closed_at else "进行中",
        made_at=moment(handout.made_at),
        program=handout.program,
        changes=[_change(change.at, change.before.label, change.after, change.reason) for change in changes],
        holds=[_hold(hold) for hold in handout.dossier.holds],
        posts=_posts(handout),
        sheets=[_sheet(sheet) for sheet in handout.sheets],
        proven=len(handout.dossier.posts) - len(handout.gaps),
        gaps=len(handout.gaps),
        faults=sum(not sheet.verified for sheet in handout.sheets),
    )


def _change(at: datetime, before: str, after: Any, reason: str) -> dict[str, str]:
    return {"at": moment(at), "before": before, "after": after.label, "colour": COLOURS[after.code], "reason": reason}


def _hold(hold: Hold) -> dict[str, str]:
    end = f"，{moment(hold.lifted_at)} 由 {clean(hold.lifted_by or '')} 解除" if hold.lifted_at else "，仍有效"
    return {"reason": clean(hold.reason), "told": f"{moment(hold.placed_at)} 由 {clean(hold.placed_by)} 设定{end}"}


def _posts(handout: Handout) -> list[dict[str, Any]]:
    reasons = {(gap.source, gap.id): gap.reason for gap in handout.gaps}
    pages: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for sheet in handout.sheets:
        for key, deleted in dict.fromkeys(((seen.source, seen.id), seen.deleted) for seen in sheet.shows):
            pages[key].append({**_sheet(sheet), "deleted": deleted})
    return [
        {
            "number": number,
            "at": moment(post.moment),
            "source": clean(handout.labels.get(post.source, post.source)),
            "kind": f"{PLATFORM_NAMES[post.platform]} · {_KINDS[post.kind]}",
            "id": post.id,
            "text": shortened(post.full_text, _EXCERPT),
            "state": _state(post),
            "link": safe_link(post.url),
            "pages": pages[post.source, post.id],
            "gap": reasons.get((post.source, post.id)),
            "faulty": any(page["fault"] for page in pages[post.source, post.id]),
        }
        for number, post in enumerate(handout.dossier.posts, 1)
    ]


def _state(post: Post) -> str:
    return f"{moment(post.last_seen_at)} 时已看不到" if post.deleted else ""


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "number": f"{sheet.number:03}",
        "href": quote(sheet.file) if sheet.file else None,
        "file": sheet.file,
        "url": sheet.url,
        "asked_at": f"{local(datetime.fromisoformat(sheet.asked_at)):%Y-%m-%d %H:%M:%S}" if sheet.asked_at else "",
        "status": sheet.status,
        "type": sheet.type or "",
        "sha256": sheet.sha256,
        "warc": sheet.warc,
        "fault": sheet.fault,
    }

"""The page of one incident behind a signed link: what it is, why it was told, and what the reader does about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.answers import answer_to
from alerts.render import COLOURS
from alerts.tickets import Ticket, read
from alerts.wording import clean, moment, safe_link, shortened
from app.alert_explain import Known, explanation, when
from app.alerting import AlertDesk
from app.wiring import make_archive
from config.settings import Settings
from crawlers.archive import Page
from domain.actions import ACTION_KINDS
from domain.alerts import Level
from domain.clock import Clock
from domain.errors import ActionError, EvidenceError
from domain.posts import PLATFORM_NAMES, Post
from nlp.lexicon import load_taxonomy
from pipeline.acting import By, Scope, acknowledge, assign, false_alarm, find, silence
from storage.store import SqlStore

HOURS = (4, 12, 24, 72)
"""For so long the page offers to silence an incident."""

POSTS_SHOWN = 50
_EXCERPT = 140

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One post of the incident, as the page shows it."""

    place: str
    at: str
    text: str
    why: str
    link: str | None
    kept: str | None


class TicketDesk:
    """Shows the incident of a ticket and acts on it. Every call reads the store anew."""

    def __init__(self, settings: Settings, store: SqlStore, clock: Clock) -> None:
        self._settings, self._store, self._clock = settings, store, clock
        self._key = settings.author_key()
        topics = load_taxonomy(settings.taxonomy_override).topics
        self._departments = sorted({topic.department for topic in topics})

    def page(self, token: str) -> str:
        """The page of a ticket as HTML; TicketError as in `alerts.tickets.read`."""
        ticket = read(token, self._key, self._clock())
        known = self._known(ticket)
        answer = answer_to(known.state, known.actions)
        return _TEMPLATES.get_template("ticket.html.j2").render(
            title=clean(known.incident.title),
            bank=clean(known.incident.bank),
            incident=known.incident.id,
            level=known.state.level.label,
            colour=COLOURS[known.state.level.code],
            told=ticket.level.label,
            changed=ticket.level != known.state.level,
            open=max(known.state.level, known.state.notified) >= Level.YELLOW,
            answer=f"{answer.by}（{when(answer.at)}）{ACTION_KINDS[answer.kind]}" if answer else "",
            lines=[clean(line) if line.strip() else "" for line in explanation(known)],
            rows=self._rows(known.incident.id, token),
            departments=self._departments,
            hours=HOURS,
            name=ticket.reader if "@" in ticket.reader else "",
            ends=moment(ticket.ends),
        )

    def act(self, token: str, form: Mapping[str, str]) -> None:
        """What a posted form asks for; ActionError where something is missing. The same answer twice is one."""
        now = self._clock()
        ticket = read(token, self._key, now)
        known, by = self._known(ticket), By(form.get("by", ""), now, "page")
        incident, note = known.incident.id, form.get("note", "").strip() or None
        answer = answer_to(known.state, known.actions)
        doing: dict[str, Callable[[], object]] = {
            "ack": lambda: acknowledge(self._store, incident, by, note),
            "false_alarm": lambda: false_alarm(self._store, incident, by, note),
            "assign": lambda: assign(self._store, incident, form.get("to", ""), by),
            "silence": lambda: self._silence(incident, form, by),
        }
        wanted = form.get("do", "")
        if wanted not in doing:
            raise ActionError("没有说要做什么，请返回页面点按钮")
        if answer is None or answer.kind != wanted:
            doing[wanted]()

    def kept(self, token: str, source: str, post: str) -> Page:
        """The newest kept page that shows a post of the ticket's incident; EvidenceError where there is none.

        An interface's answer is none: it shows nothing to a reader but what platforms call their users.
        """
        ticket = read(token, self._key, self._clock())
        dossier = self._store.dossier(self._known(ticket).incident.id)
        shown = [item for item in dossier.captures if (item.source, item.id) == (source, post)] if dossier else []
        whole = [item for item in shown if not item.deleted] or shown
        if not whole:
            raise EvidenceError("这条帖子没有存档的网页，或者不在这起事件里")
        page = make_archive(self._settings).page(whole[-1].name)
        if "html" not in page.headers.get("content-type", "text/html").lower():
            raise EvidenceError("这条帖子的存档不是网页，是接口的回答；要移交请用 yuqing evidence 导出")
        return page

    def _silence(self, incident: str, form: Mapping[str, str], by: By) -> None:
        hours = form.get("hours", "")
        if hours not in map(str, HOURS):
            raise ActionError("请选暂停多久")
        until = by.at + timedelta(hours=int(hours))
        silence(self._store, Scope(incident=incident), until, form.get("note", ""), by)

    def _known(self, ticket: Ticket) -> Known:
        """The incident of the ticket, or the one that it was merged into."""
        incident = ticket.incident
        while (found := self._store.incidents_of([incident])) and found[0][0].merged_into:
            incident = found[0][0].merged_into
        return AlertDesk(self._settings, self._store, self._clock()).known(find(self._store, incident).id)

    def _rows(self, incident: str, token: str) -> list[Row]:
        whole = self._store.whole_incident(incident)
        if whole is None:
            return []
        kept = self._store.kept_posts(incident)
        why = {item.post: clean(item.reason) for item in whole.memberships}
        return [
            Row(
                place=PLATFORM_NAMES.get(item.post.platform, item.post.platform),
                at=when(item.post.moment),
                text=shortened(item.post.full_text, _EXCERPT) or "（没有文字）",
                why=why[item.post.key],
                link=safe_link(item.post.url),
                kept=f"{token}/kept?post={quote(name)}" if (name := _name(item.post)) in kept else None,
            )
            for item in reversed(whole.items[-POSTS_SHOWN:])
        ]


def _name(post: Post) -> str:
    return f"{post.source}:{post.id}"


def problem_page(told: str) -> str:
    """A page that says what is wrong and how to mend it."""
    return _TEMPLATES.get_template("problem.html.j2").render(told=told)

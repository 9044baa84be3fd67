"""Messages for people: fills the templates. What is said is worked out in `alerts.facts`,
`alerts.digest_facts` and `alerts.source_facts`.

The HTML is for Outlook, QQ and Foxmail: tables, inline styles, nothing loaded from elsewhere, no script. Everything
that users wrote is escaped by the templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.digest_facts import DigestFacts, digest_facts
from alerts.facts import AlertFacts, alert_facts
from alerts.source_facts import SourceFacts, outage_facts, recovery_facts
from domain.alerts import Briefing, Digest, Message
from domain.coverage import Outage, Recovery

COLOURS = {"red": "#c62828", "orange": "#e65100", "yellow": "#b27d00", "blue": "#1565c0", "none": "#2e7d32"}
"""Backgrounds on which white text can be read."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html.j2"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_alert(briefing: Briefing) -> Message:
    """The message of a decision to mail: subject, text that stands alone, HTML."""
    facts = alert_facts(briefing)
    return Message(_alert_subject(facts), _fill("alert.txt.j2", facts), _fill("alert.html.j2", facts))


def render_digest(digest: Digest) -> Message:
    """The daily digest; also where nothing happened, so that silence never looks like health."""
    facts = digest_facts(digest)
    subject = f"【舆情日报】{facts.bank}｜{facts.short}#{facts.day}"
    return Message(subject, _fill("digest.txt.j2", facts), _fill("digest.html.j2", facts))


def render_outages(outages: Sequence[Outage], now: datetime, *, everything: bool) -> Message:
    """The notice of sources that have been blind for too long, and what to do; ``everything``: none can be reached."""
    return _source_message(outage_facts(outages, now, everything=everything))


def render_recoveries(recoveries: Sequence[Recovery], now: datetime) -> Message:
    """The all-clear of sources that see again."""
    return _source_message(recovery_facts(recoveries, now))


def _source_message(facts: SourceFacts) -> Message:
    return Message(f"【来源】{facts.heading}", _fill("source.txt.j2", facts), _fill("source.html.j2", facts))


def _alert_subject(facts: AlertFacts) -> str:
    """Mail programs thread by subject too: the tail with the incident's number never changes."""
    figures = f"指数{facts.index}，{facts.posts}帖/{facts.platforms}平台"
    return f"【{facts.label}】{facts.bank}｜{facts.short_title}（{figures}）#{facts.reference}"


def _fill(template: str, facts: AlertFacts | DigestFacts | SourceFacts) -> str:
    colours = COLOURS
    return _TEMPLATES.get_template(template).render(f=facts, colour=colours[facts.level], colours=colours)

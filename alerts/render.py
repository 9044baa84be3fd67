"""Messages for people: fills the templates. What is said is worked out in `alerts.facts`,
`alerts.digest_facts` and `alerts.source_facts`.

The HTML is for Outlook, QQ and Foxmail: tables, inline styles, nothing loaded from elsewhere, no script. Everything
that users wrote is escaped by the templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.curve import Curve, picture
from alerts.digest_facts import DigestFacts, digest_facts
from alerts.drawing import draw
from alerts.facts import AlertFacts, alert_facts
from alerts.merged_facts import merged_facts
from alerts.run_facts import run_facts
from alerts.source_facts import SourceFacts, outage_facts, recovery_facts
from alerts.storm_facts import storm_facts
from alerts.stuck_facts import stuck_facts
from domain.alerts import Briefing, Digest, Inline, Message
from domain.coverage import Outage, Recovery
from domain.incidents import Incident
from domain.letters import Stuck
from domain.runs import RunTrouble

COLOURS = {"red": "#c62828", "orange": "#e65100", "yellow": "#b27d00", "blue": "#1565c0", "none": "#2e7d32"}
"""Backgrounds on which white text can be read."""

CURVE_CID = "curve"
"""By this name the HTML shows the curve."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html.j2"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_alert(briefing: Briefing, *, drawn: bool = True) -> Message:
    """The message of a decision to mail: subject, text that stands alone, HTML.

    ``drawn`` False: without its picture, which takes longer than all the rest, for mail that is never sent.
    """
    facts = alert_facts(briefing)
    pictures = (_curve(facts.curve, COLOURS[facts.level]),) if facts.curve and drawn else ()
    return replace(_message(_alert_subject(facts), "alert", facts), pictures=pictures)


def render_digest(digest: Digest) -> Message:
    """The daily digest; also where nothing happened, so that silence never looks like health."""
    facts = digest_facts(digest)
    subject = f"【舆情日报】{facts.bank}｜{facts.short}#{facts.day}"
    return _message(subject, "digest", facts)


def render_outages(outages: Sequence[Outage], now: datetime, *, everything: bool) -> Message:
    """The notice of sources that have been blind for too long, and what to do; ``everything``: none can be reached."""
    return _source_message(outage_facts(outages, now, everything=everything))


def render_recoveries(recoveries: Sequence[Recovery], now: datetime) -> Message:
    """The all-clear of sources that see again."""
    return _source_message(recovery_facts(recoveries, now))


def render_stuck(stuck: Sequence[Stuck], instead: Mapping[int, str], now: datetime) -> Message:
    """The notice to operations of letters that do not arrive; ``instead``: who is written to in place of which."""
    return _source_message(stuck_facts(stuck, instead, now))


def render_runs(troubles: Sequence[RunTrouble], now: datetime) -> Message:
    """The notice to operations of sweeps that failed, hang or never began."""
    return _source_message(run_facts(troubles, now))


def render_merged(gone: Incident, kept: Incident, by: str, reason: str, now: datetime) -> Message:
    """The last mail of an incident that was merged into another; the subject's tail keeps it in its thread."""
    message = _source_message(merged_facts(gone, kept, by, reason, now))
    return replace(message, subject=f"{message.subject}#{gone.id}")


def render_storm(briefings: Sequence[Briefing], now: datetime) -> Message:
    """The one mail into which a storm of alerts is folded."""
    return _source_message(storm_facts(briefings, now))


def _source_message(facts: SourceFacts) -> Message:
    return _message(f"【{facts.room}】{facts.heading}", "source", facts)


def _alert_subject(facts: AlertFacts) -> str:
    """Mail programs thread by subject too: the tail with the incident's number never changes."""
    figures = f"指数{facts.index}{facts.moved}，{facts.posts}帖/{facts.platforms}平台"
    return f"【{facts.label}】{facts.bank}｜{facts.short_title}（{figures}）#{facts.reference}"


def _message(subject: str, name: str, facts: AlertFacts | DigestFacts | SourceFacts) -> Message:
    text, page, short = (_fill(f"{name}.{form}", facts) for form in ("txt.j2", "html.j2", "short.j2"))
    return Message(subject, text, page, short.strip())


def _curve(data: Curve, colour: str) -> Inline:
    return Inline(CURVE_CID, "curve.png", "image/png", draw(picture(data, colour), zoom=2))


def _fill(template: str, facts: AlertFacts | DigestFacts | SourceFacts) -> str:
    colours = COLOURS
    return _TEMPLATES.get_template(template).render(f=facts, colour=colours[facts.level], colours=colours)

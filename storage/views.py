"""The views for analysts: the same names, columns and values on SQLite and PostgreSQL.

Times are ISO 8601 text in UTC with a ``Z``, days are those of Asia/Shanghai, truth values are 0 or 1. Each
column is described in docs/data-dictionary.md. Views hold no data: every migration drops them and makes them
anew from here.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

# What the two databases say differently: {time x} the stored moment as text, {day x} its day in Shanghai,
# {flag x} a truth value as 0/1, {topics x} a JSON list as comma-joined codes, {quotes x} the texts of a JSON list of
# evidence, a line each, {each x} a JSON list as rows with a column "value".
DIALECTS = {
    "sqlite": {
        "time": "substr({0}, 1, 19) || 'Z'",
        "day": "date(substr({0}, 1, 19), '+8 hours')",
        "flag": "{0}",
        "topics": "(SELECT group_concat(value, ',') FROM json_each({0}))",
        "quotes": "(SELECT group_concat(json_extract(value, '$[3]'), char(10)) FROM json_each({0}))",
        "each": "json_each({0}) AS each_topic",
        "length": "json_array_length({0})",
    },
    "postgresql": {
        "time": """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
        "day": "to_char({0} AT TIME ZONE 'UTC' + interval '8 hours', 'YYYY-MM-DD')",
        "flag": "CAST({0} AS integer)",
        "topics": "(SELECT string_agg(value, ',' ORDER BY place)"
        " FROM json_array_elements_text({0}) WITH ORDINALITY AS codes(value, place))",
        "quotes": "(SELECT string_agg(value ->> 3, chr(10) ORDER BY place)"
        " FROM json_array_elements({0}) WITH ORDINALITY AS told(value, place))",
        "each": "json_array_elements_text({0}) AS each_topic(value)",
        "length": "json_array_length({0})",
    },
}

LEVEL = "CASE {0} WHEN 4 THEN 'red' WHEN 3 THEN 'orange' WHEN 2 THEN 'yellow' WHEN 1 THEN 'blue' ELSE 'none' END"
PHASE = (
    "CASE {0} WHEN 'latent' THEN '潜伏' WHEN 'rising' THEN '上升' WHEN 'outbreak' THEN '爆发'"
    " WHEN 'plateau' THEN '平台' WHEN 'falling' THEN '回落' ELSE '平息' END"
)
MOMENT = "COALESCE(p.published_at, p.first_seen_at)"

WHOLE = "NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = x.run AND runs.kind = 'revisit')"
"""A row ``x`` of the coverage is a look at the whole source: a re-visit of a few threads proves nothing about it."""

_UNTIL = "x.source = c.source AND x.finished_at <= c.finished_at AND x.key <= c.key"
_NEWEST = "ORDER BY x.finished_at DESC, x.key DESC LIMIT 1"

BLIND_SINCE = f"""
    CASE WHEN (SELECT x.status FROM coverage x WHERE {_UNTIL} AND {WHOLE} {_NEWEST}) NOT IN ('ok', 'quiet')
    THEN COALESCE(
        (SELECT x.finished_at FROM coverage x WHERE {_UNTIL} AND x.status IN ('ok', 'quiet') AND {WHOLE} {_NEWEST}),
        (SELECT MIN(x.started_at) FROM coverage x WHERE x.source = c.source))
    WHEN c.status IN ('blocked', 'login', 'down')
    THEN COALESCE(
        (SELECT x.finished_at FROM coverage x WHERE {_UNTIL} AND x.status IN ('ok', 'quiet') {_NEWEST}),
        (SELECT MIN(x.started_at) FROM coverage x WHERE x.source = c.source))
    END"""  # noqa: S608
"""Since when the source was blind at the end of run ``c``; NULL where it was not. `storage.ledger` asks the same.

It is blind since the last look at the whole of it that saw (or its first look, where none ever did). A re-visit can
add blindness where it meets a closed door, since the last run of any kind that saw, but never take any away.
"""

VIEWS = {
    "v_posts": """
        SELECT p.source, p.platform, p.id, p.kind, p.thread, p.reply_to, p.url,
               p.author_key, p.author_name, p.author_followers, {flag p.author_verified} AS author_verified,
               p.title, p.text, p.picture_text,
               {time p.published_at} AS published_at, {time p.first_seen_at} AS first_seen_at,
               {time p.last_seen_at} AS last_seen_at,
               {flag p.edited} AS edited, {flag p.deleted} AS deleted,
               p.views, p.likes, p.comments, p.shares, p.favorites,
               r.bank, {flag r.about} AS about, {flag r.negative} AS negative, r.negativity, r.severity,
               {topics r.topics} AS topics, r.version AS reading_version, m.incident
          FROM posts p
          LEFT JOIN readings r ON r.post = p.key AND r.latest
          LEFT JOIN memberships m ON m.post = p.key AND m.bank = r.bank""",
    "v_pictures": """
        SELECT p.source, p.id, pictures.url, pictures.state, pictures.sha256, pictures.text, pictures.confidence,
               pictures.attempts, {time pictures.tried_at} AS tried_at, pictures.cause
          FROM pictures
          JOIN posts p ON p.key = pictures.post""",
    "v_second_opinions": """
        SELECT p.source, p.id, o.bank, o.reader, o.state, {time o.asked_at} AS asked_at, o.attempts, o.cause,
               o.first_version, {flag f.negative} AS first_negative, f.negativity AS first_negativity,
               {topics f.topics} AS first_topics,
               {flag o.negative} AS negative, o.negativity, o.severity, {topics o.topics} AS topics,
               {quotes o.quotes} AS quotes, o.reason,
               CASE WHEN r.version = o.first_version || '+' || o.reader THEN 1 ELSE 0 END AS in_force
          FROM second_opinions o
          JOIN posts p ON p.key = o.post
          LEFT JOIN readings f ON f.post = o.post AND f.bank = o.bank AND f.version = o.first_version
               AND f.text_hash = o.text_hash AND f.parent_hash = o.parent_hash
          LEFT JOIN readings r ON r.post = o.post AND r.bank = o.bank AND r.latest
               AND r.text_hash = o.text_hash AND r.parent_hash = o.parent_hash""",
    "v_incidents": """
        SELECT i.id, i.bank, i.title, {topics i.topics} AS topics,
               {time i.opened_at} AS opened_at, {time i.last_post_at} AS last_post_at,
               {time i.closed_at} AS closed_at, i.maybe_same_as, i.merged_into,
               (SELECT count(*) FROM memberships m WHERE m.incident = i.id) AS posts,
               {level COALESCE(a.level, 0)} AS level, {time a.since} AS level_since,
               {time s.at} AS measured_at, s."index" AS spread_index, s.heat, s.confidence, s.authors,
               s.platforms, s.negative_posts, s.severity, s.engagement, s.views, s.reprints, s.amplifiers
          FROM incidents i
          LEFT JOIN alert_states a ON a.incident = i.id
          LEFT JOIN snapshots s ON s.incident = i.id
               AND s.at = (SELECT max(t.at) FROM snapshots t WHERE t.incident = i.id)""",
    "v_incident_posts": """
        SELECT m.incident, m.bank, p.source, p.id, p.platform, p.kind, p.thread, p.url, p.author_name,
               p.title, p.text,
               {time p.published_at} AS published_at, {time p.first_seen_at} AS first_seen_at,
               {flag p.deleted} AS deleted, {flag r.about} AS about, {flag r.negative} AS negative,
               r.negativity, r.severity, {topics r.topics} AS topics, {topics r.leaning} AS leaning, r.unnamed,
               m.how, m.reason, m.score,
               o.source AS original_source, o.id AS original_id, {time m.joined_at} AS joined_at
          FROM memberships m
          JOIN posts p ON p.key = m.post
          LEFT JOIN readings r ON r.post = m.post AND r.bank = m.bank AND r.latest
          LEFT JOIN posts o ON o.key = m.original""",
    "v_corrections": """
        SELECT c.key, c.bank, c.kind, c.incident, c.target, {length c.posts} AS posts, c."by" AS corrected_by,
               c.reason, {time c.at} AS at, {time c.undone_at} AS undone_at, c.undone_by, c.undone_reason
          FROM corrections c""",
    "v_incident_metrics": """
        SELECT s.incident, i.bank, {time s.at} AS at, s.posts, s.posts_24h, s.authors, s.authors_24h,
               s.platforms, s.negative_posts, s.severity, s.engagement, s.views, s.negative_views,
               s.named_posts, s.press_posts, s.followers_max, s.velocity, s.acceleration, s.reprints, s.amplifiers,
               s."index" AS spread_index, s.heat, s.confidence, {time s.last_post_at} AS last_post_at
          FROM snapshots s
          JOIN incidents i ON i.id = s.incident""",
    "v_incident_platforms": """
        SELECT s.incident, i.bank, s.platform, {time s.at} AS at, s.posts, s.authors, s.replies, s.reprints,
               s.likes, s.comments, s.shares, s.favorites, s.views, s.followers, s.followers_known,
               s.velocity, s.acceleration, s.doubling_hours, s.loudest_share, s.negative_share, s.repeated_share
          FROM platform_spread s
          JOIN incidents i ON i.id = s.incident""",
    "v_incident_outlook": """
        SELECT o.incident, i.bank, {time o.at} AS at, o.posts, o.phase, {phase o.phase} AS phase_label,
               {time o.phase_since} AS phase_since, o.wave, o.phase_reason,
               {flag o.burst} AS burst, {time o.burst_at} AS burst_at, {time o.surge_at} AS surge_at,
               o.surge_minutes, o.observed, o.surge_authors, o.expected, o.chance, {topics o.jumps} AS path,
               o.doubling_hours, o.final AS final_posts, o.low AS final_low, o.high AS final_high, o.confidence,
               o.next_level, o.next_size, o.next_chance
          FROM outlooks o
          JOIN incidents i ON i.id = o.incident""",
    "v_topics_daily": """
        SELECT {day MOMENT} AS day, r.bank, CAST(each_topic.value AS varchar(60)) AS topic,
               count(*) AS posts, sum({flag r.negative}) AS negative_posts, max(r.severity) AS severity
          FROM posts p
          JOIN readings r ON r.post = p.key AND r.latest AND r.about
          CROSS JOIN {each r.topics}
         GROUP BY 1, 2, 3""",
    "v_sources_daily": """
        SELECT {day MOMENT} AS day, p.source, p.platform, r.bank, count(*) AS posts,
               sum(CASE WHEN r.about THEN 1 ELSE 0 END) AS about_posts,
               sum(CASE WHEN r.about AND r.negative THEN 1 ELSE 0 END) AS negative_posts,
               sum({flag p.deleted}) AS deleted_posts
          FROM posts p
          LEFT JOIN readings r ON r.post = p.key AND r.latest
         GROUP BY 1, 2, 3, 4""",
    "v_alerts": """
        SELECT c.incident, i.bank, i.title, {time c.at} AS at,
               {level c.before} AS level_before, {level c.after} AS level_after,
               c.rule, c.reason, c."index" AS spread_index, c.heat
          FROM level_changes c
          JOIN incidents i ON i.id = c.incident""",
    "v_actions": """
        SELECT a.key AS number, a.incident, i.bank, i.title, a.kind, {level a.level} AS level, {time a.at} AS at,
               a."by" AS acted_by, a.detail, a.via
          FROM incident_actions a
          JOIN incidents i ON i.id = a.incident""",
    "v_silences": """
        SELECT s.key AS number, {time s.begin} AS begins_at, {time s.until} AS ends_at,
               {level s.max_level} AS max_level, s."by" AS placed_by, s.reason, s.bank, s.incident, s.topic, s.branch,
               s.platform, s.source, s.words,
               {time s.lifted_at} AS lifted_at, s.lifted_by
          FROM silences s""",
    "v_decisions": """
        SELECT d.key AS number, d.incident, i.bank, i.title, {time d.at} AS at, d.rules AS rules_version,
               {level d.before} AS level_before, {level d.after} AS level_after, d.kind, d."row" AS outcome, d.reason,
               d."index" AS spread_index, d.heat
          FROM decisions d
          JOIN incidents i ON i.id = d.incident""",
    "v_deliveries": """
        SELECT n.id AS notice, n.kind, {level n.level} AS level, n.incident, n.reason, n.subject,
               d.recipient, d.channel, d.message_id, d.state, d.attempts,
               {time n.created_at} AS created_at, {time n.not_before} AS not_before,
               {time d.next_at} AS next_at, {time d.tried_at} AS tried_at, {time d.sent_at} AS sent_at,
               d.smtp_code, d.last_error, d.preface, {time d.escalated_at} AS escalated_at
          FROM deliveries d
          JOIN notices n ON n.id = d.notice""",
    "v_coverage": """
        SELECT c.source, c.run, runs.kind AS run_kind, {time c.started_at} AS started_at,
               {time c.finished_at} AS finished_at, c.status, c.got, c.expected, c.new_posts, c.usual,
               {time BLIND_SINCE} AS blind_since, c.cause, c.evidence
          FROM coverage c
          LEFT JOIN runs ON runs.id = c.run""",
    "v_runs": """
        SELECT runs.id AS run, runs.kind, {time runs.started_at} AS started_at,
               {time runs.finished_at} AS finished_at, runs.status, runs.detail
          FROM runs""",
    "v_evidence": """
        SELECT m.incident, p.source, p.id, {time o.observed_at} AS observed_at, o.capture,
               {flag o.deleted} AS deleted
          FROM memberships m
          JOIN posts p ON p.key = m.post
          JOIN observations o ON o.post = m.post
         WHERE o.capture IS NOT NULL""",
    "v_holds": """
        SELECT h.key AS number, h.incident, i.bank, i.title, {time h.placed_at} AS placed_at, h.placed_by, h.reason,
               {time h.lifted_at} AS lifted_at, h.lifted_by
          FROM holds h
          JOIN incidents i ON i.id = h.incident""",
    "v_labels": """
        SELECT l.key AS number, p.source, p.id, l.bank, {flag l.about} AS about, {flag l.negative} AS negative,
               {topics l.topics} AS topics, l.severity, l.kind, l.version AS reading_version,
               l.judged_by, {time l.judged_at} AS judged_at, l.note, l.text, l.parent,
               CASE WHEN EXISTS (SELECT 1 FROM labels x WHERE x.post = l.post AND x.bank = l.bank AND x.key > l.key)
               THEN 0 ELSE 1 END AS in_effect
          FROM labels l
          JOIN posts p ON p.key = l.post""",
    "v_models": """
        SELECT m.version, {time m.trained_at} AS trained_at, {flag m.taken} AS taken, m.reason, m.base,
               m.records, m.labels, m.digest, m.data_hash
          FROM models m""",
    "v_model_changes": """
        SELECT c.version, {time c.at} AS at, c.changed_by, c.reason
          FROM model_changes c""",
    "v_reviews": """
        SELECT p.source, p.id, q.bank, q.day, {time q.queued_at} AS queued_at, q.reason, q.score,
               {flag q.sampled} AS sampled, {flag q.negative} AS negative, q.version AS reading_version,
               CASE WHEN EXISTS (SELECT 1 FROM labels l WHERE l.post = q.post AND l.bank = q.bank)
               THEN 1 ELSE 0 END AS labelled
          FROM reviews q
          JOIN posts p ON p.key = q.post""",
}


def create_views(connection: Connection) -> None:
    """Make every view in the database's own dialect."""
    for name in VIEWS:
        connection.execute(text(f"CREATE VIEW {name} AS {view_sql(name, connection.dialect.name)}"))


def drop_views(connection: Connection) -> None:
    """Remove every view that is there."""
    for name in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def view_sql(name: str, dialect: str) -> str:
    """The SELECT behind a view, in the dialect ``sqlite`` or ``postgresql``."""
    forms = DIALECTS[dialect] | {"level": LEVEL, "phase": PHASE}

    def say(match: re.Match[str]) -> str:
        return forms[match[1]].format(match[2])

    select = VIEWS[name].replace("MOMENT", MOMENT).replace("BLIND_SINCE", BLIND_SINCE)
    return re.sub(r"\{(\w+) ([^{}]+)\}", say, select).replace(":", r"\:")

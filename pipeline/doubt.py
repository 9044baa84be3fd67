"""Doubt: a source that says that it saw is asked by its own history whether that can be all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.clock import local
from domain.coverage import SEEING, Collected, Coverage, Look
from domain.posts import Observation
from pipeline.expectation import LEAST_DAYS, WEEKS, Judgement, judge
from pipeline.fields import WINDOW, collapsed, count_fields
from pipeline.parts import Parts


def doubt(parts: Parts, collected: Collected) -> Collected:
    """The same with the fields of its new posts counted, and where its history speaks against it, with another status.

    Too few new posts make it ``partial``, a field that is suddenly missing makes it ``changed``. The posts are kept all
    the same. What the source itself does not call ``ok`` or ``quiet`` stays as it is.
    """
    if not parts.alerts.sources.improbable:
        return collected
    fresh = parts.store.unknown_posts(collected.observations)
    coverage = replace(collected.coverage, filled=count_fields(fresh))
    if coverage.status in SEEING:
        coverage = _judged(parts, coverage, fresh)
    return replace(collected, coverage=coverage)


def _judged(parts: Parts, coverage: Coverage, fresh: list[Observation]) -> Coverage:
    now = coverage.finished_at
    looks = parts.store.looks_of(coverage.source, now - WEEKS)
    lately = [look for look in looks if look.finished_at >= now - WINDOW]
    causes = [collapse.cause for collapse in collapsed(lately, coverage.filled)]
    judgement = _expected(parts, coverage, looks, len(fresh))
    status = "changed" if causes else coverage.status
    if judgement and judgement.doubt:
        status = status if causes else "partial"
        causes.append(_too_few(judgement, parts.alerts.sources.improbable))
    usual = round(judgement.usual, 2) if judgement else None
    return replace(coverage, status=status, usual=usual, cause="；".join(causes) or coverage.cause)


def _expected(parts: Parts, coverage: Coverage, looks: list[Look], fresh: int) -> Judgement | None:
    now = coverage.finished_at
    if not looks or now - looks[0].finished_at < timedelta(days=LEAST_DAYS):
        return None
    sights = parts.store.sights_of(coverage.source, now - WEEKS)
    return judge(looks, sights, fresh, now, parts.alerts.sources.improbable)


def _too_few(judgement: Judgement, improbable: float) -> str:
    window = judgement.doubt
    if window is None:
        return ""
    least = window.expected.rarely_below(improbable)
    when = "这段时间" if judgement.since_last_look else f"从 {local(window.start):%m-%d %H:%M} 起"
    usual = f"按以往{when}应有约 {window.expected.mean:.0f} 帖（很少低于 {least}）"
    return f"{usual}，这次只有 {window.got} 帖，可能没有看全"

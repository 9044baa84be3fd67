"""Grouping: posts that were read become members of incidents, with the reason."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from domain.incidents import Membership
from domain.readings import Bank
from incidents.grouping import group
from pipeline.parts import Parts

BATCH = 5000
_LOG = logging.getLogger("yuqing.group")


def group_new(parts: Parts) -> int:
    """Group what has not been considered yet; returns the number of new memberships."""
    parts.progress.stage("归并")
    return sum(_group_for(parts, bank) for bank in parts.banks)


def _group_for(parts: Parts, bank: Bank) -> int:
    joined = 0
    while batch := parts.store.ungrouped(bank.name, BATCH):
        since = batch[0].post.moment - timedelta(days=parts.grouping.window_days)
        threads = {(item.post.source, item.post.thread) for item in batch}
        known = parts.store.open_incidents(bank.name, since, threads)
        grouping = group(bank, known, batch, parts.grouping, parts.store.apart(bank.name), parts.notes)
        parts.store.save_grouping(bank.name, [item.post.key for item in batch], grouping, parts.clock())
        parts.progress.step(len(batch))
        joined += len(grouping.memberships)
        _tell(grouping.memberships)
    return joined


def _tell(memberships: Sequence[Membership]) -> None:
    """One line for each incident and way of joining it, with the reason of the first."""
    alike: defaultdict[tuple[str, str], list[Membership]] = defaultdict(list)
    for membership in memberships:
        alike[membership.incident, membership.how].append(membership)
    for (incident, _how), found in alike.items():
        more = f"（同样理由的共 {len(found)} 帖）" if len(found) > 1 else ""
        _LOG.info("事件 %s：%s%s", incident, found[0].reason, more)

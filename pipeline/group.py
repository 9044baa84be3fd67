"""Grouping: posts that were read become members of incidents, with the reason."""

from __future__ import annotations

from datetime import timedelta

from domain.readings import Bank
from incidents.grouping import group
from pipeline.parts import Parts

BATCH = 5000


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
        grouping = group(bank, known, batch, parts.grouping)
        parts.store.save_grouping(bank.name, [item.post.key for item in batch], grouping, parts.clock())
        parts.progress.step(len(batch))
        joined += len(grouping.memberships)
    return joined

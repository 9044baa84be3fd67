"""Reading: every post that has no reading of the present rules, for every bank."""

from __future__ import annotations

from domain.posts import Post
from domain.readings import Bank, Text
from pipeline.parts import Parts

BATCH = 1000


def analyse(parts: Parts) -> int:
    """Read what is unread and store the readings; returns how many were made."""
    parts.progress.stage("研读")
    return sum(_analyse_for(parts, bank) for bank in parts.banks)


def _analyse_for(parts: Parts, bank: Bank) -> int:
    done = 0
    while batch := parts.store.unread(bank.name, parts.analyser.version, BATCH):
        readings = parts.analyser.read([text_of(post, parent, bank) for post, parent in batch])
        pairs = [(post, reading) for (post, _parent), reading in zip(batch, readings, strict=True)]
        parts.store.save_readings(bank.name, pairs, parts.clock())
        parts.progress.step(len(batch))
        done += len(batch)
    return done


def text_of(post: Post, parent: str | None, bank: Bank) -> Text:
    """What is read of a post with what it answers."""
    placed = parent is not None or post.is_root
    return Text(post.full_text, post.platform, parent, bank, collected=placed)

"""Words in pictures: pictures of recent posts are read before the posts are, within the bounds of one run."""

from __future__ import annotations

from datetime import timedelta

from pipeline.parts import Parts

MOST_WAITING = 2000
"""So many are looked at; how many of them are fetched is `pipeline.ports.Pictures`' to bound."""


def read_pictures(parts: Parts) -> int:
    """Read what waits, newest posts first, and store each outcome at once; returns in how many there were words.

    A post in whose pictures words were found becomes unread. What does not fit into this run waits for the next.
    """
    if parts.pictures is None:
        return 0
    now = parts.clock()
    waiting = parts.store.waiting_pictures(now - timedelta(days=parts.pictures.days), now, MOST_WAITING)
    if not waiting:
        return 0
    parts.progress.stage("识图", len(waiting))
    found = 0
    for outcome in parts.pictures.read(waiting, parts.store.known_picture):
        parts.store.save_picture(outcome, parts.clock())
        found += outcome.state == "read"
        parts.progress.step()
    return found

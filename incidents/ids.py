"""The ids of incidents: made from the first post, so that a replay gives the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Container

from domain.clock import local
from domain.posts import Post


def incident_id(bank: str, post: Post, *taken: Container[str]) -> str:
    """The id of the incident that begins with this post: the local day and as many hex digits as none has taken."""
    digest = hashlib.sha256("\n".join((bank, post.source, post.id)).encode()).hexdigest()
    day = f"{local(post.moment):%Y%m%d}"
    lengths = range(4, len(digest) + 1)
    names = (f"{day}-{digest[:n]}" for n in lengths)
    return next(name for name in names if not any(name in those for those in taken))

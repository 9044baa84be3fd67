"""The ids of incidents: made from the first post, so that a replay gives the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from domain.clock import local
from domain.posts import Post


def incident_id(bank: str, post: Post, taken: Collection[str]) -> str:
    """The id of the incident that begins with this post: the local day and as many hex digits as make it new."""
    digest = hashlib.sha256("\n".join((bank, post.source, post.id)).encode()).hexdigest()
    day = f"{local(post.moment):%Y%m%d}"
    lengths = range(4, len(digest) + 1)
    return next(name for n in lengths if (name := f"{day}-{digest[:n]}") not in taken)

"""Pictures of posts: which wait to be read, and what came of each. The pictures themselves are never kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

PICTURE_STATES = ("waiting", "read", "empty", "failed", "refused")
"""``empty``: there are no words in it; ``failed``: tried again later, a few times; ``refused``: not tried again."""

# Parts of a query by which a site signs an address anew for every visitor; the picture is the same.
_SIGNED = re.compile(
    r"(?:^|&)(?:[^=&]*(?:expires?|sign|signature|ssig|auth_key|accesskeyid|token|kid)[^=&]*|t|ts|timestamp|_)=[^&]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a stored post. ``page`` is the address of the post, where it is known."""

    key: int
    url: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class PictureText:
    """The words that were read in a picture, a line each, and how sure that is (0 to 1); empty where there are none."""

    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class PictureOutcome:
    """What came of one picture: a state of `PICTURE_STATES`, its words where it was read, the cause where it was not.

    ``sha256`` in hex names the content, where it was fetched.
    """

    key: int
    state: str
    sha256: str | None = None
    words: PictureText | None = None
    cause: str | None = None


def picture_identity(url: str) -> str:
    """The address without scheme, fragment and the signed parts of its query: it names the same picture again."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path}?{_SIGNED.sub('', parts.query).lstrip('&')}"

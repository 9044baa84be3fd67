"""Which names of encodings a page may give itself. Pure."""

from __future__ import annotations

# Codecs of Python that no page is written in: some take quadratic time, some raise what no decoder should.
_NO_CHARSETS = {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}


def is_charset(name: str) -> bool:
    """Whether pages are written in this encoding, given by the name that `codecs` has for it."""
    return name not in _NO_CHARSETS

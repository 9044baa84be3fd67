"""Addresses of the pictures in a post's mark-up. Pure; nothing is fetched.

A picture is where its author put it, but many a page loads it late: Discuz! X keeps the address in ``zoomfile`` and
``file``, WeChat in ``data-src``, others in ``data-original``; ``src`` then shows a placeholder.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from crawlers.parse.html import clean

LONGEST_ADDRESS = 2_000
_SMALLEST = 33
"""A picture that the page itself says to be smaller, in pixels, is a sign and not a picture."""

_IMG = re.compile(r"<img\b([^<>]{1,8000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z][a-z0-9_-]{0,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))", re.IGNORECASE)
_ADDRESS_ATTRIBUTES = ("zoomfile", "file", "data-src", "data-original", "src")
_SIZES = ("width", "height", "data-w")
_OTHER = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_EMOTICON = re.compile(r"\[\S{1,8}\]")
# Faces, smileys, icons and placeholders of the page; and avatars, which are never kept (docs/privacy.md).
_NO_PICTURE = re.compile(
    r"smil(?:ey|ie)|emoji|emoticon|emotion|/face/|avatar|head_?(?:img|pic)|portrait|uc_server/|static/(?:image|icon)"
    r"|(?:^|/)(?:blank|none|spacer|space|pixel|1x1|loading|grey|transparent|logo)\.(?:gif|png|jpe?g)|qlogo\.|\.svg(?:$|[?#])",
    re.IGNORECASE,
)


def pictures_in(markup: str, base: str | None = None) -> tuple[str, ...]:
    """The addresses of the pictures in mark-up, in order: as they are written, or completed by ``base`` where given."""
    if "<img" not in markup and "<IMG" not in markup:
        return ()
    written = _unique(_img_addresses(markup))
    return picture_addresses(written, base) if base else written


def picture_addresses(named: Iterable[object], base: str | None = None) -> tuple[str, ...]:
    """Those of the given values that are http or https addresses of pictures, each once; ``base`` completes them."""
    return _unique(_absolute(value, base) for value in named if isinstance(value, str))


def _unique(addresses: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address))


def _img_addresses(markup: str) -> Iterator[str | None]:
    for tag in _IMG.finditer(markup):
        said = {name.lower(): html.unescape(a or b or c).strip() for name, a, b, c in _ATTRIBUTE.findall(tag[1])}
        if _EMOTICON.fullmatch(said.get("alt", "")) or any(_is_small(said.get(name, "")) for name in _SIZES):
            continue
        found = (said[name] for name in _ADDRESS_ATTRIBUTES if said.get(name))
        yield next((value for value in found if not _OTHER.match(value) and not _NO_PICTURE.search(value)), None)


def _is_small(size: str) -> bool:
    digits = size.strip().lower().removesuffix("px")
    return digits.isascii() and digits.isdigit() and int(digits[:9]) < _SMALLEST


def _absolute(value: str, base: str | None) -> str | None:
    value = clean(value).strip().replace("\n", "")
    try:
        absolute = urljoin(base or "", f"https:{value}" if value.startswith("//") else value)
        parts = urlsplit(absolute)
    except ValueError:
        return None
    is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    is_picture = not _NO_PICTURE.search(f"{parts.netloc}{parts.path}")
    return absolute if is_web and is_picture and len(absolute) <= LONGEST_ADDRESS else None

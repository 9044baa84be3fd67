"""Addresses of articles: which are the same, which look like an article's, whose site they are. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

from domain.clock import SHANGHAI

LONGEST_ID = 255
# What tells where a reader came from, and not what he reads.
_TRACKING = re.compile(
    r"utm_\w+|spm|scm|from|for|wfr|isappinstalled|share\w*|sharer_\w+|ivk_sa|chksm|scene|srcid|vt|_t|timestamp|wxshare\w*"
    r"|nsukey|tdsourcetag|bd_vid|gclid|fbclid|hm(?:sr|pl|cu|kw|ci)|jsessionid|sessionid|phpsessid|sid|rand(?:om)?",
    re.IGNORECASE,
)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_WEIXIN = ("__biz", "mid", "idx", "sn")
_DATED = re.compile(
    r"(?<!\d)(20\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)|(?<!\d)(20\d\d)[-/_](1[0-2]|[1-9])[-/_]([12]\d|3[01]|[1-9])(?!\d)"
)
_MONTHED = re.compile(r"(?<!\d)20\d\d[-/_]?(?:0[1-9]|1[0-2])(?!\d)")
_NUMBERED = re.compile(r"\d{4,}|(?:^|[?&])(?:\w*id|aid|cid|nid)=\d+", re.IGNORECASE)
_HASHED = re.compile(r"(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{12,}(?![0-9a-z])", re.IGNORECASE)
_SHELVES = re.compile(
    r"(?:^|/)(?:index|list|node|channel|column|category|tag|search|about|contact|special|more|default)[\w-]*"
    r"(?:\.[a-z]{3,5})?$|/(?:tag|tags|search|category|author|user)/",
    re.IGNORECASE,
)
_FILES = re.compile(r"\.(?:jpe?g|png|gif|pdf|docx?|xlsx?|zip|rar|mp[34]|apk|css|js|xml)$", re.IGNORECASE)


def absolute(base: str, value: str) -> str | None:
    """The address without its fragment, where it is one of the web; else None."""
    value = value.strip()
    if not value or value.startswith(("#", "javascript:", "mailto:", "tel:")):
        return None
    try:
        address = urldefrag(urljoin(base, value)).url
        parts = urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def article_id(url: str) -> str:
    """A stable id of an article: its address without scheme and tracking, or a hash of that where it is too long."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower().removesuffix(":80").removesuffix(":443")
    pairs = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if _tells(host, name)]
    query = urlencode(sorted(pairs))
    path = _SESSION.sub("", parts.path) or "/"
    canonical = f"{host}{path}{'?' if query else ''}{query}"
    if len(canonical) <= LONGEST_ID:
        return canonical
    return f"{host[:100]}/{hashlib.sha256(canonical.encode(errors='replace')).hexdigest()}"


def looks_like_article(url: str) -> bool:
    """Whether an address has the marks of an article: a date, a number or a hash, and not those of a list or a file."""
    parts = urlsplit(url)
    said = f"{parts.path}?{parts.query}"
    if _FILES.search(parts.path) or (_SHELVES.search(parts.path) and not _DATED.search(said)):
        return False
    if parts.path.endswith("/") and not parts.query and not _DATED.search(said):
        return False
    if (parts.hostname or "") == "mp.weixin.qq.com":
        return parts.path.startswith("/s")
    return any(mark.search(said) for mark in (_DATED, _MONTHED, _NUMBERED, _HASHED))


def day_in(url: str) -> datetime | None:
    """The day that an address names (``/2026/03/16/``, ``t20260316_1.html``), from midnight in Shanghai."""
    found = _DATED.search(urlsplit(url).path)
    numbers = [int(group) for group in found.groups() if group] if found else []
    try:
        return datetime(*numbers, tzinfo=SHANGHAI) if numbers else None  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def same_site(url: str, other: str) -> bool:
    """Whether one host is the other, or lies below it: news.a.cn and www.a.cn are both a.cn's."""
    first, second = (_site(address) for address in (url, other))
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def is_front(url: str) -> bool:
    """Whether an address is a site's front page or its error page, where deleted articles are led to."""
    path = urlsplit(url).path.lower()
    return path in ("", "/", "/index.html", "/index.htm", "/index.shtml", "/index.php") or bool(
        re.search(r"/(?:404|error|notfound|not-found)[\w-]*(?:\.\w+)?/?$", path)
    )


def _tells(host: str, name: str) -> bool:
    return name in _WEIXIN if host == "mp.weixin.qq.com" else not _TRACKING.fullmatch(name)


def _site(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower().removeprefix("www.")

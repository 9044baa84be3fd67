"""What an address alone says: the platform, and which addresses lead to the same page. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

_PLATFORMS = {
    "mp.weixin.qq.com": "wechat", "channels.weixin.qq.com": "wechat", "tieba.baidu.com": "tieba",
    "douyin.com": "douyin", "iesdouyin.com": "douyin", "kuaishou.com": "kuaishou", "chenzhongtech.com": "kuaishou",
    "gifshow.com": "kuaishou", "weibo.com": "weibo", "weibo.cn": "weibo", "xiaohongshu.com": "xiaohongshu",
    "xhslink.com": "xiaohongshu", "bilibili.com": "bilibili", "b23.tv": "bilibili", "zhihu.com": "zhihu",
}  # fmt: skip
_KINDS = {
    "forum": "thread", "tieba": "thread", "news": "news",
    "douyin": "video", "kuaishou": "video", "bilibili": "video",
}  # fmt: skip
_FILMS = ("douyin", "kuaishou", "bilibili")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# Who sent a link on, and from where: it leads to the same page without.
_TRACKING = re.compile(
    r"utm_\w+|spm\w*|from|isappinstalled|share\w*|scene|srcid|chksm|timestamp|clicktime|enterid|wxshare_count|nsukey"
    r"|xsec_\w+|vd_source|buvid|bbid|ts|unique_k|sessionid|subscene|devicetype|version|lang|pass_ticket|wx_header",
    re.IGNORECASE,
)
_WEIXIN = ("__biz", "mid", "idx", "sn")


def whole_address(url: str) -> str | None:
    """The address with its scheme; None where it is no web address."""
    url = url.strip()
    url = url if _SCHEME.match(url) else f"https://{url}"
    try:
        parts = urlsplit(url)
        known = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return url if known and not re.search(r"\s", url) else None


def platform_of(url: str) -> str | None:
    """The platform whose host it is; None for all others."""
    host = (urlsplit(url).hostname or "").lower()
    return next((name for known, name in _PLATFORMS.items() if host == known or host.endswith(f".{known}")), None)


def kind_of(platform: str) -> str:
    """What a post that somebody found there is."""
    return _KINDS.get(platform, "article")


def is_film(url: str) -> bool:
    """Whether a short video is behind it, whose page has no words for us."""
    return platform_of(url) in _FILMS or "channels.weixin" in url


def same_page(url: str) -> str:
    """The same words for all addresses of a page, however it was passed on."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().removeprefix("www.")
    fields = _kept(host, dict(parse_qsl(parts.query)))
    route = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return f"{host}{parts.path.rstrip('/')}?{urlencode(sorted(fields.items()))}{route}"


def _kept(host: str, fields: Mapping[str, str]) -> dict[str, str]:
    if host == "mp.weixin.qq.com":
        return {name: fields[name] for name in _WEIXIN if name in fields}
    return {name: value for name, value in fields.items() if not _TRACKING.fullmatch(name)}

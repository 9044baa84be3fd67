"""The encoding of a page: which names may be given, and bytes → text. Pure."""

from __future__ import annotations

import re

from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

# Codecs of Python that no page is written in: some take quadratic time, some raise what no decoder should.
_NO_CHARSETS = {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
_HAN = re.compile("[\u4e00-\u9fff]")
_HAN_ROW = re.compile("[\u4e00-\u9fff]{4}")
_WESTERN = {"cp1252", "iso8859-1", "latin-1", "ascii"}


def is_charset(name: str) -> bool:
    """Whether pages are written in this encoding, given by the name that `codecs` has for it."""
    return name not in _NO_CHARSETS


def decode_page(body: bytes, content_type: str) -> str:
    """The text of a page, by what its bytes prove, its BOM, header or meta; where none says, it is UTF-8 or else GBK.

    A guess by the frequency of letters makes Cyrillic of a GBK page with few Chinese characters.
    """
    text = _chinese_utf8(body)
    if text is not None:
        return text.removeprefix("\ufeff")
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if found := proven(body, declared):
        return body.decode(found, "replace").removeprefix("\ufeff")
    if declared and not is_charset(declared):
        return body.decode(_undeclared(body), "replace").removeprefix("\ufeff")
    return html_to_unicode(content_type, body, auto_detect_fun=_undeclared)[1]


def proven(body: bytes, declared: str | None) -> str | None:
    """The encoding that the bytes themselves show whatever is ``declared``; None where the declaration may be right.

    Chinese in GBK is never valid UTF-8 with Chinese characters in it: a declaration that says otherwise was left behind
    when the site moved. A western one, and UTF-8 that makes rubble of the page, is the default of a server that nobody
    set up: behind it Chinese stands in a row.
    """
    if _chinese_utf8(body) is not None:
        return "utf-8"
    if (declared in _WESTERN or (declared == "utf-8" and _is_rubble(body))) and _HAN_ROW.search(
        body.decode("gb18030", "replace")
    ):
        return "gb18030"
    return None


def _is_rubble(body: bytes) -> bool:
    """Whether UTF-8 loses more characters than it gives Chinese ones; a page may have a broken one here and there."""
    text = body.decode("utf-8", "replace")
    return text.count("\ufffd") > len(_HAN.findall(text))


def _chinese_utf8(body: bytes) -> str | None:
    """The text of UTF-8 with Chinese characters in it, also where the last one was cut through; None of other bytes."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return None
        text = body[: error.start].decode() + "\ufffd"
    return text if _HAN.search(text) else None


def _undeclared(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"

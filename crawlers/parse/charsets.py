"""The encoding of a page: which names may be given, and bytes → text. Pure."""

from __future__ import annotations

import re

from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

# Codecs of Python that no page is written in: some take quadratic time, some raise what no decoder should.
_NO_CHARSETS = {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
_HAN = re.compile("[\u4e00-\u9fff]")


def is_charset(name: str) -> bool:
    """Whether pages are written in this encoding, given by the name that `codecs` has for it."""
    return name not in _NO_CHARSETS


def decode_page(body: bytes, content_type: str) -> str:
    """The text of a page, by its BOM, header or meta; where none says, it is UTF-8 or else GBK.

    A guess by the frequency of letters makes Cyrillic of a GBK page with few Chinese characters. A meta that says
    otherwise of a page in UTF-8 is one that was left behind when the site moved: Chinese in GBK is never valid UTF-8
    with Chinese characters in it.
    """
    header = http_content_type_encoding(content_type)
    declared = header or html_body_declared_encoding(body[:4096])
    if declared and (not is_charset(declared) or (not header and _is_chinese_utf8(body))):
        return body.decode(_undeclared(body), "replace").removeprefix("\ufeff")
    return html_to_unicode(content_type, body, auto_detect_fun=_undeclared)[1]


def _is_chinese_utf8(body: bytes) -> bool:
    try:
        return _HAN.search(body.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _undeclared(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"

"""What a page says of its encoding is believed only where pages are written in it."""

from __future__ import annotations

import pytest

from crawlers.parse.charsets import decode_page


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"])
@pytest.mark.parametrize("body", ["<p>取不出钱</p>".encode(), "<p>取不出钱</p>".encode("gb18030")])
def test_a_codec_that_is_no_charset_is_passed_over(charset: str, body: bytes) -> None:
    """The bytes themselves say then whether they are UTF-8 or GBK; ten megabytes of them take no longer."""
    for content_type, meta in ((f"text/html; charset={charset}", ""), ("text/html", f'<meta charset="{charset}">')):
        text = decode_page(meta.encode() + body + b"a-" * 1_000_000, content_type)
        assert "取不出钱" in text


def test_a_meta_that_was_left_behind_does_not_garble_a_page_in_utf_8() -> None:
    """A page that moved to UTF-8 and kept its old meta is read as UTF-8; one that is GBK as its meta says is GBK."""
    meta = '<meta charset="gb2312">'
    for charset in ("utf-8", "gb18030"):
        page = f"{meta}<p>取不出钱，联通</p>"
        assert decode_page(page.encode(charset), "text/html") == page
    assert "联通" in decode_page(f"{meta}<p>联通</p>".encode("gb18030"), "text/html")

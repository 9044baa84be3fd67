"""What a page says of its encoding is believed only where pages are written in it."""

from __future__ import annotations

import pytest

from crawlers.parse.charsets import decode_page
from crawlers.parse.feed import decode


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


@pytest.mark.parametrize(
    ("declared", "charset"),
    [
        (wrong, right)
        for wrong in ("iso-8859-1", "windows-1252", "us-ascii", "gbk", "utf-8")
        for right in ("utf-8", "gb18030")
    ],
)
def test_a_servers_default_does_not_garble_a_chinese_page(declared: str, charset: str) -> None:
    """Pages and feeds are read as their bytes are, whatever charset the header says, and UTF-8 always."""
    page = "<p>取不出钱，排队两小时</p>"
    assert decode_page(page.encode(charset), f"text/html; charset={declared}") == page
    assert decode(page.encode(charset), f"application/xml; charset={declared}") == page


def test_a_page_in_utf_8_with_broken_characters_stays_utf_8() -> None:
    """A title that was cut in the middle of a character makes no GBK of the page around it."""
    words = "取不出钱，排队两小时".encode()
    page = words + words[:-1] + b"</p>" + words[:-2] + b"</p>"
    assert decode_page(page, "text/html; charset=utf-8").startswith("取不出钱，排队两小时取不出钱，排队两小")


def test_a_western_page_stays_western() -> None:
    """Accents beside letters look like single Chinese characters in GBK, but never like a row of them."""
    page = "<p>Une généralité très éprouvée, déjà vue</p>"
    assert decode_page(page.encode("cp1252"), "text/html; charset=iso-8859-1") == page


@pytest.mark.parametrize("length", range(30, 40))
def test_wherever_a_page_is_cut_its_last_character_alone_is_lost(length: int) -> None:
    """What is left of it becomes U+FFFD, and the byte order mark at the front is no text."""
    cut = "<p>取不出钱，排队两小时</p>".encode()[:length]
    assert decode_page(b"\xef\xbb\xbf" + cut, "text/html") == cut.decode("utf-8", "replace")


def test_utf_8_that_is_cut_through_a_character_is_still_utf_8() -> None:
    """An answer that ends in the middle is not GBK for that."""
    cut = "<p>取不出钱，排队两小时</p>".encode()[:-6]
    assert decode_page(cut, "text/html; charset=iso-8859-1").startswith("<p>取不出钱，排队两小")

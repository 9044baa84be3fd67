"""The body of a post of Discuz! X → the author's own words. Pure.

Cut out: quotes of others, the note of who edited it, attachments and their notices, the jammer's
noise against copying, smileys and their codes, notices of hidden parts, scripts. Line breaks are kept.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from crawlers.parse.html import element_to_text, html_to_text, lines_to_text, tidy
from crawlers.parse.pictures import pictures_in

_NOISY_TAGS = {"ignore_js_op", "script", "style"}
_NOISY_CLASSES = {
    "pstatus", "jammer", "locked", "attach_nopermission", "tattl", "pattl", "tip", "aimg_tip",
    "media_tips", "modact", "a_p", "a_pr", "a_pt", "a_pb",
}  # fmt: skip
_INVISIBLE = ("display:none", "display: none")
# A heading inside a box: what the element is, and what its parent must be.
_NOISY_INSIDE = {"h4": "showhide", "em": "blockcode"}
_SMILEY_CODE = re.compile(r"\{:\d+_\d+:\}")
_EDIT_NOTE = re.compile(r"^\s*本帖最后由 .{1,40} 于 .{4,40} 编辑\s*")


@dataclass(frozen=True, slots=True)
class Body:
    """The author's words; whether the site says that they were edited; the link in the first quote; own pictures."""

    text: str
    edited: bool
    quoted_href: str | None
    pictures: tuple[str, ...] = ()


def read_body(node: Any, base: str = "") -> Body:
    """The words in an element of a post's body; the element itself is left as it is.

    Pictures without an address of their own are taken from ``base``, the site's address.
    """
    plain = lines_to_text(node)
    if plain is not None:
        return Body(*_own(plain), None)
    node = copy.deepcopy(node)
    node.tail = None
    quotes = [part for part in node.iter("div") if _is_quote(part)]
    links = [href for quote in quotes[:1] for href in _hrefs(quote) if "findpost" in href]
    edited = any(part.get("class") == "pstatus" for part in node.iter("i"))
    unwanted = [part for part in node.iter() if part is not node and _is_noise(part)]
    for part in quotes:
        _drop(part)
    pictures = pictures_of(node, base)
    for part in unwanted:
        _drop(part)
    text, noted = _own(element_to_text(node))
    return Body(text, edited or noted, links[0] if links else None, pictures)


def own_words(markup: str) -> tuple[str, bool]:
    """The text in a post's mark-up without smileys' codes and the note of who edited it; whether that was there."""
    return _own(html_to_text(markup))


def _own(text: str) -> tuple[str, bool]:
    plain = tidy(_SMILEY_CODE.sub("", text)) if "{:" in text else text
    own = _EDIT_NOTE.sub("", plain)
    return own, own != plain


def pictures_of(node: Any, base: str) -> tuple[str, ...]:
    """The addresses of the pictures in an element."""
    return pictures_in(markup_of(node), base) if next(node.iter("img"), None) is not None else ()


def markup_of(node: Any) -> str:
    """An element as HTML, with the text behind it."""
    return str(etree.tostring(node, encoding="unicode", method="html"))


def _is_quote(node: Any) -> bool:
    """Pages have a class for quotes; the mobile interface has one for quotes and for parts that cost nothing."""
    name = node.get("class")
    return name == "quote" or (name == "reply_wrap" and any("findpost" in href for href in _hrefs(node)))


def _hrefs(node: Any) -> list[str]:
    return [link.get("href") for link in node.iter("a") if link.get("href")]


def _is_noise(node: Any) -> bool:
    if node.tag in _NOISY_TAGS or (node.tag == "img" and _is_smiley(node)):
        return True
    if not _NOISY_CLASSES.isdisjoint((node.get("class") or "").split()):
        return True
    if any(words in (node.get("style") or "") for words in _INVISIBLE):
        return True
    box, above = _NOISY_INSIDE.get(node.tag), node.getparent()
    return box is not None and above.tag == "div" and above.get("class") == box


def _is_smiley(node: Any) -> bool:
    return node.get("smilieid") is not None or "image/smiley/" in (node.get("src") or "")


def _drop(node: Any) -> None:
    """Take an element out and leave the text behind it where it stood."""
    parent = node.getparent()
    if parent is None:
        return
    before = node.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (node.tail or "")
    else:
        parent.text = (parent.text or "") + (node.tail or "")
    parent.remove(node)

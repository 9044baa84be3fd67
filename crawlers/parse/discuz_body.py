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

from crawlers.parse.html import html_to_text

_NOISE = (
    "ignore_js_op", "script", "style",
    "*[contains(@style, 'display:none') or contains(@style, 'display: none')]",
    *(
        f"*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
        for name in (
            "pstatus", "jammer", "locked", "attach_nopermission", "tattl", "pattl", "tip", "aimg_tip",
            "media_tips", "modact", "a_p", "a_pr", "a_pt", "a_pb",
        )
    ),
    "div[@class='showhide']/h4", "div[@class='blockcode']/em", "img[@smilieid]",
)  # fmt: skip
_SMILEY_CODE = re.compile(r"\{:\d+_\d+:\}")
_EDIT_NOTE = re.compile(r"^\s*本帖最后由 .{1,40} 于 .{4,40} 编辑\s*")


@dataclass(frozen=True, slots=True)
class Body:
    """The author's words; whether the site says that they were edited; the link in the first quote."""

    text: str
    edited: bool
    quoted_href: str | None


def read_body(node: Any) -> Body:
    """The words in an element of a post's body; the element itself is left as it is."""
    node = copy.deepcopy(node)
    node.tail = None
    quotes = node.xpath(".//div[@class='quote']")
    links = [href for quote in quotes[:1] for href in quote.xpath(".//a/@href[contains(., 'findpost')]")]
    edited = bool(node.xpath(".//i[@class='pstatus']"))
    for unwanted in (*quotes, *node.xpath(" | ".join(f".//{path}" for path in _NOISE))):
        _drop(unwanted)
    text = html_to_text(_SMILEY_CODE.sub("", etree.tostring(node, encoding="unicode", method="html")))
    own = _EDIT_NOTE.sub("", text)
    return Body(own, edited or own != text, links[0] if links else None)


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

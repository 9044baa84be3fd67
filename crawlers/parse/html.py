"""HTML as published → plain text with its line breaks. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

from lxml import etree

_BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_INLINE = {
    "a", "abbr", "audio", "b", "body", "big", "code", "del", "em", "embed", "font", "head", "html",
    "i", "iframe", "img", "ins", "label", "link", "mark", "mpvoice", "noscript", "object", "ruby",
    "s", "script", "small", "source", "span", "strike", "strong", "style", "sub", "sup", "svg",
    "template", "title", "tt", "u", "video", "wbr",
}  # fmt: skip
_KNOWN = _BLOCKS | _INLINE
_SILENT = {
    "script", "style", "template", "noscript", "head", "title", "svg", "object", "iframe",
}  # fmt: skip
_PLACEHOLDERS = {"img": "[图片]", "video": "[视频]", "audio": "[语音]", "mpvoice": "[语音]"}

_TAG = re.compile(r"<!--|</?([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])[^<>]*>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_EMOTICON = re.compile(r"\[\S{1,8}\]")
_SPACES = re.compile(r"[ \t\n\f]+")
_INNER_SPACES = re.compile(r"[ \t\f\xa0]+")
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
_SURROGATES = re.compile("[\ud800-\udfff]")
# Firewalls that check by script show a reader nothing; the source names their cookie or variable.
_SCRIPT_CHECKS = re.compile(r"acw_sc__v2|_cf_chl_opt|__jsl_clearance|\$_ts\b")


def clean(text: str) -> str:
    """Without NUL and other control characters (line feed and tab stay); a lone surrogate becomes U+FFFD."""
    if text.replace("\n", "").isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    return _SURROGATES.sub("\ufffd", text)


def looks_like_html(text: str) -> bool:
    """Whether there is a tag that HTML knows; ``a<b``, ``<5万>`` and ``<白鹭洲>`` are none."""
    if "<" not in text:
        return False
    return any(name is None or name.lower() in _KNOWN for name in _tags(text))


def shown_words(text: str) -> str:
    """What a page shows to a reader; where that is nothing, the mark of a firewall's check by script if any."""
    return html_to_text(text) or script_check(text)


def script_check(text: str) -> str:
    """The mark of a firewall that checks its visitors by script, in a page's source; empty where there is none."""
    found = _SCRIPT_CHECKS.search(text)
    return found.group() if found else ""


def html_to_text(text: str) -> str:
    """Plain text: tags off, scripts dropped, entities decoded once, a line for each block or ``<br>``.

    Text that does not look like HTML keeps its lines; only its entities are decoded. Emoticons whose
    ``alt`` is like ``[怒]`` stay, for they say something; a post of pictures alone becomes ``[图片]``.
    """
    text = clean(text)
    if looks_like_html(text):
        text = _walk(text)
    elif _ENTITY.search(text):
        text = clean(html.unescape(text))
    return tidy(text.replace("\xa0", " "))


def element_to_text(node: Any) -> str:
    """As `html_to_text`, for a block that is parsed already; what follows it (its tail) is no part of it."""
    return tidy(_gathered(node, keeps_lines=False).replace("\xa0", " "))


def tidy(text: str) -> str:
    """Without blank lines and without spaces at the ends of lines."""
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """As `html_to_text`, on one line: for titles and names."""
    return _INNER_SPACES.sub(" ", html_to_text(text).replace("\n", " ")).strip()


def _tags(text: str) -> list[str | None]:
    return [match.group(1) for match in _TAG.finditer(text)]


def _walk(text: str) -> str:
    # Without a block, line feeds are the author's own lines and not mark-up's white space.
    keeps_lines = not any(name and name.lower() in _BLOCKS for name in _tags(text))
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    root = etree.fromstring(f"<div>{text}</div>".encode(), parser)
    return "" if root is None else _gathered(root, keeps_lines)


def _gathered(root: Any, keeps_lines: bool) -> str:
    pieces: list[str] = []
    pictures: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        if event == "end":
            pieces += _after(node, keeps_lines)
        elif node.tag in _SILENT:
            walker.skip_subtree()
        else:
            pieces += _before(node, keeps_lines)
            pictures += [_PLACEHOLDERS[node.tag]] if node.tag in _PLACEHOLDERS else []
    plain = clean("".join(pieces))
    return plain if plain.strip() or not pictures else pictures[0]


def lines_to_text(node: Any) -> str | None:
    """As `element_to_text`, for the block that most posts are: words and ``<br>``; None for another one."""
    if any(part.tag != "br" or part.keys() for part in node):
        return None
    lines = (node.text, *(part.tail for part in node))
    return tidy(clean("\n".join(_spaced(line, keeps_lines=False) for line in lines)).replace("\xa0", " "))


def _before(node: Any, keeps_lines: bool) -> list[str]:
    alt = (node.get("alt") or "") if node.tag == "img" else ""
    emoticon = alt if _EMOTICON.fullmatch(alt) else ""
    return [_edge(node), emoticon, _spaced(node.text, keeps_lines)]


def _after(node: Any, keeps_lines: bool) -> list[str]:
    return [_edge(node), _spaced(node.tail, keeps_lines)]


def _edge(node: Any) -> str:
    return "\n" if node.tag in _BLOCKS else ""


def _spaced(text: str | None, keeps_lines: bool) -> str:
    if not text:
        return ""
    return text if keeps_lines else _SPACES.sub(" ", text)

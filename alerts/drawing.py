"""From SVG to PNG, with the house's own font: no machine's fonts are asked, so the picture is the same everywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import resvg_py

FAMILY = "Yuqing Sans SC"
"""Noto Sans CJK SC Regular (SIL Open Font License 1.1, fonts/OFL.txt), cut down to GB 2312, ASCII and punctuation."""

_FONT = Path(__file__).parent / "fonts" / "YuqingSansSC-Regular.otf"


def draw(svg: str, zoom: float = 1.0) -> bytes:
    """The picture as PNG bytes, ``zoom`` times the size of the SVG; ValueError where it is no SVG.

    Text has to name `FAMILY`. A character that the font lacks is drawn as an empty box.
    """
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, background="#ffffff", skip_system_fonts=True, font_files=[_font()], zoom=zoom
        )
    )


@cache
def _font() -> str:
    if not _FONT.is_file():
        raise FileNotFoundError(f"the font of the charts is missing: {_FONT.name}")
    return str(_FONT)

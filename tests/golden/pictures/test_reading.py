"""A picture of each kind, really read by RapidOCR in its own process (docs/pictures.md tells of all twelve)."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

pytest.importorskip("rapidocr", reason="the optional extra ocr is not installed")

from crawlers.pictures.config import PicturesConfig
from crawlers.pictures.reader import ChildReader

HERE = Path(__file__).parent
EXPECTED: dict[str, list[str]] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


def bare(text: str) -> str:
    """The characters alone: full width and spaces do not count."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_small_type_dark_mode_and_a_photographed_screen_are_read() -> None:
    """The sentences of a screen come out whole, in order, with a confidence."""
    reader = ChildReader(PicturesConfig())
    try:
        for name in ("small-transfer.png", "dark-login.png", "photo-withdraw.jpg"):
            found = reader.read((HERE / name).read_bytes())
            text = bare(found.text)
            places = [text.find(bare(sentence)) for sentence in EXPECTED[name]]
            assert -1 not in places, (name, found.text)
            assert places == sorted(places)
            assert found.confidence is not None
            assert found.confidence > 0.9
    finally:
        reader.close()

"""RapidOCR over the pieces of a picture. Used in the child process alone; nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rapidocr
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from crawlers.pictures.image import LENGTH, Piece, Pixels, opened, pieces, scale_of
from crawlers.pictures.lines import Box, confidence_of, text_of

LONGEST_TEXT = 3_000
"""Characters that are kept of one picture."""
_UNSURE = 0.85
_FEW = 12
"""A dark picture with so few characters, or read less surely than that, is looked at again, inverted."""
_DARK = 100
_SMALL = 24
"""Lower lines, in pixels of the scaled picture, are looked at more closely where the picture has more to show."""
_CLOSER = 1.3
_MARGIN = 0.03
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
"""The models that come with the package, by their paths: a missing one is an error and is not fetched from anywhere."""


class Engine:
    """Reads pictures. Loads the models once; the same picture is always read alike."""

    def __init__(self, *, threads: int, min_confidence: float, max_pixels: int) -> None:
        folder = Path(rapidocr.__file__).parent / "models"
        self._min_confidence = min_confidence
        self._max_pixels = max_pixels
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "error",
                # Photos of screens are upright; the turning of single lines costs time and turns some wrongly.
                "Global.use_cls": False,
                "Global.text_score": min_confidence,
                # Pieces have their size already.
                "Det.limit_type": "max",
                "Det.limit_side_len": LENGTH,
                "Rec.rec_batch_num": 2,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                **{f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()},
            }
        )

    def read(self, body: bytes) -> tuple[str, float | None]:
        """The words, a line each, and how sure they are; ("", None) where there are none. RefusedError for no picture.

        Small lines of a large picture (a screen in a photo) are looked at again from close by; a dark picture that
        tells little is looked at again inverted. The look that read most counts.
        """
        picture = opened(body, self._max_pixels)
        best = self._look(picture, invert=False)
        region = _closer(picture, best)
        if region:
            best = max(best, self._look(picture.crop(region), invert=False), key=_worth)
        if _is_poor(best) and float(np.asarray(picture.convert("L")).mean()) < _DARK:
            best = max(best, self._look(picture, invert=True), key=_worth)
        return text_of(best)[:LONGEST_TEXT], confidence_of(best)

    def _look(self, picture: Image.Image, *, invert: bool) -> list[Box]:
        found: list[Box] = []
        for piece in pieces(picture):
            found += self._boxes(np.ascontiguousarray(255 - piece.pixels) if invert else piece.pixels, piece)
        return found

    def _boxes(self, pixels: Pixels, piece: Piece) -> Iterator[Box]:
        result = self._ocr(pixels)
        if not isinstance(result, RapidOCROutput) or result.boxes is None or not result.txts or not result.scores:
            return
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            words = " ".join(text.split())
            if words and score >= self._min_confidence:
                (left, top), (right, bottom) = map(tuple, (corners.min(axis=0), corners.max(axis=0)))
                sides = np.linalg.norm(corners[[0, 1]] - corners[[3, 2]], axis=1)
                place = (float(left), float(top) + piece.top, float(right), float(bottom) + piece.top)
                yield Box(words, *place, float(sides.mean()), float(score))


def _is_poor(boxes: list[Box]) -> bool:
    confidence = confidence_of(boxes)
    return confidence is None or confidence < _UNSURE or sum(len(box.text) for box in boxes) < _FEW


def _closer(picture: Image.Image, boxes: list[Box]) -> tuple[int, int, int, int] | None:
    """The part of the picture that holds all small lines, where it can be shown larger than it was."""
    factor = scale_of(picture)
    if not boxes or factor >= 1 or sorted(box.height for box in boxes)[len(boxes) // 2] > _SMALL:
        return None
    margin = _MARGIN * max(picture.size)
    left, top = (min(places) / factor - margin for places in zip(*((box.left, box.top) for box in boxes), strict=True))
    right, low = (
        max(places) / factor + margin for places in zip(*((box.right, box.bottom) for box in boxes), strict=True)
    )
    region = max(0, int(left)), max(0, int(top)), min(picture.width, int(right)), min(picture.height, int(low))
    return region if scale_of(picture.crop(region)) > _CLOSER * factor else None


def _worth(boxes: list[Box]) -> float:
    """How much was read: characters, each by how far it is beyond a guess."""
    return sum(len(box.text) * max(0.0, box.confidence - 0.5) for box in boxes)

"""Bytes of unknown origin → pieces of a picture that fit into memory. Used in the child process alone.

What a picture says of itself is checked before anything is unpacked: a small file can stand for gigabytes of pixels.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
WIDTH, LENGTH = 736, 1280
"""A picture is scaled to this width in pixels, or, where it is wider than high, to this one."""
PIECE_AREA = 736 * 1024
"""A piece has no more pixels: what a look at it costs in memory and time grows with its area."""
MOST_PIECES = 10
_LARGEST_ZOOM = 2.0
_NARROW = 16
"""Thinner pictures are rules and spacers, in pixels."""
_SEAM = 0.3
"""In this last share of a piece the cut is made, where the rows are plainest."""

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class RefusedError(Exception):
    """This is no picture that we read; the cause is in Chinese."""


@dataclass(frozen=True)
class Piece:
    """A part of a picture as BGR pixels, shape (height, width, 3), and how far down it begins."""

    pixels: Pixels
    top: int


def opened(body: bytes, max_pixels: int) -> Image.Image:
    """The picture, upright, without transparency; the first one of several. RefusedError where it may not be read."""
    try:
        with warnings.catch_warnings():
            # The bound below is ours and lower; beyond its own, the library only warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(body), formats=FORMATS)
        width, height = picture.size
        if width * height > max_pixels:
            raise RefusedError(f"图片太大：{width}×{height} 像素")
        if min(width, height) < _NARROW:
            raise RefusedError(f"图片太小：{width}×{height} 像素")
        return ImageOps.exif_transpose(_opaque(picture))
    except Image.DecompressionBombError:
        raise RefusedError("图片太大") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, MemoryError) as error:
        raise RefusedError(f"不是能读的图片（{type(error).__name__}）") from None


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, "white")
    ground.alpha_composite(layered)
    return ground.convert("RGB")


def scale_of(picture: Image.Image) -> float:
    """By how much it is enlarged (or made smaller, below 1) to be looked at."""
    width, height = picture.size
    return min(_LARGEST_ZOOM, LENGTH / width if width > height else WIDTH / width)


def pieces(picture: Image.Image) -> Iterator[Piece]:
    """The scaled picture in pieces from top to bottom, at most `MOST_PIECES`; cut between two lines of words."""
    factor = scale_of(picture)
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    filter_ = Image.Resampling.LANCZOS if factor < 1 else Image.Resampling.BICUBIC
    pixels = np.ascontiguousarray(np.asarray(picture.resize(size, filter_))[:, :, ::-1])
    top = 0
    for _ in range(MOST_PIECES):
        end = _seam(pixels, top)
        yield Piece(pixels[top:end], top)
        top = end
        if top >= len(pixels):
            return


def _seam(pixels: Pixels, top: int) -> int:
    """Where the piece that begins at ``top`` ends."""
    height: int = PIECE_AREA // pixels.shape[1]
    if len(pixels) - top <= height:
        return len(pixels)
    first = top + round(height * (1 - _SEAM))
    unrest = pixels[first : top + height].std(axis=1).mean(axis=1)
    # Several rows together: the line between two entries of a list is plain, too, but so is the room beside it.
    smooth = np.convolve(unrest, np.ones(9) / 9, mode="same")
    smooth[:5] = smooth[-5:] = np.inf
    return first + int(np.argmin(smooth))

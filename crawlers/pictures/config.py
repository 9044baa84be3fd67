"""``pictures:`` in yuqing.yaml: whether words in pictures are read, and the bounds of that."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PicturesConfig(BaseModel):
    """Bounds of one run, of one picture, and of what counts as read. Times in seconds, sizes in bytes and pixels.

    Needs the optional extra ``ocr``. ``days``: only pictures of posts that are no older. ``min_confidence``: lines
    that are less sure are dropped. ``delay_s``: between two pictures from one host.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    days: int = Field(default=3, ge=1, le=60)
    max_pictures: int = Field(default=100, ge=1, le=10_000)
    max_seconds: float = Field(default=300.0, gt=0, le=7200)
    max_bytes: int = Field(default=5_000_000, ge=10_000, le=50_000_000)
    max_pixels: int = Field(default=25_000_000, ge=100_000, le=100_000_000)
    min_confidence: float = Field(default=0.6, ge=0, le=1)
    threads: int = Field(default=2, ge=1, le=16)
    delay_s: float = Field(default=1.0, ge=0, le=60)

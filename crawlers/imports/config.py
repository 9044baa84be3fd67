"""The facts of folders of files in ``sources.yaml``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from crawlers.config import SourceConfig
from crawlers.parse.columns import FieldName
from domain.posts import KINDS, PLATFORMS


class MediaCrawlerConfig(SourceConfig):
    """A folder that MediaCrawler writes into; a relative one is taken from the configuration folder."""

    kind: Literal["mediacrawler"]
    folder: str = Field(min_length=1)


class FilesConfig(SourceConfig):
    """A folder of a vendor's tables: ``columns`` names the column of each field, ``constants`` what all rows share.

    Of XLSX the first ``sheet`` is read where none is named, and the header is looked for unless ``header_row`` says
    where it stands.
    """

    kind: Literal["files"]
    folder: str = Field(min_length=1)
    format: Literal["csv", "jsonl", "xlsx"] = "csv"
    glob: str | None = Field(default=None, min_length=1)
    encoding: str = "utf-8-sig"
    sheet: str | None = Field(default=None, min_length=1)
    header_row: Literal["auto"] | Annotated[int, Field(ge=1, le=1000)] = "auto"
    timezone: str = "Asia/Shanghai"
    columns: dict[FieldName, str]
    constants: dict[FieldName, str] = Field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """Which files of the folder are read."""
        return self.glob or f"*.{self.format}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that say none."""
        return ZoneInfo(self.timezone)

    @field_validator("glob")
    @classmethod
    def _stays_inside(cls, value: str | None) -> str | None:
        parts = PurePosixPath(value).parts if value else ()
        if value and (not parts or any(part in ("/", "..") or ("**" in part and part != "**") for part in parts)):
            raise ValueError('应为文件夹之内的文件名式样，例如 "*.csv" 或 "**/*.csv"')
        return value

    @field_validator("encoding")
    @classmethod
    def _a_known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, ValueError):
            raise ValueError("没有这种编码，应为 utf-8-sig、gb18030 一类的名称") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _a_known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("没有这个时区，应为 Asia/Shanghai 一类的名称") from None
        return value

    @model_validator(mode="after")
    def _says_enough(self) -> FilesConfig:
        if "id" not in self.columns or not self.columns.keys() & {"text", "title"}:
            raise ValueError("columns 里应有 id，以及 text 或 title（没有编号时 id 可以用链接那一列）")
        twice = self.columns.keys() & self.constants.keys()
        if twice:
            raise ValueError(f"{'、'.join(sorted(twice))} 同时写在 columns 和 constants 里")
        if self.format != "xlsx" and (self.sheet or self.header_row != "auto"):
            raise ValueError("sheet 和 header_row 只用于 format: xlsx")
        return self

    @field_validator("constants")
    @classmethod
    def _known_words(cls, value: dict[FieldName, str]) -> dict[FieldName, str]:
        if value.get("platform", PLATFORMS[0]) not in PLATFORMS:
            raise ValueError(f"platform 应为 {'、'.join(PLATFORMS)} 之一")
        if value.get("kind", KINDS[0]) not in KINDS:
            raise ValueError(f"kind 应为 {'、'.join(KINDS)} 之一")
        return value

"""Pages kept as evidence: one WARC 1.1 file for each page, named by its day and the SHA-256 of its body.

A page is kept as it was answered, so it holds what the store never does (docs/privacy.md): the folder is for its
owner alone. What no incident rests on is removed after some days.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from domain.clock import iso, to_utc

_SUFFIX = ".warc.gz"
# The body is kept unpacked and whole, so headers that describe its way over the wire would no longer be true.
_OF_THE_WIRE = ("content-encoding", "transfer-encoding", "content-length", "connection")
_OF_A_SESSION = ("set-cookie",)


@dataclass(frozen=True)
class Page:
    """An answer as it came: the address without secrets, lower-case header names, the unpacked body."""

    url: str
    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime


class Archive:
    """The folder of kept pages. Which of them an incident rests on is the store's to know."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, page: Page) -> str:
        """Write the page, once, and give its name: ``2026-03-16/`` and the SHA-256 of its body in hex."""
        name = f"{to_utc(page.asked_at):%Y-%m-%d}/{hashlib.sha256(page.body).hexdigest()}"
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Another process never sees half a file, and a crash leaves none.
            draft = path.with_name(f"{path.name}.{os.getpid()}.part")
            draft.write_bytes(_record(page))
            draft.replace(path)
        return name

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"


def _record(page: Page) -> bytes:
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    kept = [(name, value) for name, value in page.headers.items() if name not in (*_OF_THE_WIRE, *_OF_A_SESSION)]
    headers = StatusAndHeaders(f"{page.status} ", [*kept, ("content-length", str(len(page.body)))], "HTTP/1.1")
    warc = {
        "WARC-Date": iso(page.asked_at),
        "WARC-Payload-Digest": f"sha256:{hashlib.sha256(page.body).hexdigest()}",
        "WARC-Identified-Payload-Type": page.headers.get("content-type", "").partition(";")[0],
    }
    warc = {name: value for name, value in warc.items() if value}
    writer.write_record(
        writer.create_warc_record(
            page.url, "response", BytesIO(page.body), http_headers=headers, warc_headers_dict=warc
        )
    )
    return buffer.getvalue()

"""Pages kept as evidence: one WARC 1.1 file for each page (docs/evidence.md, decision 0011).

A page is kept as it was answered, so it holds what the store never does (docs/privacy.md): the folder is for its
owner alone. What no incident rests on is removed after some days.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gzip import compress, decompress
from http import HTTPStatus
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from threading import get_ident
from urllib.parse import quote, urlsplit, urlunsplit

from w3lib.url import safe_url_string
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from domain.clock import iso, to_utc
from domain.errors import EvidenceError

log = logging.getLogger("yuqing.evidence")

SUFFIX = ".warc.gz"
_DRAFT = ".part"
# Level 9, at which warcio packs, takes five times as long and makes a forum's page 2 % smaller.
_PACKING = 4
_NAME = re.compile(r"\d{4}-\d{2}-\d{2}/[0-9a-f]{64}")
# The body is kept unpacked and whole, so headers that describe its way over the wire would no longer be true.
_OF_THE_WIRE = ("content-encoding", "transfer-encoding", "content-length", "connection")
_OF_A_SESSION = ("set-cookie",)
_SECRET = re.compile(
    r"([^&=]*(?:token|secret|passw|pwd|signature|api_?key|auth_?key|session)[^&=]*=)[^&]*", re.IGNORECASE
)
_URI = "!#$%&'()*+,/:;=?@[]~"
_ABOUT = {
    "format": "WARC File Format 1.1",
    "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    "description": "Bodies are unpacked; cookies, and headers of the way over the wire, are left out; a request is"
    " reduced to its first line and host, for the rest may hold secrets",
}


@dataclass(frozen=True)
class Page:
    """An answer as it came: the address without secrets, lower-case header names, the unpacked body."""

    url: str
    method: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime


@dataclass(frozen=True)
class Room:
    """How the folder is: bytes that are ``free`` on its disk, and whether other users can look in."""

    free: int
    open_to_others: bool


class Archive:
    """The folder of kept pages. Which of them an incident rests on is the store's to know.

    ``unkept`` counts the pages that the disk did not take since the program began.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unkept = 0

    def keep(self, page: Page) -> str | None:
        """Write the page, once, and give its name: ``2026-03-16/`` and 64 hex digits, see `name_of`.

        None where the disk does not take it: that is counted and logged, and no post is lost for it.
        """
        name = name_of(page)
        try:
            self._write(self._path(name), page)
        except OSError as error:
            if not self.unkept:
                log.warning("证据页没有保存（%s）：%s", self.folder, error.strerror or error)
            self.unkept += 1
            return None
        return name

    def page(self, name: str) -> Page:
        """The page of that name; EvidenceError where it is missing, damaged, or not what its name promises."""
        page = _parsed(self.file(name))
        if name_of(page) != name:
            raise EvidenceError("内容与入库时的校验值不符，文件被改动过")
        return page

    def file(self, name: str) -> bytes:
        """The page's file as it lies there; EvidenceError where it is missing or cannot be read."""
        if not _NAME.fullmatch(name):
            raise EvidenceError("名称不是本程序保存的证据页")
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise EvidenceError("证据目录里没有这一页：已过保存期，或被移走") from None
        except OSError as error:
            raise EvidenceError(f"证据文件读不出来：{error.strerror or error}") from None

    def names(self) -> Iterator[str]:
        """The names of all pages that are there, oldest day first."""
        for folder, _day in self._days():
            for path in sorted(folder.glob(f"*{SUFFIX}")):
                yield _name(path)

    def prune(self, keep: Collection[str], before: date) -> int:
        """Remove pages of days (UTC) before ``before`` that are not in ``keep``; returns how many.

        What is not ours stays. OSError where something cannot be removed.
        """
        removed = 0
        for folder, day in self._days():
            if day < before:
                for path in (*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{_DRAFT}")):
                    if _name(path) not in keep:
                        path.unlink(missing_ok=True)
                        removed += path.name.endswith(SUFFIX)
                with contextlib.suppress(OSError):  # not empty
                    folder.rmdir()
        return removed

    def room(self) -> Room:
        """Whether pages can be written, tried by writing; OSError where not."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(b"?")
        return Room(shutil.disk_usage(self.folder).free, bool(self.folder.stat().st_mode & 0o077))

    def _days(self) -> list[tuple[Path, date]]:
        days = []
        for folder in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            with contextlib.suppress(ValueError):
                days.append((folder, date.fromisoformat(folder.name)))
        return days

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def _write(self, path: Path, page: Page) -> None:
        if path.exists():
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # Another process never sees half a file, and a crash leaves none.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}{_DRAFT}")
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_warc(page))
            draft.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


def name_of(page: Page) -> str:
    """The day (UTC), and the SHA-256 over time, address and body, so that the name vouches for all three.

    Hashed are ``2026-03-16T08:30:07Z``, a space, the address as kept, a line feed, and the body.
    """
    digest = hashlib.sha256(f"{iso(page.asked_at)} {kept_url(page.url)}\n".encode())
    digest.update(page.body)
    return f"{to_utc(page.asked_at):%Y-%m-%d}/{digest.hexdigest()}"


def kept_url(url: str) -> str:
    """The address as it may be written down: ASCII, without user and password, tokens in the query masked."""
    try:
        parts = urlsplit(safe_url_string(url))
    except ValueError:
        parts = urlsplit(quote(url, safe=_URI))
    query = _SECRET.sub(r"\1***", parts.query)
    masked = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="")
    return quote(urlunsplit(masked), safe=_URI)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name.removesuffix(SUFFIX)}"


def _warc(page: Page) -> bytes:
    """A warcinfo record, the answer, and the request in short, each packed for itself."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
    about = writer.create_warcinfo_record(None, {"software": _software(), **_ABOUT})
    about.rec_headers.replace_header("WARC-Date", iso(page.asked_at))
    answer = _answer(writer, page, about.rec_headers.get_header("WARC-Record-ID"))
    packed = b""
    for record in (about, answer, _request(writer, page, answer.rec_headers.get_header("WARC-Record-ID"))):
        writer.write_record(record)
        packed += compress(buffer.getvalue(), _PACKING, mtime=0)
        buffer.seek(0)
        buffer.truncate()
    return packed


@cache
def _software() -> str:
    return f"yuqing/{version('yuqing')}"


def _answer(writer: WARCWriter, page: Page, about: str) -> ArcWarcRecord:
    kept = [(name, value) for name, value in page.headers.items() if name not in (*_OF_THE_WIRE, *_OF_A_SESSION)]
    headers = StatusAndHeaders(
        f"{page.status} {_reason(page.status)}", [*kept, ("content-length", str(len(page.body)))], "HTTP/1.1"
    )
    warc = {
        "WARC-Date": iso(page.asked_at),
        "WARC-Warcinfo-ID": about,
        "WARC-Payload-Digest": f"sha256:{hashlib.sha256(page.body).hexdigest()}",
    }
    return writer.create_warc_record(
        kept_url(page.url),
        "response",
        payload=BytesIO(page.body),
        length=len(page.body),
        http_headers=headers,
        warc_headers_dict=warc,
    )


def _request(writer: WARCWriter, page: Page, answer: str) -> ArcWarcRecord:
    parts = urlsplit(kept_url(page.url))
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    headers = StatusAndHeaders(f"{page.method} {target} HTTP/1.1", [("Host", parts.netloc)], is_http_request=True)
    warc = {"WARC-Date": iso(page.asked_at), "WARC-Concurrent-To": answer}
    return writer.create_warc_record(kept_url(page.url), "request", http_headers=headers, warc_headers_dict=warc)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _parsed(raw: bytes) -> Page:
    """The page in a file of ours; EvidenceError where the file is damaged."""
    try:
        # The checksums of the packing first: behind them stands what was once written, or a forgery.
        decompress(raw)
        records = ArchiveIterator(BytesIO(raw), check_digests="raise")
        parts = {record.rec_type: (record, record.content_stream().read()) for record in records}
        answer, body = parts["response"]
        return Page(
            url=answer.rec_headers.get_header("WARC-Target-URI"),
            method=parts["request"][0].http_headers.protocol,
            status=int(answer.http_headers.get_statuscode()),
            headers={name.lower(): value for name, value in answer.http_headers.headers},
            body=body,
            asked_at=datetime.fromisoformat(answer.rec_headers.get_header("WARC-Date")),
        )
    except (ArchiveLoadFailed, OSError, EOFError, zlib.error, KeyError, ValueError, AttributeError, TypeError) as error:
        raise EvidenceError(f"证据文件已损坏：{error}") from None

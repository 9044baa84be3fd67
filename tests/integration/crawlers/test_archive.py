"""Kept pages on a real disk: what is written, what is read back, what other programs make of it."""

from __future__ import annotations

import gzip
import hashlib
import stat
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from crawlers.archive import Archive, Page, kept_url, name_of
from domain.errors import EvidenceError

AT = datetime(2026, 3, 16, 1, 0, 7, 123456, tzinfo=UTC)
PAGE = Page(
    url="https://bbs.example/t/1?page=2",
    method="GET",
    status=200,
    headers={
        "content-type": "text/html; charset=gbk",
        "content-encoding": "gzip",
        "set-cookie": "sid=7",
        "server": "nginx",
    },
    body="<p>取不出钱</p>".encode("gbk"),
    asked_at=AT,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pages are kept; not there yet."""
    return tmp_path / "conf" / "evidence"


@pytest.fixture
def archive(folder: Path) -> Archive:
    """An archive that has kept nothing so far."""
    return Archive(folder)


def kept(archive: Archive, page: Page = PAGE) -> str:
    """Keep the page; its name."""
    name = archive.keep(page)
    assert name is not None
    return name


def file_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.warc.gz"


def checked(*paths: Path) -> int:
    """The exit status of warcio's own check."""
    status: int = Checker(Namespace(inputs=[str(path) for path in paths], verbose=False)).process_all()
    return status


@pytest.mark.parametrize(
    "page",
    [PAGE, replace(PAGE, body=b"", status=204), replace(PAGE, body=bytes(range(256)) * 50_000, method="POST")],
    ids=["html", "empty", "12 MB of octets"],
)
def test_a_page_is_read_back_as_it_was_and_passes_warcios_check(archive: Archive, folder: Path, page: Page) -> None:
    """The same address, moment to the second, status, method and body, whatever stands in it."""
    name = kept(archive, page)
    assert checked(file_of(folder, name)) == 0
    back = archive.page(name)
    assert (back.url, back.method, back.status, back.body) == (page.url, page.method, page.status, page.body)
    assert back.asked_at == AT.replace(microsecond=0)
    assert back.headers == {
        "content-type": "text/html; charset=gbk",
        "server": "nginx",
        "content-length": str(len(page.body)),
    }


def test_a_file_is_a_warc_of_who_wrote_it_the_answer_and_the_request(archive: Archive, folder: Path) -> None:
    """Each record for itself in the packing, the answer with the SHA-256 of its body, which anybody can work out."""
    with file_of(folder, kept(archive)).open("rb") as stream:
        about, answer, request = records = list(ArchiveIterator(stream))
    assert [record.rec_type for record in records] == ["warcinfo", "response", "request"]
    assert {record.rec_headers.protocol for record in records} == {"WARC/1.1"}
    assert {record.rec_headers.get_header("WARC-Date") for record in records} == {"2026-03-16T01:00:07Z"}
    assert answer.rec_headers.get_header("WARC-Payload-Digest") == f"sha256:{hashlib.sha256(PAGE.body).hexdigest()}"
    assert (answer.http_headers.protocol, answer.http_headers.statusline) == ("HTTP/1.1", "200 OK")
    assert request.rec_headers.get_header("WARC-Concurrent-To") == answer.rec_headers.get_header("WARC-Record-ID")
    assert answer.rec_headers.get_header("WARC-Warcinfo-ID") == about.rec_headers.get_header("WARC-Record-ID")


def test_a_name_vouches_for_moment_address_and_body(archive: Archive, folder: Path) -> None:
    """The same answer is kept once; the same body from another address or of another second is another page."""
    name = kept(archive)
    written = b"2026-03-16T01:00:07Z https://bbs.example/t/1?page=2\n" + PAGE.body
    assert name == f"2026-03-16/{hashlib.sha256(written).hexdigest()}"
    before = file_of(folder, name).read_bytes()
    assert kept(archive) == name
    assert file_of(folder, name).read_bytes() == before
    others = [replace(PAGE, url="https://bbs.example/t/2"), replace(PAGE, asked_at=AT + timedelta(seconds=1))]
    names = {name, *(kept(archive, page) for page in others)}
    assert len(names) == 3
    assert sorted(names) == list(archive.names())


def test_the_folder_is_closed_to_others(archive: Archive, folder: Path) -> None:
    """Pages hold names and ids as published: only the owner looks in."""
    path = file_of(folder, kept(archive))
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (folder, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize(
    ("url", "kept_as"),
    [
        ("https://用户:密码@例子.中国/路?q=银行#楼", "https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF?q=%E9%93%B6%E8%A1%8C"),
        ("http://a.cn/api?openid=3&access_token=s3cret&n=1", "http://a.cn/api?openid=3&access_token=***&n=1"),
        ("http://a.cn/feed?apiKey=s3cret", "http://a.cn/feed?apiKey=***"),
        ("http://a.cn:99999/x y", "http://a.cn:99999/x%20y"),
    ],
)
def test_no_secret_of_an_address_is_written(archive: Archive, folder: Path, url: str, kept_as: str) -> None:
    """User, password and tokens are left out, and what is no ASCII is encoded as the standard wants it."""
    name = kept(archive, replace(PAGE, url=url))
    assert archive.page(name).url == kept_as
    assert b"s3cret" not in gzip.decompress(file_of(folder, name).read_bytes())
    assert checked(file_of(folder, name)) == 0


@given(st.text(), st.dictionaries(st.sampled_from(["x-a", "etag"]), st.text(st.characters(codec="utf-8"))))
def test_no_address_and_no_header_stops_the_keeping(
    tmp_path_factory: pytest.TempPathFactory, tail: str, headers: dict[str, str]
) -> None:
    """Whatever a site sends, the page is kept and found again under its name, and its address keeps its form."""
    url = f"http://bbs.example/{tail}"
    assert kept_url(kept_url(url)) == kept_url(url)
    safe = {name: " ".join(value.split()) for name, value in headers.items()}
    archive = Archive(tmp_path_factory.mktemp("kept"))
    page = replace(PAGE, url=url, headers=safe)
    assert archive.page(kept(archive, page)).body == PAGE.body


def test_what_is_missing_damaged_or_forged_is_told_apart(archive: Archive, folder: Path) -> None:
    """A bit that fell over, a file cut short, another page under the name, no file, a name from elsewhere."""
    name = kept(archive)
    path = file_of(folder, name)
    whole = path.read_bytes()
    half = len(whole) // 2
    for raw in (whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :], whole[:half], b"", b"<html>"):
        path.write_bytes(raw)
        with pytest.raises(EvidenceError, match="损坏"):
            archive.page(name)
    other = file_of(folder, kept(archive, replace(PAGE, body=b"forged")))
    path.write_bytes(other.read_bytes())
    with pytest.raises(EvidenceError, match="改动过"):
        archive.page(name)
    path.unlink()
    with pytest.raises(EvidenceError, match="没有这一页"):
        archive.page(name)
    with pytest.raises(EvidenceError, match="不是本程序"):
        archive.page("../../yuqing")


def test_pruning_removes_old_pages_that_nothing_rests_on(archive: Archive, folder: Path) -> None:
    """Pages to keep, pages of newer days and strangers' files stay; drafts of a crash go with the day."""
    old, held = kept(archive), kept(archive, replace(PAGE, body=b"held"))
    new = kept(archive, replace(PAGE, asked_at=AT + timedelta(days=1)))
    lone = kept(archive, replace(PAGE, asked_at=AT - timedelta(days=1)))
    (folder / "2026-03-16" / "x.warc.gz.77.part").write_bytes(b"half")
    (folder / "2026-03-16" / "说明.txt").write_text("别删", encoding="utf-8")
    (folder / "notes").mkdir()
    assert archive.prune({held, "2026-03-16/" + "0" * 64}, date(2026, 3, 17)) == 2
    assert list(archive.names()) == [held, new]
    assert sorted(path.name for path in (folder / "2026-03-16").iterdir() if not path.name.startswith(held[11:])) == [
        "说明.txt"
    ]
    assert not file_of(folder, old).exists()
    assert not file_of(folder, lone).parent.exists()
    assert (folder / "notes").is_dir()
    assert Archive(folder / "nowhere").prune(set(), date(2026, 3, 17)) == 0


def test_a_disk_that_takes_nothing_is_counted_and_told_once(
    archive: Archive, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No name, no exception, no half file: the posts go on without their pages."""
    folder.parent.mkdir()
    folder.write_text("a file stands in the way", encoding="utf-8")
    assert archive.keep(PAGE) is None
    assert archive.keep(replace(PAGE, body=b"2")) is None
    assert archive.unkept == 2
    assert [record.message.startswith("证据页没有保存") for record in caplog.records] == [True]
    assert name_of(PAGE).startswith("2026-03-16/")

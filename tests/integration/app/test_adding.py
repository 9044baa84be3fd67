"""``yuqing add``: what a person found, from a page on loopback or as copied words, into a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.progress import Bars
from app.wiring import make_parts
from config.settings import load_settings
from demo.httpd import Request, Response, serving
from storage.query import run_query

WORDS = "三月十五日上午，青禾银行的取款机前排起了三十多人的长队，客户说手机银行也登不上去。"
PAGE = f"""<html><head><title>青禾银行系统故障 - 青禾网</title></head><body><h1>青禾银行系统故障</h1>
<p class="info">2026-03-15 08:30 来源：青禾网</p><div class="article"><p>{WORDS}</p><p>{WORDS}银行答复说正在抢修。</p>
<p>记者从银行了解到，系统将在当天下午恢复，受影响的客户可以到柜台办理业务，工作人员会延长服务时间。</p></div></body></html>"""
PAGES = {
    "/news/1": Response(200, PAGE.encode()),
    "/robots.txt": Response(200, b"User-agent: *\nDisallow: /private/\n", "text/plain"),
    "/private/1": Response(200, PAGE.encode()),
    "/captcha": Response(200, "<html><title>安全验证</title><body>请输入验证码</body></html>".encode()),
    "/member": Response(200, "<html><title>登录</title><body>您尚未登录，请先登录后才能浏览</body></html>".encode()),
    "/inside": Response(302, headers=(("Location", "http://169.254.169.254/latest/meta-data"),)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A starting folder in which pages of this machine may be read."""
    folder = tmp_path / "conf"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    file = folder / "yuqing.yaml"
    text = file.read_text(encoding="utf-8")
    allowed = text.replace("\ncrawl:\n", "\ncrawl:\n  allow_private_hosts: [127.0.0.1]\n")
    file.write_text(allowed, encoding="utf-8")
    return folder


@pytest.fixture
def site() -> Iterator[str]:
    """A site with an article, a captcha, a login, and a way into the bank's own network."""

    def answer(request: Request) -> Response:
        return PAGES.get(request.path, Response(404))

    with serving(answer) as address:
        yield address


@pytest.fixture
def add(folder: Path) -> Callable[..., Result]:
    """Run ``yuqing add`` in the folder."""
    return lambda *words, given=None: CliRunner().invoke(main, ["add", *words, "--config", str(folder)], input=given)


def stored(folder: Path) -> list[tuple[object, ...]]:
    """The posts in the store."""
    sql = "SELECT source, platform, kind, title, text, url FROM v_posts ORDER BY first_seen_at"
    return [tuple(row) for row in run_query(load_settings(folder).store_url, sql)[1]]


def test_a_page_is_fetched_and_shown_as_it_was_stored(folder: Path, site: str, add: Callable[..., Result]) -> None:
    """Title, time and the first words are printed, so that the person sees whether the right thing was read."""
    done = add(f"{site}/news/1", "--platform", "news")
    assert done.exit_code == 0, done.output
    assert "已存入“人工发现”：青禾银行系统故障" in done.output
    assert "时间：2026-03-15 08:30；平台：新闻媒体" in done.output
    assert f"正文：{WORDS[:30]}" in done.output
    ((source, platform, kind, title, text, url),) = stored(folder)
    assert (source, platform, kind, title, url) == ("paste", "news", "news", "青禾银行系统故障", f"{site}/news/1")
    assert WORDS in str(text)


def test_the_same_page_and_the_same_words_are_one_post(folder: Path, site: str, add: Callable[..., Result]) -> None:
    """Passed on by another way, with a tracking mark, or copied with other line breaks: still the same."""
    for link in ("/news/1", "/news/1?utm_source=weixin&from=timeline", "/news/1#comments"):
        assert add(f"{site}{link}").exit_code == 0
    again = add("--text", "新的正文", "--url", f"{site}/news/1")
    assert "原来就有，已更新" in again.output
    assert add("--text", "青禾银行 排队\n很久").exit_code == 0
    assert "原来就有" in add("--text", "青禾银行 排队 很久").output
    assert [row[4] for row in stored(folder)] == ["新的正文", "青禾银行 排队 很久"]


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/captcha", "验证"),
        ("/member", "登录"),
        ("/private/1", "robots.txt 不允许"),
        ("/nothing", "不存在"),
        ("/inside", "内网或保留地址"),
    ],
)
def test_a_page_that_cannot_be_read_is_not_stored_and_the_way_out_is_told(
    folder: Path, site: str, add: Callable[..., Result], path: str, cause: str
) -> None:
    """Status 1, the cause, and how to enter the words themselves."""
    done = add(f"{site}{path}")
    assert done.exit_code == 1
    assert cause in done.output
    assert "--text" in done.output
    assert not (folder / "yuqing.db").exists()


def test_an_address_inside_the_bank_is_refused_unless_it_is_allowed(folder: Path, site: str) -> None:
    """Somebody else may have made the link."""
    file = folder / "yuqing.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("[127.0.0.1]", "[]"), encoding="utf-8")
    done = CliRunner().invoke(main, ["add", f"{site}/news/1", "--config", str(folder)])
    assert (done.exit_code, "内网或保留地址" in done.output) == (1, True)


@pytest.mark.parametrize("link", ["https://v.douyin.com/abc/", "www.kuaishou.com/short-video/1", "https://b23.tv/x"])
def test_a_short_video_is_said_to_be_unreadable(add: Callable[..., Result], link: str) -> None:
    """Nothing is fetched, and the way out is told."""
    refused = add(link)
    assert (refused.exit_code, "短视频" in refused.output, "--text" in refused.output) == (1, True, True)


def test_the_words_of_a_short_video_are_a_video_of_its_platform(folder: Path, add: Callable[..., Result]) -> None:
    """The link tells which."""
    assert add("--text", "取不出钱", "--url", "v.douyin.com/abc").exit_code == 0
    assert [row[:3] for row in stored(folder)] == [("paste", "douyin", "video")]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ((), "请写明网址"),
        (("ftp://x/y",), "不是网址"),
        (("--text", "  "), "没有文字"),
        (("--text", "排队", "--at", "2099-01-01T00:00"), "还没有到"),
    ],
)
def test_what_is_typed_wrongly_is_told(add: Callable[..., Result], words: tuple[str, ...], cause: str) -> None:
    """Nothing, no address, no words, a time to come: status 2, as for all wrong arguments."""
    done = add(*words)
    assert (done.exit_code, cause in done.output) == (2, True)


def test_long_words_come_from_the_standard_input_and_numbers_in_them_are_masked(
    folder: Path, add: Callable[..., Result]
) -> None:
    """The door is the same as for every source."""
    done = add("--text", "-", "--at", "2026-03-15T08:30", given="青禾银行\n打 13812345678 没人接")
    assert done.exit_code == 0, done.output
    assert "时间：2026-03-15 08:30" in done.output
    assert "13812345678" not in done.output + str(stored(folder))


def test_what_people_find_is_called_so_in_mails_and_never_collected(folder: Path) -> None:
    """Without an entry and with one: the label is known, and a sweep has nothing to be blind of."""
    with Bars() as bars:
        assert make_parts(load_settings(folder), bars).labels["paste"] == "人工发现"
        sources = "sources:\n  - {name: shougong, label: 柜面同事发现, kind: paste}\n"
        (folder / "sources.yaml").write_text(sources, encoding="utf-8")
        parts = make_parts(load_settings(folder), bars)
    assert parts.labels["shougong"] == "柜面同事发现"
    assert parts.sources == []
    done = CliRunner().invoke(main, ["add", "--text", "排队", "--config", str(folder)])
    assert "已存入“柜面同事发现”" in done.output
    assert [row[0] for row in stored(folder)] == ["shougong"]


def test_a_source_of_another_kind_that_has_its_name_is_a_fault_of_the_configuration(folder: Path) -> None:
    """Its memory and its ledger would be mixed with what people enter."""
    sources = 'sources:\n  - {name: paste, kind: feed, url: "https://news.example.com/rss"}\n'
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    done = CliRunner().invoke(main, ["add", "--text", "排队", "--config", str(folder)])
    assert (done.exit_code, "kind: paste" in done.output) == (2, True)

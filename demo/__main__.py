"""The demonstration town: ``python -m demo [FOLDER]`` serves two weeks of town life and lets the product sweep it once.

The product is run as a bank would run it, by its command line and a configuration folder; it knows nothing of the
demonstration.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

from demo.comments import serve_comments
from demo.feeds import serve_feeds
from demo.folder import Addresses, write_folder
from demo.forum import serve
from demo.smtp import Mail, post_office, read_mails
from demo.stories import FORUMS, NOW, load_town
from demo.town import Town
from domain.alerts import Level

OUT = Path(__file__).parent / "out"
INCIDENTS = """
SELECT CASE level WHEN 'red' THEN '红色' WHEN 'orange' THEN '橙色' WHEN 'yellow' THEN '黄色' ELSE '蓝色' END AS 级别,
       title AS 事件, posts AS 帖数, authors AS 人数, platforms AS 平台, CAST(round(spread_index) AS integer) AS 指数
  FROM v_incidents
 WHERE level <> 'none'
 ORDER BY CASE level WHEN 'red' THEN 1 WHEN 'orange' THEN 2 WHEN 'yellow' THEN 3 ELSE 4 END, spread_index DESC
"""
POSTS = "SELECT * FROM v_incident_posts"
DELIVERIES = "SELECT message_id, notice, level, kind FROM v_deliveries"
SWEEP_TIMEOUT_S, QUERY_TIMEOUT_S = 300, 60


class DemoError(Exception):
    """The demonstration did not go as it should; the message is for the person at the terminal."""


def main(arguments: list[str]) -> int:
    """Run the demonstration in the folder given, ``demo/out`` without one; 1 with the reason when it went wrong."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="演示：一座县城的两周，巡检一次。")
    parser.add_argument("folder", nargs="?", type=Path, default=OUT, help="结果写进这个目录（原有的结果先清掉）")
    try:
        run(parser.parse_args(arguments).folder.resolve())
    except DemoError as error:
        print(f"\n演示没有成功：{error}", file=sys.stderr)
        return 1
    return 0


def run(out: Path) -> None:
    """Serve the town, sweep it, and show what came of it; everything lies in ``out`` afterwards."""
    _clear(out)
    config, mails = out / "config", out / "mails"
    town = load_town()
    with ExitStack() as stack:
        addresses = _open(town, mails, stack)
        write_folder(config, addresses, town.feeds, town.videos)
        _introduce(town)
        sweep(config)
    _show_incidents(config)
    _show_mails(config, read_mails(mails))
    print(f"\n邮件在　　{mails}（.eml 用邮件程序打开，.html 用浏览器打开）")
    print(f"数据库在　{config / 'yuqing.db'}")
    print(f"配置在　　{config}")
    print(f"逐帖查看　yuqing query '{POSTS}' --config {config}")


def _clear(out: Path) -> None:
    """An empty folder; only one that an earlier demonstration filled is emptied."""
    if out.is_dir() and any(out.iterdir()) and not (out / "config" / "yuqing.yaml").exists():
        raise DemoError(f"{out} 里有别的文件，不敢清空；请换一个目录。")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def _open(town: Town, mails: Path, stack: ExitStack) -> Addresses:
    """Start the servers; they stop with ``stack``."""
    named = zip(FORUMS, town.forums, strict=True)
    forums = {(f"{name}-bbs", forum.name): stack.enter_context(serve(forum)) for name, forum in named}
    return Addresses(
        forums=forums,
        feeds=stack.enter_context(serve_feeds(town.feeds)),
        comments=stack.enter_context(serve_comments(town.videos)),
        smtp_port=stack.enter_context(post_office(mails)),
    )


def _introduce(town: Town) -> None:
    posts = [len(thread.floors) for forum in town.forums for thread in forum.threads]
    comments = [len(video.comments) for video in town.videos]
    articles = [len(feed.articles) for feed in town.feeds]
    print(
        f"青禾县，{NOW:%Y年%m月%d日 %H:%M}。两周里：论坛 {len(posts)} 个主题 {sum(posts)} 层楼，"
        f"文章 {sum(articles)} 篇，短视频 {len(comments)} 条、评论 {sum(comments)} 条。\n开始巡检……",
        flush=True,
    )


def sweep(config: Path) -> None:
    """The daily sweep at the town's moment, by the product's own command."""
    done = _yuqing("sweep", "--config", str(config), "--at", NOW.isoformat(), timeout=SWEEP_TIMEOUT_S)
    if done.returncode != 0:
        raise DemoError(f"巡检没有完整做完（退出码 {done.returncode}），原因见上面的输出。")


def _show_incidents(config: Path) -> None:
    print("\n事件", flush=True)
    if _yuqing("query", INCIDENTS, "--config", str(config)).returncode != 0:
        raise DemoError("查询事件失败，原因见上面的输出。")


def _show_mails(config: Path, mails: list[Mail]) -> None:
    """Each message once, with all who were sent it."""
    if not mails:
        raise DemoError("一封邮件也没有收到。")
    told = {row["message_id"]: row for row in _query(config, DELIVERIES)}
    missing = [mail.subject for mail in mails if mail.message_id not in told]
    if missing:
        raise DemoError(f"这些邮件在库里没有投递记录：{'、'.join(missing)}")
    print(f"\n邮件（{len(mails)} 封）")
    for _notice, group in groupby(mails, key=lambda mail: told[mail.message_id]["notice"]):
        _show_message(list(group), told)


def _show_message(copies: list[Mail], told: Mapping[str, Mapping[str, Any]]) -> None:
    delivery = told[copies[0].message_id]
    level = "日报" if delivery["kind"] == "digest" else Level.of(delivery["level"]).label
    print(f"  {level}　{copies[0].subject}")
    for copy in copies:
        print(f"  　　　→ {'、'.join(copy.recipients)}　{copy.file.name}")


def _query(config: Path, sql: str) -> list[dict[str, Any]]:
    done = _yuqing("query", sql, "--config", str(config), "--format", "json", capture=True)
    if done.returncode != 0:
        raise DemoError(f"查询失败：{done.stderr.strip()}")
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def _yuqing(
    *arguments: str, capture: bool = False, timeout: float = QUERY_TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """The installed command, its output on our terminal unless it is captured."""
    command = Path(sys.executable).parent / "yuqing"
    try:
        return subprocess.run(
            [str(command), *arguments], capture_output=capture, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError:
        raise DemoError(f"没有找到 {command}，请先运行 make setup。") from None
    except subprocess.TimeoutExpired:
        raise DemoError(f"yuqing {arguments[0]} 超过 {timeout:.0f} 秒没有结束。") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The configuration folder of the demonstration, as a bank would write it; only the addresses are of this run."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from demo.town import Feed, Video
from domain.clock import local
from domain.posts import PLATFORM_NAMES

DELAY_S = 0.02

MAIN = """\
# 主配置
store:
  url: "sqlite:///yuqing.db"
timezone: Asia/Shanghai
privacy:
  author_key_file: author.key
mail:
  host: 127.0.0.1                     # 演示用的本机邮件服务器
  port: {smtp_port}
  security: none
  sender: "青禾舆情监测 <yuqing@qinghe-bank.example>"
  domain: qinghe-bank.example
web:
  base_url: "https://yuqing.qinghe-bank.example"
crawl:
  contact: "mailto:yuqing@qinghe-bank.example"
  obey_robots: true
  allow_private_hosts: ["127.0.0.1"]  # 演示的网站都在本机
schedule:
  sweep_at: "07:30"
"""

BANKS = """\
# 要看的银行
banks:
  - name: 青禾村镇银行
    aliases: [青禾银行, 青禾村行]
    not_names: [青禾公园, 青禾大酒店, 青禾大道]
    branches: [城关支行, 河湾支行, 东山分理处]
    county: 青禾县
"""

ALERTS = """\
# 预警发给谁；级别的门槛用默认值
recipients:
  red: [hangzhang@qinghe-bank.example, shengyu@qinghe-bank.example, wangjin@qinghe-bank.example]
  orange: [shengyu@qinghe-bank.example, wangjin@qinghe-bank.example]
  yellow: [wangjin@qinghe-bank.example]
  digest: [wangjin@qinghe-bank.example]
  ops: [keji@qinghe-bank.example]
quiet_hours:
  enabled: true
  from: "22:00"
  to: "08:30"
"""


@dataclass(frozen=True)
class Addresses:
    """Where this run's servers listen: base URLs, and the port for mail. ``forums`` by source name and title."""

    forums: Mapping[tuple[str, str], str]
    feeds: str
    comments: str
    smtp_port: int


def write_folder(folder: Path, addresses: Addresses, feeds: Iterable[Feed], videos: Iterable[Video]) -> None:
    """Write the four files and a fresh secret into ``folder``, which is made."""
    folder.mkdir(parents=True)
    (folder / "yuqing.yaml").write_text(MAIN.format(smtp_port=addresses.smtp_port), encoding="utf-8")
    (folder / "banks.yaml").write_text(BANKS, encoding="utf-8")
    (folder / "alerts.yaml").write_text(ALERTS, encoding="utf-8")
    (folder / "author.key").write_text(secrets.token_hex(32), encoding="utf-8")
    sources = [
        *(_forum(name, title, url) for (name, title), url in addresses.forums.items()),
        *(_feed(feed, addresses.feeds) for feed in feeds),
        *_comments(addresses.comments, tuple(videos)),
    ]
    text = yaml.safe_dump({"sources": sources}, allow_unicode=True, sort_keys=False, width=100)
    (folder / "sources.yaml").write_text(
        f"# 来源：两个论坛、三个订阅源、两个短视频平台的评论\n{text}", encoding="utf-8"
    )


def _forum(name: str, title: str, url: str) -> dict[str, Any]:
    return {"name": name, "label": title, "kind": "discuz", "url": f"{url}/", "delay_s": DELAY_S}


def _feed(feed: Feed, base: str) -> dict[str, Any]:
    platform = "news" if feed.format == "atom" else "wechat"
    return {
        "name": feed.name,
        "label": feed.title,
        "kind": "feed",
        "platform": platform,
        "url": f"{base}/{feed.name}",
        "delay_s": DELAY_S,
    }


def _comments(base: str, videos: tuple[Video, ...]) -> list[dict[str, Any]]:
    """Douyin is asked for its list of videos; Kuaishou has none, so that they are named."""
    targets = [_target(video) for video in videos if video.platform == "kuaishou"]
    return [
        {**_json_api("douyin", base), "params": {"open_id": "qinghe-open-id"}, "discover": True},
        {**_json_api("kuaishou", base), "targets": targets},
    ]


def _json_api(platform: str, base: str) -> dict[str, Any]:
    return {
        "name": platform,
        "label": f"{PLATFORM_NAMES[platform]}评论",
        "kind": "json_api",
        "platform": platform,
        "preset": platform,
        "base_url": base,
        "delay_s": DELAY_S,
    }


def _target(video: Video) -> dict[str, str]:
    return {
        "id": video.id,
        "caption": video.caption,
        "url": video.url,
        "author": video.author,
        "published_at": local(video.at).isoformat(),
    }

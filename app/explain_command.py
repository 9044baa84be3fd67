"""The command ``yuqing explain``."""

from __future__ import annotations

from pathlib import Path

import click

from domain.posts import PLATFORMS


def add_explain(main: click.Group) -> None:
    """Give ``main`` the command."""

    @main.command()
    @click.argument("words", metavar="[TEXT]", required=False)
    @click.option("--bank", help="对照哪家银行；写了 --config 时，写配置里的全称或简称")
    @click.option("--alias", "aliases", multiple=True, help="银行的简称，可以写多次")
    @click.option("--branch", "branches", multiple=True, help="银行的网点，可以写多次")
    @click.option("--parent", help="它回复的那段话（上文）")
    @click.option("--platform", type=click.Choice(PLATFORMS), help="哪个平台的")
    @click.option("--post", metavar="来源:编号", help="说明库里的一条帖子，连同它的上文")
    @click.option(
        "--config", "folder", type=click.Path(path_type=Path, file_okay=False), help="配置目录（说明库里的帖子时必写）"
    )
    @click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="输出格式")
    def explain(
        words: str | None,
        bank: str | None,
        aliases: tuple[str, ...],
        branches: tuple[str, ...],
        parent: str | None,
        platform: str | None,
        post: str | None,
        folder: Path | None,
        shape: str,
    ) -> None:
        """说明一段话（TEXT，写 - 则从标准输入读）为什么这样判：看到了什么、各处多少分量、怎样会变。"""
        from app.explain import Asked, explain_asked

        click.echo(explain_asked(Asked(words, bank, aliases, branches, parent, platform, post, folder), shape))

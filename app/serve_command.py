"""``yuqing serve``: the pages in a browser."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from app.options import CONFIG, Moment


def add_serve(main: click.Group) -> None:
    """Give ``main`` the command."""
    main.add_command(serve)


@click.command()
@CONFIG
@click.option("--host", default="127.0.0.1", show_default=True, help="在哪个地址上听；供全行用时写本机的内网地址")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(1, 65535), help="端口")
@click.option("--at", "moment", type=Moment(), help="把这一刻当作现在（回看和演示用）")
def serve(folder: Path, host: str, port: int, moment: datetime | None) -> None:
    """开网页：从邮件里的链接点开，看事件、确认、标误报、交办、暂停通报。"""
    import uvicorn

    from app.web.server import make_app
    from app.web.ticket_page import TicketDesk
    from app.wiring import clock_at, open_settings_store
    from config.settings import load_settings

    settings = load_settings(folder)
    desk = TicketDesk(settings, open_settings_store(settings), clock_at(moment))
    if settings.main.web.base_url is None:
        click.echo("提醒：yuqing.yaml 里没有写 web: base_url，邮件里就没有链接。", err=True)
    click.echo(f"网页在 http://{host}:{port}/ ；按 Ctrl+C 停止。", err=True)
    # No access log: the addresses of the pages are what lets people act.
    uvicorn.run(make_app(desk), host=host, port=port, access_log=False, log_level="warning", server_header=False)

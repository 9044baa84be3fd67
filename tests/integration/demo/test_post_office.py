"""The town's post office, spoken to by a real SMTP client."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

from demo.smtp import parse, post_office, read_mails


def _mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "yuqing@bank.example"
    mail["To"] = "duty@bank.example"
    mail["Subject"] = f"【红色】青禾村镇银行｜第{number}封"
    mail["Message-ID"] = f"<{number}@bank.example>"
    mail.set_content("纯文本", cte="base64")
    mail.add_alternative("<p>网页</p>", subtype="html", cte="base64")
    return mail


def test_every_mail_is_kept_with_its_html_beside_it(tmp_path: Path) -> None:
    """Mails lie in the folder in the order of arrival, as .eml and .html, with those they were handed over for."""
    with post_office(tmp_path / "mails") as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(_mail(1))
        client.send_message(_mail(2), to_addrs=["chief@bank.example", "duty@bank.example"])
    first, second = read_mails(tmp_path / "mails")
    assert (first.message_id, first.subject) == ("<1@bank.example>", "【红色】青禾村镇银行｜第1封")
    assert first.recipients == ("duty@bank.example",)
    assert second.recipients == ("chief@bank.example", "duty@bank.example")
    assert [first.file.name, second.file.name] == ["01-duty.eml", "02-chief.eml"]
    assert first.file.with_suffix(".html").read_text(encoding="utf-8").strip() == "<p>网页</p>"
    text = parse(first.file).get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "纯文本"


def test_a_mail_without_html_is_kept_too(tmp_path: Path) -> None:
    """A plain mail makes an .eml and no .html."""
    mail = EmailMessage()
    mail["Subject"] = "plain"
    mail.set_content("只有文字")
    with post_office(tmp_path) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(mail, "a@bank.example", ["b@bank.example"])
    assert [file.suffix for file in tmp_path.iterdir()] == [".eml"]


def test_the_page_of_a_mail_has_its_pictures_inside(tmp_path: Path) -> None:
    """A browser that opens the file shows what came beside the HTML."""
    mail = _mail(1)
    html = mail.get_body(("html",))
    assert html is not None
    html.set_content('<img src="cid:curve">', subtype="html", cte="base64")
    html.add_related(b"\x89PNG", "image", "png", cid="<curve>", disposition="inline", filename="curve.png")
    with post_office(tmp_path / "mails") as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(mail)
    (kept,) = read_mails(tmp_path / "mails")
    assert kept.file.with_suffix(".html").read_text("utf-8").strip() == '<img src="data:image/png;base64,iVBORw==">'

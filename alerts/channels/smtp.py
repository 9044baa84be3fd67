"""Mail by SMTP: builds the message of one letter and hands it to the relay. Trying again is the pipeline's business."""

from __future__ import annotations

import contextlib
import html
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import cast

from alerts.config import MailConfig
from domain.alerts import Inline, Letter, Level
from domain.clock import local
from domain.errors import DeliveryError
from domain.letters import list_id, return_address, thread_root

TRANSIENT = range(400, 500)
_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


class SmtpMailer:
    """Sends each letter over a connection of its own (`pipeline.ports.Mailer`); an alert an hour needs no pool."""

    def __init__(self, config: MailConfig, password: str | None) -> None:
        self._config = config
        self._password = password

    def send(self, letter: Letter) -> None:
        """Hand the letter to the relay; DeliveryError where it does not accept it.

        A lost connection after DATA leaves it open whether the relay took the letter: it counts as not accepted and
        is tried again under the same Message-ID, so that the reader's mail program can tell.
        """
        content = compose(letter, self._config).as_bytes()
        client = self._session()
        try:
            client.sendmail(self._envelope_sender(letter), [letter.recipient], content)
        except smtplib.SMTPException as error:
            raise _refused(error) from error
        except OSError as error:
            raise DeliveryError(None, f"与邮件服务器的连接中断：{_cause(error)}", retry=True) from error
        finally:
            _leave(client)

    def greet(self) -> None:
        """Connect, encrypt and log in as for a letter, and leave again; DeliveryError where that fails."""
        _leave(self._session())

    def _envelope_sender(self, letter: Letter) -> str:
        address = self._config.return_path or self._config.sender_address
        return return_address(address, letter.message_id) if self._config.verp else address

    def _session(self) -> smtplib.SMTP:
        try:
            return self._connect()
        except smtplib.SMTPException as error:
            raise _not_connected(error) from error
        except OSError as error:
            raise DeliveryError(None, f"连不上邮件服务器：{_cause(error)}", retry=True) from error

    def _connect(self) -> smtplib.SMTP:
        """A session that is encrypted as configured, or none at all: nothing is downgraded."""
        config = self._config
        if config.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=config.timeout_s, context=self._tls()
            )
        else:
            client = smtplib.SMTP(config.host, config.port, timeout=config.timeout_s)
        try:
            if config.security == "starttls":
                client.starttls(context=self._tls())
            if config.username is not None:
                client.login(config.username, self._password or "")
        except (smtplib.SMTPException, OSError):
            client.close()
            raise
        return client

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._config.ca_file)


def compose(letter: Letter, config: MailConfig) -> EmailMessage:
    """The letter as a mail of ASCII lines: plain text and HTML in base64, for relays that cannot do 8 bits.

    The pictures lie beside the HTML; ``inline``, for without that readers list them as attachments.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(config.sender_name, addr_spec=config.sender_address)
    mail["To"] = letter.recipient
    mail["Subject"] = letter.message.subject
    mail["Date"] = format_datetime(local(letter.created_at))
    mail["Message-ID"] = letter.message_id
    if letter.thread is not None:
        root = thread_root(letter.thread, config.domain)
        mail["In-Reply-To"] = root
        mail["References"] = root
    if config.reply_to is not None:
        mail["Reply-To"] = config.reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = list_id(letter.kind, letter.bank, letter.thread, config.domain)
    if letter.level is Level.RED and letter.kind != "digest":
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(_text(letter), cte="base64")
    mail.add_alternative(_html(letter), subtype="html", cte="base64")
    if letter.message.pictures:
        page = cast("EmailMessage", mail.get_body(("html",)))
        for picture in letter.message.pictures:
            _beside(page, picture)
    return mail


def _text(letter: Letter) -> str:
    return f"{letter.preface}\n\n{letter.message.text}" if letter.preface else letter.message.text


def _html(letter: Letter) -> str:
    """The page, with the first line for a stand-in on top of it."""
    page = letter.message.html
    if letter.preface is None:
        return page
    line = f'<p style="margin:0;padding:12px 20px;font-size:14px;line-height:22px;">{html.escape(letter.preface)}</p>'
    body = _BODY.search(page)
    at = body.end() if body else 0
    return page[:at] + line + page[at:]


def _beside(page: EmailMessage, picture: Inline) -> None:
    kind, _, subtype = picture.content_type.partition("/")
    page.add_related(
        picture.content, kind, subtype, cid=f"<{picture.cid}>", filename=picture.name, disposition="inline"
    )


def _not_connected(error: smtplib.SMTPException) -> DeliveryError:
    """Before a letter is on its way everything is trouble of network or configuration: tried again, nothing is lost."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError(error.smtp_code, f"邮件账号或密码不对：{_words(error.smtp_error)}", retry=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryError(None, "邮件服务器不支持所配置的加密或登录方式，没有降级发送", retry=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return DeliveryError(error.smtp_code, f"邮件服务器拒绝连接：{_words(error.smtp_error)}", retry=True)
    return DeliveryError(None, f"连不上邮件服务器：{_cause(error)}", retry=True)


def _refused(error: smtplib.SMTPException) -> DeliveryError:
    """A refusal for good of the recipient or the content is final; one of our sender address is configuration."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return DeliveryError(code, f"收件地址未被接受：{_words(words)}", retry=code in TRANSIENT)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return DeliveryError(error.smtp_code, f"发件地址未被接受：{_words(error.smtp_error)}", retry=True)
    if isinstance(error, smtplib.SMTPResponseException):
        final = error.smtp_code not in TRANSIENT
        return DeliveryError(error.smtp_code, f"邮件未被接受：{_words(error.smtp_error)}", retry=not final)
    return DeliveryError(None, f"与邮件服务器的连接中断，不知是否已收下：{_cause(error)}", retry=True)


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye. What goes wrong here changes nothing: the relay's answer to the letter has come, or has not."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        client.quit()
    client.close()


def _cause(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:300]


def _words(reply: bytes | str) -> str:
    text = reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:300]

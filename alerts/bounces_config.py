"""The model of ``bounces:`` in ``yuqing.yaml``: the mailbox to which the relay returns what it could not deliver."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alerts.base_config import Strict


class BouncesConfig(Strict):
    """The mailbox of ``mail.return_path`` (or of the sender), read by IMAP. ``security`` has no default, as for mail.

    The password comes from the environment variable ``password_env``, else from the file ``password_file``.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"]
    user: str = Field(min_length=1)
    password_env: str | None = "YUQING_BOUNCES_PASSWORD"
    password_file: str | None = None
    folder: str = "INBOX"
    ca_file: str | None = None
    timeout_s: float = Field(default=30.0, gt=0, le=300)

"""What a chat gets: the subject, a few lines, and no more bytes than the platform takes. Pure."""

from __future__ import annotations

from domain.alerts import Letter

CUT = "…（全文见邮件）"
SIGNATURE = "—— 舆情监测"
"""Stands in every message: robots that ask for a keyword can be given 舆情."""

_JOINER = "\u200d"


def chat_text(letter: Letter, limit: int) -> str:
    """Plain text of at most ``limit`` bytes of UTF-8, cut between characters.

    Words of users stand in it, so nothing in it may be a command of the platform: ``<`` begins the calls to everybody
    in 企业微信 and 飞书, and becomes its wide look-alike.
    """
    message = letter.message
    body = message.short.strip() or message.text.strip()
    head = "\n".join(line for line in (letter.preface, message.subject) if line)
    whole = f"{head}\n{body}\n{SIGNATURE}".replace("<", "＜")
    raw = whole.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode()
    kept = raw[: limit - len(CUT.encode())].decode("utf-8", "ignore")
    return kept.rstrip().rstrip(_JOINER) + CUT

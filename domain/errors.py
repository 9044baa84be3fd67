"""The error tree.

YuqingError
├── ConfigError      the configuration folder is wrong: file, line, column, value, and what would be right
├── RecordError      one record from outside cannot be read: field and reason
├── SourceError      a source could not be collected: status and cause
├── ReaderError      a second reader gave no opinion: cause, and whether asking for others may help
├── StoreError       the store cannot be opened or is of another version
├── ActionError      what a person wants to do about an alert cannot be done
├── EvidenceError    a kept page is missing or damaged, or cannot be handed out
├── BounceError      the mailbox of returned mail could not be read
└── DeliveryError    a message was not accepted: code, and whether trying again may help

Messages are in Chinese where the bank's staff read them.
"""

from __future__ import annotations


class YuqingError(Exception):
    """Root of every error that the house raises on purpose."""


class ConfigError(YuqingError):
    """The configuration is wrong. Carries one rendered line for each problem (``file:line:column: …``)."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class RecordError(YuqingError):
    """One record cannot be read. ``reason`` is a short code such as ``bad_json`` or ``missing_id``."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class SourceError(YuqingError):
    """A source could not be collected. ``status`` is one of `domain.coverage.STATUSES`."""

    def __init__(self, status: str, cause: str) -> None:
        self.status = status
        self.cause = cause
        super().__init__(f"{status}: {cause}")


class ReaderError(YuqingError):
    """A second reader gave no opinion. ``state`` is ``refused`` or ``failed`` of `domain.second.SECOND_STATES`.

    ``over``: it is of no use to ask for another post in this run. ``again_s``: the service asks for so many seconds.
    """

    def __init__(self, state: str, cause: str, *, over: bool = False, again_s: float | None = None) -> None:
        self.state = state
        self.cause = cause
        self.over = over
        self.again_s = again_s
        super().__init__(cause)


class StoreError(YuqingError):
    """The store cannot be opened, or was made by another version of the program."""


class CorrectionError(YuqingError):
    """A correction of the grouping cannot be made or undone."""


class ActionError(YuqingError):
    """What a person wants to do about an alert cannot be done; the message says why and what can be."""


class EvidenceError(YuqingError):
    """A kept page is missing or damaged, or an incident's evidence cannot be handed out or held."""


class BounceError(YuqingError):
    """The mailbox of returned mail could not be read; the message is the cause."""


class TicketError(YuqingError):
    """A link of a mail is not ours, was altered, or has ended."""


class DeliveryError(YuqingError):
    """A message was not accepted. ``code`` is the reply code of SMTP, HTTP or the platform, None without a reply.

    ``wait_s``: the channel asks to be left alone for so many seconds; that says nothing against the message.
    """

    def __init__(self, code: int | None, detail: str, *, retry: bool, wait_s: float | None = None) -> None:
        self.code = code
        self.detail = detail
        self.retry = retry
        self.wait_s = wait_s
        super().__init__(f"{code or '—'} {detail}")

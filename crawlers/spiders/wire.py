"""What parent and fetching child say to one another: a line of JSON for each page asked for, one for each answer.

An answer's body follows its line as it is; a fault has none.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypedDict, cast

from crawlers.parse.charsets import decode_page
from crawlers.spiders.faults import Broken, Fault, RobotsFault
from crawlers.spiders.site import Page


class Head(TypedDict):
    """All of an answer but its body, of which ``size`` counts the bytes; ``is_text``: it is to be decoded."""

    status: int
    url: str
    headers: dict[str, str]
    cookies: list[str]
    location: str | None
    is_text: bool
    size: int


def question(url: str, cookies: str) -> bytes:
    """A page that is wanted, and the Cookie header to ask with (empty: none)."""
    return json.dumps([url, cookies]).encode() + b"\n"


def asked(line: bytes) -> tuple[str, str]:
    """The address and the Cookie header of a `question`."""
    url, cookies = json.loads(line)
    return url, cookies


def answer(head: Head) -> bytes:
    """The line before an answer's body."""
    return json.dumps(head).encode() + b"\n"


def refused(fault: Fault) -> bytes:
    """The line that says why there is no answer."""
    return json.dumps({"fault": [type(fault).__name__, fault.status, fault.cause, fault.evidence]}).encode() + b"\n"


def head_of(line: bytes) -> Head:
    """The line of an answer; raises the fault that a child tells, and ValueError or TypeError where it is neither."""
    said: Any = json.loads(line)
    if "fault" in said:
        raise _fault(*said["fault"])
    return cast("Head", said)


def page_of(head: Head, body: bytes, asked_at: datetime) -> Page:
    """The page of an answer."""
    return Page(
        status=head["status"],
        text=decode_page(body, head["headers"].get("content-type", "")) if head["is_text"] else "",
        location=head["location"],
        url=head["url"],
        headers=head["headers"],
        cookies=tuple(head["cookies"]),
        body=body,
        asked_at=asked_at,
    )


def _fault(kind: str, status: str, cause: str, evidence: str) -> Fault:
    if kind == RobotsFault.__name__:
        return RobotsFault(evidence)
    return (Broken if kind == Broken.__name__ else Fault)(status, cause, evidence)
